"""Measurements of before netquota, as files hold them: spans of time with octets in both directions. Pure.

Four forms: a CSV of rates or volumes; a CSV of SNMP counters; `rrdtool dump` (MRTG, Cacti, LibreNMS); a CSV of
daloRADIUS' table radacct. Down is to the users: of an interface towards the provider that is what it received.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from netquota.domain.periods import local_instant
from netquota.errors import InvalidValue

FORMS = ("rates", "octets", "counters", "rrd", "radacct")
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "time": ("time", "timestamp", "date", "waktu", "tanggal", "datetime"),
    "down": ("down", "in", "traffic_in", "ifhcinoctets", "ifinoctets", "unduh", "masuk", "download", "inoctets"),
    "up": ("up", "out", "traffic_out", "ifhcoutoctets", "ifoutoctets", "unggah", "keluar", "upload", "outoctets"),
    "start": ("acctstarttime",), "stop": ("acctstoptime",), "input": ("acctinputoctets",),
    "output": ("acctoutputoctets",),
}  # fmt: skip
_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9}
_RATE = re.compile(r"(\d+(?:[.,]\d+)?)\s*([kmg]?)(?:bit/s|bps|b/s)?", re.IGNORECASE)
_ARCHIVE, _ROW = re.compile(r"<rra>(.*?)</rra>", re.DOTALL), re.compile(r"<row>(.*?)</row>", re.DOTALL)
_VALUE, _NUMBER = re.compile(r"<v>\s*(\S+?)\s*</v>"), re.compile(r"\d+(?:\.\d+)?(?:e[+-]?\d+)?", re.IGNORECASE)
LONGEST_STEP_S = 86_400
MOST_ROWS = 5_000_000


@dataclass(frozen=True, slots=True)
class Reading:
    """Octets that flowed in [from_s, to_s), epoch seconds."""

    from_s: int
    to_s: int
    down: int
    up: int


def readings(form: str, content: bytes, zone: ZoneInfo, step_s: int = 300) -> list[Reading]:
    """What a file holds, in order of time; times without a zone are local. Raises `InvalidValue` by row and column.

    `step_s`: how long a row of rates or volumes lasts where the next one does not say it.
    """
    match form:
        case "rrd":
            found = _rrd(content)
        case "radacct":
            found = _radacct(_rows(content), zone)
        case "counters":
            found = _counters(_rows(content), zone)
        case "rates" | "octets":
            found = _steps(_rows(content), zone, step_s, as_rates=form == "rates")
        case _:
            raise InvalidValue("format", form, f"name one of {', '.join(FORMS)}")
    return sorted(found, key=lambda each: (each.from_s, each.to_s))


def _rows(content: bytes) -> list[dict[str, str]]:
    """Rows of a CSV by their headings in lower case; `;`, `,` or tabs."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidValue("file", "", "save it as CSV in UTF-8") from None
    head = text.partition("\n")[0]
    delimiter = max(";,\t", key=head.count)
    found = list(csv.DictReader(io.StringIO(text), delimiter=delimiter))
    if not found:
        raise InvalidValue("file", "", "it has no rows under its headings")
    if len(found) > MOST_ROWS:
        raise InvalidValue("file", len(found), f"give at most {MOST_ROWS} rows at once")
    return [{(name or "").strip().lower(): (value or "").strip() for name, value in row.items()} for row in found]


def _column(rows: Sequence[Mapping[str, str]], name: str) -> str:
    for known in _COLUMNS[name]:
        if known in rows[0]:
            return known
    there = ", ".join(rows[0]) or "none"
    raise InvalidValue("columns", there, f"a column {' or '.join(_COLUMNS[name][:3])} is needed")


def _moment(text: str, zone: ZoneInfo, row: int, column: str) -> int:
    if text.isdecimal() and len(text) in {10, 13}:
        return int(text[:10])
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidValue(f"row {row}, {column}", text[:40], "write 2026-11-24 10:30:00, or epoch seconds") from None
    return int((found if found.tzinfo else local_instant(found.date(), found.time(), zone)).timestamp())


def _steps(
    rows: Sequence[Mapping[str, str]], zone: ZoneInfo, step_s: int, *, as_rates: bool
) -> Iterator[Reading]:  # fmt: skip
    """Each row lasts until the next, but not longer than its step and a half: a hole stays one."""
    at, down, up = (_column(rows, name) for name in ("time", "down", "up"))
    times = [_moment(row[at], zone, number, at) for number, row in enumerate(rows, start=2)]
    for place, (row, from_s) in enumerate(zip(rows, times, strict=True)):
        if not row[down] and not row[up]:
            continue
        following = times[place + 1] if place + 1 < len(times) else from_s + step_s
        to_s = following if from_s < following <= from_s + step_s * 3 // 2 else from_s + step_s
        values = [_value(row[name], as_rates, place + 2, name) for name in (down, up)]
        if as_rates:
            values = [round(value * (to_s - from_s) / 8) for value in values]
        yield Reading(from_s, to_s, round(values[0]), round(values[1]))


def _value(text: str, as_rate: bool, row: int, column: str) -> float:
    if not text or text.lower() == "nan":
        return 0
    found = _RATE.fullmatch(text)
    if found is None or (not as_rate and not text.isdecimal()):
        remedy = "give bit/s such as 1500000 or 1.5M" if as_rate else "give whole octets"
        raise InvalidValue(f"row {row}, {column}", text[:40], remedy)
    return float(found[1].replace(",", ".")) * _UNITS[found[2].lower()]


