"""Asking for more at the portal: one request at a time, with its reason, which the ICT office decides on."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from netquota.domain.requests import RequestState
from netquota.domain.units import Rate
from netquota.services.requests import refuse
from netquota.storage import request_store
from netquota.storage.database import Database
from netquota.storage.request_store import Request
from tests.hotspot_city import MIKROTIK, Hotspot, action, hidden
from tests.web_city import BY, PASSWORD


@pytest.fixture
def hotspot(sqlite_database: Database) -> Hotspot:
    return Hotspot.on(sqlite_database)


def filed(hotspot: Hotspot) -> list[Request]:
    with hotspot.city.database.read() as connection:
        return request_store.requests(connection)


def form_of(hotspot: Hotspot) -> tuple[FlaskClient, TestResponse]:
    client = hotspot.browser()
    page = client.post("/kuota", data={"username": "siti", "password": PASSWORD}, follow_redirects=True)
    link = re.search(r'class="btn" href="(/kuota/more[^"]+)"', page.text)
    assert link is not None
    return client, client.get(link.group(1).replace("&amp;", "&"))


@pytest.mark.parametrize(
    ("what", "octets", "rate"), [("5", 5 * 10**9, None), ("speed", None, Rate(20_000_000, 10_000_000))]
)
def test_a_request_is_written_down_for_its_author_with_the_reason(
    hotspot: Hotspot, what: str, octets: int | None, rate: Rate | None
) -> None:
    client, form = form_of(hotspot)
    sent = {**hidden(form), "what": what, "reason": " unggah  berkas ", "until": "2026-12-31"}
    assert "Permohonan Anda dicatat" in client.post(action(form), data=sent).text
    (request,) = filed(hotspot)
    assert (request.username, request.opd, request.reason) == ("siti", "DISDIK", "unggah berkas")
    assert (request.wanted_octets, request.wanted, request.state) == (octets, rate, RequestState.NEW)
    assert request.until is not None
    again = client.post(action(form), data=sent)
    assert again.status_code == 400
    assert "masih menunggu jawaban" in again.text
    assert len(filed(hotspot)) == 1


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"what": ""}, "Pilih berapa"),
        ({"what": "9999999"}, "Pilih berapa"),
        ({"reason": "  "}, "untuk apa"),
        ({"until": "2026-01-01"}, "hari yang akan datang"),
        ({"until": "besok"}, "hari yang akan datang"),
    ],
)
def test_what_cannot_be_decided_is_told_and_what_was_typed_stays(
    hotspot: Hotspot, changed: dict[str, str], told: str
) -> None:
    client, form = form_of(hotspot)
    sent = {**hidden(form), "what": "2", "reason": "rapat daring", "until": ""} | changed
    page = client.post(action(form), data=sent)
    assert page.status_code == 400
    assert told in page.text
    assert ("rapat daring" in page.text) == ("reason" not in changed)
    assert filed(hotspot) == []


def test_the_answer_stands_where_it_was_asked(hotspot: Hotspot) -> None:
    client, form = form_of(hotspot)
    client.post(action(form), data={**hidden(form), "what": "1", "reason": "rapat"})
    refuse(hotspot.city.office, filed(hotspot)[0].number, type(BY)("ani", "kuota kantor masih cukup"))
    _, page = form_of(hotspot)
    assert "ditolak" in page.text
    assert "kuota kantor masih cukup" in page.text
    assert 'name="reason"' in page.text  # another may be sent now


def test_whose_quota_is_spent_asks_from_the_page_that_says_so(hotspot: Hotspot) -> None:
    hotspot.use(10**10)
    client = hotspot.browser()
    denied = hotspot.log_in(client, client.get("/portal/login", query_string=MIKROTIK))
    link = re.search(r'class="btn main" href="(/kuota/more[^"]+)"', denied.text)
    assert link is not None
    assert 'name="reason"' in client.get(link.group(1).replace("&amp;", "&")).text
