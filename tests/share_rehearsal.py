"""A city of shared ceilings in virtual time: churn, lost and slow CoA; planned by the planner that the service uses.

The gateways' side is kept apart from the books' side, so that what is added up is what the gateways really let through.
Event by event, no clock, one seed: the same rehearsal gives the same figures.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from random import Random

from netquota.domain.share_pace import DEMAND_AFTER_MS, RoundPace
from netquota.domain.share_round import Ceiling, Member, down, plan, start, targets, up
from netquota.domain.sharing import demand
from netquota.domain.units import Rate

M = 10**6
NOTHING = Rate(0, 0)
PACE_PER_S = 10.0
WAITS_S = (1.0, 2.0, 4.0)  # then silence is the outcome
FAILED_FOR_S = 300.0
RETRY_LOGIN_S = 5.0


@dataclass(frozen=True)
class Scenario:
    """What is rehearsed. Rates in bit/s, times in seconds, chances from 0 to 1."""

    offices: int = 60
    sessions: int = 100
    gateways: int = 3
    seconds: float = 600.0
    warm_up_s: float = 120.0
    per_session: int = M
    cap: Rate = field(default_factory=lambda: Rate(10 * M, 10 * M))
    stay_s: float = 900.0
    loss: float = 0.02
    slow: float = 0.05
    silent: float = 0.002
    idle: float = 0.0
    floor_bps: int = 256_000
    ceilings: tuple[tuple[float, float], ...] = ()
    """(when, factor): the ceiling of every office becomes so many times the first one's."""
    seed: int = 1


@dataclass
class Figures:
    """What came out."""

    orders: int = 0
    datagrams: int = 0
    session_minutes: float = 0.0
    used: float = 0.0
    offered: float = 0.0
    over_ceiling: int = 0
    over_books: int = 0
    worst: float = 0.0
    newcomers: list[float] = field(default_factory=list[float])
    refused: int = 0
    logins: int = 0
    lowered_s: list[float] = field(default_factory=list[float])

    @property
    def use(self) -> float:
        """The mean share of the ceilings that flowed."""
        return self.used / self.offered

    @property
    def messages_per_session_minute(self) -> float:
        """CoA datagrams, repetitions too."""
        return self.datagrams / self.session_minutes

    def __str__(self) -> str:
        late = sorted(self.newcomers)
        slowest = f"{late[-1]:.1f} s" if late else "-"
        middle = f"{late[len(late) // 2]:.1f} s" if late else "-"
        return (
            f"use {100 * self.use:.2f} %, CoA {self.messages_per_session_minute:.2f} per session and minute, newcomers"
            f" {len(late)}: median {middle}, slowest {slowest} to the fair share, refused {self.refused} of"
            f" {self.logins}; instants over the ceiling {self.over_ceiling} (worst {100 * self.worst:.3f} %), over the"
            f" books {self.over_books}; lowered ceilings held after"
            f" {max(self.lowered_s, default=0.0):.1f} s at most"
        )


@dataclass
class Session:
    """One session: in the books, on the wire and at its gateway."""

    id: int
    gateway: int
    began: float
    applied: Rate
    real: Rate
    hungry: bool
    asked: Rate | None = None  # the newest order without an end
    unanswered: Rate = NOTHING  # the most of what was asked for since the last acknowledgement
    wire: Rate | None = None  # what is outstanding at the gateway
    queued: Rate | None = None
    failed_until: float = 0.0
    deaf_until: float = 0.0
    fair_at: float | None = None
    troubled: bool = False
    told: Rate | None = None  # what its last interval used
    was: Rate | None = None
    changed: float = -1e9
    interim_at: float = 0.0

    def held(self) -> Rate:
        """The most that the gateway may have, by the books."""
        return self.applied.at_least(self.unanswered)


