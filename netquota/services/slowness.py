"""Use case: "internet lambat". For each of somebody's sessions, what makes it slow, here or elsewhere.

Rests on an explanation (what he should have and has) and on what flows at his place now.
"""

from __future__ import annotations

from dataclasses import dataclass

from netquota.domain.places import Site
from netquota.domain.policy import Code, Decision
from netquota.domain.slowness import OF_CEILING, Circumstances, Cut, Finding, Flow, findings
from netquota.domain.units import Rate
from netquota.services.explain import Explanation, Running
from netquota.services.facts import Policy
from netquota.services.report import is_silent
from netquota.storage import reach_report, report_store
from netquota.storage.database import Connection
from netquota.storage.order_store import OrderState
from netquota.storage.session_report import OpenSession, UseByPlace, UseNow, use_now

PROBED_S = 900
READ_S = 900
_QUIET_INTERVALS = 3
_FELT = 99
"""Percent of the plan: a limit that near to it is not told as a cut."""
_WHOLE = frozenset({Code.PLAN_RATE, Code.CIRCUIT_RATE})
"""Codes of the rate that a session has where nothing cuts it."""
_NO_EFFECT = (OrderState.PENDING, OrderState.SENT, OrderState.REFUSED, OrderState.GIVEN_UP)


@dataclass(frozen=True, slots=True)
class Slowness:
    """What was found for one session; None: for somebody who is not online."""

    session: OpenSession | None
    findings: tuple[Finding, ...]


def why_slow(connection: Connection, policy: Policy, found: Explanation, now_s: int) -> tuple[Slowness, ...]:
    """Each running session of an explanation made now, with its causes; one without a session where none runs."""
    use = use_now(connection)
    look = _Look(connection, policy, use, now_s)
    if found.sessions:
        return tuple(Slowness(one.session, findings(look.session(one))) for one in found.sessions)
    place = found.place
    seen = look.absent("" if place is None else place.nas.name, None if place is None else place.site, found.decision)
    return (Slowness(None, findings(seen)),)


@dataclass(frozen=True, slots=True)
class _Look:
    connection: Connection
    policy: Policy
    use: UseByPlace
    now_s: int

    def session(self, one: Running) -> Circumstances:
        session = one.session
        site = next((site for site in self.policy.snapshot.sites.values() if site.name == session.site), None)
        quiet_s = self.now_s - session.last_arrival_s
        return Circumstances(
            True, one.decision is None or one.decision.accepted, session.gateway, self._silent_s(session.nas),
            self._probe(site), self._link(site), self._office(site), _own(session), self._order_ms(session),
            quiet_s if quiet_s > _QUIET_INTERVALS * session.interim_s else None, _code(session), _cut(one),
        )  # fmt: skip

    def absent(self, nas: str, site: Site | None, decision: Decision) -> Circumstances:
        return Circumstances(
            False, decision.accepted, nas, self._silent_s(nas), self._probe(site), self._link(site),
            self._office(site), code=decision.cause,
        )  # fmt: skip

    def _silent_s(self, nas: str) -> int | None:
        ids = [each.id for each in self.policy.snapshot.nas_by_id.values() if each.name == nas]
        lines = report_store.clients(self.connection, ids) if ids else []
        line = next(iter(lines), None)
        if line is None or line.last_packet_s is None or not is_silent(line, self.now_s):
            return None
        return self.now_s - line.last_packet_s

    def _probe(self, site: Site | None) -> tuple[int, int] | None:
        if site is None or site.link is None:
            return None
        return reach_report.reached(self.connection, site.link.id, self.now_s - PROBED_S)

    def _link(self, site: Site | None) -> Flow | None:
        if site is None or site.link is None:
            return None
        link = site.link
        read = reach_report.interface_now(self.connection, link.id, self.now_s - READ_S)
        now = _rate(self.use.links.get(link.id)) if read is None else Rate(*read)
        return Flow(link.name, now, link.capacity)

    def _office(self, site: Site | None) -> Flow | None:
        if site is None:
            return None
        if site.ceiling is not None:
            return Flow(site.name, _rate(self.use.sites.get(site.id)), site.ceiling)
        if site.host.ceiling is None:
            return None
        return Flow(site.host.code, _rate(self.use.opds.get(site.host.id)), site.host.ceiling)

    def _order_ms(self, session: OpenSession) -> int | None:
        """How long the newest order has had no effect; None where it has, or there is none."""
        order = session.order
        if order is None or order.state not in _NO_EFFECT:
            return None
        return self.now_s * 1000 - order.created_ms


def _own(session: OpenSession) -> Flow | None:
    if session.applied_down_bps is None or session.applied_up_bps is None:
        return None
    now = Rate(session.now_down_bps or 0, session.now_up_bps or 0)
    return Flow(session.username, now, Rate(session.applied_down_bps, session.applied_up_bps))


def _code(session: OpenSession) -> Code | None:
    return Code(session.applied_code) if session.applied_code in set(Code) else None


def _cut(one: Running) -> Cut | None:
    """What a session has, where that is less than its plan (a line: its ceiling) gives in one direction or both."""
    session, reasons = one.session, () if one.decision is None else one.decision.reasons
    plan = next((each.rate for each in reasons if each.code in _WHOLE), None)
    if plan is None or session.applied_down_bps is None or session.applied_up_bps is None:
        return None
    has, code = Rate(session.applied_down_bps, session.applied_up_bps), _code(session)
    if has.down_bps * 100 >= plan.down_bps * _FELT and has.up_bps * 100 >= plan.up_bps * _FELT:
        return None
    of_place = (session.host or "") if code in OF_CEILING else ""
    source = next((each.source for each in reversed(reasons) if each.code == code), of_place)
    return Cut(has, plan, code, source)


def _rate(use: UseNow | None) -> Rate:
    return Rate(0, 0) if use is None else Rate(use.down_bps, use.up_bps)
