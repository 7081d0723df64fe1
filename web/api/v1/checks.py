"""Path and query values, and the body, as an operation's parameters and schema say; what is wrong is named."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

from netquota.errors import InvalidValue
from web.api.v1.operations import Operation, Parameter
from web.api.v1.problems import Refused

_DEEPEST: Final = 8
_LONGEST: Final = 1_000_000
_ARTICLES: Final = {
    "string": "a text", "integer": "a whole number", "number": "a number", "boolean": "true or false", "null": "null",
    "array": "a list", "object": "an object",
}  # fmt: skip
_WHOLE: Final = re.compile(r"-?(0|[1-9]\d{0,18})")


def checked(operation: Operation, place: str, given: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """The values of a place (`path` or `query`), in their types. Raises `InvalidValue`."""
    known = {one.name: one for one in operation.parameters if one.place == place}
    for name, values in given.items():
        if name not in known:
            raise InvalidValue(name[:80], "", f"there is no such parameter; there are {', '.join(known) or 'none'}")
        if len(values) > 1:
            raise InvalidValue(name, ", ".join(values)[:80], "give it once")
    missing = [one.name for one in known.values() if one.required and one.name not in given]
    if missing:
        raise InvalidValue(missing[0], "", f"it is needed: {known[missing[0]].help}")
    return {name: _typed(known[name], values[0]) for name, values in given.items()}


def _typed(parameter: Parameter, given: str) -> Any:
    schema = parameter.schema
    match schema.get("type"):
        case "integer":
            return _number(parameter.name, schema, given)
        case "boolean":
            if given not in ("true", "false"):
                raise InvalidValue(parameter.name, given[:40], "give true or false")
            return given == "true"
        case _:
            return _line(parameter.name, schema, given)


def _number(name: str, schema: Mapping[str, Any], given: str) -> int:
    least, most = schema["minimum"], schema["maximum"]
    if _WHOLE.fullmatch(given) is None or not least <= int(given) <= most:
        raise InvalidValue(name, given[:40], f"give a whole number from {least} to {most}")
    return int(given)


def _line(name: str, schema: Mapping[str, Any], given: str) -> str:
    allowed = cast(Sequence[str] | None, schema.get("enum"))
    if allowed is not None and given not in allowed:
        raise InvalidValue(name, given[:40], f"give one of {', '.join(allowed)}")
    least, most = schema.get("minLength", 0), schema.get("maxLength", 400)
    if not least <= len(given) <= most or "\x00" in given:
        raise InvalidValue(name, given[:40], f"give from {least} to {most} characters, none of them NUL")
    return given


def body_of(operation: Operation, octets: bytes, media_type: str) -> dict[str, Any]:
    """The body as an object with the members that the schema knows. Raises `Refused`, `InvalidValue`."""
    if operation.body is None:
        return {}
    if media_type not in ("application/json", "application/merge-patch+json"):
        raise Refused(415, "media-type", "send the body as application/json")
    try:
        given = json.loads(octets, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise Refused(400, "malformed", "the body is no JSON") from None
    if not isinstance(given, dict):
        raise InvalidValue("body", type(given).__name__, "send a JSON object")
    found = cast(dict[str, Any], given)
    _keep_shallow(found, 0)
    schema = operation.body
    known, needed = cast(Mapping[str, Any], schema["properties"]), cast(Sequence[str], schema.get("required", ()))
    for name in found:
        if name not in known:
            raise InvalidValue(name[:80], "", f"there is no such member; there are {', '.join(known)}")
    for name in needed:
        if name not in found:
            raise InvalidValue(name, "", "it is needed")
    if not found and schema.get("minProperties"):
        raise InvalidValue("body", "", "give at least one field")
    for name, value in found.items():
        _fits(name, known[name], value)
    return found


def _fits(name: str, schema: Mapping[str, Any], value: object) -> None:
    """Whether a member is what its schema says, as far as that is plain; services check the rest by its meaning.

    Raises `InvalidValue` that names the member (`changes.0.kind`).
    """
    if "type" in schema:
        wanted = (schema["type"],) if isinstance(schema["type"], str) else tuple(schema["type"])
        if not any(_is_of(value, one) for one in wanted):
            raise InvalidValue(name, _short(value), f"give {' or '.join(_ARTICLES[one] for one in wanted)}")
    if "enum" in schema and value not in schema["enum"]:
        raise InvalidValue(name, _short(value), f"give one of {', '.join(str(one) for one in schema['enum'])}")
    if isinstance(value, str):
        least, most = schema.get("minLength", 0), schema.get("maxLength", _LONGEST)
        if not least <= len(value) <= most or "\x00" in value or not re.search(schema.get("pattern", ""), value):
            form = f", like {schema['pattern']}" if "pattern" in schema else ""
            raise InvalidValue(name, _short(value), f"give from {least} to {most} characters, none of them NUL{form}")
    elif isinstance(value, (int, float)):
        least, most = schema.get("minimum", value), schema.get("maximum", value)
        if not least <= value <= most:
            raise InvalidValue(name, _short(value), f"give a number from {least} to {most}")
    elif isinstance(value, list):
        _list_fits(name, schema, cast(list[object], value))
    elif isinstance(value, dict):
        _object_fits(name, schema, cast(dict[str, object], value))


def _list_fits(name: str, schema: Mapping[str, Any], values: Sequence[object]) -> None:
    least, most = schema.get("minItems", 0), schema.get("maxItems", len(values))
    if not least <= len(values) <= most:
        raise InvalidValue(name, f"{len(values)} of them", f"give from {least} to {most}")
    for number, value in enumerate(values):
        _fits(f"{name}.{number}", schema.get("items", {}), value)


def _object_fits(name: str, schema: Mapping[str, Any], values: Mapping[str, object]) -> None:
    known, more = cast(Mapping[str, Any], schema.get("properties", {})), schema.get("additionalProperties", True)
    if len(values) < schema.get("minProperties", 0):
        raise InvalidValue(name, "", "give at least one field")
    for member in cast(Sequence[str], schema.get("required", ())):
        if member not in values:
            raise InvalidValue(f"{name}.{member}", "", "it is needed")
    for member, value in values.items():
        if member not in known and more is False:
            raise InvalidValue(f"{name}.{member[:80]}", "", f"there is no such member; there are {', '.join(known)}")
        _fits(f"{name}.{member[:80]}", known.get(member, more if isinstance(more, dict) else {}), value)


def _is_of(value: object, kind: str) -> bool:
    whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    return {
        "string": isinstance(value, str), "boolean": isinstance(value, bool), "null": value is None,
        "integer": whole and not isinstance(value, bool),
        "number": isinstance(value, (int, float)) and not isinstance(value, bool),
        "array": isinstance(value, list), "object": isinstance(value, dict),
    }[kind]  # fmt: skip


def _short(value: object) -> str:
    return str(value)[:40]


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def _keep_shallow(value: object, depth: int) -> None:
    if depth > _DEEPEST:
        raise InvalidValue("body", "", f"nest at most {_DEEPEST} deep")
    inner: Sequence[object] = ()
    if isinstance(value, dict):
        inner = list(cast(dict[str, object], value).values())
    elif isinstance(value, list):
        inner = cast(list[object], value)
    for one in inner:
        _keep_shallow(one, depth + 1)
