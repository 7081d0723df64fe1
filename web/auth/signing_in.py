"""What follows once it is known who somebody is: a new session, the look that he chose, the way to where he wanted."""

from __future__ import annotations

from flask import Response, make_response, redirect, request, session
from flask_babel import refresh

from netquota.storage.admin_store import Admin
from web.auth import person
from web.context import here
from web.preferences import LANGUAGE_COOKIE, THEME_COOKIE

_YEAR_S = 31_536_000


def welcomed(admin: Admin, wanted: str) -> Response:
    """Signed in: a fresh session in place of whatever this browser had."""
    session.clear()  # nothing that stood in the cookie before is worth keeping, least of all its token
    response = make_response(redirect(wanted))
    person.set_cookie(response, person.begin_session(admin.id))
    if LANGUAGE_COOKIE not in request.cookies:
        keep_look(response, admin.language, request.cookies.get(THEME_COOKIE, admin.theme))
    return response


def keep_look(response: Response, language: str, theme: str) -> None:
    """The browser's own memory of language and theme, as web.preferences keeps it."""
    secure = here().settings.web.secure_cookies
    for name, value in ((LANGUAGE_COOKIE, language), (THEME_COOKIE, theme)):
        response.set_cookie(name, value, max_age=_YEAR_S, samesite="Lax", secure=secure)
    refresh()
