"""A log-in's way through the worker: proof, figures, decision, answer. Each step that must wait hands over and returns.

Runs in the packet loop's thread; argon2 and the database answer from others through `checked` and `figures_read`.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from zoneinfo import ZoneInfo

from netquota.domain.deciding import Decision
from netquota.domain.people import Subscriber
from netquota.domain.places import Ability
from netquota.domain.policy import Code
from netquota.services.authorize import Authorizer, LoginPlace, refused
from netquota.services.live import LivePerson
from netquota.services.reasons import reasons_json
from netquota.services.verify import Claim, PasswordMemory, SlowCheck
from netquota.services.words import told
from netquota.storage.record_store import DecisionRow
from radius.bookkeeper import Bookkeeper, FiguresRead
from radius.codec import Code as PacketCode
from radius.codec import TooLong
from radius.engine import SECRET_SUSPECT, Engine, Exchange, Login, reject_attributes
from radius.methods import Pap
from radius.password_checks import DATABASE_AWAY, Asked, PasswordChecks

MOST_RECORDS = 50_000
FIGURES_WAIT_S = 1.0  # a log-in waits no longer for a database that stands still; gateways ask again after 3 s


@dataclass(slots=True)
class _Waiting:
    """Log-ins of one person that wait for his figures, and until when (by the forward clock)."""

    until_s: float
    logins: list[tuple[Login, Subscriber]] = field(default_factory=list[tuple[Login, Subscriber]])


@dataclass(frozen=True, slots=True)
class DeskRules:
    """How log-ins are answered: seconds by which a wrong proof waits, language and zone of strangers' messages."""

    reject_delay_s: float
    language: str
    zone: ZoneInfo
    checkers: int