class Office:
    """One ceiling with its sessions and gateways."""

    def __init__(self, city: City, number: int) -> None:
        self.city, self.number = city, number
        s = city.scenario
        self.first = self.rate = Rate(s.per_session * s.sessions, s.per_session * s.sessions)
        self.allowed = self.rate
        self.sessions: dict[int, Session] = {}
        self.tokens = [[PACE_PER_S, 0.0] for _ in range(s.gateways)]
        self.backlog: list[list[int]] = [[] for _ in range(s.gateways)]
        self.pumping = [False] * s.gateways
        self.pace = RoundPace(0)
        self.since = 0.0
        self.lowered_at: float | None = None
        self.flow = 0

    # -- the books ----------------------------------------------------------------------------------------------------

    def ceiling(self) -> Ceiling:
        return Ceiling(self.rate, self.city.scenario.floor_bps)

    def members(self) -> list[Member]:
        now, cap = self.city.now, self.city.scenario.cap
        return [
            Member(one.id, cap, one.asked or one.applied, one.held(), self.wish(one), moves=now >= one.failed_until)
            for one in self.sessions.values()
        ]

    def wish(self, one: Session) -> Rate:
        cap = self.city.scenario.cap
        if one.told is None:
            return cap
        has = self.allowed_to(one)
        return Rate(
            demand(one.told.down_bps, has.down_bps, cap.down_bps), demand(one.told.up_bps, has.up_bps, cap.up_bps)
        )

    def allowed_to(self, one: Session) -> Rate:
        """The least since the interval began that its last report told of; as share_pool.least_allowed."""
        has = one.asked or one.applied
        return has if one.was is None or one.changed <= one.interim_at - 60 else has.capped_by(one.was)

    def mark(self, after: float = 0.0) -> None:
        """A round is due; as ShareDesk marks it."""
        self.pace.mark(int((self.city.now + after) * 1000))
        self.wake()

    def wake(self) -> None:
        self.city.at(max(self.city.now, self.pace.next_ms() / 1000), self.round)

    def round(self) -> None:
        now_ms = int(self.city.now * 1000 + 0.5)
        if not self.pace.is_due(now_ms):
            return
        planned = plan(self.ceiling(), self.members())
        for key, rate in planned.orders:
            one = self.sessions[key]
            one.was, one.changed = self.allowed_to(one), self.city.now
            one.asked, one.unanswered = rate, one.unanswered.at_least(rate)
            self.city.figures.orders += self.city.measured
            self.submit(one, rate)
        self.pace.made(now_ms, len(self.sessions), len(planned.orders), is_awaited=bool(planned.waiting))
        self.look()
        self.wake()

    # -- the wire -----------------------------------------------------------------------------------------------------

    def submit(self, one: Session, rate: Rate) -> None:
        one.queued = rate
        if one.wire is None and one.id not in self.backlog[one.gateway]:
            self.backlog[one.gateway].append(one.id)
        self.pump(one.gateway)

    def take(self, gateway: int) -> float:
        """When a datagram may leave for the gateway, by its pace."""
        bucket, now = self.tokens[gateway], self.city.now
        bucket[0] = min(1.0, bucket[0] + (now - bucket[1]) * PACE_PER_S)
        bucket[1] = now
        if bucket[0] >= 1 - 1e-9:
            bucket[0] -= 1
            return now
        return now + (1 - bucket[0]) / PACE_PER_S

    def pump(self, gateway: int) -> None:
        if self.pumping[gateway]:
            return
        queue = self.backlog[gateway]
        while queue:
            one = self.sessions.get(queue[0])
            if one is None or one.queued is None:
                queue.pop(0)
                continue
            when = self.take(gateway)
            if when > self.city.now:
                self.pumping[gateway] = True
                self.city.at(when, lambda: self.pump_again(gateway))
                return
            queue.pop(0)
            one.wire, one.queued = one.queued, None
            self.send(one, 0)

    def pump_again(self, gateway: int) -> None:
        self.pumping[gateway] = False
        self.pump(gateway)

    def send(self, one: Session, tries: int) -> None:
        city, s = self.city, self.city.scenario
        city.figures.datagrams += city.measured
        rate = one.wire
        delay = city.random.uniform(0.01, 0.2) if city.random.random() > s.slow else city.random.uniform(0.5, 3.0)
        answered = [False]
        if city.now >= one.deaf_until and city.random.random() >= s.loss:
            city.at(city.now + delay / 2, lambda: self.arrives(one, rate))
            if city.random.random() >= s.loss:
                city.at(city.now + delay, lambda: self.acknowledged(one, rate, answered))
        else:
            one.troubled = True
        city.at(city.now + WAITS_S[tries], lambda: self.unanswered(one, rate, tries, answered))

    def arrives(self, one: Session, rate: Rate | None) -> None:
        if one.wire is not rate or rate is None or one.id not in self.sessions:
            return
        self.flows(one, rate)

    def acknowledged(self, one: Session, rate: Rate | None, answered: list[bool]) -> None:
        answered[0] = True
        if one.wire is not rate or rate is None or one.id not in self.sessions:
            return
        one.wire, one.applied = None, rate
        if one.asked is rate:
            one.asked, one.unanswered = None, NOTHING
        elif one.asked is not None:
            one.unanswered = one.asked
        self.next_of(one)
        self.mark()

    def unanswered(self, one: Session, rate: Rate | None, tries: int, answered: list[bool]) -> None:
        if answered[0] or one.wire is not rate or one.id not in self.sessions:
            return
        one.troubled = True
        if tries + 1 < len(WAITS_S):
            self.send(one, tries + 1)
            return
        one.wire = None
        if one.asked is rate:
            one.asked, one.failed_until = None, self.city.now + FAILED_FOR_S
        self.next_of(one)
        self.mark()

    def next_of(self, one: Session) -> None:
        if one.queued is not None:
            self.backlog[one.gateway].append(one.id)
            self.pump(one.gateway)

    # -- the truth ----------------------------------------------------------------------------------------------------

    def flows(self, one: Session, rate: Rate) -> None:
        """The gateway lets through another rate from now on."""
        self.pass_time()
        one.real = rate
        self.look()

    def pass_time(self) -> None:
        city = self.city
        if city.measured:
            spent = city.now - max(self.since, city.scenario.warm_up_s)
            city.figures.used += spent * min(self.flow, self.rate.down_bps)
            city.figures.offered += spent * self.rate.down_bps
            city.figures.session_minutes += spent * len(self.sessions) / 60
        self.since = city.now

    def look(self) -> None:
        """Add up what flows; note who came to his fair share, and any instant over what is allowed."""
        figures = self.city.figures
        for side in (down, up):
            real = sum(side(one.real) for one in self.sessions.values())
            held = sum(side(one.held()) for one in self.sessions.values())
            figures.over_books += real > held
            if side(self.allowed) > side(self.rate):  # lowered: never more than before, and not up again
                self.allowed = Rate(
                    max(self.rate.down_bps, min(self.allowed.down_bps, self.books(down))),
                    max(self.rate.up_bps, min(self.allowed.up_bps, self.books(up))),
                )
            over = real - side(self.allowed)
            if over > 0:
                figures.over_ceiling += 1
                figures.worst = max(figures.worst, over / side(self.allowed))
        self.flow = sum(
            min(one.real.down_bps, self.city.scenario.cap.down_bps) for one in self.sessions.values() if one.hungry
        )
        if (
            self.lowered_at is not None
            and sum(one.real.down_bps for one in self.sessions.values()) <= self.rate.down_bps
        ):
            figures.lowered_s.append(self.city.now - self.lowered_at)
            self.lowered_at = None

    def books(self, side: Callable[[Rate], int]) -> int:
        return sum(side(one.held()) for one in self.sessions.values())

    # -- people -------------------------------------------------------------------------------------------------------

    def comes(self) -> None:
        city, s = self.city, self.city.scenario
        city.figures.logins += city.measured
        self.pass_time()
        rate = start(self.ceiling(), self.members(), s.cap)
        if rate is None:
            city.figures.refused += city.measured
            city.at(city.now + RETRY_LOGIN_S, self.comes)
            return
        hungry = city.random.random() >= s.idle
        one = Session(next(city.ids), city.random.randrange(s.gateways), city.now, rate, rate, hungry)
        one.interim_at = city.now
        if city.random.random() < s.silent:
            one.deaf_until = 1e18
        self.sessions[one.id] = one
        self.look()
        city.at(city.now + city.random.expovariate(1 / s.stay_s), lambda: self.goes(one))
        city.at(city.now + city.random.uniform(60, 69), lambda: self.tells(one))
        city.at(city.now + 0.25, lambda: self.is_fair(one))
        self.mark()

    def is_fair(self, one: Session) -> None:
        """Whether a newcomer has its fair share, up to what hysteresis keeps back."""
        if one.id not in self.sessions or one.fair_at is not None:
            return
        wanted = targets(self.ceiling(), self.members(), down)[one.id] if self.city.now >= one.failed_until else 0
        if 11 * one.real.down_bps >= 10 * wanted:
            one.fair_at = self.city.now
            if self.city.measured and not one.troubled:
                self.city.figures.newcomers.append(one.fair_at - one.began)
        elif self.city.now - one.began < 120:
            self.city.at(self.city.now + 0.5, lambda: self.is_fair(one))
        elif self.city.measured and not one.troubled:
            self.city.figures.newcomers.append(120.0)

    def goes(self, one: Session) -> None:
        self.pass_time()
        del self.sessions[one.id]
        self.look()
        self.mark()
        self.city.at(self.city.now + self.city.random.expovariate(0.2), self.comes)

    def tells(self, one: Session) -> None:
        if one.id not in self.sessions:
            return
        one.told = one.real if one.hungry else Rate(one.real.down_bps // 20, one.real.up_bps // 20)
        one.interim_at = self.city.now
        self.city.at(self.city.now + self.city.random.uniform(60, 69), lambda: self.tells(one))
        self.mark(DEMAND_AFTER_MS / 1000)

    def becomes(self, factor: float) -> None:
        """The ceiling changes."""
        self.pass_time()
        new = Rate(int(self.first.down_bps * factor), int(self.first.up_bps * factor))
        self.allowed = new.at_least(Rate(self.books(down), self.books(up)))
        if new.down_bps < self.rate.down_bps:
            self.lowered_at = self.city.now
        self.rate = new
        self.look()
        self.mark()


class City:
    """Offices that live side by side in virtual time."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario, self.figures = scenario, Figures()
        self.random = Random(scenario.seed)
        self.now = 0.0
        self.ids = count(1)
        self._serial = count()
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self.offices = [Office(self, number) for number in range(scenario.offices)]

    @property
    def measured(self) -> bool:
        """Whether the warm-up is over."""
        return self.now >= self.scenario.warm_up_s

    def at(self, when: float, what: Callable[[], None]) -> None:
        heapq.heappush(self._events, (when, next(self._serial), what))

    def run(self) -> Figures:
        """Rehearse to the end."""
        s = self.scenario
        for office in self.offices:
            for _ in range(s.sessions):
                self.at(self.random.uniform(0, s.warm_up_s / 2), office.comes)
            for when, factor in s.ceilings:
                self.at(when, lambda office=office, factor=factor: office.becomes(factor))
        while self._events and self._events[0][0] <= s.seconds:
            self.now, _, what = heapq.heappop(self._events)
            what()
        self.now = s.seconds
        for office in self.offices:
            office.pass_time()
        return self.figures
