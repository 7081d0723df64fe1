"""The tokens with which programs act for an admin: digests alone; and what repeated requests were answered."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete, select, update

from netquota.storage.database import Connection
from netquota.storage.rows import insert_unless_there
from netquota.storage.schema import admin, api_answer, api_token

_t = api_token.c
_a = api_answer.c


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A token of an admin; epoch seconds, None = never."""

    id: int
    admin_id: int
    owner: str
    name: str
    scopes: tuple[str, ...]
    created_s: int
    expires_s: int | None
    revoked_s: int | None
    used_s: int | None
    used_address: str

    def is_valid(self, now_s: int) -> bool:
        """Whether it opens anything now."""
        return self.revoked_s is None and (self.expires_s is None or now_s < self.expires_s)


@dataclass(frozen=True, slots=True)
class Answered:
    """An earlier answer to the same key; `status` None: that request is still at work."""

    digest: bytes
    status: int | None
    headers: str
    body: str


_JOINED = api_token.join(admin, admin.c.id == _t.admin_id)
_COLUMNS = (
    _t.id, _t.admin_id, admin.c.username, _t.name, _t.scopes, _t.created_s, _t.expires_s, _t.revoked_s, _t.used_s,
    _t.used_address,
)  # fmt: skip


def insert(
    connection: Connection, admin_id: int, name: str, digest: bytes, scopes: tuple[str, ...], now_s: int,
    expires_s: int | None,
) -> int:  # fmt: skip
    """Keep a new token's digest; its number."""
    values = {
        "admin_id": admin_id, "name": name, "digest": digest, "scopes": ",".join(scopes), "created_s": now_s,
        "expires_s": expires_s,
    }  # fmt: skip
    key = connection.execute(api_token.insert().values(values)).inserted_primary_key
    return 0 if key is None else int(key[0])


def by_digest(connection: Connection, digest: bytes) -> ApiToken | None:
    """The token of this digest, also one that is over."""
    row = connection.execute(select(*_COLUMNS).select_from(_JOINED).where(_t.digest == digest)).first()
    return None if row is None else _token(tuple(row))


def listing(connection: Connection, admin_id: int | None = None) -> list[ApiToken]:
    """The tokens of an admin, or all, newest first; also those that are over."""
    query = select(*_COLUMNS).select_from(_JOINED).order_by(_t.id.desc())
    if admin_id is not None:
        query = query.where(_t.admin_id == admin_id)
    return [_token(tuple(row)) for row in connection.execute(query)]


def used(connection: Connection, token_id: int, address: str, now_s: int) -> None:
    """Note a use."""
    values = {"used_s": now_s, "used_address": address[:45]}
    connection.execute(update(api_token).where(_t.id == token_id).values(values))


def revoke(connection: Connection, token_id: int, now_s: int) -> bool:
    """Let a token open nothing any more; whether it did until now."""
    good = (_t.id == token_id) & _t.revoked_s.is_(None)
    return connection.execute(update(api_token).where(good).values(revoked_s=now_s)).rowcount > 0


def begin_answer(connection: Connection, token_id: int, key: str, digest: bytes, now_s: int) -> Answered | None:
    """Note that a request with this key is at work; the earlier one of the same key, where there was one."""
    values = {"token_id": token_id, "key": key, "digest": digest, "at_s": now_s}
    if insert_unless_there(connection, api_answer, values):
        return None
    mine = (_a.token_id == token_id) & (_a.key == key)
    row = connection.execute(select(_a.digest, _a.status, _a.headers, _a.body).where(mine)).one()
    return Answered(*row)


def keep_answer(connection: Connection, token_id: int, key: str, status: int, headers: str, body: str) -> None:
    """What it was answered."""
    mine = (_a.token_id == token_id) & (_a.key == key)
    connection.execute(update(api_answer).where(mine).values(status=status, headers=headers, body=body))


def drop_answer(connection: Connection, token_id: int, key: str) -> None:
    """Forget that it was begun, so that it may be tried again."""
    connection.execute(delete(api_answer).where(_a.token_id == token_id, _a.key == key))


def forget_answers(connection: Connection, before_s: int) -> int:
    """Delete answers from before an epoch second; how many."""
    return connection.execute(delete(api_answer).where(_a.at_s < before_s)).rowcount


def _token(row: tuple[object, ...]) -> ApiToken:
    number, admin_id, owner, name, scopes, *rest = row
    return ApiToken(number, admin_id, owner, name, tuple(str(scopes).split(",")), *rest)  # type: ignore[arg-type]
