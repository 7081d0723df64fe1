"""A scenario brought to life: its gateways, its people, what happens to them. The same seed: the same city.

Who comes when, what they want, which datagram is lost and where power fails is drawn here, from the seed alone; what a
server answers, and how soon, is its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from ipaddress import IPv4Address

from radius.families import family_named
from radius.simulator import demand
from radius.simulator.city import CityGateway, Town, simulated_nas, station
from radius.simulator.crowd import CityPerson, Crowd, Habits
from radius.simulator.life import Life, Upheaval, drawn_upheavals
from radius.simulator.nas import SimulatedNas
from radius.simulator.people import online_share
from radius.simulator.runner import Server
from radius.simulator.scenario import DemandSpec, GroupSpec, Model, Scenario, What
from radius.simulator.scenario_file import gateway_names
from radius.simulator.sessions import Method
from radius.simulator.settings import Quirks
from radius.simulator.tally import Tally
from radius.simulator.truth import TruthLog
from radius.simulator.weather import Climate

Secrets = Mapping[str, bytes]
"""The shared secret of each gateway, by its name."""


@dataclass(frozen=True, slots=True)
class Resident:
    """Somebody of the scenario, for whoever makes the city: account, office and plan (empty: the office's)."""

    username: str
    gateway: str
    opd: str
    plan: str


@dataclass(frozen=True, slots=True)
class Place:
    """A gateway of the scenario, for whoever makes the city: where it sends from, of which family, for which office."""

    name: str
    address: str
    family: str
    opd: str
    coa_port: int | None = None
    octets_reversed: bool | None = None
    secret: str | None = None


def places(scenario: Scenario) -> Iterator[Place]:
    """Every gateway; a group's offices take turns."""
    for group in scenario.groups:
        for index, name in enumerate(gateway_names([group])):
            address = str(IPv4Address(group.first_address) + index)
            opd = group.opds[index % len(group.opds)] if group.opds else ""
            yield Place(name, address, group.family, opd, group.coa_port, group.octets_reversed, group.secret)


def residents(scenario: Scenario) -> Iterator[Resident]:
    """Everybody, once."""
    plans = {name: group for group in scenario.groups for name in gateway_names([group])}
    for place in places(scenario):
        group = plans[place.name]
        for number in range(1, group.people + 1):
            yield Resident(f"{place.name}-{number:03}", place.name, place.opd, group.plan)


def alive(
    scenario: Scenario,
    secrets: Secrets,
    truth: TruthLog | None = None,
    tally: Tally | None = None,
    utc_offset_s: int = 7 * 3600,
) -> Life:
    """Gateways, crowds and upheavals, without a socket. Raises `KeyError` for a gateway without a secret."""
    made: dict[str, SimulatedNas] = {}
    crowds: list[Crowd] = []
    upheavals = list(_told_upheavals(scenario))
    devices = iter(range(1, 1 << 24))
    for group in scenario.groups:
        own = {one.identifier: simulated_nas(one, scenario.seed, truth, tally) for one in _gateways(group, secrets)}
        made |= own
        people = [person for name in own for person in _devices(scenario, group, name, devices)]
        crowds.append(Crowd(people, own, _habits(scenario, group, utc_offset_s), f"{scenario.seed}:{group.name}"))
        if group.reboot_every_s is not None:
            for name in own:
                every_s, for_s = group.reboot_every_s, scenario.duration_s
                upheavals += drawn_upheavals(name, every_s, group.reboots_announced, for_s, scenario.seed)
    return Life(made, crowds, upheavals)


def on_the_network(
    scenario: Scenario, life: Life, server: Server, clock: Callable[[], float], grace_s: float = 30.0
) -> Town:
    """The same life on real sockets. Raises `OSError` where an address or port is taken."""
    stations = [
        station(one, life.gateways[one.identifier], server, scenario.seed)
        for group in scenario.groups
        for one in _gateways(group, None)
    ]
    return Town(life, stations, clock, grace_s)


def _gateways(group: GroupSpec, secrets: Secrets | None) -> Iterator[CityGateway]:
    """`secrets` None where only addresses matter."""
    climate = None if group.climate == Climate() else group.climate
    for place in places(Scenario("", [group])):
        secret = b"" if secrets is None else secrets[place.name]
        yield CityGateway(
            place.name, place.family, secret, place.address, place.coa_port or family_named(place.family).coa_port,
            octets_reversed=group.octets_reversed, quirks=_quirks(group), queue=group.queue, climate=climate,
        )  # fmt: skip


def _quirks(group: GroupSpec) -> Quirks:
    return Quirks(
        obedience=group.coa.answers,
        refusal_cause=group.coa.cause,
        answer_delay_s=group.coa.delay_s,
        needs_framed_ip=group.coa.needs_framed_ip,
        needs_user_name=group.coa.needs_user_name,
        replaces_all=group.coa.replaces_all,
        resets_on_coa=group.coa.resets_counters,
        clock_ahead_s=group.clock_ahead_s,
        own_interim_s=group.interim_s,
        reuses_session_ids=group.reuses_session_ids,
        near_wrap=group.near_wrap,
    )


def _devices(scenario: Scenario, group: GroupSpec, gateway: str, numbers: Iterator[int]) -> Iterator[CityPerson]:
    """Every device of a gateway's people, with an address of its own; so many of a hundred log in by CHAP."""
    for number in range(1, group.people + 1):
        for _ in range(group.devices):
            device = next(numbers)
            method = Method.CHAP if number * 37 % 100 < group.chap * 100 else Method.PAP
            mac = f"02:51:47:{device >> 16 & 255:02X}:{device >> 8 & 255:02X}:{device & 255:02X}"
            yield CityPerson(f"{gateway}-{number:03}", scenario.password, gateway, mac, method)


def _habits(scenario: Scenario, group: GroupSpec, utc_offset_s: int) -> Habits:
    share, speed = group.online, scenario.speed

    def online(now: float) -> float:
        return online_share(now * speed, utc_offset_s) if share is None else share

    return Habits(
        online=online,
        demand=_demand(group.demand, speed),
        logins_a_second=group.logins_a_second * speed,
        mean_stay_s=group.stay_s / speed,
        back_after_s=(group.rest_s[0] / speed, group.rest_s[1] / speed),
        after_refusal_s=group.rest_s[1] / speed,
        mistyped=group.mistyped,
    )


def _demand(spec: DemandSpec, speed: float) -> demand.DemandOf:
    match spec.model:
        case Model.CONSTANT:
            return demand.constant(spec.rate)
        case Model.BURSTY:
            return demand.bursty(spec.rate, spec.busy, spec.every_s / speed)
        case Model.OFFICE:
            return demand.office(speed)


def _told_upheavals(scenario: Scenario) -> Iterator[Upheaval]:
    for event in scenario.events:
        for name in gateway_names(scenario.groups):
            if fnmatchcase(name, event.gateways):
                announces, orderly = event.what is not What.SILENT_POWER_CUT, event.what is What.RESTART
                yield Upheaval(event.at_s, name, announces, orderly)
