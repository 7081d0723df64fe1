"""How the values of editable things are written by people: each format reads a text into columns and shows it again.

What is shown here is exact (it reads back as the same value); for eyes, pages format the columns themselves.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from ipaddress import ip_address
from typing import Protocol
from zoneinfo import ZoneInfo

from netquota import passwords
from netquota.domain.mac import normalised_mac
from netquota.domain.nip import parse_nip
from netquota.domain.notices import Channel, address_of
from netquota.domain.people import username_key
from netquota.domain.periods import local_instant
from netquota.domain.quota import Step, steps_of
from netquota.domain.reachable import parse_hosts, web_address
from netquota.domain.units import MOST_OCTETS, Rate, exact_octets, exact_rate, parse_octets, parse_rate
from netquota.errors import InvalidValue
from netquota.storage.nas_table import canonical_address

Values = tuple[object, ...]
HIDDEN = "(secret)"
_SHORTEST_KEY = 8
_NT_HASH = re.compile(r"[0-9a-fA-F]{32}")
_DURATION = re.compile(r"(\d{1,7})\s*([smhd]?)")
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
_PERCENT = re.compile(r"(\d{1,3})(?:[.,](\d))?\s*%")
_MAC = re.compile(r"([0-9A-F]{2}:){5}[0-9A-F]{2}")
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,63}")
_REST_URL = re.compile(r"https?://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?/?")
_DAY_FIRST = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})(?:[ T]+(\d{1,2})[:.](\d{2}))?")
_LONGEST_URL, _LONGEST_TEXT = 300, 12_000
_SHA256 = re.compile(r"[0-9a-f]{64}")
_YES, _NO = ("yes", "ya", "true", "1", "on"), ("no", "tidak", "false", "0", "off")


class Surroundings(Protocol):
    """What a text can only be read with: the city's zone, today's date, the cipher, what is known of a person."""

    @property
    def zone(self) -> ZoneInfo:
        """The city's time zone."""
        ...

    @property
    def today(self) -> date:
        """The local date."""
        ...

    @property
    def about(self) -> Sequence[str]:
        """What a new password must not hold."""
        ...

    @property
    def keeps_text(self) -> bool:
        """Whether a password is kept encrypted as well, as CHAP needs it."""
        ...

    def encrypt(self, plain: bytes) -> bytes:
        """Seal a secret for the database."""
        ...


class Shape(StrEnum):
    """What a value is in JSON: a text, a number, true or false, a rate's two directions, a moment."""

    TEXT = "text"
    NUMBER = "number"
    FLAG = "flag"
    RATE = "rate"
    INSTANT = "instant"


@dataclass(frozen=True, slots=True)
class Format:
    """`parse(text, field, surroundings)` gives the columns' values or raises `InvalidValue`; `show` reverses it.

    `is_secret`: shown as HIDDEN alone. `is_sorted`: lists can be sorted and filtered by it. `shape` and `schema`: how
    programs write it (services.shapes); `unit`: what stands behind their number, where a bare one may lack its unit.
    """

    parse: Callable[[str, str, Surroundings], Values]
    show: Callable[[Values, ZoneInfo], str]
    is_secret: bool = False
    is_sorted: bool = True
    shape: Shape = Shape.TEXT
    schema: Mapping[str, object] = dataclass_field(default_factory=dict[str, object])
    unit: str = ""


def _plain(values: Values, _zone: ZoneInfo) -> str:
    return str(values[0])


def text(most: int) -> Format:
    """One line of at most so many characters, without control characters."""

    def parse(given: str, field: str, _around: Surroundings) -> Values:
        if len(given) > most:
            raise InvalidValue(field, given, f"use at most {most} characters")
        if not given.isprintable():
            raise InvalidValue(field, given, "leave out line breaks and control characters")
        return (given,)

    return Format(parse, _plain, schema={"maxLength": most})


