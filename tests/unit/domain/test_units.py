"""What people write for rates and volumes is read right or refused with a remedy; decimals follow the language."""

import pytest

from netquota.domain.units import (
    Octets2,
    Rate,
    exact_bps,
    exact_octets,
    exact_rate,
    format_bps,
    format_octets,
    format_rate,
    parse_bps,
    parse_octets,
    parse_rate,
    parse_signed_octets,
)
from netquota.errors import InvalidValue


@pytest.mark.parametrize(
    ("text", "bps"),
    [
        ("10M", 10_000_000),
        ("10 mbps", 10_000_000),
        ("10 Mbit/s", 10_000_000),
        ("10\u00a0Mbit/s", 10_000_000),  # pasted from our own page
        ("10 MBPS", 10_000_000),
        ("10240k", 10_240_000),
        ("1,5M", 1_500_000),
        ("1.5M", 1_500_000),
        ("0.125 Gbit/s", 125_000_000),
        ("0,064M", 64_000),  # nothing before the separator: it cannot mean thousands
        (" 256000 ", 256_000),
        ("1000", 1000),
        ("60 bit/s", 60),
        ("256 kb/s", 256_000),
        ("1,2345k", 1_235),  # rounded half up to whole bit/s
    ],
)
def test_rates_are_read_as_people_write_them(text: str, bps: int) -> None:
    assert parse_bps(text) == bps


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "10M"),
        ("fast", "10M"),
        ("10 furlongs", "10M"),
        ("-5M", "10M"),
        ("1.000.000", "10M"),
        ("٣M", "10M"),
        ("1.500M", "1500"),  # 1.5 or 1500: never guessed
        ("10 MB/s", "bits"),
        ("10 MBps", "bits"),
        ("0", "above 0"),  # many gateways read 0 as unlimited
        ("0,2 bps", "above 0"),
        ("0,2", "unit"),
        ("60", "unit"),  # Mbit/s was meant
        ("999", "unit"),
        ("99999 Tbps", "up to"),
    ],
)
def test_unusable_rate_is_refused_with_a_remedy(text: str, told: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        parse_bps(text, field="limit")
    assert (refused.value.field, refused.value.value) == ("limit", text)
    assert told in refused.value.remedy


@pytest.mark.parametrize(
    ("text", "down_bps", "up_bps"),
    [
        ("10M/2M", 10_000_000, 2_000_000),
        ("10M", 10_000_000, 10_000_000),
        ("10 Mbit/s", 10_000_000, 10_000_000),
        ("10 Mbit/s / 512 kbit/s", 10_000_000, 512_000),
        ("60 / 30 Mbit/s", 60_000_000, 30_000_000),
        ("60M/30", 60_000_000, 30_000_000),
        ("1,5M / 512k", 1_500_000, 512_000),
        ("2000000/1000000", 2_000_000, 1_000_000),
    ],
)
def test_a_rate_pair_is_down_then_up(text: str, down_bps: int, up_bps: int) -> None:
    assert parse_rate(text) == Rate(down_bps, up_bps)


@pytest.mark.parametrize("text", ["10M/2M/1M", "10M/", "/2M", "/", "10M/0", "10M/2 MB/s", "60/30", "2000000/30"])
def test_unusable_rate_pair_is_refused(text: str) -> None:
    with pytest.raises(InvalidValue):
        parse_rate(text)


@pytest.mark.parametrize(
    ("text", "octets"),
    [
        ("5 GB", 5_000_000_000),
        ("5gb", 5_000_000_000),
        ("500MB", 500_000_000),
        ("1 GiB", 1_073_741_824),
        ("1Gi", 1_073_741_824),
        ("2,5 GB", 2_500_000_000),
        ("1.5 kB", 1_500),
        ("10G", 10_000_000_000),
        ("12345", 12_345),
        ("12 bytes", 12),
        ("1 TB", 10**12),
    ],
)
def test_volumes_are_read_as_people_write_them(text: str, octets: int) -> None:
    assert parse_octets(text) == octets


@pytest.mark.parametrize("text", ["", "much", "-1 GB", "5 GB/s", "0", "1.250 GB", "2000 PB", "5", "2,5", "999"])
def test_unusable_volume_is_refused(text: str) -> None:
    with pytest.raises(InvalidValue):
        parse_octets(text)


def test_a_small_number_without_unit_is_asked_for_it() -> None:
    with pytest.raises(InvalidValue, match="write the unit, such as 5 GB"):
        parse_octets("5")
    with pytest.raises(InvalidValue, match="write the unit, such as 60M/30M"):
        parse_rate("60/30")


def test_a_volume_of_nothing_is_taken_where_the_caller_allows_it() -> None:
    assert parse_octets("0", least=0) == 0


@pytest.mark.parametrize(
    ("bps", "indonesian", "english"),
    [
        (10_000_000, "10 Mbit/s", "10 Mbit/s"),
        (1_500_000, "1,5 Mbit/s", "1.5 Mbit/s"),
        (10_240_000, "10,2 Mbit/s", "10.2 Mbit/s"),
        (158_600_000, "159 Mbit/s", "159 Mbit/s"),
        (99_950_000, "100 Mbit/s", "100 Mbit/s"),
        (999_500_000, "1 Gbit/s", "1 Gbit/s"),
        (1_200_000_000, "1,2 Gbit/s", "1.2 Gbit/s"),
        (256_000, "256 kbit/s", "256 kbit/s"),
        (999, "999 bit/s", "999 bit/s"),
        (0, "0 bit/s", "0 bit/s"),
    ],
)
def test_a_rate_is_shown_with_the_languages_decimals(bps: int, indonesian: str, english: str) -> None:
    assert format_bps(bps, "id") == indonesian.replace(" ", "\u00a0")
    assert format_bps(bps, "en") == english.replace(" ", "\u00a0")


@pytest.mark.parametrize(
    ("octets", "indonesian", "english"),
    [
        (4_200_000_000, "4,2 GB", "4.2 GB"),
        (10_000_000_000, "10 GB", "10 GB"),
        (999_999_999, "1 GB", "1 GB"),
        (1_073_741_824, "1,1 GB", "1.1 GB"),
        (512, "512 B", "512 B"),
        (-1_500_000, "-1,5 MB", "-1.5 MB"),
        (1_234_000_000_000_000_000_000, "1234 EB", "1234 EB"),
    ],
)
def test_a_volume_is_shown_with_the_languages_decimals(octets: int, indonesian: str, english: str) -> None:
    assert format_octets(octets, "id") == indonesian.replace(" ", "\u00a0")
    assert format_octets(octets, "en") == english.replace(" ", "\u00a0")


def test_a_rate_pair_names_its_unit_once() -> None:
    assert format_rate(Rate(60_000_000, 30_000_000)) == "60 / 30 Mbit/s".replace(" ", "\u00a0")
    assert format_rate(Rate(10_000_000, 512_000)) == "10 Mbit/s / 512 kbit/s".replace(" ", "\u00a0")


def test_exact_text_loses_nothing() -> None:
    assert exact_bps(10_240_000) == "10240k"
    assert exact_rate(Rate(10_000_000, 2_000_000)) == "10M/2M"
    assert exact_rate(Rate(10_000_000, 2_000_001)) == "10000000/2000001"
    assert exact_octets(5_000_000_000) == "5GB"


def test_octets_add_and_subtract_by_direction() -> None:
    assert Octets2(3, 5) + Octets2(10, 20) - Octets2(1, 2) == Octets2(12, 23)
    assert Octets2(3, 5).total == 8


def test_a_cap_and_a_floor_hold_by_direction() -> None:
    assert Rate(10, 2).capped_by(Rate(5, 5)) == Rate(5, 2)
    assert Rate(10, 2).at_least(Rate(5, 5)) == Rate(10, 5)


@pytest.mark.parametrize("rate", [Rate(60, 30), Rate(60, 10_000_000), Rate(512_001, 60)])
def test_a_tiny_rate_is_written_with_its_unit(rate: Rate) -> None:
    assert parse_rate(exact_rate(rate)) == rate


def test_a_tiny_volume_is_written_with_its_unit() -> None:
    assert parse_octets(exact_octets(5)) == 5


@pytest.mark.parametrize(("text", "octets"), [("5GB", 5 * 10**9), ("-5 GB", -5 * 10**9), (" -2000 ", -2000)])
def test_what_is_taken_back_has_a_minus(text: str, octets: int) -> None:
    assert parse_signed_octets(text) == octets


@pytest.mark.parametrize("text", ["", "-", "--5GB", "-0", "-banyak"])
def test_what_is_no_volume_stays_none_with_a_minus(text: str) -> None:
    with pytest.raises(InvalidValue):
        parse_signed_octets(text)
