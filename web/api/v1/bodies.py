"""What bodies of several operations hold: their schema, days, rates and volumes in them, and who says why."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Final, cast

from netquota.domain.units import MOST_BPS, MOST_OCTETS, Rate, parse_octets, parse_rate
from netquota.errors import InvalidValue
from netquota.services.office import Author
from web.api.v1.operations import Call, Json

DAY: Final[Json] = {"type": "string", "format": "date", "maxLength": 10}
_RATE_SIDE: Final[Json] = {"type": "integer", "minimum": 0, "maximum": MOST_BPS}
RATE: Final[Json] = {
    "type": ["string", "object"], "description": "down/up: 10M/2M, or bit/s", "maxLength": 40,
    "properties": {"down_bps": _RATE_SIDE, "up_bps": _RATE_SIDE},
    "required": ["down_bps", "up_bps"], "additionalProperties": False,
}  # fmt: skip
OCTETS: Final[Json] = {
    "type": ["string", "integer"], "description": "5 GB, or octets", "maxLength": 40,
    "minimum": 1, "maximum": MOST_OCTETS,
}  # fmt: skip


def body_schema(properties: Json, needed: int = 0) -> Json:
    """The schema of a body with these members alone; the first `needed` of them must be there."""
    required = list(properties)[:needed]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def line_of(body: Json, name: str) -> str:
    """A text whose length its schema has seen to; empty where it is left out."""
    return str(body.get(name) or "").strip()


def said_by(call: Call, name: str = "why") -> Author:
    """Who changes something, with the reason from the body; none where it is left out."""
    return Author(call.author().name, line_of(call.body, name))


def day_of(body: Json, name: str) -> date | None:
    """A local day; None where it is left out. Raises `InvalidValue`."""
    value = line_of(body, name)
    try:
        return date.fromisoformat(value) if value else None
    except ValueError:
        raise InvalidValue(name, value, "give a date such as 2026-12-31") from None


def needed_day_of(body: Json, name: str) -> date:
    """A local day that must be there. Raises `InvalidValue`."""
    found = day_of(body, name)
    if found is None:
        raise InvalidValue(name, "", "give a date such as 2026-12-31")
    return found


def rate_of(body: Json, name: str) -> Rate | None:
    """A rate in bit/s, as a text or as figures; None where it is left out. Raises `InvalidValue`."""
    value = body.get(name)
    if isinstance(value, dict):
        sides = cast(dict[str, float], value)
        return Rate(int(sides["down_bps"]), int(sides["up_bps"]))
    return parse_rate(line_of(body, name), name) if line_of(body, name) else None


def octets_of(body: Json, name: str, parse: Callable[[str, str], int] = parse_octets) -> int | None:
    """Octets, as a text or a figure; None where it is left out. Raises `InvalidValue`."""
    value = body.get(name)
    if isinstance(value, (int, float)):
        return int(value)
    return parse(line_of(body, name), name) if line_of(body, name) else None


def rate_told(rate: Rate | None) -> Json | None:
    """A rate as it is read: bit/s."""
    return None if rate is None else {"down_bps": rate.down_bps, "up_bps": rate.up_bps}


def day_told(day: date | None) -> str | None:
    """A local day as it is read."""
    return None if day is None else day.isoformat()
