"""What the clock looks out through: SNMP and ping, as one value that the composition root hands to the jobs."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from netquota import pinger, snmp
from netquota.clock import Clock
from netquota.services.interfaces import Answer, Asked, Echo


@dataclass(frozen=True, slots=True)
class NetworkInstruments:
    """`services.interfaces.Instruments` over the network."""

    secrets: snmp.Decrypts = field(repr=False)
    clock: Clock
    stopping: threading.Event = field(default_factory=threading.Event)

    def read(self, asked: Sequence[Asked]) -> Mapping[int, Answer]:
        """Ask all these clients at once by SNMP; an answer for each, by client."""
        return snmp.read(asked, self.secrets, self.clock, self.stopping)

    def ping(self, addresses: Sequence[str]) -> Mapping[str, Echo]:
        """Ask all these addresses at once; those that cannot be asked from here are left out."""
        return {} if self.stopping.is_set() else pinger.ping(addresses)

    def stop(self) -> None:
        """The process ends: let who waits for answers return at once."""
        self.stopping.set()
