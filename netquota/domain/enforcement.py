"""What a session is to have at its gateway, and how the gateway knows the session: values of accepts and orders.

A desired state is always whole, so that the newest can replace any older (architecture.md, Orders). Not the sending.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final, cast
from zlib import crc32

from netquota.domain.policy import Decision
from netquota.domain.units import Burst, Rate
from netquota.errors import InvalidValue

LEAST_INTERIM_S: Final = 60
"""Acct-Interim-Interval is never shorter (RFC 2869 §5.16, P19)."""
_SPREAD_PERMILLE: Final = 150


class OrderKind(StrEnum):
    """What a gateway is asked: another set of limits, or the session's end (RFC 5176)."""

    COA = "coa"
    DISCONNECT = "disconnect"


@dataclass(frozen=True, slots=True)
class Desired:
    """The whole state of a session. `rate` is bit/s; `octet_cap`, `session_timeout_s` count from the session's start.

    `octet_cap` is input and output together; None = no cap, no timeout. `group` names a profile at the gateway.
    """

    rate: Rate
    burst: Burst | None = None
    octet_cap: int | None = None
    session_timeout_s: int | None = None
    idle_timeout_s: int | None = None
    interim_s: int = 300
    group: str | None = None
    plan_key: str = ""

    def to_json(self) -> str:
        """Canonical: equal states give equal texts."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Desired:
        """What `to_json` wrote. Raises `InvalidValue`."""
        try:
            found = cast(dict[str, Any], json.loads(text))
            found["rate"] = Rate(**found["rate"])
            if found.get("burst") is not None:
                burst = cast(dict[str, Any], found["burst"])
                found["burst"] = Burst(Rate(**burst["rate"]), Rate(**burst["threshold"]), burst["time_s"])
            return cls(**found)
        except (ValueError, TypeError, KeyError) as error:
            raise InvalidValue("desired", text, "give the whole state as to_json wrote it") from error


@dataclass(frozen=True, slots=True)
class SessionIdentity:
    """How a gateway knows a session. `username` as the gateway sent it; `mac` normalised; empty = not known.

    `audit_session_id`: the gateway's own name of the session, where its family has one (Cisco).
    """

    username: str
    acct_session_id: str = ""
    framed_ip: str = ""
    mac: str = ""
    nas_port: str = ""
    called_station: str = ""
    class_token: bytes | None = None
    gateway_identifier: str = ""
    audit_session_id: str = ""


def desired_state(
    decision: Decision,
    seconds_left: int | None,
    session: SessionIdentity | None = None,
    elapsed_s: int = 0,
    used_octets: int = 0,
) -> Desired:
    """The state that a decision asks for. `seconds_left` until the session must end, None = open end.

    A running session has `elapsed_s` seconds and `used_octets` behind it; its limits count from its start.
    """
    cap = None if decision.octet_cap is None else max(1, decision.octet_cap) + used_octets
    timeout = None if seconds_left is None else max(1, seconds_left) + elapsed_s
    return Desired(
        rate=decision.rate,
        burst=decision.burst,
        octet_cap=cap,
        session_timeout_s=timeout,
        idle_timeout_s=decision.idle_timeout_s,
        interim_s=spread_interim(decision.interim_s, session),
        group=decision.group,
        plan_key=decision.plan_key,
    )


def spread_interim(interim_s: int, session: SessionIdentity | None) -> int:
    """The interval with 0 to +15 % of jitter, the same at each call for one device, never under 60 s.

    A city that logs in again after an outage must not report in the same second for ever after (model.md, Deciding).
    """
    interim_s = max(LEAST_INTERIM_S, interim_s)
    if session is None:
        return interim_s
    draw = crc32(f"{session.username}\0{session.mac}".encode()) % (_SPREAD_PERMILLE + 1)
    return interim_s + interim_s * draw // 1000


def cap_of(desired: str, otherwise: int | None = None) -> int | None:
    """The octet cap of a state as `to_json` wrote it, without making the whole; `otherwise` where it says nothing."""
    found = cast(dict[str, Any], json.loads(desired))
    return cast("int | None", found.get("octet_cap", otherwise))
