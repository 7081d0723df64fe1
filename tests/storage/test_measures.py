"""What is known of each bin, and what a span comes to: octets, zero, missing, coarse; ceilings; P95 for pages."""

from __future__ import annotations

import numpy as np
import pytest
from sqlalchemy import insert

from netquota.clock import FixedClock
from netquota.domain.samples import LINK, LINK_INTERFACE, OPD, SITE, SITE_INTERFACE, Span
from netquota.domain.units import Rate
from netquota.planning.limits import saturation
from netquota.planning.samples import State, coverage
from netquota.services import measures, usage
from netquota.services.allocate import add, change
from netquota.services.busy_hours import shares_of_ceiling
from netquota.services.changes import AfterChange
from netquota.services.measuring import note_ceilings
from netquota.services.office import Author, Office
from netquota.services.sampled import bins_for
from netquota.services.usage import Subject
from netquota.storage import ceiling_store, gateway_store, measure_store, schema, uptime_store
from netquota.storage.database import Connection
from tests.storage.books_city import NOON, City
from tests.storage.measured_city import WIB, Measured, epoch_s

ANI = Author("ani", "uji")
M = 10**6
NOW_S = epoch_s(2026, 11, 24, 9)
FROM_S = NOW_S - 6 * 3600


@pytest.fixture
def city(office: Office) -> Measured:
    """An office with two sites on one link; one gateway each."""
    add(office, "link", {"name": "A", "provider": "P", "capacity": "100M/50M"}, ANI)
    add(office, "opd", {"code": "DINKES", "name": "Kesehatan", "ceiling": "20M/10M"}, ANI)
    for number in (1, 2):
        add(office, "nas", {"name": f"gw{number}", "address": f"10.0.0.{number}", "family": "mikrotik"}, ANI)
        values = {"name": f"S{number}", "opd": "DINKES", "link": "A", "nas": f"gw{number}"}
        add(office, "site", values | ({"ceiling": "12M/5M"} if number == 1 else {}), ANI)
        with office.database.write() as connection:
            gateway_store.ensure_gateways(connection, {(number, f"gw{number}"): f"10.0.0.{number}"}, FROM_S)
    return Measured(office)


def alive(city: Measured, gateway: int, from_s: int, to_s: int) -> None:
    """The gateway was heard every ten minutes."""
    with city.database.write() as connection:
        for at_s in range(from_s, to_s + 1, 600):
            uptime_store.note(connection, {gateway: at_s})


def states(city: Measured, subject: Subject, from_s: int, to_s: int) -> list[int]:
    with city.database.read() as connection:
        return [int(state) for state in bins_for(connection, subject, from_s, to_s).state]


FIRST = Subject(SITE, 1, (1,))
OFFICE = Subject(OPD, 1, (1, 2))


# -- what is known --------------------------------------------------------------------------------------------------


def test_a_bin_without_octets_is_zero_while_its_gateway_was_up_and_missing_else(city: Measured) -> None:
    alive(city, 1, FROM_S, FROM_S + 1800)
    city.flow([(SITE, 1, FROM_S + 600, 5, 5), (SITE, 1, FROM_S + 3000, 7, 7)])
    assert states(city, FIRST, FROM_S, FROM_S + 3600) == [State.VALID] * 6 + [State.MISSING] * 4 + [
        State.VALID, State.MISSING,
    ]  # fmt: skip


def test_octets_of_a_long_report_are_volume_but_their_bins_are_coarse(city: Measured) -> None:
    city.flow([(SITE, 1, FROM_S, 5, 5)])
    city.flow([(SITE, 1, FROM_S + 300, 9, 9)], coarse=True)
    assert states(city, FIRST, FROM_S, FROM_S + 600) == [State.VALID, State.COARSE]
    with city.database.read() as connection:
        bins = bins_for(connection, FIRST, FROM_S, FROM_S + 600)
    assert (int(bins.down.sum()), coverage(bins).usable) == (14, 1)


