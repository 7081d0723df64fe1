"""Operations on the division of a link among its offices: what each method proposes, and a draft of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from netquota.domain.units import exact_rate
from netquota.errors import Conflict, InvalidValue, NotFound
from netquota.services import allocation_board, drafts
from netquota.services.allocation_board import Board, Method, Seat
from netquota.services.api_tokens import TokenScope
from web.admin.door import measures
from web.api.v1.bodies import body_schema, line_of, rate_told, said_by
from web.api.v1.operations import KEY, OBJECT, SAID, Answer, Call, Json, Operation, Parameter, text
from web.auth.rights import API
from web.context import here

_LINK: Final = Parameter("key", "path", text(80) | {"minLength": 1}, "The link's name.", True)


def operations() -> Iterator[Operation]:
    """Those of divisions."""
    yield Operation(
        "links.division", "GET", "/links/{key}/division", "links", "A link beside what its offices have of it, and "
        "what each method would give them.", API["links.division"], TokenScope.READ, _read, {200: OBJECT}, (_LINK,),
    )  # fmt: skip
    yield Operation(
        "links.divide", "POST", "/links/{key}/division/draft", "links", "Make a draft of the ceilings that a method "
        "proposes and that differ; nothing is in force by it.", API["links.divide"], TokenScope.POLICY, _draft,
        {201: OBJECT}, (_LINK, KEY),
        body_schema({"method": {"enum": [str(one) for one in Method]}, "why": SAID, "name": text(120)}, 2),
    )  # fmt: skip


def _read(call: Call) -> Answer:
    found = _board(call.path["key"])
    return Answer(
        {
            "link": found.link.name, "capacity": rate_told(found.link.capacity),
            "guaranteed_bps": found.guaranteed_bps, "ceilings_bps": found.ceilings_bps, "gap_bps": found.gap_bps,
            "oversubscribed_permille": found.oversubscribed_permille,
            "opds": [_seat(found, each) for each in found.seats],
        }
    )  # fmt: skip


def _seat(found: Board, seat: Seat) -> Json:
    return {
        "opd": seat.opd.code, "ceiling": rate_told(seat.opd.ceiling), "guaranteed": rate_told(seat.opd.guaranteed),
        "people": seat.people, "p95_down_bps": seat.p95_bps, "other_links": list(seat.other_links),
        "proposed": {str(method): rate_told(found.rate(bps)) for method, bps in seat.proposed.items()},
    }  # fmt: skip


def _draft(call: Call) -> Answer:
    found, method = _board(call.path["key"]), Method(call.body["method"])
    rates = {each.opd.code: found.rate(each.proposed[method]) for each in found.seats if method in each.proposed}
    if found.seats and not rates:
        raise InvalidValue("method", str(method), "the guaranteed rates need more than there is; lower one first")
    wanted = [
        ("opd", each.opd.code, {"ceiling": exact_rate(rates[each.opd.code])})
        for each in found.seats
        if each.opd.code in rates and rates[each.opd.code] != each.opd.ceiling
    ]
    if not wanted:
        raise Conflict("nothing is different from what holds")
    name = line_of(call.body, "name") or f"{found.link.name}: {method}"
    number = drafts.make(here().office, name, wanted, said_by(call))
    return Answer({"draft": number, "changes": len(wanted)}, 201, {"Location": f"/api/v1/drafts/{number}"})


def _board(name: str) -> Board:
    context = here()
    with context.database.read() as connection:
        every = allocation_board.boards_now(connection, context.policy, measures(), context.now_s)
    found = next((each for each in every if each.link.name == name), None)
    if found is None:
        raise NotFound("link", name)
    return found
