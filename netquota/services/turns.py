"""Use cases of groups that take turns: who is when, swaps of single turns, and what a turn gives beside its rate.

The rate of a turn is a pure function of time (domain.rotation), which decisions ask for. What changes rows, a higher
ceiling and octets, is given by the clock, each turn once; both end by themselves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from netquota.domain.people import Opd, Subscriber
from netquota.domain.quota import QuotaSubject
from netquota.domain.rotation import (
    MemberKind,
    Rotation,
    Turn,
    begun,
    changed,
    is_chosen_late,
    queue_at,
    swapped,
    turn_at,
    turns,
)
from netquota.errors import InvalidValue, NotFound
from netquota.services.grants import grant_octets_within
from netquota.services.office import SCHEDULER, Author, Office, needed
from netquota.services.rotate import look_again
from netquota.services.shift import Shift
from netquota.services.turn_choice import choose_turns
from netquota.storage import audit_store, ceiling_grant_store, rotation_store
from netquota.storage.ceiling_grant_store import CeilingGrant
from netquota.storage.database import Connection
from netquota.storage.policy_rows import days_off
from netquota.storage.policy_store import record_change
from netquota.storage.rotation_store import GivenTurn
from netquota.storage.snapshot import Snapshot

Row = Mapping[str, Any]
_RULE = frozenset({"turn", "choice", "every", "times", "starts_on", "opds", "employees"})
MOST_TURNS = 1000


@dataclass(frozen=True, slots=True)
class CalendarTurn:
    """A turn of a group for eyes: the member's natural key and name (empty: removed since)."""

    turn: Turn
    member: str
    name: str
    swapped: bool
    note: str = ""


# -- following changes ----------------------------------------------------------------------------------------------
def begin(connection: Connection, kind: str, row: Row, office: Office) -> None:
    """A group was made: its first stage, in the transaction that makes it."""
    if kind != "rotation":
        return
    empty = rotation_store.rotations(connection, office.zone, row["id"])[row["id"]]
    rule = rotation_store.rule_of(row, office.today)
    rotation_store.keep(connection, begun(empty, rule, member_ids(row), office.now_s))


def follow(connection: Connection, kind: str, was: Row, row: Row, fresh: Row, office: Office) -> None:
    """A group's rule or members were changed: from the end of the running turn on. `row` as it is now.

    Raises `InvalidValue` where a group of offices is to become one of people, or back: its past turns are by row ids.
    """
    if kind != "rotation" or _RULE.isdisjoint(fresh):
        return
    if bool(was.get("employees")) is not bool(row.get("employees")):
        field, members = ("opds", "people") if was.get("employees") else ("employees", "offices")
        raise InvalidValue(field, "", f"{row['key']} is a group of {members} and stays one; make a new group for these")
    before = rotation_store.rotations(connection, office.zone, row["id"])[row["id"]]
    anchor = before.stages[-1].rule.anchor if before.stages else office.today
    free = days_off(connection)
    after = changed(before, rotation_store.rule_of(row, anchor), member_ids(row), office.now_s, free)
    rotation_store.keep(connection, after)


def leave(connection: Connection, kind: str, row: Row, office: Office) -> None:
    """A group is removed: what its running turn added to a ceiling ends with it."""
    if kind == "rotation":
        ceiling_grant_store.cut(connection, origin_of(row["key"]), office.now_s)


def member_ids(row: Row) -> list[int]:
    """The members of a group's row in the order of their turns."""
    return [each["opd_id"] for each in row.get("opds", ())] + [each["employee_id"] for each in row.get("employees", ())]


def origin_of(key: str) -> str:
    """What a group's additions to ceilings are known by."""
    return f"rotation {key}"


# -- asking ---------------------------------------------------------------------------------------------------------
def rotation_named(snapshot: Snapshot, key: str) -> Rotation:
    """The group of this key. Raises `NotFound`."""
    for each in snapshot.rules.rotations:
        if each.key == key.strip():
            return each
    known = ", ".join(sorted(each.key for each in snapshot.rules.rotations)) or "none"
    raise NotFound("rotation", key, f"there are {known}")


def calendar(
    connection: Connection, snapshot: Snapshot, rotation: Rotation, from_s: int, to_s: int, *, most: int = MOST_TURNS
) -> list[CalendarTurn]:
    """The turns that touch [from_s, to_s), past and to come, the first so many."""
    given = rotation_store.given_since(connection, from_s)
    found: list[CalendarTurn] = []
    for turn in turns(rotation, from_s, to_s, snapshot.holidays):
        member, name = member_of(snapshot, rotation, turn.member)
        note = given.get((rotation.id, turn.start_s))
        is_swapped = turn.start_s in rotation.replaced and not is_chosen_late(rotation, turn.start_s)
        found.append(CalendarTurn(turn, member, name, is_swapped, "" if note is None else note.note))
        if len(found) == most:
            break
    return found


def queue(snapshot: Snapshot, rotation: Rotation, now_s: int) -> list[str]:
    """The members' natural keys in the order of their next turns, after the running one; none where nobody knows it."""
    following_s = turn_at(rotation, now_s, snapshot.holidays).end_s
    if is_chosen_late(rotation, following_s):
        return []
    return [member_of(snapshot, rotation, each)[0] for each in queue_at(rotation, following_s, snapshot.holidays)]


def member_of(snapshot: Snapshot, rotation: Rotation, member: int | None) -> tuple[str, str]:
    """(natural key, name) of a member; of one who was removed since just the number."""
    found = None if member is None else _whom(snapshot, rotation, member)
    if found is None:
        return ("" if member is None else f"#{member}"), ""
    return (found.code if isinstance(found, Opd) else found.username), found.name