def test_accounting_marks_what_a_report_spreads_over_more_than_a_quarter_of_an_hour(database: object) -> None:
    from netquota.storage.database import Database
    from tests.storage.books_city import found_city

    assert isinstance(database, Database)
    books = found_city(database)
    books.count(books.entry("start", NOON))
    books.count(books.entry("interim", NOON + 900, 3_000_000, 900))
    assert books.rows(schema.coarse_bin) == []
    books.count(books.entry("interim", NOON + 1801, 9_000_000, 1801))
    marked = {(row.kind, row.bin_s) for row in books.rows(schema.coarse_bin)}
    assert marked == {(kind, NOON + 900 + 300 * place) for kind in (1, 2, 3) for place in range(4)}


def test_accounting_notes_the_hours_to_which_it_adds_late(database: object) -> None:
    from netquota.storage.database import Database
    from tests.storage.books_city import found_city

    assert isinstance(database, Database)
    books: City = found_city(database)
    books.count(books.entry("start", NOON, arrival_s=NOON))
    books.count(books.entry("interim", NOON + 300, 1000, 300, arrival_s=NOON + 3600))
    assert books.rows(schema.late_sample) == []
    books.count(books.entry("interim", NOON + 600, 2000, 600, arrival_s=NOON + 5400))
    assert {(row.kind, row.hour_s) for row in books.rows(schema.late_sample)} == {(k, NOON) for k in (1, 2, 3)}


def test_signs_of_life_become_one_span_until_a_longer_silence(city: Measured) -> None:
    def noted(*moments: int) -> list[tuple[int, int]]:
        with city.database.write() as connection:
            for at_s in moments:
                uptime_store.note(connection, {1: at_s})
        return [(row.from_s, row.to_s) for row in city.rows(schema.gateway_uptime)]

    assert noted(1000, 1010, 1900) == [(1000, 1900)]
    assert noted(2800, 3701) == [(1000, 2800), (3701, 3701)]
    assert noted(3000) == [(1000, 3000), (3701, 3701)]  # news of in between, come late
    with city.database.read() as connection:
        assert uptime_store.uptimes(connection, [1], 0, 5000) == {1: (Span(1000, 3701),)}


def test_where_two_workers_began_the_same_span_readers_see_one(city: Measured) -> None:
    with city.database.write() as connection:
        connection.execute(
            insert(schema.SAMPLE_TABLES[5]),
            [{"gateway_id": 1, "from_s": 1000, "to_s": 2000}, {"gateway_id": 1, "from_s": 1005, "to_s": 3000}],
        )
        assert uptime_store.uptimes(connection, [1], 0, 2500) == {1: (Span(1000, 2500),)}


def test_of_several_gateways_all_must_have_been_up_for_a_zero(city: Measured) -> None:
    alive(city, 1, FROM_S, FROM_S + 1800)
    alive(city, 2, FROM_S, FROM_S + 600)
    assert states(city, OFFICE, FROM_S, FROM_S + 900) == [State.VALID, State.VALID, State.MISSING]


def test_a_worker_that_hears_a_gateway_notes_that_it_is_up(city: Measured) -> None:
    with city.database.write() as connection:
        gateway_store.heard(connection, {1: (NOW_S, None, "10.0.0.1")}, "w", NOW_S)
    assert [(row.gateway_id, row.from_s, row.to_s) for row in city.rows(schema.gateway_uptime)] == [(1, NOW_S, NOW_S)]


def test_a_chart_leaves_a_gap_where_nothing_is_known(city: Measured) -> None:
    alive(city, 1, FROM_S, FROM_S + 1200)
    city.flow([(SITE, 1, FROM_S + 300, 3_750_000, 0)])
    with city.database.read() as connection:
        found = usage.series(connection, SITE, [1], FROM_S, FROM_S + 1500)
    assert found.down_bps == (0, 100_000, 0, 0, None)


# -- ceilings -------------------------------------------------------------------------------------------------------


def noted(city: Measured) -> None:
    note_ceilings(city.shift(), 0)


