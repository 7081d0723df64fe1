"""Operations on lists: a CSV or XLSX file judged, applied whole or not at all, taken back; one set for each kind."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from typing import Any, Final

from netquota.errors import InvalidValue, NotFound
from netquota.services.api_tokens import SCOPE_OF_KIND
from netquota.services.catalogue import KINDS, Kind
from netquota.services.imports import applying, running
from netquota.services.imports.applying import HasFaults, MustAsk
from netquota.services.imports.judging import Judged, Outcome, Whole
from netquota.services.imports.matching import importable_kinds, plain
from netquota.services.imports.running import Choices, Import
from netquota.services.office import Author
from netquota.sheets import Unreadable
from web.api.v1.bodies import body_schema
from web.api.v1.operations import (
    DRY_RUN,
    KEY,
    SAID,
    Answer,
    Call,
    Handler,
    Json,
    Operation,
    Parameter,
    text,
    text_of,
    whole,
)
from web.api.v1.things import plural
from web.auth.rights import Role, changing, settable
from web.context import here

MOST_FAULTS: Final = 1_000
JUDGED: Final[Json] = {
    "type": "object",
    "properties": {
        "import": {"type": "integer", "description": "its number; with it the import is taken back within a day"},
        "applied": {"type": "boolean"},
        "because": {"enum": ["applied", "dry_run", "faults", "leaving"], "description": "why it was applied, or not"},
        "counts": {"type": "object", "additionalProperties": {"type": "integer"}},
        "leaving": {"type": "integer", "description": "so many people would leave; give it to say that it is meant"},
        "covered": {"type": "integer", "description": "of so many people the list speaks"},
        "unknown_columns": {"type": "array", "items": {"type": "string"}},
        "faults": {
            "type": "array", "description": f"what is wrong, at most {MOST_FAULTS}",
            "items": {
                "type": "object",
                "properties": {"row": {"type": "integer"}, "column": {"type": "string"}, "value": {"type": "string"},
                               "remedy": {"type": "string"}},
                "required": ["row", "column", "value", "remedy"],
            },
        },
    },
    "required": ["import", "applied", "because", "counts", "leaving", "covered", "unknown_columns", "faults"],
}  # fmt: skip
_BODY: Final[Json] = {
    "type": "object",
    "properties": {
        "file": text(120) | {"minLength": 1, "description": "its name, as it stands in the audit trail"},
        "content": {"type": "string", "minLength": 1, "contentEncoding": "base64", "description": "CSV or XLSX"},
        "sheet": text(120) | {"description": "which sheet of a workbook; else the one that fits best"},
        "columns": {"type": "object", "additionalProperties": {"type": "string"}, "maxProperties": 200,
                    "description": "heading -> field, empty to leave it out; the others go by their headings"},
        "complete": {"enum": [one.value for one in Whole], "description": "whoever the list leaves out has left"},
        "leaving": whole(0, 10_000_000) | {"description": "so many may leave, although it is more than 5 %"},
        "why": text(200),
    },
    "required": ["file", "content"],
    "additionalProperties": False,
}  # fmt: skip


def operations() -> Iterator[Operation]:
    """Import and undo of each kind that lists may hold."""
    for name in importable_kinds():
        kind, tag = KINDS[name], plural(name)
        yield Operation(
            f"{tag}.import", "POST", f"/{tag}/import", tag,
            f"Judge a list of {name} rows and apply it, whole or not at all; `because` says why it was not.",
            changing(name), SCOPE_OF_KIND[name], _importer(kind), {200: {"$ref": "#/components/schemas/Judged"}},
            (DRY_RUN, KEY), _BODY, takes_file=True,
        )  # fmt: skip
        number = Parameter("id", "path", whole(1, 2**62), "The import's number.", True)
        yield Operation(
            f"{tag}.import_undo", "POST", f"/{tag}/import/{{id}}/undo", tag,
            "Take an import back, within a day, if nothing of it was changed since.",
            changing(name), SCOPE_OF_KIND[name], _undoer(kind),
            {200: {"type": "object", "properties": {"rows": {"type": "integer"}}, "required": ["rows"]}},
            (number, KEY),
            body_schema({"why": SAID}, 1),
        )  # fmt: skip


def _importer(kind: Kind) -> Handler:
    def answer(call: Call) -> Answer:
        one, grace = _opened(call, kind), here().settings.imports.contract_grace_days
        try:
            if call.query.get("dry_run"):
                judged, because = running.tried(here().office, one, grace), "dry_run"
            else:
                leaving = _whole_number(call.body, "leaving")
                judged = running.applied(here().office, one, grace, _why(call), leaving_meant=leaving).judged
                because = "applied"
                here().changed()
        except HasFaults as error:
            judged, because = error.judged, "faults"
        except MustAsk as error:
            judged, because = error.judged, "leaving"
        return Answer(_told(one, judged, because))

    return answer


def _undoer(kind: Kind) -> Handler:
    def answer(call: Call) -> Answer:
        number = int(call.path["id"])
        run = running.told(here().office, number, _actor(call))
        if run.kind != kind.name:
            raise NotFound("import", number, f"it is one of {run.kind} rows")
        rows = applying.undo(here().office, number, call.why())
        here().changed()
        return Answer({"rows": rows})

    return answer


def _opened(call: Call, kind: Kind) -> Import:
    office, body, by = here().office, call.body, _why(call)
    limits = running.limits_of(here().settings.imports)
    try:
        number = running.upload(office, kind.name, text_of(body, "file"), _content(body), by, limits)
    except Unreadable as error:
        raise InvalidValue("content", "", str(error)) from None
    sheet, complete = text_of(body, "sheet", needed=False), text_of(body, "complete", needed=False)
    meant = Whole(complete) if complete else Whole.NOBODY
    running.choose(office, number, Choices(sheet, None, meant))
    columns = _columns(body, running.headings(office, number, sheet))
    running.choose(office, number, Choices(sheet, columns, meant))
    role = call.caller.admin.role
    own = settable(role, kind.name, [each.name for each in kind.fields]) if role == Role.OPD_OPERATOR else None
    return running.opened(office, number, by.name, own)


def _content(body: Json) -> bytes:
    given = str(body["content"])
    try:
        return base64.b64decode(given, validate=True)
    except (binascii.Error, ValueError):
        raise InvalidValue("content", given[:40], "give the file as base64") from None


def _columns(body: Json, headings: tuple[str, ...]) -> dict[int, str] | None:
    """What the caller says of columns, by their place."""
    given = body.get("columns")
    if given is None:
        return None
    said: dict[int, str] = {}
    for heading, field in given.items():
        at = next((at for at, each in enumerate(headings) if plain(each) == plain(str(heading))), None)
        if at is None:
            raise InvalidValue("columns", str(heading)[:80], f"the headings are {', '.join(headings)[:400]}")
        said[at] = field
    return said


def _whole_number(body: Json, name: str) -> int | None:
    value = body.get(name)
    if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
        raise InvalidValue(name, str(value)[:40], "give a whole number")
    return value


def _why(call: Call) -> Author:
    return Author(call.author().name, text_of(call.body, "why", needed=False))


def _actor(call: Call) -> str | None:
    """Whose imports may be taken back: an operator's own."""
    return call.author().name if call.caller.admin.role == Role.OPD_OPERATOR else None


def _told(one: Import, judged: Judged, because: str) -> dict[str, Any]:
    return {
        "import": one.run.id, "applied": because == "applied", "because": because,
        "counts": {str(each): judged.counts[each] for each in Outcome}, "leaving": judged.leaving,
        "covered": judged.covered, "unknown_columns": [one.matched.headings[at] for at in one.matched.unknown],
        "faults": [
            {"row": fault.row, "column": fault.column, "value": fault.value, "remedy": fault.remedy}
            for fault in judged.faults[:MOST_FAULTS]
        ],
    }  # fmt: skip
