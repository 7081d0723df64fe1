"""Mikrotik-Rate-Limit: the table of planning.md §5.7."""

import pytest

from netquota.domain.units import Burst, Rate
from netquota.errors import InvalidValue
from radius.families.mikrotik import rate_limit_text

TEN_TWO = Rate(10_000_000, 2_000_000)
BURST = Burst(Rate(20_000_000, 4_000_000), Rate(8_000_000, 1_500_000), 10)


@pytest.mark.parametrize(
    ("up_bps", "down_bps", "text"),
    [
        (2_000_000, 10_000_000, "2M/10M"),
        (512_000, 1_500_000, "512k/1500k"),
        (1_000_000_000, 1_000_000_000, "1000M/1000M"),
        (64_001, 128_000, "64001/128k"),
    ],
)
def test_rate_is_written_up_before_down_in_the_largest_unit(up_bps: int, down_bps: int, text: str) -> None:
    assert rate_limit_text(Rate(down_bps, up_bps)) == text


def test_burst_follows_the_rate() -> None:
    assert rate_limit_text(TEN_TWO, BURST) == "2M/10M 4M/20M 1500k/8M 10/10"


def test_zeros_stand_in_for_a_burst_left_out() -> None:
    assert rate_limit_text(TEN_TWO, priority=3) == "2M/10M 0/0 0/0 0/0 3"
    assert rate_limit_text(TEN_TWO, guaranteed=Rate(5_000_000, 1_000_000)) == "2M/10M 0/0 0/0 0/0 8 1M/5M"


def test_all_parts_together() -> None:
    burst = Burst(BURST.rate, BURST.threshold, 8)
    text = rate_limit_text(TEN_TWO, burst, 1, Rate(1_000_000, 256_000), burst_down_time_s=16)
    assert text == "2M/10M 4M/20M 1500k/8M 8/16 1 256k/1M"


@pytest.mark.parametrize("wrong", [Rate(0, 0), Rate(10_000_000, 0), Rate(-1, 2_000_000)])
def test_limit_of_nothing_is_an_error_wherever_it_stands(wrong: Rate) -> None:
    with pytest.raises(InvalidValue):
        rate_limit_text(wrong)
    with pytest.raises(InvalidValue):
        rate_limit_text(TEN_TWO, guaranteed=wrong)
    with pytest.raises(InvalidValue):
        rate_limit_text(TEN_TWO, Burst(wrong, BURST.threshold, 10))
    with pytest.raises(InvalidValue):
        rate_limit_text(TEN_TWO, Burst(BURST.rate, wrong, 10))


@pytest.mark.parametrize("priority", [0, 9, -1])
def test_priority_outside_one_to_eight_is_an_error(priority: int) -> None:
    with pytest.raises(InvalidValue):
        rate_limit_text(TEN_TWO, priority=priority)


def test_burst_without_time_is_an_error() -> None:
    with pytest.raises(InvalidValue):
        rate_limit_text(TEN_TWO, Burst(BURST.rate, BURST.threshold, 0))
