"""A turn at work under the scheduler's lease: what a job has in its hands, and the one way in which it writes.

Every step is a short transaction that asks for the lease's fencing number first, so that a job whose process stood
still past its lease changes nothing when it wakes up, and accounting never waits for a whole job.
"""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from netquota.clock import Clock
from netquota.errors import NetquotaError
from netquota.services.almanac import Almanac
from netquota.services.facts import Policy
from netquota.services.gateways import GatewayBook
from netquota.services.office import Office
from netquota.storage import lease_store
from netquota.storage.database import Connection, Database
from netquota.storage.lease_store import Lease
from netquota.storage.ledger_store import Page, page_on

Item = TypeVar("Item")


class Interrupted(NetquotaError):
    """The process is to stop; what is left of the run is taken up by the next holder of the lease."""


class _Undone(Exception):
    """What a rehearsal wrote is taken back."""


@dataclass(frozen=True, slots=True)
class Shift:
    """What jobs work with. `office`: to change policy as people do; `worker`: the scheduler in the feed of changes.

    A `rehearsal` needs no lease, and each of its steps is undone when it ends.
    """

    office: Office
    lease: Lease
    almanac: Almanac
    policy: Policy
    gateways: GatewayBook
    worker: str
    stopping: threading.Event = field(default_factory=threading.Event)
    rehearsal: bool = False

    @property
    def database(self) -> Database:
        """The city's database."""
        return self.office.database

    @property
    def clock(self) -> Clock:
        """The clock that jobs go by."""
        return self.office.clock

    @property
    def now_ms(self) -> int:
        """Now, epoch milliseconds."""
        return int(self.clock.now().timestamp() * 1000)

    @property
    def now_s(self) -> int:
        """Now, epoch seconds."""
        return int(self.clock.now().timestamp())

    @contextmanager
    def step(self) -> Generator[tuple[Page, Connection]]:
        """A short write under the lease. Raises `LeaseLost`, `Interrupted`, `StorageUnavailable`."""
        if self.stopping.is_set():
            raise Interrupted("the scheduler is stopping")
        try:
            with self.database.write() as connection:
                if not self.rehearsal:
                    lease_store.require(connection, self.lease)
                yield page_on(connection), connection
                if self.rehearsal:
                    raise _Undone
        except _Undone:
            return

    @contextmanager
    def reading(self) -> Generator[tuple[Page, Connection]]:
        """A page to read from, which makes nobody wait."""
        if self.stopping.is_set():
            raise Interrupted("the scheduler is stopping")
        with self.database.read() as connection:
            yield page_on(connection), connection


def on_shift(
    office: Office,
    lease: Lease,
    almanac: Almanac,
    floor_bps: int,
    stopping: threading.Event,
    *,
    rehearsal: bool = False,
) -> Shift:
    """A shift by this policy, with the gateways as they are known now. Raises `StorageUnavailable`."""
    gateways = GatewayBook()
    with office.database.read() as connection:
        gateways.read(connection)
    policy = Policy.of(almanac.snapshot, floor_bps)
    return Shift(office, lease, almanac, policy, gateways, lease.holder, stopping, rehearsal)


def in_parts(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    """The items in parts of at most `size`, in order."""
    for at in range(0, len(items), size):
        yield items[at : at + size]
