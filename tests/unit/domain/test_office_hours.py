"""An office's own hours, as people write them."""

from __future__ import annotations

from datetime import time

import pytest

from netquota.domain.office_hours import in_words, parse_office_hours
from netquota.errors import InvalidValue
from netquota.planning.workdays import OfficeHours

MORNING = time(7, 30)


def test_days_are_given_by_span_and_ramadan_apart() -> None:
    usual, fasting = parse_office_hours("mon-thu 07:30-16:00; jum 07.30-11.00; ramadan mon-fri 08:00-15:00", "hours")
    assert usual == ((MORNING, time(16)),) * 4 + ((MORNING, time(11)), None, None)
    assert fasting == ((time(8), time(15)),) * 5 + (None, None)


def test_without_a_part_for_ramadan_the_same_hours_hold() -> None:
    usual, fasting = parse_office_hours("mon-sun 00:00-23:59", "hours")
    assert usual == fasting == ((time(0), time(23, 59)),) * 7


def test_hours_are_told_as_the_document_says_them() -> None:
    assert in_words(OfficeHours().usual) == "Senin–Kamis 07.30–16.00, Jumat 07.30–16.30"
    week, _ = parse_office_hours("mon,wed 08:00-12:00; sat 08:00-10:00", "hours")
    assert in_words(week) == "Senin 08.00–12.00, Rabu 08.00–12.00, Sabtu 08.00–10.00"


@pytest.mark.parametrize(
    "text",
    [
        "mon-fri", "07:30-16:00 5M/1M", "mon 16:00-07:30", "mon-fri 07:30-16:00; wed 08:00-10:00", "soon",
        "mon 07:30-07:30", "ramadan mon 08:00-15:00", "mon 07:30-16:00 holidays", "no-ramadan mon 07:30-16:00", "",
    ],
)  # fmt: skip
def test_what_is_no_week_of_hours_is_refused_by_name(text: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        parse_office_hours(text, "office_hours")
    assert refused.value.field == "office_hours"
