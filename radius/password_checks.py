"""Password checks that cost milliseconds: off the packet loop, bounded, and in turn for each gateway that asks.

So a guesser at one gateway makes nobody at another wait for more than his own turn; and at the same gateway each device
has its turn, so that one which guesses waits behind itself.
"""

from __future__ import annotations

from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from netquota.domain.people import Subscriber
from netquota.errors import StorageUnavailable
from netquota.logging import get_logger
from netquota.services.directory import DirectoryAway
from netquota.services.verify import Claim, SlowCheck, Verdict
from radius.engine import Login
from radius.failures import INTERNAL, place_of

PENDING_PER_CHECKER: Final = 500  # some 10 s of argon2: longer than a gateway waits
AT_HAND: Final = 2  # checks given to each checker, so that it need not wait for the loop
DATABASE_AWAY: Final = "database_away"
DIRECTORY_AWAY: Final = "directory_away"

Job = TypeVar("Job")

log = get_logger("radius")


class FairQueue(Generic[Job]):
    """Jobs in lanes of two levels (who asks, for which device) that get their turns; at most `most` in all."""

    def __init__(self, most: int) -> None:
        self._lanes: OrderedDict[Hashable, OrderedDict[Hashable, deque[Job]]] = OrderedDict()
        self._waiting: Counter[Hashable] = Counter()
        self._most = most
        self._jobs = 0

    def put(self, lane: Hashable, job: Job, within: Hashable = None) -> Job | None:
        """Take a job; where there is no room the youngest of the longest lane has to go, which is given back."""
        self._lanes.setdefault(lane, OrderedDict()).setdefault(within, deque()).append(job)
        self._waiting[lane] += 1
        self._jobs += 1
        if self._jobs <= self._most:
            return None
        longest = max(self._lanes, key=lambda name: self._waiting[name])
        parts = self._lanes[longest]
        part = max(reversed(parts), key=lambda name: len(parts[name]))
        return self._take(longest, part, parts[part].pop())

    def take(self) -> Job | None:
        """The oldest job of the part of the lane whose turn it is."""
        if not self._lanes:
            return None
        lane = next(iter(self._lanes))
        parts = self._lanes[lane]
        part = next(iter(parts))
        self._lanes.move_to_end(lane)
        parts.move_to_end(part)
        return self._take(lane, part, parts[part].popleft())

    def _take(self, lane: Hashable, part: Hashable, job: Job) -> Job:
        self._jobs -= 1
        self._waiting[lane] -= 1
        if not self._lanes[lane][part]:
            del self._lanes[lane][part]
        if not self._lanes[lane]:
            del self._lanes[lane], self._waiting[lane]
        return job


@dataclass(frozen=True, slots=True)
class Asked:
    """A log-in whose proof is to be checked; `at_s` epoch seconds."""

    login: Login
    subscriber: Subscriber | None
    claim: Claim
    at_s: int


@dataclass(frozen=True, slots=True)
class Checked:
    """A check came back; `verdict` None: it could not be made, for the `cause`."""

    asked: Asked
    verdict: Verdict | None
    cause: str = ""


class PasswordChecks:
    """The checkers of one worker; called by its packet loop alone, which `wake` calls for results."""

    def __init__(self, slow: SlowCheck, checkers: int, wake: Callable[[], None]) -> None:
        self._slow, self._wake = slow, wake
        self._pool = ThreadPoolExecutor(checkers, thread_name_prefix="password")
        self._queue: FairQueue[Asked] = FairQueue(PENDING_PER_CHECKER * checkers)
        self._free = AT_HAND * checkers
        self._done: deque[Checked] = deque()

    def ask(self, asked: Asked) -> Asked | None:
        """Take a log-in; gives one that has to go, as there are too many."""
        refused = self._queue.put(asked.login.exchange.nas.id, asked, asked.login.mac or asked.login.username)
        self._hand_out()
        return refused

    def results(self) -> Iterator[Checked]:
        """The checks that came back since."""
        while self._done:
            found = self._done.popleft()
            self._free += 1
            self._hand_out()
            yield found

    def close(self) -> None:
        """Let the checkers end; what is under way is left to the gateways' repetition."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _hand_out(self) -> None:
        while self._free and (asked := self._queue.take()) is not None:
            self._free -= 1
            self._pool.submit(self._check, asked)

    def _check(self, asked: Asked) -> None:
        verdict, cause = None, INTERNAL
        try:
            verdict = self._slow.check(asked.claim, asked.login.credential, asked.at_s)
        except DirectoryAway:
            cause = DIRECTORY_AWAY
        except StorageUnavailable:
            cause = DATABASE_AWAY
        except Exception as error:  # noqa: BLE001 (a thread's edge: nobody else would hear of it)
            log.error("a password cannot be checked", place=place_of(error))
        finally:
            self._done.append(Checked(asked, verdict, cause))
            self._wake()
