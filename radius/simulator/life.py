"""What happens at simulated gateways by itself: crowds come and go, power fails. No sockets; time is an argument."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Final

from radius.client_parts import Status
from radius.simulator.crowd import Crowd
from radius.simulator.nas import SimulatedNas

_NOTICE_S: Final = 1.0
_DOWN_S: Final = 3.0


@dataclass(frozen=True, slots=True)
class Upheaval:
    """A gateway starts again `at_s` seconds after the beginning; `announces`: it says Accounting-On afterwards.

    `orderly`: some seconds before, it ends its sessions and says Accounting-Off.
    """

    at_s: float
    gateway: str
    announces: bool = True
    orderly: bool = False


def drawn_upheavals(gateway: str, mean_s: float, announced: float, for_s: float, seed: int) -> Iterator[Upheaval]:
    """Reboots about every `mean_s` seconds, a share of them announced, for so long."""
    random = Random(f"{seed}:{gateway}:power")  # noqa: S311 (repeatable, not secret)
    at_s = random.expovariate(1 / mean_s)
    while at_s < for_s:
        yield Upheaval(at_s, gateway, announces=random.random() < announced)
        at_s += random.expovariate(1 / mean_s)


class Life:
    """Crowds and upheavals at gateways; `begin` once, then `tick` several times a second."""

    def __init__(
        self, gateways: Mapping[str, SimulatedNas], crowds: Sequence[Crowd], upheavals: Sequence[Upheaval] = ()
    ) -> None:
        self.gateways, self._crowds = gateways, crowds
        self._coming = sorted(upheavals, key=_moment, reverse=True)
        self._began = 0.0
        self._next_notice = 0.0

    @property
    def online(self) -> int:
        """How many sessions run."""
        return sum(len(nas.running) for nas in self.gateways.values())

    def begin(self, now: float) -> None:
        """Every gateway is switched on."""
        self._began = now
        for nas in self.gateways.values():
            nas.announce(Status.ON, now)

    def tick(self, now: float) -> None:
        """Let happen what is due."""
        while self._coming and self._began + self._coming[-1].at_s <= now:
            self._restart(self._coming.pop(), now)
            self._coming.sort(key=_moment, reverse=True)
        if now >= self._next_notice:
            self._next_notice = now + _NOTICE_S
            for crowd in self._crowds:
                crowd.notice_who_left(now)
            self._count_and_forget()
        for crowd in self._crowds:
            crowd.come_and_go(now)

    def hold(self, holds: bool) -> None:
        """Let all sessions stand still, or go on."""
        for nas in self.gateways.values():
            nas.holds = holds
            nas.on_work()

    def everybody_leaves(self, now: float) -> None:
        """Log out whoever is online."""
        for nas in self.gateways.values():
            for session in nas.running:
                nas.log_out(session, now)

    @property
    def unacknowledged(self) -> int:
        """How many reports wait for an answer."""
        return sum(nas.unacknowledged for nas in self.gateways.values())

    @property
    def is_over(self) -> bool:
        """Whether nobody is online and nothing waits for an answer."""
        return not any(nas.is_busy for nas in self.gateways.values())

    def _restart(self, upheaval: Upheaval, now: float) -> None:
        nas = self.gateways[upheaval.gateway]
        if upheaval.orderly:
            nas.shut_down(now)
            self._coming.append(replace(upheaval, at_s=now - self._began + _DOWN_S, orderly=False))
        else:
            nas.reboot(now, upheaval.announces)

    def _count_and_forget(self) -> None:
        online = self.online
        for nas in self.gateways.values():
            nas.tally.most_online = max(nas.tally.most_online, online)
            nas.forget_ended()


def _moment(upheaval: Upheaval) -> tuple[float, str]:
    return upheaval.at_s, upheaval.gateway
