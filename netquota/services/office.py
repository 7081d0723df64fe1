"""Where changes are made: the database, the cipher, the clock, the city's zone, and who does it and why."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

from netquota.clock import Clock
from netquota.domain.scope import EVERYTHING, Scope
from netquota.errors import InvalidValue
from netquota.secrets import Keyring
from netquota.storage.database import Connection, Database

OnChange = Callable[[Connection, str, Sequence[int], int], None]
"""Called in the transaction of each change with (connection, kind, row ids, epoch seconds), before it commits."""


SCHEDULER: Final = "scheduler"
"""The name under which what the clock does stands in the audit trail."""
_ACTS_BY: Final = " (api "


def nothing_follows(_connection: Connection, _kind: str, _ids: Sequence[int], _now_s: int) -> None:
    """Where nothing else follows from a change."""


@dataclass(frozen=True, slots=True)
class Author:
    """Who changes something, and why: both stand in the audit trail."""

    name: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Office:
    """The desk at which policy is changed; `on_change` plugs in what follows (enforcement).

    `keeps_text`: new passwords are kept encrypted, too, as CHAP and MS-CHAP need them. `scope`: whose things can be
    reached from it; what is outside does not exist here.
    """

    database: Database
    secrets: Keyring
    clock: Clock
    zone: ZoneInfo
    on_change: OnChange = nothing_follows
    keeps_text: bool = False
    scope: Scope = EVERYTHING

    @property
    def now_s(self) -> int:
        """Now, epoch seconds."""
        return int(self.clock.now().timestamp())

    @property
    def today(self) -> date:
        """The local date."""
        return self.clock.now().astimezone(self.zone).date()


def by_token(account: str, token_id: int) -> str:
    """The name of an author who acts by an API token."""
    return f"{account}{_ACTS_BY}{token_id})"


def account_of(name: str) -> str:
    """Whose account an author's name is, by whatever door he came."""
    return name.partition(_ACTS_BY)[0]


def needed(by: Author, field: str = "why") -> str:
    """The reason, where a change must have one. Raises `InvalidValue`."""
    if not by.why.strip():
        raise InvalidValue(field, "", "say why; others will read it")
    return by.why.strip()
