"""Live figures of a worker: who is online and what is used, kept true by its own writes and by the feed of others'.

Only what log-ins need; the database remains the truth, a miss is one indexed read, and what a stale figure let in is
caught by the first accounting packet of the session.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from netquota.domain.deciding import LiveSession
from netquota.domain.people import Opd, Subscriber
from netquota.domain.quota import LedgerFigure, QuotaSubject
from netquota.storage.ledger_store import Page
from netquota.storage.session_row import SessionRow

STALE_INTERVALS = 3


@dataclass(slots=True)
class LivePerson:
    """One subscriber's open sessions and personal figures by quota id."""

    sessions: dict[int, LiveSession] = field(default_factory=dict[int, LiveSession])
    figures: dict[int, LedgerFigure] = field(default_factory=dict[int, LedgerFigure])
    decided: object | None = None  # authorize.Remembered: the last decision with what it rested on


class LiveFigures:
    """A bounded memory of `LivePerson`s (least recently asked for goes first) and of the OPD pools' figures."""

    def __init__(self, bound: int = 200_000) -> None:
        self._people: OrderedDict[int, LivePerson] = OrderedDict()
        self.pools: dict[int, LedgerFigure] = {}
        self._bound = bound

    def person(self, employee_id: int) -> LivePerson | None:
        """What is known of a person; None = read it first (`load`)."""
        found = self._people.get(employee_id)
        if found is not None:
            self._people.move_to_end(employee_id)
        return found

    def keep(self, employee_id: int, person: LivePerson) -> None:
        """Remember what was read."""
        self._people[employee_id] = person
        self._people.move_to_end(employee_id)
        if len(self._people) > self._bound:
            self._people.popitem(last=False)

    def forget(self, employee_ids: Iterable[int]) -> None:
        """Somebody else wrote: the next log-in reads anew."""
        for employee_id in employee_ids:
            self._people.pop(employee_id, None)

    def forget_all(self) -> None:
        """Policy changed widely, or the feed was lost."""
        self._people.clear()
        self.pools.clear()

    def saw(self, figures: Iterable[LedgerFigure], personal: set[int], rows: Iterable[SessionRow]) -> None:
        """Take over what this worker just wrote; `personal` names the quotas whose subject is a person."""
        for figure in figures:
            person = self._people.get(figure.subject_id) if figure.quota_id in personal else None
            if figure.quota_id not in personal:
                _keep_newest(self.pools, figure)
            elif person is not None:
                _keep_newest(person.figures, figure)
                person.decided = None
        for row in rows:
            if row.employee_id is None or (person := self._people.get(row.employee_id)) is None:
                continue
            if row.is_open:
                person.sessions[row.id] = live_session(row)
            else:
                person.sessions.pop(row.id, None)
            person.decided = None


def _keep_newest(held: dict[int, LedgerFigure], figure: LedgerFigure) -> None:
    """A report over a period's edge also writes the old period's row, which says nothing about now."""
    before = held.get(figure.quota_id)
    if before is None or before.period_start_s <= figure.period_start_s:
        held[figure.quota_id] = figure


def live_session(row: SessionRow) -> LiveSession:
    """The row as the rule of simultaneous sessions sees it."""
    return LiveSession(row.id, row.mac, row.started_s, row.last_arrival_s, row.interim_s)


def load(page: Page, people: Sequence[Subscriber], now_s: int) -> tuple[dict[int, LivePerson], list[LedgerFigure]]:
    """Read the live figures of these people: each with sessions and figures, and the figures of their OPDs' pools."""
    found = {person.id: LivePerson() for person in people}
    for row in page.open_sessions_of(list(found)):
        if row.employee_id is not None:
            found[row.employee_id].sessions[row.id] = live_session(row)
    keys = {(quota.id, subject_id(quota.subject, person)) for person in people for quota in person.quotas}
    figures = page.figures(sorted(keys), now_s)
    personal = {quota.id for person in people for quota in person.quotas if quota.subject is QuotaSubject.PERSON}
    pools: list[LedgerFigure] = []
    for figure in figures:
        if figure.quota_id in personal:
            found[figure.subject_id].figures[figure.quota_id] = figure
        else:
            pools.append(figure)
    return found, pools


def pool_figures(page: Page, opds: Iterable[Opd], now_s: int) -> list[LedgerFigure]:
    """The figures of all these OPDs' pools as they are now: other workers charge them too."""
    return page.figures(sorted((quota.id, opd.id) for opd in opds for quota in opd.pools), now_s)


def subject_id(subject: QuotaSubject, person: Subscriber) -> int:
    """Whose ledger row a quota of this subject is charged to."""
    return person.id if subject is QuotaSubject.PERSON else person.opd.id
