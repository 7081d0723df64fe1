"""Passwords tried at either door: guessing slowed down, the same work whether the account exists or not, bounded.

Per account and per account with its source (address or device); never by a source alone: an office is one address.
A wait is at most a minute: nobody can keep another out of his account. RADIUS counts with us (services.guessing).
"""

from __future__ import annotations

from dataclasses import dataclass

from werkzeug.exceptions import TooManyRequests

from netquota.passwords import DUMMY_HASH, verify_password
from netquota.services import guessing
from netquota.services.guessing import Guess
from netquota.storage import login_failure_store
from netquota.storage.database import Connection
from web.auth import person
from web.context import here

_PATIENCE_S = 5.0


@dataclass(frozen=True, slots=True)
class Failed:
    """A wrong password: seconds to wait from now, and how many more cost no wait."""

    wait_s: int
    left: int


@dataclass(frozen=True, slots=True)
class Attempt:
    """Somebody tries an account (`door:name`) from a source."""

    account: str
    source: str
    employee_id: int | None = None
    mac: str = ""

    @property
    def guess(self) -> Guess:
        """The same as every door counts it; the place is where the browser's address really is."""
        place = guessing.place_of(person.remote_address())
        return Guess(self.account, self.source, self.employee_id, self.mac, place)

    def wait_s(self) -> int:
        """Seconds until the next try is looked at; 0 = now."""
        context = here()
        with context.database.read() as connection:
            until_s = guessing.held_until(connection, self.guess, context.now_s)
        return max(0, until_s - context.now_s)

    def failed(self) -> Failed:
        """Count a wrong password."""
        context = here()
        with context.database.write() as connection:
            until_s = guessing.failed(connection, self.guess, context.now_s)
            counted = login_failure_store.failures(connection, self.guess.of_source)
        return Failed(max(0, until_s - context.now_s), max(0, guessing.OF_SOURCE.free - counted))

    def succeeded(self, connection: Connection) -> None:
        """Forget this source's failures; those of other sources go on counting for the account."""
        login_failure_store.succeeded(connection, [self.guess.of_source])


def is_right(stored: str | None, password: str) -> bool:
    """Whether the password is the one behind the hash; costs the same without one.

    Raises `TooManyRequests` where so many are being checked that this one would wait too long.
    """
    slots = here().password_slots
    if not slots.acquire(timeout=_PATIENCE_S):
        raise TooManyRequests
    try:
        right = verify_password(stored or DUMMY_HASH, password)
    finally:
        slots.release()
    return right and stored is not None
