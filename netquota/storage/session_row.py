"""The accounting session as a row under work: read locked, changed by the counting, written back in one batch."""

from __future__ import annotations

from dataclasses import dataclass, fields
from operator import attrgetter


@dataclass(slots=True)
class SessionRow:
    """One incarnation of an accounting session: octets as reported last and as counted, bit/s, epoch seconds."""

    id: int
    gateway_id: int
    acct_session_id: str
    username: str
    mac: str
    incarnation_s: int
    employee_id: int | None
    site_id: int | None
    opd_id: int | None
    link_id: int | None
    framed_ip: str
    called_station: str
    nas_port: str
    class_token: bytes | None
    started_s: int
    last_event_s: int
    last_arrival_s: int
    ended_s: int | None = None
    end_cause: str = ""
    session_time_s: int = 0
    input_octets: int = 0
    output_octets: int = 0
    gigawords_seen: bool = False
    counted_input: int = 0
    counted_output: int = 0
    now_down_bps: int | None = None
    now_up_bps: int | None = None
    interim_s: int = 300
    applied_down_bps: int | None = None
    applied_up_bps: int | None = None
    applied_cap: int | None = None
    applied_code: str = ""
    flag: str = ""

    @property
    def is_open(self) -> bool:
        """True until a Stop, a restart of the gateway or silence ended it."""
        return self.ended_s is None


@dataclass(frozen=True, slots=True)
class Charge:
    """Octets to add to one ledger row; the period's bounds in epoch seconds."""

    quota_id: int
    subject_id: int
    period_start_s: int
    period_end_s: int
    octets: int


@dataclass(frozen=True, slots=True)
class StandingOrder:
    """An order of a session that has no end yet: its kind (`coa` or `disconnect`) and the rate it brings, bit/s."""

    kind: str
    down_bps: int | None
    up_bps: int | None


COLUMNS = tuple(field.name for field in fields(SessionRow))
INSERTED = COLUMNS[1:]
UPDATED = tuple(
    name
    for name in COLUMNS
    if name not in {"id", "gateway_id", "acct_session_id", "username", "mac", "incarnation_s", "started_s"}
)


_inserted = attrgetter(*INSERTED)
_updated = attrgetter(*UPDATED, "id")


def inserted_values(row: SessionRow) -> tuple[object, ...]:
    """The values of `INSERTED`, in order."""
    return _inserted(row)


def updated_values(row: SessionRow) -> tuple[object, ...]:
    """The values of `UPDATED`, in order, then the id."""
    return _updated(row)
