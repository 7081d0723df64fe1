"""How a portal page leaves: rendered in its language, with the policy that carries its style's hash."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import Response, make_response, request
from flask_babel import force_locale, gettext

from web import frame
from web.catalogue import LANGUAGES
from web.context import here
from web.portal import pages
from web.portal.crest import crest_of
from web.preferences import LANGUAGE_COOKIE

_PATHS = ("/portal", "/kuota")


def is_portal() -> bool:
    """Whether the request is for a page of the portal, also one that does not exist."""
    return request.path.startswith(_PATHS)


def language(own: str | None = None) -> str:
    """Of this page: asked for, remembered, the person's (`own`), the city's."""
    wishes = (request.values.get("lang"), request.cookies.get(LANGUAGE_COOKIE), own)
    return pages.choose_language(here().settings.city.language, wishes)


def chosen_language() -> dict[str, str]:
    """The language that was asked for, to be carried along where cookies are lost; empty where nobody chose."""
    wish = request.values.get("lang")
    return {"lang": wish} if wish in LANGUAGES else {}


def our_office(spoken: str | None = None) -> pages.Office:
    """What stands on each page of the portal."""
    settings = here().settings
    with force_locale(spoken or language()):
        hotspot = gettext("Hotspot %(city)s", city=settings.city.name)
        department = settings.city.department or gettext("Communication and Informatics Office")
    return pages.Office(
        hotspot, department, settings.city.help_contact, sample=frame.is_sample(),
        privacy_note=settings.portal.privacy_note, crest=crest_of(settings.city.crest),
        always=tuple((each.name, each.url) for each in here().policy.snapshot.rules.reachable),
    )  # fmt: skip


def other_language_url(path: str, spoken: str, **state: str) -> str:
    """This page in the other language, its signed state carried along."""
    return f"{path}?{urlencode({**state, 'lang': 'en' if spoken == 'id' else 'id'})}"


def answer(page: pages.Page, status: int = 200) -> Response:
    """The page as a response."""
    rendered = pages.render(page)
    return make_response(rendered.html, status, {"Content-Security-Policy": rendered.csp})
