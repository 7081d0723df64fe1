"""Use cases of requests for more: file, assess beside what was measured, approve (for good or for a time), refuse,
pass to the budget plan, withdraw. Each step is audited; what an approval gives ends by itself.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime

from netquota.domain.notices import Topic
from netquota.domain.requests import (
    Advice,
    Figures,
    RequestState,
    Wanted,
    advice,
    check_move,
    check_wanted,
    needs_head,
    number_of,
)
from netquota.domain.units import Rate, exact_rate, format_octets
from netquota.errors import Conflict, InvalidValue, NotFound
from netquota.services.allocate import change_within
from netquota.services.ceilings import end_of, grant_ceiling
from netquota.services.facts import Policy
from netquota.services.grants import grant_octets_within
from netquota.services.notices import tell
from netquota.services.office import Author, Office, needed
from netquota.services.request_figures import measured_figures
from netquota.storage import audit_store, request_store, rows
from netquota.storage.database import Connection
from netquota.storage.request_store import Request


@dataclass(frozen=True, slots=True)
class Filing:
    """A request as it is filed. Of an employee (`employee` his username), else of the office."""

    opd: str
    wanted: Wanted
    reason: str
    employee: str | None = None
    application: str | None = None


@dataclass(frozen=True, slots=True)
class Given:
    """What an approval gives, where it differs from what was asked: a rate on top, or octets, until a day."""

    rate: Rate | None = None
    octets: int | None = None
    until: date | None = None
    quota: str = ""
    """Of which quota octets are given."""


def file_request(office: Office, filing: Filing, by: Author) -> Request:
    """Write a request down under the next number of the year. Raises `InvalidValue`, `NotFound`."""
    with office.database.write() as connection:
        return file_request_within(connection, office, filing, by)


def file_request_within(connection: Connection, office: Office, filing: Filing, by: Author) -> Request:
    """`file_request` in a transaction of the caller's."""
    check_wanted(filing.wanted, filing.reason, office.today, for_office=filing.employee is None)
    opd = rows.find(connection, "opd", ("code",), filing.opd, lock=True)
    if opd is None or not office.scope.covers(opd["id"]):
        raise NotFound("opd", filing.opd)
    person = _person(connection, filing, opd["id"])
    app = _application(connection, filing, opd["id"])
    request = Request(
        _next_number(connection, office.today.year), opd["id"], filing.opd, filing.reason.strip(), by.name,
        office.now_s, RequestState.NEW, filing.wanted.rate, filing.wanted.octets, filing.wanted.until,
        person, filing.employee, None, app, filing.application,
    )  # fmt: skip
    request_store.add_request(connection, request)
    _audit(connection, office, request, "request", by, filing.reason)
    return request


def opened(office: Office, number: str) -> Request:
    """One request in scope. Raises `NotFound`."""
    with office.database.read() as connection:
        return _found(office, connection, number)


def assess(office: Office, policy: Policy, number: str, note: str, by: Author, *, seen: int | None = None) -> Request:
    """Freeze what was measured beside the request, with the ICT office's note.

    `seen`, here and in what follows: the version on which this rests; another one is a `Conflict`. Raises `NotFound`.
    """
    with office.database.write() as connection:
        request = _locked(office, connection, number, seen)
        check_move(request.state, RequestState.ASSESSED)
        opd = policy.snapshot.opds[request.opd_id]
        figures = measured_figures(connection, opd, office.zone, office.now_s)
        values = {"figures": _figures_json(figures), "assessment": note.strip(), "assessed_by": by.name}
        return _moved(connection, office, request, RequestState.ASSESSED, by, values, note)


def approve(
    office: Office, policy: Policy, number: str, given: Given, by: Author, *, is_head: bool = False,
    head_above: Rate | None = None, seen: int | None = None,
) -> Request:  # fmt: skip
    """Give what was asked, or what `given` says instead, for good or until a day; running sessions follow at once.

    Over `head_above` it waits for the head of the office, unless he it is who approves. Raises `InvalidValue`,
    `Conflict`, `NotFound`; a reason is needed.
    """
    why = needed(by, "decision")
    with office.database.write() as connection:
        request = _locked(office, connection, number, seen)
        given = _complete(request, given)
        if needs_head(given.rate, head_above) and not is_head:
            check_move(request.state, RequestState.WAITS_FOR_HEAD)
            changed = replace(request, wanted=given.rate, until=given.until)
            values = _wanted_columns(changed) | {"decision": why}
            return _moved(connection, office, changed, RequestState.WAITS_FOR_HEAD, by, values, why)
        check_move(request.state, RequestState.APPROVED)
        grant_id = _give(connection, office, policy, request, given, by)
        values = _decided(office, by) | _wanted_columns(replace(request, wanted=given.rate, until=given.until))
        values["ceiling_grant_id"] = grant_id
        told = replace(request, wanted=given.rate, wanted_octets=given.octets, until=given.until)
        _tell(connection, office, told, RequestState.APPROVED, why)
        return _moved(connection, office, request, RequestState.APPROVED, by, values, why)