def histories(city: Measured, kind: int, from_s: int = 0, to_s: int = NOW_S * 2) -> list[tuple[int, Rate | None]]:
    with city.database.read() as connection:
        found = ceiling_store.histories(connection, kind, [1], from_s, to_s)
    return [(one.from_s, one.rate) for one in found.get(1, [])]


def test_each_change_of_a_ceiling_is_kept_with_its_moment(city: Measured, clock: FixedClock) -> None:
    noted(city)
    clock.advance(1000)
    noted(city)
    change(city.office, "opd", "DINKES", {"ceiling": "8M/4M"}, ANI)
    clock.advance(1000)
    noted(city)
    assert histories(city, OPD) == [(NOW_S, Rate(20 * M, 10 * M)), (NOW_S + 2000, Rate(8 * M, 4 * M))]
    assert histories(city, SITE) == [(NOW_S, Rate(12 * M, 5 * M)), (NOW_S + 2000, Rate(8 * M, 4 * M))]
    assert histories(city, LINK) == [(NOW_S, Rate(100 * M, 50 * M))]
    assert histories(city, OPD, NOW_S + 2000, NOW_S + 3000) == [(NOW_S + 2000, Rate(8 * M, 4 * M))]


def test_a_change_by_hand_is_noted_at_its_own_moment(city: Measured, keyring: object) -> None:
    from dataclasses import replace

    office = replace(city.office, on_change=AfterChange(city.office.secrets, WIB, 0))
    change(office, "opd", "DINKES", {"ceiling": "8M/4M"}, ANI)
    assert histories(city, OPD) == [(NOW_S, Rate(8 * M, 4 * M))]
    change(office, "opd", "DINKES", {"ceiling": ""}, ANI)
    assert histories(city, OPD) == [(NOW_S, None)]