def _parse_paragraphs(given: str, field: str, _around: Surroundings) -> Values:
    lines = [" ".join(line.split()) for line in given.splitlines()]
    found = "\n".join(line for line in lines if line)
    if len(found) > _LONGEST_TEXT or not found.replace("\n", "").isprintable():
        raise InvalidValue(
            field, given[:40], f"use at most {_LONGEST_TEXT} characters, none of them a control character"
        )
    return (found,)


def key(most: int) -> Format:
    """A short natural key: no blanks inside, so that it can be typed in a shell."""

    def parse(given: str, field: str, _around: Surroundings) -> Values:
        if len(given) > most or not given.isprintable() or any(letter.isspace() for letter in given):
            raise InvalidValue(field, given, f"use at most {most} characters without blanks")
        return (given,)

    return Format(parse, _plain, schema={"maxLength": most, "pattern": r"^\S+$"})


def _parse_username(given: str, field: str, around: Surroundings) -> Values:
    (name,) = key(253).parse(given, field, around)
    return name, username_key(given)


def username_form(key: str) -> str:
    """A user name as it is looked for."""
    return username_key(key.strip())


def mac_form(key: str) -> str:
    """A hardware address as it is looked for, whatever its notation."""
    return normalised_mac(key.strip())


def choice(values: type[StrEnum] | Sequence[str]) -> Format:
    """One of a closed set."""
    allowed = [str(value) for value in values]

    def parse(given: str, field: str, _around: Surroundings) -> Values:
        if given.lower() not in allowed:
            raise InvalidValue(field, given, f"give one of {', '.join(allowed)}")
        return (given.lower(),)

    return Format(parse, _plain, schema={"enum": allowed})


def number(least: int, most: int) -> Format:
    """A whole number between two bounds, both included."""

    def parse(given: str, field: str, _around: Surroundings) -> Values:
        digits = given.replace(" ", "")
        if not (digits.isascii() and digits.isdigit() and least <= int(digits) <= most):
            raise InvalidValue(field, given, f"give a whole number from {least} to {most}")
        return (int(digits),)

    return Format(parse, _plain, shape=Shape.NUMBER, schema={"minimum": least, "maximum": most})


def hijri_year() -> Format:
    """A year of the Hijra that may still be meant, kept as text."""

    def parse(given: str, field: str, _around: Surroundings) -> Values:
        if not (given.isascii() and given.isdigit() and 1400 <= int(given) <= 1600):
            raise InvalidValue(field, given, "give a year of the Hijra, such as 1448")
        return (str(int(given)),)

    return Format(parse, _plain)


def duration(least_s: int, most_s: int) -> Format:
    """Seconds, written `900`, `15m`, `8h` or `1d`."""

    def parse(given: str, field: str, _around: Surroundings) -> Values:
        match = _DURATION.fullmatch(given.lower())
        seconds = int(match[1]) * _SECONDS[match[2]] if match else -1
        if not least_s <= seconds <= most_s:
            remedy = f"give from {_duration(least_s)} to {_duration(most_s)}, such as 90s or 15m"
            raise InvalidValue(field, given, remedy)
        return (seconds,)

    bounds = {"minimum": least_s, "maximum": most_s, "description": "seconds"}
    return Format(parse, lambda values, _zone: _duration(_int(values[0])), shape=Shape.NUMBER, schema=bounds)


def _duration(seconds: int) -> str:
    for unit, factor in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds and seconds % factor == 0:
            return f"{seconds // factor}{unit}"
    return f"{seconds}s"


def _int(value: object) -> int:
    if not isinstance(value, int):
        raise TypeError(f"{value!r} is no whole number")
    return value


def _parse_flag(given: str, field: str, _around: Surroundings) -> Values:
    if given.lower() in _YES:
        return (True,)
    if given.lower() in _NO:
        return (False,)
    raise InvalidValue(field, given, "give yes or no")


