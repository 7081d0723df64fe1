"""The large sample city: sixty offices, five thousand people, and books that agree with each other."""

from __future__ import annotations

import time
import tomllib
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

from netquota.clock import FixedClock
from netquota.domain.nip import parse_nip
from netquota.resources import data_file
from netquota.services import demo_large
from netquota.services.demo_city import make
from netquota.services.demo_large import enlarge
from netquota.services.demo_people import drawn_people, sample_city
from netquota.services.office import Office
from netquota.storage.database import Connection

TOLD = tomllib.loads(data_file("config/demo/large.toml").read_text(encoding="utf-8"))
OFFICES = [line.split(" | ") for line in TOLD["offices"].strip().splitlines()]


def test_there_are_sixty_offices_and_five_thousand_people() -> None:
    city = sample_city()
    codes = {row["code"] for row in city.tables["opd"]} | {row[0] for row in OFFICES}
    assert len(codes) == 60
    assert len(city.people) + sum(int(row[3]) for row in OFFICES) == 5000
    assert set(TOLD["loads"]) == {row["code"] for row in city.tables["opd"]}


def test_everybody_has_a_valid_nip_and_a_name_of_his_own() -> None:
    city = sample_city()
    taken = {person.fields["name"] for person in city.people}
    staff = [{"opd": row[0], "count": int(row[3])} for row in OFFICES]
    people = list(drawn_people(staff, Random(1), taken, len(city.people)))
    assert len({person["username"] for person in people}) == len({person["nip"] for person in people}) == 4700
    for person in people:
        parse_nip(person["nip"], date(2026, 1, 1))


HOUR, DAY = 12, 288  # bins


def test_demand_knows_office_hours_days_off_ramadan_and_growth(office: Office) -> None:
    office = replace(office, clock=FixedClock(datetime(2026, 12, 1, 12, tzinfo=office.zone)))
    from_s = int(datetime(2025, 12, 1, tzinfo=office.zone).timestamp())
    factor = demo_large._shape(office, from_s, 365 * DAY, TOLD["yearly_growth"])

    def at(month: int, day: int, hour: int, year: int = 2026) -> float:
        moment_s = int(datetime(year, month, day, hour, tzinfo=office.zone).timestamp())
        return float(factor[(moment_s - from_s) // 300])

    assert at(6, 9, 10) > 20 * at(6, 9, 2), "a Tuesday: busy at ten, still at night"
    assert at(6, 13, 10) < 0.2 * at(6, 9, 10), "a Saturday"
    assert at(8, 17, 10) < 0.2 * at(8, 18, 10), "Independence Day is a Monday"
    assert 0.75 < at(3, 3, 10) / at(4, 7, 10) < 0.85, "Ramadan, and what grew in five weeks"
    assert at(11, 24, 10) / at(12, 2, 10, 2025) == pytest.approx(1 + TOLD["yearly_growth"], rel=0.03)


def test_a_ceiling_hides_what_was_wanted_and_a_link_that_is_out_carries_nothing() -> None:
    places = [
        demo_large._Place(1, 1, "PENUH", 9, 10**7, 10**7, 1.4),
        demo_large._Place(2, 2, "LEGA", 9, 10**7, 10**7, 0.3),
    ]
    factor = np.ones(60 * DAY)
    found, wanted = dict[int, Any](), dict[str, Any]()
    for _ in range(2):  # the seed alone decides
        before, found = found, demo_large._held(np.random.default_rng(7), places, factor, wanted)
        assert not before or all(
            np.array_equal(a, b) for one in before for a, b in zip(before[one], found[one], strict=True)
        )
    (full, _), (roomy, _) = found[1], found[2]
    most = 10**7 * 300 // 8
    assert full.max() == most
    assert (full == most).mean() > 0.5, "above nine tenths of the load the ceiling is felt"
    assert wanted["PENUH"].max() > 12_000, "kbit/s: the truth lies above what passed"
    assert (roomy == most).mean() < 0.05
    dark = full == 0
    assert np.array_equal(dark, roomy == 0), "both are behind the link"
    assert 0 < dark.sum() <= 5 * 6 * HOUR, "five outages of up to six hours"
    assert (wanted["PENUH"][dark] > 0).all(), "they were wanted all the same"


@pytest.mark.long
def test_the_large_city_is_made_in_time_and_its_sums_agree(office: Office, tmp_path: Path) -> None:
    begun, city = time.monotonic(), sample_city()
    make(office, city, "kelapa-7-perahu")
    enlarge(replace(office), city, "kelapa-7-perahu", tmp_path / "truth.npz")
    assert time.monotonic() - begun < 300
    with office.database.read() as connection:
        for kind in (2, 3, 4):
            assert _sum(connection, "usage_sample", kind) == _sum(connection, "usage_hour", kind) > 0
    truth = np.load(tmp_path / "truth.npz")
    assert truth["DPMPTSP"].max() > 60_000  # kbit/s: its ceiling hid this


def _sum(connection: Connection, table: str, kind: int) -> int:
    statement = f"SELECT SUM(down), SUM(up) FROM {table} WHERE kind = {kind}"  # noqa: S608 - names of our own
    down, up = connection.exec_driver_sql(statement).one()
    return int(down) + int(up)
