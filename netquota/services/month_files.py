"""Use case: each month's use of links, sites and offices as files for other tools, with a manifest and checksums.

Exact to the octet: what is written is what the samples hold, which is what sessions and interfaces grew by. No person
is named in them. A month is written again until its late reports have come (measures.STILL_YOUNG_S), then left alone.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from netquota import __version__
from netquota.domain.periods import Period, PeriodKind, current
from netquota.domain.samples import INTERFACE_OF, LINK, OPD, SITE
from netquota.errors import ConfigurationError, InvalidValue
from netquota.services.measures import STILL_YOUNG_S, lately, measured, month_bounds, subjects
from netquota.services.shift import Shift
from netquota.sheets.tables import Cell, Column, Table, digest, has_parquet, write_csv, write_parquet
from netquota.storage import measure_store, month_report
from netquota.storage.database import Connection, Database
from netquota.storage.measure_store import INTERFACE, SESSIONS
from netquota.storage.month_report import HourLine
from netquota.storage.snapshot import Snapshot

FORMAT: Final = 1
MANIFEST, SUMS = "manifest.json", "SHA256SUMS"
MOST_MONTHS: Final = 24
_MONTH: Final = re.compile(r"20\d\d-(0[1-9]|1[0-2])")
_WORDS: Final = {SESSIONS: "sessions", INTERFACE: "interface"}
_DOWN = Column("down_octets", "integer", "octet", "to the users")
_UP = Column("up_octets", "integer", "octet", "from the users")
_KIND = Column("kind", "text", "", "link, site or opd (the sum of its sites)")
_NAME = Column("name", "text", "", "the link's or site's name, the office's code")
_SOURCE = Column("source", "text", "", "sessions: what hotspot accounting saw; interface: what its interface counted")
_HOUR = Column("hour", "text", "UTC", "start of the hour, ISO 8601")


@dataclass(frozen=True, slots=True)
class Place:
    """Whose use is written: kind and name as they stand in the files, and the samples of which it is the sum."""

    kind: str
    name: str
    source: str
    sampled: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Written:
    """What was written: the folder of the month, how many files and rows, whether no late report can change it."""

    folder: Path
    files: int
    rows: int
    is_final: bool


def parsed_month(text: str) -> str:
    """A month as `2026-11`. Raises `InvalidValue`."""
    if _MONTH.fullmatch(text) is None:
        raise InvalidValue("month", text, "give a month such as 2026-11")
    return text


def places(snapshot: Snapshot) -> list[Place]:
    """Every link and site by sessions and by interface, every office by its sites; in the order of the files."""
    found: list[Place] = []
    for word, kind, things in (("link", LINK, snapshot.links.values()), ("site", SITE, snapshot.sites.values())):
        for thing in things:
            found.append(Place(word, thing.name, "sessions", ((kind, thing.id),)))
            found.append(Place(word, thing.name, "interface", ((INTERFACE_OF[kind], thing.id),)))
    for opd in snapshot.opds.values():
        sites = tuple((SITE, site.id) for site in snapshot.sites.values() if site.host.id == opd.id)
        found.append(Place("opd", opd.code, "sessions", sites))
    return sorted(found, key=lambda one: (one.kind, one.name, one.source))


# -- tables ---------------------------------------------------------------------------------------------------------


def tables(connection: Connection, snapshot: Snapshot, month: str, zone: ZoneInfo, now_s: int) -> list[Table]:
    """The tables of a local month."""
    bounds = month_bounds(month, zone)
    lines = {place: _hours(connection, place, bounds) for place in places(snapshot)}
    measures = list(_month_rows(connection, snapshot, month, bounds, now_s))
    answers = list(_reach_rows(connection, snapshot, bounds))
    return [
        Table("hours", "Use by hour", (_HOUR, _KIND, _NAME, _SOURCE, _DOWN, _UP, _BINS), list(_hour_rows(lines))),
        Table("days", "Use by local day", (_DAY, _KIND, _NAME, _SOURCE, _DOWN, _UP), list(_day_rows(lines, zone))),
        Table("month", "The month's measures", _MONTH_COLUMNS, measures),
        Table("people", "Use of offices' own people, wherever they were; visitors at its sites are not among them",
              (_OPD, _DOWN, _UP), _people_rows(connection, snapshot, bounds)),
        Table("reachability", "How far ends of links answered", _REACH, answers),
    ]  # fmt: skip


_BINS = Column("bins", "integer", "5 minutes", "how many of the hour's twelve bins were counted")
_DAY = Column("day", "text", "local", "local date, ISO 8601")
_OPD = Column("opd", "text", "", "the office's code")
_MONTH_COLUMNS = (
    _KIND, _NAME, _SOURCE,
    Column("p95_down_bps", "integer", "bit/s", "95th percentile of the five-minute means, to the users"),
    Column("p95_up_bps", "integer", "bit/s", "95th percentile, from the users"),
    _DOWN, _UP,
    Column("valid_bins", "integer", "5 minutes", "bins of which the use is known"),
    Column("expected_bins", "integer", "5 minutes", "bins of the month so far"),
    Column("capacity_down_bps", "integer", "bit/s", "the link's capacity, the office's ceiling; as of the export"),
    Column("capacity_up_bps", "integer", "bit/s", "the same, from the users"),
)  # fmt: skip
_REACH = (
    _HOUR, Column("link", "text", "", "the link's name"), Column("by", "text", "", "who asked: server or gateway"),
    Column("asked", "integer", "packets", "echo requests"), Column("answered", "integer", "packets", "echo replies"),
    Column("round_trip_us", "integer", "microsecond", "mean of what was answered"),
)  # fmt: skip


def _hours(connection: Connection, place: Place, bounds: tuple[int, int]) -> list[HourLine]:
    sums: dict[int, HourLine] = {}
    for kind, subject_id in place.sampled:
        for line in month_report.hours(connection, kind, subject_id, *bounds):
            held = sums.get(line.hour_s, HourLine(line.hour_s, 0, 0, 0))
            sums[line.hour_s] = HourLine(
                line.hour_s, held.down + line.down, held.up + line.up, max(held.bins, line.bins)
            )
    return [sums[hour_s] for hour_s in sorted(sums)]


def _hour_rows(lines: dict[Place, list[HourLine]]) -> Iterator[tuple[Cell, ...]]:
    for place, of_place in lines.items():
        for line in of_place:
            yield _iso(line.hour_s), place.kind, place.name, place.source, line.down, line.up, line.bins


def _day_rows(lines: dict[Place, list[HourLine]], zone: ZoneInfo) -> Iterator[tuple[Cell, ...]]:
    """A zone's days begin at whole hours wherever Indonesia is; elsewhere an hour falls on the day of its start."""
    for place, of_place in lines.items():
        sums: dict[str, list[int]] = {}
        for line in of_place:
            day = datetime.fromtimestamp(line.hour_s, UTC).astimezone(zone).date().isoformat()
            held = sums.setdefault(day, [0, 0])
            held[0], held[1] = held[0] + line.down, held[1] + line.up
        for day, (down, up) in sums.items():
            yield day, place.kind, place.name, place.source, down, up


