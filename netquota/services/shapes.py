"""The fields of things as programs read and write them: JSON values and their schema, made from the catalogue.

A program may always write a field as a person would (`"10M/2M"`, `"20 GB"`); what it reads is exact: bit/s, octets,
seconds, true and false, moments in UTC. Secrets are written and never read.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, cast

from netquota.errors import InvalidValue
from netquota.services.allocate import Record, Texts
from netquota.services.catalogue import Field, Kind
from netquota.services.fields import Shape

RATE_SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "description": "bit/s to the user (down) and from the user (up)",
    "properties": {
        "down_bps": {"type": "integer", "minimum": 0},
        "up_bps": {"type": "integer", "minimum": 0},
    },
    "required": ["down_bps", "up_bps"],
    "additionalProperties": False,
}
_MOST_TEXT: Final = 20_000


def shown(kind: Kind, record: Record) -> dict[str, Any]:
    """A thing's fields as JSON values, without secrets."""
    return {each.name: _value(each, record) for each in kind.fields if not each.format.is_secret}


def told(kind: Kind, texts: Texts) -> dict[str, str]:
    """Texts of a change, without secrets."""
    return {name: text for name, text in texts.items() if not kind.field(name).format.is_secret}


def read(kind: Kind, given: Mapping[str, object]) -> dict[str, str]:
    """Fields that a program gave, as texts that people would write. Raises `InvalidValue`."""
    known = {each.name: each for each in kind.fields}
    for name in given:
        if name not in known:
            raise InvalidValue(name[:80], "", f"there is no such field; there are {', '.join(known)}")
    return {name: _text(known[name], value) for name, value in given.items()}


def read_schema(kind: Kind) -> dict[str, Any]:
    """The JSON schema of a thing as it is shown."""
    properties = {each.name: _shown_schema(each) for each in kind.fields if not each.format.is_secret}
    return {"type": "object", "properties": properties, "required": list(properties)}


def write_schema(kind: Kind, *, whole: bool) -> dict[str, Any]:
    """The JSON schema of what is written: for a new thing (`whole`), else some fields of one."""
    made: dict[str, Any] = {
        "type": "object",
        "properties": {each.name: _written_schema(each) for each in kind.fields},
        "additionalProperties": False,
    }
    required = [each.name for each in kind.fields if each.required and whole]
    return made | ({"required": required} if required else {"minProperties": 1})


def _value(field: Field, record: Record) -> Any:
    values = [record.row.get(column) for column in field.columns]
    if values[0] is None or (field.many and not record.values[field.name]):
        return [] if field.many else None
    if field.many:
        return record.values[field.name].split(", ")
    match field.format.shape:
        case Shape.NUMBER:
            return values[0]
        case Shape.FLAG:
            return bool(values[0])
        case Shape.RATE:
            return {"down_bps": values[0], "up_bps": values[1]}
        case Shape.INSTANT:
            return datetime.fromtimestamp(cast(int, values[0]), UTC).isoformat().replace("+00:00", "Z")
        case Shape.TEXT:
            return record.values[field.name]


def _text(field: Field, value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        text = ("yes" if value else "no") if field.format.shape is Shape.FLAG else None
    elif isinstance(value, int):
        text = f"{value}{field.format.unit}" if field.format.shape is Shape.NUMBER else None
    elif isinstance(value, str):
        text = _checked(field, value)
    elif isinstance(value, list) and field.many:
        text = _list_text(field, cast(list[object], value))
    elif isinstance(value, dict) and field.format.shape is Shape.RATE:
        text = _rate_text(field, cast(dict[str, object], value))
    else:
        text = None
    if text is None:
        raise InvalidValue(field.name, "", f"give it as its schema says: {field.help}")
    return text


def _list_text(field: Field, value: list[object]) -> str | None:
    return (
        ", ".join(_checked(field, each) for each in value if isinstance(each, str))
        if all(isinstance(each, str) for each in value)
        else None
    )


def _rate_text(field: Field, value: dict[str, object]) -> str:
    down, up = value.get("down_bps"), value.get("up_bps")
    whole = [each for each in (down, up) if isinstance(each, int) and not isinstance(each, bool)]
    if set(value) != {"down_bps", "up_bps"} or len(whole) != 2:
        raise InvalidValue(field.name, str(value)[:80], "give down_bps and up_bps as whole numbers of bit/s")
    return f"{down}/{up}bps"


def _checked(field: Field, text: str) -> str:
    if len(text) > _MOST_TEXT or "\x00" in text:
        raise InvalidValue(field.name, text[:40], f"use at most {_MOST_TEXT} characters, none of them NUL")
    return text


def _shown_schema(field: Field) -> dict[str, Any]:
    """What is read: null where nothing is set."""
    said = {"description": field.help}
    if field.many:
        return said | {"type": "array", "items": {"type": "string"}}
    match field.format.shape:
        case Shape.NUMBER:
            return said | {"type": ["integer", "null"]}
        case Shape.FLAG:
            return said | {"type": ["boolean", "null"]}
        case Shape.RATE:
            return {"description": field.help, "oneOf": [{"$ref": "#/components/schemas/Rate"}, {"type": "null"}]}
        case Shape.INSTANT:
            return said | {"type": ["string", "null"], "format": "date-time"}
        case Shape.TEXT:
            return said | {"type": ["string", "null"]}


def _written_schema(field: Field) -> dict[str, Any]:
    """What may be written: the exact value, or a text as a person writes it; null or "" for nothing."""
    said: dict[str, Any] = {"description": field.help}
    bounds = {name: value for name, value in field.format.schema.items() if name != "description"}
    if field.default:
        said["default"] = field.default if field.format.shape is Shape.TEXT else None
        if said["default"] is None:
            del said["default"]
    if field.format.is_secret:
        said["writeOnly"] = True
    text: dict[str, Any] = {"type": "string", "maxLength": 400}
    if field.many:
        return said | {"oneOf": [{"type": "array", "items": {"type": "string"}}, {"type": "string"}]}
    match field.format.shape:
        case Shape.NUMBER:
            return said | {"anyOf": [{"type": "integer", **bounds}, text, {"type": "null"}]}
        case Shape.FLAG:
            return said | {"anyOf": [{"type": "boolean"}, {"enum": ["yes", "no"]}, {"type": "null"}]}
        case Shape.RATE:
            return said | {"anyOf": [{"$ref": "#/components/schemas/Rate"}, text, {"type": "null"}]}
        case Shape.INSTANT:
            return said | {"anyOf": [{"type": "string", "format": "date-time"}, text, {"type": "null"}]}
        case Shape.TEXT:
            return said | _text_schema(field, bounds)


def _text_schema(field: Field, bounds: dict[str, Any]) -> dict[str, Any]:
    own = {"type": "string", **({} if field.refers_to else bounds)}
    if "enum" in own:
        return {"enum": [*bounds["enum"]] if field.required else [*bounds["enum"], None, ""]}
    if field.required:
        return own | {"minLength": 1}
    return {"anyOf": [own, {"type": "null"}, {"const": ""}]}
