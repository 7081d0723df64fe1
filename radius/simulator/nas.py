"""A simulated gateway: log-ins, sessions, reports, orders obeyed, quirks. No socket; time comes in as epoch seconds.

Whoever drives it sends what `poll` gives and hands it what comes back; runner.py does so over real sockets.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from random import Random
from typing import Final, NamedTuple

from radius import tables as t
from radius.client_parts import Status
from radius.codec import Code, Packet
from radius.simulator import packets
from radius.simulator.limits import limits_of
from radius.simulator.outbox import Outbox
from radius.simulator.sessions import NAS_REBOOT, USER_REQUEST, Demand, Device, SimulatedSession, State
from radius.simulator.settings import NasSettings, Quirks
from radius.simulator.site_queue import share_queue
from radius.simulator.tally import ACCEPTED, NO_ANSWER, Tally
from radius.simulator.truth import TruthLog

_WORD: Final = 1 << 32
_NEAR: Final = 20_000_000
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


@dataclass(frozen=True, slots=True)
class _Report:
    """A report on its way: `octets` of its session since the last reset of the counters."""

    serial: int
    status: Status
    body: bytes
    session: SimulatedSession | None = None
    segment: int = 0
    octets: int = 0


class SimulatedNas:
    """One gateway. The same seed, calls and answers give the same packets.

    `holds`: sessions stand still and report nothing, orders are taken. `on_work` is called when `poll` has something
    to do before the moment that `next_due` gave.
    """

    def __init__(
        self,
        settings: NasSettings,
        seed: int = 0,
        truth: TruthLog | None = None,
        quirks: Quirks | None = None,
        tally: Tally | None = None,
    ) -> None:
        self.settings, self.truth = settings, truth
        self.quirks = quirks or Quirks()
        self.tally = tally or Tally()
        self.holds = False
        self.on_work: Callable[[], object] = _nothing
        self.sessions: list[SimulatedSession] = []
        self.random = Random(f"{seed}:{settings.identifier}")  # noqa: S311 (repeatable, not secret)
        self._logins: Outbox[SimulatedSession] = Outbox(settings.secret, settings.retry_s, settings.login_tries)
        self._reports: Outbox[_Report] = Outbox(settings.secret, settings.retry_s, settings.accounting_tries)
        self._held: dict[int, deque[_Report]] = {}
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
        return len(self._reports) + sum(len(waiting) for waiting in self._held.values())

    @property
    def repeated(self) -> dict[str, int]:
        """How often a request went out again, by door."""
        return {Door.AUTHENTICATION.value: self._logins.repeated, Door.ACCOUNTING.value: self._reports.repeated}

    @property
    def is_busy(self) -> bool:
        """Whether a request waits for its answer, or somebody is online."""
        return bool(len(self._logins) or self.unacknowledged or self.running)

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
        self.on_work()
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

    def shut_down(self, now: float) -> None:
        """An orderly end: a Stop for each session, and Accounting-Off."""
        for session in self.running:
            self.log_out(session, now, NAS_REBOOT)
        self.announce(Status.OFF, now)

    def reboot(self, now: float, announces: bool = True) -> None:
        """Power fails and returns: no Stops, nothing queued survives, session ids may start again."""
        for session in self.running:
            session.advance(now)
            session.end(now, 0)
            session.state = State.LOST
        self._logins.clear()
        self._reports.clear()
        self._held.clear()
        self.tally.reboots += 1
        if self.quirks.reuses_session_ids:
            self._ids = 0
        self._note("reboot", now, {})
        if announces:
            self.announce(Status.ON, now)

    def poll(self, now: float) -> list[ToServer]:
        """Let time pass until `now`; what is to be sent."""
        if now >= self._next_look and not self.holds:
            self._next_look = now + STEP_S
            for session in self.running:
                self._look_at(session, now)
            if self.settings.queue is not None:
                share_queue(self.settings.queue, self.running, now)
        datagrams = [ToServer(Door.AUTHENTICATION, one) for one in self._logins.poll(now)]
        for session in self._logins.given_up:
            session.state = State.UNANSWERED
            self.tally.logins[NO_ANSWER] += 1
        self._logins.given_up.clear()
        self._reports.given_up.clear()
        return datagrams + [ToServer(Door.ACCOUNTING, one) for one in self._reports.poll(now)]

    def next_due(self) -> float | None:
        """When `poll` should be called again; None while nothing goes on."""
        moments = [due for due in (self._logins.next_due(), self._reports.next_due()) if due is not None]
        if self.running and not self.holds:
            moments.append(self._next_look)
        return min(moments, default=None)

    def received(self, door: Door, datagram: bytes, now: float) -> None:
        """A datagram from the server's port; what answers nothing is passed over."""
        if door is Door.ACCOUNTING:
            answered = self._reports.answered(datagram)
            if answered is not None:
                self.tally.answered(door, now - answered[1].sent_at)
                self._acknowledged(answered[1].note, now)
                self.on_work()
            return
        found = self._logins.answered(datagram)
        if found is not None:
            self.tally.answered(door, now - found[1].sent_at)
            self._logged_in(found[1].note, found[0], now)
            self.on_work()

    def _logged_in(self, session: SimulatedSession, answer: Packet, now: float) -> None:
        accepted = answer.code == Code.ACCESS_ACCEPT
        facts = {"username": session.device.username, "accepted": accepted, "incarnation": session.incarnation}
        self._note("login", now, facts)
        if not accepted:
            session.state = State.REFUSED
            session.reply_message = answer.text(t.REPLY_MESSAGE) or ""
            self.tally.logins[session.reply_message or "refused"] += 1
            return
        self.tally.logins[ACCEPTED] += 1
        session.start(now, limits_of(answer), answer.get(t.CLASS))
        session.next_report = now + self._interim_s(session)
        self._report(session, Status.START, now)
        near = self.quirks.near_wrap
        if near and session.limits.octet_cap is None and self.random.random() < near:
            session.received, session.sent = (_WORD - self.random.randrange(1, _NEAR) for _ in range(2))
            self._report(session, Status.INTERIM, now)

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
        return self.quirks.own_interim_s or session.limits.interim_s or self.settings.interim_s

    def _report(self, session: SimulatedSession | None, status: Status, now: float) -> None:
        """Queue a report: its octets are fixed now, and repeated unchanged until acknowledged."""
        serial = 0
        if self.truth is not None:
            facts = packets.report_facts(self.settings, session, status, now)
            ahead = {"ahead_s": self.quirks.clock_ahead_s} if self.quirks.clock_ahead_s else {}
            serial = self.truth.sent(now, facts | ahead)
        body = packets.report_attributes(self.settings, self.quirks, session, status, now)
        self.tally.made[status.name.lower()] += 1
        if session is None:
            self._send(_Report(serial, status, body))
            return
        octets = session.received + session.sent if status is not Status.START else 0
        self.tally.octets_told += max(0, octets - session.told)
        session.told = max(octets, session.told)
        report = _Report(serial, status, body, session, session.segment, octets)
        session.unacknowledged += 1
        if self._keeps_order and session.unacknowledged > 1:
            self._held.setdefault(session.incarnation, deque()).append(report)
        else:
            self._send(report)

    @property
    def _keeps_order(self) -> bool:
        """Where counters may fall, a report that overtakes another could not be read: the next waits for its answer."""
        return bool(
            self.settings.family.wraps_32bit
            or self.settings.family.resets_on_coa
            or self.quirks.wraps_32bit
            or self.quirks.resets_on_coa
        )

    def _send(self, report: _Report) -> None:
        build = partial(packets.accounting_request, body=report.body, secret=self.settings.secret)
        self._reports.add(build, report)
        self.on_work()

    def _acknowledged(self, report: _Report, now: float) -> None:
        self.tally.acknowledged[report.status.name.lower()] += 1
        if self.truth is not None:
            self.truth.acknowledged(report.serial, now)
        session = report.session
        if session is None:
            return
        session.unacknowledged -= 1
        before = session.counted.get(report.segment, 0)
        self.tally.octets_acknowledged += max(0, report.octets - before)
        session.counted[report.segment] = max(report.octets, before)
        waiting = self._held.get(session.incarnation)
        if waiting:
            self._send(waiting.popleft())
        elif waiting is not None:
            del self._held[session.incarnation]

    def _note(self, event: str, now: float, facts: Mapping[str, object]) -> None:
        if self.truth is not None:
            self.truth.noted(event, now, {"gateway": self.settings.identifier, **facts})


def _nothing() -> None:
    """Nobody waits for work."""
