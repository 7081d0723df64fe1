"""The words of notices: whole in both languages; the office's own goes first, and a broken one never silences."""

from __future__ import annotations

import os
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from netquota.domain.alarms import AlarmCause
from netquota.domain.notices import KINDS, Topic
from netquota.services.notice_templates import LANGUAGES, Templates, file_name, shipped, shipped_text
from netquota.services.notice_values import CityWords, values_of

CITY = CityWords("Kota Teluk Arunika", "telepon 123", "https://netquota.kota.go.id", ZoneInfo("Asia/Jakarta"))
_QUOTA = {
    "quota_id": 1, "subject_id": 2, "quota": "Kuota staf", "opd": "RSUD", "line": 800, "used": 8 * 10**9,
    "entitled": 10**10, "period_end_s": 1_796_058_000, "action": "throttle", "rate": [2_000_000, 1_000_000],
}  # fmt: skip
_ALARM = {"what": "gw 1/a", "since_s": 1_795_485_600}
_ROW = {
    "name": "RSUD", "down": 412 * 10**9, "up": 39 * 10**9, "p95_bps": 48_000_000, "limit_bps": 60_000_000,
    "at_limit_permille": 123, "known_permille": 1000,
}  # fmt: skip
FACTS: dict[Topic, dict[str, object]] = {
    Topic.QUOTA_WARNED: _QUOTA,
    Topic.QUOTA_SPENT: _QUOTA,
    Topic.POOL_WARNED: _QUOTA,
    Topic.POOL_SPENT: _QUOTA | {"action": "disconnect", "rate": None},
    Topic.REQUEST_DECIDED: {
        "subject_id": 1, "opd": "RSUD", "number": "P-2026-014", "state": "approved", "person": "Melati Kusuma",
        "rate": [20_000_000, 10_000_000], "octets": None, "until": "2026-12-31", "why": "batas sering penuh",
    },
    Topic.SHEET_DUE: {
        "subject_id": 1, "opd": "DINKES", "round": "Tinjauan 2026", "number": 3, "due": "2026-12-31",
    },
    Topic.APPLICATIONS_DUE: {"subject_id": 1, "opd": "DINKES", "reported": 26, "offices": 59},
    Topic.GATEWAY_SILENT: _ALARM,
    Topic.NOT_ENFORCED: _ALARM | {"nas": "gw", "cause": AlarmCause.COA_FAILING, "number": 3},
    Topic.LINK_FULL: _ALARM | {"used": [96_000_000, 20_000_000], "limit": [100_000_000, 50_000_000]},
    Topic.JOB_FAILED: _ALARM | {"result": "OSError: disk full"},
    Topic.BACKUP_STALE: _ALARM,
    Topic.NOT_DELIVERED: _ALARM | {"number": 12, "problem": "mail: it takes too long"},
    Topic.ALARM_OVER: _ALARM | {"lasted_s": 1500},
    Topic.DAILY: {
        "day": "2026-11-23", "people": 300, "sessions": 41, "attempts": 900, "refused": 12, "given_up": 0,
        "backup_s": 1_795_485_600, "troubles": [["Gerbang diam gw-1", "Gateway silent gw-1"]], "audit_head": "3f" * 32,
        "audit_entries": 1284,
    },
    Topic.MONTHLY: {"month": "2026-11-01", "links": [_ROW], "opds": [_ROW, _ROW | {"known_permille": 500}]},
    Topic.TEST: {},
}  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("topic", Topic)
def test_what_ships_says_everything_in_both_languages(topic: Topic, language: str) -> None:
    values = values_of(topic, FACTS[topic], language, CITY) | {"name": "Melati", "opd": "RSUD"}
    text = shipped(topic, language).filled(values)
    assert text.subject
    assert "{" not in text.subject + text.body
    other = shipped(topic, "en" if language == "id" else "id").filled(values)
    assert text.body != other.body
    fields = {part for line in shipped(topic, language).body for is_field, part in line if is_field}
    assert all(values.get(field) for field in fields), "a field of this topic is never filled"


