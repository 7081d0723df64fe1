"""A simulated gateway: log-ins, sessions, reports, orders obeyed, quirks. No socket; time comes in as epoch seconds.

Whoever drives it sends what `poll` gives and hands it what comes back; runner.py does so over real sockets.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import partial
from random import Random
from typing import Final, NamedTuple

from radius import tables as t
from radius.codec import Code, Packet
from radius.simulator import packets
from radius.simulator.limits import limits_of
from radius.simulator.outbox import Outbox
from radius.simulator.packets import Status
from radius.simulator.sessions import USER_REQUEST, Demand, Device, SimulatedSession, State
from radius.simulator.settings import NasSettings, Quirks
from radius.simulator.truth import TruthLog

STEP_S: Final = 1.0
"""How often traffic and limits are looked at: a real gateway, too, overshoots a cap by some seconds at most."""


class Door(StrEnum):
    """Which port of the server a datagram is for."""

    AUTHENTICATION = "authentication"
    ACCOUNTING = "accounting"


class ToServer(NamedTuple):
    """A datagram and the door it is for."""

    door: Door
    datagram: bytes


class SimulatedNas:
    """One gateway. The same seed, calls and answers give the same packets."""

    def __init__(
        self, settings: NasSettings, seed: int = 0, truth: TruthLog | None = None, quirks: Quirks | None = None
    ) -> None:
        self.settings, self.truth = settings, truth
        self.quirks = quirks or Quirks()
        self.sessions: list[SimulatedSession] = []
        self.random = Random(f"{seed}:{settings.identifier}")  # noqa: S311 (repeatable, not secret)
        self._logins: Outbox[SimulatedSession] = Outbox(settings.secret, settings.retry_s, settings.login_tries)
        self._reports: Outbox[int] = Outbox(settings.secret, settings.retry_s, settings.accounting_tries)
        self._incarnations = 0
        self._ids = 0
        self._next_look = 0.0

    @property
    def running(self) -> list[SimulatedSession]:
        """Who is online."""
        return [session for session in self.sessions if session.is_running]

    @property
    def unacknowledged(self) -> int:
        """Accounting packets that the server has not answered."""
        return len(self._reports)

    @property
    def is_busy(self) -> bool:
        """Whether a request waits for its answer, or somebody is online."""
        return bool(len(self._logins) or len(self._reports) or self.running)

    def log_in(self, device: Device, demand: Demand) -> SimulatedSession:
        """Ask for this device with the next `poll`; the session runs once it is accepted."""
        self._incarnations += 1
        self._ids += 1
        host = self._incarnations % 65_000 + 10
        session = SimulatedSession(
            device,
            demand,
            self._incarnations,
            f"{0x80000000 + self._ids:08x}",
            f"10.5.{host >> 8}.{host & 255}",
            self._ids,
        )
        self.sessions.append(session)
        entropy = self.random.randbytes(48)
        self._logins.add(partial(packets.access_request, self.settings, session, entropy=entropy), session)
        return session

    def log_out(self, session: SimulatedSession, now: float, cause: int = USER_REQUEST) -> None:
        """End a session and report its Stop."""
        if not session.is_running:
            return
        own_end = session.advance(now)
        session.end(now, own_end or cause)
        self._report(session, Status.STOP, now)

    def forget_ended(self) -> None:
        """Drop sessions that are over, so that a long run does not grow."""
        self.sessions = [session for session in self.sessions if session.state in (State.ASKING, State.RUNNING)]

    def announce(self, status: Status, now: float) -> None:
        """Accounting-On or -Off of the whole gateway."""
        self._report(None, status, now)

    def reboot(self, now: float, announces: bool = True) -> None:
        """Power fails and returns: no Stops, nothing queued survives, session ids may start again."""
        for session in self.running:
            session.advance(now)
            session.end(now, 0)
            session.state = State.LOST
        self._logins.clear()
        self._reports.clear()
        if self.quirks.reuses_session_ids:
            self._ids = 0
        self._note("reboot", now, {})
        if announces:
            self.announce(Status.ON, now)

    def poll(self, now: float) -> list[ToServer]:
        """Let time pass until `now`; what is to be sent."""
        if now >= self._next_look:
            self._next_look = now + STEP_S
            for session in self.running:
                self._look_at(session, now)
        datagrams = [ToServer(Door.AUTHENTICATION, one) for one in self._logins.poll(now)]
        for session in self._logins.given_up:
            session.state = State.UNANSWERED
        self._logins.given_up.clear()
        return datagrams + [ToServer(Door.ACCOUNTING, one) for one in self._reports.poll(now)]

    def next_due(self) -> float | None:
        """When `poll` should be called again; None while nothing goes on."""
        moments = [due for due in (self._logins.next_due(), self._reports.next_due()) if due is not None]
        if self.running:
            moments.append(self._next_look)
        return min(moments, default=None)

    def received(self, door: Door, datagram: bytes, now: float) -> None:
        """A datagram from the server's port; what answers nothing is passed over."""
        if door is Door.ACCOUNTING:
            answered = self._reports.answered(datagram)
            if answered is not None and self.truth is not None:
                self.truth.acknowledged(answered[1].note, now)
            return
        found = self._logins.answered(datagram)
        if found is not None:
            self._logged_in(found[1].note, found[0], now)

    def _logged_in(self, session: SimulatedSession, answer: Packet, now: float) -> None:
        accepted = answer.code == Code.ACCESS_ACCEPT
        facts = {"username": session.device.username, "accepted": accepted, "incarnation": session.incarnation}
        self._note("login", now, facts)
        if not accepted:
            session.state = State.REFUSED
            session.reply_message = answer.text(t.REPLY_MESSAGE) or ""
            return
        session.start(now, limits_of(answer), answer.get(t.CLASS))
        session.next_report = now + self._interim_s(session)
        self._report(session, Status.START, now)

    def _look_at(self, session: SimulatedSession, now: float) -> None:
        cause = session.advance(now)
        if cause is not None:
            session.end(now, cause)
            self._report(session, Status.STOP, now)
        elif now >= session.next_report:
            session.next_report = now + self._interim_s(session)
            self._report(session, Status.INTERIM, now)

    def report_now(self, session: SimulatedSession, now: float) -> None:
        """An Interim-Update out of turn."""
        session.advance(now)
        self._report(session, Status.INTERIM, now)

    def _interim_s(self, session: SimulatedSession) -> int:
        return session.limits.interim_s or self.settings.interim_s

    def _report(self, session: SimulatedSession | None, status: Status, now: float) -> None:
        """Queue a report: its octets are fixed now, and repeated unchanged until acknowledged."""
        body = packets.report_attributes(self.settings, self.quirks, session, status, now)
        serial = (
            0 if self.truth is None else self.truth.sent(now, packets.report_facts(self.settings, session, status, now))
        )
        build = partial(packets.accounting_request, body=body, secret=self.settings.secret)
        self._reports.add(build, serial)

    def _note(self, event: str, now: float, facts: Mapping[str, object]) -> None:
        if self.truth is not None:
            self.truth.noted(event, now, {"gateway": self.settings.identifier, **facts})
