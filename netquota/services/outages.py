"""Use case: a provider link is out, as reported or planned; its offices are served by the others, and go back.

Which link serves whom follows from the outages that are on (domain.outages) wherever policy is read, so that parts of
links, queues and shares follow as by any change, and nothing has to be put back.
"""

from __future__ import annotations

from netquota.domain.outages import Outage
from netquota.errors import Conflict, InvalidValue, NotFound
from netquota.services.office import SCHEDULER, Author, Office, needed
from netquota.services.rotate import order_again
from netquota.services.shift import Shift, in_parts
from netquota.storage import audit_store, outage_store, rows
from netquota.storage.concern_store import concerned_sessions
from netquota.storage.database import Connection
from netquota.storage.policy_store import record_change

LONGEST_WHY = 200
_SESSIONS_IN_STEP = 50


class _Tried(Exception):
    """A dry run: what was written is taken back."""


def report_outage(
    office: Office, link: str, by: Author, *, from_s: int | None = None, until_s: int | None = None,
    dry_run: bool = False,
) -> Outage:  # fmt: skip
    """A link is out at once, or will be from a moment on (epoch s); until a moment, else until `end_outage`.

    Raises `NotFound`, `InvalidValue` without a reason or for a wrong span, `Conflict` where one is noted for that time.
    """
    why, now_s = needed(by), office.now_s
    if len(why) > LONGEST_WHY:
        raise InvalidValue("why", why, f"use at most {LONGEST_WHY} characters")
    begins_s = now_s if from_s is None else max(from_s, now_s)
    if until_s is not None and until_s <= begins_s:
        raise InvalidValue("until", until_s, "let it end after it begins, and after now")
    at_once = begins_s <= now_s
    found: list[Outage] = []
    try:
        with office.database.write() as connection:
            link_id = _link_id(connection, link)
            _keep_apart(connection, link, link_id, begins_s, until_s)
            outage = Outage(0, link_id, begins_s, until_s, why, by.name, now_s if at_once else None, None, link)
            outage_id = outage_store.add(connection, outage)
            found.append(Outage(outage_id, *_parts(outage)))
            _note(connection, office, found[0], by, "outage", follows=at_once)
            if dry_run:
                raise _Tried
    except _Tried:
        pass
    return found[0]


def end_outage(office: Office, link: str, by: Author, *, dry_run: bool = False) -> Outage:
    """The link serves again; what is only planned for it is called off. Raises `NotFound` where nothing is noted."""
    needed(by)
    found: list[Outage] = []
    try:
        with office.database.write() as connection:
            standing = outage_store.outages(connection, _link_id(connection, link), open_only=True)
            if not standing:
                raise NotFound("outage of link", link)
            one = min(standing, key=lambda each: (not each.is_on, each.from_s))
            outage_store.end(connection, one.id, office.now_s, settled=True)
            found.append(one)
            _note(connection, office, one, by, "outage_over", follows=one.is_on)
            if dry_run:
                raise _Tried
    except _Tried:
        pass
    return found[0]


def turn_outages(shift: Shift, _due_s: int) -> str:
    """Begin and end what is due; running sessions follow with the next run, which knows the policy of then."""
    with shift.reading() as (_, connection):
        waiting = outage_store.due(connection, shift.now_s)
    turned = sum(_turn(shift, outage) for outage in waiting)
    return f"{turned} outages turned, {_settle(shift)} orders"


def _turn(shift: Shift, outage: Outage) -> bool:
    over = outage.until_s is not None and outage.until_s <= shift.now_s
    with shift.step() as (_, connection):
        turn = outage_store.end if over else outage_store.begin
        if not turn(connection, outage.id, shift.now_s, settled=over and outage.began_s is None):
            return False
        action = "outage_over" if over else "outage"
        _note(connection, shift.office, outage, Author(SCHEDULER, outage.why), action, follows=False)
        return True


def _settle(shift: Shift) -> int:
    """Orders for the sessions that an outage moved or brought back, once the shift's policy knows of it."""
    with shift.reading() as (_, connection):
        waiting = outage_store.unsettled(connection)
    known = shift.policy.snapshot.rules.outages
    current = [outage_id for outage_id, is_on in waiting.items() if (outage_id in known) is is_on]
    if not current:
        return 0
    with shift.reading() as (_, connection):
        sessions = concerned_sessions(connection, "link", [])
    ordered = sum(order_again(shift, part) for part in in_parts(sessions, _SESSIONS_IN_STEP))
    with shift.step() as (_, connection):
        outage_store.settle(connection, current)
    return ordered


def _note(
    connection: Connection, office: Office, outage: Outage, by: Author, action: str, *, follows: bool
) -> None:  # fmt: skip
    """Workers are told, sessions of all links follow (their parts change), the audit trail says it."""
    record_change(connection, "link", outage.link_id, office.now_s)
    if follows:
        office.on_change(connection, "link", [], office.now_s)
    span = {"from": str(outage.from_s), "until": "" if outage.until_s is None else str(outage.until_s)}
    before, after = ({}, span) if action == "outage" else (span, {})
    audit_store.append(
        connection, actor=by.name, action=action, kind="link", key=outage.link, before=before, after=after,
        why=by.why, now_s=office.now_s,
    )  # fmt: skip


def _keep_apart(connection: Connection, link: str, link_id: int, from_s: int, until_s: int | None) -> None:
    for other in outage_store.outages(connection, link_id, open_only=True):
        begins_before_other_ends = other.until_s is None or from_s < other.until_s
        if begins_before_other_ends and (until_s is None or other.from_s < until_s):
            raise Conflict(f"an outage of {link} is noted for that time already; end that one first")


def _link_id(connection: Connection, link: str) -> int:
    row = rows.find(connection, "provider_link", ("name",), link.strip(), lock=True)
    if row is None:
        raise NotFound("link", link)
    return int(row["id"])


def _parts(o: Outage) -> tuple[int, int, int | None, str, str, int | None, int | None, str]:
    return o.link_id, o.from_s, o.until_s, o.why, o.by, o.began_s, o.ended_s, o.link
