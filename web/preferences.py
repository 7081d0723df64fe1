"""Language and theme of one browser: asked for by a link (`?lang=en`, `?theme=dark`), kept in a cookie.

Plain links, so that both work without script; the portal, where cookies may be lost, carries `lang` in its addresses.
"""

from collections.abc import Callable
from urllib.parse import urlencode

from flask import Flask, Response, request

from web.catalogue import LANGUAGES

THEMES = ("auto", "light", "dark")
LANGUAGE_COOKIE, THEME_COOKIE = "nq_lang", "nq_theme"
_YEAR_S = 31_536_000


def language_of_request(default: str, of_person: Callable[[], str | None] | None = None) -> str:
    """First of: asked for in the address, remembered by the browser, set for the person, the city's default."""
    person = of_person() if of_person else None
    for wish in (request.args.get("lang"), request.cookies.get(LANGUAGE_COOKIE), person):
        if wish in LANGUAGES:
            return str(wish)
    return default


def theme_of_request() -> str:
    """`auto` (follow the system), `light` or `dark`."""
    for wish in (request.args.get("theme"), request.cookies.get(THEME_COOKIE)):
        if wish in THEMES:
            return str(wish)
    return THEMES[0]


def link_with(**changed: str) -> str:
    """This page's address with some query arguments replaced; a page that was posted to offers its plain address."""
    kept = request.args.to_dict(flat=False) if request.method == "GET" else {}
    kept.update({name: [value] for name, value in changed.items()})
    return f"{request.path}?{urlencode(kept, doseq=True)}"


def remember(response: Response) -> Response:
    """Keep what the address asked for; scripts may read the theme, nothing else is in these cookies."""
    for argument, cookie, allowed in (("lang", LANGUAGE_COOKIE, LANGUAGES), ("theme", THEME_COOKIE, THEMES)):
        wish = request.args.get(argument)
        if wish in allowed:
            response.set_cookie(cookie, str(wish), max_age=_YEAR_S, samesite="Lax", secure=request.is_secure)
    return response


def install(app: Flask) -> None:
    """Give templates `theme()` and `link_with()`, and keep the choices."""
    app.add_template_global(theme_of_request, "theme")
    app.add_template_global(link_with)
    app.after_request(remember)
