"""The tokens with which gateways fetch their queues' limits: digests alone, of which client, when used last."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select, update

from netquota.storage.database import Connection
from netquota.storage.schema import gateway_token

_t = gateway_token.c


@dataclass(frozen=True, slots=True)
class GatewayToken:
    """A token of a client; epoch seconds, None = never."""

    id: int
    nas_id: int
    created_by: str
    created_s: int
    revoked_s: int | None
    last_pull_s: int | None
    last_address: str

    @property
    def is_valid(self) -> bool:
        """Whether it still opens anything."""
        return self.revoked_s is None


_COLUMNS = (_t.id, _t.nas_id, _t.created_by, _t.created_s, _t.revoked_s, _t.last_pull_s, _t.last_address)


def insert(connection: Connection, nas_id: int, digest: bytes, created_by: str, now_s: int) -> int:
    """Keep a new token's digest; its number."""
    values = {"nas_id": nas_id, "digest": digest, "created_by": created_by, "created_s": now_s}
    key = connection.execute(gateway_token.insert().values(values)).inserted_primary_key
    return 0 if key is None else int(key[0])


def of_client(connection: Connection, nas_id: int) -> list[GatewayToken]:
    """The tokens of a client, newest first."""
    query = select(*_COLUMNS).where(_t.nas_id == nas_id).order_by(_t.id.desc())
    return [GatewayToken(*row) for row in connection.execute(query)]


def by_digest(connection: Connection, digest: bytes) -> GatewayToken | None:
    """The token of this digest, if it was not revoked."""
    row = connection.execute(select(*_COLUMNS).where(_t.digest == digest, _t.revoked_s.is_(None))).first()
    return None if row is None else GatewayToken(*row)


def used(connection: Connection, token_id: int, address: str, now_s: int) -> None:
    """Note a pull."""
    values = {"last_pull_s": now_s, "last_address": address[:45]}
    connection.execute(update(gateway_token).where(_t.id == token_id).values(values))


def revoke(connection: Connection, token_id: int, nas_id: int, now_s: int) -> bool:
    """Let a client's token open nothing any more; whether it did until now."""
    mine = (_t.id == token_id) & (_t.nas_id == nas_id) & _t.revoked_s.is_(None)
    return connection.execute(update(gateway_token).where(mine).values(revoked_s=now_s)).rowcount > 0
