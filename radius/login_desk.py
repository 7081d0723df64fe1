"""A log-in's way through the worker: proof, figures, decision, answer. Each step that must wait hands over and returns.

Runs in the packet loop's thread; argon2 and the database answer from others through `checked` and `figures_read`.
"""

from __future__ import annotations

import heapq
import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import chain, count
from zoneinfo import ZoneInfo

from netquota.domain.deciding import Decision
from netquota.domain.people import AccountKind, Subscriber
from netquota.domain.places import Ability
from netquota.domain.policy import Code
from netquota.services.admission import Asked
from netquota.services.authorize import Authorizer, LoginPlace, refused
from netquota.services.guessing import Guess, GuessMemory, Tried, employee_guess
from netquota.services.live import LivePerson
from netquota.services.macs import account_of_mac, address_of, proves_itself
from netquota.services.reasons import reasons_json
from netquota.services.reserve import unreserved
from netquota.services.verify import Claim, PasswordMemory, SlowCheck, is_token
from netquota.services.vouchers import proves_code
from netquota.services.words import reply
from netquota.storage.alarm_report import TOO_MANY_GATEWAYS
from netquota.storage.record_store import DecisionRow
from radius import mschap_desk
from radius.bookkeeper import Bookkeeper, FiguresRead, Reserved
from radius.codec import Code as PacketCode
from radius.codec import TooLong
from radius.engine import SECRET_SUSPECT, Engine, Exchange, Login, reject_attributes
from radius.methods import Pap
from radius.password_checks import DATABASE_AWAY, PasswordChecks
from radius.password_checks import Asked as AskedProof
from radius.reservations import LONGEST_WAIT_S, Reservations, Waiting

MOST_RECORDS = 50_000
DIRECTORY_CHECKERS = 4
ELSEWHERE_KEPT_S = 60.0  # a storm of log-ins asks a directory once; who leaves there is out a minute later
FIGURES_WAIT_S = 1.0  # a log-in waits no longer for a database that is away; gateways ask again after 3 s


@dataclass(slots=True)
class _Waiting:
    """Log-ins of one person that wait for his figures, until when and since when (by the forward clock)."""

    until_s: float
    since_s: float
    logins: list[tuple[Login, Subscriber]] = field(default_factory=list[tuple[Login, Subscriber]])


