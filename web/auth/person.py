"""Who sits at this browser: an admin recognised by the cookie's token and the session behind it.

Flask-Login holds the person for the request; the session is a row of ours, so that it can be listed and ended.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from flask import Flask, Request, Response, request
from flask_login import LoginManager, UserMixin, current_user

from netquota.domain.scope import EVERYTHING, Scope
from netquota.errors import StorageUnavailable
from netquota.services.office import Author
from netquota.storage import admin_store, web_session_store
from netquota.storage.admin_store import Admin
from netquota.storage.web_session_store import WebSession
from web.auth.rights import Role
from web.context import here


@dataclass(frozen=True, eq=False)
class SignedIn(UserMixin):
    """An admin with the session of this browser."""

    admin: Admin
    session: WebSession

    @property
    def scope(self) -> Scope:
        """Whose rows he sees."""
        return scope_of(self.admin)

    def author(self, why: str = "") -> Author:
        """Him as one who changes something."""
        return Author(self.admin.username, why)


def scope_of(admin: Admin) -> Scope:
    """Whose rows an admin sees: an operator those of his offices alone, and without one none."""
    if admin.role != Role.OPD_OPERATOR:
        return EVERYTHING
    return Scope(admin.opd_ids)


def install(app: Flask) -> None:
    """Let `current_user` and `signed_in` know whom the cookie names."""
    logins = LoginManager(app)
    logins.session_protection = None  # our sessions are rows; Flask-Login's own are not used
    logins.request_loader(_recognised)


def signed_in() -> SignedIn | None:
    """The admin of this request. Raises `StorageUnavailable`."""
    return cast(SignedIn, current_user) if isinstance(current_user, SignedIn) else None


def present() -> SignedIn:
    """The admin, in a view that the guard opens to signed-in people alone."""
    person = signed_in()
    if person is None:
        raise LookupError("this view is open to anybody: ask signed_in()")
    return person


def known_person() -> SignedIn | None:
    """The admin where he can be recognised: also on an error page of a database that is away."""
    try:
        return signed_in()
    except StorageUnavailable:
        return None


def cookie_name() -> str:
    """`__Host-` binds the cookie to this very host and to TLS; a loopback without TLS cannot have it."""
    return "__Host-netquota" if here().settings.web.secure_cookies else "netquota"


def set_cookie(response: Response, token: str) -> None:
    """Hand the session's token to the browser, until it is closed."""
    secure = here().settings.web.secure_cookies
    response.set_cookie(cookie_name(), token, secure=secure, httponly=True, samesite="Lax")


def drop_cookie(response: Response) -> None:
    """Take it back."""
    secure = here().settings.web.secure_cookies
    response.delete_cookie(cookie_name(), secure=secure, httponly=True, samesite="Lax")


def remote_address() -> str:
    """Where the request comes from, as far as the trusted proxy tells."""
    return request.remote_addr or ""


def begin_session(admin_id: int) -> str:
    """A new session for this browser, in place of the one it had; its token. To be called at each change of rights."""
    context = here()
    with context.database.write() as connection:
        old = request.cookies.get(cookie_name())
        held = web_session_store.find(connection, old, context.now_s, context.session_limits) if old else None
        if held is not None:
            web_session_store.end(connection, held.digest)
        token, _ = web_session_store.begin(
            connection, "admin", admin_id, context.now_s, context.session_limits,
            address=remote_address(), agent=request.user_agent.string,
        )  # fmt: skip
    return token


def _recognised(asking: Request) -> SignedIn | None:
    token = asking.cookies.get(cookie_name())
    if not token:
        return None
    context = here()
    with context.database.read() as connection:
        session = web_session_store.find(connection, token, context.now_s, context.session_limits)
        admin = None
        if session is not None and session.kind == "admin":
            admin = admin_store.by_id(connection, session.person_id)
    if session is None or admin is None or not admin.active:
        return None
    if web_session_store.is_due(session, context.now_s):
        with context.database.write() as connection:
            web_session_store.seen(connection, session, context.now_s)
    return SignedIn(admin, session)
