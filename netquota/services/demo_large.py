"""The large sample city: 48 offices and 4,700 people beside those of config/demo/city.toml, and 13 months of samples.

Demand is drawn from the city's seed: office hours, days off, Ramadan, growth, outages of links. What a ceiling let
through stands in the books; what was wanted is kept apart, so that estimates of hidden demand can be judged.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netquota import passwords
from netquota.domain.periods import start_of
from netquota.domain.samples import BIN_S, HOUR_S, LINK, OPD, SITE, SITE_INTERFACE
from netquota.planning.workdays import local_times
from netquota.resources import data_file
from netquota.services import days_off, measures
from netquota.services.allocate import add_within, change_within
from netquota.services.demo_city import BY, give_password
from netquota.services.demo_people import DemoCity, drawn_people
from netquota.services.office import Office
from netquota.storage import bin_store, bulk_store, ceiling_store, measure_store, policy_subjects, rollup_store
from netquota.storage.database import Connection
from netquota.storage.usage_report import Source

DAY_S = 86_400
# median demand by local hour as a share of the busiest (planning.md part 2, "Bar")
_BY_HOUR = (
    2, 2, 2, 2, 2, 3, 5, 20, 55, 85, 100, 95, 60, 70, 95, 90, 55, 25, 12, 8, 6, 5, 4, 3,
)  # fmt: skip
_UP_SHARE = 0.18
_DAY_OFF, _RAMADAN = 0.12, 0.8
_CIRCUIT = "Sirkuit VPN Disdukcapil"
_CIRCUIT_BPS = 12_000_000
_HIJRA = 579  # years between the calendars, for the Ramadan that begins in a year of ours
Floats = NDArray[np.float64]
Octets = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Office:
    """One more office as config/demo/large.toml has it; Mbit/s."""

    code: str
    name: str
    kind: str
    people: int
    ceiling: str
    load: float


@dataclass(frozen=True, slots=True)
class Enlarged:
    """What was added: offices, people, rows of samples."""

    opds: int
    people: int
    samples: int


@dataclass(frozen=True, slots=True)
class _Place:
    """A site with the most that it may take, bit/s, and its load."""

    site_id: int
    opd_id: int
    code: str
    link_id: int
    down_bps: int
    up_bps: int
    load: float


def enlarge(office: Office, city: DemoCity, password: str, truth: Path) -> Enlarged:
    """Add the rest of the large city to the sample city, all or nothing; what was wanted goes to the file `truth`."""
    told = tomllib.loads(data_file("config/demo/large.toml").read_text(encoding="utf-8"))
    offices = list(_offices(told["offices"]))
    until_s = office.now_s // HOUR_S * HOUR_S
    first = office.today - timedelta(days=round(told["months"] * 30.5))
    from_s = start_of(first, office.zone)
    with office.database.write() as connection:
        for link, values in told["links"].items():
            change_within(connection, office, "link", link, values, BY)
        people = _add_policy(connection, office, city, offices, password)
        places = _places(connection, {one.code: one.load for one in offices} | told["loads"])
        _note_past(connection, from_s, until_s)
        _note_days(connection, office, range(first.year, office.today.year + 2))
        factor = _shape(office, from_s, (until_s - from_s) // BIN_S, told["yearly_growth"])
        samples = _write_history(connection, city, places, people, factor, from_s, truth)
        rollup_store.set_rolled_to(connection, until_s)
        bulk_store.sum_days(connection, office.zone, from_s, until_s)
    _measure(office)
    return Enlarged(len(offices), sum(map(len, people.values())), samples)


def _offices(text: str) -> Iterator[_Office]:
    for line in text.strip().splitlines():
        code, name, kind, people, ceiling, load = (part.strip() for part in line.split("|"))
        down, up = ceiling.split("/")
        yield _Office(code, name, kind, int(people), f"{down}M/{up}M", float(load))


def _add_policy(
    connection: Connection, office: Office, city: DemoCity, offices: Sequence[_Office], password: str
) -> dict[str, list[int]]:
    """Offices, sites and people; ids of the people by office. The circuit has no hotspot: it is measured alone."""
    for one in offices:
        values = {"code": one.code, "name": one.name, "kind": one.kind, "ceiling": one.ceiling, "plan": "staf"}
        add_within(connection, office, "opd", values, BY)
        site = {"name": f"Kantor {one.code}", "opd": one.code, "link": "Tautan Balai Kota", "nas": "gw-balaikota",
                "match_called_station": f"hs-{one.code.lower()}"}  # fmt: skip
        add_within(connection, office, "site", site, BY)
    circuit = {"name": _CIRCUIT, "opd": "DISDUKCAPIL", "link": "Tautan Layanan", "mode": "whole_opd"}
    add_within(connection, office, "site", circuit, BY)
    staff = [{"opd": one.code, "site": f"Kantor {one.code}", "count": one.people} for one in offices]
    taken = {person.fields["name"] for person in city.people}
    found: dict[str, list[int]] = {}
    for person in drawn_people(staff, Random(city.seed + 1), taken, len(city.people)):  # noqa: S311 (repeatable)
        made = add_within(connection, office, "employee", person, BY)
        found.setdefault(person["opd"], []).append(made.id)
    everybody = [one for ids in found.values() for one in ids]
    give_password(connection, office, everybody, passwords.hash_password(password), password)
    return found


def _places(connection: Connection, loads: Mapping[str, float]) -> list[_Place]:
    return [
        _Place(row.site_id, row.opd_id, row.code, row.link_id, row.down_bps, row.up_bps, loads[row.code])
        for row in bulk_store.sites_with_ceilings(connection)
        if row.name != _CIRCUIT
    ]


def _note_past(connection: Connection, from_s: int, until_s: int) -> None:
    """Ceilings and gateways as if they had been there all the time, but for two days of one gateway."""
    ceiling_store.note_since(connection, from_s)
    bulk_store.gateways_were_up(connection, from_s, until_s)


def _note_days(connection: Connection, office: Office, years: range) -> None:
    """Days off of these years, and the Ramadans of those that are over or running, as the office confirmed them."""
    days_off.take_over_within(connection, office, BY, years)
    for year in years[:-1]:
        first, last = days_off.ramadan_of(year - _HIJRA)
        values = {"year": str(year - _HIJRA), "first_day": f"{first}", "last_day": f"{last}", "confirmed": "yes"}
        add_within(connection, office, "ramadan", values, BY)


def _shape(office: Office, from_s: int, number: int, growth: float) -> Floats:
    """Demand by bin as a share of the busiest hour's at the end: hour, day, Ramadan, growth."""
    times = local_times(from_s, number, office.zone)
    first = datetime.fromtimestamp(from_s, UTC).astimezone(office.zone).date()
    last = office.today
    off = {day.day for day in days_off.known_days(range(first.year, last.year + 1))}
    ramadans = [days_off.ramadan_of(year - _HIJRA) for year in range(first.year, last.year + 1)]
    days = [first + timedelta(days=step) for step in range((last - first).days + 2)]
    quiet = np.array([1.0 if day.weekday() < 5 and day not in off else _DAY_OFF for day in days])
    fasting = np.array([_RAMADAN if any(a <= day <= b for a, b in ramadans) else 1.0 for day in days])
    hours = np.array(_BY_HOUR) / 100
    grown = np.exp(np.log1p(growth) * (np.arange(number) - number) * BIN_S / (365 * DAY_S))
    return hours[times.hour] * (quiet * fasting)[times.day - times.day[0]] * grown


