"""The audit trail is told in words: every field that can stand in it, what was done, values of closed sets, moments."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from netquota.services.catalogue import KINDS
from netquota.storage.database import Database
from tests.web_city import WebCity
from web.admin import labels, trail

SERVICES = Path(__file__).parents[3] / "netquota" / "services"
NOTED = {
    "admin": ("scopes", "sessions", "token"),
    "application": ("material", "note", "on", "outcome", "review_on", "share", "step", "until", "users"),
    "budget": ("number", "sha256"),
    "draft": ("at_s", "left_out", "name", "state"),
    "employee": ("moves_on", "opd_id", "plan_id", "valid_until_s", "override_down_bps"),
    "enforcement": ("until",),
    "forecast step": ("day", "note", "permille"),
    "job": ("due_s",),
    "link": ("from", "until"),
    "nas": ("token",),
    "request": ("employee", "octets", "opd", "state", "until", "wanted"),
    "rotation": ("turn 1795453200",),
    "round": ("conclusion", "days", "draft", "from", "name", "opd", "opds", "remark", "reply", "requests", "to"),
    "samples": ("bins", "down", "from_s", "to_s", "up"),
    "session": ("session",),
    "voucher": ("opd", "plan", "purpose", "vouchers"),
}
"""What the services note beside the fields of things; columns where an import was taken back."""
SAME = {"admin", "nip", "opd", "mac", "token"}
"""Words that are the same in Indonesian, or names that are their own words."""


@pytest.fixture
def app(sqlite_database: Database) -> Flask:
    return WebCity.on(sqlite_database).app


def noted() -> Iterator[tuple[str, str]]:
    for kind, of in KINDS.items():
        yield from ((kind, each.name) for each in of.fields)
    for kind, names in NOTED.items():
        yield from ((kind, name) for name in names)


@pytest.mark.parametrize("language", ["id", "en"])
def test_every_field_that_can_be_noted_has_words(app: Flask, language: str) -> None:
    with app.test_request_context(f"/audit?lang={language}"):
        raw = {f"{kind}.{name}" for kind, name in noted() if trail.field(kind, name) == name}
    assert raw == set()


def test_words_of_fields_are_translated(app: Flask) -> None:
    with app.test_request_context("/audit?lang=id"):
        indonesian = {(kind, name): trail.field(kind, name) for kind, name in noted()}
    with app.test_request_context("/audit?lang=en"):
        english = {(kind, name): trail.field(kind, name) for kind, name in noted()}
    alike = {words for (kind, name), words in english.items() if words == indonesian[kind, name]}
    assert {words for words in alike if words.lower() not in SAME} <= {"Status", "Volume", "Message-Authenticator"}


def test_every_action_and_kind_that_the_services_write_has_words(app: Flask) -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in SERVICES.rglob("*.py"))
    actions = set(re.findall(r'action="(\w+)"', text)) | set(
        re.findall(r'_(?:note|noted|audit)\([^"\n]*, "(\w+)"', text)
    )
    kinds = set(re.findall(r'audit_store\.append\([^)]*kind="([\w ]+)"', text))
    assert {"password_code", "revoke", "swap"} <= actions
    with app.test_request_context("/audit?lang=en"):
        assert {name for name in actions if trail.action(name) == name} == set()
        assert kinds - labels.KINDS.keys() == set()


@pytest.mark.parametrize(("kind", "name", "noted", "told"), [
    ("request", "state", "waits_head", "menunggu kepala dinas"),
    ("round", "conclusion", "budget", "ke rencana anggaran"),
    ("application", "step", "verify", "Verifikasi"),
    ("link", "from", "1795453200", "Selasa, 24 November 2026, 00.00 WIB"),
    ("job", "due_s", "1795453200", "Selasa, 24 November 2026, 00.00 WIB"),
    ("opd", "ceiling", "60M/30M", "60 / 30 Mbit/s"),
    ("employee", "from", "1795453200", "1795453200"),
])  # fmt: skip
def test_values_are_told_as_everywhere_on_the_pages(app: Flask, kind: str, name: str, noted: str, told: str) -> None:
    with app.test_request_context("/audit?lang=id"):
        assert trail.value(kind, name, noted).replace("\N{NO-BREAK SPACE}", " ") == told


def test_a_turn_is_told_by_its_time(app: Flask) -> None:
    with app.test_request_context("/audit?lang=id"):
        assert "24 November 2026" in trail.field("rotation", "turn 1795453200")
        assert trail.field("employee", "staf-bulanan") == "staf-bulanan"  # a quota of which more was given


def test_spans_of_seconds_are_no_moments(app: Flask) -> None:
    with app.test_request_context():
        assert trail.value("plan", "session_timeout_s", 28_800) == "28.800 detik"
        assert trail.value("plan", "idle_timeout_s", 10**12) == "1.000.000.000.000 detik"
        assert "2026" in trail.value("draft", "at_s", 1_795_453_200)
        assert "2026" in trail.value("employee", "override_until_s", 1_795_453_200)
        assert trail.value("draft", "at_s", 10**15) == str(10**15)  # no calendar holds it
