"""Past measurements: rates, volumes, counters, RRD and radacct become samples, once, to the octet, with their sums."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from netquota.domain.samples import LINK_INTERFACE, SITE
from netquota.errors import InvalidValue
from netquota.services.allocate import add
from netquota.services.office import Author, Office
from netquota.services.planning import measured, past, subjects
from netquota.services.planning.past_readings import Reading, readings, wanders_h
from netquota.storage import schema
from tests.storage.measured_city import WIB, Measured, epoch_s

BY = Author("ani", "riwayat MRTG")
MORNING = epoch_s(2026, 11, 2, 8)


@pytest.fixture
def city(office: Office) -> Measured:
    add(office, "link", {"name": "A", "provider": "P", "capacity": "100M/50M"}, BY)
    add(office, "opd", {"code": "DINKES", "name": "Kesehatan", "ceiling": "20M/10M"}, BY)
    add(office, "nas", {"name": "gw", "address": "10.0.0.1", "family": "mikrotik"}, BY)
    add(office, "site", {"name": "S", "opd": "DINKES", "link": "A", "nas": "gw"}, BY)
    return Measured(office)


def _csv(rows: int, rate: str = "8000000", step_s: int = 300) -> bytes:
    begins = datetime(2026, 11, 2, 8, tzinfo=WIB)
    lines = [f"{begins + timedelta(seconds=at * step_s):%Y-%m-%d %H:%M:%S};{rate};{rate}" for at in range(rows)]
    return ("waktu;unduh;unggah\n" + "\n".join(lines) + "\n").encode()


def test_rates_become_octets_of_their_bins_and_are_measured(city: Measured) -> None:
    taken = past.take_over(city.office, "link", "A", "rates", _csv(288, "8M"), BY)
    assert (taken.bins, taken.known, taken.down) == (288, 0, 288 * 300 * 10**6)
    assert city.sampled(LINK_INTERFACE) == city.hourly(LINK_INTERFACE) == (taken.down, taken.up)
    with city.database.read() as connection:
        named, day = subjects.one(connection, "link", "A"), datetime(2026, 11, 2, tzinfo=WIB).date()
        found = measured.measure(connection, named, day, day, WIB, city.office.now_s)
    assert (found.source, found.whole.p95_down_bps) == ("interface", 8_000_000)


def test_a_file_taken_over_twice_changes_nothing(city: Measured) -> None:
    content = _csv(12)
    past.take_over(city.office, "link", "A", "rates", content, BY)
    before = city.rows(schema.usage_sample)
    again = past.take_over(city.office, "link", "A", "rates", content, BY)
    assert (again.bins, again.known) == (0, 12)
    assert city.rows(schema.usage_sample) == before


def test_a_rehearsal_says_what_it_would_do_and_does_nothing(city: Measured) -> None:
    taken = past.take_over(city.office, "link", "A", "rates", _csv(12), BY, dry_run=True)
    assert taken.bins == 12
    assert city.rows(schema.usage_sample) == []


def test_in_and_out_of_the_other_side_are_swapped(city: Measured) -> None:
    content = b"time,in,out\n2026-11-02 08:00:00,300,100\n"
    plain = past.take_over(city.office, "link", "A", "octets", content, BY, dry_run=True)
    turned = past.take_over(city.office, "link", "A", "octets", content, BY, dry_run=True, swapped=True)
    assert (plain.down, plain.up) == (turned.up, turned.down) == (300, 100)


def test_sessions_of_radacct_are_spread_to_the_octet_and_coarse(city: Measured) -> None:
    content = (
        b"radacctid,username,acctstarttime,acctstoptime,acctinputoctets,acctoutputoctets\n"
        b"1,ani,2026-11-02 08:02:00,2026-11-02 08:32:00,1000,7001\n"
        b"2,budi,2026-11-02 08:03:00,,5,5\n"
        b"3,budi,2026-11-02 08:10:00,2026-11-02 08:10:00,3,4\n"
    )
    taken = past.take_over(city.office, "site", "S", "radacct", content, BY)
    assert (taken.readings, taken.down, taken.up) == (2, 7005, 1003)
    assert taken.coarse == taken.bins == 7
    assert city.sampled(SITE) == (7005, 1003)


def test_counters_that_fall_say_nothing_of_their_step() -> None:
    rows = b"1793955600,100,10\n1793955900,400,20\n1793956200,50,5\n1793956500,80,9\n"
    content = b"timestamp,ifHCInOctets,ifHCOutOctets\n" + rows
    assert readings("counters", content, WIB) == [
        Reading(1793955600, 1793955900, 300, 10), Reading(1793956200, 1793956500, 30, 4),
    ]  # fmt: skip


def test_the_finest_averages_of_an_rrd_count_and_coarser_ones_before_them() -> None:
    def archive(rows: int, values: list[str]) -> str:
        lines = "".join(f"<row><v>{value}</v><v>1.0e+00</v></row>" for value in values)
        return f"<rra><cf>AVERAGE</cf><pdp_per_row>{rows}</pdp_per_row><database>{lines}</database></rra>"

    text = (
        '<?xml version="1.0"?><!DOCTYPE rrd SYSTEM "rrdtool.dtd"><rrd><version>0003</version><step>300</step>'
        "<lastupdate>1793956810</lastupdate>" + archive(1, ["2.0e+00", "NaN", "4.0e+00"])
        + archive(6, ["5.0e+00", "9.0e+00"]) + "<rra><cf>MAX</cf><pdp_per_row>1</pdp_per_row></rra></rrd>"
    )  # fmt: skip
    found = readings("rrd", text.encode(), WIB)
    assert [(each.to_s - each.from_s, each.down) for each in found] == [
        (1800, 9000), (1800, 16200), (300, 600), (300, 1200),
    ]  # fmt: skip
    assert found[-1].to_s == 1793956800
    assert all(one.to_s <= two.from_s for one, two in pairwise(found))


@pytest.mark.parametrize(
    ("form", "content", "named"),
    [
        ("rates", b"", "file"), ("rates", b"a,b\n1,2\n", "columns"), ("dance", b"x", "format"),
        ("rates", b"time,in,out\nyesterday,1,2\n", "row 2, time"),
        ("rates", b"time,in,out\n1793955600,fast,2\n", "row 2, in"),
        ("octets", b"time,in,out\n1793955600,1.5M,2\n", "row 2, in"), ("rrd", b"<svg/>", "file"),
        ("counters", b"time,in,out\n1793955600,-1,2\n", "row 2, in"), ("rates", b"\xff\xfe", "file"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_named_by_row_and_column(form: str, content: bytes, named: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        readings(form, content, WIB)
    assert refused.value.field == named


def test_a_hole_in_a_file_stays_one() -> None:
    content = b"time,in,out\n1793955600,8,8\n1793955900,8,8\n1793990000,8,8\n"
    assert [each.to_s - each.from_s for each in readings("rates", content, WIB)] == [300, 300, 300]


def test_a_clock_that_wanders_is_noticed_and_a_steady_one_is_not(city: Measured) -> None:
    def series(hours_a_week: int) -> list[Reading]:
        found = []
        for at in range(7 * 7 * 24):
            busy = (at + hours_a_week * (at // 168)) % 24 in range(8, 18)
            from_s = MORNING + 3600 * at
            found.append(Reading(from_s, from_s + 3600, 1000 if busy else 10, 0))
        return found

    assert wanders_h(series(0), WIB) == 0
    assert wanders_h(series(2), WIB) > 3
    rows = [f"{each.from_s},{each.down},0" for each in series(2)]
    begins = city.office.now_s - 7 * 7 * 86_400 - 86_400
    rows = [f"{begins + 3600 * at},{each.down},0" for at, each in enumerate(series(2))]
    content = ("time,in,out\n" + "\n".join(rows)).encode()
    with pytest.raises(InvalidValue, match="wanders"):
        past.take_over(city.office, "link", "A", "octets", content, BY, step_s=3600)
    taken = past.take_over(city.office, "link", "A", "octets", content, BY, step_s=3600, trust_clock=True)
    assert taken.wanders_h > 3


def test_a_file_of_tomorrow_or_of_nobody_is_refused(city: Measured) -> None:
    with pytest.raises(InvalidValue, match="beyond now"):
        past.take_over(city.office, "link", "A", "octets", b"time,in,out\n2030-01-01,1,1\n", BY)
    with pytest.raises(InvalidValue, match="link or site"):
        past.take_over(city.office, "opd", "DINKES", "rates", _csv(2), BY)
