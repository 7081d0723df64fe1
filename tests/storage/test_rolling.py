"""Samples summed by hour and by day: to the octet, whatever comes late, whatever is forgotten."""

from __future__ import annotations

import random
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import delete, update

from netquota.clock import FixedClock
from netquota.domain.samples import LINK, PERSON, SITE, bins_of
from netquota.services import keeping, rolling
from netquota.services.office import Office
from netquota.settings import Retention
from netquota.storage import schema
from netquota.storage.ledger_store import Books
from tests.storage.measured_city import WIB, Measured, epoch_s

DAY_S = 86_400
NOW_S = epoch_s(2026, 11, 24, 9)
MIDNIGHT_S = epoch_s(2026, 11, 24)


@pytest.fixture
def city(office: Office) -> Measured:
    return Measured(office)


def roll(city: Measured) -> str:
    return rolling.roll_up(city.shift(), city.office.zone)


def drawn(seed: int, from_s: int, to_s: int, subjects: int = 3) -> list[tuple[int, int, int, int, int]]:
    """Octets of some bins of three kinds of subjects, large enough that a float would lose some."""
    dice = random.Random(seed)
    return [
        (kind, subject, bin_s, dice.randrange(10**13), dice.randrange(10**12))
        for kind in (PERSON, SITE, LINK)
        for subject in range(1, subjects + 1)
        for bin_s in range(from_s // 300 * 300, to_s, 300)
        if dice.random() < 0.3
    ]


def test_hours_and_days_hold_each_octet_of_the_samples(city: Measured) -> None:
    city.flow(drawn(1, MIDNIGHT_S - 3 * DAY_S, MIDNIGHT_S))
    roll(city)
    for kind in (PERSON, SITE, LINK):
        assert city.sampled(kind) == city.hourly(kind) == city.daily(kind) != (0, 0)


def test_the_parts_of_several_writers_are_one_bin(city: Measured) -> None:
    bin_s = NOW_S - 3 * 3600
    for part in (1, 2):
        with Books(city.database, part).page() as (page, _):
            page.add_samples([(SITE, 1, bin_s, 10, 1)])
    roll(city)
    (hour,) = city.rows(schema.usage_hour)
    assert (hour.down, hour.up, bins_of(hour.counted, hour.hour_s)) == (20, 2, [bin_s])


def test_an_hour_remembers_which_bins_had_octets_and_which_of_them_were_coarse(city: Measured) -> None:
    hour_s = NOW_S - 3 * 3600
    city.flow([(SITE, 1, hour_s, 5, 5), (SITE, 1, hour_s + 900, 5, 5)])
    city.flow([(SITE, 1, hour_s + 3300, 5, 5)], coarse=True)
    roll(city)
    (hour,) = city.rows(schema.usage_hour)
    assert bins_of(hour.counted, hour_s) == [hour_s, hour_s + 900, hour_s + 3300]
    assert bins_of(hour.coarse, hour_s) == [hour_s + 3300]


def test_an_hour_is_summed_once_it_has_settled(city: Measured, clock: FixedClock) -> None:
    city.flow([(SITE, 1, NOW_S - 3600, 7, 0), (SITE, 1, NOW_S, 5, 0)])
    roll(city)
    assert city.hourly(SITE) == (0, 0)
    clock.advance(1800)
    roll(city)
    assert city.hourly(SITE) == (7, 0)


def test_a_day_belongs_to_the_local_calendar(city: Measured, clock: FixedClock) -> None:
    city.flow([(SITE, 1, MIDNIGHT_S - 300, 7, 0), (SITE, 1, MIDNIGHT_S, 5, 0)])
    clock.advance(DAY_S)
    roll(city)
    assert [(day.day_s, day.down) for day in city.rows(schema.usage_day)] == [
        (MIDNIGHT_S - DAY_S, 7), (MIDNIGHT_S, 5),
    ]  # fmt: skip


def test_what_comes_late_is_added_to_its_hour_and_day(city: Measured) -> None:
    at_s = MIDNIGHT_S - 2 * DAY_S
    city.flow([(SITE, 1, at_s, 100, 10)])
    roll(city)
    city.flow([(SITE, 1, at_s, 3, 1), (SITE, 1, at_s + 600, 4, 1), (PERSON, 9, at_s, 1, 1)])
    roll(city)
    assert city.sampled(SITE) == city.hourly(SITE) == city.daily(SITE) == (107, 12)
    assert city.hourly(PERSON) == (1, 1)
    assert city.rows(schema.late_sample) == []


def test_rolling_twice_changes_nothing(city: Measured) -> None:
    city.flow(drawn(2, MIDNIGHT_S - 2 * DAY_S, NOW_S))
    roll(city)
    before = city.rows(schema.usage_hour), city.rows(schema.usage_day)
    roll(city)
    assert (city.rows(schema.usage_hour), city.rows(schema.usage_day)) == before


def test_a_roll_up_that_died_half_way_is_done_anew(city: Measured, monkeypatch: pytest.MonkeyPatch) -> None:
    city.flow(drawn(3, MIDNIGHT_S - 2 * DAY_S, NOW_S))
    steps = iter(range(5))
    whole = rolling.rollup_store.roll_hours

    def dying(*given: object) -> int:
        if next(steps, None) is None:
            raise KeyboardInterrupt
        return whole(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(rolling.rollup_store, "roll_hours", dying)
    with pytest.raises(KeyboardInterrupt):
        roll(city)
    monkeypatch.undo()
    roll(city)
    settled = [row for row in drawn(3, MIDNIGHT_S - 2 * DAY_S, NOW_S) if row[0] == SITE and row[2] < NOW_S - 3600]
    assert city.hourly(SITE)[0] == sum(row[3] for row in settled)


def test_the_nightly_check_finds_what_a_wrong_clock_hid(city: Measured) -> None:
    at_s = MIDNIGHT_S - 2 * DAY_S
    city.flow([(SITE, 1, at_s, 100, 10), (SITE, 2, at_s, 5, 5)])
    roll(city)
    with city.database.write() as connection:  # counted while the clock stood wrong: no note that it came late
        connection.execute(update(schema.usage_sample).where(schema.usage_sample.c.subject_id == 1).values(down=150))
    assert rolling.check(city.shift(), WIB).startswith("1 sums were wrong")
    assert city.hourly(SITE) == city.daily(SITE) == (155, 15)
    assert rolling.check(city.shift(), WIB).startswith("0 ")


def test_samples_are_forgotten_by_kind_and_their_sums_stay(city: Measured) -> None:
    city.flow(drawn(4, MIDNIGHT_S - 100 * DAY_S, MIDNIGHT_S - 80 * DAY_S))
    roll(city)
    whole = {kind: city.sampled(kind) for kind in (PERSON, SITE)}
    keeping.forget_samples(city.shift(), Retention(), WIB)
    oldest = min(row.bin_s for row in city.rows(schema.usage_sample) if row.kind == PERSON)
    assert oldest >= NOW_S - 90 * DAY_S > oldest - 3600
    assert city.sampled(SITE) == whole[SITE]
    assert city.hourly(PERSON) == city.daily(PERSON) == whole[PERSON]


def test_what_comes_for_a_forgotten_hour_is_added_to_its_sum(city: Measured) -> None:
    at_s = MIDNIGHT_S - 95 * DAY_S
    city.flow([(PERSON, 1, at_s, 100, 10), (PERSON, 1, at_s + 300, 1, 1)])
    roll(city)
    keeping.forget_samples(city.shift(), Retention(), WIB)
    city.flow([(PERSON, 1, at_s, 7, 0), (PERSON, 1, at_s + 7200, 2, 0)])
    roll(city)
    assert city.hourly(PERSON) == (103, 11)  # the closed hour waits for the night
    keeping.forget_samples(city.shift(), Retention(), WIB)
    assert city.sampled(PERSON) == (0, 0)
    assert city.hourly(PERSON) == city.daily(PERSON) == (110, 11)


def test_sums_are_forgotten_by_kind(city: Measured) -> None:
    city.flow(drawn(5, MIDNIGHT_S - 405 * DAY_S, MIDNIGHT_S - 395 * DAY_S))
    roll(city)
    whole = city.daily(SITE)
    keeping.forget_samples(city.shift(), Retention(), WIB)
    hours = [row.hour_s for row in city.rows(schema.usage_hour) if row.kind == PERSON]
    assert min(hours) >= NOW_S - 400 * DAY_S
    assert city.daily(SITE) == whole


def test_nothing_is_forgotten_that_was_not_summed(city: Measured) -> None:
    city.flow(drawn(6, MIDNIGHT_S - 100 * DAY_S, MIDNIGHT_S - 95 * DAY_S))
    before = city.sampled(PERSON)
    keeping.forget_samples(city.shift(), Retention(), WIB)
    assert city.sampled(PERSON) == before


@pytest.mark.parametrize("zone", ["Asia/Kathmandu", "Europe/Berlin", "Australia/Lord_Howe"])
def test_no_octet_falls_between_two_days_in_any_zone(office: Office, clock: FixedClock, zone: str) -> None:
    city = Measured(replace(office, zone=ZoneInfo(zone)))
    from_s = epoch_s(2026, 10, 23, zone=ZoneInfo(zone))  # clocks change on the 25th in Berlin
    city.flow(drawn(7, from_s, from_s + 4 * DAY_S, subjects=1))
    roll(city)
    assert city.sampled(SITE) == city.hourly(SITE) == city.daily(SITE) != (0, 0)


def test_subjects_of_removed_people_are_rolled_too(city: Measured) -> None:
    city.flow([(PERSON, 4711, NOW_S - DAY_S, 9, 9)])
    with city.database.write() as connection:
        connection.execute(delete(schema.employee))
    roll(city)
    assert city.hourly(PERSON) == (9, 9)
