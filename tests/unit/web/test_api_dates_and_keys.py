"""Events ended, days off taken over, links divided and keys revoked by API: as on the pages, by the same rights."""

from __future__ import annotations

import pytest

from netquota.services import api_tokens
from netquota.storage.database import Database
from tests.web_city import BY, PASSWORD, Programs, WebCity, sign_in

LINK = "/links/Serat%20Utama/division"


@pytest.fixture
def desk(sqlite_database: Database) -> Programs:
    made = WebCity.on(sqlite_database, web={"plain_http": True})
    made.add("link", name="Serat Utama", provider="A", capacity="100M/100M")
    for code in ("DINKES", "DINSOS"):
        made.add("opd", code=code, name=code.title(), ceiling="60M/60M")
        made.add("site", name=f"Kantor {code}", opd=code, link="Serat Utama")
    made.add("nas", name="gw", address="192.0.2.1", family="mikrotik")
    made.add_admin()
    made.add_admin("dodi", "opd_operator", opd="DINKES")
    made.add_admin("adit", "auditor")
    made.clock.advance(1)
    return Programs(made)


def test_who_only_watches_ends_divides_and_revokes_nothing(desk: Programs) -> None:
    for path in ("/events/rapat/end", "/holidays/take", f"{LINK}/draft", "/gateways/gw/tokens", "/admins/rina/sign-out",
                 "/gateways/gw/tokens/1/revoke", "/admins/rina/second-factor-off", "/admins/rina/tokens/1/revoke",
                 "/budget-requests/1/approve"):  # fmt: skip
        for who in ("adit", "dodi"):
            assert desk.ask(who, "POST", path, {"why": "uji"}).status_code == 403, path
    assert desk.ask("dodi", "GET", LINK).status_code == 403


def test_days_off_are_taken_over_once(desk: Programs) -> None:
    tried = desk.done("rina", "/holidays/take?dry_run=true", {"year": 2027})
    assert "2027-08-17" in [one["day"] for one in tried["added"]]
    assert desk.read("rina", "/holidays")["items"] == []
    taken = desk.done("rina", "/holidays/take", {"year": 2027, "why": "SKB"})
    assert taken["added"] == tried["added"]
    assert desk.done("rina", "/holidays/take", {"year": 2027})["added"] == []
    assert desk.ask("rina", "POST", "/holidays/take", {"year": 1999}).get_json()["field"] == "year"


def test_an_event_is_over_or_never_was(desk: Programs) -> None:
    for key, begins in (("rapat", "2026-11-24 11:00"), ("pekan", "2026-11-26 08:00")):
        desk.web.add("event", key=key, name=key, opds="DINKES", ceiling="10M/10M", reason="uji",
                     **{"from": begins, "until": "2026-11-27 16:00"})  # fmt: skip
    assert desk.done("rina", "/events/rapat/end?dry_run=true", {"why": "selesai"})["dry_run"] is True
    assert desk.done("rina", "/events/rapat/end", {"why": "selesai"})["action"] == "change"
    assert desk.ask("rina", "POST", "/events/rapat/end", {"why": "selesai"}).status_code == 409
    assert desk.done("rina", "/events/pekan/end", {"why": "batal"})["action"] == "remove"
    assert desk.ask("rina", "POST", "/events/pekan/end", {"why": "batal"}).status_code == 404
    assert desk.ask("rina", "POST", "/events/pekan/end", {}).get_json()["field"] == "why"


def test_a_link_is_divided_into_a_draft(desk: Programs) -> None:
    found = desk.read("adit", LINK)
    assert [one["proposed"]["weight"]["down_bps"] for one in found["opds"]] == [50_000_000, 50_000_000]
    made = desk.ask("rina", "POST", f"{LINK}/draft", {"method": "weight", "why": "rapat"})
    assert (made.status_code, made.get_json()["changes"]) == (201, 2)
    changes = desk.read("rina", f"/drafts/{made.get_json()['draft']}")["changes"]
    assert {one["key"]: one["fields"] for one in changes}["DINKES"] == {"ceiling": "50M/50M"}
    assert desk.read("rina", "/opds/DINKES")["fields"]["ceiling"]["down_bps"] == 60_000_000  # nothing is in force
    assert desk.ask("rina", "GET", "/links/Lain/division").status_code == 404
    assert desk.ask("rina", "POST", f"{LINK}/draft", {"method": "lain", "why": "x"}).get_json()["field"] == "method"


def test_a_gateways_token_is_shown_once_and_revoked(desk: Programs) -> None:
    made = desk.ask("rina", "POST", "/gateways/gw/tokens", {"why": "antrean"})
    assert (made.status_code, made.headers["Cache-Control"]) == (201, "no-store")
    number, text = made.get_json()["id"], made.get_json()["token"]
    assert text not in desk.ask("adit", "GET", "/gateways/gw/tokens").text
    assert desk.done("rina", f"/gateways/gw/tokens/{number}/revoke", {"why": "bocor"}) == {"id": number}
    assert desk.read("adit", "/gateways/gw/tokens")["items"][0]["revoked"] is not None
    assert desk.ask("rina", "POST", f"/gateways/gw/tokens/{number}/revoke", {"why": "lagi"}).status_code == 404
    assert desk.ask("rina", "POST", "/gateways/lain/tokens", {"why": "x"}).status_code == 404


def test_a_gateways_configuration_is_read_without_its_secrets(desk: Programs) -> None:
    desk.web.add("nas", name="gw-2", address="192.0.2.2", family="mikrotik", secret="rahasia-sekali-2026")
    found = desk.read("rina", "/gateways/gw-2/configuration?language=en&routeros=6&wan_interface=ether9")
    whole = "".join(one["text"] for one in found["items"])
    assert "ether9" in whole
    assert "rahasia-sekali-2026" not in whole
    assert desk.ask("adit", "GET", "/gateways/gw-2/configuration").status_code == 403
    assert desk.ask("rina", "GET", "/gateways/lain/configuration").status_code == 404
    for wrong in ("routeros=5", "dialect=lain", "hotspot_network=lain", "tunnel_address=lain"):
        answer = desk.ask("rina", "GET", f"/gateways/gw-2/configuration?{wrong}")
        assert (answer.status_code, answer.get_json()["field"]) == (422, wrong.partition("=")[0]), wrong


def test_an_admin_is_signed_out_and_his_tokens_end(desk: Programs) -> None:
    browser = desk.web.visitor()
    sign_in(browser, "dodi", PASSWORD)
    assert browser.get("/account").status_code == 200
    assert desk.done("rina", "/admins/dodi/sign-out", {"why": "ponsel hilang"}) == {"sessions": 1}
    assert browser.get("/account").status_code == 302
    token = api_tokens.create(desk.web.office, "dodi", "uji", ("read",), BY)
    assert desk.ask("rina", "POST", f"/admins/adit/tokens/{token.id}/revoke", {"why": "x"}).status_code == 404
    assert desk.done("rina", f"/admins/dodi/tokens/{token.id}/revoke", {"why": "bocor"}) == {"id": token.id}
    assert desk.done("rina", "/admins/dodi/second-factor-off", {"why": "hilang"}) == {"was_on": False}
    assert desk.ask("rina", "POST", "/admins/siapa/sign-out", {"why": "x"}).status_code == 404
