"""Use case: an office gets more of a ceiling (or less) for good or for a time; it ends by itself, audited both ways.

What is added stands in the ceiling itself, so that everything that limits goes on as ever: a change by hand meanwhile
is kept when the addition ends. Whenever one begins or ends, the cuts of the office are reckoned anew from what is then
its ceiling without them (domain.events.restacked), so that each leaves its share and the last to end leaves no trace.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from netquota.domain.events import Part, restacked
from netquota.domain.periods import start_of
from netquota.domain.units import Rate, exact_rate
from netquota.errors import Conflict, InvalidValue, NotFound
from netquota.services.allocate import change_within
from netquota.services.office import SCHEDULER, Author, Office
from netquota.services.rotate import order_again
from netquota.services.shift import Shift, in_parts
from netquota.storage import audit_store, ceiling_grant_store, rows
from netquota.storage.ceiling_grant_store import CeilingGrant
from netquota.storage.concern_store import concerned_sessions
from netquota.storage.database import Connection
from netquota.storage.policy_store import record_change
from netquota.storage.rows import Row

LEAST = Rate(256_000, 256_000)
"""What the end of an addition leaves an office at least, bit/s."""
_SESSIONS_IN_STEP = 50


def grant_ceiling(
    office: Office, connection: Connection, opd: str, rate: Rate, by: Author, *, origin: str,
    until_s: int | None = None, from_s: int | None = None, review_on: date | None = None,
) -> CeilingGrant:  # fmt: skip
    """Add to an office's ceiling in the caller's transaction: at once, or from a moment to come.

    Raises `NotFound`, `InvalidValue` for an office without a ceiling or what would leave none, `Conflict`.
    """
    begins_s = office.now_s if from_s is None else from_s
    if until_s is not None and until_s <= begins_s:
        raise InvalidValue("until", until_s, "let it end after it begins")
    row, standing = _locked(connection, opd)
    _keep_some(row, opd, rate, standing)
    grant = CeilingGrant(row["id"], rate, begins_s, until_s, origin, by.why, by.name, review_on, opd=opd)
    grant = replace(grant, id=ceiling_grant_store.add_grant(connection, grant))
    if begins_s > office.now_s:
        return grant
    _move_by_hand(office, connection, row, grant, standing, by)
    ceiling_grant_store.begin(connection, grant.id, office.now_s, settled=True)
    return replace(grant, began_s=office.now_s)


def end_grant(office: Office, grant_id: int, by: Author) -> CeilingGrant:
    """Take an addition back before its time. Raises `NotFound`, `Conflict` where it ended already."""
    with office.database.write() as connection:
        return end_grant_within(connection, office, grant_id, by)


def end_grant_within(connection: Connection, office: Office, grant_id: int, by: Author) -> CeilingGrant:
    """`end_grant` in a transaction of the caller's."""
    found = ceiling_grant_store.grant_of(connection, grant_id)
    if found is None or not office.scope.covers(found.opd_id):
        raise NotFound("ceiling grant", grant_id)
    row, standing = _locked(connection, found.opd)
    grant = _among(standing, grant_id)
    if grant is None:
        raise Conflict(f"{found.origin}: it has ended already")
    if grant.is_in_force:
        _keep_some(row, grant.opd, Rate(-grant.rate.down_bps, -grant.rate.up_bps), standing)
        _move_by_hand(office, connection, row, grant, standing, by)
    ceiling_grant_store.end(connection, grant_id, office.now_s, settled=True)
    return replace(grant, ended_s=office.now_s)


def end_of(office: Office, day: date) -> int:
    """When a grant until a local day (included) ends, epoch seconds. Raises `InvalidValue` for the end of all days."""
    if day == date.max:
        raise InvalidValue("until", day, "give a date such as 2026-12-31")
    return start_of(day + timedelta(days=1), office.zone)


def turn_ceilings(shift: Shift, _due_s: int) -> str:
    """Begin and end what is due; then bring the running sessions to the ceilings that the shift's policy shows.

    The shift knows policy as it was when it began, so sessions follow with the next run, within seconds.
    """
    with shift.reading() as (_, connection):
        waiting = ceiling_grant_store.due(connection, shift.now_s)
    turned = sum(_turn(shift, grant_id) for grant_id in waiting)
    return f"{turned} ceilings changed, {_settle(shift)} orders"


def _turn(shift: Shift, grant_id: int) -> bool:
    with shift.step() as (_, connection):
        found = ceiling_grant_store.grant_of(connection, grant_id)
        if found is None:
            return False
        row, standing = _locked(connection, found.opd)
        grant = _among(standing, grant_id)
        if grant is None or grant_id not in ceiling_grant_store.due(connection, shift.now_s):
            return False
        if not grant.is_in_force and grant.until_s is not None and grant.until_s <= shift.now_s:
            ceiling_grant_store.end(connection, grant_id, shift.now_s, settled=True)  # it was over before it began
            return False
        _change(connection, shift, row, grant, _moved(connection, row, grant, standing))
        turn = ceiling_grant_store.end if grant.is_in_force else ceiling_grant_store.begin
        turn(connection, grant_id, shift.now_s, settled=False)
        return True


