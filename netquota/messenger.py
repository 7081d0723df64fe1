"""Sends notices, in threads of the scheduler: one for each way, so that a server that hangs holds up nothing else.

What is due and what an attempt means stand in the outbox (storage.notice_store); no transaction is open while a server
is talked to. Sent at least once: a process that dies between the server's answer and our note sends again, under the
same reference.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from netquota.channels import LaterPlease, Message, Refused, Way
from netquota.clock import Clock
from netquota.domain.notice_text import LONGEST_SUBJECT
from netquota.domain.notices import Channel, next_try_s
from netquota.errors import StorageUnavailable
from netquota.logging import get_logger
from netquota.services.notice_addressing import AddressBook, address_all
from netquota.settings import Notices
from netquota.storage import lease_store, notice_store
from netquota.storage.database import Database
from netquota.storage.lease_store import Lease, LeaseLost
from netquota.storage.notice_store import Claim, Delivery, State

TURN_S: Final = 2.0
STOP_WITHIN_S: Final = 3.0
MOST_A_TURN: Final = 50
_BETWEEN: Final = "\n\n----------\n\n"
_MORE: Final = {"id": "dan {number} pemberitahuan lain", "en": "and {number} more notices"}

log = get_logger("messenger")
Results = Counter[tuple[str, str]]


class Messenger:
    """The threads: `start`, then `stop`. `lease` gives the scheduler's lease while it is held here."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        ways: Mapping[Channel, Way],
        book: AddressBook,
        rules: Notices,
        lease: Callable[[], Lease | None],
    ) -> None:
        self._database, self._clock, self._lease = database, clock, lease
        self._ways, self._book, self._rules = ways, book, rules
        self.results: Results = Counter()
        """Messages by (channel, how it ended), since this process began."""
        self._stop = threading.Event()
        loops = {"addressing": self.address} | {channel.value: self._sender(channel) for channel in ways}
        self._threads = [
            threading.Thread(target=self._run, args=(name, turn), name=f"notices-{name}", daemon=True)
            for name, turn in loops.items()
        ]

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End. One that waits for a server that hangs is not waited for: it ends with the process."""
        self._stop.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(STOP_WITHIN_S)

    def address(self) -> int:
        """Put new notices on their ways, end those not worth telling any more; how many deliveries that made."""
        with self._database.read() as connection:
            if not (notice_store.unaddressed(connection, 1) or notice_store.has_late(connection, self._now_s())):
                return 0
        lease = self._lease()
        if lease is None:
            return 0
        with self._database.write() as connection:
            lease_store.require(connection, lease)
            notice_store.lapse(connection, self._now_s())
            return address_all(connection, self._book, self._now_s())

    def send(self, channel: Channel) -> int:
        """Send what may go out by this way now; how many messages were tried."""
        for tried in range(MOST_A_TURN):
            claimed = None if self._stop.is_set() else self._claim(channel)
            if claimed is None:
                return tried
            self._attempt(self._ways[channel], claimed)
        return MOST_A_TURN

    def _sender(self, channel: Channel) -> Callable[[], int]:
        return lambda: self.send(channel)

    def _run(self, name: str, turn: Callable[[], int]) -> None:
        while not self._stop.wait(TURN_S):
            if self._lease() is None:
                continue
            try:
                turn()
            except (StorageUnavailable, LeaseLost) as error:
                log.warning("notices wait", part=name, problem=str(error))
            except Exception:  # a thread's edge: the next turn begins anew
                log.exception("a turn of notices failed", part=name)

    def _claim(self, channel: Channel) -> Claim | None:
        with self._database.read() as connection:
            if not notice_store.has_due(connection, channel, self._now_s()):
                return None
        lease = self._lease()
        if lease is None:
            return None
        with self._database.write() as connection:
            lease_store.require(connection, lease)
            return notice_store.claim(
                connection, channel, self._now_s(), self._rules.pause_s, self._rules.per_minute
            )  # fmt: skip

    def _attempt(self, way: Way, claimed: Claim) -> None:
        """One message: sent, or when to try again, or given up."""
        try:
            state, result, next_s = State.SENT, way.send(message_of(claimed, self._clock.now())), None
        except Refused as error:
            state, result, next_s = State.GIVEN_UP, str(error), None
        except LaterPlease as error:
            state, result, next_s = self._later(claimed, error)
        except Exception as error:  # a fault of ours must not send the same message for ever
            log.exception("a notice could not be sent", channel=claimed.to.channel)
            state, result, next_s = self._later(claimed, LaterPlease(f"fault {type(error).__name__}; see the log"))
        with self._database.write() as connection:
            notice_store.settle(connection, claimed, state, self._now_s(), result, next_s)
        self.results[claimed.to.channel, "retry" if state is State.WAITING else state.value] += 1
        if state is not State.SENT:
            log.warning("a notice did not go out", channel=claimed.to.channel, state=state.value, problem=result)

    def _later(self, claimed: Claim, error: LaterPlease) -> tuple[State, str, int | None]:
        now_s, oldest = self._now_s(), claimed.deliveries[0]
        attempts = max(each.attempts for each in claimed.deliveries) + 1
        next_s = next_try_s(attempts, now_s, oldest.id, error.after_s)
        began_s = max(each.created_s for each in claimed.deliveries)
        if next_s - began_s > self._rules.give_up_after_s:
            return State.GIVEN_UP, f"{error}; given up after {attempts} attempts", None
        return State.WAITING, str(error), next_s

    def _now_s(self) -> int:
        return int(self._clock.now().timestamp())


def message_of(claimed: Claim, now: datetime) -> Message:
    """One message of all deliveries of a claim, the oldest first."""
    first = claimed.deliveries[0]
    return Message(
        claimed.to.to, _subject(claimed), _BETWEEN.join(_part(each, claimed) for each in claimed.deliveries),
        claimed.language, first.topic if len(claimed.deliveries) == 1 else "several", first.name,
        f"notice-{first.id}-{len(claimed.deliveries)}", now,
    )  # fmt: skip


def _subject(claimed: Claim) -> str:
    first, *others = claimed.deliveries
    if not others:
        return first.subject
    more = _MORE["en" if claimed.language == "en" else "id"].format(number=len(others))
    return f"{first.subject[: LONGEST_SUBJECT - len(more) - 2]}, {more}"


def _part(each: Delivery, claimed: Claim) -> str:
    return each.body if len(claimed.deliveries) == 1 else f"{each.subject}\n\n{each.body}".strip()
