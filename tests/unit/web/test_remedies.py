"""What the services say of values that cannot be used is said in Indonesian."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask_babel import force_locale

from web import remedies

ROOT = Path(__file__).parents[3] / "netquota"


def said(path: str) -> Iterator[str]:
    """The remedies of a module's refusals; figures and choices in them stand as 8."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    named = {
        node.targets[0].id: node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "InvalidValue":
            remedy = node.args[2]
            yield from _texts(named.get(remedy.id, remedy) if isinstance(remedy, ast.Name) else remedy)


def _texts(remedy: ast.expr) -> Iterator[str]:
    if isinstance(remedy, ast.Constant):
        yield str(remedy.value)
    elif isinstance(remedy, ast.JoinedStr):
        yield "".join(str(part.value) if isinstance(part, ast.Constant) else "8" for part in remedy.values)


@pytest.mark.parametrize(
    "path",
    [
        "services/fields.py",
        "services/guards.py",
        "domain/units.py",
        "services/planning/steps.py",
        "services/planning/scenarios.py",
        "planning/scenario.py",
        "domain/office_hours.py",
    ],
)
def test_every_remedy_is_said_in_indonesian(app: Flask, path: str) -> None:
    found = sorted(set(said(path)))
    assert found
    with app.test_request_context(), force_locale("id"):
        assert [remedy for remedy in found if remedies.told(remedy) == remedy] == []
