"""No page on which a password is typed, or that a log-in opens, is shown over plain http to another machine.

By `web.plain_http` it is, for a trial. Where `web.public_url` is https, a look over http is led there.
"""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Final

from flask import Flask, redirect, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from web.auth.person import remote_address
from web.context import here

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

MAY_BE_PLAIN: Final = frozenset(
    {
        "static",
        "health.livez",
        "health.readyz",
        "gateway_api.queues",
        "gateway_api.readings",
        "hotspot.page",
        "capport.state",
    }
)
"""What machines ask for, and what everybody may read."""


class NeedsTls(HTTPException):
    """What was asked for would cross the network in the clear."""

    code = 426

    def get_headers(
        self, environ: WSGIEnvironment | None = None, scope: dict[str, Any] | None = None
    ) -> list[tuple[str, str]]:
        """With the protocol that is wanted (RFC 9110 §15.5.22)."""
        return [*super().get_headers(environ, scope), ("Upgrade", "TLS/1.2, HTTP/1.1")]


def install(app: Flask) -> None:
    """Look at each request before its view."""
    app.before_request(_look)


def _look() -> ResponseReturnValue | None:
    web = here().settings.web
    plain_is_well = request.is_secure or web.plain_http or request.endpoint in MAY_BE_PLAIN or _is_loopback()
    if plain_is_well:
        return None
    if request.method == "GET" and web.public_url.startswith("https://"):
        return redirect(web.public_url + request.full_path.rstrip("?"))
    raise NeedsTls


def _is_loopback() -> bool:
    """Whether the request comes from this very machine; a proxy that was not made known seems to be it."""
    try:
        address = ip_address(remote_address().partition("%")[0])
    except ValueError:
        return False
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback
