"""One-time log-in tokens at rest: a digest to find one, the sealed text because CHAP needs it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from sqlalchemy import Connection, delete, select, tuple_

from netquota.storage.schema import login_token


@dataclass(frozen=True, slots=True)
class StoredToken:
    """A token as stored: whose, sealed, for which device and client (empty, None: any), until epoch second."""

    employee_id: int
    sealed: bytes = field(repr=False)
    mac: str
    nas_id: int | None
    expires_s: int


_COLUMNS = (
    login_token.c.employee_id, login_token.c.token_encrypted, login_token.c.mac, login_token.c.nas_id,
    login_token.c.expires_s,
)  # fmt: skip


def put_token(connection: Connection, digest: bytes, token: StoredToken) -> None:
    """Store a new token."""
    connection.execute(
        login_token.insert().values(
            digest=digest,
            employee_id=token.employee_id,
            token_encrypted=token.sealed,
            mac=token.mac,
            nas_id=token.nas_id,
            expires_s=token.expires_s,
        )
    )


def find_token(connection: Connection, digest: bytes) -> StoredToken | None:
    """The token of a digest, whatever its age."""
    row = connection.execute(select(*_COLUMNS).where(login_token.c.digest == digest)).one_or_none()
    return None if row is None else StoredToken(*row)


def tokens_of(connection: Connection, employee_id: int, now_s: int) -> list[StoredToken]:
    """The account's tokens that are still good."""
    c = login_token.c
    rows = connection.execute(select(*_COLUMNS).where(c.employee_id == employee_id, c.expires_s > now_s))
    return [StoredToken(*row) for row in rows]


def spend_tokens(connection: Connection, devices: Collection[tuple[int, str]]) -> int:
    """Delete the tokens of these (employee id, MAC), whose sessions have begun; how many."""
    if not devices:
        return 0
    c = login_token.c
    return connection.execute(delete(login_token).where(tuple_(c.employee_id, c.mac).in_(sorted(devices)))).rowcount


def forget_tokens(connection: Connection, before_s: int) -> int:
    """Delete what expired before an epoch second; how many."""
    return connection.execute(delete(login_token).where(login_token.c.expires_s < before_s)).rowcount
