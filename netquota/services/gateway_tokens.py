"""Use case: a gateway gets a token with which it fetches its queues' limits, and loses it again. Shown once, hashed.

A token opens the limits of its own client's sites and nothing else.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field
from typing import Final

from netquota.errors import NotFound
from netquota.services.office import Author, Office
from netquota.storage import audit_store, gateway_token_store, rows
from netquota.storage.database import Connection
from netquota.storage.gateway_token_store import GatewayToken

MARK: Final = "nqg_"
PULL_PATH: Final = "/api/gateway/v1/queues"
_LONGEST: Final = 100


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token that was made: its text is known now and never again."""

    id: int
    nas: str
    text: str = field(repr=False)


def create_token(office: Office, nas_name: str, by: Author) -> NewToken:
    """A new token for a gateway client; older ones stay good until they are revoked. Raises `NotFound`."""
    text = MARK + secrets.token_urlsafe(30)
    with office.database.write() as connection:
        nas_id = client_id(connection, nas_name)
        number = gateway_token_store.insert(connection, nas_id, digest(text), by.name, office.now_s)
        _note(connection, office, "token", nas_name, {}, {"token": str(number)}, by)
    return NewToken(number, nas_name, text)


def revoke_token(office: Office, nas_name: str, token_id: int, by: Author) -> None:
    """Let a token open nothing any more. Raises `NotFound`."""
    with office.database.write() as connection:
        nas_id = client_id(connection, nas_name)
        if not gateway_token_store.revoke(connection, token_id, nas_id, office.now_s):
            raise NotFound("token", str(token_id), f"`netquota nas token list {nas_name}` shows those that are good")
        _note(connection, office, "token_revoked", nas_name, {"token": str(token_id)}, {}, by)


def tokens_of(office: Office, nas_name: str) -> list[GatewayToken]:
    """The tokens of a gateway client, newest first. Raises `NotFound`."""
    with office.database.read() as connection:
        return gateway_token_store.of_client(connection, client_id(connection, nas_name))


def token_of(connection: Connection, text: str) -> GatewayToken | None:
    """The good token of this text."""
    if not text.startswith(MARK) or len(text) > _LONGEST:
        return None
    return gateway_token_store.by_digest(connection, digest(text))


def digest(text: str) -> bytes:
    """What is kept of a token: it is random and long, so a plain digest does."""
    return hashlib.sha256(text.encode()).digest()


def pull_url(base_url: str) -> str:
    """Where a gateway fetches its queues' limits; `base_url` is the server's own, such as https://hotspot.kota.go.id."""
    return base_url.rstrip("/") + PULL_PATH


def client_id(connection: Connection, nas_name: str) -> int:
    """The number of a gateway client. Raises `NotFound`."""
    row = rows.find(connection, "nas", ("name",), nas_name.strip())
    if row is None:
        raise NotFound("nas", nas_name)
    return int(row["id"])


def _note(
    connection: Connection, office: Office, action: str, key: str,
    before: dict[str, str], after: dict[str, str], by: Author,
) -> None:  # fmt: skip
    audit_store.append(
        connection, actor=by.name, action=action, kind="nas", key=key, before=before, after=after, why=by.why,
        now_s=office.now_s,
    )  # fmt: skip
