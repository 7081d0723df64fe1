"""Freezing: the same figures are the same bytes and the same hash, and can be read back."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from netquota.documents.frozen import canonical_json, digest, load, manifest, sha256
from netquota.errors import InvalidValue
from tests.unit.documents.sample_budget import budget_input, revision_input


def test_an_input_read_back_is_the_same_input() -> None:
    for given in (budget_input(60), revision_input()):
        assert load(canonical_json(given)) == given


def test_the_text_is_canonical() -> None:
    text = canonical_json(budget_input())
    assert text == canonical_json(budget_input())
    assert text == json.dumps(json.loads(text), ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    assert b"Rina Prameswari" in text


def test_any_figure_changes_the_hash_and_the_zone_of_a_moment_does_not() -> None:
    given = budget_input()
    assert digest(given) == sha256(canonical_json(given))
    assert len(digest(given)) == 64
    other = replace(given, links=(replace(given.links[0], price_rp=95_001), *given.links[1:]))
    assert digest(other) != digest(given)
    jakarta = given.frozen_at.astimezone(timezone(timedelta(hours=7)))
    assert digest(replace(given, frozen_at=jakarta)) == digest(given)


@pytest.mark.parametrize("value", [0.5, [1], object(), datetime(2026, 1, 1)])  # noqa: DTZ001 - what is refused
def test_what_has_no_one_text_is_refused(value: object) -> None:
    with pytest.raises(InvalidValue):
        canonical_json((value,))


def test_a_broken_input_names_what_is_wrong() -> None:
    broken = canonical_json(budget_input()).replace(b'"year":2027', b'"year":"soon"')
    with pytest.raises(InvalidValue, match="year"):
        load(broken)


def test_the_manifest_binds_input_and_files() -> None:
    given = budget_input()
    found = json.loads(manifest(given, {"b.pdf": b"2", "a.docx": b"1"}))
    assert found == {"files": {"a.docx": sha256(b"1"), "b.pdf": sha256(b"2")}, "input_sha256": digest(given)}
    assert datetime(2026, 1, 1, tzinfo=UTC) < given.frozen_at
