"""Operations on codes by which people set a password themselves: one for who forgot his, slips for who has none yet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, cast

from netquota.services import activation, password_codes, sight
from netquota.services.api_tokens import TokenScope
from web.api.v1.bodies import body_schema, line_of, said_by
from web.api.v1.operations import (
    KEY,
    OBJECT,
    SAID,
    Answer,
    Call,
    Json,
    Operation,
    Parameter,
    iso,
    listed,
    page,
    text,
    whole,
)
from web.auth.rights import API
from web.context import here

_OPD: Final = Parameter("key", "path", text(32) | {"minLength": 1}, "The office's code.", True)
_PEOPLE: Final[Json] = {
    "type": "array", "items": text(253), "minItems": 1, "maxItems": activation.MOST,
    "description": "these usernames of them; else all",
}  # fmt: skip


def operations() -> Iterator[Operation]:
    """Those of codes."""
    yield Operation(
        "codes.make", "POST", "/password-codes", "employees", "A code by which an employee sets a new password "
        "himself, shown once; the present one stays good until it is used.", API["codes.make"], TokenScope.ACCOUNTS,
        _code, {201: OBJECT}, (KEY,), body_schema({"employee": text(253) | {"minLength": 1}, "why": SAID}, 2),
    )  # fmt: skip
    yield Operation(
        "slips.list", "GET", "/opds/{key}/slips", "employees", "Who of an office has no password yet, and until when "
        "his slip is good.", API["slips.list"], TokenScope.READ, _waiting, {200: listed(OBJECT)}, (_OPD,),
    )  # fmt: skip
    yield Operation(
        "slips.make", "POST", "/opds/{key}/slips", "employees", "First passwords: a code for each who has none, shown "
        "once; it ends the one before.", API["slips.make"], TokenScope.ACCOUNTS, _slips, {201: OBJECT}, (_OPD, KEY),
        body_schema(
            {"why": SAID, "days": whole(activation.SHORTEST_DAYS, activation.LONGEST_DAYS), "people": _PEOPLE}, 1,
        ),
    )  # fmt: skip


def _code(call: Call) -> Answer:
    person = sight.person(here().policy.snapshot, here().scope, line_of(call.body, "employee"))
    code = password_codes.give_code(here().office, person.username, said_by(call))
    expires_s = here().now_s + password_codes.LASTS_S
    return Answer({"username": person.username, "code": code, "expires": iso(expires_s)}, 201)


def _waiting(call: Call) -> Answer:
    return page(
        [
            {"username": one.username, "nip": one.nip, "name": one.name, "slip_until": iso(one.slip_until_s or None)}
            for one in activation.waiting(here().office, call.path["key"])
        ],
        None,
    )  # fmt: skip


def _slips(call: Call) -> Answer:
    people = cast(Sequence[str] | None, call.body.get("people"))
    days = int(call.body.get("days", activation.USUAL_DAYS))
    made = activation.make_slips(here().office, call.path["key"], said_by(call), days, people)
    slips = [
        {"username": one.username, "nip": one.nip, "name": one.name, "code": one.code, "expires": iso(one.expires_s)}
        for one in made
    ]
    return Answer({"opd": call.path["key"], "slips": slips}, 201)
