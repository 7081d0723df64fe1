"""The city's crest on portal pages: a small drawing or picture within the page itself, so that nothing is fetched.

Read once at the start. An SVG is taken apart and written anew from shapes alone; a picture becomes a `data:` address.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from gzip import compress
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

from markupsafe import Markup

from netquota.errors import ConfigurationError

LARGEST_OCTETS: Final = 6 * 1024
"""As it travels: the log-in page with it must fit into one TCP window (portal.md §5.1)."""
_SVG: Final = "{http://www.w3.org/2000/svg}"
_SHAPES: Final = frozenset({"svg", "g", "path", "circle", "ellipse", "rect", "line", "polyline", "polygon"})
_ATTRIBUTES: Final = frozenset(
    {
        "d", "cx", "cy", "r", "rx", "ry", "x", "y", "x1", "y1", "x2", "y2", "width", "height", "points", "transform",
        "fill", "fill-rule", "fill-opacity", "stroke", "stroke-width", "stroke-linecap", "stroke-linejoin",
        "stroke-opacity", "opacity",
    }
)  # fmt: skip
_PICTURES: Final = {b"\x89PNG\r\n\x1a\n": "image/png", b"RIFF": "image/webp", b"\xff\xd8\xff": "image/jpeg"}
_OURS: Final = (
    '<svg class="logo" viewBox="0 0 52 52" aria-hidden="true"><circle cx="26" cy="26" r="24"/>'
    '<path d="M8 31c5-4 9-4 13 0s8 4 13 0 7-3 10-1M10 37c4-3 8-3 11 0s8 3 12 0 6-2 9-1M17 26a9 9 0 0 1 18 0M26 9v5'
    'M13.5 14.5l3 3.5M38.5 14.5l-3 3.5"/></svg>'
)


@dataclass(frozen=True, slots=True)
class Crest:
    """The markup, and whether it is a picture, which the page's policy must allow."""

    markup: Markup
    is_picture: bool = False


OURS: Final = Crest(Markup(_OURS))  # noqa: S704 (our own drawing)
"""Sun and water: what stands there where a city named no crest of its own."""


@cache
def crest_of(path: str) -> Crest:
    """The crest of a file (empty: ours). Raises `ConfigurationError` where it is missing, too large, or no drawing."""
    if not path:
        return OURS
    try:
        content = Path(path).expanduser().read_bytes()
    except OSError as error:
        raise ConfigurationError(f"city.crest: {path} cannot be read: {error.strerror}") from None
    kind = next((kind for mark, kind in _PICTURES.items() if content.startswith(mark)), None)
    crest = _drawing(path, content) if kind is None else _picture(content, kind)
    travels = len(compress(crest.markup.encode()))
    if travels > LARGEST_OCTETS:
        raise ConfigurationError(
            f"city.crest: {path} takes {travels} octets of each page; give an SVG with fewer points, or a PNG of "
            f"80 by 80, so that it takes at most {LARGEST_OCTETS}"
        )
    return crest


def _picture(content: bytes, kind: str) -> Crest:
    image = Markup('<img class="crest" alt="" src="data:{};base64,{}">')
    return Crest(image.format(kind, b64encode(content).decode()), is_picture=True)


def _drawing(path: str, content: bytes) -> Crest:
    if b"<!ENTITY" in content:
        raise ConfigurationError(f"city.crest: {path} declares entities; save it as a plain SVG")
    try:
        root = ET.fromstring(content)  # noqa: S314 (entities were refused)
    except ET.ParseError:
        raise ConfigurationError(f"city.crest: {path} is neither an SVG nor a PNG, JPEG or WebP picture") from None
    if _shape(root.tag) != "svg":
        raise ConfigurationError(f"city.crest: {path} is no SVG; its outermost element is {_shape(root.tag)}")
    box = root.get("viewBox") or f"0 0 {_number(root.get('width'))} {_number(root.get('height'))}"
    opening = Markup('<svg class="crest" viewBox="{}" aria-hidden="true">').format(box)
    return Crest(Markup("").join([opening, *_written(path, root), Markup("</svg>")]))


def _written(path: str, parent: ET.Element) -> Iterator[Markup]:
    for element in parent:
        name = _shape(element.tag)
        if name in {"title", "desc", "metadata", "defs"} and not len(element):
            continue
        if name not in _SHAPES or name == "svg":
            raise ConfigurationError(
                f"city.crest: {path} holds <{name}>; use shapes alone (paths, circles …): save it as a plain SVG, "
                "text and gradients converted to paths of one colour"
            )
        kept = (Markup(' {}="{}"').format(key, value) for key, value in _looks(element).items())
        yield Markup("<{}{}>").format(name, Markup("").join(kept))
        yield from _written(path, element)
        yield Markup("</{}>").format(name)


def _looks(element: ET.Element) -> dict[str, str]:
    """What gives a shape its form and colour; a `style` becomes attributes, which the page's policy allows."""
    styled = (part.partition(":") for part in element.get("style", "").split(";"))
    given = {key.strip(): value.strip() for key, _, value in styled} | element.attrib
    return {key: value for key, value in given.items() if key in _ATTRIBUTES and "url(" not in value}


def _shape(tag: object) -> str:
    return str(tag).removeprefix(_SVG)


def _number(text: str | None) -> str:
    return "".join(letter for letter in text or "" if letter.isdecimal() or letter == ".") or "100"