def _parse_rate(given: str, field: str, _around: Surroundings) -> Values:
    rate = parse_rate(given, field)
    return rate.down_bps, rate.up_bps


def _show_rate(values: Values, _zone: ZoneInfo) -> str:
    return exact_rate(Rate(_int(values[0]), _int(values[1])))


def octets(least: int) -> Format:
    """A volume in octets, `10 GB`."""
    return Format(
        lambda given, field, _around: (parse_octets(given, field, least),),
        lambda values, _zone: exact_octets(_int(values[0])),
        shape=Shape.NUMBER,
        schema={"minimum": least, "maximum": MOST_OCTETS, "description": "octets"},
        unit="B",
    )


def _permille(given: str, field: str) -> int:
    match = _PERCENT.fullmatch(given.strip())
    permille = int(match[1]) * 10 + int(match[2] or 0) if match else -1
    if not 0 <= permille <= 1000:
        raise InvalidValue(field, given, "give a share from 0% to 100%, such as 80% or 12.5%")
    return permille


def _show_permille(permille: int) -> str:
    return f"{permille // 10}%" if permille % 10 == 0 else f"{permille / 10}%"


def _parse_warnings(given: str, field: str, _around: Surroundings) -> Values:
    lines = sorted({_permille(part, field) for part in re.split(r"(?<=%),\s*|[;\s]+", given) if part})
    if not all(line > 0 for line in lines):
        raise InvalidValue(field, given, "give lines above 0%, such as 80%, 95%")
    return (",".join(str(line) for line in lines),)


def _show_warnings(values: Values, _zone: ZoneInfo) -> str:
    return ", ".join(_show_permille(int(line)) for line in str(values[0]).split(",") if line)


def _parse_steps(given: str, field: str, _around: Surroundings) -> Values:
    """Lines with the rate from there on: `80%: 5M/1M; 100%: 1M`."""
    steps: dict[int, Step] = {}
    for part in filter(None, (part.strip() for part in re.split(r"[;\n]", given))):
        line, colon, rate = part.partition(":")
        permille = _permille(line, field)
        if not colon or permille <= 0 or permille in steps:
            raise InvalidValue(field, given, "give each line once with its rate, such as 80%: 5M/1M; 100%: 1M")
        steps[permille] = Step(permille, parse_rate(rate.strip(), field))
    return (",".join(steps[permille].to_text() for permille in sorted(steps)),)


def _show_steps(values: Values, _zone: ZoneInfo) -> str:
    steps = steps_of(str(values[0]))
    return "; ".join(f"{_show_permille(step.permille)}: {exact_rate(step.rate)}" for step in steps)


def _parse_date(given: str, field: str, _around: Surroundings) -> Values:
    return (_date(given, field).isoformat(),)


def _iso(given: str) -> str:
    """A day or moment in ISO 8601; `2/12/2026 9.00` has the day first, as Indonesia writes it."""
    found = _DAY_FIRST.fullmatch(given.strip())
    if found is None:
        return given
    day, month, year, hour, minute = found.groups()
    return f"{year}-{month:0>2}-{day:0>2}" + (f" {hour:0>2}:{minute}" if hour else "")


def _date(given: str, field: str) -> date:
    try:
        return date.fromisoformat(_iso(given))
    except ValueError:
        raise InvalidValue(field, given, "give a date such as 2026-12-31") from None


def _parse_clock(given: str, field: str, _around: Surroundings) -> Values:
    try:
        moment = time.fromisoformat(given.replace(".", ":").zfill(5))
    except ValueError:
        raise InvalidValue(field, given, "give a local time such as 07:30") from None
    if moment.tzinfo is not None or moment.second or moment.microsecond:
        raise InvalidValue(field, given, "give hours and minutes alone, such as 07:30")
    return (moment.strftime("%H:%M"),)


