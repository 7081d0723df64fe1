"""Reading a scenario from its TOML file (docs/simulate.md): every key, its bounds, and what does not fit together."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from ipaddress import IPv4Address
from pathlib import Path
from typing import Final

from netquota.errors import ConfigurationError, InvalidValue
from radius.families import FAMILIES
from radius.simulator import scenario_readers as read
from radius.simulator.runner import Server
from radius.simulator.scenario import (
    CITY_KINDS,
    CoaSpec,
    DemandSpec,
    EventSpec,
    GroupSpec,
    Model,
    Scenario,
    What,
)
from radius.simulator.scenario_readers import Table
from radius.simulator.settings import Obedience
from radius.simulator.weather import Climate

_DAY_S: Final = 86_400
_LONGEST_S: Final = 7 * _DAY_S
_MOST_GATEWAYS: Final = 1000
_MOST_DEVICES: Final = 20_000
_OFFICE_DAY: Final = "office"


def load_scenario(path: Path) -> Scenario:
    """The scenario of a file. Raises `InvalidValue` for a value, `ConfigurationError` for a file that is none."""
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}; name a scenario file, see docs/simulate.md") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} is no TOML file: {error}") from None
    return scenario_of(values, path.stem)


def scenario_of(values: Mapping[str, object], name: str = "rehearsal") -> Scenario:
    """The scenario that a file's values describe. Raises `InvalidValue`."""
    top, usual = Table(values), Scenario("", ())
    groups = [_group(row, number) for number, row in enumerate(top.rows("gateways"), start=1)]
    found = Scenario(
        name=top.take("name", read.text, name),
        groups=groups,
        seed=top.take("seed", read.whole(0, 2**31), usual.seed),
        duration_s=top.take("duration", read.duration(1, _LONGEST_S), usual.duration_s),
        speed=top.take("speed", read.number(0.01, 10_000), usual.speed),
        server=_server(top),
        password=top.take("password", read.text, usual.password),
        city=_city(top.table("city")),
        events=[_event(row, number) for number, row in enumerate(top.rows("event"), start=1)],
    )
    top.end()
    _check_whole(found)
    return found


def _server(top: Table) -> Server | None:
    table, usual = top.table("server"), Server()
    if not table:
        return None
    found = Server(
        table.take("host", read.text, usual.host),
        table.take("auth_port", read.whole(1, 65535), usual.authentication_port),
        table.take("acct_port", read.whole(1, 65535), usual.accounting_port),
    )
    table.end()
    return found


def _city(table: Table) -> dict[str, list[dict[str, str]]]:
    """Rows as texts, as the command line takes them; their values are checked where the city is made."""
    city = {kind: [_row(row, f"{table.path}.{kind}") for row in table.rows(kind)] for kind in CITY_KINDS}
    table.end()
    return {kind: rows for kind, rows in city.items() if rows}


def _row(row: object, field: str) -> dict[str, str]:
    if not isinstance(row, Mapping):
        raise InvalidValue(field, row, f"write [[{field}]], with two brackets")
    written: dict[str, str] = {}
    for key, value in row.items():  # pyright: ignore[reportUnknownVariableType]
        written[str(key)] = read.text(value, f"{field}.{key}")  # pyright: ignore[reportUnknownArgumentType]
    return written


def _group(row: object, number: int) -> GroupSpec:
    table = Table(row, f"gateways[{number}]")
    usual = GroupSpec("", "", "")
    name = table.need("name", read.text)
    table.path = f"gateways[{name}]"
    rest_s = table.take("rest", read.duration(0, _DAY_S), usual.rest_s[1])
    found = GroupSpec(
        name=name,
        family=table.need("family", _family),
        first_address=table.need("first_address", read.address),
        count=table.take("count", read.whole(1, _MOST_GATEWAYS), 1),
        secret=table.take("secret", _secret, None),
        coa_port=table.take("coa_port", read.whole(1, 65535), None),
        opds=table.take("opds", read.texts, ()),
        plan=table.take("plan", read.text, ""),
        people=table.take("people", read.whole(0, _MOST_DEVICES), usual.people),
        devices=table.take("devices", read.whole(1, 10), 1),
        chap=table.take("chap_percent", read.percent, 0.0),
        mistyped=table.take("mistyped_percent", read.percent, 0.0),
        online=table.take("online_percent", _online, usual.online),
        stay_s=table.take("stay", read.duration(1, _LONGEST_S), usual.stay_s),
        rest_s=(rest_s / 4, rest_s),
        logins_a_second=table.take("logins_a_second", read.number(0.01, 1000), usual.logins_a_second),
        demand=_demand(table.table("demand")),
        queue=table.take("queue", read.rate, None),
        interim_s=table.take("interim", _interim, None),
        near_wrap=table.take("near_wrap_percent", read.percent, 0.0),
        clock_ahead_s=table.take("clock_ahead_s", read.whole(-10 * 366 * _DAY_S, 10 * 366 * _DAY_S), 0),
        octets_reversed=table.take("octets_reversed", read.flag, None),
        reuses_session_ids=table.take("reuses_session_ids", read.flag, False),
        reboot_every_s=table.take("reboot_every", read.duration(1, _LONGEST_S), None),
        reboots_announced=table.take("reboots_announced_percent", read.percent, usual.reboots_announced),
        climate=_climate(table.table("weather")),
        coa=_coa(table.table("coa")),
    )
    table.end()
    return found


