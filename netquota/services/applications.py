"""Use cases of the SIPA record: follow a reported application step by step, and see which offices have reported.

The last step provides: a share of bandwidth that stands in the office's ceiling, for good or until a day, under the
application's name; or a request in the budget plan.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from netquota.domain.applications import (
    Described,
    Outcome,
    Reporting,
    Standing,
    Taken,
    check_step,
    reporting,
    similar,
    standing,
)
from netquota.domain.notices import Topic
from netquota.domain.periods import start_of
from netquota.domain.requests import OPEN, Wanted
from netquota.domain.units import Rate, exact_rate
from netquota.errors import Conflict, InvalidValue, NotFound
from netquota.services.ceilings import end_grant_within, end_of, grant_ceiling
from netquota.services.notices import tell
from netquota.services.office import Author, Office, needed, nothing_follows
from netquota.services.one_go import in_one_go
from netquota.services.requests import Filing, file_into_budget_within, is_in_this_budget, to_budget_within
from netquota.services.shares import origin_of
from netquota.storage import application_store, audit_store, ceiling_grant_store, request_store, rows
from netquota.storage.application_store import Application, OfficeRecord
from netquota.storage.ceiling_grant_store import CeilingGrant
from netquota.storage.database import Connection
from netquota.storage.request_store import Request


@dataclass(frozen=True, slots=True)
class Followed:
    """An application: how it stands, the steps taken (oldest first), others that do much the same (permille), and what
    its office got for it (newest first)."""

    application: Application
    standing: Standing
    steps: Sequence[Taken] = ()
    similar: Sequence[tuple[int, Application]] = ()
    shares: Sequence[CeilingGrant] = ()


@dataclass(frozen=True, slots=True)
class OfficeReport:
    """An office's line on the board."""

    record: OfficeRecord
    reporting: Reporting


@dataclass(frozen=True, slots=True)
class Board:
    """All offices by how they reported, with how many of each."""

    offices: Sequence[OfficeReport]
    count: Mapping[Reporting, int]


def followed(office: Office, connection: Connection, opd_id: int | None = None) -> list[Followed]:
    """All applications of an office (None: of all in scope) with how each stands."""
    steps = application_store.steps_of(connection)
    return [
        Followed(one, standing(steps.get(one.id, ()), office.today), steps.get(one.id, ()))
        for one in application_store.applications(connection, opd_id)
        if office.scope.covers(one.opd_id)
    ]


def one_followed(office: Office, connection: Connection, code: str) -> Followed:
    """One application with its steps, and others in scope that are similar. Raises `NotFound`."""
    one = _existing(office, connection, code)
    steps = application_store.steps_of(connection, [one.id]).get(one.id, [])
    every = application_store.applications(connection)
    others = {other.code: other for other in every if office.scope.covers(other.opd_id)}
    alike = similar(_described(one), [_described(other) for other in others.values()])
    found = [(permille, others[each.code]) for permille, each in alike]
    shares = ceiling_grant_store.grants(connection, one.opd_id, origin_of(one.code), since_s=one.created_s)
    return Followed(one, standing(steps, office.today), steps, found, shares)


def take_step(office: Office, code: str, step: Taken, by: Author, *, dry_run: bool = False) -> Standing:
    """Take a step of the ICT office; what it provides is given at once.

    Raises `NotFound`, `InvalidValue` where it cannot follow or lacks something.
    """
    here = replace(office, on_change=nothing_follows) if dry_run else office
    return in_one_go(
        here.database, lambda connection: take_step_within(connection, here, code, step, by), dry_run=dry_run
    )


def take_step_within(connection: Connection, office: Office, code: str, step: Taken, by: Author) -> Standing:
    """`take_step` in a transaction of the caller's."""
    rows.find(connection, "application", ("code",), code, lock=True)  # of two at once the second sees the first
    one = _existing(office, connection, code)
    taken = application_store.steps_of(connection, [one.id]).get(one.id, [])
    check_step(step, standing(taken, office.today))
    application_store.add_step(connection, one.id, step, office.now_s)
    told = _told(step) | _provided(connection, office, one, step, Author(by.name, _reason(one, step, by)))
    audit_store.append(
        connection, actor=by.name, action="step", kind="application", key=one.code, before={},
        after=told, why=by.why or step.note, now_s=office.now_s,
    )  # fmt: skip
    return standing([*taken, step], office.today)


def _reason(one: Application, step: Taken, by: Author) -> str:
    """Why an office gets more, or asks for it: names the application."""
    return f"{one.code}: {by.why or step.note or one.function}"[:1000]


def _provided(connection: Connection, office: Office, one: Application, step: Taken, by: Author) -> dict[str, str]:
    """What the step provide brings about: a share in place of the one before, a request in the budget plan, or that
    the share ends. What of it the audit trail tells."""
    match step.outcome:
        case Outcome.SHARE:
            return _share(connection, office, one, step, by)
        case Outcome.BUDGET:
            return _to_budget(connection, office, one, step, by)
        case Outcome.NO_NEED:
            _end_shares(connection, office, one, by, _begins(office, step))
            return {}
        case _:
            return {}


def _share(connection: Connection, office: Office, one: Application, step: Taken, by: Author) -> dict[str, str]:
    if step.until is not None and step.until < office.today:
        raise InvalidValue("until", step.until, "give a day to come, or leave it empty")
    from_s = _begins(office, step)
    _end_shares(connection, office, one, by, from_s)
    until_s = None if step.until is None else end_of(office, step.until)
    grant_ceiling(
        office, connection, one.opd, step.rate or Rate(0, 0), by, origin=origin_of(one.code), from_s=from_s,
        until_s=until_s, review_on=step.review_on,
    )  # fmt: skip
    return {}


