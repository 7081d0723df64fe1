"""Use case: sessions that come near the line of a soft quota (domain/landing.py): which, and what each may still use.

Two questions: `is_near`, asked of every count by whole numbers alone, and `landings_of`, asked of those that are near
and of whoever is looked at again, with the quota's other sessions read from the books.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from netquota.domain.landing import Approach, Landing, landings, reach, speed
from netquota.domain.people import Subscriber
from netquota.domain.places import Ability
from netquota.domain.policy import Code
from netquota.domain.quota import Action, LedgerFigure, Quota, QuotaSubject, Strictness
from netquota.domain.units import Rate
from netquota.services.facts import Place, Policy, can_change_rate, family_of
from netquota.services.live import STALE_INTERVALS, LivePerson, subject_id
from netquota.storage.ledger_store import Page
from netquota.storage.session_row import SessionRow

OTHERS = {QuotaSubject.PERSON: 3, QuotaSubject.OPD: 64}
"""So many sessions are taken to share a quota before they are counted: a guess too low would land too late."""

Found = tuple[SessionRow, Subscriber, Place]
PlaceOf = Callable[[SessionRow], Place | None]


def is_near(quota: Quota, left: int, reach_octets: int) -> bool:
    """Whether what is left could be used before the next counts, by sessions like one that can use `reach_octets`."""
    return quota.landing and quota.action is not Action.NOTIFY and 0 < left < OTHERS[quota.subject] * reach_octets


@dataclass(slots=True)
class Near:
    """Whose quotas may be near their lines, with the least that is left of any: people and offices by id."""

    people: dict[int, int] = field(default_factory=dict[int, int])
    opds: dict[int, int] = field(default_factory=dict[int, int])

    def note(self, quota: Quota, subject: int, left: int) -> None:
        """One more such quota."""
        kept = self.people if quota.subject is QuotaSubject.PERSON else self.opds
        kept[subject] = min(left, kept.get(subject, left))


def nearing(page: Page, near: Near) -> list[SessionRow]:
    """The open sessions of those who can together use what is left before their next counts."""
    found: list[SessionRow] = []
    mine: dict[int, list[SessionRow]] = {}
    for row in page.open_sessions_of(sorted(near.people)) if near.people else ():
        if row.employee_id is not None:
            mine.setdefault(row.employee_id, []).append(row)
    for employee_id, rows in mine.items():
        if sum(row.reach_octets for row in rows) > near.people[employee_id]:
            found += rows
    for opd_id, left in near.opds.items():
        rows = page.open_sessions_of_opds([opd_id])
        if sum(row.reach_octets for row in rows) > left:
            found += rows
    return found


def landings_of(
    page: Page,
    policy: Policy,
    found: Sequence[Found],
    live: Mapping[int, LivePerson],
    pools: Mapping[int, LedgerFigure],
    place_of: PlaceOf,
    now_s: int,
) -> dict[int, dict[int, Landing]]:
    """By session and quota, its part of what is left; only of those who would pass a line before their next count."""
    near: dict[tuple[int, int], tuple[Quota, int]] = {}
    for row, person, place in found:
        for quota in person.quotas:
            figure = live[person.id].figures.get(quota.id) or pools.get(quota.id)
            if figure is None or not figure.period_start_s <= now_s < figure.period_end_s or not _lands(quota, place):
                continue
            left = figure.entitled(quota) - figure.used
            if is_near(quota, left, reach(_rate(row, person), quota.direction, row.interim_s)):
                near[quota.id, subject_id(quota.subject, person)] = (quota, left)
    parts: dict[int, dict[int, Landing]] = {}
    for (quota_id, subject), (quota, left) in near.items():
        for session_id, landing in _landings(page, policy, quota, subject, left, place_of, now_s):
            parts.setdefault(session_id, {})[quota_id] = landing
    return parts


def _lands(quota: Quota, place: Place) -> bool:
    """Soft quotas, and hard ones where the gateway keeps no cap, if a running session can be slowed there at all."""
    soft = quota.strictness is Strictness.SOFT or family_of(place.nas).can_cap is not Ability.YES
    return soft and quota.landing and quota.action is not Action.NOTIFY and can_change_rate(place)


def _landings(
    page: Page, policy: Policy, quota: Quota, subject: int, left: int, place_of: PlaceOf, now_s: int
) -> list[tuple[int, Landing]]:
    if quota.subject is QuotaSubject.PERSON:
        rows = page.open_sessions_of([subject])
    else:
        rows = page.open_sessions_of_opds([subject])
    people = policy.snapshot.subscriber_by_id
    running = [row for row in rows if now_s - row.last_arrival_s <= STALE_INTERVALS * row.interim_s]
    approaches: list[Approach] = []
    for row in running:
        place, person = place_of(row), None if row.employee_id is None else people.find(row.employee_id)
        rate = _rate(row, person)
        can_slow = place is not None and can_change_rate(place)
        approaches.append(Approach(rate, row.interim_s, _uncounted(row, rate, quota, now_s), can_slow))
    parts = landings(left, quota.direction, approaches)
    return [(row.id, part) for row, part in zip(running, parts, strict=True) if part is not None]


def _rate(row: SessionRow, person: Subscriber | None) -> Rate:
    """The rate that the session would have if it were not landing."""
    if row.applied_code != Code.QUOTA_LANDING and row.applied_down_bps is not None and row.applied_up_bps is not None:
        return Rate(row.applied_down_bps, row.applied_up_bps)
    if person is None or person.plan is None:
        return Rate(row.applied_down_bps or 0, row.applied_up_bps or 0)
    return person.override or person.plan.rate


def _uncounted(row: SessionRow, rate: Rate, quota: Quota, now_s: int) -> int:
    """What it has used since its last report, if it went on as it did."""
    if row.now_down_bps is None or row.now_up_bps is None:
        going = rate
    else:
        going = Rate(row.now_down_bps, row.now_up_bps).capped_by(rate)
    return speed(going, quota.direction) * max(0, now_s - row.last_event_s) // 8
