"""Running sessions as people look at them: found, sorted, page by page, each with its last order. Reads only.

Only open sessions are touched (their partial indexes), so a million ended ones cost nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Row, and_, func, or_, select

from netquota.domain.policy import Code
from netquota.domain.scope import EVERYTHING, Scope
from netquota.storage.database import Connection
from netquota.storage.guest_names import is_code, shown
from netquota.storage.order_store import OrderKind, OrderState
from netquota.storage.schema import accounting_session, employee, enforcement, gateway, nas, opd, site

_STALE_INTERVALS = 3
_AT_LIMIT_PERCENT = 95
_LEAST_OF_MAC = 4
_s = accounting_session.c
_host = opd.alias("host")


class SessionState(StrEnum):
    """What stands out about a running session; the order is by urgency."""

    UNANSWERED = "unanswered"
    SILENT = "silent"
    SLOWED = "slowed"
    AT_LIMIT = "at_limit"
    USUAL = "usual"


@dataclass(frozen=True, slots=True)
class LastOrder:
    """The newest order of a session and how it ended; instants in epoch milliseconds, rates in bit/s."""

    id: int
    session_id: int
    kind: OrderKind
    state: OrderState
    down_bps: int | None
    up_bps: int | None
    code: str
    created_ms: int
    ended_ms: int | None
    error_cause: int | None
    result: str

    @property
    def took_ms(self) -> int | None:
        """From the order's writing to its end; None while it is open."""
        return None if self.ended_ms is None else self.ended_ms - self.created_ms


SLOWED_BY = (Code.QUOTA_THROTTLED, Code.QUOTA_STEP, Code.QUOTA_LANDING)
"""Why a session has less than the plan's rate: its quota is spent, on the way, or to last until the next count."""


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A running session; rates in bit/s, octets as counted, epoch seconds.

    `opd` is the person's office, `host` the one whose site it is at.
    """

    id: int
    username: str
    employee_id: int | None
    login: str | None
    name: str | None
    nip: str | None
    opd: str | None
    host: str | None
    site: str | None
    gateway_id: int
    gateway: str
    nas: str
    acct_session_id: str
    framed_ip: str
    mac: str
    started_s: int
    last_event_s: int
    last_arrival_s: int
    interim_s: int
    now_down_bps: int | None
    now_up_bps: int | None
    applied_down_bps: int | None
    applied_up_bps: int | None
    applied_code: str
    counted_input: int
    counted_output: int
    flag: str
    order: LastOrder | None = None

    @property
    def is_ending(self) -> bool:
        """Whether its end is ordered, or was taken and nothing was heard of it since: there is nothing more to do."""
        order = self.order
        if order is None or order.kind is not OrderKind.DISCONNECT:
            return False
        if order.state is OrderState.ACKNOWLEDGED:
            return self.last_event_s * 1000 <= (order.ended_ms or 0)
        return order.state in (OrderState.PENDING, OrderState.SENT)

    def state(self, now_s: int) -> SessionState:
        """What stands out most at `now_s`."""
        if self.flag in (OrderState.REFUSED, OrderState.GIVEN_UP):
            return SessionState.UNANSWERED
        if now_s - self.last_arrival_s > _STALE_INTERVALS * self.interim_s:
            return SessionState.SILENT
        if self.applied_code in SLOWED_BY:
            return SessionState.SLOWED
        pairs = ((self.now_down_bps, self.applied_down_bps), (self.now_up_bps, self.applied_up_bps))
        full = any(now and limit and now * 100 >= limit * _AT_LIMIT_PERCENT for now, limit in pairs)
        return SessionState.AT_LIMIT if full else SessionState.USUAL


@dataclass(frozen=True, slots=True)
class SessionFilter:
    """Which running sessions are wanted, by row ids; `opd_id` the person's office or the place's host; None = any.

    `scope`: of what the asking person may see at all. `after_id`: those with a higher number alone, for programs that
    read on in the order of `id`.
    """

    opd_id: int | None = None
    nas_id: int | None = None
    employee_id: int | None = None
    session_ids: tuple[int, ...] | None = None
    state: SessionState | None = None
    search: str = ""
    sort: str = "-down"
    page: int = 1
    size: int = 25
    scope: Scope = EVERYTHING
    after_id: int | None = None


@dataclass(frozen=True, slots=True)
class SessionPage:
    """One page of running sessions; count and sums (bit/s) of all that match, with the newest report's epoch second."""

    sessions: tuple[OpenSession, ...]
    total: int
    down_bps: int
    up_bps: int
    newest_s: int | None
    page: int = 1
    size: int = 25


