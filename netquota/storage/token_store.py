"""One-time log-in tokens at rest: a digest to find one, the sealed text because CHAP needs it.

Once used, one that is to be remembered goes on as a device's (device_store).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from sqlalchemy import Connection, delete, select, tuple_

from netquota.storage import device_store
from netquota.storage.device_store import Kept
from netquota.storage.schema import login_token


@dataclass(frozen=True, slots=True)
class StoredToken:
    """A token as stored: whose, sealed, for which device and client (empty, None: any), until epoch second.

    `remember_days`: for so many days it lets the device in again, once a session has begun with it.
    """

    employee_id: int
    sealed: bytes = field(repr=False)
    mac: str
    nas_id: int | None
    expires_s: int
    remember_days: int = 0


_COLUMNS = (
    login_token.c.employee_id, login_token.c.token_encrypted, login_token.c.mac, login_token.c.nas_id,
    login_token.c.expires_s, login_token.c.remember_days,
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
            remember_days=token.remember_days,
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


def spend_tokens(connection: Connection, devices: Collection[tuple[int, str]], now_s: int) -> int:
    """The sessions of these (employee id, MAC) have begun: their tokens are used up, or go on as the devices'.

    How many there were. A gateway's cookie sends the same token again, so that one cannot be changed for another.
    """
    if not devices:
        return 0
    c = login_token.c
    spent = delete(login_token).where(tuple_(c.employee_id, c.mac).in_(sorted(devices)))
    columns = (c.employee_id, c.mac, c.digest, c.token_encrypted, c.nas_id, c.remember_days)
    found = [Kept((row[0], row[1]), *row[2:]) for row in connection.execute(spent.returning(*columns))]
    device_store.seen(connection, devices, now_s)
    device_store.remember(connection, [kept for kept in found if kept.days > 0], now_s)
    return len(found)


def forget_tokens(connection: Connection, before_s: int) -> int:
    """Delete what expired before an epoch second; how many."""
    return connection.execute(delete(login_token).where(login_token.c.expires_s < before_s)).rowcount
