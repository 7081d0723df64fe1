"""Between the password and the code of the second factor: a session of its own that opens nothing, for five minutes."""

from __future__ import annotations

from typing import Final

from flask import Response, request

from netquota.storage import admin_store, web_session_store
from netquota.storage.admin_store import Admin
from netquota.storage.web_session_store import Limits
from web.auth import person
from web.context import here

_LIMITS: Final = Limits(300, 300)


def begin(response: Response, admin: Admin) -> None:
    """Remember at this browser that the password was right."""
    context = here()
    with context.database.write() as connection:
        token, _ = web_session_store.begin(
            connection, "second", admin.id, context.now_s, _LIMITS,
            address=person.remote_address(), agent=request.user_agent.string,
        )  # fmt: skip
    secure = context.settings.web.secure_cookies
    response.set_cookie(_cookie(), token, secure=secure, httponly=True, samesite="Lax", max_age=_LIMITS.absolute_s)


def awaited() -> Admin | None:
    """Who still owes the code at this browser; None where nobody does, or too long ago."""
    token, context = request.cookies.get(_cookie()), here()
    if not token:
        return None
    with context.database.read() as connection:
        session = web_session_store.find(connection, token, context.now_s, _LIMITS)
        if session is None or session.kind != "second":
            return None
        admin = admin_store.by_id(connection, session.person_id)
    return admin if admin is not None and admin.active else None


def end(response: Response) -> None:
    """Forget it, here and at the browser."""
    token, context = request.cookies.get(_cookie()), here()
    if token:
        with context.database.write() as connection:
            session = web_session_store.find(connection, token, context.now_s, _LIMITS)
            if session is not None and session.kind == "second":
                web_session_store.end(connection, session.digest)
    secure = context.settings.web.secure_cookies
    response.delete_cookie(_cookie(), secure=secure, httponly=True, samesite="Lax")


def _cookie() -> str:
    return f"{person.cookie_name()}-second"
