"""What pages and the command line read: right figures, and never a walk through history."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from netquota.planning.percentile import percentile
from netquota.services import usage
from netquota.services.office import Office
from netquota.storage import city_report, report_store, usage_report
from netquota.storage.database import Database
from netquota.storage.ledger_store import PERSON, SITE, page_on
from netquota.storage.order_store import OrderState
from netquota.storage.session_report import SessionFilter, SessionState, open_sessions, use_now
from tests.live import seeded


@pytest.fixture
def city(office: Office) -> seeded.Seeded:
    return seeded.alive(office, days=1)


def found(city: seeded.Seeded, wanted: SessionFilter) -> list[str]:
    with city.office.database.read() as connection:
        return [session.username for session in open_sessions(connection, wanted, city.now_s).sessions]


def test_sessions_are_found_by_any_of_their_names(city: seeded.Seeded) -> None:
    for text in (
        "maria kal",
        "MARIA",
        "19860926 201505 1 001",
        "AA-BB-CC-DD-EE-00",
        "dd:ee:00",
        "10.24.9.100",
        "80000000",
    ):
        assert "maria" in found(city, SessionFilter(search=text)), text
    assert found(city, SessionFilter(search="%")) == []


def test_sessions_are_filtered_by_office_gateway_person_and_state(city: seeded.Seeded) -> None:
    assert set(found(city, SessionFilter(opd_id=city.opds["DISDUKCAPIL"]))) == {"maria", "siti"}
    assert set(found(city, SessionFilter(nas_id=city.clients["gw-dpmptsp"]))) == {"rizal", "agus"}
    assert found(city, SessionFilter(employee_id=city.people["dewi"])) == ["dewi"]
    for state in SessionState:
        with city.office.database.read() as connection:
            page = open_sessions(connection, SessionFilter(state=state), city.now_s)
            everyone = open_sessions(connection, SessionFilter(), city.now_s)
        assert all(session.state(city.now_s) is state for session in page.sessions), state
        assert page.total == sum(session.state(city.now_s) is state for session in everyone.sessions), state
    assert found(city, SessionFilter(state=SessionState.SLOWED)) == ["dewi"]


def test_sessions_come_sorted_in_pages_with_their_last_order(city: seeded.Seeded) -> None:
    with city.office.database.read() as connection:
        first = open_sessions(connection, SessionFilter(size=3), city.now_s)
        second = open_sessions(connection, SessionFilter(size=3, page=2), city.now_s)
        named = open_sessions(connection, SessionFilter(search="maria"), city.now_s)
    speeds = [session.now_down_bps or 0 for session in (*first.sessions, *second.sessions)]
    assert speeds == sorted(speeds, reverse=True)
    assert first.total == 10
    assert not {session.id for session in first.sessions} & {session.id for session in second.sessions}
    order = named.sessions[0].order
    assert order is not None
    assert (order.state, order.took_ms) == (OrderState.ACKNOWLEDGED, 400)


def test_what_flows_now_adds_up_over_every_way_to_see_it(city: seeded.Seeded) -> None:
    with city.office.database.read() as connection:
        use = use_now(connection)
        page = open_sessions(connection, SessionFilter(), city.now_s)
    assert use.city.sessions == page.total == use.city.people
    for parts in (use.opds, use.links, use.sites, use.gateways):
        assert sum(part.down_bps for part in parts.values()) == use.city.down_bps == page.down_bps


def test_an_offices_use_is_the_sum_of_its_sites(city: seeded.Seeded) -> None:
    opd_id = city.opds["RSUD"]
    with city.office.database.write() as connection:
        page_on(connection).add_samples([(SITE, city.sites["BPKAD"], city.now_s - 300, 7, 5)])
    with city.office.database.read() as connection:
        span = city.now_s - 86400, city.now_s
        ids = usage_report.site_ids(connection, opd_id)
        assert usage_report.sites_by_opd(connection)[opd_id] == ids == [city.sites["RSUD"]]
        own = usage.sources(connection, SITE, ids, *span).all
        assert usage_report.bins_of_sources(connection, own, *span) == usage_report.bins(connection, SITE, ids, *span)
        both = [*own, usage_report.Source(SITE, city.sites["BPKAD"])]
        assert usage_report.bins_of_sources(connection, both, city.now_s - 300, city.now_s)[0].down > 7


def test_a_persons_days_are_local_and_add_up_to_his_samples(city: seeded.Seeded) -> None:
    maria = city.people["maria"]
    with city.office.database.read() as connection:
        days = usage.days(connection, PERSON, [maria], date(2026, 11, 23), date(2026, 11, 24), city.office.zone)
        bins = usage_report.bins(connection, PERSON, [maria], 0, city.now_s)
    assert [day.day for day in days] == [date(2026, 11, 23), date(2026, 11, 24)]
    assert sum(day.down for day in days) == sum(entry.down for entry in bins) > 0
    assert days[1].down == sum(entry.down for entry in bins if entry.bin_s >= city.now_s - 9 * 3600)


def test_silence_of_a_gateway_is_unknown_and_quiet_is_zero(city: seeded.Seeded) -> None:
    now = city.now_s // 300 * 300
    with city.office.database.read() as connection:
        quiet = usage.series(connection, SITE, [city.sites["DISDUKCAPIL"]], now - 10 * 86400, now - 9 * 86400)
        never = usage.series(connection, SITE, [city.sites["BPKAD"]], now - 3600, now)
        silent = usage.series(connection, SITE, [city.sites["DISDIK"]], now, now + 3600)
    assert set(quiet.down_bps) == {0}
    assert set(never.down_bps) == {None}
    assert set(silent.down_bps) == {None}


@pytest.mark.parametrize(
    ("octets", "valid", "expected"),
    [
        (list(range(1, 21)), 20, 19),
        (list(range(1, 20)), 19, 19),
        (list(range(1, 41)), 40, 38),
        (list(range(1, 101)), 100, 95),
        ([7], 1, 7),
        ([], 0, None),
        (list(range(1, 8641)), 8640, 8208),
        ([50] * 15 + [10] * 285, 300, 10),
        ([50] * 16 + [10] * 284, 300, 50),
        ([9], 100, 0),  # quiet bins count as zero
    ],
)
def test_p95_drops_the_twentieth_part_and_takes_the_highest_left(
    octets: list[int], valid: int, expected: int | None
) -> None:
    assert percentile([*octets, *[0] * (valid - len(octets))]) == expected


def test_a_rate_is_rounded_half_up() -> None:
    assert [usage.rate_bps(octets) for octets in (0, 18, 19, 37_500_000)] == [0, 0, 1, 1_000_000]


def test_refusals_are_counted_by_cause_beside_all_attempts(city: seeded.Seeded) -> None:
    with city.office.database.read() as connection:
        refusals = city_report.refusals(connection, city.now_s - 3600)
        wanted = report_store.DenialFilter(city.now_s - 3600, size=5)
        page, total = report_store.denials(connection, wanted)
        spent, _ = report_store.denials(connection, replace(wanted, code="quota_spent", search="agus"))
    assert refusals.attempts == 40
    assert refusals.refused == total == 27
    assert [denial.at_s for denial in page] == sorted((denial.at_s for denial in page), reverse=True)
    assert {denial.code for denial in spent} == {"quota_spent"}
    assert spent[0].name == "Agus Priyono"


def test_orders_in_trouble_are_told_by_gateway(city: seeded.Seeded) -> None:
    with city.office.database.read() as connection:
        troubles = city_report.order_troubles(connection, city.now_s * 1000 - 5000, city.now_s * 1000 - 3_600_000)
        orders = report_store.order_lines(connection, report_store.OrderFilter(nas_id=city.clients["gw-rsud"]))
    told = {trouble.nas: (trouble.waiting, trouble.refused, trouble.given_up) for trouble in troubles}
    assert told == {"gw-disdukcapil": (1, 0, 0), "gw-dpmptsp": (0, 1, 0), "gw-rsud": (0, 0, 1)}
    assert [(order.username, order.state) for order in orders] == [("lukas", OrderState.GIVEN_UP)]


def test_a_client_shows_its_gateways_and_what_was_dropped(city: seeded.Seeded) -> None:
    with city.office.database.read() as connection:
        lines = {line.name: line for line in report_store.clients(connection)}
    assert lines["gw-bpkad"].last_packet_s is None
    noted_s = city.now_s - 300
    assert lines["gw-dinkes"].problems == (("secret_mismatch_suspected", 12, noted_s, noted_s),)
    assert lines["gw-disdik"].last_packet_s == city.now_s - 37 * 60


def test_the_last_run_of_a_job_is_told_with_its_usual_distance(city: seeded.Seeded) -> None:
    with city.office.database.read() as connection:
        (job,) = city_report.job_lines(connection)
    assert (job.job, job.due_s, job.every_s) == ("rollover", city.now_s - 3 * 86400, 86400)


def test_reading_the_open_sessions_never_walks_through_the_ended_ones(sqlite_database: Database) -> None:
    plans: list[str] = []
    with sqlite_database.read() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        asked: list[str] = []
        driver.set_trace_callback(asked.append)
        use_now(connection)
        open_sessions(connection, SessionFilter(search="a", state=SessionState.AT_LIMIT), 0)
        city_report.order_troubles(connection, 0, 0)
        city_report.refusals(connection, 0)
        driver.set_trace_callback(None)
        for statement in asked:
            plans += [f"{row[3]} // {statement}" for row in driver.execute(f"EXPLAIN QUERY PLAN {statement}")]
    walked = [plan for plan in plans if plan.startswith(("SCAN accounting_session", "SCAN enforcement"))]
    assert asked
    assert [plan for plan in walked if "INDEX" not in plan.partition(" // ")[0]] == []
    assert any("ix_session_open_gateway" in plan for plan in plans)
