"""The accounting session as a row under work: read, changed by the counting, written back in one batch.

A row is written only over what was read: `seq` counts its writes, and a write that finds another number is undone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from operator import attrgetter

from netquota.storage.database import Entangled


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
    seq: int = 0
    audit_session_id: str = ""
    kept: tuple[object, ...] | None = field(default=None, compare=False, repr=False)
    """What `calm_values` were when it was last read or written, where that is remembered."""

    @property
    def reach_octets(self) -> int:
        """Octets, both directions, that it can use until its next report at the rate that it has."""
        return ((self.applied_down_bps or 0) + (self.applied_up_bps or 0)) * self.interim_s // 8

    @property
    def is_open(self) -> bool:
        """True until a Stop, a restart of the gateway or silence ended it."""
        return self.ended_s is None


@dataclass(slots=True)  # made for each packet: freezing it would take longer than filling it
class Charge:
    """Octets to add to one ledger row; the period's bounds in epoch seconds."""

    quota_id: int
    subject_id: int
    period_start_s: int
    period_end_s: int
    octets: int
    reach_octets: int = 0
    """What the sessions that used them can use before they report again."""
    rest: int = 0
    """Thousandths of an octet beside `octets`, under 1000: where only a part of what flows counts."""


class Overtaken(Entangled):
    """Another writer changed a session after it was read; nothing of this transaction may stay."""

    def __init__(self) -> None:
        super().__init__("a session was changed by another writer meanwhile")


@dataclass(frozen=True, slots=True)
class Leaves:
    """What a batch of reports leaves beside its sessions.

    `charges` in key order; `samples` (kind, subject, bin start, down, up) in key order; `news` for the other workers:
    (worker, JSON of employee ids, epoch second), None where nobody's figures changed.
    """

    charges: Sequence[Charge]
    samples: Sequence[tuple[int, int, int, int, int]]
    news: tuple[str, str, int] | None = None


@dataclass(frozen=True, slots=True)
class StandingOrder:
    """An order of a session that has no end yet: its kind (`coa` or `disconnect`) and the rate it brings, bit/s."""

    kind: str
    down_bps: int | None
    up_bps: int | None


COLUMNS = tuple(column.name for column in fields(SessionRow) if column.name != "kept")
INSERTED = COLUMNS[1:]
_NAMING = frozenset({"id", "gateway_id", "acct_session_id", "username", "mac", "incarnation_s", "started_s", "seq"})
UPDATED = tuple(name for name in COLUMNS if name not in _NAMING)
COUNTED = (
    "last_event_s",
    "last_arrival_s",
    "session_time_s",
    "input_octets",
    "output_octets",
    "counted_input",
    "counted_output",
    "now_down_bps",
    "now_up_bps",
)
"""What nearly every report changes, and most change nothing else: whole numbers all."""
_CALM = tuple(name for name in UPDATED if name not in COUNTED)


_inserted = attrgetter(*INSERTED)
_updated = attrgetter(*UPDATED, "id", "seq")
_counted = attrgetter(*COUNTED, "id", "seq")
calm_values = attrgetter(*_CALM)
"""The values of the columns that stay as they are through most of a session's life."""


def inserted_values(row: SessionRow) -> tuple[object, ...]:
    """The values of `INSERTED`, in order."""
    return _inserted(row)


def updated_values(row: SessionRow) -> tuple[object, ...]:
    """The values of `UPDATED`, in order, then the id and the write that it rests on."""
    return _updated(row)


def counted_values(row: SessionRow) -> tuple[object, ...]:
    """The values of `COUNTED`, in order, then the id and the write that it rests on."""
    return _counted(row)


def by_change(rows: Iterable[SessionRow]) -> tuple[list[SessionRow], list[SessionRow]]:
    """(rows in which only `COUNTED` changed since they were remembered, the others, whose `kept` is old now)."""
    counted: list[SessionRow] = []
    whole: list[SessionRow] = []
    for row in rows:
        if row.kept is not None and row.kept == calm_values(row):
            counted.append(row)
        else:
            row.kept = None
            whole.append(row)
    return counted, whole
