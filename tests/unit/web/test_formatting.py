"""What people read: figures as look.md writes them, in both languages."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from web import formatting, moments

JAKARTA = ZoneInfo("Asia/Jakarta")
NOW = datetime(2026, 11, 24, 3, 42, tzinfo=UTC)


@pytest.mark.parametrize(
    ("write", "value", "indonesian", "english"),
    [
        (formatting.number, 1284, "1.284", "1,284"),
        (formatting.number, None, "–", "–"),
        (formatting.rate, 10_000_000, "10 Mbit/s", "10 Mbit/s"),
        (formatting.rate, 2_500_000, "2,5 Mbit/s", "2.5 Mbit/s"),
        (formatting.rate, 512_000, "512 kbit/s", "512 kbit/s"),
        (formatting.rate, 1_000_000_000, "1.000 Mbit/s", "1,000 Mbit/s"),
        (formatting.rate, None, "–", "–"),
        (formatting.measured_rate, 57_800_000, "57,8 Mbit/s", "57.8 Mbit/s"),
        (formatting.measured_rate, 10_000_000, "10,0 Mbit/s", "10.0 Mbit/s"),
        (formatting.measured_rate, 487_300_000, "487 Mbit/s", "487 Mbit/s"),
        (formatting.measured_rate, 0, "0 Mbit/s", "0 Mbit/s"),
        (formatting.megabits, 73_000_000, "73,0", "73.0"),
        (formatting.megabits, 20_000, "0,02", "0.02"),  # something flows: never "0,0"
        (formatting.megabits, None, "–", "–"),
        (formatting.volume, 148_200_000_000, "148,2 GB", "148.2 GB"),
        (formatting.volume, 1_612_000_000_000, "1.612 GB", "1,612 GB"),
        (formatting.volume, 120_000_000, "0,12 GB", "0.12 GB"),
        (formatting.volume, 7_400_000, "7,4 MB", "7.4 MB"),
        (formatting.volume, 812, "812 B", "812 B"),
        (formatting.volume, 0, "0 GB", "0 GB"),
        (formatting.volume_limit, 10_000_000_000, "10 GB", "10 GB"),
        (formatting.volume_limit, 500_000_000, "500 MB", "500 MB"),
        (formatting.exact_octets, 4_213_882_112, "4.213.882.112 oktet", "4,213,882,112 octets"),
        (formatting.percent, 0.42, "42 %", "42 %"),
        (formatting.percent, 0.9999, "99 %", "99 %"),  # not spent yet: must not read as 100
        (formatting.percent, 1.0, "100 %", "100 %"),
        (formatting.percent, 1.204, "120 %", "120 %"),
        (formatting.rupiah, 1_617_000_000, "Rp1.617.000.000", "Rp1,617,000,000"),
        (formatting.rupiah, -250_000, "-Rp250.000", "-Rp250,000"),
    ],
)
def test_figures_read_as_the_office_writes_them(
    write: Callable[[object, str], str], value: object, indonesian: str, english: str
) -> None:
    assert write(value, "id").replace("\u00a0", " ") == indonesian
    assert write(value, "en").replace("\u00a0", " ") == english


def test_a_figure_never_parts_from_its_unit() -> None:
    for text in (formatting.rate(10**7, "id"), formatting.volume(10**9, "id"), formatting.percent(0.4, "en")):
        assert "\u00a0" in text
        assert " " not in text


def test_download_stands_before_upload() -> None:
    assert formatting.rate_pair(60_000_000, 30_000_000, "id").split() == ["60", "/", "30"]


@pytest.mark.parametrize(
    ("zone", "text"),
    [
        ("Asia/Jakarta", "10.42 WIB"),
        ("Asia/Makassar", "11.42 WITA"),
        ("Asia/Jayapura", "12.42 WIT"),
        ("Asia/Singapore", "11.42 +08"),  # eight hours east, yet not WITA
    ],
)
def test_times_name_the_zone(zone: str, text: str) -> None:
    assert moments.clock_time_zone(NOW, ZoneInfo(zone)).replace("\u00a0", " ") == text


@pytest.mark.parametrize(
    ("moment", "indonesian", "english"),
    [
        (datetime(2026, 11, 24, 3, 38, tzinfo=UTC), "hari ini 10.38", "today 10.38"),
        (datetime(2026, 11, 24, 17, 0, tzinfo=UTC), "besok 00.00", "tomorrow 00.00"),  # 17.00 UTC is local midnight
        (datetime(2026, 11, 23, 16, 59, tzinfo=UTC), "kemarin 23.59", "yesterday 23.59"),
        (datetime(2026, 11, 27, 4, 30, tzinfo=UTC), "Jumat 11.30", "Friday 11.30"),
        (datetime(2026, 11, 30, 17, 0, tzinfo=UTC), "1 Des 00.00", "1 Dec 00.00"),
        (datetime(2025, 11, 2, 1, 15, tzinfo=UTC), "2 Nov 2025 08.15", "2 Nov 2025 08.15"),
        (None, "–", "–"),
    ],
)
def test_moments_are_told_from_now(moment: datetime | None, indonesian: str, english: str) -> None:
    assert moments.near(moment, NOW, JAKARTA, "id") == indonesian
    assert moments.near(moment, NOW, JAKARTA, "en") == english


def test_dates_are_written_out() -> None:
    assert moments.stamp(NOW, JAKARTA, "id").replace("\u00a0", " ") == "Selasa, 24 November 2026, 10.42 WIB"
    assert moments.date_full(date(2026, 11, 24), JAKARTA, "en") == "Tuesday, 24 November 2026"
    assert moments.date_short(datetime(2026, 11, 30, 17, tzinfo=UTC), JAKARTA, "id") == "1 Des"


@pytest.mark.parametrize(
    ("seconds", "indonesian", "english"),
    [
        (566_000, "6 hari 13 jam", "6 days 13 hours"),
        (86_400, "1 hari", "1 day"),
        (3_660, "1 jam 1 menit", "1 hour 1 minute"),
        (2_225, "37 menit", "37 minutes"),
        (4.7, "4 detik", "4 seconds"),
        (0, "0 detik", "0 seconds"),
        (86_401, "1 hari", "1 day"),
        (None, "–", "–"),
    ],
)
def test_durations_name_the_units_that_matter(seconds: float | None, indonesian: str, english: str) -> None:
    assert moments.duration(seconds, "id").replace("\u00a0", " ") == indonesian
    assert moments.duration(seconds, "en").replace("\u00a0", " ") == english
