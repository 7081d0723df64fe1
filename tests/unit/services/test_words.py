"""Every reason is a sentence in both languages, also with few figures, and fits into a Reply-Message."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from netquota.domain.policy import Code, Decision, Reason, Rule
from netquota.domain.units import NO_BREAK_SPACE, Rate
from netquota.services.reasons import reasons_from_json, reasons_json
from netquota.services.words import moment, sentence, story, told
from radius.engine import reject_attributes

WIB = ZoneInfo("Asia/Jakarta")
MIDNIGHT_S = int(datetime(2026, 11, 30, 17, tzinfo=UTC).timestamp())
RULES = {Code.DEVICES_FREE: Rule.DEVICES, Code.DEVICES_FULL: Rule.DEVICES, Code.DEVICES_END_IDLE: Rule.DEVICES}


def full(code: Code) -> Reason:
    return Reason(
        RULES.get(code, Rule.QUOTA), code, "harian", Rate(10_000_000, 2_000_000), 5_200_000_000, 10**10, MIDNIGHT_S,
        note="cuti panjang",
    )  # fmt: skip


@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize("code", list(Code))
def test_every_code_is_a_sentence_also_with_nothing_but_itself(code: Code, language: str) -> None:
    for reason in (Reason(Rule.ACCOUNT, code), full(code)):
        words = sentence(reason, language, WIB)
        assert words
        assert words[0].isupper()
        assert words.endswith(".")
        assert not {"{", "}", "None"} & set(words.split())
        assert not any(slip in words for slip in ("{", "}", "None", "  ", " .", " ,", "()", ": ."))


@pytest.mark.parametrize("code", list(Code))
def test_the_two_languages_differ(code: Code) -> None:
    assert sentence(full(code), "id", WIB) != sentence(full(code), "en", WIB)


@pytest.mark.parametrize(
    ("reason", "indonesian", "english"),
    [
        (
            Reason(Rule.QUOTA, Code.QUOTA_SPENT, "harian", None, 10**10, 10**10, MIDNIGHT_S),
            "Kuota harian habis: 10 GB dari 10 GB. Penuh kembali 1 Desember pukul 00.00 WIB, atau ajukan tambahan.",
            "Quota harian spent: 10 GB of 10 GB. It refills on 1 December at 00.00 WIB, or ask for more.",
        ),
        (
            Reason(Rule.DEVICES, Code.DEVICES_FULL, "staf", used=3, limit=3),
            "Anda memakai 3 dari 3 perangkat. Putuskan satu untuk masuk di sini.",
            "You use 3 of 3 devices. End one to log in here.",
        ),
        (
            Reason(Rule.ACCOUNT, Code.SUSPENDED, "siti", note="cuti"),
            "Akun ini dinonaktifkan (cuti). Hubungi operator kantor Anda.",
            "This account is suspended (cuti). Contact your office's operator.",
        ),
        (
            Reason(Rule.SCHEDULE, Code.OUTSIDE_HOURS, "kantor: pagi"),
            "Di luar jam layanan kantor: pagi. Masuk lagi nanti.",
            "Outside the hours of kantor: pagi. Log in again later.",
        ),
    ],
)
def test_a_sentence_says_what_whose_until_when_and_what_to_do(reason: Reason, indonesian: str, english: str) -> None:
    for language, words in (("id", indonesian), ("en", english), ("nl", indonesian)):
        assert sentence(reason, language, WIB).replace(NO_BREAK_SPACE, " ") == words


def test_a_plan_is_named_without_the_way_it_came() -> None:
    reason = Reason(Rule.PLAN, Code.PLAN_RATE, "opd:staf", Rate(10_000_000, 2_000_000))
    assert "opd" not in sentence(reason, "id", WIB)
    assert "staf" in sentence(reason, "id", WIB)


@pytest.mark.parametrize(
    ("zone", "words"),
    [
        ("Asia/Jakarta", "1 Desember pukul 00.00 WIB"),
        ("Asia/Makassar", "1 Desember pukul 01.00 WITA"),
        ("Asia/Jayapura", "1 Desember pukul 02.00 WIT"),
        ("Europe/Berlin", "30 November pukul 18.00 CET"),
    ],
)
def test_a_moment_is_told_in_the_citys_zone(zone: str, words: str) -> None:
    assert moment(MIDNIGHT_S, "id", ZoneInfo(zone)) == words


@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize("code", list(Code))
def test_a_refusal_fits_into_a_reply_message(code: Code, language: str) -> None:
    """RFC 2865 §5.18, P23: at most 253 octets of UTF-8, never cut inside a character; 18 = Reply-Message."""
    source = "Kuota bersama Dinas Kependudukan dan Pencatatan Sipil " + "\u00e9" * 30
    reason = Reason(Rule.QUOTA, code, source, Rate(10**7, 10**6), 10**12, 10**12, MIDNIGHT_S, note="x" * 120)
    octets = reject_attributes(told(Decision(False, (reason,), cause=code), language, WIB))
    assert (octets[0], octets[1]) == (18, len(octets))
    assert len(octets) <= 255
    assert octets[2:].decode()


def test_what_is_told_is_the_refusal_or_the_reason_in_force_of_the_cause() -> None:
    strict = Reason(Rule.QUOTA, Code.QUOTA_THROTTLED, "q1", Rate(512_000, 256_000), 9, 9, MIDNIGHT_S)
    mild = Reason(Rule.QUOTA, Code.QUOTA_THROTTLED, "q2", Rate(10**6, 10**6), 9, 9, MIDNIGHT_S, in_force=False)
    throttled = Decision(True, (Reason(Rule.ACCOUNT, Code.ACTIVE), strict, mild), cause=Code.QUOTA_THROTTLED)
    assert told(throttled, "id", WIB) == sentence(strict, "id", WIB)
    refused = Decision(False, (strict, Reason(Rule.ACCOUNT, Code.LEFT)), cause=Code.LEFT)
    assert told(refused, "en", WIB) == sentence(Reason(Rule.ACCOUNT, Code.LEFT), "en", WIB)
    assert told(Decision(True, ()), "en", WIB) == ""


def test_a_story_has_every_reason_in_order() -> None:
    reasons = [full(code) for code in Code]
    assert story(reasons, "id", WIB) == [sentence(reason, "id", WIB) for reason in reasons]


@pytest.mark.parametrize("code", list(Code))
def test_reasons_are_kept_and_read_back_whole(code: Code) -> None:
    reasons = (full(code), Reason(Rule.ACCOUNT, code, in_force=False))
    assert reasons_from_json(reasons_json(reasons)) == reasons


def test_a_reason_of_a_later_version_is_passed_over() -> None:
    known = Reason(Rule.ACCOUNT, Code.ACTIVE)
    text = reasons_json([known])[:-1] + ',{"rule":"moon","code":"full"},{"rule":"account","code":"new"}]'
    assert reasons_from_json(text) == (known,)
