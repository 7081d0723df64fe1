"""Use cases of the clock: what a period of a quota hands on to the next, and grants that end at a moment.

Lots are computed from how the closed period stands and written as a whole, so doing it twice leaves the same; reports
that come late are taken in by doing it again. One short transaction a part, so that accounting never waits long.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

from netquota.domain.carrying import Lot, carry_over
from netquota.domain.people import Status, Subscriber
from netquota.domain.quota import Quota, QuotaSubject, bounds_of, octets_in
from netquota.services.live import subject_id
from netquota.services.rotate import look_again
from netquota.services.shift import Shift, in_parts
from netquota.storage import lot_store
from netquota.storage.database import Connection
from netquota.storage.feed_store import publish
from netquota.storage.lot_store import Closing, OpenGrant

SUBJECTS_IN_STEP = 2_000
GRANTS_IN_STEP = 100
LATE_AFTER_S = (900, 86_400)
"""When reports that were on their way, or kept by a gateway without us, have come."""


def carries(quota: Quota) -> bool:
    """Whether something of what is left goes on into the next period."""
    return quota.carry_share_permille > 0 and quota.carry_cap_octets > 0 and quota.carry_kept_periods > 0


def carry_on(shift: Shift, due_s: int) -> int:
    """Give the periods that began at a moment what those before left; how many subjects got something else."""
    changed = 0
    begun = [shift.policy.snapshot.quotas[quota_id] for quota_id in sorted(shift.almanac.quotas_begun(due_s))]
    everybody = _subjects(shift, {quota.id for quota in begun if carries(quota)})
    for quota in begun:
        closed_s = bounds_of(quota, due_s - 1)[0]
        with shift.reading() as (_, connection):
            granted = lot_store.subjects_with_grants(connection, quota.id, closed_s, due_s)
        for part in in_parts(sorted({*everybody.get(quota.id, ()), *granted}), SUBJECTS_IN_STEP):
            changed += _hand_on(shift, quota, due_s, part)
    return changed


def carry_late(shift: Shift, due_s: int) -> str:
    """Take in what was reported late of periods that closed a while before."""
    changed = sum(carry_on(shift, due_s - after_s) for after_s in LATE_AFTER_S)
    return f"{changed} corrected"


def end_grants(shift: Shift, due_s: int) -> str:
    """Grants until a moment that has come: what was not used of them is gone."""
    with shift.reading() as (_, connection):
        ending = lot_store.grants_ending(connection, due_s)
    ended = sum(_end(shift, part) for part in in_parts(ending, GRANTS_IN_STEP))
    concerned = {(grant.quota_id, grant.subject_id) for grant in ending}
    people = [person.id for person in _people(shift) if _is_charged(person, concerned)]
    return f"{ended} grants ended, {look_again(shift, people)}"


def _subjects(shift: Shift, quota_ids: set[int]) -> dict[int, set[int]]:
    """Who is charged to these quotas: row ids of people or offices, by quota."""
    found: dict[int, set[int]] = {quota_id: set() for quota_id in quota_ids}
    if not quota_ids:
        return found
    for person in _people(shift):
        for quota in person.quotas:
            if quota.id in found:
                found[quota.id].add(subject_id(quota.subject, person))
    return found


def _people(shift: Shift) -> Iterable[Subscriber]:
    return (each for each in shift.policy.snapshot.subscriber_by_id.values() if each.status is not Status.LEFT)


def _is_charged(person: Subscriber, concerned: set[tuple[int, int]]) -> bool:
    return any((quota.id, subject_id(quota.subject, person)) in concerned for quota in person.quotas)


def _hand_on(shift: Shift, quota: Quota, due_s: int, subjects: Sequence[int]) -> int:
    """Read without holding anybody up; what the few packets in between change is taken in later (`carry_late`)."""
    closed, bounds = bounds_of(quota, due_s - 1), bounds_of(quota, due_s)
    with shift.reading() as (_, connection):
        lots = _differing(connection, quota, closed, bounds, subjects, shift.now_s)
    if lots:
        with shift.step() as (_, connection):
            lot_store.hand_on(connection, quota.id, closed[0], bounds, lots, shift.now_s)
            _tell(shift, connection, quota, list(lots))
    return len(lots)


def _differing(
    connection: Connection,
    quota: Quota,
    closed: tuple[int, int],
    bounds: tuple[int, int],
    subjects: Sequence[int],
    now_s: int,
) -> dict[int, tuple[Lot, ...]]:
    """The lots of the subjects whose new period should have others than it has."""
    used = lot_store.closings(connection, quota.id, closed[0], subjects)
    before = lot_store.lots_of(connection, quota.id, closed[0], subjects)
    held = lot_store.lots_of(connection, quota.id, bounds[0], subjects, handed_on=True)
    there = set(subjects)
    if quota.subject is QuotaSubject.PERSON:
        there = lot_store.made_before(connection, subjects, closed[1])
    own = octets_in(quota, *closed)
    wanted: dict[int, tuple[Lot, ...]] = {}
    for subject in subjects:
        closing, lots = used.get(subject, Closing()), before.get(subject, [])
        handed = carry_over(quota, max(0, own + closing.granted), closing.used, lots, closed[1]).lots
        wanted[subject] = handed if subject in there else ()
    _end_past(connection, quota, bounds, wanted, now_s)
    return {subject: lots for subject, lots in wanted.items() if lots != tuple(held.get(subject, ()))}


def _end_past(
    connection: Connection, quota: Quota, bounds: tuple[int, int], lots: dict[int, tuple[Lot, ...]], now_s: int
) -> None:
    """Grants that went on and have ended since, where a period is closed long after."""
    over = [subject for subject, mine in lots.items() if any(lot.until_s and lot.until_s <= now_s for lot in mine)]
    if over:
        used = lot_store.closings(connection, quota.id, bounds[0], over)
        for subject in over:
            so_far = used.get(subject, Closing()).used
            lots[subject] = tuple(
                lot.ended(so_far) if lot.until_s and lot.until_s <= now_s else lot for lot in lots[subject]
            )


def _end(shift: Shift, grants: Sequence[OpenGrant]) -> int:
    quotas = shift.policy.snapshot.quotas
    ended = 0
    with shift.step() as (_, connection):
        for grant in grants:
            quota = quotas.get(grant.quota_id)
            used = lot_store.closings(connection, grant.quota_id, grant.period_start_s, [grant.subject_id])
            closing = used.get(grant.subject_id, Closing())
            if not lot_store.end_grant(connection, grant, closing.used) or quota is None:
                continue
            ended += 1
            bounds = bounds_of(quota, grant.period_start_s)
            lot_store.sum_up(connection, quota.id, (grant.period_start_s, bounds[1]), [grant.subject_id])
            _tell(shift, connection, quota, [grant.subject_id])
    return ended


def _tell(shift: Shift, connection: Connection, quota: Quota, subjects: Sequence[int]) -> None:
    """Let the workers read these figures anew; an office's pools are read through any of its people."""
    people = sorted(subjects) if quota.subject is QuotaSubject.PERSON else _one_each(shift, set(subjects))
    if people:
        publish(connection, shift.worker, json.dumps(people), shift.now_s)


def _one_each(shift: Shift, opd_ids: set[int]) -> list[int]:
    found: Mapping[int, int] = {person.opd.id: person.id for person in _people(shift) if person.opd.id in opd_ids}
    return sorted(found.values())
