"""Notices' pure rules: addresses, quiet hours, when to try again; templates that say what is wrong in which line."""

from __future__ import annotations

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netquota.domain.notice_text import template
from netquota.domain.notices import (
    KINDS,
    LONGEST_WAIT_S,
    Address,
    Channel,
    QuietHours,
    Topic,
    address_of,
    next_try_s,
    phone_number,
    quiet_hours,
)
from netquota.domain.periods import Period, PeriodKind
from netquota.domain.quota import Action, Direction, LedgerFigure, Quota, QuotaSubject, line_passed
from netquota.errors import InvalidValue

WIB = ZoneInfo("Asia/Jakarta")


def at(hour: int, minute: int = 0, day: int = 24) -> int:
    return int(datetime(2026, 11, day, hour, minute, tzinfo=WIB).timestamp())


# -- addresses ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "channel", "to"),
    [
        ("mail:noc@kota.go.id", Channel.MAIL, "noc@kota.go.id"),
        ("noc@kota.go.id", Channel.MAIL, "noc@kota.go.id"),
        ("telegram:-1001234567890", Channel.TELEGRAM, "-1001234567890"),
        ("telegram:@noc_kota", Channel.TELEGRAM, "@noc_kota"),
        ("webhook:0811-2345-678", Channel.WEBHOOK, "+628112345678"),
        ("webhook:grup-noc", Channel.WEBHOOK, "grup-noc"),
    ],
)
def test_an_address_says_its_channel(text: str, channel: Channel, to: str) -> None:
    assert address_of(text) == Address(channel, to)
    assert address_of(str(address_of(text))) == Address(channel, to)


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("noc", "begin it with one of mail:"),
        ("sms:0811", "begin it with one of mail:"),
        ("mail:noc@kota", "mail address"),
        ("mail:a@b.id, c@d.id", "mail address"),
        ("mail:a\r\nBcc: x@y.id", "mail address"),
        ("telegram:noc", "chat's number"),
        ("webhook:", "telephone number"),
    ],
)
def test_a_wrong_address_says_what_to_write(text: str, remedy: str) -> None:
    with pytest.raises(InvalidValue, match=remedy):
        address_of(text)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0812 3456 7890", "+6281234567890"),
        ("(0221) 555-123", "+62221555123"),
        ("62812345678", "+62812345678"),
        ("+44 20 7946 0958", "+442079460958"),
        ("0044 20 7946", None),
        ("12", None),
        ("ext. 3", None),
    ],
)
def test_telephone_numbers_are_written_internationally(text: str, number: str | None) -> None:
    assert phone_number(text) == number


# -- when -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("hours", "now", "over"),
    [
        ("21:00-06:00", at(12), at(12)),
        ("21:00-06:00", at(20, 59), at(20, 59)),
        ("21:00-06:00", at(21), at(6, day=25)),
        ("21:00-06:00", at(5, 59), at(6)),
        ("21:00-06:00", at(6), at(6)),
        ("12:00-13:00", at(12, 30), at(13)),
        ("12.00 – 13.00", at(12, 30), at(13)),
        ("", at(3), at(3)),
        ("08:00-08:00", at(9), at(9)),
    ],
)
def test_what_can_wait_goes_out_after_quiet_hours(hours: str, now: int, over: int) -> None:
    assert quiet_hours(hours, WIB).over_at(now) == over


@pytest.mark.parametrize("text", ["21:00", "21-6 Uhr", "25:00-06:00", "a-b"])
def test_wrong_quiet_hours_are_named(text: str) -> None:
    with pytest.raises(InvalidValue, match="two local times"):
        quiet_hours(text, WIB)


@given(st.times(), st.times(), st.integers(0, 2**31))
def test_quiet_hours_end_within_a_day_and_never_before_now(begins: time, ends: time, now_s: int) -> None:
    quiet = QuietHours(begins, ends, ZoneInfo("Europe/Berlin"))  # a zone with summer time
    over_s = quiet.over_at(now_s)
    assert now_s <= over_s <= now_s + 25 * 3600
    if over_s > now_s:
        local = datetime.fromtimestamp(over_s, UTC).astimezone(quiet.zone).time()
        assert (
            local.replace(microsecond=0) == ends.replace(microsecond=0) or over_s - now_s < 7200
        )  # skipped by the clock


