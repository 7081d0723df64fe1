"""The gateway itself: log-ins, limits kept, reports, the server's absence. No socket, no clock.

Whoever drives it sends what `poll` gives, hands it what comes back, and calls again when `next_due_s` says.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from netquota.domain.mac import MacFormat, written_mac
from netquota.errors import InvalidValue, Malformed
from netquota.logging import get_logger
from netquota_gateway import packets
from netquota_gateway.grants import Grant, grant_of
from netquota_gateway.hotspot import Hotspot
from netquota_gateway.kernel import Kernel, KernelRefused
from netquota_gateway.memory import Memory
from netquota_gateway.outage import Outage
from netquota_gateway.questions import Questions
from netquota_gateway.reports import Reports
from netquota_gateway.sessions import Cause, Moment, Session
from netquota_gateway.settings import Settings
from radius import tables as t
from radius.client_parts import Status
from radius.codec import Code, Packet

_log = get_logger("netquota_gateway")


class Refusal(StrEnum):
    """Why nobody was let in, where the server did not say it in words."""

    UNKNOWN_DEVICE = "unknown_device"
    NO_ANSWER = "no_answer"
    REFUSED = "refused"
    TROUBLE = "trouble"


@dataclass(frozen=True, slots=True)
class Answer:
    """How a log-in ended: let in (`refusal` None), or why not; `message` is the server's own."""

    refusal: Refusal | None
    message: str = ""


Told = Callable[[Answer], None]