def refuse(office: Office, number: str, by: Author, *, seen: int | None = None) -> Request:
    """Refuse, with a reason that the office reads. Raises `InvalidValue` without one, `Conflict`, `NotFound`."""
    return _decide(office, number, RequestState.REFUSED, by, seen)


def to_budget(office: Office, number: str, by: Author, *, seen: int | None = None) -> Request:
    """Pass to the next budget plan. Raises as `refuse`."""
    return _decide(office, number, RequestState.BUDGET, by, seen)


def to_budget_within(connection: Connection, office: Office, number: str, by: Author) -> Request:
    """`to_budget` in a transaction of the caller's."""
    return _decide_within(connection, office, number, RequestState.BUDGET, by)


def file_into_budget_within(connection: Connection, office: Office, filing: Filing, by: Author) -> Request:
    """A request that the ICT office itself files for an office, straight into the budget plan; reason and decision are
    the same words. Raises as `file_request`."""
    filed = file_request_within(connection, office, filing, by)
    return to_budget_within(connection, office, filed.number, Author(by.name, by.why or filing.reason))


def is_in_this_budget(office: Office, request: Request) -> bool:
    """Whether it went to the budget plan in the running (local) year."""
    if request.state is not RequestState.BUDGET or request.decided_s is None:
        return False
    return datetime.fromtimestamp(request.decided_s, office.zone).year == office.today.year


def withdraw(office: Office, number: str, by: Author, *, seen: int | None = None) -> Request:
    """Take one's request back. Raises `Conflict`, `NotFound`."""
    with office.database.write() as connection:
        request = _locked(office, connection, number, seen)
        check_move(request.state, RequestState.WITHDRAWN)
        return _moved(connection, office, request, RequestState.WITHDRAWN, by, {}, by.why)


def figures_of(request: Request) -> Figures | None:
    """What was measured when the request was assessed."""
    if request.figures is None:
        return None
    read = json.loads(request.figures)
    ceiling = read.pop("ceiling")
    return Figures(**read, ceiling=None if ceiling is None else Rate(**ceiling))


def advice_on(request: Request) -> Advice | None:
    """What the figures say of it; None where it was not assessed yet."""
    figures = figures_of(request)
    return None if figures is None else advice(figures, request.wanted)


def _give(
    connection: Connection, office: Office, policy: Policy, request: Request, given: Given, by: Author
) -> int | None:
    """Bring it about: a part of the ceiling for an office; a rate or octets of his own for a person."""
    until_s = None if given.until is None else end_of(office, given.until)
    if request.employee_id is None:
        if given.rate is None:
            raise InvalidValue("rate", "", "say how much, down/up, such as 10M/5M")
        origin = f"request {request.number}"
        return grant_ceiling(office, connection, request.opd, given.rate, by, origin=origin, until_s=until_s).id
    if given.rate is not None:
        values = {
            "override": exact_rate(given.rate), "override_why": f"{request.number}: {by.why}"[:200],
            "override_until": "" if given.until is None else given.until.isoformat(),
        }  # fmt: skip
        change_within(connection, office, "employee", request.username or "", values, by)
    if given.octets is not None:
        person = policy.snapshot.subscriber_by_id[request.employee_id]
        grant_octets_within(connection, office, policy, given.quota, person, given.octets, by)
    return None


def _complete(request: Request, given: Given) -> Given:
    """What is given, by default what was asked."""
    return Given(
        given.rate or (request.wanted if given.octets is None else None),
        given.octets or (request.wanted_octets if given.rate is None else None),
        given.until or request.until, given.quota,
    )  # fmt: skip


def _decide(office: Office, number: str, state: RequestState, by: Author, seen: int | None) -> Request:
    with office.database.write() as connection:
        return _decide_within(connection, office, number, state, by, seen)