def test_tries_come_later_each_time_and_an_hour_apart_at_most() -> None:
    waits = [next_try_s(attempts, 0) for attempts in range(1, 10)]
    assert waits == [60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]
    assert next_try_s(1, 0, asked_s=900) == 900
    assert next_try_s(1, 0, asked_s=10**9) == LONGEST_WAIT_S


@given(st.integers(1, 10_000), st.integers(0, 2**40))
def test_many_do_not_try_in_the_same_second(attempts: int, number: int) -> None:
    wait_s = next_try_s(attempts, 0, number)
    assert 60 <= wait_s <= LONGEST_WAIT_S * 1.1


# -- lines of a quota -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("used", "added", "line"),
    [
        (79, 79, None),
        (80, 1, 800),
        (80, 80, 800),
        (81, 1, None),  # told before
        (95, 15, 950),
        (100, 50, 1000),  # past all at once: the gravest alone
        (101, 1, None),
        (300, 250, 1000),
    ],
)
def test_a_line_is_passed_by_the_octets_that_reach_it(used: int, added: int, line: int | None) -> None:
    quota = Quota(
        1, "bulanan", QuotaSubject.PERSON, Direction.TOTAL, Period(PeriodKind.MONTH, WIB), 100, action=Action.NOTIFY,
        warn_permille=(800, 950),
    )  # fmt: skip
    assert line_passed(quota, LedgerFigure(1, 1, 0, 10, used), added) == line


# -- templates ------------------------------------------------------------------------------------------------------
FIELDS = {"name": "Melati", "help": "telepon 123", "used": "8 GB"}
GOOD = "Perihal: Kuota {name}\n\nYth. {name},\n\n{{terpakai}} {used}\nHubungi {help}\n"


def test_a_template_is_filled_and_lines_without_a_value_vanish() -> None:
    made = template(GOOD, FIELDS, "x")
    full = made.filled(FIELDS)
    assert full.subject == "Kuota Melati"
    assert full.body == "Yth. Melati,\n\n{terpakai} 8 GB\nHubungi telepon 123\n"
    assert "Hubungi" not in made.filled(FIELDS | {"help": ""}).body


def test_values_cannot_add_lines_to_a_subject_nor_fields_to_a_text() -> None:
    made = template(GOOD, FIELDS, "x")
    assert made.filled(FIELDS | {"name": "A\r\nBcc: b@c.id"}).subject == "Kuota A Bcc: b@c.id"
    assert "{help}" in made.filled(FIELDS | {"used": "{help}"}).body


def test_word_and_line_ends_of_other_programs_are_understood() -> None:
    made = template("\ufeff" + GOOD.replace("\n", "\r\n").replace("Perihal", "SUBJECT"), FIELDS, "x")
    assert made.filled(FIELDS).subject == "Kuota Melati"


@pytest.mark.parametrize(
    ("text", "where", "remedy"),
    [
        ("", "x.id.txt line 1", "begin with a line such as"),
        ("Kuota\n\nIsi", "x.id.txt line 1", "begin with a line such as"),
        ("Subject: a\nIsi", "x.id.txt line 2", "leave this line empty"),
        ("Subject: a\n\n", "x.id.txt line 3", "write the text"),
        ("Subject: {nama}\n\nIsi", "x.id.txt line 1", r"did you mean \{name\}\?"),
        ("Subject: a\n\nIsi\n{xyz}", "x.id.txt line 4", r"there are \{name\}, \{help\}"),
        ("Subject: a\n\nIsi {used", "x.id.txt line 3", "close each"),
        ("Subject: a\n\nIsi used}", "x.id.txt line 3", "close each"),
        ("Subject: a\n\n" + "x" * 30_000, "x.id.txt", "at most 20000"),
    ],
)
def test_a_broken_template_tells_file_line_and_remedy(text: str, where: str, remedy: str) -> None:
    with pytest.raises(InvalidValue, match=remedy) as caught:
        template(text, FIELDS, "x.id.txt")
    assert caught.value.field == where


def test_every_topic_is_described() -> None:
    assert set(KINDS) == set(Topic)