def _begins(office: Office, step: Taken) -> int | None:
    """When what a step of a day to come provides takes the place of the one before, epoch seconds; None: at once."""
    return start_of(step.on, office.zone) if step.on > office.today else None


def _end_shares(connection: Connection, office: Office, one: Application, by: Author, at_s: int | None) -> None:
    """End its shares at a moment to come (epoch seconds), or now (None); what would begin later never begins."""
    for grant in ceiling_grant_store.grants(connection, origin=origin_of(one.code)):
        if grant.ended_s is not None:
            continue
        if at_s is None or not grant.is_in_force:
            end_grant_within(connection, office, grant.id, by)
        elif grant.until_s is None or grant.until_s > at_s:
            ceiling_grant_store.end_at(connection, grant.id, at_s)


def _to_budget(connection: Connection, office: Office, one: Application, step: Taken, by: Author) -> dict[str, str]:
    """A request of its office that names it goes to the budget plan: the one that waits, the one that is in this
    year's plan with as much, else a new one."""
    mine = [
        each for each in request_store.requests(connection, opd_id=one.opd_id) if each.application_id == one.id
    ]  # fmt: skip
    waiting = next((each for each in mine if each.state in OPEN), None)
    if waiting is not None:
        return {"request": to_budget_within(connection, office, waiting.number, by).number}
    passed = [each for each in mine if is_in_this_budget(office, each)]
    wanted = step.rate or one.need
    same = next((each for each in passed if _says_enough(each, step.rate, one.need)), None)
    if same is not None:
        return {"request": same.number}
    if wanted is None:
        raise InvalidValue("rate", "", "say how much, down/up, such as 10M/5M")
    filing = Filing(one.opd, Wanted(wanted, until=step.until), by.why, application=one.code)
    return {"request": file_into_budget_within(connection, office, filing, by).number}


def _says_enough(request: Request, said: Rate | None, need: Rate | None) -> bool:
    """Whether a request stands for what is passed on now: just the rate that is said; else all that was reported."""
    if said is not None or request.wanted is None:
        return request.wanted == said
    return need is None or (request.wanted.down_bps >= need.down_bps and request.wanted.up_bps >= need.up_bps)


def declare_none(office: Office, code: str, by: Author) -> None:
    """An office says that it has no application. Raises `Conflict` where some are reported, `NotFound`."""
    with office.database.write() as connection:
        opd_id = _office_id(office, connection, code)
        if application_store.applications(connection, opd_id):
            raise Conflict(f"{code} has reported applications; remove them first if they are gone")
        if application_store.declare_none(connection, opd_id, by.name, office.now_s):
            _audit(connection, office, code, "declare_none", by)


def withdraw_none(office: Office, code: str, by: Author) -> None:
    """Take the declaration back, so that the office counts as silent again. Raises `NotFound`; a reason is needed."""
    needed(by)
    with office.database.write() as connection:
        if not application_store.forget_none(connection, _office_id(office, connection, code)):
            raise NotFound("declaration of no applications", code, "there is none to take back")
        _audit(connection, office, code, "withdraw_none", by)


def board(office: Office, connection: Connection) -> Board:
    """Which offices (in scope) have reported, which have none, which are silent."""
    offices = [
        OfficeReport(record, reporting(record.applications, record.none_at_s is not None))
        for record in application_store.board(connection)
        if office.scope.covers(record.opd_id)
    ]
    return Board(offices, {each: sum(one.reporting is each for one in offices) for each in Reporting})


def remind(office: Office, by: Author) -> list[str]:
    """Tell the operators of every office that has reported nothing; their codes. Once a day for each office."""
    with office.database.write() as connection:
        found = board(office, connection)
        silent = [one.record for one in found.offices if one.reporting is Reporting.SILENT]
        answered = len(found.offices) - len(silent)
        told = [
            record.code
            for record in silent
            if tell(
                connection, f"applications:{record.opd_id}:{office.today.isoformat()}", Topic.APPLICATIONS_DUE,
                {"subject_id": record.opd_id, "reported": answered, "offices": len(found.offices)}, office.now_s,
            )
        ]  # fmt: skip
        for code in told:
            _audit(connection, office, code, "remind", by)
    return told


def _existing(office: Office, connection: Connection, code: str) -> Application:
    found = application_store.applications(connection, code=code)
    if not found or not office.scope.covers(found[0].opd_id):
        raise NotFound("application", code)
    return found[0]


def _office_id(office: Office, connection: Connection, code: str) -> int:
    row = rows.find(connection, "opd", ("code",), code)
    if row is None or not office.scope.covers(row["id"]):
        raise NotFound("opd", code)
    return int(row["id"])


def _described(one: Application) -> Described:
    return Described(one.code, one.opd, one.name, one.function)


def _told(step: Taken) -> dict[str, str]:
    """A step as the audit trail tells it."""
    told = {
        "step": str(step.step), "outcome": str(step.outcome), "on": step.on.isoformat(), "note": step.note,
        "material": step.material, "users": "" if step.users is None else str(step.users),
        "share": "" if step.rate is None else exact_rate(step.rate),
        "until": "" if step.until is None else step.until.isoformat(),
        "review_on": "" if step.review_on is None else step.review_on.isoformat(),
    }  # fmt: skip
    return {name: text for name, text in told.items() if text}


def _audit(connection: Connection, office: Office, code: str, action: str, by: Author) -> None:
    audit_store.append(
        connection, actor=by.name, action=action, kind="opd", key=code, before={}, after={}, why=by.why,
        now_s=office.now_s,
    )  # fmt: skip
