"""A MikroTik hotspot's own small pages: they lead to the portal, and say the few things that only the router knows.

Templates in deploy/hotspot; `$(...)` in them is RouterOS's. The same for each router, so that it may fetch them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, partial
from typing import Final

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup, escape

from netquota.errors import ConfigurationError
from netquota.resources import data_file
from netquota.services.gateway_config import ConfigFile
from netquota.services.gateway_config.facts import HOTSPOT_PAGES
from netquota.settings import Settings

FOLDER: Final = "netquota"
"""The html-directory on the router."""
NAMES: Final = HOTSPOT_PAGES

ERRORS: Final[Mapping[str, tuple[str, str]]] = {
    "internal-error": ("Gerbang sedang bermasalah. Coba lagi sebentar.", "The gateway is in trouble. Try again soon."),
    "config-error": (
        "Setelan gerbang keliru. Hubungi Diskominfo.",
        "The gateway is set up wrongly. Tell the ICT office.",
    ),
    "not-logged-in": ("Anda belum masuk.", "You are not logged in."),
    "ippool-empty": ("Alamat di sini habis. Coba lagi sebentar.", "No address is free here. Try again soon."),
    "shutting-down": ("Gerbang sedang dimatikan. Coba lagi sebentar.", "The gateway is shutting down. Try again soon."),
    "user-session-limit": (
        "Semua perangkat Anda sedang terpakai. Putuskan satu, lalu masuk di sini.",
        "All of your devices are in use. End one, then log in here.",
    ),
    "license-session-limit": ("Gerbang ini penuh. Coba lagi sebentar.", "This gateway is full. Try again soon."),
    "wrong-mac-username": (
        "Perangkat ini belum terdaftar. Masuklah dengan akun Anda.",
        "This device is not registered. Log in with your account.",
    ),
    "chap-missing": (
        "Halaman terlalu lama terbuka. Silakan masuk lagi.",
        "The page was open for too long. Please log in again.",
    ),
    "invalid-username": (
        "NIP atau sandi tidak cocok. Periksa huruf besar, lalu coba lagi.",
        "NIP or password does not match. Check capitals and try again.",
    ),
    "invalid-mac": (
        "Akun ini tidak boleh masuk dari perangkat ini. Hubungi operator kantor Anda.",
        "This account may not log in from this device. Ask your office's operator.",
    ),
    "uptime-limit": ("Waktu Anda habis. Masuk lagi.", "Your time is over. Log in again."),
    "traffic-limit": ("Kuota Anda habis. Lihat halaman kuota.", "Your quota is spent. See the quota page."),
    "radius-timeout": (
        "Layanan masuk tidak menjawab. Coba lagi semenit lagi.",
        "The log-in service does not answer. Try again in a minute.",
    ),
    "auth-in-progress": (
        "Perangkat Anda sedang dimasukkan. Tunggu sebentar.",
        "Your device is being logged in. Wait a moment.",
    ),
    "radius-reply": ("$(error-orig)", "$(error-orig)"),
}
"""RouterOS's messages by its own keys, Indonesian and English; the portal knows them again (`key_of_error`)."""


@dataclass(frozen=True, slots=True)
class PageFacts:
    """What the pages say: where the portal is (with scheme), whose hotspot it is, whom to ask."""

    public_url: str
    city: str
    help_contact: str = ""
    language: str = "id"


def page_facts(settings: Settings) -> PageFacts:
    """What the pages say of this city."""
    city = settings.city
    return PageFacts(settings.web.public_url, f"Hotspot {city.name}", city.help_contact, city.language)


def hotspot_pages(facts: PageFacts) -> tuple[ConfigFile, ...]:
    """All files of the html-directory; those of the other language in a folder of their own, as RouterOS's `target`.

    Raises `ConfigurationError` where no address of the portal is set.
    """
    other = "en" if facts.language == "id" else "id"
    own = [ConfigFile(f"{FOLDER}/{name}", hotspot_page(facts, name)) for name in NAMES]
    others = [ConfigFile(f"{FOLDER}/{other}/{name}", hotspot_page(facts, name, other)) for name in NAMES]
    return (*own, *others)


def hotspot_page(facts: PageFacts, name: str, language: str = "") -> str:
    """One of `NAMES`. Raises `ConfigurationError` where no address of the portal is set."""
    if not facts.public_url:
        raise ConfigurationError("web.public_url is not set; hotspot pages must say where the portal is")
    spoken = language or facts.language
    place = 0 if spoken == "id" else 1
    environment = _environment(name.endswith(".html"))
    return environment.get_template(name).render(
        public_url=_inert(facts.public_url), city=_inert(facts.city), help_contact=_inert(facts.help_contact),
        language=spoken, say=partial(_say, place), errors=[(key, words[place]) for key, words in ERRORS.items()],
    ).strip("\n") + "\n"  # fmt: skip


def key_of_error(text: str) -> str:
    """The key behind a message of ours, in either language; empty where it is none."""
    return _KEYS.get(text.strip(), "")


_KEYS: Final = {words: key for key, pair in ERRORS.items() if key != "radius-reply" for words in pair}


def _say(place: int, *words: str) -> Markup:
    return escape(words[place])


def _inert(text: str) -> str:
    """RouterOS would fill in what stands in `$(...)`."""
    return text.replace("$(", "$ (")


@cache
def _environment(is_html: bool) -> Environment:
    return Environment(
        loader=FunctionLoader(_source), autoescape=is_html,  # noqa: S701 (what is no HTML is for RouterOS)
        undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip


def _source(name: str) -> str | None:
    found = data_file(f"deploy/hotspot/{name}.j2")
    return found.read_text(encoding="utf-8") if found.is_file() else None
