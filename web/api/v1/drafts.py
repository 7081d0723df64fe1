"""Operations on drafts of limits: made, read with what last week would have been, published, timed, put in shadow."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Final, cast

from netquota.services import draft_simulation
from netquota.services import drafts as desk
from netquota.services.api_tokens import TokenScope
from netquota.storage.draft_store import Draft, DraftState
from web.api.v1.bodies import body_schema, said_by
from web.api.v1.operations import (
    KEY,
    NUMBER,
    OBJECT,
    SAID,
    Answer,
    Call,
    Handler,
    Json,
    Operation,
    iso,
    listed,
    moment_of,
    page,
    text,
    text_of,
)
from web.auth.rights import API
from web.context import here

_LONGEST_KEY: Final = 253
_LONGEST_TEXT: Final = 1000
_CHANGES: Final[Json] = {
    "type": "array", "minItems": 1, "maxItems": 500,
    "items": {
        "type": "object",
        "properties": {
            "kind": {"enum": list(desk.KINDS)}, "key": text(_LONGEST_KEY) | {"minLength": 1},
            "fields": {"type": "object", "minProperties": 1, "additionalProperties": text(_LONGEST_TEXT)},
        },
        "required": ["kind", "key", "fields"], "additionalProperties": False,
    },
}  # fmt: skip


_PUBLISH = (
    "Put it in force now, all of it or nothing, or at a moment (`at`). `saw` is that of the draft as it was read; "
    "without it nothing that was changed since somebody looked is overwritten."
)


def operations() -> Iterator[Operation]:
    """Those on drafts."""
    read, write = TokenScope.READ, TokenScope.POLICY
    yield Operation(
        "drafts.list", "GET", "/drafts", "drafts", "The newest drafts.", API["drafts.list"], read, _list,
        {200: listed(OBJECT)},
    )  # fmt: skip
    yield Operation(
        "drafts.read", "GET", "/drafts/{id}", "drafts",
        "One draft: its changes, and what last week would have been with it.", API["drafts.read"], read, _read,
        {200: OBJECT}, (NUMBER,),
    )  # fmt: skip
    yield Operation(
        "drafts.add", "POST", "/drafts", "drafts", "Make a draft; nothing is in force by it.", API["drafts.add"],
        write, _add, {201: OBJECT}, (KEY,),
        body_schema({"name": text(120) | {"minLength": 1, "pattern": r"\S"}, "changes": _CHANGES, "why": text(200)}, 2),
    )  # fmt: skip
    for name, summary, properties in (
        ("publish", _PUBLISH, {"why": SAID, "at": text(40), "saw": text(64)}),
        ("shadow", "Let it run a month without touching anybody.", {"why": SAID}),
        ("back", "End shadow, or call a time of publishing off.", {"why": SAID}),
        ("discard", "Forget it; what was published stays.", {"why": SAID}),
    ):
        yield Operation(
            f"drafts.{name}", "POST", f"/drafts/{{id}}/{name}", "drafts", summary, API[f"drafts.{name}"], write,
            _act(name), {200: OBJECT}, (NUMBER, KEY), body_schema(properties, 1),
        )  # fmt: skip


def _list(_call: Call) -> Answer:
    return page([_shown(one) for one in desk.listing(here().office)], None)


def _read(call: Call) -> Answer:
    context, found = here(), desk.opened(here().office, int(call.path["id"]))
    with context.database.read() as connection:
        week = draft_simulation.last_week(connection, context.policy, found, context.now_s)
    hits = [
        {"name": one.name, "bins": one.bins, "cut_bins": one.cut_bins, "cut_octets": one.cut_octets,
         "freed_bins": one.freed_bins}
        for one in (*week.offices, *week.people)
    ]  # fmt: skip
    links = [
        {"link": one.name, "p95_before_bps": one.before_bps, "p95_least_bps": one.least_bps,
         "p95_most_bps": one.most_bps}
        for one in week.links
    ]  # fmt: skip
    simulated = {"from": iso(week.from_s), "until": iso(week.to_s), "hits": hits, "links": links}
    late = [] if found.state is DraftState.PUBLISHED else [asdict(one) for one in desk.overtaken(here().office, found)]
    return Answer(
        _shown(found)
        | {
            "changes": _changes(found),
            "overtaken": late,
            "saw": desk.sight(here().office, found),
            "last_week": simulated,
        }
    )


def _add(call: Call) -> Answer:
    wanted = [(one["kind"], one["key"], one["fields"]) for one in cast(list[Json], call.body["changes"])]
    number = desk.make(here().office, text_of(call.body, "name"), wanted, said_by(call))
    return Answer(_shown(desk.opened(here().office, number)), 201, {"Location": f"/api/v1/drafts/{number}"})


def _act(name: str) -> Handler:
    def answer(call: Call) -> Answer:
        number, office, by = int(call.path["id"]), here().office, call.why()
        at, saw = text_of(call.body, "at", needed=False), text_of(call.body, "saw", needed=False) or None
        acts: dict[str, Callable[[], object]] = {
            "publish": lambda: (
                desk.schedule(office, number, int(moment_of(at, "at").timestamp()), by, saw)
                if at
                else desk.publish(office, number, by, saw)
            ),
            "shadow": lambda: desk.begin_shadow(office, number, by),
            "back": lambda: desk.back_to_draft(office, number, by),
            "discard": lambda: desk.discard(office, number, by),
        }
        acts[name]()
        here().changed()
        return Answer({"id": number} if name == "discard" else _shown(desk.opened(office, number)))

    return answer


def _changes(found: Draft) -> list[Json]:
    return [{"kind": kind, "key": key, "fields": dict(values)} for (kind, key), values in found.changes.items()]


def _shown(found: Draft) -> Json:
    return {
        "id": found.id, "name": found.name, "state": str(DraftState(found.state)), "why": found.why, "by": found.by,
        "made": iso(found.made_s), "publish_at": iso(found.publish_s), "ended": iso(found.ended_s),
        "shadow_from": iso(found.shadow_from_s), "shadow_until": iso(found.shadow_until_s), "outcome": found.outcome,
    }  # fmt: skip
