"""Rates, volumes and octet counts: what they are, how people write them, how we show them.

Rates are integers in bit/s, volumes integers in octets; decimal prefixes (GB = 10^9). A gateway's own syntax lives with
its family, not here.
"""

import re
from dataclasses import dataclass
from fractions import Fraction

from netquota.errors import InvalidValue

NO_BREAK_SPACE = "\u00a0"
MOST_BPS = 10**13
"""10 Tbit/s: what is above is a slip of the hand."""
MOST_OCTETS = 10**18
"""An exabyte: above it, sums would leave a database's 64 bits."""

_BIT_PREFIXES = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}
_BIT_ENDINGS = ("", "bps", "bit/s", "b/s", "bits/s", "bit")
_BPS_UNITS = {prefix + ending: factor for prefix, factor in _BIT_PREFIXES.items() for ending in _BIT_ENDINGS}
_OCTET_UNITS = {"": 1, "b": 1, "octet": 1, "octets": 1, "byte": 1, "bytes": 1} | {
    prefix + ending: base**power
    for power, prefix in enumerate("kmgtp", start=1)
    for ending, base in (("", 1000), ("b", 1000), ("i", 1024), ("ib", 1024))
}
_QUANTITY = re.compile(r"\s*([0-9]{1,20})(?:([.,])([0-9]{1,20}))?\s*([a-zA-Z/]*)\s*")
_BYTE_RATE = re.compile(r"[kKMGT]?B(?:ps|/s)")
_RATE_SEPARATOR = re.compile(r"/(?!\s*s\b)", re.IGNORECASE)
_DECIMAL_SEPARATOR = {"id": ","}
_RATE_REMEDY = "write a rate such as 10M, 1.5 Mbit/s or 512k"
_VOLUME_REMEDY = "write a volume such as 5 GB, 500 MB or 1 GiB"
_LEAST_BARE = 1000
"""A smaller number without a unit is a forgotten unit: nobody means 60 bit/s or 5 octets."""


@dataclass(frozen=True, slots=True)
class Rate:
    """A speed limit in bit/s: down = to the user, up = from the user."""

    down_bps: int
    up_bps: int

    def capped_by(self, other: "Rate") -> "Rate":
        """The smaller of both, each direction for itself."""
        return Rate(min(self.down_bps, other.down_bps), min(self.up_bps, other.up_bps))

    def at_least(self, other: "Rate") -> "Rate":
        """The larger of both, each direction for itself: how a floor is held."""
        return Rate(max(self.down_bps, other.down_bps), max(self.up_bps, other.up_bps))


@dataclass(frozen=True, slots=True)
class Burst:
    """A short excess: up to `rate` while the mean over `time_s` seconds is under `threshold`."""

    rate: Rate
    threshold: Rate
    time_s: int


@dataclass(frozen=True, slots=True)
class Octets2:
    """Octets in both directions: `input` from the user (up), `output` to the user (down) (RFC 2866 §5.3, §5.4)."""

    input: int
    output: int

    @property
    def total(self) -> int:
        """Both directions together, in octets."""
        return self.input + self.output

    def __add__(self, other: "Octets2") -> "Octets2":
        return Octets2(self.input + other.input, self.output + other.output)

    def __sub__(self, other: "Octets2") -> "Octets2":
        return Octets2(self.input - other.input, self.output - other.output)


NO_OCTETS = Octets2(0, 0)


def parse_bps(text: str, field: str = "rate") -> int:
    """Bit/s from `10M`, `10 mbps`, `10 Mbit/s`, `10240k`, `1,5M` or `1.5M`; a bare number is bit/s. Never 0.

    Raises `InvalidValue`, also for a bare number under 1000 (its unit was forgotten), for bytes per second and for
    `1.500M`: 1.5 in one language, 1500 in the other.
    """
    return _bps(text, _quantity(text, field, _RATE_REMEDY), field)


def parse_rate(text: str, field: str = "rate") -> Rate:
    """`10M/2M` is down/up, one value holds for both; a side without a unit takes the other's (`60 / 30 Mbit/s`).

    Raises `InvalidValue`.
    """
    sides = _RATE_SEPARATOR.split(text)
    if len(sides) > 2:
        raise InvalidValue(field, text, "write down/up, such as 10M/2M")
    quantities = [_quantity(side, field, _RATE_REMEDY) for side in sides]
    shared_unit = next((unit for _, unit in quantities if unit), "")
    down, *rest = (_bps(text, (number, unit or shared_unit), field) for number, unit in quantities)
    return Rate(down, rest[0] if rest else down)


def parse_octets(text: str, field: str = "volume", least: int = 1) -> int:
    """Octets from `5 GB`, `500MB` (decimal) or `1 GiB` (binary); a bare number is octets; less than `least` is refused.

    Raises `InvalidValue`, also for a bare number under 1000 that is not 0: its unit was forgotten.
    """
    number, unit = _quantity(text, field, _VOLUME_REMEDY)
    factor = _OCTET_UNITS.get(unit.lower())
    if factor is None:
        raise InvalidValue(field, text, _VOLUME_REMEDY)
    if not unit and 0 < number < _LEAST_BARE:
        raise InvalidValue(field, text, "write the unit, such as 5 GB")
    octets = _whole(number * factor)
    if not least <= octets <= MOST_OCTETS:
        raise InvalidValue(field, text, f"give from {least} to {MOST_OCTETS} octets")
    return octets


