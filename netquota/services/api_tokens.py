"""Use case: an admin gives a program a token, which acts in his name within some scopes. Shown once, kept as a digest.

A token never may more than its owner: his role and offices hold for it, too, and it ends with his account.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from netquota.errors import InvalidValue, NotFound
from netquota.services.catalogue import KINDS
from netquota.services.office import Author, Office
from netquota.storage import admin_store, api_token_store, audit_store
from netquota.storage.admin_store import Admin
from netquota.storage.api_token_store import ApiToken
from netquota.storage.database import Connection

MARK: Final = "nqa_"
_LONGEST: Final = 100
_LONGEST_LIFE_S: Final = 3 * 366 * 86400
_USED_EVERY_S: Final = 60


class TokenScope(StrEnum):
    """What a token may be used for."""

    READ = "read"
    ACCOUNTS = "accounts"
    POLICY = "policy"
    NETWORK = "network"
    SESSIONS = "sessions"
    OPERATIONS = "operations"
    ADMINS = "admins"


SCOPES: Final[dict[TokenScope, str]] = {
    TokenScope.READ: "read all that its owner may see",
    TokenScope.ACCOUNTS: "make and change accounts of employees and devices",
    TokenScope.POLICY: "make and change offices, plans, quotas, schedules, sites, links and lines",
    TokenScope.NETWORK: "make and change gateways",
    TokenScope.SESSIONS: "end running sessions and give their people another speed",
    TokenScope.OPERATIONS: "run jobs; pause and resume enforcement",
    TokenScope.ADMINS: "make and change admins",
}


SCOPE_OF_KIND: Final[dict[str, TokenScope]] = dict.fromkeys(KINDS, TokenScope.POLICY) | {
    "employee": TokenScope.ACCOUNTS,
    "device": TokenScope.ACCOUNTS,
    "nas": TokenScope.NETWORK,
    "admin": TokenScope.ADMINS,
}
"""What changing things of each kind needs."""


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token that was made: its text is known now and never again."""

    id: int
    owner: str
    scopes: tuple[str, ...]
    expires_s: int | None
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks by a token: the token and the admin for whom it acts."""

    token: ApiToken
    admin: Admin


def create(
    office: Office, username: str, name: str, scopes: Iterable[str], by: Author, *, life_s: int | None = None
) -> NewToken:
    """A new token of an admin; `life_s` None = until it is revoked. Raises `InvalidValue`, `NotFound`."""
    chosen = _known(scopes)
    if not name.strip() or len(name) > 120 or not name.isprintable():
        raise InvalidValue("name", name, "say what the token is for, in one line of at most 120 characters")
    if life_s is not None and not 60 <= life_s <= _LONGEST_LIFE_S:
        raise InvalidValue("days", life_s, "give from a minute to three years")
    text = MARK + secrets.token_urlsafe(30)
    expires_s = None if life_s is None else office.now_s + life_s
    with office.database.write() as connection:
        owner = _admin(connection, username)
        number = api_token_store.insert(
            connection, owner.id, name.strip(), digest(text), chosen, office.now_s, expires_s
        )
        after = {"token": str(number), "name": name.strip(), "scopes": ", ".join(chosen)}
        _note(connection, office, "token", owner.username, {}, after, by)
    return NewToken(number, owner.username, chosen, expires_s, text)


def revoke(office: Office, token_id: int, by: Author, *, owner: str | None = None) -> ApiToken:
    """Let a token open nothing any more (of this owner alone, where given). Raises `NotFound`."""
    with office.database.write() as connection:
        found = next((one for one in api_token_store.listing(connection) if one.id == token_id), None)
        wanted = found is not None and owner in (None, found.owner)
        if found is None or not wanted or not api_token_store.revoke(connection, token_id, office.now_s):
            raise NotFound("token", token_id, "list the tokens to see which are good")
        _note(connection, office, "token_revoked", found.owner, {"token": str(token_id)}, {}, by)
    return found


def tokens_of(office: Office, username: str | None = None) -> list[ApiToken]:
    """The tokens of an admin, or all, newest first. Raises `NotFound`."""
    with office.database.read() as connection:
        admin_id = None if username is None else _admin(connection, username).id
        return api_token_store.listing(connection, admin_id)


def caller_of(office: Office, text: str, address: str) -> Caller | None:
    """Who asks with this text; None where it is no good token, or its owner may not log in. Notes its use."""
    if not text.startswith(MARK) or len(text) > _LONGEST:
        return None
    with office.database.read() as connection:
        token = api_token_store.by_digest(connection, digest(text))
        admin = None if token is None else admin_store.by_id(connection, token.admin_id)
    if token is None or admin is None or not admin.active or not token.is_valid(office.now_s):
        return None
    if token.used_s is None or office.now_s - token.used_s >= _USED_EVERY_S or token.used_address != address[:45]:
        with office.database.write() as connection:
            api_token_store.used(connection, token.id, address, office.now_s)
    return Caller(token, admin)


def digest(text: str) -> bytes:
    """What is kept of a token: it is random and long, so a plain digest does."""
    return hashlib.sha256(text.encode()).digest()


def _known(scopes: Iterable[str]) -> tuple[str, ...]:
    given = {scope.strip() for scope in scopes if scope.strip()}
    unknown = sorted(given - set(TokenScope))
    if unknown or not given:
        raise InvalidValue("scopes", ", ".join(unknown), f"give some of {', '.join(TokenScope)}")
    return tuple(scope.value for scope in TokenScope if scope in given)


def _admin(connection: Connection, username: str) -> Admin:
    found = admin_store.by_username(connection, username)
    if found is None:
        raise NotFound("admin", username)
    return found


def _note(
    connection: Connection, office: Office, action: str, key: str,
    before: dict[str, str], after: dict[str, str], by: Author,
) -> None:  # fmt: skip
    audit_store.append(
        connection, actor=by.name, action=action, kind="admin", key=key, before=before, after=after, why=by.why,
        now_s=office.now_s,
    )  # fmt: skip
