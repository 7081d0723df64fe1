"""From samples to studies: measures of any range, hidden demand, forecasts, capacity; stored, and found again."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from netquota.domain.samples import LINK, OPD, SITE
from netquota.errors import InvalidValue, NotFound
from netquota.planning.scenario import WhatIf
from netquota.services.office import Office
from netquota.services.planning import computing, dimensioning, measured, stored, studying, subjects
from netquota.services.planning.dimensioning import Level
from netquota.services.planning.figures import Study
from netquota.storage import plan_store, usage_report
from netquota.storage.database import Connection
from tests import plan_city

M = 10**6
LEVEL = Level(date(2026, 12, 1), date(2027, 4, 1))


@pytest.fixture(scope="module")
def city(planned_city: Office) -> Office:
    """Read only: all tests of the module share it."""
    return planned_city


@pytest.fixture
def reading(city: Office) -> Iterator[Connection]:
    with city.database.read() as connection:
        yield connection


def _range(office: Office) -> tuple[date, date]:
    last = office.today - timedelta(days=1)
    return last - timedelta(days=27), last


def test_a_range_comes_to_what_a_second_computation_finds(city: Office, reading: Connection) -> None:
    first, last = _range(city)
    named = subjects.one(reading, "link", "Tautan Balai Kota")
    found = measured.measure(reading, named, first, last, city.zone, city.now_s)
    from_s, to_s = measured.bounds(first, last, city.zone, city.now_s)
    rows = usage_report.bins(reading, LINK, [named.subject.id], from_s, to_s)
    octets = sorted([row.down for row in rows] + [0] * ((to_s - from_s) // 300 - len(rows)))
    p95 = octets[math.ceil(0.95 * len(octets)) - 1]
    assert found.whole.p95_down_bps == (16 * p95 + 300) // 600
    assert (found.whole.octets_down, found.whole.octets_up) == (sum(r.down for r in rows), sum(r.up for r in rows))
    assert found.whole.expected == found.whole.usable == found.office.expected + found.other.expected
    assert found.whole.octets_down == found.office.octets_down + found.other.octets_down
    assert found.busy is not None
    assert found.busy.hour == 10


def test_an_office_at_its_ceiling_hides_demand_and_says_how_sure_it_is(city: Office, reading: Connection) -> None:
    named = subjects.one(reading, "opd", "DPMPTSP")
    found = measured.measure(reading, named, *_range(city), city.zone, city.now_s)
    hidden = found.hidden[0]
    assert hidden.finding == "estimate"
    assert hidden.low_bps is not None
    assert hidden.high_bps is not None
    assert hidden.measured_bps == 60 * M < hidden.low_bps < (hidden.p95_bps or 0) < hidden.high_bps
    assert found.office.at_limit > 0.1 * found.office.bounded
    quiet = subjects.one(reading, "opd", "DISHUB")
    found = measured.measure(reading, quiet, *_range(city), city.zone, city.now_s)
    assert found.hidden[0].finding == "nothing hidden"
    assert found.office.at_limit < 20


def test_an_interface_tells_the_use_of_its_site_and_the_source_is_named(city: Office, reading: Connection) -> None:
    first, last = _range(city)
    for word, key, source in (("site", "VPN SIAK", "interface"), ("opd", "DISDUKCAPIL", "mixed"),
                              ("opd", "DPMPTSP", "accounting")):  # fmt: skip
        found = measured.measure(reading, subjects.one(reading, word, key), first, last, city.zone, city.now_s)
        assert found.source == source, key
    vpn = measured.measure(reading, subjects.one(reading, "site", "VPN SIAK"), first, last, city.zone, city.now_s)
    assert vpn.whole.p95_down_bps == 5 * M
    assert vpn.unaccounted_permille == 1000


def test_a_gateway_is_its_sites_together(city: Office, reading: Connection) -> None:
    first, last = _range(city)
    gateway = subjects.one(reading, "gateway", "gw")
    found = measured.measure(reading, gateway, first, last, city.zone, city.now_s)
    sites = [subjects.one(reading, "site", f"Kantor {row[0]}") for row in plan_city.OFFICES]
    parts = [measured.measure(reading, each, first, last, city.zone, city.now_s) for each in sites]
    assert found.whole.octets_down == sum(part.whole.octets_down for part in parts)
    assert found.whole.bounded == 0
    assert found.whole.at_limit_share is None


@pytest.mark.parametrize(
    ("first", "last", "field"),
    [(date(2026, 11, 2), date(2026, 11, 1), "to"), (date(2020, 1, 1), date(2026, 11, 1), "from"),
     (date(2035, 1, 1), date(2035, 1, 2), "from")],
)  # fmt: skip
def test_a_range_that_cannot_be_is_refused_by_name(
    city: Office, reading: Connection, first: date, last: date, field: str
) -> None:
    with pytest.raises(InvalidValue) as refused:
        measured.measure(reading, subjects.one(reading, "opd", "DISHUB"), first, last, city.zone, city.now_s)
    assert refused.value.field == field
    with pytest.raises(NotFound):
        subjects.one(reading, "opd", "NONE")
    with pytest.raises(NotFound):
        subjects.one(reading, "employee", "nobody")


def test_under_half_of_the_bins_there_is_no_figure_only_why(city: Office, reading: Connection) -> None:
    before = date(2026, 1, 1)
    named = subjects.one(reading, "opd", "DISHUB")
    found = measured.measure(reading, named, before, city.today - timedelta(days=1), city.zone, city.now_s)
    whole = found.whole
    assert whole.p95_down_bps is None or whole.coverage >= 0.5
    found = measured.measure(reading, named, before, date(2026, 5, 1), city.zone, city.now_s)
    assert found.whole.p95_down_bps is None
    assert found.whole.coverage < 0.5
    assert found.hidden[0].finding == "coverage under 50 %"


# -- studies --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def studied(city: Office) -> Office:
    told: list[tuple[int, int, str]] = []
    number = computing.compute(city.database, city.zone, city.clock, lambda *step: told.append(step))
    assert number == 5
    assert told[0][0] == 0
    assert told[-1] == (10, 10, "")
    return city


def _study(office: Office, kind: int, key: str) -> Study:
    with office.database.read() as connection:
        return next(each.study for each in stored.kept(connection, (kind,)) if each.study.key == key)


def test_what_was_studied_is_found_again_whole(studied: Office) -> None:
    with studied.database.read() as connection:
        rows = plan_store.studies(connection, (LINK, OPD), demand=True)
        kept = stored.kept(connection, (LINK, OPD))
    assert [each.study.key for each in kept] == [
        "DISDUKCAPIL", "DISHUB", "DPMPTSP", "Tautan Balai Kota", "Tautan Layanan",
    ]  # fmt: skip
    for row in rows:
        study = stored.study_of(row.study)
        assert study is not None
        assert stored.text_of(study) == row.study
        demand = stored.unpacked(row.demand)
        assert len(demand.down) == study.recent.office.expected
        assert int((demand.down >= 0).sum()) == study.recent.office.usable
    assert stored.study_of('{"word": "older"}') is None


def test_a_forecast_of_half_a_year_has_bands_and_scores(studied: Office) -> None:
    study = _study(studied, LINK, "Tautan Layanan")
    outlook = study.outlook("down")
    assert outlook is not None
    assert outlook.method == "Theil-Sen line"
    assert outlook.grain == "week"
    month = outlook.ahead[0]
    assert month.low_bps is not None
    assert month.high_bps is not None
    assert month.low_bps <= month.bps <= month.high_bps
    assert outlook.mase_permille is not None
    assert outlook.naive_mase_permille is not None
    assert study.outlook("volume") is not None
    assert len(outlook.ahead) <= 9  # no further than the history reaches back


def test_growth_is_told_from_whole_months_alone(studied: Office) -> None:
    study = _study(studied, OPD, "DISHUB")
    assert study.grew_permille is None or -300 < study.grew_permille < 800  # demand grows by a fifth a year
    months = [month for month in study.months for _ in (0, 1)]
    assert studying.growth(study.months[:4]) is None
    doubled = [
        replace(months[2], month=date(2025 + at // 12, at % 12 + 1, 1), demand_down_bps=round(M * 2 ** (at / 12)))
        for at in range(13)
    ]  # fmt: skip
    assert studying.growth(doubled) == 1000


def test_less_than_half_a_year_is_refused_with_how_much_is_missing(office: Office) -> None:
    plan_city.make(office, weeks=12, vpn=False)
    computing.compute(office.database, office.zone, office.clock)
    study = _study(office, LINK, "Tautan Layanan")
    assert study.outlook("down") is None
    assert study.outlooks[0].refused == (12, 26)


def test_a_city_without_samples_has_nothing_to_study(office: Office) -> None:
    assert computing.compute(office.database, office.zone, office.clock) == 0


def test_a_removed_office_leaves_no_study_behind(studied: Office) -> None:
    with studied.database.write() as connection:
        plan_store.put_study(connection, plan_store.StudyRow(OPD, 99, "{}", 1, b""))
    computing.compute(studied.database, studied.zone, studied.clock)
    with studied.database.read() as connection:
        assert {row.subject_id for row in plan_store.studies(connection, (OPD,))} == {1, 2, 3}


# -- capacity -------------------------------------------------------------------------------------------------------


def test_capacity_is_what_a_second_computation_of_the_demand_needs(studied: Office) -> None:
    with studied.database.read() as connection:
        book = dimensioning.book(connection)
    link = book.link("Tautan Layanan")
    study, demand = book.study(LINK, link.id), book.demands[LINK, link.id]
    assert study is not None
    need = dimensioning.need(study, demand, LEVEL)
    assert need is not None
    assert need.month is not None
    assert need.forecast_bps is not None
    bins = sorted(int(each) for each in demand.down if each >= 0)
    deciding = bins[len(bins) - 1 - (math.ceil(len(bins) * 10 / 1000) - 1)]
    now = bins[math.ceil(0.95 * len(bins)) - 1]
    assert (need.deciding_bps, need.now_bps) == (deciding, now)
    ahead = (2 * deciding * need.forecast_bps + now) // (2 * now)
    assert need.capacity_bps == M * (100 * ahead // (95 * M) + 1)
    assert need.capacity_bps > link.down_bps
    assert need.low_bps <= need.capacity_bps <= need.high_bps
    more = dimensioning.need(study, demand, LEVEL, added_bps=10 * M)
    assert more is not None
    assert more.capacity_bps >= need.capacity_bps + 10 * M
    looser = dimensioning.need(study, demand, replace(LEVEL, permille=100))
    assert looser is not None
    assert looser.capacity_bps < need.capacity_bps


def test_a_total_is_divided_to_the_last_step_and_guarantees_hold(studied: Office) -> None:
    with studied.database.read() as connection:
        book = dimensioning.book(connection)
    link = book.link("Tautan Layanan")
    shares = dimensioning.divided(book, link.id, 160 * M, LEVEL)
    assert set(shares.allotted) == {"DISDUKCAPIL", "DPMPTSP"}
    assert sum(shares.allotted.values()) + sum(shares.extra.values()) + shares.undivided == 160 * M
    assert shares.allotted["DISDUKCAPIL"] >= 10 * M
    assert shares.allotted["DPMPTSP"] >= 12 * M
    with pytest.raises(InvalidValue, match="guaranteed"):
        dimensioning.divided(book, link.id, 20 * M, LEVEL)


def test_a_study_of_a_release_before_is_read_without_what_it_did_not_know(studied: Office) -> None:
    study = _study(studied, OPD, "DPMPTSP")
    written = json.loads(stored.text_of(study))
    del written["recent"]["online"]
    read = stored.study_of(json.dumps(written))
    assert read == replace(study, recent=replace(study.recent, online=None))


def test_a_large_total_is_divided_in_larger_steps(studied: Office) -> None:
    with studied.database.read() as connection:
        book = dimensioning.book(connection)
    shares = dimensioning.divided(book, book.link("Tautan Layanan").id, 6_000 * M, LEVEL)
    assert {share % (3 * M) for share in (*shares.allotted.values(), *shares.extra.values())} == {0}
    assert sum(shares.allotted.values()) + sum(shares.extra.values()) + shares.undivided == 6_000 * M


def test_guaranteed_rates_that_fit_are_never_refused_for_larger_steps(studied: Office) -> None:
    with studied.database.read() as connection:
        found = dimensioning.book(connection)
    link = found.link("Tautan Layanan").id
    mine = [opd._replace(guaranteed_bps=1_667 * M) if opd.link_id == link else opd for opd in found.opds]
    total = 1_667 * M * sum(opd.link_id == link for opd in mine)  # not a whole number of the larger steps
    shares = dimensioning.divided(replace(found, opds=mine), link, total, LEVEL)
    assert set(shares.allotted.values()) == {1_667 * M}


def test_scenarios_grow_lose_links_and_change_prices(studied: Office) -> None:
    with studied.database.read() as connection:
        book = dimensioning.book(connection)
    plain = dimensioning.played(book, WhatIf("tetap"), LEVEL, {}, 12)
    assert [cost.link for cost in plain.links] == ["Tautan Balai Kota", "Tautan Layanan"]
    assert plain.total_rp == sum(cost.capacity_bps // M * cost.price_rp * 12 for cost in plain.links)
    grown = dimensioning.played(book, WhatIf("naik", growth_permille=1200), LEVEL, {}, 12)
    assert grown.total_rp > plain.total_rp
    lost = dimensioning.played(book, WhatIf("putus", lost=frozenset({"Tautan Layanan"})), LEVEL, {}, 12)
    assert [cost.link for cost in lost.links] == ["Tautan Balai Kota"]
    assert lost.links[0].capacity_bps > plain.links[0].capacity_bps
    dearer = dimensioning.played(book, WhatIf("mahal"), LEVEL, {"Tautan Layanan": 300_000}, 12)
    assert dearer.links[1].price_rp == 300_000


def test_bins_are_read_into_arrays_part_by_part(city: Office, reading: Connection) -> None:
    from netquota.storage import bin_store
    from netquota.storage.usage_report import Source

    from_s, to_s = measured.bounds(*_range(city), city.zone, city.now_s)
    both = [Source(SITE, 1), Source(SITE, 2)]
    found = bin_store.octets(reading, both, from_s, (to_s - from_s) // 300)
    rows = usage_report.bins_of_sources(reading, both, from_s, to_s)
    assert [int(each) for each in found.down[found.counted]] == [row.down for row in rows]
    assert int(np.count_nonzero(found.counted)) == len(rows)
