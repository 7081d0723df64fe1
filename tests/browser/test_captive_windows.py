"""The small windows in which phones show a portal: no storage, no second window, cookies lost; narrow screens.

Each window's user agent and restrictions are put on Debian's Chromium; what only iOS and Windows do cannot be had.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from hatch_build import AssetsMissing
from tests.browser.axe import axe_source, serious_findings
from tests.browser.chrome import Browser, Screen, browser
from tests.browser.router import Router, running_router
from tests.browser.stack import Stack

pytestmark = pytest.mark.needs("chromium", "chromium-driver")
BUDI = "budi.santoso"
PROBES = {
    "ios": "http://captive.apple.com/hotspot-detect.html",
    "android": "http://connectivitycheck.gstatic.com/generate_204",
    "windows": "http://www.msftconnecttest.com/redirect",
}
LOGIN_OCTETS, STATUS_OCTETS = 14 * 1024, 20 * 1024
NO_STORAGE = """
['localStorage', 'sessionStorage', 'indexedDB'].forEach(function (name) {
  Object.defineProperty(window, name, { get: function () { throw new DOMException('denied', 'SecurityError'); } }); });
window.open = function () { throw new DOMException('no other window', 'NotAllowedError'); };
window.alert = window.confirm = window.prompt = function () { throw new Error('no dialogue'); };
"""
StartRouter = Callable[..., Router]


@dataclass(frozen=True)
class Window:
    """A captive window: whose, its user agent, whether scripts run, its width in CSS pixels."""

    name: str
    agent: str
    script: bool
    width: int

    @property
    def screen(self) -> Screen:
        return Screen(str(self.width), self.width, 568 if self.width == 320 else 740, is_phone=True)


_IOS = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"
_ANDROID = (
    "Mozilla/5.0 (Linux; Android 11; SM-A115F Build/RP1A; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 "
    "Chrome/109.0.0.0 Mobile Safari/537.36"
)
_WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Edg/120.0"
WINDOWS = [
    Window("ios", _IOS, True, 320), Window("ios", _IOS, False, 360), Window("android", _ANDROID, True, 360),
    Window("android", _ANDROID, False, 320), Window("windows", _WINDOWS, True, 360),
]  # fmt: skip


@pytest.fixture(scope="module")
def browsers(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[bool, Browser]]:
    """With script and without; neither keeps a cookie."""
    with ExitStack() as running:
        yield {
            script: running.enter_context(
                browser(tmp_path_factory.mktemp("window"), stack.url, script=script, cookies=False)
            )
            for script in (True, False)
        }


@pytest.fixture(params=WINDOWS, ids=lambda one: f"{one.name}-{one.width}-{'script' if one.script else 'plain'}")
def window(request: pytest.FixtureRequest, browsers: dict[bool, Browser]) -> Iterator[tuple[Window, Browser]]:
    wanted: Window = request.param
    page = browsers[wanted.script]
    page.look_on(wanted.screen)
    page.driver.execute_cdp_cmd("Network.setUserAgentOverride", {"userAgent": wanted.agent})
    added = page.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": NO_STORAGE})
    page.complaints()
    yield wanted, page
    page.driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", added)


@pytest.fixture
def start_router(stack: Stack) -> Iterator[StartRouter]:
    with ExitStack() as running:

        def start(number: int, **further: object) -> Router:
            mac, ip = f"02:AB:00:00:00:{number:02X}", f"10.5.51.{number}"
            return running.enter_context(running_router(Router(stack, "gw-balaikota", mac, ip, **further)))  # type: ignore[arg-type]

        yield start


def faults(page: Browser, window: Window, axe: str) -> list[str]:
    """What is wrong with the page that is open."""
    found = []
    if page.ask("return document.documentElement.scrollWidth > window.innerWidth"):
        found.append(f"scrolls sideways at {window.width}")
    if window.script and (
        fetched := page.ask(
            "return performance.getEntriesByType('resource').map(e => e.name)"
            ".filter(name => !name.includes('/static/logo.svg'))"
        )
    ):  # the favicon
        found.append(f"fetched more than itself: {fetched}")
    small = page.ask(
        "return Array.from(document.querySelectorAll('button, .btn, input:not([type=hidden]):not([hidden])'))"
        ".filter(e => e.offsetParent && e.getBoundingClientRect().height < 24).map(e => e.outerHTML.slice(0, 80))"
    )
    found += [f"too small to touch: {one}" for one in small]
    if window.script and axe:
        found += serious_findings(page, axe)
    return found + [f"console: {one}" for one in page.complaints()]


@pytest.fixture(scope="module")
def axe() -> str:
    """axe-core's source; empty where it cannot be fetched (test_pages_look says so)."""
    try:
        return axe_source()
    except AssetsMissing:
        return ""


def weight(page: Browser) -> int:
    """The page as it travels, gzip."""
    return len(gzip.compress(page.driver.page_source.encode()))


def test_an_employee_logs_in_in_every_window(
    stack: Stack, window: tuple[Window, Browser], start_router: StartRouter, axe: str
) -> None:
    wanted, page = window
    router = start_router(40 + WINDOWS.index(wanted), wanted=PROBES[wanted.name])
    page.open(router.portal_address())
    assert faults(page, wanted, axe) == []
    assert weight(page) <= LOGIN_OCTETS
    page.keep_picture(f"captive-{wanted.name}-login", wanted.screen, whole=True)
    page.fill("username", BUDI)
    page.fill("password", stack.standing.password)
    page.press("form button[type=submit]")
    page.sees("Budi Santoso", "h1")
    assert router.logged_in
    assert faults(page, wanted, axe) == []
    assert weight(page) <= STATUS_OCTETS
    page.keep_picture(f"captive-{wanted.name}-status", wanted.screen, whole=True)
    assert len(page.driver.window_handles) == 1
    assert page.driver.get_cookies() == []
    for link in ("a[href*='/kuota/more']", "a[href*='/kuota/password']"):
        page.press(link)
        assert faults(page, wanted, axe) == []
        page.driver.back()
        page.sees("Budi Santoso", "h1")


def test_the_gateways_own_page_hands_over_in_every_window(
    window: tuple[Window, Browser], start_router: StartRouter
) -> None:
    """With script its form sends itself, without there is a button."""
    wanted, page = window
    router = start_router(50 + WINDOWS.index(wanted), wanted="")
    page.open(router.url)
    if not wanted.script:
        page.press("form button")
    page.sees("Masuk ke internet kantor", "h1")
