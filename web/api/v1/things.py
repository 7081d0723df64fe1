"""Operations on whatever the catalogue describes: list, read, make, change, remove; each kind by its natural key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import quote

from netquota.errors import Conflict
from netquota.services import allocate, shapes, standing
from netquota.services.allocate import Change, Record, Wanted
from netquota.services.api_tokens import SCOPE_OF_KIND, TokenScope
from netquota.services.catalogue import KINDS, Kind
from web.api.v1.operations import (
    CURSOR,
    DRY_RUN,
    IF_MATCH,
    KEY,
    LIMIT,
    USUAL_AT_ONCE,
    WHY,
    Answer,
    Call,
    Handler,
    Json,
    Operation,
    Parameter,
    listed,
    page,
    text,
    unwrapped,
    wrap,
)
from web.api.v1.problems import Refused
from web.api.v1.versions import etag, keep_seen, tagged
from web.auth.rights import changing, may_change, reading, removing
from web.context import here

CHANGED: Final[Json] = {
    "type": "object",
    "properties": {
        "action": {"enum": ["add", "change", "remove", "none"]},
        "key": {"type": "string"},
        "version": {"type": "integer"},
        "before": {"type": "object", "additionalProperties": {"type": "string"}},
        "after": {"type": "object", "additionalProperties": {"type": "string"}},
        "generated": {"type": "object", "additionalProperties": {"type": "string"}, "description": "shown this once"},
        "warnings": {"type": "array", "items": {"type": "string"}},
        "dry_run": {"type": "boolean"},
    },
    "required": ["action", "key", "version", "before", "after", "generated", "warnings", "dry_run"],
}


_ASKED_OF: Final = {
    "employee": (
        Parameter("quota", "query", {"enum": [str(each) for each in standing.ASKED]},
                  "Only whose quota (own or the plan's) is spent, or warned: past its first warning line, not spent."),
    ),
}  # fmt: skip
"""What a list may be asked for beside fields."""


def plural(kind: str) -> str:
    """The kind's part of the path."""
    return kind if kind.endswith("s") else f"{kind}s"


def schema_name(kind: str) -> str:
    """The kind's schema in the document."""
    return kind.capitalize()


def item_schema(kind: Kind) -> Json:
    """A thing as it is read."""
    return {
        "type": "object",
        "properties": {
            "key": {"type": "string", "description": f"its natural key: {kind.key}"},
            "version": {"type": "integer", "description": "as the ETag says it"},
            "fields": shapes.read_schema(kind),
        },
        "required": ["key", "version", "fields"],
    }


def operations() -> Iterator[Operation]:
    """The five of each kind."""
    for kind in KINDS.values():
        yield from _of(kind)


def _of(kind: Kind) -> Iterator[Operation]:
    collection, name = f"/{plural(kind.name)}", plural(kind.name)
    one = f"{collection}/{{key}}"
    key = Parameter("key", "path", text(253) | {"minLength": 1}, f"Its {kind.key}.", True)
    item = {"$ref": f"#/components/schemas/{schema_name(kind.name)}"}
    changed = {"$ref": "#/components/schemas/Changed"}
    filters = tuple(
        Parameter(each.name, "query", text(253), f"Only with this: {each.help}")
        for each in kind.fields
        if each.format.is_sorted and not each.format.is_secret and not each.many
    )
    search = Parameter("search", "query", text(120), "Only those that hold this text.")
    scope, read = SCOPE_OF_KIND[kind.name], TokenScope.READ
    yield Operation(
        f"{name}.list", "GET", collection, name, f"List every {kind.name} that matches, by its key.",
        reading(kind.name), read, _lister(kind), {200: listed(item)},
        (LIMIT, CURSOR, search, *filters, *_ASKED_OF.get(kind.name, ())),
    )  # fmt: skip
    yield Operation(
        f"{name}.read", "GET", one, name, f"One {kind.name}, with its ETag.", reading(kind.name), read, _reader(kind),
        {200: item}, (key,),
    )  # fmt: skip
    yield Operation(
        f"{name}.add", "POST", collection, name, f"Make a new {kind.name}.", changing(kind.name), scope, _adder(kind),
        {200: changed, 201: changed}, (WHY, DRY_RUN, KEY), shapes.write_schema(kind, whole=True),
    )  # fmt: skip
    yield Operation(
        f"{name}.change", "PATCH", one, name, "Set the given fields; null or an empty text empties one. Running "
        "sessions follow in the same transaction.", changing(kind.name), scope, _changer(kind), {200: changed},
        (key, WHY, DRY_RUN, IF_MATCH), shapes.write_schema(kind, whole=False),
    )  # fmt: skip
    yield Operation(
        f"{name}.remove", "DELETE", one, name, "Delete what nothing refers to any more; what was counted stays.",
        removing(kind.name), scope, _remover(kind), {200: changed}, (key, WHY, DRY_RUN, IF_MATCH),
    )  # fmt: skip


