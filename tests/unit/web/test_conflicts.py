"""Why something cannot be done as things stand is said in the page's language, with its own names and figures."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from flask import Flask
from flask_babel import force_locale

from netquota.errors import Conflict
from web import conflicts, failures

ROOT = Path(__file__).parents[3]
SERVICES = sorted((ROOT / "netquota" / "services").rglob("*.py"))
_ELSEWHERE = ("there is an admin already", "7 would not bring the city back")
"""What no page of the admin says."""


def said() -> list[str]:
    """An example of each text that services raise a `Conflict` with: names and figures as `7`."""
    found = list[str]()
    for path in SERVICES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            is_conflict = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Conflict"
            if is_conflict and isinstance(node.args[0], ast.Constant | ast.JoinedStr):
                found.append(example(node.args[0]))
    return [text for text in found if not text.startswith(_ELSEWHERE)]


def example(text: ast.Constant | ast.JoinedStr) -> str:
    if isinstance(text, ast.Constant):
        return str(text.value)
    return "".join(str(part.value) if isinstance(part, ast.Constant) else "7" for part in text.values)


@pytest.mark.parametrize("text", said())
def test_each_text_of_the_services_is_said_in_indonesian(app: Flask, text: str) -> None:
    text = text.replace("meanwhile (7)", "meanwhile (version 3, you saw 2)")
    with app.test_request_context(), force_locale("id"):
        told = conflicts.told(Conflict(text))
        assert failures.told(Conflict(text)).what == told
    assert told != text
    assert "%(" not in told
    english = r"\b(already|meanwhile|reload|nothing|taken back|first|would)\b"
    assert re.search(english, told) is None, told


def test_names_and_figures_stay_and_what_nobody_translated_is_told_as_it_is(app: Flask) -> None:
    with app.test_request_context(), force_locale("id"):
        assert "p0, p1 ..." in conflicts.told(Conflict("changed again since: p0, p1 ...; nothing was taken back"))
        assert conflicts.told(Conflict("the database gave no number")) == "the database gave no number"
