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
    return found


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
