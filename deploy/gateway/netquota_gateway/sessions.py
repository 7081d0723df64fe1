"""A session at this gateway: who, what is granted, what was used, when it ends by itself. Pure.

Times: `*_s` are seconds of a clock that only goes forward; `*_epoch_s` are wall-clock seconds, for reports alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from netquota.domain.units import NO_OCTETS, Octets2
from netquota_gateway.grants import Grant


class Cause(IntEnum):
    """Acct-Terminate-Cause (RFC 2866 §5.10)."""

    USER_REQUEST = 1
    IDLE_TIMEOUT = 4
    SESSION_TIMEOUT = 5
    ADMIN_RESET = 6
    NAS_ERROR = 9
    NAS_REQUEST = 10
    NAS_REBOOT = 11


@dataclass(frozen=True, slots=True)
class Moment:
    """Now: `s` of a clock that only goes forward, `epoch_s` of the wall clock."""

    s: float
    epoch_s: float


@dataclass(slots=True)
class Session:
    """One device that is let through. `is_guest`: without log-in, while no server answered."""

    id: str
    username: str
    ip: str
    mac: str
    minor: int
    grant: Grant
    started: Moment
    class_token: bytes | None = None
    is_guest: bool = False
    used: Octets2 = NO_OCTETS
    moved_s: float = 0.0
    measured_s: float = 0.0
    report_s: float = 0.0
    speed: Octets2 = field(default=NO_OCTETS)

    def measured(self, octets: Octets2, now: Moment) -> None:
        """The kernel's counters say this now."""
        grown = octets - self.used
        if grown.total > 0:
            self.moved_s = now.s
        past_s = now.s - self.measured_s
        if past_s > 0:
            self.speed = Octets2(int(grown.input * 8 / past_s), int(grown.output * 8 / past_s))
        self.used, self.measured_s = octets, now.s

    def reason_to_end(self, now: Moment) -> Cause | None:
        """Why it is over by itself; None while it goes on. A spent cap says cause 10, as RouterOS does."""
        grant = self.grant
        if grant.octet_cap is not None and self.used.total >= grant.octet_cap:
            return Cause.NAS_REQUEST
        if grant.session_timeout_s is not None and now.s - self.started.s >= grant.session_timeout_s:
            return Cause.SESSION_TIMEOUT
        if grant.idle_timeout_s is not None and now.s - self.moved_s >= grant.idle_timeout_s:
            return Cause.IDLE_TIMEOUT
        return None

    def next_look_s(self, now: Moment, pause_s: float, least_s: float, most_bps: int) -> float:
        """When to look again: after `pause_s`, sooner where its cap or its time could be reached before that."""
        pauses = [pause_s]
        if self.grant.octet_cap is not None:
            pauses.append((self.grant.octet_cap - self.used.total) * 8 / max(1, most_bps))
        if self.grant.session_timeout_s is not None:
            pauses.append(self.started.s + self.grant.session_timeout_s - now.s)
        return now.s + max(least_s, min(pauses))

    def seconds(self, now: Moment) -> int:
        """Acct-Session-Time."""
        return max(0, int(now.s - self.started.s))

    def remembered(self, now: Moment) -> dict[str, Any]:
        """What a successor of this process needs to report its end."""
        token = None if self.class_token is None else self.class_token.hex()
        return {
            "id": self.id, "username": self.username, "ip": self.ip, "mac": self.mac, "minor": self.minor,
            "class": token, "started": self.started.epoch_s, "seconds": self.seconds(now),
            "input": self.used.input, "output": self.used.output,
        }  # fmt: skip


def recalled(saved: dict[str, Any], now: Moment) -> Session:
    """The session of `remembered`, of a process that is gone, as of its last news."""
    used = Octets2(saved["input"], saved["output"])
    token = None if saved["class"] is None else bytes.fromhex(saved["class"])
    started = Moment(now.s - saved["seconds"], saved["started"])
    return Session(
        saved["id"], saved["username"], saved["ip"], saved["mac"], saved["minor"], Grant(), started, token, used=used
    )  # fmt: skip