def _decide_within(
    connection: Connection, office: Office, number: str, state: RequestState, by: Author, seen: int | None = None
) -> Request:
    why = needed(by, "decision")
    request = _locked(office, connection, number, seen)
    check_move(request.state, state)
    _tell(connection, office, request, state, why)
    return _moved(connection, office, request, state, by, _decided(office, by), why)


def _tell(connection: Connection, office: Office, request: Request, state: RequestState, why: str) -> None:
    """Let the operators of its office know, in the transaction of the decision: what is given, else what was asked."""
    wanted, until = request.wanted, request.until
    facts: dict[str, object] = {
        "subject_id": request.opd_id, "number": request.number, "state": state.value, "why": why,
        "person": request.person or "", "octets": request.wanted_octets,
        "rate": None if wanted is None else [wanted.down_bps, wanted.up_bps],
        "until": None if until is None else until.isoformat(),
    }  # fmt: skip
    tell(connection, f"request:{request.number}:{state}", Topic.REQUEST_DECIDED, facts, office.now_s)


def _decided(office: Office, by: Author) -> dict[str, object]:
    return {"decision": by.why.strip(), "decided_by": by.name, "decided_s": office.now_s}


def _wanted_columns(request: Request) -> dict[str, object]:
    wanted, until = request.wanted, request.until
    return {
        "wanted_down_bps": None if wanted is None else wanted.down_bps,
        "wanted_up_bps": None if wanted is None else wanted.up_bps,
        "until_day": None if until is None else until.isoformat(),
    }


def _moved(
    connection: Connection, office: Office, request: Request, state: RequestState, by: Author,
    values: Mapping[str, object], why: str,
) -> Request:  # fmt: skip
    if not request_store.move(connection, request, state, **values):
        raise _changed(request)
    _audit(connection, office, replace(request, state=state), str(state), by, why)
    found = request_store.request_of(connection, request.number)
    return request if found is None else found


def _changed(request: Request) -> Conflict:
    return Conflict(f"request {request.number} was changed meanwhile; reload and look at it again")


def _locked(office: Office, connection: Connection, number: str, seen: int | None = None) -> Request:
    request = _found(office, connection, number, lock=True)
    if seen not in {None, request.version}:
        raise _changed(request)
    return request


def _found(office: Office, connection: Connection, number: str, *, lock: bool = False) -> Request:
    request = request_store.request_of(connection, number, lock=lock)
    if request is None or not office.scope.covers(request.opd_id):
        raise NotFound("request", number)
    return request


def _next_number(connection: Connection, year: int) -> str:
    audit_store.lock_head(connection)  # each number once: two who file at once wait for each other here
    newest = request_store.newest_number(connection, number_of(year, 0)[:-3])
    return number_of(year, 1 if newest is None else int(newest.rpartition("-")[2]) + 1)


def _person(connection: Connection, filing: Filing, opd_id: int) -> int | None:
    if filing.employee is None:
        return None
    row = rows.find(connection, "employee", ("username_key",), filing.employee.casefold())
    if row is None or row["opd_id"] != opd_id:
        raise NotFound("employee", filing.employee, f"give somebody of {filing.opd}")
    return int(row["id"])


def _application(connection: Connection, filing: Filing, opd_id: int) -> int | None:
    if not filing.application:
        return None
    row = rows.find(connection, "application", ("code",), filing.application)
    if row is None or row["opd_id"] != opd_id:
        raise InvalidValue("application", filing.application, f"name one that {filing.opd} has reported")
    return int(row["id"])


def _figures_json(figures: Figures) -> str:
    return json.dumps(asdict(figures), sort_keys=True)


def _audit(connection: Connection, office: Office, request: Request, action: str, by: Author, why: str) -> None:
    after = {
        "state": str(request.state), "opd": request.opd, "employee": request.username or "",
        "wanted": "" if request.wanted is None else exact_rate(request.wanted),
        "octets": "" if request.wanted_octets is None else format_octets(request.wanted_octets, "en"),
        "until": "" if request.until is None else request.until.isoformat(),
    }  # fmt: skip
    audit_store.append(
        connection, actor=by.name, action=action, kind="request", key=request.number, before={},
        after={name: text for name, text in after.items() if text}, why=why, now_s=office.now_s,
    )  # fmt: skip
