"""How people and offices stand now: the decision that holds with its reasons, and each quota with what is used of it.

It decides by the same facts as log-in and reconcile (facts.py), for those who run a session and for those who do not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from netquota.domain.deciding import Asking, Decision
from netquota.domain.people import Opd, Subscriber
from netquota.domain.places import Nas, Site
from netquota.domain.quota import LedgerFigure, Quota, QuotaState, state
from netquota.services.enforce import place_of
from netquota.services.facts import Place, Policy, decision_for, figures_now
from netquota.services.gateways import GatewayBook
from netquota.services.live import LivePerson, load
from netquota.storage.ledger_store import Page
from netquota.storage.session_row import SessionRow

_NOWHERE = Nas(0, "", "0.0.0.0", b"", "plain")


@dataclass(frozen=True, slots=True)
class QuotaStanding:
    """One quota in its running period; octets, the period's bounds in epoch seconds stand in `figure`."""

    quota: Quota
    figure: LedgerFigure

    @property
    def used(self) -> int:
        """Octets used."""
        return self.figure.used

    @property
    def entitled(self) -> int:
        """Octets that may be used in the period."""
        return self.figure.entitled(self.quota)

    @property
    def state(self) -> QuotaState:
        """Remaining, warned or spent."""
        return state(self.quota, self.figure)

    @property
    def warned_from(self) -> int | None:
        """Octets at which the first warning goes out."""
        first = min(self.quota.warn_permille, default=None)
        return None if first is None else self.entitled * first // 1000


@dataclass(frozen=True, slots=True)
class Standing:
    """A person's decision at a place, in a running session or not, and his quotas, the office's pools last."""

    subscriber: Subscriber
    decision: Decision
    quotas: tuple[QuotaStanding, ...]
    place: Place
    session: SessionRow | None = None


def quotas_of_people(
    page: Page, policy: Policy, people: Sequence[Subscriber], now_s: int
) -> dict[int, tuple[QuotaStanding, ...]]:
    """Each person's quotas, by his id; read in one go."""
    live, pools = load(page, people, now_s)
    shared = {figure.quota_id: figure for figure in pools}
    return {person.id: _standings(policy, person, live[person.id], shared, now_s) for person in people}


def quotas_of_opds(page: Page, policy: Policy, opds: Sequence[Opd], now_s: int) -> dict[int, tuple[QuotaStanding, ...]]:
    """Each office's pools, by its id; read in one go."""
    keys = sorted((quota.id, opd.id) for opd in opds for quota in opd.pools)
    held = {figure.quota_id: figure for figure in page.figures(keys, now_s)}
    return {opd.id: tuple(_pool(policy, opd, quota, held.get(quota.id), now_s) for quota in opd.pools) for opd in opds}


def standing(
    page: Page, policy: Policy, gateways: GatewayBook, person: Subscriber, now_s: int, session_id: int | None = None
) -> Standing:
    """How a person stands: in this session, else in his newest one, else as if he logged in at his office."""
    rows = page.open_sessions_of([person.id])
    row = next((row for row in rows if row.id == session_id), rows[-1] if rows else None)
    live, pools = load(page, [person], now_s)
    mine, shared = live[person.id], {figure.quota_id: figure for figure in pools}
    place = (None if row is None else place_of(policy, gateways, row)) or _at_home(policy, person)
    asking = Asking() if row is None else Asking(row.mac, row.id)
    decision = decision_for(policy, person, place, mine.figures, shared, tuple(mine.sessions.values()), asking, now_s)
    return Standing(person, decision, _standings(policy, person, mine, shared, now_s), place, row)


def _at_home(policy: Policy, person: Subscriber) -> Place:
    """The first of his office's sites that has a client."""
    sites: Sequence[Site] = [site for site in policy.snapshot.sites.values() if site.host.id == person.opd.id]
    for site in sites:
        nas = None if site.nas_id is None else policy.snapshot.nas_by_id.get(site.nas_id)
        if nas is not None:
            return Place(nas, site)
    return Place(_NOWHERE, sites[0] if sites else None)


def _standings(
    policy: Policy, person: Subscriber, mine: LivePerson, shared: Mapping[int, LedgerFigure], now_s: int
) -> tuple[QuotaStanding, ...]:
    figures = figures_now(person, mine.figures, shared, policy.calendar, now_s)
    return tuple(QuotaStanding(quota, figures[quota.id]) for quota in person.quotas)


def _pool(policy: Policy, opd: Opd, quota: Quota, held: LedgerFigure | None, now_s: int) -> QuotaStanding:
    start_s, end_s = policy.calendar.period(quota, now_s)
    return QuotaStanding(quota, held or LedgerFigure(quota.id, opd.id, start_s, end_s, 0))
