"""Headers on every answer: what a page may load, who may frame it, what a cache may keep (reliability.md §4)."""

from __future__ import annotations

from flask import Flask, Response, request

from web.context import here
from web.rendering import ADMIN_CSP

ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
_HSTS = "max-age=31536000"


def install(app: Flask) -> None:
    """Put them on every answer; a view that sent a policy of its own (the portal's hashed style) keeps it."""
    app.after_request(_complete)


def _complete(response: Response) -> Response:
    for name, value in ALWAYS.items():
        response.headers[name] = value
    response.headers.setdefault("Content-Security-Policy", ADMIN_CSP)
    if here().settings.web.secure_cookies:
        response.headers["Strict-Transport-Security"] = _HSTS
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")  # pages are personal
    return response
