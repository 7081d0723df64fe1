"""Operations on requests for more: filed, read beside what was measured, assessed, decided, taken back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Final

from netquota.domain.requests import OPEN, RequestState, Wanted
from netquota.services import requests as desk
from netquota.services import sight
from netquota.services.api_tokens import TokenScope
from netquota.services.requests import Filing, Given
from netquota.storage import request_store
from netquota.storage.request_store import Request
from web.api.v1.bodies import (
    DAY,
    OCTETS,
    RATE,
    body_schema,
    day_of,
    day_told,
    line_of,
    octets_of,
    rate_of,
    rate_told,
    said_by,
)
from web.api.v1.operations import (
    CURSOR,
    IF_MATCH,
    KEY,
    LIMIT,
    OBJECT,
    USUAL_AT_ONCE,
    Answer,
    Call,
    Handler,
    Json,
    Operation,
    Parameter,
    iso,
    listed,
    number_in,
    page,
    text,
    wrap,
)
from web.api.v1.versions import etag, keep_seen, tagged
from web.auth.rights import API, Role
from web.context import here

_NUMBER: Final = Parameter("key", "path", text(40) | {"minLength": 1}, "Its number, such as P-2026-014.", True)
_IF_MATCH: Final = Parameter(IF_MATCH.name, IF_MATCH.place, IF_MATCH.schema, IF_MATCH.help)
_OPEN: Final = "open"
_REASON: Final[Json] = text(1000) | {"minLength": 1, "pattern": r"\S"}
_FILED: Final[Json] = {
    "opd": text(32) | {"minLength": 1}, "reason": _REASON, "rate": RATE, "until": DAY, "employee": text(253),
    "octets": OCTETS, "application": text(64),
}  # fmt: skip
_APPROVES: Final = (
    "Give what was asked, or what is given here instead, for good or until a day (included); running sessions follow "
    "at once. Over the size that is set it waits for the head of the office."
)
_GIVEN: Final[Json] = {"why": _REASON, "rate": RATE, "until": DAY, "octets": OCTETS, "quota": text(64)}


def operations() -> Iterator[Operation]:
    """Those on requests."""
    yield Operation(
        "requests.list", "GET", "/requests", "requests", "Requests for more, the newest first.", API["requests.list"],
        TokenScope.READ, _list, {200: listed(OBJECT)},
        (LIMIT, CURSOR,
         Parameter("state", "query", {"enum": [_OPEN, *(str(one) for one in RequestState)]}, "Only in this state; "
                   "`open`: those that wait for somebody."),
         Parameter("opd", "query", text(32), "Only of this office."),
         Parameter("employee", "query", text(253), "Only of this NIP or username.")),
    )  # fmt: skip
    yield Operation(
        "requests.read", "GET", "/requests/{key}", "requests", "One request, with its ETag: what is asked, what was "
        "measured when it was assessed, what that says of it, how it was decided.", API["requests.read"],
        TokenScope.READ, _read, {200: OBJECT}, (_NUMBER,),
    )  # fmt: skip
    yield Operation(
        "requests.file", "POST", "/requests", "requests", "File a request of an office (`rate`: so much more), or of "
        "somebody of it (`employee`; `rate`: his whole rate, or `octets`).", API["requests.file"], TokenScope.POLICY,
        _file, {201: OBJECT}, (KEY,), body_schema(_FILED, 2),
    )  # fmt: skip
    yield from _steps()


def _steps() -> Iterator[Operation]:
    told = {"why": _REASON}
    for name, summary, body, act in (
        ("assess", "Freeze what was measured beside it, with a note.", body_schema({"note": text(1000)}), _assess),
        ("approve", _APPROVES, body_schema(_GIVEN, 1), _approve),
        ("refuse", "Refuse it; the office reads why.", body_schema(told, 1), _by_word(desk.refuse)),
        ("budget", "Pass it to the next budget plan.", body_schema(told, 1), _by_word(desk.to_budget)),
        ("withdraw", "Take it back.", body_schema({"why": text(1000)}), _by_word(desk.withdraw)),
    ):  # fmt: skip
        yield Operation(
            f"requests.{name}", "POST", f"/requests/{{key}}/{name}", "requests", summary, API[f"requests.{name}"],
            TokenScope.POLICY, _step(act), {200: OBJECT}, (_NUMBER, _IF_MATCH, KEY), body,
        )  # fmt: skip


def _list(call: Call) -> Answer:
    context, query, size = here(), call.query, int(call.query.get("limit", USUAL_AT_ONCE))
    snapshot, state = context.policy.snapshot, query.get("state")
    states = None if state is None else OPEN if state == _OPEN else frozenset({RequestState(state)})
    with context.database.read() as connection:
        found = request_store.requests(
            connection, states=states, most=size + 1, scope=context.scope, before_id=number_in(query.get("cursor")),
            opd_id=sight.office_named(snapshot, context.scope, query["opd"]).id if query.get("opd") else None,
            employee_id=sight.person(snapshot, context.scope, query["employee"]).id if query.get("employee") else None,
        )  # fmt: skip
    more = wrap(str(found[size - 1].id)) if len(found) > size else None
    return page([_plain(one) for one in found[:size]], more)


def _read(call: Call) -> Answer:
    found = desk.opened(here().office, call.path["key"])
    return tagged(call, found.version, _plain(found))


def _file(call: Call) -> Answer:
    body = call.body
    wanted = Wanted(rate_of(body, "rate"), octets_of(body, "octets"), day_of(body, "until"))
    filing = Filing(
        line_of(body, "opd"), wanted, line_of(body, "reason"), line_of(body, "employee") or None,
        line_of(body, "application") or None,
    )  # fmt: skip
    filed = desk.file_request(here().office, filing, said_by(call, "reason"))
    place = {"Location": f"/api/v1/requests/{filed.number}", "ETag": etag(filed.version)}
    return Answer(_plain(filed), 201, place)


Act = Callable[[Call, str, int | None], Request]


def _step(act: Act) -> Handler:
    """What moves a request on, if it is still as the caller saw it (where he says what he saw)."""

    def answer(call: Call) -> Answer:
        found = desk.opened(here().office, call.path["key"])
        keep_seen(call, found.version, is_needed=False)
        moved = act(call, found.number, None if call.if_match is None else found.version)
        here().changed()
        return Answer(_plain(moved), 200, {"ETag": etag(moved.version)})

    return answer


def _assess(call: Call, number: str, seen: int | None) -> Request:
    by = said_by(call, "note")
    return desk.assess(here().office, here().policy, number, by.why, by, seen=seen)


def _approve(call: Call, number: str, seen: int | None) -> Request:
    body, context = call.body, here()
    given = Given(rate_of(body, "rate"), octets_of(body, "octets"), day_of(body, "until"), line_of(body, "quota"))
    return desk.approve(
        context.office, context.policy, number, given, said_by(call),
        is_head=call.caller.admin.role == Role.HEAD_OF_OFFICE, head_above=context.settings.requests.above, seen=seen,
    )  # fmt: skip


def _by_word(decide: Callable[..., Request]) -> Act:
    """A decision that needs a reason alone."""
    return lambda call, number, seen: decide(here().office, number, said_by(call), seen=seen)


def _plain(one: Request) -> Json:
    figures, advised = desk.figures_of(one), desk.advice_on(one)
    return {
        "number": one.number, "opd": one.opd, "employee": one.username, "application": one.application,
        "state": str(one.state), "wanted": rate_told(one.wanted), "wanted_octets": one.wanted_octets,
        "until": day_told(one.until), "reason": one.reason, "by": one.by, "filed": iso(one.created_s),
        "figures": None if figures is None else asdict(figures), "advice": None if advised is None else str(advised),
        "assessment": one.assessment, "assessed_by": one.assessed_by, "decision": one.decision,
        "decided_by": one.decided_by, "decided": iso(one.decided_s), "version": one.version,
    }  # fmt: skip