def _parse_clocks(given: str, field: str, around: Surroundings) -> Values:
    """Local times apart by commas or blanks, the earliest first."""
    times = {str(_parse_clock(part, field, around)[0]) for part in re.split(r"[,;\s]+", given) if part}
    return (", ".join(sorted(times)),)


def instant(*, whole_day: bool) -> Format:
    """A local date or date and time, ISO 8601 or `31/12/2026 16:00`, kept as epoch seconds.

    With `whole_day` a date alone means until its end.
    """

    def parse(given: str, field: str, around: Surroundings) -> Values:
        iso = _iso(given)
        try:
            moment = datetime.fromisoformat(iso)
        except ValueError:
            remedy = "give a local date or time such as 2026-12-31 or 2026-12-31 16:00"
            raise InvalidValue(field, given, remedy) from None
        if len(iso) <= len("2026-12-31") and whole_day:
            moment += timedelta(days=1)
        if moment.tzinfo is None:
            moment = local_instant(moment.date(), moment.time(), around.zone)
        return (int(moment.timestamp()),)

    return Format(parse, _show_instant, shape=Shape.INSTANT)


def _show_instant(values: Values, zone: ZoneInfo) -> str:
    moment = datetime.fromtimestamp(_int(values[0]), UTC).astimezone(zone)
    return moment.replace(tzinfo=None).isoformat(" ", "minutes" if moment.second == 0 else "seconds")


def _parse_nip(given: str, field: str, around: Surroundings) -> Values:
    return (parse_nip(given, around.today, field).digits,)


def _parse_network(given: str, field: str, _around: Surroundings) -> Values:
    try:
        return (canonical_address(given),)
    except ValueError:
        remedy = "give an address or network such as 10.10.0.1, 10.10.0.0/24 or 2001:db8::1"
        raise InvalidValue(field, given, remedy) from None


def _parse_address(given: str, field: str, _around: Surroundings) -> Values:
    try:
        return (str(ip_address(given)),)
    except ValueError:
        raise InvalidValue(field, given, "give one address such as 10.10.0.1 or 2001:db8::1") from None


def _parse_mac(given: str, field: str, _around: Surroundings) -> Values:
    mac = normalised_mac(given)
    if _MAC.fullmatch(mac) is None:
        raise InvalidValue(field, given, "give a hardware address such as AA:BB:CC:DD:EE:FF")
    return (mac,)


def _parse_own_mac(given: str, field: str, around: Surroundings) -> Values:
    (mac,) = _parse_mac(given, field, around)
    return mac, username_key(str(mac)), mac


def _parse_name(given: str, field: str, _around: Surroundings) -> Values:
    if _NAME.fullmatch(given) is None:
        raise InvalidValue(field, given, "use letters, digits, dot, dash and underscore alone, at most 63")
    return (given,)


def _parse_rest_url(given: str, field: str, _around: Surroundings) -> Values:
    found = _REST_URL.fullmatch(given)
    if found is None or len(given) > 200:
        raise InvalidValue(field, given, "give scheme and host alone, such as https://10.8.0.2 or https://gw1:8443")
    return (given.rstrip("/"),)


def _parse_hosts(given: str, field: str, _around: Surroundings) -> Values:
    return (", ".join(parse_hosts(given, field)),)


def _parse_web_url(given: str, field: str, _around: Surroundings) -> Values:
    if len(given) > _LONGEST_URL or web_address(given) is None:
        raise InvalidValue(field, given, "give its web address, such as https://absensi.kota.go.id")
    return (given,)


def _parse_tls_trust(given: str, field: str, _around: Surroundings) -> Values:
    text = given.lower().replace(":", "")
    if text not in {"verify", "off"} and _SHA256.fullmatch(text) is None:
        raise InvalidValue(field, given, "give verify, off, or the 64 hex digits of the certificate's SHA-256")
    return (text,)


def _parse_mail(given: str, field: str, _around: Surroundings) -> Values:
    name, at, host = given.rpartition("@")
    if not (name and at and "." in host and given.isprintable() and " " not in given and len(given) <= 254):
        raise InvalidValue(field, given, "give an address such as nama@kota.go.id")
    return (given,)


