"""Use case of a directory of people elsewhere: a password checked there, bounded and remembered for a while.

What was right lately is remembered as a keyed digest, so that people get in while the directory is away.
"""

from __future__ import annotations

import hmac
import threading
from collections import OrderedDict
from typing import Final

from netquota.domain.directory import Answer, Directory
from netquota.domain.people import Subscriber
from netquota.errors import StorageUnavailable
from netquota.secrets import Keyring

SLOTS: Final = 4
"""Questions under way at once: one that hangs holds up no more than these."""
MOST_KNOWN: Final = 20_000


class DirectoryAway(StorageUnavailable):
    """The directory cannot be asked now, and nothing is remembered that would do: ask again later."""


class DirectoryDesk:
    """Where passwords of people are checked whose accounts say `directory`; safe to be asked by several threads.

    `keep_s`: for so long a password that was right is good while the directory is away; 0 = not at all.
    """

    def __init__(self, directory: Directory | None, keyring: Keyring, keep_s: int, wait_s: float) -> None:
        self._directory, self._keyring, self._keep_s, self._wait_s = directory, keyring, keep_s, wait_s
        self._slots = threading.BoundedSemaphore(SLOTS)
        self._lock = threading.Lock()
        self._known: OrderedDict[int, tuple[bytes, int]] = OrderedDict()

    def is_right(self, person: Subscriber, password: str, now_s: int) -> bool:
        """Whether it is the person's password there. Raises `DirectoryAway`."""
        answer = self._asked(person, password)
        if answer is Answer.AWAY:
            if self._remembers(person.id, password, now_s):
                return True
            raise DirectoryAway("the directory does not answer; see directory.url and `netquota directory check`")
        if answer is Answer.WRONG and not self._remembers(person.id, password, now_s):
            return False  # a slip of the finger, or a stranger's guess, does not undo what was right
        with self._lock:
            self._known.pop(person.id, None)
            if answer is Answer.RIGHT and self._keep_s:
                self._known[person.id] = self._digest(person.id, password), now_s + self._keep_s
                if len(self._known) > MOST_KNOWN:
                    self._known.popitem(last=False)
        return answer is Answer.RIGHT

    def _asked(self, person: Subscriber, password: str) -> Answer:
        if self._directory is None or not self._slots.acquire(timeout=self._wait_s):
            return Answer.AWAY
        try:
            return self._directory.verify(person.username, person.nip or "", password)
        finally:
            self._slots.release()

    def _remembers(self, employee_id: int, password: str, now_s: int) -> bool:
        with self._lock:
            known = self._known.get(employee_id)
        is_fresh = known is not None and now_s < known[1]
        return is_fresh and known is not None and hmac.compare_digest(known[0], self._digest(employee_id, password))

    def _digest(self, employee_id: int, password: str) -> bytes:
        return self._keyring.digest(b"directory" + employee_id.to_bytes(8, "big") + password.encode())