class LoginDesk:
    """All log-ins that are under way in one worker."""

    def __init__(
        self,
        engine: Engine,
        authorizer: Authorizer,
        memory: PasswordMemory,
        slow: SlowCheck,
        bookkeeper: Bookkeeper,
        rules: DeskRules,
        send: Callable[[Exchange, bytes], None],
        wake: Callable[[], None],
    ) -> None:
        self.authorizer = authorizer
        self.records_lost = 0
        self._engine = engine
        self._memory = memory
        self._bookkeeper = bookkeeper
        self._rules = rules
        self._send = send
        self._checks = PasswordChecks(slow, rules.checkers, wake)
        self._waiting: dict[int, _Waiting] = {}
        self._overdue: deque[tuple[float, int]] = deque()  # when, whose figures
        self._rejects: list[tuple[float, int, Exchange, bytes]] = []
        self._serial = count()

    def begin(self, login: Login, now_s: float, at_s: int) -> None:
        """Take a log-in. `now_s` any forward clock, `at_s` epoch seconds."""
        nas = login.exchange.nas
        subscriber = self.authorizer.who(nas, login.username)
        credentials = self.authorizer.policy.snapshot.credentials
        proof = login.credential
        if subscriber is not None and isinstance(proof, Pap):
            password_hash = credentials.password_hash(subscriber.id)
            if self._memory.knows(subscriber.id, password_hash, proof.password, now_s):
                self._proved(login, subscriber, now_s, at_s)
                return
        credential = None if subscriber is None else credentials.find(subscriber.id)
        claim = Claim(None if subscriber is None else subscriber.id, credential, login.mac, nas.id)
        left_out = self._checks.ask(Asked(login, subscriber, claim, at_s))
        if left_out is not None:
            self._engine.drop(left_out.login.exchange, "password_checks_full")

    def checked(self, now_s: float, at_s: int) -> None:
        """Go on with every log-in whose slow check came back."""
        for found in self._checks.results():
            login, subscriber = found.asked.login, found.asked.subscriber
            if found.verdict is None:
                self._engine.drop(login.exchange, found.cause)
                continue
            if subscriber is None or not found.verdict.right:
                self._wrong(login, subscriber, now_s, at_s)
                continue
            proof, credential = login.credential, found.asked.claim.credential  # the one that it was checked against
            if found.verdict.by_password and isinstance(proof, Pap) and credential and credential.password_hash:
                self._memory.remember(subscriber.id, credential.password_hash, proof.password, now_s)
            self._proved(login, self._as_of_now(subscriber), now_s, at_s)

    def _as_of_now(self, subscriber: Subscriber) -> Subscriber:
        """Policy may have changed while somebody waited; who was removed meanwhile is answered as he was."""
        return self.authorizer.policy.snapshot.subscriber_by_id.find(subscriber.id) or subscriber

    def _wrong(self, login: Login, subscriber: Subscriber | None, now_s: float, at_s: int) -> None:
        decision = refused(Code.UNKNOWN if subscriber is None else Code.WRONG_PASSWORD, login.username)
        if isinstance(login.credential, Pap) and login.credential.secret_mismatch_likely():
            key = (login.exchange.nas.id, SECRET_SUSPECT)
            problems = self._engine.counts.problems
            problems[key] = problems.get(key, 0) + 1
        self._record(login, subscriber, decision, at_s)
        attributes = self._message(subscriber, decision)
        due = now_s + self._rules.reject_delay_s
        heapq.heappush(self._rejects, (due, next(self._serial), login.exchange, attributes))

    def _proved(self, login: Login, subscriber: Subscriber, now_s: float, at_s: int) -> None:
        person = self.authorizer.live.person(subscriber.id)
        if person is not None:
            self._decide(login, subscriber, person, at_s)
            return
        waiting = self._waiting.get(subscriber.id)
        if waiting is None:
            waiting = self._waiting[subscriber.id] = _Waiting(now_s + FIGURES_WAIT_S)
            self._overdue.append((waiting.until_s, subscriber.id))
            self._bookkeeper.inbox.figures.append(subscriber)
            self._bookkeeper.put()
        waiting.logins.append((login, subscriber))

    def figures_read(self, read: FiguresRead, keep_serving: bool, at_s: int) -> None:
        """Live figures came; go on with whoever waited. Without them (database away) the policy of the city decides.

        `keep_serving`: decide as if nothing were used (the last figures known went with the cache); else stay silent.
        """
        live = self.authorizer.live
        for figure in read.pools:
            live.pools[figure.quota_id] = figure
        for employee_id in read.asked:
            person = LivePerson() if read.found is None else read.found[employee_id]
            if read.found is not None:
                live.keep(employee_id, person)
            waiting = self._waiting.pop(employee_id, None)
            for login, subscriber in () if waiting is None else waiting.logins:
                if read.found is None and not keep_serving:
                    self._engine.drop(login.exchange, DATABASE_AWAY)
                else:
                    self._decide(login, self._as_of_now(subscriber), person, at_s)

    def figures_due(self, now_s: float, keep_serving: bool, at_s: int) -> None:
        """Go on without the figures that a database which stands still has not given in time."""
        while self._overdue and self._overdue[0][0] <= now_s:
            until_s, employee_id = self._overdue.popleft()
            if self._waits(employee_id, until_s):
                self.figures_read(FiguresRead([employee_id], None, []), keep_serving, at_s)

    def _waits(self, employee_id: int, until_s: float) -> bool:
        """Whether somebody waits for these figures still, and no other than then: he has his full time."""
        waiting = self._waiting.get(employee_id)
        return waiting is not None and waiting.until_s == until_s

    def _decide(self, login: Login, subscriber: Subscriber, person: LivePerson, at_s: int) -> None:
        nas = login.exchange.nas
        known = self._bookkeeper.gateways.named(nas.id, login.gateway)
        rate_works = Ability.LEARN if known is None else known.rate_works
        place = LoginPlace(
            nas,
            login.gateway,
            login.mac,
            login.called_station,
            login.port,
            rate_works=rate_works,
            username=login.username,
        )
        decision = self.authorizer.decide(subscriber, place, person, at_s)
        if self.authorizer.worth_recording(person, login.mac, at_s):
            self._record(login, subscriber, decision, at_s)
        if not decision.accepted:
            self._answer(login.exchange, PacketCode.ACCESS_REJECT, self._message(subscriber, decision))
            return
        self._answer(login.exchange, PacketCode.ACCESS_ACCEPT, self.authorizer.grant(subscriber, place, person, at_s))
        if decision.ends:
            self._bookkeeper.inbox.end_sessions.append(decision.ends)
            self._bookkeeper.put()

    def _answer(self, exchange: Exchange, code: int, attributes: bytes) -> None:
        try:
            octets = self._engine.finish(exchange, code, attributes)
        except TooLong:  # many Proxy-States: a bare refusal fits, half an accept would not be one
            octets = self._engine.finish(exchange, PacketCode.ACCESS_REJECT, b"")
            code = PacketCode.ACCESS_REJECT
        result = "accept" if code == PacketCode.ACCESS_ACCEPT else "reject"
        self._engine.counts.request(exchange.nas.name, "access", result)
        self._send(exchange, octets)

    def _message(self, subscriber: Subscriber | None, decision: Decision) -> bytes:
        language = self._rules.language if subscriber is None else subscriber.language
        return reject_attributes(told(decision, language, self._rules.zone))

    def _record(self, login: Login, subscriber: Subscriber | None, decision: Decision, at_s: int) -> None:
        records = self._bookkeeper.inbox.records
        if len(records) >= MOST_RECORDS:
            self.records_lost += 1
            return
        records.append(
            DecisionRow(
                at_s,
                decision.accepted,
                None if subscriber is None else subscriber.id,
                login.username,
                login.exchange.nas.id,
                login.gateway,
                login.mac,
                decision.cause,
                reasons_text(decision),
            )
        )

    def rejects_due(self, now_s: float) -> None:
        """Send the refusals whose delay is over."""
        while self._rejects and self._rejects[0][0] <= now_s:
            _, _, exchange, attributes = heapq.heappop(self._rejects)
            self._answer(exchange, PacketCode.ACCESS_REJECT, attributes)

    def next_due(self) -> float | None:
        """When the next refusal is due, or somebody has waited long enough for figures."""
        while self._overdue and not self._waits(self._overdue[0][1], self._overdue[0][0]):
            self._overdue.popleft()
        dues = [queue[0][0] for queue in (self._rejects, self._overdue) if queue]
        return min(dues, default=None)

    def close(self) -> None:
        """Let the checkers end; what is under way is left to the gateway's repetition."""
        self._checks.close()


_texts: dict[int, tuple[Decision, str]] = {}


def reasons_text(decision: Decision) -> str:
    """The reasons as JSON; decisions are remembered and come again, so their texts are too."""
    held = _texts.get(id(decision))
    if held is not None and held[0] is decision:
        return held[1]
    if len(_texts) > 20_000:
        _texts.clear()
    text = reasons_json(decision.reasons)
    _texts[id(decision)] = (decision, text)
    return text