def test_a_bin_is_at_its_limit_by_the_ceilings_that_were_in_force_in_it(city: Measured) -> None:
    """planning.md part 1: 10 Mbit/s for 120 s, then 20: 600,000,000 octets, at the limit from 570,000,000 on."""
    with city.database.write() as connection:
        ceiling_store.put(connection, SITE, 1, FROM_S - 9999, Rate(10 * M, 10 * M))
        ceiling_store.put(connection, SITE, 1, FROM_S + 120, Rate(20 * M, 20 * M))
    city.flow([(SITE, 1, FROM_S, 569_999_999, 0), (SITE, 1, FROM_S + 300, 712_500_000, 0)])
    with city.database.read() as connection:
        bins = bins_for(connection, FIRST, FROM_S, FROM_S + 600)
    assert list(np.asarray(bins.ceiling_down_bits) // 8) == [600_000_000, 750_000_000]
    assert (saturation(bins).at_limit, saturation(bins).bounded) == (1, 2)


# -- measures -------------------------------------------------------------------------------------------------------


def lately(city: Measured, kind: int) -> dict[int, usage.Percentiles]:
    with city.database.read() as connection:
        return dict(measures.Measures()._of(kind, connection, city.office.now_s))


def thirty_days(kind: int, subject: int, octets: object = lambda place: 8640 - place) -> list[tuple[int, ...]]:
    from_s, to_s = measures.lately(NOW_S)
    return [(kind, subject, at, octets(n), 1) for n, at in enumerate(range(from_s, to_s, 300))]  # type: ignore[operator]


def test_the_p95_of_a_month_is_the_known_answer(city: Measured) -> None:
    city.flow(thirty_days(LINK, 1))  # type: ignore[arg-type]
    measures.measure_city(city.shift(), WIB)
    found = lately(city, LINK)[1]
    assert (found.down_bps, found.share) == (usage.rate_bps(8208), 1.0)


def test_what_the_clock_measured_is_what_a_page_would_measure(city: Measured) -> None:
    alive(city, 1, FROM_S, NOW_S)
    city.flow([(SITE, 1, FROM_S + 300 * n, 10**9 - n, 10**6 + n) for n in range(40)])
    by_page = lately(city, OPD)
    measures.measure_city(city.shift(), WIB)
    with city.database.read() as connection:
        assert len(measure_store.of_span(connection, measure_store.LATELY, [OPD])) == 1
        assert {one.span for one in measure_store.of_subject(connection, OPD, 1)} == {"30d", "2026-11"}
    assert lately(city, OPD) == by_page != {}


def test_a_link_is_measured_at_its_interface_where_that_was_read_enough(city: Measured) -> None:
    city.flow(thirty_days(LINK, 1, lambda _: 100))  # type: ignore[arg-type]
    rows = thirty_days(LINK_INTERFACE, 1, lambda _: 1000)
    city.flow(rows[: len(rows) // 3])  # type: ignore[arg-type]
    assert not lately(city, LINK)[1].is_measured
    city.flow(rows[len(rows) // 3 :])  # type: ignore[arg-type]
    found = lately(city, LINK)[1]
    assert (found.is_measured, found.down_bps) == (True, usage.rate_bps(1000))


def test_an_office_without_hotspot_is_known_by_its_interface(city: Measured) -> None:
    city.flow(thirty_days(SITE_INTERFACE, 2, lambda _: 1000))  # type: ignore[arg-type]
    assert lately(city, OPD)[1].down_bps == usage.rate_bps(1000)


def test_what_no_session_accounts_for_is_told_as_a_share(city: Measured) -> None:
    hour_s = FROM_S // 3600 * 3600
    city.flow([(LINK_INTERFACE, 1, hour_s + 300 * n, 900, 100) for n in range(24)])
    city.flow([(LINK, 1, hour_s + 300 * n, 200, 50) for n in range(36)])
    with city.database.read() as connection:
        found = usage.unaccounted(connection, LINK, 1, hour_s, hour_s + 3 * 3600)
        assert usage.unaccounted(connection, SITE, 1, hour_s, hour_s + 3 * 3600) is None
    assert found == usage.Unaccounted(24_000, 6_000)
    assert found.share == 0.75


def test_months_that_are_over_are_measured_once_more_and_then_for_good(city: Measured, clock: FixedClock) -> None:
    city.flow([(SITE, 1, epoch_s(2026, 9, 30, 23, 55), 5, 5)])
    assert measures.measure_city(city.shift(), WIB).endswith("over 30d, 2026-09, 2026-10, 2026-11")
    clock.advance(3600)
    assert measures.measure_city(city.shift(), WIB).endswith("over 30d, 2026-11")
    clock.advance(7 * 86_400)
    assert measures.measure_city(city.shift(), WIB).endswith("over 30d, 2026-11, 2026-12")
    clock.advance(3 * 86_400)
    assert measures.measure_city(city.shift(), WIB).endswith("over 30d, 2026-11, 2026-12")
    clock.advance(3600)
    assert measures.measure_city(city.shift(), WIB).endswith("over 30d, 2026-12")


# -- busy hours -----------------------------------------------------------------------------------------------------

FULL = 10**6 // 8 * 300
"""The octets of a bin that was full at 1 Mbit/s."""


def busy(city: Measured, now: Rate | None) -> dict[tuple[int, int], int]:
    office = Subject(OPD, 1, (1,))
    with city.database.read() as connection:
        return shares_of_ceiling(connection, office, now, NOW_S - 28 * 86_400, NOW_S, WIB)


def put_ceilings(city: Measured, *noted: tuple[int, Rate | None]) -> None:
    with city.database.write() as connection:
        for from_s, rate in noted:
            ceiling_store.put(connection, OPD, 1, from_s, rate)


def test_busy_hours_are_told_beside_the_ceiling_of_their_time(city: Measured) -> None:
    hour_s = (NOW_S - 10 * 86_400) // 3600 * 3600
    raised_s = hour_s + 8 * 86_400
    put_ceilings(city, (NOW_S - 40 * 86_400, Rate(10**6, 10**6)), (raised_s, Rate(4 * 10**6, 10**6)))
    city.flow([(SITE, 1, hour_s + 300 * n, FULL, 0) for n in range(12)])
    assert list(busy(city, Rate(4 * 10**6, 10**6)).values()) == [100]  # a quarter of what stands now
    later_s = hour_s + 7 * 86_400
    city.flow([(SITE, 1, later_s + 300 * n, FULL // 2, 0) for n in range(12)])
    assert list(busy(city, None).values()) == [75]  # the same weekday and hour, half full


def test_a_ceiling_that_changes_within_an_hour_counts_by_its_bins(city: Measured) -> None:
    hour_s = (NOW_S - 10 * 86_400) // 3600 * 3600
    put_ceilings(city, (NOW_S - 40 * 86_400, Rate(10**6, 10**6)), (hour_s + 1800, Rate(3 * 10**6, 10**6)))
    city.flow([(SITE, 1, hour_s + 300 * n, FULL, 0) for n in range(12)])
    assert list(busy(city, None).values()) == [50]


def test_hours_without_a_ceiling_have_no_share_and_what_stands_now_holds_where_none_was_noted(city: Measured) -> None:
    hour_s = (NOW_S - 10 * 86_400) // 3600 * 3600
    city.flow([(SITE, 1, hour_s + 300 * n, FULL, 0) for n in range(12)])
    assert busy(city, None) == {}
    assert list(busy(city, Rate(2 * 10**6, 10**6)).values()) == [50]
    put_ceilings(city, (NOW_S - 40 * 86_400, None))
    assert busy(city, Rate(2 * 10**6, 10**6)) == {}
    put_ceilings(city, (hour_s + 1800, Rate(10**6, 10**6)))  # half an hour with one says nothing of the whole
    assert busy(city, Rate(2 * 10**6, 10**6)) == {}


# -- reading sums ---------------------------------------------------------------------------------------------------


def test_long_times_read_from_sums_are_what_the_samples_say(city: Measured) -> None:
    from netquota.services import rolling

    city.flow([(SITE, 1, NOW_S - 300 * n, 1000 + n, n) for n in range(1, 4000)])
    bounds = NOW_S - 14 * 86_400, NOW_S
    first, last = city.office.today.replace(day=10), city.office.today

    def read(connection: Connection) -> tuple[object, ...]:
        return (
            usage.series(connection, SITE, [1, 2], *bounds, 7200),
            usage.days(connection, SITE, [1, 2], first, last, WIB),
            shares_of_ceiling(connection, Subject(OPD, 1, (1, 2)), Rate(10**6, 10**6), *bounds, WIB),
            usage.volume(connection, SITE, [1, 2], *bounds),
        )

    with city.database.read() as connection:
        young = read(connection)
    rolling.roll_up(city.shift(), WIB)
    with city.database.read() as connection:
        assert read(connection) == young


def test_top_people_are_the_same_from_days_as_from_samples(city: Measured) -> None:
    from netquota.services import rolling
    from netquota.storage.usage_report import top_people

    for name in ("siti", "budi"):
        add(city.office, "employee", {"username": name, "name": name, "opd": "DINKES"}, ANI)
    city.flow([(1, who, NOW_S - 300 * n, 10 * who, n) for who in (1, 2) for n in range(1, 2000)])
    from_s = epoch_s(2026, 11, 18)
    with city.database.read() as connection:
        young = top_people(connection, 1, from_s, NOW_S)
    rolling.roll_up(city.shift(), WIB)
    with city.database.read() as connection:
        assert top_people(connection, 1, from_s, NOW_S) == young
    assert [one.username for one in young] == ["budi", "siti"]


def test_no_page_of_sums_walks_through_samples(city: Measured) -> None:
    """Rolled hours alone answer for a month: the samples may be gone."""
    from netquota.services import keeping, rolling
    from netquota.settings import Retention

    city.flow([(SITE, 1, NOW_S - 86_400 * n, 1000, 10) for n in range(1, 30)])
    rolling.roll_up(city.shift(), WIB)
    keeping.forget_samples(city.shift(), Retention(site_samples_days=1), WIB)
    with city.database.read() as connection:
        assert usage.volume(connection, SITE, [1], NOW_S - 30 * 86_400, NOW_S) == 29 * 1010
