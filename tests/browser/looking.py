"""Looking at the page that is open, on a desk and a phone, light and dark: what sticks out, what axe finds."""

from __future__ import annotations

from tests.browser.axe import RULES, serious_findings
from tests.browser.chrome import DESK, PHONE, SMALL, Browser, Screen
from tests.live.workers import until

COLOURS = ("color-contrast", "link-in-text-block")  # all that the dark look can change
Looks = tuple[tuple[Screen, bool], ...]
LOOKS: Looks = ((DESK, False), (DESK, True), (PHONE, False), (PHONE, True))
ON_PHONES: Looks = ((SMALL, False), (SMALL, True), (PHONE, False), (PHONE, True))
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


def faults(page: Browser) -> list[str]:
    """What is wrong with the page as it stands, whatever it shows."""
    found = [f"inline style: {one}" for one in page.ask(STYLED)] + [f"image: {one}" for one in page.ask(BROKEN)]
    return found + list(page.ask(SIDEWAYS))


def seen(page: Browser, axe: str, picture: str | None, looks: Looks = LOOKS) -> list[str]:
    """Look at the page that is open in all four ways, and at the console."""
    found = []
    if "·" not in page.driver.title:
        found.append(f"title {page.driver.title!r}")
    for screen, dark in looks:
        page.look_on(screen, dark)
        until(lambda screen=screen: page.ask(WIDTH) == screen.width, "the screen is set")
        rules = COLOURS if dark else RULES
        is_told = page.has_script and not (dark and screen is PHONE)  # dark has the same colours on a desk
        heard = serious_findings(page, axe, rules) if is_told else []
        found += [f"{_named(screen, dark)}: {one}" for one in faults(page) + heard]
        if picture is not None:
            page.keep_picture(picture, screen, dark)
            if not dark:
                page.keep_picture(f"{picture}-full", screen, whole=True)
    return found + [f"console: {one}" for one in page.complaints()]


def _named(screen: Screen, dark: bool) -> str:
    return f"{screen.name}{' dark' if dark else ''}"