SORTS: dict[str, ColumnElement[Any]] = {
    "down": func.coalesce(_s.now_down_bps, -1),
    "up": func.coalesce(_s.now_up_bps, -1),
    "name": func.lower(func.coalesce(employee.c.name, _s.username)),
    "opd": func.coalesce(opd.c.code, ""),
    "gateway": gateway.c.identifier,
    "since": _s.started_s,
    "limit": func.coalesce(_s.applied_down_bps, -1),
    "ip": _s.framed_ip,
    "id": _s.id,
}


def open_sessions(connection: Connection, wanted: SessionFilter, now_s: int) -> SessionPage:
    """One page of the running sessions that match, each with its last order; an unknown sort falls back to `-down`."""
    conditions = list(_conditions(wanted, now_s))
    totals = select(
        func.count(), func.coalesce(func.sum(_s.now_down_bps), 0), func.coalesce(func.sum(_s.now_up_bps), 0),
        func.max(_s.last_arrival_s),
    )  # fmt: skip
    total, down, up, newest = connection.execute(totals.select_from(_joined()).where(*conditions)).one()
    name, falls = wanted.sort.removeprefix("-"), wanted.sort.startswith("-")
    column = SORTS.get(name, SORTS["down"])
    falls = falls or name not in SORTS
    query = (
        select(*_columns()).select_from(_joined()).where(*conditions)
        .order_by(column.desc() if falls else column.asc(), _s.id)
        .offset((wanted.page - 1) * wanted.size).limit(wanted.size)
    )  # fmt: skip
    found = [_session(row) for row in connection.execute(query)]
    orders = last_orders(connection, [session.id for session in found])
    sessions = tuple(replace(session, order=orders.get(session.id)) for session in found)
    return SessionPage(sessions, int(total), int(down), int(up), newest, wanted.page, wanted.size)


def last_orders(connection: Connection, session_ids: Sequence[int]) -> dict[int, LastOrder]:
    """The newest order of each of these sessions, by session."""
    if not session_ids:
        return {}
    e = enforcement.c
    newest = select(func.max(e.id)).where(e.session_id.in_(session_ids)).group_by(e.session_id)
    rows = connection.execute(
        select(
            e.id, e.session_id, e.kind, e.state, e.desired_down_bps, e.desired_up_bps, e.code, e.created_ms,
            e.ended_ms, e.error_cause, e.result,
        ).where(e.id.in_(newest))
    )  # fmt: skip
    found = [LastOrder(row[0], row[1], OrderKind(row[2]), OrderState(row[3]), *row[4:]) for row in rows]
    return {order.session_id: order for order in found}


def people_online(connection: Connection, employee_ids: Sequence[int]) -> dict[int, int]:
    """How many sessions run, by person; who has none is left out."""
    query = select(_s.employee_id, func.count()).where(_s.ended_s.is_(None), _s.employee_id.in_(employee_ids))
    rows = connection.execute(query.group_by(_s.employee_id)) if employee_ids else ()
    return {row[0]: row[1] for row in rows}


@dataclass(frozen=True, slots=True)
class UseNow:
    """What flows now: sessions, people; bit/s by the sessions' last interim intervals, or by the interface's last one.

    `is_measured`: the interface told the rates.
    """

    sessions: int = 0
    people: int = 0
    down_bps: int = 0
    up_bps: int = 0
    is_measured: bool = False


@dataclass(frozen=True, slots=True)
class UseByPlace:
    """What flows now by host OPD, by link, by site and by gateway (row ids)."""

    city: UseNow = UseNow()
    opds: dict[int, UseNow] = field(default_factory=dict[int, UseNow])
    links: dict[int, UseNow] = field(default_factory=dict[int, UseNow])
    sites: dict[int, UseNow] = field(default_factory=dict[int, UseNow])
    gateways: dict[int, UseNow] = field(default_factory=dict[int, UseNow])


def use_now(connection: Connection) -> UseByPlace:
    """What flows now everywhere, from one walk over the open sessions."""
    rows = connection.execute(
        select(_s.opd_id, _s.link_id, _s.site_id, _s.gateway_id, _s.employee_id, _s.now_down_bps, _s.now_up_bps).where(
            is_open()
        )
    )
    sums: dict[tuple[str, int], _Sum] = {}
    for opd_id, link_id, site_id, gateway_id, employee_id, down, up in rows:
        keys = (("city", 0), ("opds", opd_id), ("links", link_id), ("sites", site_id), ("gateways", gateway_id))
        for kind, key in keys:
            if key is not None:
                sums.setdefault((kind, key), _Sum()).add(employee_id, down or 0, up or 0)
    found = UseByPlace(sums.pop(("city", 0), _Sum()).made())
    for (kind, key), total in sums.items():
        getattr(found, kind)[key] = total.made()
    return found