def _month_rows(
    connection: Connection, snapshot: Snapshot, month: str, bounds: tuple[int, int], now_s: int
) -> Iterator[tuple[Cell, ...]]:
    names = {
        (LINK, one.id): ("link", one.name, one.capacity) for one in snapshot.links.values()
    } | {(SITE, one.id): ("site", one.name, one.limit) for one in snapshot.sites.values()}  # fmt: skip
    names |= {(OPD, one.id): ("opd", one.code, one.ceiling) for one in snapshot.opds.values()}
    until_s = min(bounds[1], lately(now_s)[1])
    kept = {(one.kind, one.id): one for one in subjects(connection)}
    rows: list[tuple[Cell, ...]] = []
    for key in sorted(kept.keys() & names.keys()):
        word, name, most = names[key]
        known = [one for one in measure_store.of_subject(connection, *key) if one.span == month]
        for one in known or measured(connection, kept[key], month, (bounds[0], until_s), now_s):
            capacity = (None, None) if most is None else (most.down_bps, most.up_bps)
            rows.append(
                (word, name, _WORDS[one.source], one.p95_down_bps, one.p95_up_bps, one.down, one.up, one.valid,
                 one.expected, *capacity)
            )  # fmt: skip
    yield from sorted(rows, key=lambda row: [str(cell) for cell in row[:3]])


def _people_rows(connection: Connection, snapshot: Snapshot, bounds: tuple[int, int]) -> list[tuple[Cell, ...]]:
    sums = month_report.people_by_opd(connection, *bounds)
    codes = {opd.id: opd.code for opd in snapshot.opds.values()}
    rows: list[tuple[Cell, ...]] = [(codes[opd_id], down, up) for opd_id, (down, up) in sums.items() if opd_id in codes]
    return sorted(rows, key=lambda row: str(row[0]))


def _reach_rows(
    connection: Connection, snapshot: Snapshot, bounds: tuple[int, int]
) -> Iterator[tuple[Cell, ...]]:  # fmt: skip
    for link in sorted(snapshot.links.values(), key=lambda one: one.name):
        for line in month_report.reach(connection, link.id, *bounds):
            yield _iso(line.hour_s), link.name, line.by, line.sent, line.received, line.round_trip_us


def _iso(at_s: int) -> str:
    return datetime.fromtimestamp(at_s, UTC).isoformat().replace("+00:00", "Z")


# -- files ----------------------------------------------------------------------------------------------------------


