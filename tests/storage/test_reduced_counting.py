"""Where only a part of what flows counts, the parts add up to the octet over reports, edges and periods."""

from __future__ import annotations

from datetime import datetime

import pytest

from netquota.storage import schema
from tests.storage.books_city import MB, WIB, City

NIGHT = int(datetime(2026, 5, 4, 21, 0, tzinfo=WIB).timestamp())


@pytest.fixture
def halved(city: City) -> City:
    city.change(schema.quota, "daily", reduced="50%: 22:00-06:00", octets=1000 * MB)
    return city


def test_what_flows_at_night_counts_by_half(halved: City) -> None:
    halved.count(halved.entry("start", NIGHT + 7200))
    halved.count(halved.entry("interim", NIGHT + 7500, 1001, 300))
    halved.count(halved.entry("interim", NIGHT + 7800, 2002, 600))
    assert halved.used("daily") == 1001  # twice 500.5: nothing is lost to rounding
    assert halved.used("pool") == 2002  # the office's counts whole


def test_a_report_over_the_edge_is_divided_by_time(halved: City) -> None:
    halved.count(halved.entry("start", NIGHT + 3000))
    halved.count(halved.entry("interim", NIGHT + 4200, 1200, 1200))  # ten minutes before ten, ten after
    assert halved.used("daily") == 600 + 300


def test_a_night_over_midnight_fills_two_days_rows(halved: City) -> None:
    halved.count(halved.entry("start", NIGHT + 9000))
    halved.count(halved.entry("interim", NIGHT + 12_600, 3600, 3600))  # from 23.30 to 00.30
    rows = [row.used for row in halved.rows(schema.ledger_entry) if row.quota_id == halved.ids["daily"]]
    assert rows == [900, 900]


def test_nothing_counts_where_the_part_is_none(city: City) -> None:
    city.change(schema.quota, "daily", reduced="0%: mon")
    city.count(city.entry("start", NIGHT))
    city.count(city.entry("interim", NIGHT + 60, 500 * MB, 60))
    assert (city.used("daily"), city.orders()) == (0, [])
