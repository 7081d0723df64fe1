"""Sessions in the kernel: let through with a class and a counter, given another rate, measured, sent away."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from netquota.domain.units import NO_OCTETS, Rate
from netquota_gateway import ruleset, shaping
from netquota_gateway.grants import Grant
from netquota_gateway.kernel import Kernel
from netquota_gateway.sessions import Cause, Moment, Session
from netquota_gateway.settings import Settings

LOOK_S: Final = 0.5
"""How often the kernel's counters are read; more often where a cap could be reached before that."""
_LEAST_LOOK_S: Final = 0.02


class Hotspot:
    """Who is let through, by address. What is done to the kernel is done when a method returns, or it raises
    `KernelRefused`.
    """

    def __init__(self, settings: Settings, kernel: Kernel, now: Moment) -> None:
        self.settings, self.kernel = settings, kernel
        self.sessions: dict[str, Session] = {}
        self._sides = shaping.sides(settings)
        self._last_minor = shaping.FIRST_SESSION - 1
        self.next_look_s = now.s + LOOK_S

    def close(self) -> None:
        """Strangers see the log-in page."""
        self.kernel.rules(ruleset.closed(self.settings))

    def open(self) -> None:
        """Strangers pass, in a class of their own."""
        self.kernel.rules(ruleset.opened())

    def free_minor(self) -> int:
        """A class number that no session has, the longest unused first."""
        taken = {session.minor for session in self.sessions.values()}
        while True:
            self._last_minor += 1
            if self._last_minor > shaping.LAST_SESSION:
                self._last_minor = shaping.FIRST_SESSION
            if self._last_minor not in taken:
                return self._last_minor

    def admit(self, session: Session, now: Moment) -> None:
        """Let a device through at its rate from now on."""
        rate = self.rate_of(session.grant)
        down, up = self._sides
        self.kernel.queues(
            shaping.add_session(down, session.minor, rate.down_bps)
            + shaping.add_session(up, session.minor, rate.up_bps)
        )
        self.kernel.rules(ruleset.admit(session.ip, session.mac, session.minor))
        session.started = now
        session.moved_s = session.measured_s = now.s
        self.sessions[session.ip] = session
        self.next_look_s = min(self.next_look_s, self._look_again_s(session, now))

    def change(self, session: Session, grant: Grant, now: Moment) -> None:
        """Other limits for a running session; the new rates hold when this returns."""
        before, after = self.rate_of(session.grant), self.rate_of(grant)
        if before != after:
            down, up = self._sides
            self.kernel.queues(
                shaping.change_session(down, session.minor, after.down_bps)
                + shaping.change_session(up, session.minor, after.up_bps)
            )
        session.grant = grant
        self.next_look_s = min(self.next_look_s, self._look_again_s(session, now))

    def set_ceiling(self, ceiling: Rate) -> None:
        """Another ceiling for the whole site, until the settings are read anew."""
        down, up = self._sides
        self._sides = (
            shaping.with_ceiling(down, min(ceiling.down_bps, down.line_bps)),
            shaping.with_ceiling(up, min(ceiling.up_bps, up.line_bps)),
        )
        self.kernel.queues("".join(f"{shaping.site(side, 'change')}\n" for side in self._sides))

    def dismiss(self, sessions: Sequence[Session], now: Moment) -> None:
        """Send devices away; what they used until then is read last, when nothing of theirs passes any more."""
        if not sessions:
            return
        self.kernel.rules("".join(ruleset.dismiss(one.ip, one.mac) for one in sessions))
        counted = self.kernel.octets()
        for one in sessions:
            one.measured(counted.get(one.minor, one.used), now)
            self.sessions.pop(one.ip, None)
        down, up = self._sides
        removal = [shaping.remove_session(side, one.minor) for one in sessions for side in (down, up)]
        self.kernel.queues("".join(removal))
        self.kernel.rules("".join(ruleset.forget(one.minor) for one in sessions))

    def measure(self, now: Moment) -> list[tuple[Session, Cause]]:
        """Read the counters of all; who is over by itself, and why."""
        counted = self.kernel.octets() if self.sessions else {}
        over: list[tuple[Session, Cause]] = []
        self.next_look_s = now.s + LOOK_S
        for session in self.sessions.values():
            session.measured(counted.get(session.minor, NO_OCTETS), now)
            cause = session.reason_to_end(now)
            if cause is not None:
                over.append((session, cause))
            self.next_look_s = min(self.next_look_s, self._look_again_s(session, now))
        return over

    def strangers(self) -> Iterable[tuple[str, str]]:
        """Address and hardware address of who passes without a session of his own."""
        return [(ip, mac) for ip, mac in self.kernel.guests() if ip not in self.sessions]

    def rate_of(self, grant: Grant) -> Rate:
        """What a grant means here: no direction is ever without a limit."""
        return grant.rate(self.settings.shaping.session)

    def _look_again_s(self, session: Session, now: Moment) -> float:
        rate = self.rate_of(session.grant)
        return session.next_look_s(now, LOOK_S, _LEAST_LOOK_S, rate.down_bps + rate.up_bps)
