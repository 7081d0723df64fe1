"""When the sample city's people are online and how much they take: drawn from the seed, day by day. No database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from netquota.domain.periods import local_instant
from netquota.domain.units import Octets2, Rate
from netquota.services.demo_people import DemoPerson

BIN_S = 300
_SATURDAY = 5
_PRESENT, _PRESENT_AT_WEEKEND, _LUNCH_OUT = 0.8, 0.12, 0.5
_BUSY = (  # how keen people are, by local hour
    0.3, 0.3, 0.3, 0.3, 0.3, 0.4, 0.5, 0.7, 1.0, 1.2, 1.3, 1.1,
    0.7, 0.9, 1.1, 1.0, 0.7, 0.6, 0.6, 0.6, 0.6, 0.5, 0.4, 0.3,
)  # fmt: skip
_USUAL_BPS = 450_000
_UP_SHARE = 0.16


@dataclass(frozen=True, slots=True)
class Stay:
    """One time online, in whole 5-minute bins; epoch seconds."""

    person: DemoPerson
    start_s: int
    end_s: int


def stays(people: Sequence[DemoPerson], from_s: int, until_s: int, zone: ZoneInfo, seed: int) -> list[Stay]:
    """Everybody's times online within [from_s, until_s), by start."""
    first = datetime.fromtimestamp(from_s, UTC).astimezone(zone).date()
    last = datetime.fromtimestamp(until_s, UTC).astimezone(zone).date()
    found: list[Stay] = []
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        for person in people:
            random = Random(f"{seed}:{day}:{person.username}")  # noqa: S311 (repeatable, not secret)
            for comes_s, goes_s in _of_day(person, day, random, zone):
                stay = Stay(person, max(comes_s, from_s), min(goes_s, until_s))
                if stay.end_s > stay.start_s:
                    found.append(stay)
    return sorted(found, key=lambda stay: (stay.start_s, stay.person.username))


def _of_day(person: DemoPerson, day: date, random: Random, zone: ZoneInfo) -> Iterator[tuple[int, int]]:
    present = _PRESENT_AT_WEEKEND if day.weekday() >= _SATURDAY else _PRESENT
    if random.random() >= present and not person.quota:
        return
    comes, goes = random.gauss(7.8, 0.5), random.gauss(15.8, 0.8)
    if random.random() < _LUNCH_OUT:
        leaves = random.uniform(11.7, 12.3)
        yield _at(day, comes, zone), _at(day, leaves, zone)
        comes = leaves + random.uniform(0.5, 1.2)
    yield _at(day, comes, zone), _at(day, max(goes, comes + 0.5), zone)


def _at(day: date, hour: float, zone: ZoneInfo) -> int:
    """A local hour of the day as epoch seconds, on the edge of a bin."""
    midnight = local_instant(day, time(0), zone)
    return (int(midnight.timestamp()) + int(min(max(hour, 0.0), 23.9) * 3600)) // BIN_S * BIN_S


def taken(random: Random, hour: int, limit: Rate) -> Octets2:
    """What somebody takes in one bin of a local clock hour, never more than the limit lets through."""
    keen_bps = _USUAL_BPS * _BUSY[hour] * random.lognormvariate(0.0, 0.9)
    rate = Rate(int(keen_bps), int(keen_bps * _UP_SHARE * random.uniform(0.5, 2.0))).capped_by(limit)
    return Octets2(rate.up_bps * BIN_S // 8, rate.down_bps * BIN_S // 8)
