"""Every change must come from a page of ours: a token in each posted form, or in htmx's header.

A signed-in browser's token stands in its session's row; before that, in Flask's signed cookie. The portal has no cookie
and signs its forms instead, so its views are marked `carries_own_proof`.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from typing import TypeVar

from flask import Flask, current_app, request, session
from flask_babel import gettext
from werkzeug.exceptions import BadRequest

from web.auth.person import signed_in
from web.context import here

HEADER, FIELD = "X-CSRFToken", "csrf_token"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_MARK, _FILES = "carries_own_proof", "takes_files"
_FORM_AROUND = 64 * 1024
View = TypeVar("View", bound=Callable[..., object])


def install(app: Flask) -> None:
    """Give templates the token (web.rendering looks for `csrf_token`); the guard calls `check`."""
    app.add_template_global(token, "csrf_token")


def carries_own_proof(view: View) -> View:
    """Mark a view whose forms are signed or bear a token of another kind."""
    setattr(view, _MARK, True)
    return view


def takes_files(view: View) -> View:
    """Mark a view whose form carries a list: as much may be sent as the settings let a file be."""
    setattr(view, _FILES, True)
    return view


def make_room() -> None:
    """Let a view that takes files have one, before its form is read."""
    view = current_app.view_functions.get(request.endpoint or "")
    if view is not None and getattr(view, _FILES, False):
        request.max_content_length = here().settings.imports.most_megabytes * 1024 * 1024 + _FORM_AROUND


def token() -> str:
    """The token that this browser's forms carry."""
    person = signed_in()
    if person is not None:
        return person.session.csrf
    if FIELD not in session:
        session[FIELD] = secrets.token_urlsafe(24)
    return str(session[FIELD])


def check() -> None:
    """Raise `BadRequest` for a change that bears no token of this browser."""
    view = current_app.view_functions.get(request.endpoint or "")
    if request.method in _SAFE or view is None or getattr(view, _MARK, False):
        return
    given = request.headers.get(HEADER) or request.form.get(FIELD) or ""
    if not hmac.compare_digest(given.encode(), token().encode()):
        raise BadRequest(gettext("The form is from an earlier sign-in. Reload the page and send it again."))
