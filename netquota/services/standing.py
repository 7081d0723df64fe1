"""How quotas stand now: of people and of offices, many at once, each with what is used of it. Why: explain.py."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from netquota.domain.people import Opd, Status, Subscriber
from netquota.domain.quota import LedgerFigure, Quota, QuotaState, state
from netquota.services.facts import Policy, figures_now
from netquota.services.live import LivePerson, load
from netquota.storage import standing_report
from netquota.storage.database import Connection
from netquota.storage.ledger_store import Page

ASKED = (QuotaState.SPENT, QuotaState.WARNED)
"""How a list of people may be asked for by their quotas."""


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
    def left(self) -> int:
        """Octets that may still be used; 0 where more was used than is allowed."""
        return max(0, self.entitled - self.used)

    @property
    def share(self) -> float:
        """Used of entitled; 1 where nothing is allowed."""
        return self.used / self.entitled if self.entitled else 1.0

    @property
    def state(self) -> QuotaState:
        """Remaining, warned or spent."""
        return state(self.quota, self.figure)

    @property
    def warned_from(self) -> int | None:
        """Octets at which the first warning goes out."""
        first = min(self.quota.warn_permille, default=None)
        return None if first is None else self.entitled * first // 1000


def quotas_of_people(
    page: Page, policy: Policy, people: Sequence[Subscriber], now_s: int
) -> dict[int, tuple[QuotaStanding, ...]]:
    """Each person's quotas (own or plan's, then the office's pools), by his id; read in one go."""
    live, pools = load(page, people, now_s)
    shared = {figure.quota_id: figure for figure in pools}
    return {person.id: _of_person(policy, person, live[person.id], shared, now_s) for person in people}


def people_at(connection: Connection, policy: Policy, now_s: int) -> dict[int, QuotaState]:
    """Who (employee ids) has a quota, own or his plan's, that is warned or spent: the worst of them, in one query.

    Pools of offices are not among them: these tell nothing of a person.
    """
    quotas = policy.snapshot.quotas
    first = min((line for quota in quotas.values() for line in quota.warn_permille), default=1000)
    changed = [quota.id for quota in quotas.values() if quota.changes]
    found: dict[int, QuotaState] = {}
    for figure in standing_report.near(connection, first, changed, now_s):
        quota, person = quotas.get(figure.quota_id), policy.snapshot.subscriber_by_id.find(figure.subject_id)
        if quota is None or person is None or all(quota.id != each.id for each in person.quotas):
            continue
        at = state(quota, figure)
        if at is QuotaState.SPENT or (at is QuotaState.WARNED and person.id not in found):
            found[person.id] = at
    return found


def counts_of_opd(connection: Connection, policy: Policy, opd_id: int, now_s: int) -> tuple[int, int]:
    """How many of an office's active people have a quota that is spent, and how many one that is nearly so."""
    people = policy.snapshot.subscriber_by_id
    mine = [
        at
        for person_id, at in people_at(connection, policy, now_s).items()
        if people[person_id].opd.id == opd_id and people[person_id].status is Status.ACTIVE
    ]
    return mine.count(QuotaState.SPENT), mine.count(QuotaState.WARNED)


def ids_at(connection: Connection, policy: Policy, now_s: int, asked: str) -> list[int]:
    """Those of `people_at` whose quota stands as it is asked (one of `ASKED`)."""
    return [person_id for person_id, at in people_at(connection, policy, now_s).items() if at == asked]


def quotas_of_opds(page: Page, policy: Policy, opds: Sequence[Opd], now_s: int) -> dict[int, tuple[QuotaStanding, ...]]:
    """Each office's pools, by its id; read in one go."""
    keys = sorted((quota.id, opd.id) for opd in opds for quota in opd.pools)
    held = {figure.quota_id: figure for figure in page.figures(keys, now_s)}
    return {opd.id: tuple(_pool(policy, opd, quota, held.get(quota.id), now_s) for quota in opd.pools) for opd in opds}


def _of_person(
    policy: Policy, person: Subscriber, mine: LivePerson, shared: Mapping[int, LedgerFigure], now_s: int
) -> tuple[QuotaStanding, ...]:
    figures = figures_now(person, mine.figures, shared, policy.calendar, now_s)
    return tuple(QuotaStanding(quota, figures[quota.id]) for quota in person.quotas)


def _pool(policy: Policy, opd: Opd, quota: Quota, held: LedgerFigure | None, now_s: int) -> QuotaStanding:
    start_s, end_s = policy.calendar.period(quota, now_s)
    return QuotaStanding(quota, held or LedgerFigure(quota.id, opd.id, start_s, end_s, 0))
