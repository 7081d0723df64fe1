"""Operations on running sessions: list, read, end, another speed for their people; passwords."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, cast

from netquota.domain.units import parse_rate
from netquota.errors import InvalidValue, NotFound
from netquota.services import allocate, credentials, sight
from netquota.services.api_tokens import TokenScope
from netquota.services.disconnect import disconnect
from netquota.services.explain import nas_named
from netquota.services.made_codes import made_code
from netquota.storage.session_report import OpenSession, SessionFilter, SessionState, open_sessions
from web.api.v1.bodies import body_schema
from web.api.v1.operations import (
    CURSOR,
    KEY,
    LIMIT,
    USUAL_AT_ONCE,
    Answer,
    Call,
    Json,
    Operation,
    Parameter,
    iso,
    listed,
    number_in,
    page,
    text,
    text_of,
    whole,
    wrap,
)
from web.auth.rights import API
from web.context import here

MOST_SESSIONS: Final = 100
_NULLABLE_TEXT: Final = {"type": ["string", "null"]}
_NULLABLE_NUMBER: Final = {"type": ["integer", "null"]}
SESSION: Final[Json] = {
    "type": "object",
    "properties": {
        "id": {"type": "integer"}, "username": {"type": "string"}, "nip": _NULLABLE_TEXT, "name": _NULLABLE_TEXT,
        "opd": _NULLABLE_TEXT, "host": _NULLABLE_TEXT, "site": _NULLABLE_TEXT, "nas": {"type": "string"},
        "gateway": {"type": "string"}, "acct_session_id": {"type": "string"}, "ip": {"type": "string"},
        "mac": {"type": "string"}, "since": {"type": "string", "format": "date-time"},
        "last_news": {"type": "string", "format": "date-time"}, "interim_s": {"type": "integer"},
        "now_down_bps": _NULLABLE_NUMBER, "now_up_bps": _NULLABLE_NUMBER, "limit_down_bps": _NULLABLE_NUMBER,
        "limit_up_bps": _NULLABLE_NUMBER, "down_octets": {"type": "integer"}, "up_octets": {"type": "integer"},
        "state": {"enum": [state.value for state in SessionState]},
        "order": {
            "type": ["object", "null"], "description": "the newest order to the gateway and how it ended",
            "properties": {"kind": {"type": "string"}, "state": {"type": "string"}, "result": {"type": "string"}},
        },
    },
    "required": ["id", "username", "nas", "gateway", "since", "state"],
}  # fmt: skip
_IDS: Final[Json] = {
    "type": "array", "items": whole(1, 2**62), "minItems": 1, "maxItems": MOST_SESSIONS, "description": "their ids",
}  # fmt: skip
_ASKED: Final[Json] = {
    "type": "object",
    "properties": {"sessions": {"type": "integer", "description": "of how many sessions it was asked"}},
    "required": ["sessions"],
}


def operations() -> Iterator[Operation]:
    """Those on sessions."""
    mine = {"$ref": "#/components/schemas/Session"}
    filters = (
        Parameter("employee", "query", text(253), "Only of this NIP or username."),
        Parameter("opd", "query", text(32), "Only of this office's people, or at its sites."),
        Parameter("nas", "query", text(80), "Only at this gateway."),
        Parameter("state", "query", {"enum": [state.value for state in SessionState]}, "Only in this state."),
        Parameter("search", "query", text(120), "Only those that hold this text: a name, MAC, IP."),
    )
    yield Operation(
        "sessions.list", "GET", "/sessions", "sessions", "The sessions that run now, by their id.",
        API["sessions.list"], TokenScope.READ, _list, {200: listed(mine)}, (LIMIT, CURSOR, *filters),
    )  # fmt: skip
    yield Operation(
        "sessions.read", "GET", "/sessions/{id}", "sessions", "One running session.", API["sessions.read"],
        TokenScope.READ, _read, {200: mine}, (Parameter("id", "path", whole(1, 2**62), "Its id.", True),),
    )  # fmt: skip
    yield Operation(
        "sessions.disconnect", "POST", "/sessions/disconnect", "sessions",
        "End running sessions; the gateways are asked at once.", API["sessions.disconnect"], TokenScope.SESSIONS,
        _disconnect, {202: _ASKED}, (KEY,), body_schema({"sessions": _IDS, "why": text() | {"minLength": 1}}, 2),
    )  # fmt: skip
    yield Operation(
        "sessions.speed", "POST", "/sessions/speed", "sessions",
        "Give the people of running sessions another speed (their personal limit), until a time or until changed.",
        API["sessions.speed"], TokenScope.SESSIONS, _speed, {202: _ASKED}, (KEY,),
        body_schema({"sessions": _IDS, "rate": text(40) | {"minLength": 1}, "why": text() | {"minLength": 1},
               "until": text(40)}, 3),
    )  # fmt: skip
    yield Operation(
        "passwords.reset", "POST", "/passwords", "employees", "A new password for an employee, made up, shown once.",
        API["passwords.reset"], TokenScope.ACCOUNTS, _reset,
        {201: {"type": "object", "properties": {"username": {"type": "string"}, "password": {"type": "string"}},
               "required": ["username", "password"]}},
        (), body_schema({"employee": text(253) | {"minLength": 1}, "why": text()}, 1),
    )  # fmt: skip


def _list(call: Call) -> Answer:
    context, query, size = here(), call.query, call.query.get("limit", USUAL_AT_ONCE)
    snapshot = context.policy.snapshot
    wanted = SessionFilter(
        opd_id=sight.office_named(snapshot, context.scope, query["opd"]).id if query.get("opd") else None,
        nas_id=nas_named(snapshot, query["nas"]).id if query.get("nas") else None,
        employee_id=sight.person(snapshot, context.scope, query["employee"]).id if query.get("employee") else None,
        state=SessionState(query["state"]) if query.get("state") else None, search=query.get("search", ""),
        sort="id", size=size + 1, scope=context.scope, after_id=number_in(query.get("cursor")),
    )  # fmt: skip
    with context.database.read() as connection:
        found = open_sessions(connection, wanted, context.now_s).sessions
    more = wrap(str(found[size - 1].id)) if len(found) > size else None
    return page([plain(one) for one in found[:size]], more)


def _read(call: Call) -> Answer:
    (found,) = _open([int(call.path["id"])]) or (None,)
    if found is None:
        raise NotFound("session", call.path["id"])
    return Answer(plain(found))


def _disconnect(call: Call) -> Answer:
    ordered = disconnect(here().office, _ids(call), call.why())
    return Answer({"sessions": len(ordered)}, 202)


def _speed(call: Call) -> Answer:
    rate, until = text_of(call.body, "rate"), text_of(call.body, "until", needed=False)
    parse_rate(rate, "rate")
    by = call.why()
    found = [one for one in _open(_ids(call)) if one.login is not None]
    for login in dict.fromkeys(str(one.login) for one in found):
        values = {"override": rate, "override_until": until, "override_why": by.why}
        allocate.change(here().office, "employee", login, values, by)
    here().changed()
    return Answer({"sessions": len(found)}, 202)


def _reset(call: Call) -> Answer:
    person = sight.person(here().policy.snapshot, here().scope, text_of(call.body, "employee"))
    password = made_code(3)
    by = call.author() if "why" not in call.body else call.why()
    credentials.set_password(here().office, person.username, password, by)
    here().changed()
    return Answer({"username": person.username, "password": password}, 201)


def _ids(call: Call) -> list[int]:
    given = cast(list[float], call.body["sessions"])
    found = [one for one in given if isinstance(one, int)]
    if len(found) != len(given):  # 7.0 is a whole number by the schema
        raise InvalidValue("sessions", "", "give the ids as whole numbers")
    return found


def _open(ids: list[int]) -> list[OpenSession]:
    """Those that still run, within the caller's scope."""
    context = here()
    wanted = SessionFilter(session_ids=tuple(ids), size=MOST_SESSIONS, sort="id", scope=context.scope)
    with context.database.read() as connection:
        return list(open_sessions(connection, wanted, context.now_s).sessions)


def plain(one: OpenSession) -> Json:
    """A session for programs."""
    order = one.order
    return {
        "id": one.id, "username": one.login or one.username, "nip": one.nip, "name": one.name, "opd": one.opd,
        "host": one.host, "site": one.site, "nas": one.nas, "gateway": one.gateway,
        "acct_session_id": one.acct_session_id, "ip": one.framed_ip, "mac": one.mac, "since": iso(one.started_s),
        "last_news": iso(one.last_event_s), "interim_s": one.interim_s, "now_down_bps": one.now_down_bps,
        "now_up_bps": one.now_up_bps, "limit_down_bps": one.applied_down_bps, "limit_up_bps": one.applied_up_bps,
        "limit_code": one.applied_code or None,
        "down_octets": one.counted_output, "up_octets": one.counted_input, "state": one.state(here().now_s).value,
        "order": None if order is None else {"kind": order.kind, "state": order.state, "result": order.result},
    }  # fmt: skip
