"""Operations on many things at once: one change for all of them or none, and a change taken back with its company."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, cast

from netquota.errors import InvalidValue
from netquota.services import bulk, shapes
from netquota.services.api_tokens import SCOPE_OF_KIND, TokenScope
from netquota.services.bulk import Bulk
from netquota.services.catalogue import KINDS, Kind
from web.api.v1.bodies import body_schema
from web.api.v1.operations import DRY_RUN, KEY, SAID, Answer, Call, Handler, Json, Operation, Parameter, text, whole
from web.api.v1.things import permitted, plural
from web.auth.rights import API, changing
from web.context import here

_DONE: Final[Json] = {
    "type": "object",
    "properties": {
        "changes": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "key": {"type": "string"},
                    "before": {"type": "object", "additionalProperties": {"type": "string"}},
                    "after": {"type": "object", "additionalProperties": {"type": "string"}},
                },
                "required": ["key", "before", "after"],
            },
        },
        "same": {"type": "integer", "description": "how many stood so already"},
        "sessions": {"type": "integer", "description": "running sessions on which it bears"},
        "warnings": {"type": "array", "items": {"type": "string"}},
        "dry_run": {"type": "boolean"},
    },
    "required": ["changes", "same", "sessions", "warnings", "dry_run"],
}


def operations() -> Iterator[Operation]:
    """One of each kind that can be changed in number, and the way back."""
    for kind in KINDS.values():
        if kind.name not in bulk.ONE_BY_ONE:
            yield _of(kind)
    yield Operation(
        "audit.take_back", "POST", "/audit/{id}/take-back", "audit",
        "Set back what an entry, and all that were changed with it, changed; not where one was changed since.",
        API["audit.take_back"], TokenScope.POLICY, _take_back, {200: _DONE},
        (Parameter("id", "path", whole(1, 2**62), "The entry's number.", True), DRY_RUN, KEY),
        body_schema({"why": SAID}, 1),
    )  # fmt: skip


def _of(kind: Kind) -> Operation:
    name = plural(kind.name)
    keys = {"type": "array", "minItems": 1, "maxItems": bulk.MOST, "items": text(253) | {"minLength": 1}}
    body = body_schema({"keys": keys, "fields": shapes.write_schema(kind, whole=False), "why": SAID}, 3)
    return Operation(
        f"{name}.bulk", "POST", f"/{name}/bulk", name,
        f"Set the same fields of up to {bulk.MOST} things, of all or of none. Running sessions follow.",
        changing(kind.name), SCOPE_OF_KIND[kind.name], _changer(kind), {200: _DONE}, (DRY_RUN, KEY), body,
    )  # fmt: skip


def _changer(kind: Kind) -> Handler:
    def answer(call: Call) -> Answer:
        values = permitted(call, kind, shapes.read(kind, cast(dict[str, Any], call.body["fields"])))
        own = [name for name in values if kind.field(name).unique or kind.field(name).format.is_secret]
        if own or kind.key in values:
            raise InvalidValue(own[0] if own else kind.key, "", "each has its own; set it one by one")
        dry, keys = bool(call.query.get("dry_run")), cast(list[str], call.body["keys"])
        return _told(bulk.change_many(here().office, kind.name, keys, values, call.why(), dry_run=dry), dry)

    return answer


def _take_back(call: Call) -> Answer:
    dry = bool(call.query.get("dry_run"))
    return _told(bulk.take_back(here().office, int(call.path["id"]), call.why(), dry_run=dry), dry)


def _told(done: Bulk, dry: bool) -> Answer:
    if not dry:
        here().changed()
    changes = [
        {"key": each.key, "before": dict(each.before), "after": dict(each.after)} for each in done.changes
    ]  # fmt: skip
    return Answer(
        {
            "changes": changes,
            "same": done.same,
            "sessions": done.sessions,
            "warnings": list(done.warnings),
            "dry_run": dry,
        }
    )
