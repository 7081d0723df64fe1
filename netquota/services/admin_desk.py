"""Use cases about the people of the admin door: who is signed in where, and signing them out."""

from __future__ import annotations

from dataclasses import dataclass

from netquota.errors import NotFound
from netquota.services.office import Author, Office
from netquota.storage import admin_store, audit_store, web_session_store
from netquota.storage.admin_store import Admin
from netquota.storage.database import Connection
from netquota.storage.web_session_store import Limits, WebSession


@dataclass(frozen=True, slots=True)
class AdminLine:
    """An admin as others see him: sessions that hold now, good tokens, when last seen (epoch s; None: not lately)."""

    admin: Admin
    sessions: int
    tokens: int
    seen_s: int | None


def listing(office: Office, limits: Limits) -> list[AdminLine]:
    """All admins by name."""
    with office.database.read() as connection:
        return [
            AdminLine(one, sessions, tokens, seen_s)
            for one, sessions, tokens, seen_s in admin_store.overview(connection, office.now_s, limits.idle_s)
        ]


def named(office: Office, username: str) -> Admin:
    """The admin of a log-in name. Raises `NotFound`."""
    with office.database.read() as connection:
        return _named(connection, username)


def sessions_of(office: Office, admin: Admin, limits: Limits) -> list[WebSession]:
    """Where somebody is signed in, the newest first."""
    with office.database.read() as connection:
        return web_session_store.listing(connection, "admin", admin.id, office.now_s, limits)


def sign_out(office: Office, username: str, by: Author, keep: bytes = b"") -> int:
    """End all of somebody's sessions, but the one of the digest `keep`; how many. Raises `NotFound`."""
    with office.database.write() as connection:
        admin = _named(connection, username)
        ended = web_session_store.end_all(connection, "admin", admin.id, keep)
        audit_store.append(
            connection, actor=by.name, action="signed_out", kind="admin", key=admin.username, before={},
            after={"sessions": str(ended)}, why=by.why, now_s=office.now_s,
        )  # fmt: skip
    return ended


def _named(connection: Connection, username: str) -> Admin:
    found = admin_store.by_username(connection, username)
    if found is None:
        raise NotFound("admin", username)
    return found
