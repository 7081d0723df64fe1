"""Before each view: who asks, may he open it, did he himself send the form. Rights stand in web.auth.rights."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import Forbidden

from web.auth import csrf, person
from web.auth.rights import ANYBODY, RIGHTS
from web.context import confine


def install(app: Flask) -> None:
    """Guard every view of the application."""
    person.install(app)
    csrf.install(app)
    app.before_request(_guard)


def own_path(address: str | None) -> str | None:
    """The address, if it is a path on this server: what `next` may lead to."""
    if not address or not address.startswith("/") or not address.isprintable() or "\\" in address:
        return None
    parts = urlsplit(address)
    return None if parts.scheme or parts.netloc or address.startswith("//") else address


def _guard() -> ResponseReturnValue | None:
    endpoint = request.endpoint
    if endpoint is None:
        return None  # no such page: routing says so
    if request.blueprint == "api":
        return None  # programs come with a token, which its own door looks at (web.api.v1.door)
    roles = RIGHTS.get(endpoint, frozenset())
    if roles is not ANYBODY:
        who = person.signed_in()
        if who is None:
            return _to_sign_in()
        if who.admin.role not in roles:
            raise Forbidden
        confine(who.scope)
        csrf.make_room()
    csrf.check()
    return None


def _to_sign_in() -> ResponseReturnValue:
    """To the sign-in page, and back afterwards; a part of a page (htmx) makes the whole page go there."""
    wanted = request.full_path.rstrip("?") if request.method == "GET" else None
    if "HX-Request" in request.headers:
        page = own_path(urlsplit(request.headers.get("HX-Current-URL", "")).path)
        return "", 401, {"HX-Redirect": url_for("auth.sign_in", next=page)}
    return redirect(url_for("auth.sign_in", next=wanted))