def parse_signed_octets(text: str, field: str = "volume") -> int:
    """`parse_octets`, below zero with a minus before it: `-5GB`. Raises `InvalidValue`."""
    given = text.strip()
    return parse_octets(given.removeprefix("-"), field) * (-1 if given.startswith("-") else 1)


def exact_bps(bps: int) -> str:
    """The shortest text that `parse_bps` reads back as the same number: `10M`, `10240k`, `512001`, `60bps`."""
    for factor, unit in ((10**6, "M"), (10**3, "k")):
        if bps and bps % factor == 0:
            return f"{bps // factor}{unit}"
    return f"{bps}bps" if 0 < bps < _LEAST_BARE else str(bps)


def exact_rate(rate: Rate) -> str:
    """Down/up as `parse_rate` reads it back: `10M/2M`."""
    if exact_bps(rate.down_bps)[-1].isdigit() != exact_bps(rate.up_bps)[-1].isdigit():
        unit = "bps" if min(rate.down_bps, rate.up_bps) < _LEAST_BARE else ""
        return f"{rate.down_bps}/{rate.up_bps}{unit}"
    return f"{exact_bps(rate.down_bps)}/{exact_bps(rate.up_bps)}"


def exact_octets(octets: int) -> str:
    """The shortest text that `parse_octets` reads back as the same number: `5GB`, `1500MB`, `1073741824`, `12B`."""
    for factor, unit in ((10**9, "GB"), (10**6, "MB"), (10**3, "kB")):
        if octets and octets % factor == 0:
            return f"{octets // factor}{unit}"
    return f"{octets}B" if 0 < octets < _LEAST_BARE else str(octets)


def format_bps(bps: int, language: str = "id") -> str:
    """For eyes: `10 Mbit/s`, `1,5 Mbit/s` (id) or `1.5 Mbit/s` (en); one decimal at most, none from 100 on."""
    number, unit = _scaled(bps, ("bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s"), language)
    return number + NO_BREAK_SPACE + unit


def format_rate(rate: Rate, language: str = "id") -> str:
    """For eyes, down first: `60 / 30 Mbit/s`; with two units where they differ: `10 Mbit/s / 512 kbit/s`."""
    down, up = format_bps(rate.down_bps, language), format_bps(rate.up_bps, language)
    down_number, _, down_unit = down.partition(NO_BREAK_SPACE)
    first = down_number if down_unit == up.partition(NO_BREAK_SPACE)[2] else down
    return f"{first}{NO_BREAK_SPACE}/{NO_BREAK_SPACE}{up}"


def format_octets(octets: int, language: str = "id") -> str:
    """For eyes: `4,2 GB` (id) or `4.2 GB` (en), decimal units; one decimal at most, none from 100 on."""
    number, unit = _scaled(octets, ("B", "kB", "MB", "GB", "TB", "PB", "EB"), language)
    return number + NO_BREAK_SPACE + unit


def _quantity(text: str, field: str, remedy: str) -> tuple[Fraction, str]:
    match = _QUANTITY.fullmatch(text)
    if match is None:
        raise InvalidValue(field, text, remedy)
    whole, separator, decimals, unit = match.groups()
    if separator and len(decimals) == 3 and whole.strip("0"):
        # Thousands in one language, decimals in the other: a guess could be wrong by a factor of 1000.
        remedy = f"{separator!r} may mean thousands or decimals here; write {whole}{decimals} or fewer decimals"
        raise InvalidValue(field, text, remedy)
    return Fraction(f"{whole}.{decimals or 0}"), unit


def _bps(text: str, quantity: tuple[Fraction, str], field: str) -> int:
    number, unit = quantity
    if _BYTE_RATE.fullmatch(unit):
        raise InvalidValue(field, text, "rates are in bits per second: write 80 Mbit/s for 10 MB/s")
    factor = _BPS_UNITS.get(unit.lower())
    if factor is None:
        raise InvalidValue(field, text, _RATE_REMEDY)
    if not unit and 0 < number < _LEAST_BARE:
        raise InvalidValue(field, text, "write the unit, such as 60M/30M")
    bps = _whole(number * factor)
    if not 1 <= bps <= MOST_BPS:
        raise InvalidValue(field, text, "give a rate above 0 and up to 10000 Gbit/s")
    return bps


def _whole(number: Fraction) -> int:
    return (2 * number.numerator + number.denominator) // (2 * number.denominator)


def _scaled(amount: int, units: tuple[str, ...], language: str) -> tuple[str, str]:
    """The number in the largest unit that leaves at least 1, rounded half up; what rounds to 1000 moves on."""
    sign, amount = ("-", -amount) if amount < 0 else ("", amount)
    power = 0
    while power < len(units) - 1 and 2 * amount + 1000**power >= 2 * 1000 ** (power + 1):
        power += 1
    factor = 1000**power
    tenths = (20 * amount + factor) // (2 * factor)
    if tenths >= 1000:
        return f"{sign}{(2 * amount + factor) // (2 * factor)}", units[power]
    decimals = _DECIMAL_SEPARATOR.get(language, ".") + str(tenths % 10) if tenths % 10 else ""
    return f"{sign}{tenths // 10}{decimals}", units[power]
