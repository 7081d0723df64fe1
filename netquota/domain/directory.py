"""A directory of people elsewhere (LDAP, Active Directory) as the services see it: passwords checked, people listed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Protocol


class Answer(StrEnum):
    """What a directory says of a password."""

    RIGHT = "right"
    WRONG = "wrong"
    AWAY = "away"


class Directory(Protocol):
    """One way to ask a directory; each call is bounded in time by the one who made it."""

    def verify(self, username: str, nip: str, password: str) -> Answer:
        """Whether this is somebody's password there; `AWAY` where it cannot be asked now. An empty one is wrong."""
        ...

    def people(self) -> Sequence[Mapping[str, str]]:
        """Everybody in it by field of an employee's account, for lists. Raises `NetquotaError`."""
        ...
