"""The hotspot's own pages: all that RouterOS looks for, in both languages, leading to the portal and nowhere else."""

from __future__ import annotations

import gzip
import json
import re
from html.parser import HTMLParser

import pytest

from netquota.errors import ConfigurationError
from netquota.services.hotspot_pages import ERRORS, NAMES, PageFacts, hotspot_page, hotspot_pages, key_of_error

PORTAL = "https://netquota.kota.go.id"
FACTS = PageFacts(PORTAL, "Hotspot Kota <Teluk> $(ip)", "Diskominfo, lantai 2")
FORWARDED = {
    "mac", "ip", "username", "link-login-only", "link-orig", "error", "chap-id", "chap-challenge", "identity",
    "server-name",
}  # fmt: skip


class Page(HTMLParser):
    """What a page's tags say."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.mark.parametrize("language", ["id", "en"])
def test_the_log_in_page_hands_over_all_that_the_portal_reads(language: str) -> None:
    page = Page(hotspot_page(FACTS, "login.html", language))
    (form,) = page.all("form")
    assert (form["method"], form["action"]) == ("post", f"{PORTAL}/portal/login")
    fields = {field["name"]: field["value"] for field in page.all("input")}
    assert fields == {name: f"$({name})" for name in FORWARDED}
    assert len(page.all("button")) == 1  # for a window without script


def test_all_files_are_there_in_both_languages() -> None:
    places = [file.place for file in hotspot_pages(FACTS)]
    assert places == [f"netquota/{name}" for name in NAMES] + [f"netquota/en/{name}" for name in NAMES]
    own = {file.place: file.text for file in hotspot_pages(PageFacts(PORTAL, "Kota", language="en"))}
    assert "Go on" in own["netquota/login.html"]
    assert "Lanjut" in own["netquota/id/login.html"]


@pytest.mark.parametrize("name", [name for name in NAMES if name.endswith(".html")])
@pytest.mark.parametrize("language", ["id", "en"])
def test_pages_are_small_fetch_nothing_and_open_no_window(name: str, language: str) -> None:
    text = hotspot_page(FACTS, name, language)
    page = Page(text)
    assert len(gzip.compress(text.encode())) < 1600
    for tag in ("img", "link", "iframe", "object"):
        assert page.all(tag) == []
    assert all("src" not in script for script in page.all("script"))
    assert "target=" not in text
    targets = [str(link["href"]) for link in page.all("a")]
    assert all(target.startswith(("$(link-", PORTAL)) for target in targets), targets
    assert "Hotspot Kota &lt;Teluk&gt; $ (ip)" in text  # no name becomes a tag or a variable


@pytest.mark.parametrize(
    ("logged_in", "left", "told"),
    [
        (False, None, {"captive": True}),
        (True, None, {"captive": False}),
        (True, (3600, 5_000_000), {"captive": False, "seconds-remaining": 3600, "bytes-remaining": 5_000_000}),
    ],
)
def test_the_api_is_json_however_routeros_fills_it_in(
    logged_in: bool, left: tuple[int, int] | None, told: dict[str, object]
) -> None:
    """The conditions and variables are those of RouterOS's own api.json; a reader of them stands here."""
    text = hotspot_page(FACTS, "api.json")
    text = text.replace("$(if logged-in == 'yes')false$(else)true$(endif)", "false" if logged_in else "true")
    for name, value in (("session-timeout-secs", left and left[0]), ("remain-bytes-total", left and left[1])):
        text = re.sub(rf"\$\(if {name}[^)]*\)(.*?)\$\(endif\)", r"\1" if value else "", text)
        text = text.replace(f"$({name})", str(value))
    text = text.replace("$(link-login-only)", "https://hotspot.kota.go.id/login")
    found = json.loads(text)
    assert found.pop("user-portal-url").startswith("https://")
    assert found.pop("venue-info-url") == f"{PORTAL}/kuota"
    assert found.pop("can-extend-session") is True
    assert found == told


@pytest.mark.parametrize(("language", "place"), [("id", 0), ("en", 1)])
def test_messages_stand_under_routeros_keys_and_are_known_again(language: str, place: int) -> None:
    lines = hotspot_page(FACTS, "errors.txt", language).splitlines()
    assert lines == [f"{key} = {words[place]}" for key, words in ERRORS.items()]
    for key, words in ERRORS.items():
        assert key_of_error(words[place]) == ("" if key == "radius-reply" else key)
    assert key_of_error("Kuota Anda habis: 10 dari 10 GB.") == ""


def test_without_an_address_of_the_portal_there_are_no_pages() -> None:
    with pytest.raises(ConfigurationError, match=r"web\.public_url"):
        hotspot_pages(PageFacts("", "Kota"))
