"""Requests for more bandwidth in their table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, func, select, update

from netquota.domain.requests import OPEN, RequestState
from netquota.domain.scope import EVERYTHING, Scope
from netquota.domain.units import Rate
from netquota.storage.schema import application, bandwidth_request, employee, opd

_r = bandwidth_request.c


@dataclass(frozen=True, slots=True)
class Request:
    """A request; `username` and `person` of an employee who asks for himself, else the office asks. Rates in bit/s,
    `until` the last local day, times epoch seconds, `figures` JSON."""

    number: str
    opd_id: int
    opd: str
    reason: str
    by: str
    created_s: int
    state: RequestState = RequestState.NEW
    wanted: Rate | None = None
    wanted_octets: int | None = None
    until: date | None = None
    employee_id: int | None = None
    username: str | None = None
    person: str | None = None
    application_id: int | None = None
    application: str | None = None
    figures: str | None = None
    assessment: str = ""
    assessed_by: str | None = None
    decision: str = ""
    decided_by: str | None = None
    decided_s: int | None = None
    ceiling_grant_id: int | None = None
    id: int = 0
    version: int = 1

    @property
    def is_open(self) -> bool:
        """Whether it still waits for somebody."""
        return self.state in OPEN


def add_request(connection: Connection, request: Request) -> int:
    """Write a new request down; its row's id."""
    made = connection.execute(
        bandwidth_request.insert().values(
            number=request.number, opd_id=request.opd_id, employee_id=request.employee_id,
            application_id=request.application_id, reason=request.reason, by=request.by, created_s=request.created_s,
            state=request.state, wanted_octets=request.wanted_octets,
            wanted_down_bps=None if request.wanted is None else request.wanted.down_bps,
            wanted_up_bps=None if request.wanted is None else request.wanted.up_bps,
            until_day=None if request.until is None else request.until.isoformat(),
        )
    )  # fmt: skip
    key = made.inserted_primary_key
    return int(key[0]) if key is not None else 0


def newest_number(connection: Connection, prefix: str) -> str | None:
    """The highest number that begins so."""
    like = _r.number.startswith(prefix, autoescape=True)
    longest = func.length(_r.number)
    query = select(_r.number).where(like).order_by(longest.desc(), _r.number.desc()).limit(1)
    return connection.execute(query).scalar()


def requests(
    connection: Connection, *, opd_id: int | None = None, employee_id: int | None = None,
    states: frozenset[RequestState] | None = None, most: int = 1000, scope: Scope = EVERYTHING,
    before_id: int | None = None, lock: bool = False,
) -> list[Request]:  # fmt: skip
    """The newest requests that match, of the offices in scope; `before_id` goes on after a page."""
    query = _query().order_by(_r.id.desc()).limit(most)
    if scope.opd_ids is not None:
        query = query.where(_r.opd_id.in_(sorted(scope.opd_ids)))
    if before_id is not None:
        query = query.where(_r.id < before_id)
    for column, value in ((_r.opd_id, opd_id), (_r.employee_id, employee_id)):
        if value is not None:
            query = query.where(column == value)
    if states is not None:
        query = query.where(_r.state.in_(sorted(states)))
    if lock:
        query = query.with_for_update(of=bandwidth_request)
    return [_request(row) for row in connection.execute(query)]


def request_of(connection: Connection, number: str, *, lock: bool = False) -> Request | None:
    """One request, by its number."""
    query = _query().where(_r.number == number)
    row = connection.execute(query.with_for_update(of=bandwidth_request) if lock else query).first()
    return None if row is None else _request(row)


def move(connection: Connection, request: Request, state: RequestState, **values: object) -> bool:
    """Bring a request to a state with what goes with it, if nobody changed it meanwhile; whether it was."""
    query = update(bandwidth_request).where(_r.id == request.id, _r.version == request.version)
    return connection.execute(query.values(state=state, version=request.version + 1, **values)).rowcount > 0


def _query() -> Any:
    joined = (
        bandwidth_request.join(opd, opd.c.id == _r.opd_id)
        .outerjoin(employee, employee.c.id == _r.employee_id)
        .outerjoin(application, application.c.id == _r.application_id)
    )
    names = (opd.c.code, employee.c.username, employee.c.name.label("person"), application.c.code.label("app"))
    return select(bandwidth_request, *names).select_from(joined)


def _request(row: Any) -> Request:
    wanted = None if row.wanted_down_bps is None else Rate(row.wanted_down_bps, row.wanted_up_bps)
    until = None if row.until_day is None else date.fromisoformat(row.until_day)
    return Request(
        row.number, row.opd_id, row.code, row.reason, row.by, row.created_s, RequestState(row.state), wanted,
        row.wanted_octets, until, row.employee_id, row.username, row.person, row.application_id, row.app, row.figures,
        row.assessment, row.assessed_by, row.decision, row.decided_by, row.decided_s, row.ceiling_grant_id, row.id,
        row.version,
    )  # fmt: skip
