"""How netquota writes quantities for people: rates, volumes, shares, money; Indonesian and English.

Pure functions: the language is an argument (`id` or `en`), units are SI (1 GB = 10⁹ octets), unknown is `–`, never 0.
Times and dates are in `web.moments`; the filters that pages use are bound in `web.rendering`.
"""

from decimal import ROUND_HALF_UP, Decimal

from babel.numbers import format_decimal

UNKNOWN = "–"
NO_BREAK = "\u00a0"
_KILO, _MEGA, _GIGA = 10**3, 10**6, 10**9


def number(value: int | float | Decimal | None, language: str, decimals: int = 0) -> str:
    """`1.284` (id), `1,284` (en); always exactly `decimals` digits after the sign."""
    if value is None:
        return UNKNOWN
    exact = Decimal(str(value)).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
    return format_decimal(exact, format=pattern, locale=language)


def terse(value: int | float | Decimal | None, language: str) -> str:
    """A value somebody chose, with at most two decimals and no trailing zeros: `10`, `2,5`."""
    if value is None:
        return UNKNOWN
    exact = Decimal(str(value)).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return format_decimal(exact, format="#,##0.##", locale=language)


def with_unit(figure: str, unit: str) -> str:
    """Figure and unit that never part at a line's end; unknown stays bare."""
    return figure if figure == UNKNOWN else f"{figure}{NO_BREAK}{unit}"


def rate(bps: int | None, language: str) -> str:
    """A limit in bit/s as it was set: `10 Mbit/s`, `512 kbit/s`, `2,5 Mbit/s`."""
    if bps is None:
        return UNKNOWN
    size, unit = _rate_unit(bps)
    return with_unit(terse(Decimal(bps) / size, language), unit)


def measured_rate(bps: int | float | None, language: str) -> str:
    """A measured rate in bit/s with its unit, one decimal under 100: `57,8 Mbit/s`, `487 Mbit/s`."""
    if bps is None:
        return UNKNOWN
    size, unit = _rate_unit(bps)
    return with_unit(_measured(Decimal(str(bps)) / size, language), unit)


def megabits(bps: int | float | None, language: str) -> str:
    """A measured rate in bit/s as a bare figure in Mbit/s, for columns whose heading names the unit."""
    return UNKNOWN if bps is None else _measured(Decimal(str(bps)) / _MEGA, language)


def megabits_limit(bps: int | None, language: str) -> str:
    """A limit in bit/s as a bare figure in Mbit/s: `60`, `0,5`."""
    return UNKNOWN if bps is None else terse(Decimal(bps) / _MEGA, language)


def rate_pair(down_bps: int | None, up_bps: int | None, language: str) -> str:
    """Download before upload, in Mbit/s: `60 / 30`."""
    halves = (megabits_limit(down_bps, language), megabits_limit(up_bps, language))
    return f"{NO_BREAK}/{NO_BREAK}".join(halves)


def volume(octets: int | None, language: str) -> str:
    """A measured volume: `148,2 GB`, `0,12 GB`, `7,4 MB`; a GB is 10⁹ octets."""
    if octets is None:
        return UNKNOWN
    if octets == 0 or octets >= _GIGA // 100:
        return with_unit(gigabytes(octets, language), "GB")
    size, unit = (_MEGA, "MB") if octets >= _MEGA else (_KILO, "kB") if octets >= _KILO else (1, "B")
    return with_unit(number(Decimal(octets) / size, language, 0 if size == 1 else 1), unit)


def gigabytes(octets: int | None, language: str) -> str:
    """A measured volume as a bare figure in GB: two decimals under 1, one under 1.000."""
    if octets is None:
        return UNKNOWN
    value = Decimal(octets) / _GIGA
    decimals = 0 if octets == 0 or value >= 1000 else 1 if value >= 1 else 2
    return number(value, language, decimals)


def volume_limit(octets: int | None, language: str) -> str:
    """A quota as it was set: `10 GB`, `2,5 GB`, `500 MB`."""
    if octets is None:
        return UNKNOWN
    size, unit = (_GIGA, "GB") if octets >= _GIGA else (_MEGA, "MB")
    return with_unit(terse(Decimal(octets) / size, language), unit)


def exact_octets(octets: int | None, language: str) -> str:
    """Every octet, for the text shown on hover: `4.213.882.112 oktet`."""
    return with_unit(number(octets, language), "oktet" if language == "id" else "octets")


def percent(ratio: float | None, language: str, decimals: int = 0) -> str:
    """A share of 1: `42 %`. What is not full never reads as 100."""
    if ratio is None:
        return UNKNOWN
    step = Decimal(1).scaleb(-decimals)
    value = (Decimal(str(ratio)) * 100).quantize(step, ROUND_HALF_UP)
    if ratio < 1 and value >= 100:
        value = 100 - step
    return with_unit(number(value, language, decimals), "%")


def rupiah(amount: int | Decimal | None, language: str, decimals: int = 0) -> str:
    """`Rp1.617.000.000`, no space after Rp; a debt is `-Rp…`."""
    if amount is None:
        return UNKNOWN
    sign = "-" if amount < 0 else ""
    return f"{sign}Rp{number(abs(amount), language, decimals)}"


def _rate_unit(bps: int | float) -> tuple[int, str]:
    if bps == 0 or bps >= _MEGA:
        return _MEGA, "Mbit/s"
    return (_KILO, "kbit/s") if bps >= _KILO else (1, "bit/s")


def _measured(value: Decimal, language: str) -> str:
    decimals = 0 if value == 0 or value >= 100 else 2 if value < Decimal("0.05") else 1
    return number(value, language, decimals)
