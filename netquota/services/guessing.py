"""Guessing of passwords, held off alike at every door: per account, and per account with the device that guesses.

Never by a device or an address alone: an office is one address. A wait is at most a minute. Nor does a stranger keep
the owner out (reliability.md §4): a device that the account was let in on lately waits for its own failures alone, and
so does any device at a place (a gateway, an office's network) at which hardly anybody failed at this account. Whoever
goes from place to place wins a few tries at each; after them all places together get one look per hold.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Final

from netquota.domain.people import username_key
from netquota.storage import login_failure_store
from netquota.storage.database import Connection
from netquota.storage.login_failure_store import Backoff
from netquota.storage.record_store import was_let_in

OF_ACCOUNT: Final = Backoff(free=20, most_s=30)
OF_SOURCE: Final = Backoff(free=5, most_s=60)
OF_PLACE: Final = Backoff(free=5, most_s=30)
"""Counted only; who failed here more often waits for the failures that all places made at the account."""
_NETWORK_BITS: Final = {4: 24, 6: 56}
KNOWN_FOR_S: Final = 30 * 86_400
MOST_SOURCES: Final = 20_000
"""Of which a worker remembers what it saw itself; the rest the database knows."""


@dataclass(frozen=True, slots=True)
class Guess:
    """Somebody tries an account (`employee:17`, `name:` that nobody has) from a source: a device, else an address.

    `place`: where that is, as we know it ourselves and not as a browser says (`place_of`); empty where it is unknown.
    """

    account: str
    source: str
    employee_id: int | None = None
    mac: str = ""
    place: str = ""

    @property
    def of_source(self) -> str:
        """What failures of this source at this account are counted under."""
        return f"{self.account}|{self.source}"

    @property
    def of_place(self) -> str:
        """What failures of its place at this account are counted under."""
        return f"{self.account}@{self.place}"


@dataclass(frozen=True, slots=True)
class Tried:
    """A password that was looked at: whether it was right, when (epoch s)."""

    guess: Guess
    right: bool
    at_s: int


def employee_guess(employee_id: int | None, name: str, mac: str, address: str) -> Guess:
    """A try at an employee's account, or at a name that nobody has; from a device where it is known."""
    # a name that nobody has is never told by what could be a person's number
    account = f"name:{username_key(name)[:200]}" if employee_id is None else f"employee:{employee_id}"
    return Guess(account, mac or address, employee_id, mac, place_of(address))


def place_of(address: str) -> str:
    """Where an address is: its network, as a device takes any address of it; a gateway (`nas:7`) is its own place."""
    try:
        bits = _NETWORK_BITS[ip_address(address).version]
    except ValueError:
        return address
    return str(ip_network(f"{address}/{bits}", strict=False))


def held_until(connection: Connection, guess: Guess, now_s: int) -> int:
    """The epoch second until which the next try is not looked at; not after `now_s` where it may be."""
    own_s = login_failure_store.blocked_until(connection, [guess.of_source])
    all_s = login_failure_store.blocked_until(connection, [guess.account])
    if all_s <= max(own_s, now_s):
        return own_s
    return own_s if _is_spared(connection, guess, now_s) else all_s


def _is_spared(connection: Connection, guess: Guess, now_s: int) -> bool:
    """Whether others' failures at the account are none of its business: its place is another, or it is known."""
    if guess.place:
        here = login_failure_store.failures(connection, guess.of_place, now_s - OF_PLACE.forget_s)
        if here <= OF_PLACE.free:
            return True
    return guess.employee_id is not None and bool(guess.mac) and was_let_in(
        connection, guess.employee_id, guess.mac, now_s - KNOWN_FOR_S
    )  # fmt: skip


def failed(connection: Connection, guess: Guess, now_s: int) -> int:
    """Count a wrong password; the epoch second until which this source is held off now, 0 where it is not."""
    _count(connection, guess, now_s)
    until_s = held_until(connection, guess, now_s)
    return until_s if until_s > now_s else 0


def _count(connection: Connection, guess: Guess, now_s: int) -> None:
    login_failure_store.failed(connection, [guess.account], now_s, OF_ACCOUNT)
    login_failure_store.failed(connection, [guess.of_source], now_s, OF_SOURCE)
    if guess.place:
        login_failure_store.failed(connection, [guess.of_place], now_s, OF_PLACE)


def note(connection: Connection, tried: Sequence[Tried]) -> None:
    """Count what a worker looked at. A right password is forgiven its source's failures, not those of others."""
    for one in sorted(tried, key=lambda each: (each.guess.account, each.guess.source, each.at_s)):
        if one.right:
            login_failure_store.succeeded(connection, [one.guess.of_source])
        else:
            _count(connection, one.guess, one.at_s)


class GuessMemory:
    """What one worker saw of each account's sources: who is held off costs it no look at the database, nor argon2."""

    def __init__(self, most: int = MOST_SOURCES) -> None:
        self._most = most
        self._seen: OrderedDict[str, tuple[int, int, int]] = OrderedDict()  # failures, last, held until
        self._told: dict[str, int] = {}

    def held_until(self, guess: Guess) -> int:
        """The epoch second until which this source is held off; 0 where it never was."""
        return self._seen.get(guess.of_source, (0, 0, 0))[2]

    def failed(self, guess: Guess, now_s: int) -> None:
        """A wrong password."""
        key = guess.of_source
        failures, last_s, _ = self._seen.pop(key, (0, 0, 0))
        failures = 1 if now_s - last_s > OF_SOURCE.forget_s else failures + 1
        wait_s = OF_SOURCE.wait_s(failures)
        self._seen[key] = failures, now_s, now_s + wait_s if wait_s else 0
        if len(self._seen) > self._most:
            self._seen.popitem(last=False)

    def succeeded(self, guess: Guess) -> bool:
        """A right one; whether there was anything to forgive."""
        self._told.pop(guess.of_source, None)
        return self._seen.pop(guess.of_source, None) is not None

    def is_news(self, guess: Guess, until_s: int) -> bool:
        """Whether this hold was not told yet: a flood is recorded once a hold, not once a packet."""
        if self._told.get(guess.of_source) == until_s:
            return False
        if len(self._told) >= self._most:
            self._told.clear()
        self._told[guess.of_source] = until_s
        return True
