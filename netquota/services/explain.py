"""Use case: why somebody has the limit they have, and what would change it. One answer for pages and command line.

Now, it is decided anew from the very facts that a log-in rests on. For a moment that has passed, what was noted then is
told; where nothing was, it is reckoned with the policy of now, and said so.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from netquota.domain.deciding import Asking, Decision
from netquota.domain.people import AccountKind, Subscriber, username_key
from netquota.domain.places import Nas, Site
from netquota.domain.policy import Code, Reason, Rule
from netquota.domain.units import Rate
from netquota.errors import NotFound
from netquota.services.enforce import decide_running, kept_share, place_of
from netquota.services.facts import Place, Policy, decision_for, site_for, site_of
from netquota.services.gateways import GatewayBook
from netquota.services.live import load
from netquota.services.reasons import reasons_from_json
from netquota.storage.audit_store import AuditEntry, AuditFilter, entries
from netquota.storage.database import Connection
from netquota.storage.ledger_store import page_on
from netquota.storage.order_store import Order, orders
from netquota.storage.record_store import DecisionRow, records
from netquota.storage.session_report import OpenSession, SessionFilter, open_sessions
from netquota.storage.session_row import SessionRow
from netquota.storage.snapshot import Snapshot

PRESENT_S = 60
"""A moment this near to now is now."""
RECORD_HOLDS_S = 12 * 3600
"""A decision noted so long before the moment asked for is taken as the one that held then."""
_MOST = 5
_SETTING = frozenset({Rule.PLAN, Rule.SCHEDULE, Rule.OVERRIDE})
_NOWHERE = Nas(0, "", "", b"", "plain")


class Basis(StrEnum):
    """Where the decision comes from: made now, noted at the time, or reckoned for that time with the policy of now."""

    NOW = "now"
    RECORDED = "recorded"
    RECKONED = "reckoned"


@dataclass(frozen=True, slots=True)
class Running:
    """A running session; `session.applied_*` is what it has, `decision` what it should (None: its client is gone)."""

    session: OpenSession
    decision: Decision | None

    @property
    def differs(self) -> bool:
        """Whether the gateway has not (yet) what was decided."""
        if self.decision is None or not self.decision.accepted:
            return True
        rate = self.decision.rate
        return (self.session.applied_down_bps, self.session.applied_up_bps) != (rate.down_bps, rate.up_bps)


@dataclass(frozen=True, slots=True)
class Explanation:
    """What is decided for somebody at a place and time (`at_s`, epoch seconds), why, and what became of it.

    `noted_s`: when the decision was noted, where `basis` is recorded; `changes`: what was changed for the person since
    the moment asked for, newest first. Orders and refusals are the last ones, newest first.
    """

    subscriber: Subscriber
    place: Place | None
    at_s: int
    basis: Basis
    decision: Decision
    noted_s: int | None = None
    sessions: tuple[Running, ...] = ()
    orders: tuple[Order, ...] = ()
    refusals: tuple[DecisionRow, ...] = ()
    changes: tuple[AuditEntry, ...] = ()

    @property
    def next_change_s(self) -> int | None:
        """The next moment (epoch seconds) at which the decision changes by itself; None where none is in sight."""
        return self.decision.until_s


def subscriber_of(snapshot: Snapshot, key: str) -> Subscriber:
    """The person of a NIP or username; the guest of a code, or of the name that he is shown by. Raises `NotFound`."""
    digits = "".join(letter for letter in key if letter not in " .-")
    found = snapshot.subscribers.get(username_key(key.strip())) or snapshot.by_nip(digits)
    found = found or snapshot.guest_named(key) or snapshot.guest_of(username_key(key))
    if found is None:
        raise NotFound("employee", key, "give a NIP or username; `netquota employee list --search` finds some")
    return found


def nas_named(snapshot: Snapshot, name: str) -> Nas:
    """The gateway client of a name. Raises `NotFound`."""
    for nas in snapshot.nas_by_id.values():
        if nas.name == name:
            return nas
    raise NotFound("nas", name, f"there are {', '.join(sorted(nas.name for nas in snapshot.nas_by_id.values()))}")


def explain(
    connection: Connection,
    policy: Policy,
    gateways: GatewayBook,
    subscriber: Subscriber,
    now_s: int,
    *,
    nas: Nas | None = None,
    at_s: int | None = None,
) -> Explanation:
    """Why this person has what they have: at `nas`, else where they are or were last; now, or at `at_s` (epoch s)."""
    desk = _Desk(connection, policy, gateways, subscriber, now_s, nas)
    if at_s is None or abs(at_s - now_s) <= PRESENT_S:
        return desk.now()
    return desk.noted(at_s) or desk.reckoned(at_s)


_Decided = tuple[SessionRow, Decision | None]


def _by_news(pair: _Decided) -> tuple[int, int]:
    return pair[0].last_arrival_s, pair[0].id


@dataclass(frozen=True, slots=True)
class _Desk:
    """One question: who, where, on which facts."""

    connection: Connection
    policy: Policy
    gateways: GatewayBook
    subscriber: Subscriber
    now_s: int
    nas: Nas | None

    def now(self) -> Explanation:
        """As it is decided this moment: for the running session, else for a log-in."""
        decided = self._running()
        shown = self._sessions(decided)
        here = [pair for pair in decided if self.nas is None or self._nas_id(pair[0]) == self.nas.id]
        newest, decision = max(here, key=_by_news, default=(None, None))
        place = None if newest is None else place_of(self.policy, self.gateways, newest)
        if decision is None:
            place = place or self._likely_place()
            decision = self._login(place, self.now_s)
        return Explanation(
            self.subscriber, place, self.now_s, Basis.NOW, decision, None, shown, self._orders(shown), self._refusals()
        )

    def noted(self, at_s: int) -> Explanation | None:
        """What was noted at the last log-in before a moment that has passed; None where nothing was."""
        since_s = at_s - RECORD_HOLDS_S
        found = records(self.connection, employee_id=self.subscriber.id, since_s=since_s, until_s=at_s, most=_MOST)
        mine = [row for row in found if self.nas is None or row.nas_id == self.nas.id]
        if at_s > self.now_s or not mine:
            return None
        row = mine[0]
        decision = _decision_of(row)
        nas = None if row.nas_id is None else self.policy.snapshot.nas_by_id.get(row.nas_id)
        place = None if nas is None else self._at(nas, row.gateway)
        return Explanation(
            self.subscriber, place, at_s, Basis.RECORDED, decision, row.at_s, refusals=self._refusals(until_s=at_s),
            changes=self._changes(at_s),
        )  # fmt: skip

    def reckoned(self, at_s: int) -> Explanation:
        """For a log-in at another moment: the policy of now, the ledger of the period that holds it."""
        place = self._likely_place()
        return Explanation(
            self.subscriber, place, at_s, Basis.RECKONED, self._login(place, at_s), changes=self._changes(at_s)
        )

    def _running(self) -> list[_Decided]:
        page = page_on(self.connection)
        live, pools = load(page, [self.subscriber], self.now_s)
        person, figures = live[self.subscriber.id], {figure.quota_id: figure for figure in pools}
        decided: list[_Decided] = []
        for row in page.open_sessions_of([self.subscriber.id]):
            place = place_of(self.policy, self.gateways, row)
            if place is None:
                decided.append((row, None))
                continue
            share = kept_share(self.policy, place, row)
            decision = decide_running(self.policy, self.subscriber, place, person, figures, row, self.now_s, share)
            decided.append((row, decision))
        return decided

    def _login(self, place: Place | None, at_s: int) -> Decision:
        live, pools = load(page_on(self.connection), [self.subscriber], at_s)
        person, figures = live[self.subscriber.id], {figure.quota_id: figure for figure in pools}
        sessions = person.sessions.values() if at_s == self.now_s else ()
        where = place or Place(_NOWHERE, None)
        return decision_for(
            self.policy, self.subscriber, where, person.figures, figures, sessions, Asking(), at_s
        )  # fmt: skip

    def _likely_place(self) -> Place | None:
        """The gateway asked for, else that of the last log-in, else one where the person's office has a site."""
        snapshot = self.policy.snapshot
        last = records(self.connection, employee_id=self.subscriber.id, most=1)
        there = snapshot.nas_by_id.get(last[0].nas_id) if last and last[0].nas_id is not None else None
        if there is not None and self.nas in (None, there):
            return self._at(there, last[0].gateway)
        nas = self.nas
        if nas is None:
            own = (site.nas_id for site in snapshot.sites.values() if site.host.id == self.subscriber.opd.id)
            nas = next((snapshot.nas_by_id[nas_id] for nas_id in own if nas_id is not None), None)
        return None if nas is None else Place(nas, self._site(nas))

    def _at(self, nas: Nas, gateway: str) -> Place:
        """A gateway behind a client, by its name: what is known of it, and the site that it belongs to."""
        known = self.gateways.named(nas.id, gateway)
        site = site_for(self.policy.snapshot, self.subscriber, nas, gateway, "", "") or self._site(nas)
        return Place(nas, site) if known is None else Place(nas, site, known.rate_works, known.ends)

    def _site(self, nas: Nas) -> Site | None:
        """A line's own site; for others that of their office behind a client, else the one without conditions."""
        if self.subscriber.kind is AccountKind.CIRCUIT:
            return site_for(self.policy.snapshot, self.subscriber, nas, "", "", "")
        own = [site for site in self.policy.snapshot.sites_of_nas(nas.id) if site.host.id == self.subscriber.opd.id]
        return own[0] if own else site_of(self.policy.snapshot, nas, "", "", "")

    def _nas_id(self, row: SessionRow) -> int | None:
        gateway = self.gateways.of_id(row.gateway_id)
        return None if gateway is None else gateway.nas_id

    def _sessions(self, decided: list[_Decided]) -> tuple[Running, ...]:
        by_id = {row.id: decision for row, decision in decided}
        wanted = SessionFilter(employee_id=self.subscriber.id, sort="since")
        page = open_sessions(self.connection, wanted, self.now_s)
        return tuple(Running(session, by_id.get(session.id)) for session in page.sessions)

    def _orders(self, sessions: tuple[Running, ...]) -> tuple[Order, ...]:
        found = [order for one in sessions for order in orders(self.connection, session_id=one.session.id, most=_MOST)]
        return tuple(sorted(found, key=lambda order: -order.id)[:_MOST])

    def _refusals(self, until_s: int | None = None) -> tuple[DecisionRow, ...]:
        found = records(
            self.connection, employee_id=self.subscriber.id, refused_only=True, until_s=until_s, most=_MOST
        )  # fmt: skip
        return tuple(found)

    def _changes(self, since_s: int) -> tuple[AuditEntry, ...]:
        wanted = AuditFilter(kind="employee", key=self.subscriber.username, from_s=since_s)
        return tuple(entries(self.connection, wanted, limit=_MOST))


def _decision_of(row: DecisionRow) -> Decision:
    """A noted decision, as far as its reasons tell."""
    reasons = reasons_from_json(row.reasons)
    cause = Code(row.code) if row.code in set(Code) else Code.ACTIVE
    if not row.accepted and not reasons:
        reasons = (Reason(Rule.CREDENTIAL, cause),)
    untils = [reason.until_s for reason in reasons if reason.until_s is not None]
    rate = _rate_of(reasons) if row.accepted else Rate(0, 0)
    return Decision(row.accepted, reasons, rate, until_s=min(untils, default=None), cause=cause)


def _rate_of(reasons: tuple[Reason, ...]) -> Rate:
    """The rate that the reasons in force led to: one sets it, ceilings and spent quotas cap it."""
    rate: Rate | None = None
    for reason in reasons:
        if reason.rate is None or not reason.in_force or reason.rule is Rule.FLOOR:
            continue
        rate = reason.rate if rate is None or reason.rule in _SETTING else rate.capped_by(reason.rate)
    return rate or Rate(0, 0)