def _change(connection: Connection, shift: Shift, row: Row, grant: CeilingGrant, changed: Rate | None) -> None:
    """The office's row, the notice to workers and the audit entry, as any change of policy has them."""
    before = _ceiling(row)
    if before is None or changed is None or changed == before:
        return
    values = {"ceiling_down_bps": changed.down_bps, "ceiling_up_bps": changed.up_bps}
    if not rows.change(connection, "opd", grant.opd_id, values, row["version"]):
        raise Conflict(f"opd {grant.opd} was changed meanwhile")
    record_change(connection, "opd", grant.opd_id, shift.now_s)
    audit_store.append(
        connection, actor=SCHEDULER, action="change", kind="opd", key=grant.opd, now_s=shift.now_s,
        before={"ceiling": exact_rate(before)}, after={"ceiling": exact_rate(changed)}, why=grant.origin,
    )  # fmt: skip


def _move_by_hand(
    office: Office, connection: Connection, row: Row, grant: CeilingGrant, standing: Sequence[CeilingGrant], by: Author
) -> None:  # fmt: skip
    """An addition begins, or ends, by somebody's hand."""
    changed = _moved(connection, row, grant, standing)
    if changed is not None:
        change_within(connection, office, "opd", grant.opd, {"ceiling": exact_rate(changed)}, by)


def _moved(connection: Connection, row: Row, grant: CeilingGrant, standing: Sequence[CeilingGrant]) -> Rate | None:
    """The ceiling when this grant begins, or ends if it is in force; notes what each then adds or takes.

    None where the office has no ceiling (any more): then nothing is changed, now or when it ends.
    """
    held = [each for each in standing if each.is_in_force]
    wanted = [each for each in held if each.id != grant.id] if grant.is_in_force else [*held, grant]
    ceiling = _ceiling(row)
    if ceiling is None:
        rates = [Rate(0, 0) if each.id == grant.id else each.rate for each in wanted]
    else:
        ceiling, rates = restacked(ceiling, _parts(held), _parts(wanted), LEAST)
    for each, rate in zip(wanted, rates, strict=True):
        if rate != each.rate:
            ceiling_grant_store.take(connection, each.id, rate)
    return ceiling


def _parts(grants: Sequence[CeilingGrant]) -> list[Part]:
    return [Part(each.rate, each.leaves_permille) for each in grants]


def _among(grants: Sequence[CeilingGrant], grant_id: int) -> CeilingGrant | None:
    return next((each for each in grants if each.id == grant_id), None)


def _settle(shift: Shift) -> int:
    """Orders for the sessions of offices whose new ceiling the shift's policy knows already."""
    with shift.reading() as (_, connection):
        waiting = ceiling_grant_store.unsettled(connection)
        ceilings = {opd_id: _ceiling(rows.find(connection, "opd", ("id",), opd_id)) for opd_id in waiting.values()}
    known = shift.policy.snapshot.opds
    current = {opd_id for opd_id, ceiling in ceilings.items() if opd_id in known and known[opd_id].ceiling == ceiling}
    if not current:
        return 0
    with shift.reading() as (_, connection):
        sessions = concerned_sessions(connection, "opd", sorted(current))
    ordered = sum(order_again(shift, part) for part in in_parts(sessions, _SESSIONS_IN_STEP))
    with shift.step() as (_, connection):
        ceiling_grant_store.settle(connection, [grant for grant, opd_id in waiting.items() if opd_id in current])
    return ordered


def _keep_some(row: Row, opd: str, by: Rate, standing: Sequence[CeilingGrant]) -> None:
    """Raises `InvalidValue` where there is no ceiling to move by a rate, or nothing would be left even without cuts."""
    ceiling = _ceiling(row)
    if ceiling is None:
        raise InvalidValue("ceiling", "", f"{opd} has no ceiling to add to; give it one first")
    cuts = [each for each in standing if each.is_in_force and each.leaves_permille is not None]
    moved, _ = restacked(ceiling, _parts(cuts), [Part(by)], Rate(0, 0))
    if min(moved.down_bps, moved.up_bps) <= 0:
        raise InvalidValue(
            "rate", exact_rate(Rate(abs(by.down_bps), abs(by.up_bps))), f"nothing would be left to {opd}"
        )


def _ceiling(row: Row | None) -> Rate | None:
    down, up = (None, None) if row is None else (row["ceiling_down_bps"], row["ceiling_up_bps"])
    return None if down is None or up is None else Rate(down, up)


def _locked(connection: Connection, opd: str) -> tuple[Row, list[CeilingGrant]]:
    """An office's row and its grants that have not ended; locked in one order, grants first. Raises `NotFound`."""
    known = rows.find(connection, "opd", ("code",), opd)
    standing = [] if known is None else ceiling_grant_store.lock_open(connection, known["id"])
    row = rows.find(connection, "opd", ("code",), opd, lock=True)
    if row is None:
        raise NotFound("opd", opd)
    return row, standing
