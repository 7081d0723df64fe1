"""What `install` gives to every page: language, theme, menu, static addresses, notices."""

import json
import re

import pytest
from flask import Flask, flash, render_template_string

from web.charts import RateChart, table_rows
from web.components import ChainStep, Change, Column, Outcome, Pager, TypedConfirmation
from web.svg import capacity_bar, day_bars, qr_code, quota_bar, sparkline

BASE = '{% extends "base.html" %}{% block title %}T{% endblock %}{% block heading %}T{% endblock %}'


@pytest.mark.parametrize(
    ("address", "cookie", "language"),
    [
        ("/", None, "id"),
        ("/", "nq_lang=en", "en"),
        ("/?lang=id", "nq_lang=en", "id"),
        ("/?lang=xx", None, "id"),  # not ours: the default holds
    ],
)
def test_language_follows_address_then_browser_then_city(
    app: Flask, address: str, cookie: str | None, language: str
) -> None:
    with app.test_request_context(address, headers={"Cookie": cookie} if cookie else None):
        html = render_template_string(BASE)
    assert f'<html lang="{language}"' in html
    assert ("Sesi daring" in html) == (language == "id")
    assert ("Live sessions" in html) == (language == "en")


def test_choices_by_link_are_remembered(app: Flask) -> None:
    app.add_url_rule("/page", "page", lambda: render_template_string(BASE))
    client = app.test_client()
    client.get("/page?lang=en&theme=dark")
    html = client.get("/page").text
    assert 'lang="en"' in html
    assert 'data-bs-theme="dark"' in html


def test_a_made_up_theme_is_ignored(app: Flask) -> None:
    with app.test_request_context("/?theme=%22%3E", headers={"Cookie": "nq_theme=<x>"}):
        assert "data-bs-theme" not in render_template_string(BASE)


def test_menu_shows_only_what_exists_and_may_be_seen(app: Flask) -> None:
    with app.test_request_context("/sessions"):
        html = render_template_string(BASE)
    side = html[html.index('id="menu"') : html.index("</nav>")]
    assert re.findall(r'<li><a href="([^"]+)"', side) == ["/overview", "/sessions", "/requests"]
    assert 'href="/sessions" title="Sesi daring" aria-current="page"' in side


def test_brake_and_sample_are_loud_on_every_page(app: Flask) -> None:
    with app.test_request_context("/"):
        html = render_template_string(BASE)
    assert "Penegakan dijeda" in html
    assert "DATA CONTOH" in html


def test_flashed_words_become_strips(app: Flask) -> None:
    with app.test_request_context("/"):
        flash("Batas tersimpan, tetapi 3 sesi belum menerima.", "warn")
        html = render_template_string(BASE)
    assert re.search(r'class="strip warn" role="status">\s*<svg class="icon t-warn"', html)


def test_static_addresses_change_with_the_content_and_are_kept(app: Flask) -> None:
    with app.test_request_context("/"):
        url = render_template_string('{{ static_url("css/netquota.css") }}')
    client = app.test_client()
    kept = client.get(url)
    assert re.search(r"\?v=[0-9a-f]{10}$", url)
    assert "immutable" in kept.headers["Cache-Control"]
    assert "max-age=31536000" in kept.headers["Cache-Control"]
    other = client.get(url[:-1] + ("0" if url[-1] != "0" else "1"))
    assert "immutable" not in other.headers["Cache-Control"]


def macro(app: Flask, name: str, call: str, **values: object) -> str:
    with app.test_request_context("/"):
        name_of_macro = call.split("(", maxsplit=1)[0]
        source = f'{{% from "macros/{name}.html" import {name_of_macro} %}}{{{{ {call} }}}}'
        return render_template_string(source, **values)


def test_chain_strikes_the_overruled_and_marks_the_result(app: Flask) -> None:
    overruled = ChainStep("Bawaan kota", "10 / 5", outcome=Outcome.OVERRULED)
    steps = [overruled, ChainStep("Berlaku", "60", "adil", Outcome.RESULT)]
    html = macro(app, "explain", "chain(steps, 'Berubah pukul 16.00')", steps=steps)
    assert "<del>10 / 5</del>" in html
    assert '<li class="result">' in html
    assert "Berubah pukul 16.00" in html


