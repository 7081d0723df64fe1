"""Single values of a scenario file, each read strictly: an error names the field, the value and the remedy."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from enum import Enum
from ipaddress import AddressValueError, IPv4Address
from typing import Any, Final, TypeVar

from netquota.domain.units import Rate, parse_rate
from netquota.errors import InvalidValue

Value = TypeVar("Value")
Choice = TypeVar("Choice", bound=Enum)
Reader = Callable[[object, str], Value]
"""Takes what the file holds and the field's name; raises `InvalidValue`."""

_DURATION: Final = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(s|m|min|h|d)?\s*")
_SECONDS: Final = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400, None: 1}


class Table:
    """One table of the file: `take` each key it may have, then `end`, which refuses all others."""

    def __init__(self, values: object, path: str = "") -> None:
        if not isinstance(values, Mapping):
            raise InvalidValue(path, values, "write a table, [such as this]")
        self._values: Mapping[str, Any] = values
        self.path = path
        self._known: list[str] = []

    def __bool__(self) -> bool:
        return bool(self._values)

    def take(self, name: str, read: Reader[Value], default: Value) -> Value:
        """The value, or the default where the file leaves it out. Raises `InvalidValue`."""
        self._known.append(name)
        return read(self._values[name], self._field(name)) if name in self._values else default

    def need(self, name: str, read: Reader[Value]) -> Value:
        """A value that must be there. Raises `InvalidValue`."""
        if name not in self._values:
            raise InvalidValue(self._field(name), None, "it is missing; docs/simulate.md has an example")
        self._known.append(name)
        return read(self._values[name], self._field(name))

    def table(self, name: str) -> Table:
        """A table within this one; empty where the file leaves it out. Raises `InvalidValue`."""
        self._known.append(name)
        return Table(self._values.get(name, {}), self._field(name))

    def rows(self, name: str) -> list[object]:
        """The tables of `[[name]]`. Raises `InvalidValue`."""
        self._known.append(name)
        found = self._values.get(name, [])
        if not isinstance(found, list):
            raise InvalidValue(self._field(name), found, f"write [[{self._field(name)}]], with two brackets")
        return [*found]  # pyright: ignore[reportUnknownVariableType]

    def end(self) -> None:
        """Raise `InvalidValue` for a key that nobody took."""
        for name in self._values:
            if name not in self._known:
                near = get_close_matches(name, self._known, 1)
                meant = f"did you mean {near[0]}?" if near else f"use one of {', '.join(self._known)}"
                raise InvalidValue(self._field(name), self._values[name], f"there is no such key; {meant}")

    def _field(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name


def text(value: object, field: str) -> str:
    """A text that is not empty."""
    if not isinstance(value, str) or not value.strip():
        raise InvalidValue(field, value, 'write a text in quotes, such as "kelurahan"')
    return value.strip()


def texts(value: object, field: str) -> tuple[str, ...]:
    """A list of texts."""
    if not isinstance(value, list):
        raise InvalidValue(field, value, 'write a list, such as ["DINKES", "DISDIK"]')
    return tuple(text(one, field) for one in value)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]


def flag(value: object, field: str) -> bool:
    """true or false."""
    if not isinstance(value, bool):
        raise InvalidValue(field, value, "write true or false")
    return value


def whole(least: int, most: int) -> Reader[int]:
    """A whole number within bounds."""

    def read(value: object, field: str) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise InvalidValue(field, value, f"write a whole number from {least} to {most}")
        return value

    return read


def number(least: float, most: float) -> Reader[float]:
    """A number within bounds."""

    def read(value: object, field: str) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
            raise InvalidValue(field, value, f"write a number from {least:g} to {most:g}")
        return float(value)

    return read


def percent(value: object, field: str) -> float:
    """A percentage, as a share from 0 to 1."""
    return number(0, 100)(value, field) / 100


def duration(least_s: float, most_s: float) -> Reader[float]:
    """Seconds, from a number or a text such as 90s, 5m, 2h."""

    def read(value: object, field: str) -> float:
        found = _DURATION.fullmatch(value) if isinstance(value, str) else None
        seconds = float(found[1]) * _SECONDS[found[2]] if found else value
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not least_s <= seconds <= most_s:
            raise InvalidValue(
                field, value, f'give from {least_s:g} to {most_s:g} seconds, such as "90s", "5m" or "2h"'
            )
        return float(seconds)

    return read


def rate(value: object, field: str) -> Rate:
    """A rate, down/up."""
    return parse_rate(text(value, field), field)


def address(value: object, field: str) -> str:
    """An IPv4 address."""
    try:
        return str(IPv4Address(text(value, field)))
    except AddressValueError:
        raise InvalidValue(field, value, "write an IPv4 address of this machine, such as 127.20.0.1") from None


def choice(kind: type[Choice]) -> Reader[Choice]:
    """One of a closed set."""

    def read(value: object, field: str) -> Choice:
        try:
            return kind(value)
        except ValueError:
            raise InvalidValue(field, value, f"use one of {', '.join(str(one.value) for one in kind)}") from None

    return read
