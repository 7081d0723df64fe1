"""Requests: what can be asked, how one goes on, who decides, and what the figures say of it."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netquota.domain.requests import (
    OPEN,
    Advice,
    Figures,
    RequestState,
    Wanted,
    advice,
    check_move,
    check_wanted,
    needs_head,
    number_of,
)
from netquota.domain.units import Rate
from netquota.errors import Conflict, InvalidValue

TODAY = date(2026, 7, 1)
MORE = Rate(20_000_000, 10_000_000)


@pytest.mark.parametrize(
    ("wanted", "reason", "for_office", "field"),
    [
        (Wanted(), "rapat", True, "wanted"),
        (Wanted(Rate(0, 0)), "rapat", True, "wanted"),
        (Wanted(Rate(-1, 5)), "rapat", True, "wanted"),
        (Wanted(octets=5), "rapat", True, "wanted"),  # an office asks for a rate
        (Wanted(MORE, until=date(2026, 6, 30)), "rapat", True, "until"),
        (Wanted(MORE), " ", True, "reason"),
    ],
)
def test_what_cannot_be_decided_is_refused(wanted: Wanted, reason: str, for_office: bool, field: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        check_wanted(wanted, reason, TODAY, for_office=for_office)
    assert refused.value.field == field


def test_sound_requests_pass() -> None:
    check_wanted(Wanted(MORE, until=TODAY), "rapat daring", TODAY, for_office=True)
    check_wanted(Wanted(octets=5_000_000_000), "unggah laporan", TODAY, for_office=False)


@given(st.sampled_from(RequestState), st.sampled_from(RequestState))
def test_what_is_decided_stays_decided(before: RequestState, after: RequestState) -> None:
    if before not in OPEN or after is RequestState.NEW:
        with pytest.raises(Conflict):
            check_move(before, after)
    elif (before, after) != (RequestState.WAITS_FOR_HEAD, RequestState.WAITS_FOR_HEAD):
        check_move(before, after)


@pytest.mark.parametrize(
    ("rate", "above", "needed"),
    [
        (MORE, None, False),
        (MORE, MORE, False),
        (Rate(20_000_001, 1), MORE, True),
        (Rate(1, 10_000_001), MORE, True),
        (None, MORE, False),
    ],
)
def test_the_head_decides_over_a_set_size_in_either_direction(
    rate: Rate | None, above: Rate | None, needed: bool
) -> None:  # fmt: skip
    assert needs_head(rate, above) is needed


CEILING = Rate(100_000_000, 50_000_000)


@pytest.mark.parametrize(
    ("figures", "found"),
    [
        (Figures(97_000_000, 20_000_000, 11, 950, CEILING), Advice.NEEDED),
        (Figures(60_000_000, 20_000_000, 10, 950, CEILING), Advice.ROOM_LEFT),
        (Figures(85_000_000, 20_000_000, 0, 950, CEILING), Advice.UNCLEAR),  # 15 Mbit/s of room, 20 asked
        (Figures(60_000_000, 45_000_000, 0, 950, CEILING), Advice.UNCLEAR),  # no room upwards
        (Figures(97_000_000, 20_000_000, 500, 499, CEILING), Advice.UNCLEAR),  # under half of the data
        (Figures(None, None, None, 0, None), Advice.UNCLEAR),
        (Figures(60_000_000, 20_000_000, 0, 950, None), Advice.UNCLEAR),
    ],
)
def test_the_figures_say_what_they_can(figures: Figures, found: Advice) -> None:
    assert advice(figures, MORE) is found


def test_numbers_count_within_a_year() -> None:
    assert [number_of(2026, 7), number_of(2026, 1234)] == ["P-2026-007", "P-2026-1234"]