@dataclass(frozen=True, slots=True)
class DeskRules:
    """How log-ins are answered: seconds by which a wrong proof waits, language and zone of strangers' messages.

    `most_gateways`: so many a client may name. `help_contact`: whom to call, told in a refusal.
    """

    reject_delay_s: float
    language: str
    zone: ZoneInfo
    checkers: int
    most_gateways: int = 256
    help_contact: str = ""


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
        forward_clock: Callable[[], float],
    ) -> None:
        self.authorizer = authorizer
        self._forward_clock = forward_clock
        self._reservations = Reservations(bookkeeper)
        self.records_lost = 0
        self._engine = engine
        self._memory = memory
        self._bookkeeper = bookkeeper
        self._rules = rules
        self._send = send
        self._guesses = GuessMemory()
        self._checks = PasswordChecks(slow, rules.checkers, wake)
        self._remote = PasswordChecks(slow, DIRECTORY_CHECKERS, wake)  # a directory that hangs holds up nobody else
        self._waiting: dict[int, _Waiting] = {}
        self._overdue: deque[tuple[float, int]] = deque()  # when, whose figures
        self._rejects: list[tuple[float, int, Exchange, bytes]] = []
        self._serial = count()

    def begin(self, login: Login, now_s: float, at_s: int) -> None:
        """Take a log-in. `now_s` any forward clock, `at_s` epoch seconds."""
        nas = login.exchange.nas
        subscriber = self.authorizer.who(nas, login.username)
        if (subscriber is None or subscriber.kind is AccountKind.DEVICE) and self._is_by_mac(login, now_s, at_s):
            return
        credentials = self.authorizer.policy.snapshot.credentials
        proof = login.credential
        is_guest = subscriber is not None and subscriber.kind is AccountKind.GUEST
        if subscriber is not None and is_guest and proves_code(proof, subscriber, login.username, nas):
            self._proved(login, subscriber, now_s, at_s)
            return
        if subscriber is not None and isinstance(proof, Pap) and self._remembers(subscriber, proof, now_s):
            self._proved(login, subscriber, now_s, at_s)
            return
        employee_id = None if subscriber is None else subscriber.id
        guess = employee_guess(employee_id, login.username, login.mac, f"nas:{nas.id}")
        held_s = 0 if not isinstance(proof, Pap) or is_token(proof) else self._guesses.held_until(guess)
        if held_s > at_s:
            self._held_off(login, subscriber, guess, held_s, now_s, at_s)
            return
        credential = None if employee_id is None else credentials.find(employee_id)
        claim = Claim(employee_id, credential, login.mac, nas.id, guess, subscriber)
        checks = self._remote if credential is not None and credential.directory else self._checks
        left_out = checks.ask(AskedProof(login, subscriber, claim, at_s))
        if left_out is not None:
            self._engine.drop(left_out.login.exchange, "password_checks_full")

    def _remembers(self, subscriber: Subscriber, proof: Pap, now_s: float) -> bool:
        """Whether exactly this password was right lately."""
        mark = self.authorizer.policy.snapshot.credentials.mark(subscriber.id)
        return self._memory.knows(subscriber.id, mark, proof.password, now_s)

    def _is_by_mac(self, login: Login, now_s: float, at_s: int) -> bool:
        """Take on a log-in by hardware address; whether it was one. Who has no account costs no password check."""
        nas, username = login.exchange.nas, login.username
        if address_of(username) is None or not proves_itself(login.credential, username, login.mac, nas):
            return False
        account = account_of_mac(self.authorizer.policy, nas, login.gateway, username)
        if account is None:
            self._wrong(login, None, now_s, at_s)
        else:
            self._proved(login, account, now_s, at_s)
        return True

    def checked(self, now_s: float, at_s: int) -> None:
        """Go on with every log-in whose slow check came back."""
        for found in chain(self._checks.results(), self._remote.results()):
            login, subscriber = found.asked.login, found.asked.subscriber
            if found.verdict is None:
                self._engine.drop(login.exchange, found.cause)
                continue
            guess = found.asked.claim.guess
            if found.verdict.held_until_s and guess is not None:
                self._held_off(login, subscriber, guess, found.verdict.held_until_s, now_s, at_s)
                continue
            if subscriber is None or not found.verdict.right:
                self._guessed(login, guess, at_s)
                self._wrong(login, subscriber, now_s, at_s)
                continue
            if guess is not None and self._guesses.succeeded(guess):
                self._bookkeeper.inbox.tried.append(Tried(guess, True, at_s))
            if found.verdict.nt is not None:
                login.proved = mschap_desk.proved(login, found.verdict.nt)
            proof, credential = login.credential, found.asked.claim.credential  # the one that it was checked against
            if found.verdict.by_password and isinstance(proof, Pap) and credential and credential.mark:
                most_s = ELSEWHERE_KEPT_S if credential.directory else math.inf
                self._memory.remember(subscriber.id, credential.mark, proof.password, now_s, most_s)
            self._proved(login, self._as_of_now(subscriber), now_s, at_s)

    def _as_of_now(self, subscriber: Subscriber) -> Subscriber:
        """Policy may have changed while somebody waited; who was removed meanwhile is answered as he was."""
        return self.authorizer.policy.snapshot.subscriber_by_id.find(subscriber.id) or subscriber

    def _guessed(self, login: Login, guess: Guess | None, at_s: int) -> None:
        """Count a wrong password; a shared secret that differs makes noise of every one, which is nobody's guess."""
        proof = login.credential
        if guess is None or is_token(proof) or (isinstance(proof, Pap) and proof.secret_mismatch_likely()):
            return
        self._guesses.failed(guess, at_s)
        if len(self._bookkeeper.inbox.tried) < MOST_RECORDS:
            self._bookkeeper.inbox.tried.append(Tried(guess, False, at_s))

    def _held_off(
        self, login: Login, subscriber: Subscriber | None, guess: Guess, until_s: int, now_s: float, at_s: int
    ) -> None:  # fmt: skip
        """Refuse without a look at the password; the same words whether there is such an account or not."""
        decision = refused(Code.HELD_OFF, _named(login, subscriber))
        if self._guesses.is_news(guess, until_s):
            self._record(login, subscriber, decision, at_s)
        self._refuse_later(login, self._refusal(login, subscriber, decision), now_s)

    def _refuse_later(self, login: Login, attributes: bytes, now_s: float) -> None:
        due = now_s + self._rules.reject_delay_s
        heapq.heappush(self._rejects, (due, next(self._serial), login.exchange, attributes))

    def _wrong(self, login: Login, subscriber: Subscriber | None, now_s: float, at_s: int) -> None:
        decision = refused(Code.UNKNOWN if subscriber is None else Code.WRONG_PASSWORD, _named(login, subscriber))
        if isinstance(login.credential, Pap) and login.credential.secret_mismatch_likely():
            key = (login.exchange.nas.id, SECRET_SUSPECT)
            problems = self._engine.counts.problems
            problems[key] = problems.get(key, 0) + 1
        self._record(login, subscriber, decision, at_s)
        self._refuse_later(login, self._refusal(login, subscriber, decision), now_s)

    def _proved(self, login: Login, subscriber: Subscriber, now_s: float, at_s: int) -> None:
        nas_id = login.exchange.nas.id
        if self._bookkeeper.gateways.is_one_too_many(nas_id, login.gateway, self._rules.most_gateways, at_s):
            self._engine.counts.problem(TOO_MANY_GATEWAYS, login.exchange.nas)
            decision = refused(Code.TOO_MANY_GATEWAYS, login.gateway)  # what it used there would not be counted
            self._record(login, subscriber, decision, at_s)
            self._answer(login.exchange, PacketCode.ACCESS_REJECT, self._refusal(login, subscriber, decision))
            return
        person = self.authorizer.live.person(subscriber.id)
        if person is not None:
            self._decide(login, subscriber, person, at_s)
            return
        waiting = self._waiting.get(subscriber.id)
        if waiting is None:
            waiting = self._waiting[subscriber.id] = _Waiting(now_s + FIGURES_WAIT_S, now_s)
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
        """Go on without the figures, or grants, that a database which is away has not given in time.

        One that is only slow is waited for, as long as gateways repeat; then its log-ins stay without an answer.
        """
        is_slow = self._bookkeeper.is_only_slow(now_s)
        while self._overdue and self._overdue[0][0] <= now_s:
            until_s, employee_id = self._overdue.popleft()
            if not self._waits(employee_id, until_s):
                continue
            waiting = self._waiting[employee_id]
            if is_slow and now_s - waiting.since_s < LONGEST_WAIT_S:
                waiting.until_s = now_s + FIGURES_WAIT_S
                self._overdue.append((waiting.until_s, employee_id))
                continue
            self.figures_read(FiguresRead([employee_id], None, []), keep_serving and not is_slow, at_s)
        for one in self._reservations.overdue(now_s, is_slow):
            self._granted(one, None, keep_serving and not is_slow, at_s)

    def _waits(self, employee_id: int, until_s: float) -> bool:
        """Whether somebody waits for these figures still, and no other than then: he has his full time."""
        waiting = self._waiting.get(employee_id)
        return waiting is not None and waiting.until_s == until_s

    def _decide(self, login: Login, subscriber: Subscriber, person: LivePerson, at_s: int) -> None:
        nas = login.exchange.nas
        known = self._bookkeeper.gateways.named(nas.id, login.gateway)
        rate_works = Ability.LEARN if known is None else known.rate_works
        ends = Ability.LEARN if known is None else known.ends
        place = LoginPlace(
            nas,
            login.gateway,
            login.mac,
            login.called_station,
            login.port,
            rate_works=rate_works,
            ends=ends,
            username=login.username,
            vlan=login.vlan,
        )
        decision = self.authorizer.decide(subscriber, place, person, at_s)
        is_news = self.authorizer.worth_recording(person, login.mac, at_s)
        if decision.needs_grant:
            site_id = self.authorizer.site_decided_for(person)
            asked = Asked(self.authorizer.number(), subscriber, place, site_id, decision)
            self._reservations.ask(Waiting(login, asked, is_news), self._forward_clock())
            return
        if is_news:
            self._record(login, subscriber, decision, at_s)
        if not decision.accepted:
            self._answer(login.exchange, PacketCode.ACCESS_REJECT, self._refusal(login, subscriber, decision))
            return
        self._accept(login, decision, self.authorizer.grant(subscriber, place, person, at_s))

    def reserved(self, result: Reserved, keep_serving: bool, at_s: int) -> None:
        """Exact grants came, or did not: then the policy of the city decides, as for figures."""
        for one, decision in self._reservations.answered(result):
            self._granted(one, decision, keep_serving and result.is_away, at_s)

    def _granted(self, one: Waiting, decision: Decision | None, keep_serving: bool, at_s: int) -> None:
        login, asked = one.login, one.asked
        if decision is None:
            if not keep_serving:
                self._engine.drop(login.exchange, DATABASE_AWAY)
                return
            decision = unreserved(asked.decision)
        if one.is_news:
            self._record(login, asked.subscriber, decision, at_s)
        if not decision.accepted:
            self._answer(login.exchange, PacketCode.ACCESS_REJECT, self._refusal(login, asked.subscriber, decision))
            return
        self._accept(login, decision, self.authorizer.grant_reserved(asked, decision, at_s))

    def _accept(self, login: Login, decision: Decision, attributes: bytes) -> None:
        self._answer(login.exchange, PacketCode.ACCESS_ACCEPT, attributes + login.proved)
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

    def _refusal(self, login: Login, subscriber: Subscriber | None, decision: Decision) -> bytes:
        language = self._rules.language if subscriber is None else subscriber.language
        message = reply(decision, language, self._rules.zone, self._rules.help_contact)
        return reject_attributes(message) + mschap_desk.refused(login, decision.cause, message)

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
        """When the next refusal is due, or somebody has waited long enough for figures or a grant."""
        while self._overdue and not self._waits(self._overdue[0][1], self._overdue[0][0]):
            self._overdue.popleft()
        dues = [queue[0][0] for queue in (self._rejects, self._overdue) if queue]
        grant_due = self._reservations.next_due()
        return min(dues if grant_due is None else [*dues, grant_due], default=None)

    def close(self) -> None:
        """Let the checkers end; what is under way is left to the gateway's repetition."""
        self._checks.close()
        self._remote.close()


def _named(login: Login, subscriber: Subscriber | None) -> str:
    """Who asks, as staff see it."""
    return login.username if subscriber is None or subscriber.batch_id is None else subscriber.known_as


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