class Gateway:
    """One hotspot gateway. `random` gives so many unforeseeable octets."""

    def __init__(
        self, settings: Settings, kernel: Kernel, memory: Memory, random: Callable[[int], bytes], now: Moment
    ) -> None:  # fmt: skip
        self.settings, self._memory, self._random = settings, memory, random
        self.hotspot = Hotspot(settings, kernel, now)
        self.reports = Reports(settings, memory.spool)
        self.questions = Questions(settings.secret, settings.radius.retry_s)
        self.outage = Outage(settings.fail_open, now.s)
        self._serial = 0

    # -- beginning and end --------------------------------------------------------------------------------------

    def start(self, now: Moment) -> None:
        """Report the end of what an earlier process left, lay the kernel anew, tell that we are there."""
        for session in self._memory.left_behind(self.hotspot.kernel, now):
            self._report(session, Status.STOP, now, Cause.NAS_ERROR)
        self.hotspot.kernel.prepare()
        self.hotspot.close()
        self._memory.sessions([], now)
        self._report(None, Status.ON, now)

    def stop(self, now: Moment) -> None:
        """End all sessions. Where fail-open is set, people pass while we are away, under the site's queue."""
        self._end([(session, Cause.NAS_REBOOT) for session in self.hotspot.sessions.values()], now)
        self._report(None, Status.OFF, now)
        if self.settings.fail_open.enabled:
            self.hotspot.open()

    # -- log-in and log-out -------------------------------------------------------------------------------------

    def log_in(self, ip: str, username: str, password: str, now: Moment, told: Told) -> None:
        """Ask the server for the device at this address; `told` hears how it ended. Raises `InvalidValue`."""
        mac = self.hotspot.kernel.hardware_address(ip)
        if mac is None:
            told(Answer(Refusal.UNKNOWN_DEVICE))
            return
        session = self._new(username, ip, mac, now)
        entropy = self._random(33)

        def build(identifier: int) -> bytes:
            return packets.access_request(self.settings, session, password, identifier, entropy)

        def answered(answer: Packet | None, then: Moment) -> None:
            told(self._answered(session, answer, then))

        if not self.questions.ask(build, answered, self.settings.radius.tries, now):
            told(Answer(Refusal.NO_ANSWER))

    def log_out(self, ip: str, now: Moment, cause: Cause = Cause.USER_REQUEST) -> bool:
        """End the session at this address; whether there was one."""
        session = self.hotspot.sessions.get(ip)
        if session is not None:
            self._end([(session, cause)], now)
        return session is not None

    def _answered(self, session: Session, answer: Packet | None, now: Moment) -> Answer:
        if answer is None:
            return Answer(Refusal.NO_ANSWER)
        self._heard(now)
        if answer.code != Code.ACCESS_ACCEPT:
            return Answer(Refusal.REFUSED, answer.text(t.REPLY_MESSAGE) or "")
        try:
            session.grant = grant_of(answer)
            session.class_token = answer.get(t.CLASS)
            self._begin(session, now)
        except (InvalidValue, Malformed, KernelRefused) as error:
            _log.error("somebody who was accepted could not be let in", user=session.username, error=str(error))
            return Answer(Refusal.TROUBLE)
        return Answer(None, answer.text(t.REPLY_MESSAGE) or "")

    def _new(self, username: str, ip: str, mac: str, now: Moment) -> Session:
        self._serial += 1
        name = f"{int(now.epoch_s):08x}{self._serial % 65536:04x}"
        return Session(name, username, ip, mac, self.hotspot.free_minor(), Grant(), now)

    def _begin(self, session: Session, now: Moment) -> None:
        """Let it through; an older session at its address is over."""
        self.log_out(session.ip, now)
        self.hotspot.admit(session, now)
        session.report_s = now.s + self._interim_s(session)
        self._report(session, Status.START, now)
        self._memory.sessions(self.hotspot.sessions.values(), now)

    def _end(self, ending: Sequence[tuple[Session, Cause]], now: Moment) -> None:
        """Send devices away and report what they used."""
        if not ending:
            return
        self.hotspot.dismiss([session for session, _ in ending], now)
        for session, cause in ending:
            self._report(session, Status.STOP, now, cause)
        self._memory.sessions(self.hotspot.sessions.values(), now)

    # -- orders -------------------------------------------------------------------------------------------------

    def change(self, session: Session, grant: Grant, now: Moment) -> None:
        """A CoA: what it does not say stays. Raises `KernelRefused`."""
        self.hotspot.change(session, session.grant.changed_by(grant), now)
        session.report_s = min(session.report_s, now.s + self._interim_s(session))

    def disconnect(self, sessions: Sequence[Session], now: Moment) -> None:
        """A Disconnect-Request: the server ends them."""
        self._end([(session, Cause.ADMIN_RESET) for session in sessions], now)

    # -- time ---------------------------------------------------------------------------------------------------

    def poll(self, now: Moment) -> tuple[list[bytes], list[bytes]]:
        """Let time pass; datagrams for the authentication port and for the accounting port."""
        if now.s >= self.hotspot.next_look_s:
            self._look(now)
        if self.outage.probes(now.s):
            self._probe(now)
        if self.outage.opens(now.s):
            _log.warning("no server answers: people pass without log-in", silent_s=round(now.s - self.outage.heard_s))
            self.hotspot.open()
        return self.questions.poll(now), self.reports.poll(now)

    def next_due_s(self) -> float:
        """When `poll` should be called again."""
        moments = (self.questions.next_due_s(), self.reports.next_due_s(), self.hotspot.next_look_s)
        return min(self.outage.next_due_s(), *(moment for moment in moments if moment is not None))

    def answered(self, datagram: bytes, now: Moment) -> None:
        """A datagram from the server's authentication port."""
        self.questions.received(datagram, now)

    def acknowledged(self, datagram: bytes, now: Moment) -> None:
        """A datagram from the server's accounting port."""
        if self.reports.received(datagram, now):
            self._heard(now)

    def report_now(self, session: Session, now: Moment) -> None:
        """An Interim-Update out of turn."""
        self._end(self.hotspot.measure(now), now)
        if self.hotspot.sessions.get(session.ip) is session:
            self._interim(session, now)

    def _look(self, now: Moment) -> None:
        self._end(self.hotspot.measure(now), now)
        for session in self.hotspot.sessions.values():
            if now.s >= session.report_s:
                self._interim(session, now)
        if self.outage.is_open:
            self._welcome(now)

    def _interim(self, session: Session, now: Moment) -> None:
        session.report_s = now.s + self._interim_s(session)
        self._report(session, Status.INTERIM, now)
        self._memory.sessions(self.hotspot.sessions.values(), now)

    def _interim_s(self, session: Session) -> int:
        return session.grant.interim_s or self.settings.radius.interim_s

    # -- the server's absence -----------------------------------------------------------------------------------

    def _probe(self, now: Moment) -> None:
        entropy = self._random(16)

        def build(identifier: int) -> bytes:
            return packets.status_server(self.settings, identifier, entropy)

        def answered(answer: Packet | None, then: Moment) -> None:
            if answer is not None:
                self._heard(then)

        self.questions.ask(build, answered, 1, now)

    def _heard(self, now: Moment) -> None:
        """The server lives; who passed without log-in has to log in now, and what waited is reported."""
        if not self.outage.heard(now.s):
            return
        _log.info("the server answers again", waiting=len(self.reports))
        self.hotspot.close()
        self._end([(one, Cause.NAS_REQUEST) for one in self.hotspot.sessions.values() if one.is_guest], now)
        self.reports.hurry(now)

    def _welcome(self, now: Moment) -> None:
        """Whoever passes without log-in gets a session, known by the device, to be counted once the server is back."""
        rate = self.settings.fail_open.rate
        for ip, mac in self.hotspot.strangers():
            session = self._new(written_mac(mac, MacFormat.DASHES), ip, mac, now)
            session.grant = Grant(rate.down_bps, rate.up_bps)
            session.is_guest = True
            self._begin(session, now)

    # -- reports ------------------------------------------------------------------------------------------------

    def _report(self, session: Session | None, status: Status, now: Moment, cause: Cause | None = None) -> None:
        body = packets.report(self.settings, session, status, now, cause)
        self.reports.add(status, body, now, packets.facts(self.settings, session, status, now))