class _Sum:
    __slots__ = ("down", "people", "sessions", "up")

    def __init__(self) -> None:
        self.sessions, self.down, self.up = 0, 0, 0
        self.people: set[int] = set()

    def add(self, employee_id: int | None, down_bps: int, up_bps: int) -> None:
        self.sessions, self.down, self.up = self.sessions + 1, self.down + down_bps, self.up + up_bps
        if employee_id is not None:
            self.people.add(employee_id)

    def made(self) -> UseNow:
        return UseNow(self.sessions, len(self.people), self.down, self.up)


def is_open() -> ColumnElement[bool]:
    """A running session, in the words of its partial index; the bound on the gateway makes SQLite use it."""
    return and_(_s.ended_s.is_(None), _s.gateway_id > 0)


def _joined() -> FromClause:
    return (
        accounting_session.join(gateway, gateway.c.id == _s.gateway_id)
        .join(nas, nas.c.id == gateway.c.nas_id)
        .outerjoin(employee, employee.c.id == _s.employee_id)
        .outerjoin(opd, opd.c.id == employee.c.opd_id)
        .outerjoin(_host, _host.c.id == _s.opd_id)
        .outerjoin(site, site.c.id == _s.site_id)
    )


def _columns() -> list[ColumnElement[Any]]:
    return [
        _s.id, shown(_s.username), _s.employee_id, shown(employee.c.username), employee.c.name, employee.c.nip,
        opd.c.code, _host.c.code, site.c.name, _s.gateway_id, gateway.c.identifier, nas.c.name, _s.acct_session_id,
        _s.framed_ip, _s.mac, _s.started_s, _s.last_event_s, _s.last_arrival_s, _s.interim_s,
        _s.now_down_bps, _s.now_up_bps, _s.applied_down_bps, _s.applied_up_bps, _s.applied_code, _s.counted_input,
        _s.counted_output, _s.flag,
    ]  # fmt: skip


def _session(row: Row[Any]) -> OpenSession:
    return OpenSession(*row)


def _conditions(wanted: SessionFilter, now_s: int) -> Iterator[ColumnElement[bool]]:
    yield is_open()
    if wanted.opd_id is not None:
        yield or_(employee.c.opd_id == wanted.opd_id, _s.opd_id == wanted.opd_id)
    if wanted.after_id is not None:
        yield _s.id > wanted.after_id
    if wanted.scope.opd_ids is not None:
        own = sorted(wanted.scope.opd_ids)
        yield or_(employee.c.opd_id.in_(own), _s.opd_id.in_(own))
    if wanted.nas_id is not None:
        yield gateway.c.nas_id == wanted.nas_id
    if wanted.employee_id is not None:
        yield _s.employee_id == wanted.employee_id
    if wanted.session_ids is not None:
        yield _s.id.in_(wanted.session_ids)
    if wanted.state is not None:
        yield _in_state(wanted.state, now_s)
    if wanted.search.strip():
        yield _holds(wanted.search.strip().lower())


def _in_state(state: SessionState, now_s: int) -> ColumnElement[bool]:
    """The rules of `OpenSession.state` as conditions."""
    failed = _s.flag.in_((OrderState.REFUSED, OrderState.GIVEN_UP))
    silent = now_s - _s.last_arrival_s > _STALE_INTERVALS * _s.interim_s
    slowed = _s.applied_code.in_(SLOWED_BY)
    full = func.coalesce(
        or_(
            and_(_s.now_down_bps * 100 >= _s.applied_down_bps * _AT_LIMIT_PERCENT, _s.applied_down_bps > 0),
            and_(_s.now_up_bps * 100 >= _s.applied_up_bps * _AT_LIMIT_PERCENT, _s.applied_up_bps > 0),
        ),
        False,
    )
    match state:
        case SessionState.UNANSWERED:
            return failed
        case SessionState.SILENT:
            return and_(~failed, silent)
        case SessionState.SLOWED:
            return and_(~failed, ~silent, slowed)
        case SessionState.AT_LIMIT:
            return and_(~failed, ~silent, ~slowed, full)
        case SessionState.USUAL:
            return and_(~failed, ~silent, ~slowed, ~full)


def _holds(text: str) -> ColumnElement[bool]:
    """A person, a device or a session by any of its names; a NIP or MAC may be written with its separators."""
    named = (employee.c.name, shown(_s.username), shown(employee.c.username))
    columns = (*named, _s.framed_ip, _s.acct_session_id, _s.mac)
    found = [is_code(text), *(func.lower(column).contains(text, autoescape=True) for column in columns)]
    bare = "".join(letter for letter in text if letter.isalnum())
    if bare.isdecimal():
        found.append(employee.c.nip.contains(bare, autoescape=True))
    if len(bare) >= _LEAST_OF_MAC and set(bare) <= set("0123456789abcdef"):
        found.append(func.replace(func.lower(_s.mac), ":", "").contains(bare, autoescape=True))
    return or_(*found)
