"""Editable things of the clock: schedules, days off, Ramadan. Part of the catalogue."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from netquota.domain.rotation import MOST_UNITS, Choice, TurnUnit
from netquota.services import fields as write
from netquota.services.kinds import Field, Kind, key_field, line_field, one_field, rate_field
from netquota.services.windows import WINDOWS

_NO_WINDOWS = ";"


class DayOff(StrEnum):
    """Where a day off comes from: a public holiday, joint leave (cuti bersama), or the office's own list."""

    PUBLIC = "public"
    JOINT = "joint"
    OWN = "own"


_SCHEDULE = Kind(
    "schedule",
    "schedule",
    "key",
    (
        key_field("key", 64, "Short name, such as jam-kerja"),
        line_field("name", 120, "Name that people read", required=True),
        one_field(
            "windows",
            "windows",
            WINDOWS,
            "Jam kerja: mon-fri 07:30-16:00 no-ramadan 5M/1M; Malam: 20:00-06:00 plan=malam",
            _NO_WINDOWS,
        ),
    ),
    ("key", "name"),
)
_HOLIDAY = Kind(
    "holiday",
    "holiday",
    "day",
    (
        Field("day", ("day",), write.DATE, "The local date, such as 2026-08-17", required=True, unique=True),
        line_field("name", 120, "What is celebrated", required=True),
        one_field("kind", "kind", write.choice(DayOff), "public, joint (cuti bersama) or own", DayOff.OWN),
        one_field("works", "works", write.FLAG, "The office works all the same: no day off", "no"),
    ),
    ("day", "name"),
)
_RAMADAN = Kind(
    "ramadan",
    "ramadan",
    "year",
    (
        Field("year", ("year",), write.hijri_year(), "Year of the Hijra, such as 1448", required=True, unique=True),
        one_field("first_day", "first_day", write.DATE, "First local day of Ramadan"),
        one_field("last_day", "last_day", write.DATE, "Last local day of Ramadan"),
        one_field("confirmed", "confirmed", write.FLAG, "The office confirms the days; else they do not count", "no"),
    ),
    ("year",),
)
_ROTATION = Kind(
    "rotation",
    "rotation",
    "key",
    (
        key_field("key", 64, "Short name, such as giliran-layanan"),
        line_field("name", 120, "Name that people read", required=True),
        Field(
            "opds",
            ("opds",),
            write.NAMES,
            "Offices in the order of their turns, apart by commas; who joins later waits for one round",
            refers_to="opd",
            many=True,
            ordered=True,
        ),
        Field(
            "employees",
            ("employees",),
            write.NAMES,
            "Or people, by username",
            refers_to="employee",
            many=True,
            ordered=True,
        ),
        one_field(
            "turn",
            "turn",
            write.choice(TurnUnit),
            "How long a turn lasts: daily, weekly, shift (from each of the times), workday (no turn on days off)",
            TurnUnit.WEEKLY,
        ),
        one_field(
            "choice",
            "choice",
            write.choice(Choice),
            "Who has a turn: by order, or longest_wait: the office that was at its limit most since its last turn",
            Choice.ORDER,
        ),
        one_field("every", "every", write.number(1, MOST_UNITS), "So many days or weeks make one turn", "1"),
        one_field("times", "times", write.CLOCKS, "Local time at which a turn begins; of shifts 07:00, 12:00", "00:00"),
        one_field("starts_on", "starts_on", write.DATE, "Local day of the first turn; empty: today"),
        rate_field("bonus", "At least this for each of the member's people during the turn, down/up"),
        rate_field("ceiling", "Added to the office's ceiling during the turn, down/up"),
        one_field("octets", "octets", write.octets(1), "Added to each quota of the member for the turn"),
    ),
    ("key", "name"),
)
_EVENT = Kind(
    "event",
    "event",
    "key",
    (
        key_field("key", 64, "Short name, such as hut-kota"),
        line_field("name", 120, "Name that people read", required=True),
        Field(
            "opds",
            ("opds",),
            write.NAMES,
            "Offices, by their codes, apart by commas",
            required=True,
            refers_to="opd",
            many=True,
            ordered=True,
        ),
        one_field("from", "from_s", write.instant(whole_day=False), "Local day or time of its begin; empty: at once"),
        Field(
            "until", ("until_s",), write.instant(whole_day=True), "Last local day, or end time, of it", required=True
        ),
        rate_field("bonus", "At least this for each of the offices' people, down/up"),
        rate_field("ceiling", "Added to each office's ceiling, down/up"),
        one_field("leaves", "leaves_permille", write.SHARE, "An emergency cut: what is left of speeds and ceilings"),
        line_field("reason", 200, "Why; the offices' people read it", required=True),
    ),
    ("key", "name", "reason"),
)

CLOCK_KINDS: Final = (_SCHEDULE, _HOLIDAY, _RAMADAN, _ROTATION, _EVENT)