def _parse_chat(given: str, field: str, _around: Surroundings) -> Values:
    return (address_of(f"{Channel.TELEGRAM}:{given}", field).to,)


def _parse_secret(given: str, field: str, around: Surroundings) -> Values:
    if not (given.isascii() and given.isprintable() and len(given) <= 128):
        raise InvalidValue(field, HIDDEN, "use printable ASCII, at most 128 characters")
    return (around.encrypt(given.encode()),)


def _parse_key(given: str, field: str, around: Surroundings) -> Values:
    if len(given) < _SHORTEST_KEY:
        raise InvalidValue(field, HIDDEN, f"use at least {_SHORTEST_KEY} characters, as RFC 3414 asks")
    return _parse_secret(given, field, around)


def _parse_password(given: str, _field: str, around: Surroundings) -> Values:
    passwords.check_new_password(given, around.about)
    return (passwords.hash_password(given),)


def _parse_own_password(given: str, field: str, around: Surroundings) -> Values:
    kept = around.encrypt(passwords.normal(given).encode()) if around.keeps_text else None
    return *_parse_password(given, field, around), kept, None  # the NT hash was of the password before


def _parse_nt_hash(given: str, field: str, around: Surroundings) -> Values:
    if _NT_HASH.fullmatch(given) is None:
        raise InvalidValue(field, HIDDEN, "give the 32 hex digits of the NT hash")
    return (around.encrypt(bytes.fromhex(given)),)


def _hide(_values: Values, _zone: ZoneInfo) -> str:
    return HIDDEN


FLAG = Format(_parse_flag, lambda values, _zone: "yes" if values[0] else "no", shape=Shape.FLAG)
RATE = Format(_parse_rate, _show_rate, shape=Shape.RATE)
SHARE = Format(
    lambda given, field, _around: (_permille(given, field),), lambda values, _zone: _show_permille(_int(values[0]))
)
STEPS = Format(_parse_steps, _show_steps, is_sorted=False)
WARNINGS = Format(_parse_warnings, _show_warnings)
DATE = Format(_parse_date, _plain, schema={"format": "date"})
CLOCK = Format(_parse_clock, _plain, schema={"pattern": r"^[0-9]{1,2}[:.][0-9]{2}$"})
CLOCKS = Format(_parse_clocks, _plain, is_sorted=False)
NAMES = Format(lambda given, _field, _around: (given,), _plain, is_sorted=False)
"""Several natural keys apart by commas; who reads them is `services.reading`."""
NIP = Format(_parse_nip, _plain)
USERNAME = Format(_parse_username, _plain)
NETWORK = Format(_parse_network, _plain)
ADDRESS = Format(_parse_address, _plain)
MAIL = Format(_parse_mail, _plain)
CHAT = Format(_parse_chat, _plain)
MAC = Format(_parse_mac, _plain)
OWN_MAC = Format(_parse_own_mac, _plain)
NAME = Format(_parse_name, _plain)
PARAGRAPHS = Format(_parse_paragraphs, _plain, is_sorted=False)
HOSTS = Format(_parse_hosts, _plain, is_sorted=False)
WEB_URL = Format(_parse_web_url, _plain)
REST_URL = Format(_parse_rest_url, _plain)
TLS_TRUST = Format(_parse_tls_trust, _plain)
SECRET = Format(_parse_secret, _hide, is_secret=True, is_sorted=False)
SNMP_KEY = Format(_parse_key, _hide, is_secret=True, is_sorted=False)
PASSWORD = Format(_parse_password, _hide, is_secret=True, is_sorted=False)
OWN_PASSWORD = Format(_parse_own_password, _hide, is_secret=True, is_sorted=False)
NT_HASH = Format(_parse_nt_hash, _hide, is_secret=True, is_sorted=False)