def test_preview_tells_changed_from_unchanged(app: Flask) -> None:
    html = macro(app, "changes", "change_preview(c)", c=[Change("Batas", "60", "80"), Change("Jaminan", "262", "262")])
    assert "<del>60</del>" in html
    assert "<ins>80</ins>" in html
    assert "262 (tetap)" in html


def test_typed_confirmation_escapes_its_phrase(app: Flask) -> None:
    ask = TypedConfirmation("Hapus?", 'gw"><b', "Hapus", "/do", "/back", "212 sesi diputus.", hidden={"version": "3"})
    html = macro(app, "changes", "confirm_typed(ask)", ask=ask)
    assert "<b" not in html.replace("<button", "")
    assert 'name="version" value="3"' in html
    assert " disabled" not in html  # without script the server alone compares


def test_headings_say_how_they_sort(app: Flask) -> None:
    html = macro(app, "tables", "table_head(c)", c=[Column("Unduh", True, "?sort=down", "descending", arrow="down")])
    assert 'aria-sort="descending"' in html
    assert 'role="columnheader"' in html


def test_pager_names_the_rows(app: Flask) -> None:
    html = macro(app, "tables", "pager(p)", p=Pager(1, 25, 1284, next_url="?page=2"))
    assert "1–25 dari 1.284" in html
    assert 'aria-disabled="true"' in html
    assert "Tidak ada baris" in macro(app, "tables", "pager(p)", p=Pager(0, 0, 0))


def test_chart_data_cannot_leave_its_block(app: Flask) -> None:
    chart = RateChart("</script><b>", "…", [0, 300], [1e6, None], [2e5, None], [6e7, 6e7], p95_bps=5e7)
    html = macro(app, "charts", "chart(c, 'c1')", c=chart)
    block = html.split('application/json">')[1].split("</script>")[0]
    facts = json.loads(block)
    assert facts["data"] == [[0, 300], [1.0, None], [0.2, None], [60.0, 60.0]]
    assert facts["words"]["gap"] == "tanpa data"
    assert "<b>" not in html


def test_chart_table_says_no_data_and_leaves_out_the_future() -> None:
    times = list(range(0, 300 * 48, 300))
    chart = RateChart("n", "s", times, [None] * 24 + [2e6] * 24, [0.0] * 48, [6e7] * 48, now_s=times[39])
    rows = table_rows(chart)
    assert len(rows) == 20
    assert rows[0].down_bps is None
    assert rows[-1].down_bps == 2e6


@pytest.mark.parametrize(
    ("used", "level"),
    [(0, ""), (53, ""), (54, "is-warn"), (59.3, "is-warn"), (59.4, "is-bad"), (75, "is-bad")],
)
def test_bar_turns_amber_at_90_and_red_at_99_per_cent(used: float, level: str) -> None:
    assert capacity_bar(used, 60).level == level


def test_bar_never_leaves_its_track() -> None:
    shape = capacity_bar(75, 60, guaranteed=90, p95=61)
    assert (shape.fill, shape.guaranteed, shape.p95) == ("100%", "100%", "99%")
    assert capacity_bar(12, 60, silent=True).level == "is-off"
    assert capacity_bar(None, 0).fill == "0%"


def test_quota_bar_is_red_only_when_spent() -> None:
    assert [quota_bar(used, 100, 80).level for used in (79, 80, 99.9, 100)] == ["", "is-warn", "is-warn", "is-bad"]


def test_sparkline_breaks_at_gaps() -> None:
    shape = sparkline([0, 4, None, 4], limit=4)
    assert shape.path == "M0 16.2L1 1.8M3 1.8"
    assert (shape.width, shape.limit_y) == (3, "1.8")


def test_empty_days_keep_a_line() -> None:
    assert [column.height for column in day_bars([0, 5, 10])] == [1, 23, 46]
    assert [column.today for column in day_bars([0, 5, 10])] == [False, False, True]
    assert [column.height for column in day_bars([0, 0])] == [1, 1]


def test_qr_draws_its_three_corners() -> None:
    code = qr_code("https://kuota.arunika.example/")
    assert code.path.count("h7") >= 6
    assert code.size in (25, 29)
