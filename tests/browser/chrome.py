"""Debian's Chromium, driven: a desk or a phone, light or dark, with or without script and cookies."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

from tests.live.workers import until

SCREENSHOTS = Path(__file__).parents[2] / "build" / "screenshots"
WAIT_S = 20.0
_FLAGS: Final = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
)  # fmt: skip
_BLOCKED = 2  # Chromium's content setting "block"


@dataclass(frozen=True, slots=True)
class Screen:
    """What the page is looked at on; sizes in CSS pixels."""

    name: str
    width: int
    height: int
    is_phone: bool = False


DESK = Screen("1280", 1280, 900)
PHONE = Screen("360", 360, 740, is_phone=True)
SMALL = Screen("320", 320, 568, is_phone=True)


@dataclass
class Browser:
    """One Chromium. `base`: the address before each path."""

    driver: Chrome
    base: str
    has_script: bool = True

    def look_on(self, screen: Screen, dark: bool = False) -> None:
        """From now on pages are seen on this screen."""
        size = {"width": screen.width, "height": screen.height, "deviceScaleFactor": 1, "mobile": screen.is_phone}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        features = {"prefers-color-scheme": "dark" if dark else "light", "prefers-reduced-motion": "reduce"}
        media = [{"name": name, "value": value} for name, value in features.items()]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": media})

    def open(self, address: str) -> None:
        """Open a path of ours, or a whole address."""
        self.driver.get(address if ":" in address.partition("/")[0] else self.base + address)

    def find(self, css: str) -> WebElement:
        """The first element that fits; waits for it."""
        return until(lambda: self.driver.find_elements(By.CSS_SELECTOR, css), f"{css} on {self.where}", WAIT_S)[0]

    def all(self, css: str) -> list[WebElement]:
        """Every element that fits now."""
        return self.driver.find_elements(By.CSS_SELECTOR, css)

    def fill(self, name: str, text: str) -> None:
        """Type into a field of the page, in place of what stands there."""
        box = self.find(f"main [name='{name}']")
        box.clear()
        box.send_keys(text)

    def press(self, css: str) -> None:
        """Click, wait until another document has been loaded."""
        before = self._document()
        self.touch(css)
        until(lambda: self._document() not in (before, None), f"a page after {css} on {self.where}", WAIT_S)

    def touch(self, css: str) -> None:
        """Click what stays on the page: a summary that unfolds, a button of a script."""
        found = self.find(css)
        self.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", found)  # from under fixed bars
        found.click()

    def sees(self, text: str, css: str = "body", within_s: float = WAIT_S) -> None:
        """Wait until the text stands in an element."""
        try:
            until(lambda: text in self.text(css), within_s=within_s)
        except AssertionError:
            raise AssertionError(f"no {text!r} in {css} of {self.where}, which has: {self.text(css)!r}") from None

    def text(self, css: str = "body") -> str:
        """The text that a person reads, blanks as one; empty where nothing fits."""
        found = self.driver.execute_script(
            "var found = document.querySelector(arguments[0]); return found ? found.innerText : ''", css
        )
        return " ".join(str(found).split())

    def ask(self, script: str, *arguments: object) -> Any:
        """What a script finds on the page."""
        return self.driver.execute_script(script, *arguments)

    @property
    def where(self) -> str:
        return str(self.driver.current_url)

    def complaints(self) -> list[str]:
        """Errors and broken policies on the console since the last time; warnings of the browser itself are none."""
        return [row["message"] for row in self.driver.get_log("browser") if row["level"] == "SEVERE"]  # type: ignore[no-untyped-call]

    def keep_picture(self, name: str, screen: Screen, dark: bool = False, whole: bool = False) -> None:
        """Write build/screenshots/NAME-WIDTH[-dark].png; `whole`: the whole page instead of what the screen shows."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        if whole:  # on a screen as high as the page, so that what is fixed to an edge of the screen stands there
            height = int(self.ask("return document.documentElement.scrollHeight"))
            self.look_on(Screen(screen.name, screen.width, max(height, screen.height), screen.is_phone), dark)
        shot = self.driver.execute_cdp_cmd("Page.captureScreenshot", {"format": "png"})
        path = SCREENSHOTS / f"{name}-{screen.name}{'-dark' if dark else ''}.png"
        path.write_bytes(base64.b64decode(shot["data"]))
        self.look_on(screen, dark)

    def _document(self) -> object:
        """What tells one loaded document from the next; None while there is none."""
        try:
            return self.driver.execute_script(
                "return document.readyState == 'complete' ? performance.timeOrigin : null"
            )
        except Exception:  # noqa: BLE001 - between two documents the driver has nothing to ask
            return None


@contextmanager
def browser(folder: Path, base: str, *, script: bool = True, cookies: bool = True) -> Iterator[Browser]:
    """A fresh Chromium with a profile in `folder`."""
    options = ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for flag in (*_FLAGS, f"--user-data-dir={folder / 'profile'}", "--window-size=1280,900", "--lang=id"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    values = {}
    if not script:
        values["javascript"] = _BLOCKED
    if not cookies:
        values["cookies"] = _BLOCKED
    options.add_experimental_option("prefs", {"profile.default_content_setting_values": values})
    service = Service("/usr/bin/chromedriver", log_output=str(folder / "chromedriver.log"))
    driver = Chrome(options=options, service=service)
    try:
        driver.set_page_load_timeout(30)
        yield Browser(driver, base, script)
    finally:
        driver.quit()