def _write_history(
    connection: Connection, city: DemoCity, places: Sequence[_Place], people: Mapping[str, Sequence[int]],
    factor: Floats, from_s: int, truth: Path,
) -> int:  # fmt: skip
    """Samples of sites, links and the circuit; sums of people by day. How many samples."""
    rng, number, samples = np.random.default_rng(city.seed), len(factor), 0
    wanted: dict[str, Any] = {"from_s": np.array(from_s)}
    held, links = _through_links(connection, places, _held(rng, places, factor, wanted))
    for place in places:
        week = _week(connection, place, from_s, number)
        down, up = (np.maximum(0, each - past) for each, past in zip(held[place.site_id], week, strict=True))
        samples += bulk_store.write_bins(connection, SITE, place.site_id, from_s, down, up)
        bulk_store.write_people(connection, people.get(place.code, ()), from_s, down, up, rng)
    for link_id, carried in sorted(links.items()):
        past = _used(connection, LINK, link_id, from_s, number)
        down, up = (np.maximum(0, each - week) for each, week in zip(carried, past, strict=True))
        samples += bulk_store.write_bins(connection, LINK, link_id, from_s, down, up)
    circuit = (_demand(rng, np.maximum(factor, 0.2), _CIRCUIT_BPS) * BIN_S / 8).astype(np.int64)
    circuit_id = next(key for key, name in policy_subjects.names(connection, SITE).items() if name == _CIRCUIT)
    samples += bulk_store.write_bins(connection, SITE_INTERFACE, circuit_id, from_s, circuit, circuit // 3)
    truth.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(truth, **wanted)
    return samples


def _held(
    rng: np.random.Generator, places: Sequence[_Place], factor: Floats, wanted: dict[str, Any]
) -> dict[int, tuple[Octets, Octets]]:
    """What each site's own ceiling let through, octets by bin; what was wanted goes into `wanted`, kbit/s."""
    dead = {link: _outages(rng, len(factor)) for link in sorted({place.link_id for place in places})}
    found: dict[int, tuple[Octets, Octets]] = {}
    for place in places:
        demand = _demand(rng, factor, place.load * place.down_bps)
        wanted[place.code] = (demand / 1000).astype(np.int32)
        up = demand * _UP_SHARE * rng.uniform(0.7, 1.3)
        down, up = (
            np.where(dead[place.link_id], 0, (np.minimum(way, most) * BIN_S / 8).astype(np.int64))
            for way, most in ((demand, place.down_bps), (up, place.up_bps))
        )
        found[place.site_id] = down, up
    return found


def _through_links(
    connection: Connection, places: Sequence[_Place], held: Mapping[int, tuple[Octets, Octets]]
) -> tuple[dict[int, tuple[Octets, Octets]], dict[int, tuple[Octets, Octets]]]:
    """By site and by link what the links had room for: where a bin's sum is more, each site gets its part of it."""
    sites, links = dict(held), dict[int, tuple[Octets, Octets]]()
    for link_id, capacity in bulk_store.capacities(connection).items():
        mine = [place.site_id for place in places if place.link_id == link_id]
        ways: list[Octets] = []
        for way, most_bps in enumerate(capacity):
            total = np.sum([sites[one][way] for one in mine], axis=0) if mine else np.zeros(0, dtype=np.int64)
            room = most_bps * BIN_S // 8
            for one in mine:
                cut = np.where(total > room, sites[one][way] * (room / np.maximum(total, 1)), sites[one][way])
                both = sites[one]
                sites[one] = (cut.astype(np.int64), both[1]) if way == 0 else (both[0], cut.astype(np.int64))
            ways.append(np.sum([sites[one][way] for one in mine], axis=0) if mine else total)
        if mine:
            links[link_id] = ways[0], ways[1]
    return sites, links


def _week(connection: Connection, place: _Place, from_s: int, number: int) -> tuple[Octets, Octets]:
    """What the sample city's people used at a site already."""
    return _used(connection, SITE, place.site_id, from_s, number)


def _used(connection: Connection, kind: int, subject_id: int, from_s: int, number: int) -> tuple[Octets, Octets]:
    found = bin_store.octets(connection, [Source(kind, subject_id)], from_s, number)
    return found.down, found.up


def _demand(rng: np.random.Generator, factor: Floats, busiest_bps: float) -> Floats:
    """Demand in bit/s: the shape, with noise that hangs together within the day (planning.md part 2)."""
    shocks = rng.standard_normal(len(factor)) * 0.8
    noise = np.empty_like(shocks)
    held = 0.0
    for at, shock in enumerate(shocks.tolist()):
        held = 0.6 * held + shock
        noise[at] = held
    by_day = np.repeat(rng.standard_normal(len(factor) // 288 + 1) * 0.1, 288)[: len(factor)]
    return busiest_bps * factor * np.exp(0.45 * noise + by_day)


def _outages(rng: np.random.Generator, number: int) -> NDArray[np.bool_]:
    """Bins in which a link carried nothing: five outages of up to six hours."""
    dead = np.zeros(number, dtype=np.bool_)
    for start in rng.integers(0, number, 5):
        dead[start : start + int(rng.integers(6, 72))] = True
    return dead


def _measure(office: Office) -> None:
    """The last 30 days, so that pages need not; the months are the clock's affair."""
    bounds = measures.lately(office.now_s)
    with office.database.read() as connection:
        subjects = [one for one in measures.subjects(connection) if one.kind in (OPD, LINK, SITE)]
        found = [
            row
            for one in subjects
            for row in measures.measured(connection, one, measure_store.LATELY, bounds, office.now_s)
        ]
    with office.database.write() as connection:
        measure_store.put(connection, found)
