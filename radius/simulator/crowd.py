"""People who come to simulated gateways and leave again, as their habits say. Repeatable for a seed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from random import Random
from typing import Final

from radius.simulator.demand import DemandOf, office
from radius.simulator.nas import SimulatedNas
from radius.simulator.sessions import Device, Method, SimulatedSession, State

_WRONG: Final = "not the password"
_BRINGING_BACK_S: Final = (2.0, 15.0)


@dataclass(frozen=True, slots=True)
class CityPerson:
    """Somebody who logs in at a gateway (by its identifier) now and then."""

    username: str
    password: str = field(repr=False)
    gateway: str
    mac: str
    method: Method = Method.PAP
    called_station: str | None = None


@dataclass(frozen=True, slots=True)
class Habits:
    """How a crowd behaves. `online`: the share (0 to 1) that wants to be online at a moment (epoch s).

    `back_after_s`: the least and longest rest between sessions; `mistyped`: share of log-ins with a wrong password.
    """

    online: Callable[[float], float]
    demand: DemandOf = field(default_factory=office)
    logins_a_second: float = 5.0
    mean_stay_s: float = 5400.0
    back_after_s: tuple[float, float] = (30.0, 300.0)
    after_refusal_s: float = 600.0
    mistyped: float = 0.0


class Crowd:
    """People of the same habits; `come_and_go` as often as you like, `notice_who_left` about once a second."""

    def __init__(
        self, people: Sequence[CityPerson], gateways: Mapping[str, SimulatedNas], habits: Habits, seed: int | str
    ) -> None:
        self._people, self._gateways, self._habits = people, gateways, habits
        self._seed = seed
        self._random = Random(seed)  # noqa: S311 (repeatable, not secret)
        self._present: dict[int, SimulatedSession] = {}
        self._away = list(range(len(people)))
        self._resting: list[tuple[float, int]] = []
        self._since: float | None = None
        self._logins_due = 0.0

    def notice_who_left(self, now: float) -> None:
        """Who was refused, or whose session ended, rests a while."""
        habits = self._habits
        for person, session in list(self._present.items()):
            match session.state:
                case State.ASKING | State.RUNNING:
                    continue
                case State.ENDED:
                    pause_s = self._random.uniform(*habits.back_after_s)
                case State.LOST:
                    pause_s = self._random.uniform(*_BRINGING_BACK_S)
                case State.REFUSED | State.UNANSWERED:
                    pause_s = habits.after_refusal_s * self._random.uniform(0.5, 1.5)
            heappush(self._resting, (now + pause_s, person))
            del self._present[person]

    def come_and_go(self, now: float) -> None:
        """Let time pass since the last call: some log in, some leave."""
        elapsed_s = 0.0 if self._since is None else now - self._since
        self._since = now
        while self._resting and self._resting[0][0] <= now:
            self._away.append(heappop(self._resting)[1])
        habits = self._habits
        missing = round(habits.online(now) * len(self._people)) - len(self._present)
        self._logins_due = min(self._logins_due + habits.logins_a_second * elapsed_s, max(1.0, habits.logins_a_second))
        for _ in range(min(missing, int(self._logins_due), len(self._away))):
            self._logins_due -= 1
            self._log_in(self._away_one())
        leaving = (max(0.0, -missing / 60) + len(self._present) / habits.mean_stay_s) * elapsed_s
        for _ in range(int(leaving) + (self._random.random() < leaving % 1)):
            self._one_leaves(now)

    def _away_one(self) -> int:
        """Somebody who is away, taken off the list."""
        chosen = self._random.randrange(len(self._away))
        self._away[chosen], self._away[-1] = self._away[-1], self._away[chosen]
        return self._away.pop()

    def _one_leaves(self, now: float) -> None:
        if self._present:
            person = self._random.choice(list(self._present))
            self._gateways[self._people[person].gateway].log_out(self._present[person], now)

    def _log_in(self, index: int) -> None:
        person = self._people[index]
        mistyped = self._habits.mistyped and self._random.random() < self._habits.mistyped
        password = _WRONG if mistyped else person.password
        device = Device(person.username, password, person.mac, person.method, person.called_station)
        demand = self._habits.demand(f"{self._seed}:{person.username}:{person.mac}")
        self._present[index] = self._gateways[person.gateway].log_in(device, demand)