def _counters(rows: Sequence[Mapping[str, str]], zone: ZoneInfo) -> Iterator[Reading]:
    """Differences of counters; one that fell (a reboot, a wrap) says nothing of that step."""
    at, down, up = (_column(rows, name) for name in ("time", "down", "up"))
    before: tuple[int, int, int] | None = None
    for number, row in enumerate(rows, start=2):
        moment = _moment(row[at], zone, number, at)
        for name in (down, up):
            if not row[name].isdecimal():
                raise InvalidValue(f"row {number}, {name}", row[name][:40], "give the counter as a whole number")
        now = moment, int(row[down]), int(row[up])
        if before is not None and before[0] < moment <= before[0] + LONGEST_STEP_S:
            grown = now[1] - before[1], now[2] - before[2]
            if min(grown) >= 0:
                yield Reading(before[0], moment, *grown)
        before = now


def _radacct(rows: Sequence[Mapping[str, str]], zone: ZoneInfo) -> Iterator[Reading]:
    """Closed sessions; input is from the user (RFC 2866), so down is output. Open ones are left out."""
    start, stop, given, got = (_column(rows, name) for name in ("start", "stop", "input", "output"))
    for number, row in enumerate(rows, start=2):
        if not row[stop] or row[stop].startswith("0000"):
            continue
        from_s, to_s = (_moment(row[name], zone, number, name) for name in (start, stop))
        for name in (given, got):
            if row[name] and not row[name].isdecimal():
                raise InvalidValue(f"row {number}, {name}", row[name][:40], "give whole octets")
        if to_s < from_s:
            raise InvalidValue(f"row {number}, {stop}", row[stop], "a session ends after it began")
        yield Reading(from_s, max(to_s, from_s + 1), int(row[got] or 0), int(row[given] or 0))


def _rrd(content: bytes) -> list[Reading]:
    """The finest averages of an `rrdtool dump`, octets a second of its first two sources, finer ones before coarser.

    Read by its tags alone: a file from elsewhere is never given to an XML parser.
    """
    text = content.decode("utf-8", "replace")
    step, last = (_head_number(text, tag) for tag in ("step", "lastupdate"))
    if "<rrd>" not in text or step < 1:
        raise InvalidValue("file", text[:40], "give the XML that `rrdtool dump FILE.rrd` writes")
    archives: list[tuple[int, list[list[str]]]] = []
    for part in _ARCHIVE.findall(text):
        every = re.search(r"<pdp_per_row>\s*(\d+)", part)
        if every is not None and re.search(r"<cf>\s*AVERAGE", part):
            archives.append((step * int(every[1]), [_VALUE.findall(row)[:2] for row in _ROW.findall(part)]))
    found: list[Reading] = []
    oldest: int | None = None
    for span_s, rows in sorted(archives, key=lambda each: each[0]):
        if span_s <= LONGEST_STEP_S:
            mine = list(_archive(rows, span_s, last // span_s * span_s, oldest))
            found += mine
            oldest = min([each.from_s for each in mine] + ([] if oldest is None else [oldest]), default=oldest)
    return found


def _head_number(text: str, tag: str) -> int:
    found = re.search(rf"<{tag}>\s*(\d+)", text)
    return int(found[1]) if found is not None else 0


def _archive(rows: Sequence[Sequence[str]], span_s: int, end_s: int, before_s: int | None) -> Iterator[Reading]:
    """An archive's rows, the last of which ends at `end_s`; those that a finer one has are left out."""
    for place, values in enumerate(rows):
        to_s = end_s - span_s * (len(rows) - 1 - place)
        if before_s is not None and to_s > before_s:
            return
        if len(values) == 2 and all(_NUMBER.fullmatch(text) for text in values):
            down, up = (round(float(text) * span_s) for text in values)
            yield Reading(to_s - span_s, to_s, down, up)


def wanders_h(readings_: Iterable[Reading], zone: ZoneInfo) -> int:
    """By how many hours the daily low of the last week stands apart from that of the first.

    Samples that are missing without a gap in their stamps shift the clock of a series; planning would take the shift
    for a habit of the office.
    """
    by_week: dict[int, list[list[int]]] = {}
    for each in readings_:
        local = datetime.fromtimestamp(each.from_s, UTC).astimezone(zone)
        hours = by_week.setdefault(each.from_s // (7 * 86_400), [[0, 0] for _ in range(24)])
        hours[local.hour][0] += each.down + each.up
        hours[local.hour][1] += each.to_s - each.from_s
    whole = [hours for _, hours in sorted(by_week.items()) if all(seconds for _, seconds in hours)]
    if len(whole) < 2:
        return 0
    first, last = _low(whole[0]), _low(whole[-1])
    return min((first - last) % 24, (last - first) % 24)


def _low(hours: Sequence[Sequence[int]]) -> int:
    """The middle of the six quietest hours on end."""
    rates = [octets / seconds for octets, seconds in hours]
    start = min(range(24), key=lambda at: sum(rates[(at + step) % 24] for step in range(6)))
    return (start + 3) % 24
