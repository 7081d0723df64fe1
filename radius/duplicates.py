"""Which requests were seen already, and what was answered: a repetition gets the same octets (P16, P17).

Bounded in entries and octets, per gateway and in all; a flood from one gateway pushes out only its own entries.
"""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from enum import Enum
from typing import Final

ENTRY_OCTETS: Final = 600
"""What an entry is counted as beside its answer's octets: objects, keys and the authenticator, measured roughly."""


class Standing(Enum):
    """What is known of a request that has no answer yet."""

    NEW = "new"
    IN_WORK = "in work"


_NEW: Final = Standing.NEW  # asked for each packet; a member of an enum costs a look-up by name
_IN_WORK: Final = Standing.IN_WORK


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a request is remembered (RFC 5080 §2.2.2), and how many."""

    keep_s: float = 30.0
    entries_per_nas: int = 8_192
    octets_per_nas: int = 8 * 2**20
    entries: int = 65_536
    octets: int = 64 * 2**20


@dataclass(slots=True)
class _Entry:
    authenticator: bytes
    until_s: float
    answer: bytes | None = None


class _Shelf:
    """One gateway's entries, oldest first."""

    __slots__ = ("entries", "octets")

    def __init__(self) -> None:
        self.entries: OrderedDict[Hashable, _Entry] = OrderedDict()
        self.octets = 0


class Duplicates:
    """The requests of the last seconds and their answers. `now_s` is any clock that only goes forward.

    A request is named by its gateway `nas` and by `key`: source address, source port and Identifier.
    """

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._shelves: dict[Hashable, _Shelf] = {}
        self.entries = 0
        self.octets = 0

    def look(self, nas: Hashable, key: Hashable, authenticator: bytes, now_s: float) -> Standing | bytes:
        """NEW (from now on it is in work), IN_WORK (say nothing), or the octets that were answered (send them again).

        The same key with another authenticator is a new request that replaces the old (P16).
        """
        shelf = self._shelves.get(nas)
        if shelf is not None:
            entry = shelf.entries.get(key)
            if entry is not None:
                if entry.authenticator == authenticator and entry.until_s > now_s:
                    return _IN_WORK if entry.answer is None else entry.answer
                self._replace(shelf, key, entry, authenticator, now_s)
                return _NEW
            self._expire(nas, shelf, now_s)
        self._put(nas, key, _Entry(authenticator, now_s + self._limits.keep_s))
        return _NEW

    def _replace(self, shelf: _Shelf, key: Hashable, entry: _Entry, authenticator: bytes, now_s: float) -> None:
        """Another request under the same key takes the old one's place, as the youngest."""
        if entry.answer is not None:
            shelf.octets -= len(entry.answer)
            self.octets -= len(entry.answer)
        entry.authenticator, entry.until_s, entry.answer = authenticator, now_s + self._limits.keep_s, None
        shelf.entries.move_to_end(key)

    def answered(self, nas: Hashable, key: Hashable, authenticator: bytes, answer: bytes) -> None:
        """Remember what was answered; nothing happens where the request was replaced or forgotten meanwhile."""
        shelf = self._shelves.get(nas)
        entry = shelf.entries.get(key) if shelf else None
        if shelf is None or entry is None or entry.authenticator != authenticator or entry.answer is not None:
            return
        entry.answer = answer
        shelf.octets += len(answer)
        self.octets += len(answer)
        self._make_room(nas, shelf)

    def forget(self, nas: Hashable, key: Hashable, authenticator: bytes) -> None:
        """The request came to nothing (dropped, not recorded): its repetition is to be worked on anew."""
        shelf = self._shelves.get(nas)
        entry = shelf.entries.get(key) if shelf else None
        if shelf is not None and entry is not None and entry.authenticator == authenticator:
            self._take(nas, shelf, key)

    def expire(self, now_s: float) -> None:
        """Let go of what is past its time, of all gateways; call it now and then, so that silent ones cost nothing."""
        for nas, shelf in list(self._shelves.items()):
            self._expire(nas, shelf, now_s)

    def _put(self, nas: Hashable, key: Hashable, entry: _Entry) -> None:
        shelf = self._shelves.setdefault(nas, _Shelf())
        shelf.entries[key] = entry
        shelf.octets += ENTRY_OCTETS
        self.entries += 1
        self.octets += ENTRY_OCTETS
        self._make_room(nas, shelf)

    def _take(self, nas: Hashable, shelf: _Shelf, key: Hashable) -> None:
        octets = ENTRY_OCTETS + len(shelf.entries.pop(key).answer or b"")
        shelf.octets -= octets
        self.entries -= 1
        self.octets -= octets
        if not shelf.entries:
            del self._shelves[nas]

    def _take_oldest(self, nas: Hashable, shelf: _Shelf) -> None:
        self._take(nas, shelf, next(iter(shelf.entries)))

    def _expire(self, nas: Hashable, shelf: _Shelf, now_s: float) -> None:
        while shelf.entries and next(iter(shelf.entries.values())).until_s <= now_s:
            self._take_oldest(nas, shelf)

    def _make_room(self, nas: Hashable, shelf: _Shelf) -> None:
        limits = self._limits
        while len(shelf.entries) > limits.entries_per_nas or shelf.octets > limits.octets_per_nas:
            self._take_oldest(nas, shelf)
        while self.entries > limits.entries or self.octets > limits.octets:
            if self._over_its_share(shelf):
                self._take_oldest(nas, shelf)
            else:
                self._trim_the_largest()

    def _over_its_share(self, shelf: _Shelf) -> bool:
        shares = len(self._shelves)
        return len(shelf.entries) * shares > self._limits.entries or shelf.octets * shares > self._limits.octets

    def _trim_the_largest(self) -> None:
        """Take from whoever holds most until it holds no more than its share: rare, so the search may take a while."""
        nas, largest = max(self._shelves.items(), key=lambda item: item[1].octets)
        self._take_oldest(nas, largest)
        while largest.entries and self._over_its_share(largest):
            self._take_oldest(nas, largest)
