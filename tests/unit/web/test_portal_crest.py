"""The city's crest stands within the page, takes little, and holds nothing but shapes."""

from __future__ import annotations

import os
import zlib
from pathlib import Path

import pytest

from netquota.errors import ConfigurationError
from netquota.storage.database import Database
from tests.web_city import WebCity
from web.portal.crest import LARGEST_OCTETS, OURS, crest_of

SHIP = """<?xml version="1.0"?><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "x">
<svg xmlns="http://www.w3.org/2000/svg" width="80px" height="60" onload="alert(1)">
<title>Kota</title><g style="fill:#0b5d7e;stroke-width:2;font:12px x"><path d="M1 1h9v9z" onclick="alert(2)" class="c"/>
<circle cx="4" cy="4" r="2" fill="url(http://elsewhere.example/)"/></g></svg>"""
PNG = b"\x89PNG\r\n\x1a\n" + os.urandom(3000)


def written(folder: Path, content: str | bytes) -> str:
    path = folder / "crest"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return str(path)


def test_without_one_there_is_ours() -> None:
    assert crest_of("") is OURS


def test_an_svg_is_written_anew_from_shapes_and_colours_alone(tmp_path: Path) -> None:
    crest = crest_of(written(tmp_path, SHIP))
    assert crest.markup == (
        '<svg class="crest" viewBox="0 0 80 60" aria-hidden="true"><g fill="#0b5d7e" stroke-width="2">'
        '<path d="M1 1h9v9z"></path><circle cx="4" cy="4" r="2"></circle></g></svg>'
    )
    assert not crest.is_picture


def test_a_picture_is_part_of_the_page_and_its_policy_says_so(sqlite_database: Database, tmp_path: Path) -> None:
    city = WebCity.on(sqlite_database, city={"name": "Kota Baru", "crest": written(tmp_path, PNG)})
    page = city.visitor().get("/portal/login")
    assert '<img class="crest" alt="" src="data:image/png;base64,' in page.text
    assert "img-src 'self' data:" in page.headers["Content-Security-Policy"]


def test_city_name_department_and_crest_come_from_the_settings(sqlite_database: Database, tmp_path: Path) -> None:
    told = {"name": "Kota Baru", "department": "Dinas Kominfo & Statistik", "crest": written(tmp_path, SHIP)}
    page = WebCity.on(sqlite_database, city=told).visitor().get("/portal/login").text
    for words in ("Hotspot Kota Baru", "Dinas Kominfo &amp; Statistik", '<path d="M1 1h9v9z">'):
        assert words in page


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("<svg><script>alert(1)</script></svg>", "<script>"),
        ("<svg><image href='x'/></svg>", "<image>"),
        ("<svg><svg/></svg>", "<svg>"),
        ("<html/>", "outermost element is html"),
        ("no drawing", "neither an SVG nor a PNG"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><svg>&b;</svg>', "entities"),
        (PNG + os.urandom(LARGEST_OCTETS), f"at most {LARGEST_OCTETS}"),
    ],
)
def test_what_cannot_be_a_crest_is_told_with_a_remedy(tmp_path: Path, content: str | bytes, words: str) -> None:
    with pytest.raises(ConfigurationError, match=r"city\.crest: ") as caught:
        crest_of(written(tmp_path, content))
    assert words in str(caught.value)


def test_a_missing_file_stops_the_start(sqlite_database: Database, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        WebCity.on(sqlite_database, city={"crest": str(tmp_path / "gone.svg")})


def test_a_crest_that_is_let_in_leaves_the_log_in_page_its_weight(sqlite_database: Database, tmp_path: Path) -> None:
    crest = written(tmp_path, PNG + os.urandom(1500))
    page = WebCity.on(sqlite_database, city={"crest": crest}).visitor().get("/portal/login")
    assert len(zlib.compress(page.data)) <= 14 * 1024
