"""How people write values: what is taken, what is refused by field and remedy, and that what is shown reads back."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from netquota.domain.schedule import Holidays
from netquota.errors import InvalidValue
from netquota.services import fields
from netquota.services.fields import Format
from netquota.services.windows import parse_windows, show_windows


class Around:
    zone = ZoneInfo("Asia/Jakarta")
    today = date(2026, 11, 24)
    about = ("Siti Aminah",)
    keeps_text = True

    def encrypt(self, plain: bytes) -> bytes:
        return plain[::-1]


AROUND = Around()
TIME, UNTIL, SPAN = fields.instant(whole_day=False), fields.instant(whole_day=True), fields.duration(60, 86400)


@pytest.mark.parametrize(
    ("form", "text", "values", "shown"),
    [
        (fields.RATE, "10M/2M", (10_000_000, 2_000_000), "10M/2M"),
        (fields.RATE, "1,5M", (1_500_000, 1_500_000), "1500k/1500k"),
        (fields.FLAG, "Ya", (True,), "yes"),
        (fields.FLAG, "off", (False,), "no"),
        (fields.number(0, 9), "7", (7,), "7"),
        (SPAN, "90s", (90,), "90s"),
        (SPAN, "900", (900,), "15m"),
        (SPAN, "8h", (28800,), "8h"),
        (SPAN, "1d", (86400,), "1d"),
        (fields.octets(0), "20 GB", (20 * 10**9,), "20GB"),
        (fields.SHARE, "12.5%", (125,), "12.5%"),
        (fields.SHARE, "50 %", (500,), "50%"),
        (fields.WARNINGS, "95%,80%", ("800,950",), "80%, 95%"),
        (fields.WARNINGS, "80%; 92,5%", ("800,925",), "80%, 92.5%"),
        (fields.DATE, "2026-12-31", ("2026-12-31",), "2026-12-31"),
        (fields.DATE, "2/12/2026", ("2026-12-02",), "2026-12-02"),
        (fields.CLOCK, "7.30", ("07:30",), "07:30"),
        (TIME, "2026-01-01", (1767200400,), "2026-01-01 00:00"),
        (UNTIL, "2026-12-31", (1798736400,), "2027-01-01 00:00"),
        (UNTIL, "2026-12-31 16:00", (1798707600,), "2026-12-31 16:00"),
        (UNTIL, "31/12/2026", (1798736400,), "2027-01-01 00:00"),
        (UNTIL, "31/12/2026 16:00", (1798707600,), "2026-12-31 16:00"),
        (TIME, "2/1/2026 9.00", (1767319200,), "2026-01-02 09:00"),  # the day is first
        (TIME, "2026-01-01T00:00:00Z", (1767225600,), "2026-01-01 07:00"),
        (fields.NIP, "19860926 201505 1 001", ("198609262015051001",), "198609262015051001"),
        (fields.USERNAME, "Émile", ("Émile", "émile"), "Émile"),
        (fields.NETWORK, "10.1.2.3/16", ("10.1.0.0/16",), "10.1.0.0/16"),
        (fields.ADDRESS, "2001:DB8::1", ("2001:db8::1",), "2001:db8::1"),
        (fields.MAIL, "siti@kota.go.id", ("siti@kota.go.id",), "siti@kota.go.id"),
        (fields.choice(("a", "b")), "B", ("b",), "b"),
    ],
)
def test_a_value_is_taken_as_written_and_shown_so_that_it_reads_back(
    form: Format, text: str, values: fields.Values, shown: str
) -> None:
    assert form.parse(text, "f", AROUND) == values
    assert form.show(values, AROUND.zone) == shown
    assert form.parse(shown, "f", AROUND) == values


@pytest.mark.parametrize(
    ("form", "text"),
    [
        (fields.RATE, "fast"),
        (fields.FLAG, "perhaps"),
        (fields.DATE, "12/31/2026"),
        (TIME, "31/12/2026 24:30"),
        (fields.number(0, 9), "10"),
        (fields.number(0, 9), "-1"),
        (fields.number(0, 9), "٣"),
        (SPAN, "59"),
        (SPAN, "2d"),
        (SPAN, "1 fortnight"),
        (fields.SHARE, "101%"),
        (fields.SHARE, "0.5"),
        (fields.WARNINGS, "0%"),
        (fields.WARNINGS, "80"),
        (fields.DATE, "31-12-2026"),
        (fields.CLOCK, "25:00"),
        (fields.CLOCK, "07:30:10"),
        (TIME, "tomorrow"),
        (fields.NETWORK, "10.0.0.0/33"),
        (fields.ADDRESS, "10.0.0.0/24"),
        (fields.MAIL, "siti@"),
        (fields.MAIL, "si ti@kota.go.id"),
        (fields.key(5), "a b"),
        (fields.key(5), "abcdef"),
        (fields.text(5), "a\nb"),
        (fields.text(5), "abcdef"),
        (fields.choice(("a", "b")), "c"),
    ],
)
def test_what_cannot_be_read_is_refused_by_field(form: Format, text: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        form.parse(text, "the_field", AROUND)
    assert refused.value.field == "the_field"


def test_a_secret_is_sealed_and_never_shown_nor_told() -> None:
    assert fields.SECRET.parse("abc", "secret", AROUND) == (b"cba",)
    assert fields.SECRET.show((b"cba",), AROUND.zone) == "(secret)"
    with pytest.raises(InvalidValue) as refused:
        fields.SECRET.parse("hush ☂", "secret", AROUND)
    assert "hush" not in str(refused.value)


def test_a_persons_password_is_hashed_and_sealed_where_its_text_is_kept() -> None:
    hashed, kept, nt_hash = fields.OWN_PASSWORD.parse("kuda nil di sawah", "password", AROUND)
    assert str(hashed).startswith("$argon2id$")
    assert kept == b"hawas id lin aduk"
    assert nt_hash is None
    with pytest.raises(InvalidValue, match="known of you"):
        fields.OWN_PASSWORD.parse("aminah aminah!", "password", AROUND)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Kerja: mon-fri 07:30-16:00 5M/1M", "Kerja: mon,tue,wed,thu,fri 07:30-16:00 5M/1M"),
        ("Kerja: senin-jumat 7.30-16.00 5M/1M", "Kerja: mon,tue,wed,thu,fri 07:30-16:00 5M/1M"),
        ("Akhir pekan: sab,min 20M", "Akhir pekan: sat,sun 20M/20M"),
        ("Malam: jum-min 20:00-06:00 plan=malam", "Malam: fri,sat,sun 20:00-06:00 plan=malam"),
        ("Larut: 20:00-24:00 2M", "Larut: 20:00-00:00 2M/2M"),
        ("Libur: holidays 20M", "Libur: holidays 20M/20M"),
        (
            "Puasa: 2026-02-18..2026-03-19 no-holidays 08:00-15:00",
            "Puasa: 08:00-15:00 2026-02-18..2026-03-19 no-holidays",
        ),
        ("A: mon 1M\n\nB: tue 2M;", "A: mon 1M/1M; B: tue 2M/2M"),
        ("", ""),
    ],
)
def test_windows_are_read_as_people_write_them(text: str, shown: str) -> None:
    windows = parse_windows(text, "windows")
    assert show_windows(windows) == shown
    assert parse_windows(shown, "windows") == windows


def test_a_window_has_its_holidays_and_days() -> None:
    (window,) = parse_windows("Libur: sat-mon holidays 20M", "windows")
    assert (window.weekdays, window.holidays) == (frozenset({5, 6, 0}), Holidays.ONLY)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("mon-fri 07:30-16:00 5M", "NAME"),
        ("07:30-16:00 5M", "NAME"),
        ("Kerja: mon-xyz 5M", "days"),
        ("Kerja: 25:00-26:00 5M", "times"),
        ("Kerja: 48:00-26:00 5M", "times"),
        ("Kerja: 2026-02-30..2026-03-01 5M", "dates"),
        ("Kerja: 2026-03-02..2026-03-01 5M", "first date"),
        ("Kerja: 5M 6M", "twice"),
        ("Kerja: soon", "rate"),
    ],
)
def test_a_window_that_cannot_be_read_is_refused_by_its_part(text: str, told: str) -> None:
    with pytest.raises(InvalidValue, match=told):
        parse_windows(text, "windows")
