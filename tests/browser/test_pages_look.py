"""Every page on a desk and on a phone, light and dark: nothing sticks out, nothing is complained of, all can be read.

The pages come from the application's routes (pages.py). Pictures of those with a mock land in build/screenshots/.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from hatch_build import AssetsMissing
from tests.browser.axe import axe_source, serious_findings
from tests.browser.chrome import DESK, PHONE, Browser, Screen, browser
from tests.browser.pages import SESSION, pages
from tests.browser.stack import Stack
from tests.live.workers import until

pytestmark = pytest.mark.needs("chromium", "chromium-driver")
LOOKS = ((DESK, False), (DESK, True), (PHONE, False), (PHONE, True))
PICTURES = {
    "/overview": "overview", "/sessions": "sessions", "/employees": "employees", "/employees/hendra.kusuma": "employee",
    "/opds": "opds", "/opds/DISKOMINFO": "opd", "/login": "sign-in", "/kuota": "quota-sign-in", "/plans": "plans",
    "/quotas": "quotas", "/gateways": "gateways", "/gateways/gw-balaikota": "gateway", "/links": "links",
    "/audit": "audit", "/denials": "denials", "/enforcement": "enforcement", "/rotation": "rotation",
    "/edit/employee/hendra.kusuma": "edit-employee", "/links/Tautan%20Layanan": "link", "/portal/login": "portal-login",
}  # fmt: skip
SIDEWAYS = """
var wide = document.documentElement.clientWidth, root = document.documentElement, found = [];
if (root.scrollWidth > wide || document.body.scrollWidth > wide) {
  document.querySelectorAll('body *').forEach(function (each) {
    var box = each.getBoundingClientRect();
    if (box.right > wide + 1 && box.width > 0 && found.length < 4) {
      found.push(each.tagName + '.' + (each.getAttribute('class') || '') + ' to ' + Math.round(box.right)); } });
  found.unshift('scrolls sideways: ' + root.scrollWidth + ' of ' + wide);
}
document.querySelectorAll('.panel').forEach(function (each) {
  if (each.scrollWidth > each.clientWidth + 1 && !/auto|scroll/.test(getComputedStyle(each).overflowX)) {
    var name = each.getAttribute('aria-labelledby') || each.getAttribute('aria-label') || each.textContent.slice(0, 40);
    var edge = each.getBoundingClientRect().right;
    var out = Array.from(each.querySelectorAll('*')).filter(function (part) {
      return part.getBoundingClientRect().right > edge; }).map(function (part) {
      return part.tagName + '.' + part.getAttribute('class'); });
    found.push('wider than its panel: ' + name + ', ' + each.scrollWidth + ' of ' + each.clientWidth + ' ' + out); } });
return found;
"""
WIDTH = "return document.documentElement.clientWidth"
STYLED = """
return Array.from(document.querySelectorAll('[style]:not(.uplot, .uplot *)'), function (each) {
  return each.outerHTML.slice(0, 120); });
"""
BROKEN = """
return Array.from(document.images).filter(function (each) { return each.complete && !each.naturalWidth; })
  .map(function (each) { return each.src; });
"""


@pytest.fixture(scope="module")
def lively(stack: Stack) -> Stack:
    """Somebody who may be looked at is online, and rates have been measured."""
    stack.hotspots.log_in("hendra.kusuma")
    stack.hotspots.report()
    return stack


@pytest.fixture(scope="module")
def stranger(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser in which nobody is signed in."""
    with browser(tmp_path_factory.mktemp("stranger"), stack.url) as found:
        yield found


@pytest.fixture(scope="module")
def axe() -> str:
    """axe-core's source; empty where it cannot be fetched, which fails in CI."""
    try:
        return axe_source()
    except AssetsMissing as error:
        if os.environ.get("CI"):
            raise
        return pytest.skip(f"axe-core could not be fetched: {error}")


def address_of(address: str, reader: Browser) -> str:
    """The address with a session that runs now."""
    if str(SESSION) not in address:
        return address
    reader.open("/sessions")
    number = reader.find("main table input[name=session]").get_attribute("value")
    return address.replace(str(SESSION), str(number))


def faults(page: Browser) -> list[str]:
    """What is wrong with the page as it stands, whatever it shows."""
    found = [f"inline style: {one}" for one in page.ask(STYLED)] + [f"image: {one}" for one in page.ask(BROKEN)]
    return found + list(page.ask(SIDEWAYS))


def seen(page: Browser, axe: str, picture: str | None) -> list[str]:
    """Look at the page that is open in all four ways, and at the console."""
    found = []
    if "·" not in page.driver.title:
        found.append(f"title {page.driver.title!r}")
    for screen, dark in LOOKS:
        page.look_on(screen, dark)
        until(lambda screen=screen: page.ask(WIDTH) == screen.width, "the screen is set")
        found += [f"{_named(screen, dark)}: {one}" for one in faults(page) + serious_findings(page, axe)]
        if picture is not None:
            page.keep_picture(picture, screen, dark)
            if not dark:
                page.keep_picture(f"{picture}-full", screen, whole=True)
    return found + [f"console: {one}" for one in page.complaints()]


def _named(screen: Screen, dark: bool) -> str:
    return f"{screen.name}{' dark' if dark else ''}"


@pytest.mark.parametrize(("endpoint", "address"), pages(), ids=lambda value: str(value).replace("/", "|"))
def test_page_fits_every_screen(
    lively: Stack, admin: Browser, stranger: Browser, axe: str, endpoint: str, address: str
) -> None:
    assert address, f"say in tests/browser/pages.py what stands for the parts of {endpoint}"
    page = admin if endpoint.startswith("admin.") or endpoint == "auth.account" else stranger
    wanted = address_of(address, page)
    page.complaints()
    page.look_on(DESK)
    page.open(wanted)
    found = seen(page, axe, PICTURES.get(address))
    assert found == [], "\n".join(found)


@pytest.mark.parametrize(
    ("door", "username", "picture"),
    [
        ("/kuota", "hendra.kusuma", "portal-status"),
        ("/kuota", "dewi.lestari", "portal-slowed"),
        ("/portal/login", "rina.marlina", "portal-denied"),
    ],
)
def test_page_of_a_person_fits_every_screen(
    lively: Stack, stranger: Browser, axe: str, door: str, username: str, picture: str
) -> None:
    stranger.look_on(DESK)
    stranger.open(door)
    stranger.fill("username", username)
    stranger.fill("password", lively.standing.password)
    stranger.press("form button[type=submit]")
    stranger.complaints()
    found = seen(stranger, axe, picture)
    assert found == [], "\n".join(found)