def test_promised_fields_are_those_that_are_filled() -> None:
    for topic, kind in KINDS.items():
        filled = set(values_of(topic, FACTS[topic], "id", CITY)) | {"name", "opd"}
        assert set(kind.fields) <= filled, topic


def test_the_words_are_those_of_the_office() -> None:
    values = values_of(Topic.QUOTA_WARNED, _QUOTA, "id", CITY) | {"name": "Melati"}
    body = shipped(Topic.QUOTA_WARNED, "id").filled(values).body.replace("\u00a0", " ")
    assert 'Anda telah memakai 8 GB dari 10 GB (80 %) untuk kuota "Kuota staf".' in body
    assert "Sesudah habis, kecepatan turun menjadi 2 / 1 Mbit/s." in body
    assert "https://netquota.kota.go.id/kuota" in body


def test_names_in_addresses_are_quoted() -> None:
    assert values_of(Topic.GATEWAY_SILENT, _ALARM, "id", CITY)["page"].endswith("/gateways/gw%201%2Fa")


def test_without_an_address_of_the_pages_no_half_address_is_written() -> None:
    city = CityWords("Kota", "", "", CITY.zone)
    values = values_of(Topic.GATEWAY_SILENT, _ALARM, "id", city)
    body = shipped(Topic.GATEWAY_SILENT, "id").filled(values).body
    assert "/gateways" not in body
    assert "gw 1/a" in body


def test_the_month_is_told_by_link_and_office_and_says_what_is_not_known() -> None:
    table = values_of(Topic.MONTHLY, FACTS[Topic.MONTHLY], "id", CITY)["table"].replace("\u00a0", " ")
    whole = "RSUD: 412 GB unduh, 39 GB unggah; P95 48 Mbit/s dari 60 Mbit/s; 12,3 % waktu di batas"
    assert table.split("\n") == [
        "Tautan penyedia", whole, "", "OPD", whole, f"{whole}; hanya 50,0 % bulan ini terukur",
    ]  # fmt: skip


def test_the_offices_own_words_go_first_and_are_read_anew_when_changed(tmp_path: Path) -> None:
    templates = Templates(tmp_path)
    path = tmp_path / file_name(Topic.TEST, "id")
    assert templates.text(Topic.TEST, "id", {"city": "Kota"}).subject == "Percobaan pemberitahuan dari Kota"
    path.write_text("Perihal: Halo {city}\n\nIsi\n", encoding="utf-8")
    assert templates.text(Topic.TEST, "id", {"city": "Kota"}).subject == "Halo Kota"
    path.write_text("Perihal: Salam {city}\n\nIsi\n", encoding="utf-8")
    os.utime(path, (1, 1))
    assert templates.text(Topic.TEST, "id", {"city": "Kota"}).subject == "Salam Kota"
    assert [source.path for source in templates.sources() if source.path] == [path]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"Perihal: a\n\nYth. {nama}\n", "test.id.txt line 3: '{nama}' cannot be used; there is no such field"),
        (b"Perihal: \xff\n\nIsi\n", "test.id.txt: 'UnicodeDecodeError' cannot be used; save it as text in UTF-8"),
    ],
)
def test_a_broken_one_is_told_and_what_ships_is_used(tmp_path: Path, content: bytes, told: str) -> None:
    (tmp_path / file_name(Topic.TEST, "id")).write_bytes(content)
    templates = Templates(tmp_path)
    assert templates.text(Topic.TEST, "id", {"city": "Kota"}).subject == "Percobaan pemberitahuan dari Kota"
    (problem,) = templates.problems()
    assert problem.startswith(told)


def test_an_unknown_language_reads_indonesian() -> None:
    assert "Percobaan" in Templates().text(Topic.TEST, "jv", {"city": "Kota"}).subject
    assert shipped_text(Topic.TEST, "en").startswith("Subject:")
