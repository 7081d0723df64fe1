"""A rehearsal as written down: which gateways, who is there, how they behave, for how long. Values only.

scenario_file.py reads them from TOML; rehearsal.py plays them. Shares are 0 to 1, times seconds, rates bit/s.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from netquota.domain.units import Rate
from radius.simulator.runner import Server
from radius.simulator.settings import Obedience
from radius.simulator.weather import Climate

CITY_KINDS = ("link", "schedule", "plan", "opd", "quota")
"""The tables under [city], in the order in which they are made: each row as `netquota <kind> add` takes it."""


class Model(StrEnum):
    """What people want: always the same, bursts, or what an office does."""

    CONSTANT = "constant"
    BURSTY = "bursty"
    OFFICE = "office"


class What(StrEnum):
    """What can happen to gateways at a moment: an orderly restart, a power cut told of later, one never told of."""

    RESTART = "restart"
    POWER_CUT = "power-cut"
    SILENT_POWER_CUT = "silent-power-cut"


@dataclass(frozen=True, slots=True)
class DemandSpec:
    """What each device would take."""

    model: Model = Model.OFFICE
    rate: Rate = field(default_factory=lambda: Rate(4_000_000, 500_000))
    busy: float = 0.3
    every_s: float = 20.0


@dataclass(frozen=True, slots=True)
class CoaSpec:
    """How a group's gateways take orders; None = as their family does."""

    answers: Obedience = Obedience.OBEYS
    cause: int | None = 506
    delay_s: float = 0.0
    needs_framed_ip: bool = False
    needs_user_name: bool = False
    replaces_all: bool | None = None
    resets_counters: bool | None = None


@dataclass(frozen=True, slots=True)
class GroupSpec:
    """Gateways of one kind, and the people at each. `online` None: as the office's day goes.

    `secret` None: from the database. `reboot_every_s` None: never. `interim_s` None: as the server asks.
    """

    name: str
    family: str
    first_address: str
    count: int = 1
    secret: str | None = field(default=None, repr=False)
    coa_port: int | None = None
    opds: Sequence[str] = ()
    plan: str = ""
    people: int = 20
    devices: int = 1
    chap: float = 0.0
    mistyped: float = 0.0
    online: float | None = 0.9
    stay_s: float = 1800.0
    rest_s: tuple[float, float] = (5.0, 60.0)
    logins_a_second: float = 20.0
    demand: DemandSpec = DemandSpec()
    queue: Rate | None = None
    interim_s: int | None = None
    near_wrap: float = 0.0
    clock_ahead_s: int = 0
    octets_reversed: bool | None = None
    reuses_session_ids: bool = False
    reboot_every_s: float | None = None
    reboots_announced: float = 0.5
    climate: Climate = field(default_factory=Climate)
    coa: CoaSpec = CoaSpec()


@dataclass(frozen=True, slots=True)
class EventSpec:
    """Something that happens to all gateways whose names match a pattern, so long after the beginning."""

    at_s: float
    gateways: str
    what: What


@dataclass(frozen=True, slots=True)
class Scenario:
    """The whole rehearsal. `password`: everybody's. `speed`: how much faster than the clock the city's day goes by.

    `server` None: that of the settings in force. `city`: rows by kind, to make a city of its own from.
    """

    name: str
    groups: Sequence[GroupSpec]
    seed: int = 1
    duration_s: float = 300.0
    speed: float = 1.0
    server: Server | None = None
    password: str = field(default="gladi bersih kota", repr=False)
    city: Mapping[str, Sequence[Mapping[str, str]]] = field(default_factory=dict[str, Sequence[Mapping[str, str]]])
    events: Sequence[EventSpec] = ()

    @property
    def gateway_count(self) -> int:
        """How many gateways there are."""
        return sum(group.count for group in self.groups)

    @property
    def device_count(self) -> int:
        """How many devices may be online at most."""
        return sum(group.count * group.people * group.devices for group in self.groups)