def _demand(table: Table) -> DemandSpec:
    usual = DemandSpec()
    found = DemandSpec(
        table.take("model", read.choice(Model), usual.model),
        table.take("rate", read.rate, usual.rate),
        table.take("busy_percent", read.percent, usual.busy),
        table.take("every", read.duration(1, _DAY_S), usual.every_s),
    )
    table.end()
    return found


def _climate(table: Table) -> Climate:
    found = Climate(
        table.take("lost_percent", read.percent, 0.0),
        table.take("doubled_percent", read.percent, 0.0),
        table.take("late_percent", read.percent, 0.0),
        table.take("late_by", read.duration(0, 600), Climate().late_by_s),
    )
    if found.lost >= 1:
        raise InvalidValue(f"{table.path}.lost_percent", 100, "leave some packets through: write less than 100")
    table.end()
    return found


def _coa(table: Table) -> CoaSpec:
    usual = CoaSpec()
    found = CoaSpec(
        answers=table.take("answers", read.choice(Obedience), usual.answers),
        cause=table.take("cause", read.whole(201, 599), usual.cause),
        delay_s=table.take("delay", read.duration(0, 600), usual.delay_s),
        needs_framed_ip=table.take("needs_framed_ip", read.flag, False),
        needs_user_name=table.take("needs_user_name", read.flag, False),
        replaces_all=table.take("replaces_all", read.flag, None),
        resets_counters=table.take("resets_counters", read.flag, None),
    )
    table.end()
    return found


def _event(row: object, number: int) -> EventSpec:
    table = Table(row, f"event[{number}]")
    found = EventSpec(
        table.need("at", read.duration(0, _LONGEST_S)),
        table.need("gateways", read.text),
        table.need("what", read.choice(What)),
    )
    table.end()
    return found


def _family(value: object, field: str) -> str:
    if value not in FAMILIES:
        raise InvalidValue(field, value, f"use one of {', '.join(FAMILIES)}")
    return str(value)


def _secret(value: object, field: str) -> str:
    found = read.text(value, field)
    if len(found) < 8:
        raise InvalidValue(field, "...", "write at least 8 characters, or leave it out: then the database's is taken")
    return found


def _online(value: object, field: str) -> float | None:
    return None if value == _OFFICE_DAY else read.percent(value, field)


def _interim(value: object, field: str) -> int:
    return int(read.duration(1, _DAY_S)(value, field))


def _check_whole(scenario: Scenario) -> None:
    """What no single value shows."""
    if not scenario.groups:
        raise InvalidValue("gateways", [], "write at least one [[gateways]] with name, family and first_address")
    names = [group.name for group in scenario.groups]
    for name in names:
        if names.count(name) > 1:
            raise InvalidValue("gateways.name", name, "give each group of gateways a name of its own")
    if scenario.gateway_count > _MOST_GATEWAYS:
        raise InvalidValue("gateways.count", scenario.gateway_count, f"write at most {_MOST_GATEWAYS} in all")
    if scenario.device_count > _MOST_DEVICES:
        raise InvalidValue("gateways.people", scenario.device_count, f"write at most {_MOST_DEVICES} devices in all")
    _check_addresses(scenario)
    _check_events(scenario)
    _check_city(scenario)


def _check_addresses(scenario: Scenario) -> None:
    taken: dict[int, str] = {}
    for group in scenario.groups:
        first = int(IPv4Address(group.first_address))
        for at in range(first, first + group.count):
            if (other := taken.setdefault(at, group.name)) != group.name:
                field, remedy = f"gateways[{group.name}].first_address", f"{IPv4Address(at)} is of {other} already"
                raise InvalidValue(field, group.first_address, f"{remedy}; choose another range")


def _check_events(scenario: Scenario) -> None:
    for number, event in enumerate(scenario.events, start=1):
        if not any(fnmatchcase(name, event.gateways) for name in gateway_names(scenario.groups)):
            known = ", ".join(f"{group.name}-*" for group in scenario.groups)
            raise InvalidValue(
                f"event[{number}].gateways", event.gateways, f"it matches none; use a pattern of {known}"
            )


def _check_city(scenario: Scenario) -> None:
    """Offices and plans that gateways name stand under [city], where there is one."""
    if not scenario.city:
        return
    for group in scenario.groups:
        for field, kind, key, wanted in (("opds", "opd", "code", group.opds), ("plan", "plan", "key", (group.plan,))):
            known = [row.get(key, "") for row in scenario.city.get(kind, ())]
            for name in wanted:
                if name and name not in known:
                    remedy = f"add it as [[city.{kind}]], or use one of {', '.join(known) or 'those that you add'}"
                    raise InvalidValue(f"gateways[{group.name}].{field}", name, remedy)


def gateway_names(groups: Sequence[GroupSpec]) -> Iterator[str]:
    """Every gateway's name: its group's, and its number from 1."""
    for group in groups:
        for number in range(1, group.count + 1):
            yield f"{group.name}-{number}"
