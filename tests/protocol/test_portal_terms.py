"""Terms of use: shown once at the log-in when an edition stands, by signed forms alone; who accepted what is kept."""

from __future__ import annotations

from datetime import date

import pytest

from netquota.domain.terms import Terms, standing_terms
from netquota.errors import Conflict
from netquota.services.allocate import change, remove
from netquota.storage import terms_store
from netquota.storage.database import Database
from tests.hotspot_city import LINK, MAC, MIKROTIK, Hotspot, action, hidden, onward
from tests.web_city import BY

TEXT = "Internet kantor untuk pekerjaan.\n\nPemakaian dicatat <volume>."


@pytest.fixture
def hotspot(database: Database) -> Hotspot:
    made = Hotspot.on(database)
    made.city.add("terms", edition="2026-1", from_day="2026-11-01", text=TEXT, text_en="For work.")
    made.city.add("terms", edition="2027-1", from_day="2027-01-01", text="Kelak.")
    made.city.context.view.expire()
    return made


def test_of_editions_the_newest_that_has_begun_stands() -> None:
    editions = (Terms(1, "a", "2026-01-01", "x"), Terms(2, "b", "2026-06-01", "x"), Terms(3, "c", "2026-06-01", "x"))
    for day, edition in ((date(2025, 12, 31), None), (date(2026, 5, 31), "a"), (date(2026, 6, 1), "c")):
        found = standing_terms(editions, day)
        assert (found and found.edition) == edition


def test_an_edition_is_accepted_once_and_the_log_in_goes_on(hotspot: Hotspot) -> None:
    client = hotspot.browser()
    page = hotspot.log_in(client, client.get("/portal/login", query_string=MIKROTIK))
    assert "2026-1" in page.text
    assert "<p>Pemakaian dicatat &lt;volume&gt;.</p>" in page.text
    assert "http-equiv" not in page.text  # no way to the gateway before it is accepted
    assert "Set-Cookie" not in page.headers
    assert onward(client.post(action(page), data=hidden(page)))[0] == LINK
    with hotspot.city.database.read() as connection:
        (kept,) = terms_store.acceptances(connection, "2026-1")
    assert (kept.username, kept.at_s, kept.mac) == ("siti", hotspot.city.now_s, MAC)
    again = hotspot.log_in(client, client.get("/portal/login", query_string=MIKROTIK))
    assert onward(again)[0] == LINK


def test_it_is_shown_in_the_language_of_the_page(hotspot: Hotspot) -> None:
    client = hotspot.browser()
    page = client.get("/portal/login", query_string=MIKROTIK | {"lang": "en"})
    shown = hotspot.log_in(client, page)
    assert "<p>For work.</p>" in shown.text
    assert 'action="/portal/terms?lang=en"' in shown.text


@pytest.mark.parametrize("edition", ["2027-1", "", "nonsense"])
def test_another_edition_than_the_one_that_stands_is_not_accepted(hotspot: Hotspot, edition: str) -> None:
    client = hotspot.browser()
    page = hotspot.log_in(client, client.get("/portal/login", query_string=MIKROTIK))
    shown = client.post(action(page), data=hidden(page) | {"edition": edition})
    assert "2026-1" in shown.text
    with hotspot.city.database.read() as connection:
        assert terms_store.accepted_by(connection) == {}


def test_a_form_that_nobody_signed_accepts_nothing(hotspot: Hotspot) -> None:
    client = hotspot.browser()
    assert client.post("/portal/terms", data={"s": "AAAA", "edition": "2026-1"}).status_code == 400
    with hotspot.city.database.read() as connection:
        assert terms_store.accepted_by(connection) == {}


def test_what_was_accepted_stays_as_it_was_read(hotspot: Hotspot) -> None:
    office = hotspot.city.office
    change(office, "terms", "2026-1", {"text": "Lain."}, BY)
    hotspot.city.context.view.expire()
    client = hotspot.browser()
    page = hotspot.log_in(client, client.get("/portal/login", query_string=MIKROTIK))
    client.post(action(page), data=hidden(page))
    with pytest.raises(Conflict, match="were accepted as they stand"):
        change(office, "terms", "2026-1", {"text": "Lagi."}, BY)
    with pytest.raises(Conflict, match="still used by 1 acceptance"):
        remove(office, "terms", "2026-1", BY)