# -- swapping -------------------------------------------------------------------------------------------------------
def swap(office: Office, key: str, one_s: int, other_s: int, by: Author, *, dry_run: bool = False) -> tuple[Turn, Turn]:
    """Two turns to come, named by moments within them (epoch s), change hands; gives them as they are then.

    Raises `NotFound`, `InvalidValue` without a reason, for a turn that began, or two of one member.
    """
    why = needed(by)
    with office.database.read() as connection:
        before, free = _named(connection, office, key), days_off(connection)
    after = swapped(before, one_s, other_s, office.now_s, free)
    found = tuple(turn_at(after, moment_s, free) for moment_s in (one_s, other_s))
    if dry_run:
        return found[0], found[1]
    with office.database.write() as connection:
        if _named(connection, office, key) != before:
            raise InvalidValue("rotation", key, "it was changed meanwhile; look again")
        rotation_store.keep(connection, after)
        record_change(connection, "rotation", before.id, office.now_s)
        told = {f"turn {turn.start_s}": f"{turn.member}" for turn in found}
        audit_store.append(
            connection, actor=by.name, action="swap", kind="rotation", key=before.key, why=why, now_s=office.now_s,
            before={name: str(_turn_before(before, int(name.split()[1]), free).member) for name in told}, after=told,
        )  # fmt: skip
    return found[0], found[1]


def _turn_before(rotation: Rotation, start_s: int, free: frozenset[date]) -> Turn:
    return turn_at(rotation, start_s, free)


def _named(connection: Connection, office: Office, key: str) -> Rotation:
    found = [each for each in rotation_store.rotations(connection, office.zone).values() if each.key == key.strip()]
    if not found:
        raise NotFound("rotation", key)
    return found[0]


# -- giving ---------------------------------------------------------------------------------------------------------
def give_turns(shift: Shift, _due_s: int) -> str:
    """Give the members whose turn it is what changes rows: the higher ceiling, the octets; each turn once.

    Whose it is, where that is chosen as a turn begins, is chosen before; running sessions have its rate at once.
    """
    shift = choose_turns(shift)
    snapshot, begun_now = shift.policy.snapshot, 0
    with shift.reading() as (_, connection):
        given = rotation_store.given_since(connection, shift.now_s)
    looked: list[int] = []
    for rotation in snapshot.rules.rotations:
        turn = turn_at(rotation, shift.now_s, snapshot.holidays)
        is_chosen = is_chosen_late(rotation, turn.start_s)
        gives = rotation.ceiling is not None or rotation.octets or is_chosen
        if turn.member is None or not gives or (rotation.id, turn.start_s) in given:
            continue
        with shift.step() as (_, connection):
            begun_now += _give(shift, connection, rotation, turn)
        whom = _whom(snapshot, rotation, turn.member)
        looked += [person.id for person in _people(snapshot, whom)] if rotation.octets or is_chosen else []
    return f"{begun_now} turns begun, {look_again(shift, looked) if looked else '0 sessions looked at, 0 orders'}"


def _give(shift: Shift, connection: Connection, rotation: Rotation, turn: Turn) -> bool:
    member = turn.member or 0
    record = GivenTurn(rotation.id, turn.start_s, turn.end_s, member)
    if not rotation_store.note_given(connection, record, shift.now_s):
        return False
    whom = _whom(shift.policy.snapshot, rotation, member)
    notes = ["removed since"] if whom is None else list(_given_to(shift, connection, rotation, turn, whom))
    if notes:
        rotation_store.explain_given(connection, rotation.id, turn, "; ".join(notes))
    return True


def _given_to(
    shift: Shift, connection: Connection, rotation: Rotation, turn: Turn, whom: Opd | Subscriber
) -> Iterator[str]:
    """Give ceiling and octets; what cannot be given, in words."""
    why = f"{origin_of(rotation.key)}, turn {turn.number}"
    if rotation.ceiling is not None and isinstance(whom, Opd):
        if whom.ceiling is None:
            yield f"{whom.code} has no ceiling to add to"
        else:
            grant = CeilingGrant(
                whom.id, rotation.ceiling, shift.now_s, turn.end_s, origin_of(rotation.key), why, SCHEDULER
            )
            ceiling_grant_store.add_grant(connection, grant)
    quotas = [quota.key for quota in _quotas(whom)] if rotation.octets else []
    if rotation.octets and not quotas:
        yield "there is no quota to add octets to"
    for key in quotas:
        grant_octets_within(
            connection, shift.office, shift.policy, key, whom, rotation.octets, Author(SCHEDULER, why),
            until_s=turn.end_s,
        )  # fmt: skip


def _quotas(whom: Opd | Subscriber) -> Sequence[Any]:
    if isinstance(whom, Opd):
        return whom.pools
    return [quota for quota in whom.quotas if quota.subject is QuotaSubject.PERSON]


def _whom(snapshot: Snapshot, rotation: Rotation, member: int) -> Opd | Subscriber | None:
    if rotation.of is MemberKind.OPD:
        return snapshot.opds.get(member)
    return snapshot.subscriber_by_id.get(member)


def _people(snapshot: Snapshot, whom: Opd | Subscriber | None) -> list[Subscriber]:
    if whom is None or isinstance(whom, Subscriber):
        return [] if whom is None else [whom]
    return [person for person in snapshot.subscriber_by_id.values() if person.opd.id == whom.id]