def write_month(
    database: Database, snapshot: Snapshot, month: str, folder: Path, city: str, zone: ZoneInfo, now_s: int
) -> Written:
    """Write a month's files into `folder`/month, in place of older ones; there is never half a month.

    Raises `InvalidValue` for a month that has not begun, `ConfigurationError` where the folder cannot be written.
    """
    start_s, end_s = month_bounds(parsed_month(month), zone)
    if start_s >= now_s:
        raise InvalidValue("month", month, "it has not begun yet")
    with database.read() as connection:
        made = tables(connection, snapshot, month, zone, now_s)
    is_final = now_s >= end_s + STILL_YOUNG_S
    head: dict[str, object] = {
        "format": FORMAT, "made_by": f"netquota {__version__}", "city": city, "month": month, "zone": str(zone),
        "from": _iso(start_s), "until": _iso(end_s), "made": _iso(now_s), "final": is_final,
    }  # fmt: skip
    try:
        _write(made, folder, month, head)
    except OSError as error:
        raise ConfigurationError(f"exports.folder {folder} cannot be written: {error.strerror or error}") from None
    kinds = 2 if has_parquet() else 1
    return Written(folder / month, len(made) * kinds, sum(len(table.rows) for table in made), is_final)


def _write(made: Sequence[Table], folder: Path, month: str, head: dict[str, object]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob(f".{month}.*"):
        shutil.rmtree(left, ignore_errors=True)
    fresh, old = (folder / f".{month}.{word}-{secrets.token_hex(4)}" for word in ("new", "old"))
    fresh.mkdir()
    files = [entry for table in made for entry in _table_files(table, fresh)]
    manifest = head | {"totals": _totals(made), "files": files}
    (fresh / MANIFEST).write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    names = sorted([*(str(entry["name"]) for entry in files), MANIFEST])
    lines = "".join(f"{digest(fresh / name)}  {name}\n" for name in names)
    (fresh / SUMS).write_text(lines, encoding="utf-8")
    for path in fresh.iterdir():
        with path.open("rb") as file:
            os.fsync(file.fileno())
    target = folder / month
    if target.exists():
        target.rename(old)
    fresh.rename(target)
    shutil.rmtree(old, ignore_errors=True)


def _table_files(table: Table, folder: Path) -> Iterator[dict[str, object]]:
    columns = [{"name": c.name, "type": c.type, "unit": c.unit, "says": c.says} for c in table.columns]
    writers = (("csv", write_csv), ("parquet", write_parquet)) if has_parquet() else (("csv", write_csv),)
    for suffix, write in writers:
        path = folder / f"{table.name}.{suffix}"
        write(table, path)
        yield {
            "name": path.name, "says": table.says, "rows": len(table.rows), "octets": path.stat().st_size,
            "sha256": digest(path), "columns": columns,
        }  # fmt: skip


def _totals(made: Sequence[Table]) -> dict[str, dict[str, int]]:
    """The sums of the hours, by kind and source: what a reader's own sums must come to."""
    sums: dict[str, dict[str, int]] = {}
    for row in next(table.rows for table in made if table.name == "hours"):
        held = sums.setdefault(f"{row[1]}.{row[3]}", {"down_octets": 0, "up_octets": 0})
        held["down_octets"] += int(row[4] or 0)
        held["up_octets"] += int(row[5] or 0)
    return sums


def faults(folder: Path) -> list[str]:
    """What differs from the manifest in a month's folder: files that are missing, changed or not named."""
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        lines = (folder / SUMS).read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError) as error:
        return [f"{folder}: no month's files ({error})"]
    wanted = {entry["name"]: entry["sha256"] for entry in manifest["files"]}
    wanted |= {name: sha for sha, _, name in (line.partition("  ") for line in lines)}
    found = {path.name for path in folder.iterdir()} - {SUMS}
    told = [f"{name}: it is missing" for name in sorted(wanted.keys() - found)]
    told += [f"{name}: it is not in the manifest" for name in sorted(found - wanted.keys())]
    return told + [
        f"{name}: it was changed" for name in sorted(wanted.keys() & found) if digest(folder / name) != wanted[name]
    ]


# -- the clock ------------------------------------------------------------------------------------------------------


def write_due(shift: Shift, folder: str, city: str, zone: ZoneInfo) -> str:
    """Write the months that are over and not written for good yet, oldest first."""
    if not folder:
        return "no folder is set (exports.folder)"
    with shift.reading() as (_, connection):
        first_s = month_report.first_hour(connection, (SITE, LINK))
    due = [month for month in _months(first_s, shift.now_s, zone) if not _is_final(Path(folder) / month)]
    for month in due[:MOST_MONTHS]:
        with shift.reading():
            write_month(shift.database, shift.policy.snapshot, month, Path(folder), city, zone, shift.now_s)
    return f"{len(due[:MOST_MONTHS])} months written" + (f": {', '.join(due[:MOST_MONTHS])}" if due else "")


def _months(first_s: int | None, now_s: int, zone: ZoneInfo) -> list[str]:
    """The local months that are over, from an epoch second on."""
    found: list[str] = []
    rule, at_s = Period(PeriodKind.MONTH, zone), now_s if first_s is None else first_s
    while True:
        start_s, end_s = current(rule, datetime.fromtimestamp(at_s, UTC))
        if end_s > now_s:
            return found
        found.append(f"{datetime.fromtimestamp(start_s, UTC).astimezone(zone):%Y-%m}")
        at_s = end_s


def _is_final(folder: Path) -> bool:
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return bool(manifest.get("final")) and manifest.get("format") == FORMAT
