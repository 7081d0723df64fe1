"""Sessions of the web's two doors, on the server's side: the browser holds a random token, we its digest.

A session ends when idle too long, at its absolute end, or when somebody ends it.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import Row, delete, select, update

from netquota.storage.database import Connection
from netquota.storage.schema import web_session

Door = Literal["admin", "employee", "second"]
"""Of which door; `second`: an admin whose code is awaited, which opens nothing."""
_SEEN_EVERY_S = 60  # a page costs no write, a minute of pages one


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a session lasts, in seconds: without a page, and at most."""

    idle_s: int = 1800
    absolute_s: int = 12 * 3600


@dataclass(frozen=True, slots=True)
class WebSession:
    """One browser of one person; instants in epoch seconds."""

    digest: bytes = field(repr=False)
    kind: str
    person_id: int
    csrf: str = field(repr=False)
    created_s: int
    seen_s: int
    expires_s: int
    address: str
    agent: str


def begin(
    connection: Connection,
    kind: Door,
    person_id: int,
    now_s: int,
    limits: Limits,
    *,
    address: str = "",
    agent: str = "",
) -> tuple[str, WebSession]:
    """A new session: (token for the cookie, session). Begun at each log-in, so that no old token gains rights."""
    token = secrets.token_urlsafe(32)
    made = WebSession(
        _digest(token), kind, person_id, secrets.token_urlsafe(24), now_s, now_s, now_s + limits.absolute_s,
        address[:45], agent[:200],
    )  # fmt: skip
    connection.execute(web_session.insert().values({name: getattr(made, name) for name in WebSession.__slots__}))
    return token, made


def find(connection: Connection, token: str, now_s: int, limits: Limits) -> WebSession | None:
    """The session of a cookie's token; None where it is unknown or over."""
    row = connection.execute(select(web_session).where(web_session.c.digest == _digest(token))).first()
    if row is None or now_s >= row.expires_s or now_s - row.seen_s >= limits.idle_s:
        return None
    return _session(row)


def is_due(session: WebSession, now_s: int) -> bool:
    """Whether `seen` should be called: its last note is a minute old."""
    return now_s - session.seen_s >= _SEEN_EVERY_S


def seen(connection: Connection, session: WebSession, now_s: int) -> None:
    """Note that the session was used."""
    connection.execute(update(web_session).where(web_session.c.digest == session.digest).values(seen_s=now_s))


def listing(connection: Connection, kind: Door, person_id: int, now_s: int, limits: Limits) -> list[WebSession]:
    """A person's sessions that still hold, the newest first."""
    mine = _of(kind, person_id)
    alive = (web_session.c.expires_s > now_s) & (web_session.c.seen_s > now_s - limits.idle_s)
    query = select(web_session).where(mine, alive).order_by(web_session.c.created_s.desc())
    return [_session(row) for row in connection.execute(query)]


def end(connection: Connection, digest: bytes) -> bool:
    """End one session; whether it was there."""
    return connection.execute(delete(web_session).where(web_session.c.digest == digest)).rowcount > 0


def end_all(connection: Connection, kind: str, person_id: int, keep: bytes = b"") -> int:
    """End all sessions of a person but the one of the digest `keep`; how many."""
    mine = delete(web_session).where(_of(kind, person_id), web_session.c.digest != keep)
    return connection.execute(mine).rowcount


def forget_ended(connection: Connection, now_s: int, limits: Limits) -> int:
    """Delete what is over; how many."""
    over = (web_session.c.expires_s <= now_s) | (web_session.c.seen_s <= now_s - limits.idle_s)
    return connection.execute(delete(web_session).where(over)).rowcount


def _of(kind: str, person_id: int) -> Any:
    return (web_session.c.kind == kind) & (web_session.c.person_id == person_id)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _session(row: Row[Any]) -> WebSession:
    return WebSession(**{name: getattr(row, name) for name in WebSession.__slots__})
