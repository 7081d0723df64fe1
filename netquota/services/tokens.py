"""One-time log-in tokens (portal.md §5.3): the portal checks the real password, the gateway gets a token instead.

Random, bound to account, device and client, accepted for a minute until the session starts (gateways retry), by PAP or
CHAP; kept as a digest to find it and encrypted because CHAP needs its text. Gateways' cookies send it again, so a used
one may go on as the device's, for days.
"""

from __future__ import annotations

import hashlib
import secrets

from netquota.secrets import Keyring
from netquota.storage import device_store
from netquota.storage.database import Connection, Database
from netquota.storage.device_store import DeviceToken
from netquota.storage.token_store import StoredToken, find_token, put_token, tokens_of

TOKEN_MARK = b"nqt-"


class TokenDesk:
    """Issues tokens (portal) and recognises them (RADIUS), also those that go on as a device's."""

    def __init__(self, database: Database, keyring: Keyring, lifetime_s: int = 60) -> None:
        self._database = database
        self._keyring = keyring
        self._lifetime_s = lifetime_s

    def issue(
        self,
        connection: Connection,
        employee_id: int,
        mac: str,
        nas_id: int | None,
        now_s: int,
        remember_days: int = 0,
    ) -> str:
        """A fresh token of this account for this device at this client (empty MAC or None: any).

        `remember_days`: so long it lets the device in again, once it was used (needs a MAC).
        """
        token = TOKEN_MARK + secrets.token_urlsafe(24).encode()
        sealed, until_s, days = self._keyring.encrypt(token), now_s + self._lifetime_s, remember_days if mac else 0
        put_token(connection, _digest(token), StoredToken(employee_id, sealed, mac, nas_id, until_s, days))
        return token.decode()

    def accepts(self, employee_id: int, token: bytes, mac: str, nas_id: int, now_s: int) -> bool:
        """Whether this is a token of the account, for this device and client, and in time."""
        digest = _digest(token)
        with self._database.read() as connection:
            stored = find_token(connection, digest)
            kept = None if stored is not None else device_store.find_token(connection, digest)
        if kept is not None:
            return kept.employee_id == employee_id and _is_of(kept, mac, nas_id, now_s)
        return stored is not None and stored.employee_id == employee_id and _fits(stored, mac, nas_id, now_s)

    def of(self, employee_id: int, mac: str, nas_id: int, now_s: int) -> list[bytes]:
        """The account's tokens in clear that would be accepted here now: CHAP is computed with each."""
        with self._database.read() as connection:
            stored = tokens_of(connection, employee_id, now_s)
            kept = device_store.tokens_of(connection, employee_id, mac, now_s)
        sealed = [one.sealed for one in stored if _fits(one, mac, nas_id, now_s)]
        sealed += [one.sealed for one in kept if _is_of(one, mac, nas_id, now_s)]
        return [self._keyring.decrypt(one) for one in sealed]


def _digest(token: bytes) -> bytes:
    return hashlib.sha256(token).digest()


def _fits(stored: StoredToken, mac: str, nas_id: int, now_s: int) -> bool:
    same_device = not stored.mac or not mac or stored.mac == mac
    return now_s < stored.expires_s and same_device and stored.nas_id in (None, nas_id)


def _is_of(kept: DeviceToken, mac: str, nas_id: int, now_s: int) -> bool:
    """A device's token is good for that device alone: a gateway that does not say which one asks gets none in."""
    return now_s < kept.expires_s and kept.mac == mac and kept.nas_id in (None, nas_id)