def _lister(kind: Kind) -> Handler:
    known = {each.name for each in kind.fields}

    def answer(call: Call) -> Answer:
        size = call.query.get("limit", USUAL_AT_ONCE)
        filters = {name: str(value) for name, value in call.query.items() if name in known}
        wanted = Wanted(
            filters, "", 1, size + 1, str(call.query.get("search", "")), unwrapped(call.query.get("cursor")) or "",
            _only(call),
        )  # fmt: skip
        found = allocate.listing(here().office, kind.name, wanted).records
        more = wrap(found[size - 1].key) if len(found) > size else None
        return page([_item(kind, record) for record in found[:size]], more)

    return answer


def _only(call: Call) -> list[int] | None:
    """The people whose quota stands as it is asked; None where it is not asked."""
    if "quota" not in call.query:
        return None
    context = here()
    with context.database.read() as connection:
        return standing.ids_at(connection, context.policy, context.now_s, call.query["quota"])


def _reader(kind: Kind) -> Handler:
    def answer(call: Call) -> Answer:
        record = allocate.get(here().office, kind.name, call.path["key"])
        return tagged(call, record.version, _item(kind, record))

    return answer


def _adder(kind: Kind) -> Handler:
    def answer(call: Call) -> Answer:
        values = permitted(call, kind, shapes.read(kind, call.body))
        dry = bool(call.query.get("dry_run"))
        done = allocate.add(here().office, kind.name, values, call.author(), dry_run=dry)
        if dry:
            return Answer(changed_told(kind, done, True))
        here().changed()
        place = f"/api/v1/{plural(kind.name)}/{quote(done.key, safe='')}"
        return Answer(changed_told(kind, done, False), 201, {"Location": place, "ETag": etag(done.version)})

    return answer


def _changer(kind: Kind) -> Handler:
    def answer(call: Call) -> Answer:
        values = permitted(call, kind, shapes.read(kind, call.body))
        dry = bool(call.query.get("dry_run"))
        record = _seen(call, kind)
        done = allocate.change(
            here().office, kind.name, record.key, values, call.author(), expected_version=record.version, dry_run=dry
        )  # fmt: skip
        if not dry:
            here().changed()
        return Answer(changed_told(kind, done, dry), 200, {"ETag": etag(record.version if dry else done.version)})

    return answer


def _remover(kind: Kind) -> Handler:
    def answer(call: Call) -> Answer:
        dry = bool(call.query.get("dry_run"))
        record = _seen(call, kind)
        done = allocate.remove(
            here().office, kind.name, record.key, call.author(), expected_version=record.version, dry_run=dry
        )  # fmt: skip
        if not dry:
            here().changed()
        return Answer(changed_told(kind, done, dry))

    return answer


def _seen(call: Call, kind: Kind) -> Record:
    """The thing, if it is still as the caller saw it."""
    record = allocate.get(here().office, kind.name, call.path["key"])
    keep_seen(call, record.version)
    return record


def permitted(call: Call, kind: Kind, values: dict[str, str]) -> dict[str, str]:
    """The fields, if the owner's role may set them."""
    role = call.caller.admin.role
    beyond = [name for name in values if not may_change(role, kind.name, (name,))]
    if beyond:
        raise Refused(403, "forbidden", f"your role does not set {', '.join(beyond)}")
    if not values:
        raise Conflict("nothing was given to set")
    return values


def _item(kind: Kind, record: Record) -> Json:
    return {"key": record.key, "version": record.version, "fields": shapes.shown(kind, record)}


def changed_told(kind: Kind, done: Change, dry: bool) -> dict[str, Any]:
    """What was, or would be, done with a thing."""
    return {
        "action": done.action, "key": done.key, "version": done.version, "before": shapes.told(kind, done.before),
        "after": shapes.told(kind, done.after), "generated": {} if dry else dict(done.generated),
        "warnings": list(done.warnings), "dry_run": dry,
    }  # fmt: skip
