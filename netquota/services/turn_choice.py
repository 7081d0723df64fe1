"""Turns that go to whoever waited longest: the office most at its ceiling in office hours since its last turn.

Chosen once, as the turn begins, and kept: afterwards it is a fact (planning.md §5.5). A scheduler that comes late
chooses by what was so at the turn's begin.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from netquota.domain.rotation import Rotation, Turn, is_chosen_late, longest_waiting, turn_at, waiting_since
from netquota.domain.samples import BIN_S, OPD
from netquota.services.almanac import almanac
from netquota.services.facts import Policy
from netquota.services.office import SCHEDULER
from netquota.services.shift import Shift
from netquota.services.usage import Subject
from netquota.storage import audit_store, rotation_store, usage_report
from netquota.storage.database import Connection
from netquota.storage.policy_store import record_change, refresh
from netquota.storage.snapshot import Snapshot

MOST_LOOKED_BACK_S = 92 * 86_400


@dataclass(frozen=True, slots=True)
class Waiting:
    """An office (row id, code) that waits since `since_s`, so many seconds of office hours of it at its ceiling."""

    member: int
    code: str
    since_s: int
    at_limit_s: int


def waiting(connection: Connection, snapshot: Snapshot, rotation: Rotation, at_s: int) -> list[Waiting]:
    """Who waits for the turn that begins at a moment (epoch s), the longest first; of equals by code."""
    since = waiting_since(rotation, at_s, snapshot.holidays, MOST_LOOKED_BACK_S)
    left = {member: _at_limit_s(connection, rotation, member, since[member], at_s) for member in since}
    keys = {member: opd.code for member, opd in snapshot.opds.items()}
    found: list[Waiting] = []
    while (first := longest_waiting(left, keys)) is not None:
        found.append(Waiting(first, keys.get(first, f"#{first}"), since[first], left.pop(first)))
    return found


def waits_for(connection: Connection, snapshot: Snapshot, rotation: Rotation, now_s: int) -> list[Waiting]:
    """Who waits now for the next turn, the longest first; none where the queue says who is next."""
    next_s = turn_at(rotation, now_s, snapshot.holidays).end_s
    return waiting(connection, snapshot, rotation, now_s) if is_chosen_late(rotation, next_s) else []


def choose_turns(shift: Shift) -> Shift:
    """Give each turn that has begun without a member to whoever waited longest; the shift that knows of it."""
    rotations = shift.policy.snapshot.rules.rotations
    late = [each for each in rotations if is_chosen_late(each, shift.now_s)]
    if sum(_choose(shift, each) for each in late) == 0:
        return shift
    with shift.reading() as (_, connection):
        newer = refresh(connection, shift.policy.snapshot, shift.office.secrets, shift.office.zone)
    if newer is None:  # of a rehearsal nothing stayed
        return shift
    return replace(shift, almanac=almanac(newer), policy=Policy.of(newer, shift.policy.floor_bps))


def _choose(shift: Shift, rotation: Rotation) -> bool:
    snapshot = shift.policy.snapshot
    turn = turn_at(rotation, shift.now_s, snapshot.holidays)
    if turn.number is None or turn.member is not None:
        return False
    with shift.reading() as (_, connection):
        waits = waiting(connection, snapshot, rotation, turn.start_s)
    if not waits:
        return False
    with shift.step() as (_, connection):
        return _note(shift, connection, rotation, turn, waits[0])


def _note(shift: Shift, connection: Connection, rotation: Rotation, turn: Turn, first: Waiting) -> bool:
    """Keep the choice, unless the group or the turn was changed meanwhile."""
    standing = rotation_store.rotations(connection, shift.office.zone, rotation.id).get(rotation.id)
    if standing != rotation or not rotation_store.choose(connection, rotation.id, turn, first.member):
        return False
    record_change(connection, "rotation", rotation.id, shift.now_s)
    audit_store.append(
        connection, actor=SCHEDULER, action="choose", kind="rotation", key=rotation.key, before={},
        after={f"turn {turn.start_s}": first.code}, now_s=shift.now_s,
        why=f"waited longest: {first.at_limit_s // 60} minutes at its ceiling in office hours",
    )  # fmt: skip
    return True


def _at_limit_s(connection: Connection, rotation: Rotation, opd_id: int, from_s: int, to_s: int) -> int:
    # numpy is loaded only where something is measured
    from netquota.planning.limits import saturation  # noqa: PLC0415
    from netquota.planning.workdays import in_office_hours  # noqa: PLC0415
    from netquota.services.planning.days import day_of, work_calendar  # noqa: PLC0415
    from netquota.services.planning.hours import hours_of  # noqa: PLC0415
    from netquota.services.sampled import bins_for  # noqa: PLC0415

    begin_s, zone = -(-from_s // BIN_S) * BIN_S, rotation.zone
    sites = tuple(usage_report.site_ids(connection, opd_id))
    office = Subject(OPD, opd_id, sites)
    bins = bins_for(connection, office, begin_s, to_s // BIN_S * BIN_S)
    days_off = work_calendar(connection, zone, {day_of(from_s, zone).year, day_of(to_s, zone).year})
    inside = in_office_hours(begin_s, len(bins), hours_of(connection, office), days_off)
    return BIN_S * saturation(bins, inside).at_limit
