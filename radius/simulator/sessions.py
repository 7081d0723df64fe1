"""A session at the simulated gateway: traffic within its limits, counters, and when it ends by itself. No packets here.

Times are epoch seconds as floats; octets are whole, with the rest carried on, so that no rounding adds up.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from netquota.domain.units import Rate
from radius.simulator.limits import Limits

Demand = Callable[[float], Rate]
"""What the user would take at that moment (epoch s), in bit/s, if nothing limited him."""

USER_REQUEST: Final = 1
IDLE: Final = 4
SESSION_TIMEOUT: Final = 5
ADMIN_RESET: Final = 6
NAS_REQUEST: Final = 10
NAS_REBOOT: Final = 11
_BIT_MICROSECONDS: Final = 8_000_000


class Method(StrEnum):
    """How a password is carried."""

    PAP = "pap"
    CHAP = "chap"
    MSCHAP = "mschap"
    MSCHAPV2 = "mschapv2"


class State(StrEnum):
    """Where a session stands; `lost`: its gateway went down, no Stop was sent."""

    ASKING = "asking"
    REFUSED = "refused"
    UNANSWERED = "unanswered"
    RUNNING = "running"
    ENDED = "ended"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Device:
    """Somebody's device: who logs in with it, and how."""

    username: str
    password: str = field(repr=False)
    mac: str
    method: Method = Method.PAP
    called_station: str | None = None


@dataclass(slots=True)
class SimulatedSession:
    """One session. `received` and `sent`: octets from and to the user since the last reset of the counters.

    `incarnation` numbers sessions over the gateway's whole life, `segment` the resets within one. `share`: what the
    site's queue leaves it. `told`: octets reported since the last reset, `counted`: acknowledged ones by segment.
    """

    device: Device
    demand: Demand
    incarnation: int
    acct_session_id: str
    framed_ip: str
    port: int
    state: State = State.ASKING
    limits: Limits = field(default_factory=Limits)
    class_token: bytes | None = None
    reply_message: str = ""
    started: float = 0.0
    ended: float = 0.0
    end_cause: int = 0
    received: int = 0
    sent: int = 0
    before: int = 0
    segment: int = 0
    next_report: float = 0.0
    share: Rate | None = None
    counted: dict[int, int] = field(default_factory=dict[int, int])
    told: int = 0
    unacknowledged: int = 0
    _until: float = 0.0
    _idle_since: float = 0.0
    _rests: tuple[int, int] = (0, 0)

    @property
    def is_running(self) -> bool:
        """Whether it is online."""
        return self.state is State.RUNNING

    @property
    def octets(self) -> int:
        """Both directions since the session's start: what a cap is compared with."""
        return self.before + self.received + self.sent

    def start(self, now: float, limits: Limits, class_token: bytes | None) -> None:
        """The accept came."""
        self.state, self.limits, self.class_token = State.RUNNING, limits, class_token
        self.started = self._until = self._idle_since = now

    def advance(self, now: float) -> int | None:
        """Let traffic flow until `now`; the terminate cause if the session reached a limit of its own."""
        timeout = self.limits.session_timeout_s
        is_over = timeout is not None and now >= self.started + timeout
        until = min(now, self.started + timeout) if timeout is not None else now
        if self._flow(max(until, self._until)):
            return NAS_REQUEST
        if is_over:
            return SESSION_TIMEOUT
        idle = self.limits.idle_timeout_s
        return IDLE if idle is not None and now - self._idle_since >= idle else None

    def change(self, now: float, limits: Limits, resets: bool) -> None:
        """New limits from now on; some gateways begin to count anew."""
        self.advance(now)
        self.limits = limits
        if resets:
            self.before = self.octets
            self.received = self.sent = 0
            self.told = 0
            self.segment += 1

    def end(self, now: float, cause: int) -> None:
        """It is over; what flowed stays."""
        self.state, self.ended, self.end_cause = State.ENDED, now, cause

    def wanted(self, now: float) -> Rate:
        """What the user would take within his own limit, in bit/s."""
        demand = self.demand(now)
        return demand if self.limits.rate is None else demand.capped_by(self.limits.rate)

    def seconds(self, now: float) -> int:
        """Acct-Session-Time."""
        return max(0, int((now if self.is_running else self.ended) - self.started))

    def _flow(self, until: float) -> bool:
        """Count what flows; whether the octet cap is reached, exactly."""
        rate = self.wanted(self._until)
        if self.share is not None:
            rate = rate.capped_by(self.share)
        microseconds = round((until - self._until) * 1_000_000)
        self._until = until
        if rate.down_bps or rate.up_bps:
            self._idle_since = until
        sent, sent_rest = divmod(rate.down_bps * microseconds + self._rests[1], _BIT_MICROSECONDS)
        received, received_rest = divmod(rate.up_bps * microseconds + self._rests[0], _BIT_MICROSECONDS)
        self._rests = (received_rest, sent_rest)
        cap = self.limits.octet_cap
        room = None if cap is None else max(0, cap - self.octets)
        if room is not None and received + sent >= room:
            received = min(received, room)
            sent = room - received
        self.received += received
        self.sent += sent
        return room is not None and received + sent >= room
