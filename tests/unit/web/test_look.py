"""The look's standing rules: nothing inline, both dark blocks alike, every icon drawn, small files."""

import gzip
import re
from pathlib import Path

import pytest
from flask import Flask, render_template_string

from web.icons import ICONS

WEB = Path(__file__).parents[3] / "web"
CSS = (WEB / "static" / "css" / "netquota.css").read_text(encoding="utf-8")
TEMPLATES = sorted((WEB / "templates").rglob("*.html"))
STYLE = re.compile(r"\sstyle\s*=")
HANDLER = re.compile(r"<[^>]*\son[a-z]+\s*=", re.IGNORECASE)
SCRIPT = re.compile(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)", re.IGNORECASE)

EVERY_MACRO = """\
{% extends "base.html" %}
{% from "macros/bars.html" import bar, quota_bar, spark, bar_legend %}
{% from "macros/figures.html" import tiles, facts %}
{% from "macros/marks.html" import pill, state, empty %}
{% from "macros/charts.html" import chart_legend %}
{% block title %}Uji{% endblock %}
{% block heading %}Uji{% endblock %}
{% block content %}
{{ bar(57.8, 60, "57,8 dari 60", 40, 58.9) }}{{ bar(1, 3, "sepertiga", slim=true) }}{{ bar(0, 0, "tanpa batas") }}
{{ quota_bar(8, 10, "8 dari 10 GB", 8) }}{{ spark([1, none, 3], 4) }}{{ bar_legend() }}
{{ pill("slow", "diperlambat") }}{{ state("", "biasa") }}{{ empty("inbox", "Belum ada", "Nanti di sini.") }}
{{ tiles([]) }}{{ facts([("Nama", "<Dewi>")]) }}{{ chart_legend("kapasitas") }}
{% endblock %}
"""


def page(app: Flask, source: str = EVERY_MACRO, **headers: str) -> str:
    with app.test_request_context("/sessions?lang=id", headers=headers):
        return render_template_string(source)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_templates_carry_no_inline_style_or_script(template: Path) -> None:
    source = template.read_text(encoding="utf-8")
    assert not STYLE.search(source)
    assert not HANDLER.search(source)
    assert not SCRIPT.search(source)


def test_a_page_with_every_macro_keeps_the_strict_policy(app: Flask) -> None:
    html = page(app)
    assert html.startswith("<!doctype html>")
    assert not STYLE.search(html)
    assert not SCRIPT.search(html)
    assert "&lt;Dewi&gt;" in html


def test_scripts_set_no_style_attribute_and_evaluate_nothing() -> None:
    for script in (WEB / "static" / "js").glob("*.js"):
        source = script.read_text(encoding="utf-8")
        assert not re.search(r"\.style\b|cssText|innerHTML|eval\(|new Function", source), script.name


def test_both_dark_blocks_are_equal() -> None:
    system = re.search(r':root:not\(\[data-bs-theme="light"\]\) \{(.*?)\} \}', CSS, re.DOTALL)
    chosen = re.search(r'\n:root\[data-bs-theme="dark"\] \{(.*?)\n\}', CSS, re.DOTALL)
    assert system is not None
    assert chosen is not None
    assert system[1].split() == chosen[1].split()
    assert "--panel: #172329" in chosen[1]


def test_every_token_has_its_dark_twin() -> None:
    light = re.search(r":root \{(.*?)\n\}", CSS, re.DOTALL)
    dark = re.search(r'\n:root\[data-bs-theme="dark"\] \{(.*?)\n\}', CSS, re.DOTALL)
    assert light is not None
    assert dark is not None
    shape = {"--radius", "--gap", "--row", "--font", "--mono"}
    names = set(re.findall(r"(--[a-z0-9-]+):", light[1])) - shape
    assert names == set(re.findall(r"(--[a-z0-9-]+):", dark[1]))


def test_used_tokens_are_defined() -> None:
    defined = set(re.findall(r"(--[a-z0-9-]+)\s*:", CSS))
    used = set(re.findall(r"var\((--[a-z0-9-]+)\)", CSS))
    assert used - defined == set()


def test_a_page_carries_exactly_the_icons_it_uses(app: Flask) -> None:
    html = page(app)
    used = set(re.findall(r'href="#i-([a-z]+)"', html))
    drawn = set(re.findall(r'<symbol id="i-([a-z]+)"', html))
    assert used == drawn
    assert "slow" in used
    assert used < set(ICONS)


def test_a_fragment_for_htmx_brings_its_own_drawings(app: Flask) -> None:
    html = page(app, '{{ icon("warn", "t-warn", "di batas") }}', **{"HX-Request-Type": "partial"})
    assert "<use" not in html
    assert ICONS["warn"] in html
    assert 'aria-label="di batas"' in html


@pytest.mark.parametrize(("folder", "pattern", "limit"), [("css", "*.css", 12_000), ("js", "*.js", 9_000)])
def test_our_own_files_stay_small(folder: str, pattern: str, limit: int) -> None:
    files = list((WEB / "static" / folder).glob(pattern))
    assert files
    assert sum(len(gzip.compress(file.read_bytes())) for file in files) <= limit
