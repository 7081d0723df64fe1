"""Operations by which reported applications are followed: steps, the board of offices, who has none, reminders."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from netquota.domain.applications import Outcome, Standing, Step, Taken
from netquota.services import application_use
from netquota.services import applications as record
from netquota.services.api_tokens import TokenScope
from netquota.services.applications import Followed
from netquota.services.office import Author, Office
from netquota.storage.ceiling_grant_store import CeilingGrant
from web.api.v1.bodies import (
    DAY,
    RATE,
    body_schema,
    day_of,
    day_told,
    line_of,
    rate_of,
    rate_told,
    said_by,
)
from web.api.v1.operations import (
    DRY_RUN,
    KEY,
    OBJECT,
    SAID,
    Answer,
    Call,
    Handler,
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

_CODE: Final = Parameter("key", "path", text(64) | {"minLength": 1}, "The application's code.", True)
_OPD: Final = Parameter("key", "path", text(32) | {"minLength": 1}, "The office's code.", True)
_TAKES: Final = (
    "Take a step: verify, advise, socialise (`material`), evaluate (`users`), provide (a share at `rate` until a day, "
    "given at once; `budget`; `no_need`). A dry run says where it would lead."
)
_STEP: Final[Json] = {
    "step": {"enum": [str(one) for one in Step]}, "outcome": {"enum": [str(one) for one in Outcome]},
    "on": DAY, "note": text(1000), "material": text(400), "users": whole(0, 10_000_000), "rate": RATE, "until": DAY,
    "review_on": DAY,
}  # fmt: skip


def operations() -> Iterator[Operation]:
    """Those on following applications."""
    read, write = TokenScope.READ, TokenScope.POLICY
    yield Operation(
        "applications.steps", "GET", "/applications/{key}/steps", "applications", "How an application is followed: "
        "steps taken, the next, what was given for it, what gateways measured of it in 30 days, others that do much "
        "the same.", API["applications.steps"],
        read, _steps, {200: OBJECT}, (_CODE,),
    )  # fmt: skip
    yield Operation(
        "applications.step", "POST", "/applications/{key}/steps", "applications", _TAKES, API["applications.step"],
        write, _step, {200: OBJECT}, (_CODE, DRY_RUN, KEY), body_schema(_STEP, 2),
    )  # fmt: skip
    yield Operation(
        "application_board.read", "GET", "/application-board", "applications", "Which offices have reported their "
        "applications, which have none, which are silent.", API["application_board.read"], read, _board,
        {200: listed(OBJECT)},
    )  # fmt: skip
    yield Operation(
        "application_board.remind", "POST", "/application-board/remind", "applications", "Tell the operators of the "
        "offices that are silent, each once a day.", API["application_board.remind"], write, _remind, {200: OBJECT},
        (KEY,), body_schema({"why": text(200)}),
    )  # fmt: skip
    yield Operation(
        "application_board.none", "POST", "/application-board/{key}/none", "applications", "An office declares that "
        "it has no application.", API["application_board.none"], write, _declared(record.declare_none, "none"),
        {200: OBJECT}, (_OPD, KEY), body_schema({"why": text(200)}),
    )  # fmt: skip
    yield Operation(
        "application_board.silent", "POST", "/application-board/{key}/silent", "applications", "Take that back.",
        API["application_board.silent"], write, _declared(record.withdraw_none, "silent"), {200: OBJECT},
        (_OPD, KEY), body_schema({"why": SAID}, 1),
    )  # fmt: skip


def _steps(call: Call) -> Answer:
    with here().database.read() as connection:
        found = record.one_followed(here().office, connection, call.path["key"])
        use = application_use.use_of(connection, here().office, found.application)
    return Answer(_followed(found) | {"measured": application_use.told_of(use)})


def _step(call: Call) -> Answer:
    body, dry, by = call.body, bool(call.query.get("dry_run")), said_by(call, "note")
    users = body.get("users")
    taken = Taken(
        Step(body["step"]), Outcome(body["outcome"]), day_of(body, "on") or here().office.today, by.name, by.why,
        line_of(body, "material"), None if users is None else int(users), rate_of(body, "rate"),
        day_of(body, "until"), day_of(body, "review_on"),
    )  # fmt: skip
    stands = record.take_step(here().office, call.path["key"], taken, by, dry_run=dry)
    if not dry:
        here().changed()
    return Answer(_standing(stands) | {"dry_run": dry})


def _board(_call: Call) -> Answer:
    with here().database.read() as connection:
        found = record.board(here().office, connection)
    return page(
        [
            {"opd": one.record.code, "name": one.record.name, "reporting": str(one.reporting),
             "applications": one.record.applications, "need": rate_told(one.record.need),
             "none_by": one.record.none_by, "none_at": iso(one.record.none_at_s)}
            for one in found.offices
        ],
        None,
    )  # fmt: skip


def _remind(call: Call) -> Answer:
    return Answer({"opds": record.remind(here().office, said_by(call))})


def _declared(act: Callable[[Office, str, Author], None], reporting: str) -> Handler:
    def answer(call: Call) -> Answer:
        act(here().office, call.path["key"], said_by(call))
        return Answer({"opd": call.path["key"], "reporting": reporting})

    return answer


def _standing(one: Standing) -> Json:
    return {"progress": str(one.progress), "next": None if one.next_step is None else str(one.next_step)}


def _followed(found: Followed) -> Json:
    return {
        "application": found.application.code, "opd": found.application.opd, **_standing(found.standing),
        "steps": [_taken(one) for one in found.steps], "shares": [_share(one) for one in found.shares],
        "similar": [{"code": one.code, "opd": one.opd, "permille": permille} for permille, one in found.similar],
    }  # fmt: skip


def _taken(one: Taken) -> Json:
    return {
        "step": str(one.step), "outcome": str(one.outcome), "on": day_told(one.on), "by": one.by, "note": one.note,
        "material": one.material, "users": one.users, "share": rate_told(one.rate), "until": day_told(one.until),
        "review_on": day_told(one.review_on),
    }  # fmt: skip


def _share(one: CeilingGrant) -> Json:
    return {
        "rate": rate_told(one.rate), "from": iso(one.from_s), "until": iso(one.until_s), "ended": iso(one.ended_s),
        "in_force": one.is_in_force,
    }  # fmt: skip
