"""The large sample city: sixty offices, three thousand people, and books that agree with each other."""

from __future__ import annotations

import time
import tomllib
from dataclasses import replace
from datetime import date
from pathlib import Path
from random import Random

import numpy as np
import pytest

from netquota.domain.nip import parse_nip
from netquota.resources import data_file
from netquota.services.demo_city import make
from netquota.services.demo_large import enlarge
from netquota.services.demo_people import drawn_people, sample_city
from netquota.services.office import Office
from netquota.storage.database import Connection

TOLD = tomllib.loads(data_file("config/demo/large.toml").read_text(encoding="utf-8"))
OFFICES = [line.split(" | ") for line in TOLD["offices"].strip().splitlines()]


def test_there_are_sixty_offices_and_three_thousand_people() -> None:
    city = sample_city()
    codes = {row["code"] for row in city.tables["opd"]} | {row[0] for row in OFFICES}
    assert len(codes) == 60
    assert len(city.people) + sum(int(row[3]) for row in OFFICES) == 3000
    assert set(TOLD["loads"]) == {row["code"] for row in city.tables["opd"]}


def test_everybody_has_a_valid_nip_and_a_name_of_his_own() -> None:
    city = sample_city()
    taken = {person.fields["name"] for person in city.people}
    staff = [{"opd": row[0], "count": int(row[3])} for row in OFFICES]
    people = list(drawn_people(staff, Random(1), taken, len(city.people)))
    assert len({person["username"] for person in people}) == len({person["nip"] for person in people}) == 2700
    for person in people:
        parse_nip(person["nip"], date(2026, 1, 1))


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
