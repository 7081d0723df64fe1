"""The sample city as written in config/demo: its offices, gateways and people, drawn from a fixed seed. No database.

The same files give the same city on every machine, so that the simulator knows who lives there without asking.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from netquota.resources import data_file

PART_TIME_PLAN = "paruh-waktu"
_PPPK_SHARE = 0.2
_Table = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class DemoSite:
    """A place of the city: behind which gateway, told apart by which Called-Station-Id (empty: all the rest there)."""

    name: str
    nas: str
    called_station: str


@dataclass(frozen=True, slots=True)
class DemoGateway:
    """A simulated gateway: its name, the loopback address that it sends from, how its people's passwords travel."""

    nas: str
    bind: str
    method: str = "pap"


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """Somebody of the city. `fields` as `employee add` takes them; `quota` one of their own, of which they have used
    `used_permille` thousandths in the past week; `plays`: the simulator logs in for them; `mac` of their phone.
    """

    username: str
    site: DemoSite
    mac: str
    fields: Mapping[str, str]
    plays: bool = True
    quota: Mapping[str, str] = field(default_factory=dict[str, str])
    used_permille: int = 0


@dataclass(frozen=True, slots=True)
class DemoCity:
    """The whole city; `tables` holds what `add` takes, by kind."""

    name: str
    help_contact: str
    seed: int
    tables: Mapping[str, Sequence[Mapping[str, str]]]
    steps: Sequence[Mapping[str, Any]]
    """The ICT office's steps with the applications, in order."""
    requests: Sequence[Mapping[str, str]]
    sites: Mapping[str, DemoSite]
    gateways: tuple[DemoGateway, ...]
    people: tuple[DemoPerson, ...]


def sample_city() -> DemoCity:
    """Read the city. The same each time."""
    city = _read("config/demo/city.toml")
    names = _read("config/demo/names.toml")
    tables: dict[str, list[dict[str, str]]] = {
        kind: city[kind]
        for kind in ("link", "schedule", "plan", "opd", "quota", "nas", "site", "application", "rotation")
    }
    sites = {
        row["name"]: DemoSite(row["name"], row["nas"], row.get("match_called_station", "")) for row in tables["site"]
    }
    random = Random(city["seed"])  # noqa: S311 (repeatable, not secret)
    people = (*_named(city["person"], sites), *_drawn(city["staff"], sites, names, random))
    gateways = tuple(DemoGateway(**row) for row in city["gateway"])
    return DemoCity(
        city["name"],
        city["help_contact"],
        city["seed"],
        tables,
        city["application_step"],
        city["request"],
        sites,
        gateways,
        people,
    )


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(data_file(name).read_text(encoding="utf-8"))


def _named(rows: Sequence[_Table], sites: Mapping[str, DemoSite]) -> Iterator[DemoPerson]:
    """The people of [[person]], to try things with."""
    for number, row in enumerate(rows, start=1):
        fields = {"username": row["username"], "name": row["name"], "nip": row["nip"], **row["fields"]}
        yield DemoPerson(
            row["username"], sites[row["site"]], _mac(0xF000 + number), fields, row.get("plays", True),
            row.get("quota", {}), row.get("used_permille", 0),
        )  # fmt: skip


def _drawn(
    staff: Sequence[_Table], sites: Mapping[str, DemoSite], names: Mapping[str, str], random: Random
) -> Iterator[DemoPerson]:
    """The people of [[staff]], with names and NIPs that do not come twice."""
    taken: set[str] = set()
    number = 0
    for row in staff:
        for place in range(row["count"]):
            number += 1
            part_time = place < row.get("part_time", 0)
            is_woman = random.random() < 0.5
            name = _name(names, is_woman, random, taken)
            fields = {"name": name, "nip": _nip(random, is_woman, part_time, number), "opd": row["opd"]}
            if part_time:
                fields["plan"] = PART_TIME_PLAN
            username = name.lower().replace(" ", ".")
            yield DemoPerson(username, sites[row["site"]], _mac(number), {"username": username, **fields})


def drawn_people(
    staff: Sequence[_Table], random: Random, taken: set[str], number: int
) -> Iterator[dict[str, str]]:  # fmt: skip
    """More people, as `employee add` takes them, with names that are not `taken` and NIPs numbered from `number` on."""
    names = _read("config/demo/names.toml")
    for row in staff:
        for _ in range(row["count"]):
            number += 1
            is_woman = random.random() < 0.5
            name = _name(names, is_woman, random, taken)
            nip = _nip(random, is_woman, False, number)
            yield {"username": name.lower().replace(" ", "."), "name": name, "nip": nip, "opd": row["opd"]}


def _name(names: Mapping[str, str], is_woman: bool, random: Random, taken: set[str]) -> str:
    given, family = names["women" if is_woman else "men"].split(), names["families"].split()
    while True:
        name = f"{random.choice(given)} {random.choice(family)}"
        if name not in taken:
            taken.add(name)
            return name


def _nip(random: Random, is_woman: bool, is_part_time: bool, number: int) -> str:
    """A NIP by the rules: born, appointed at 22 to 35 and by 2024, sex, serial; contract staff (PPPK) since 2020."""
    is_contract = is_part_time or random.random() < _PPPK_SHARE
    appointed = random.randint(2020, 2024) if is_contract else random.randint(1996, 2024)
    born = appointed - random.randint(22, 35)
    month = random.randint(21, 22) if is_contract else random.choice((1, 2, 3, 4, 12))
    day = f"{born}{random.randint(1, 12):02}{random.randint(1, 28):02}"
    return f"{day}{appointed}{month:02}{2 if is_woman else 1}{number % 999 + 1:03}"


def _mac(number: int) -> str:
    """A locally administered address, as the phones of today make up."""
    return f"02:4E:51:00:{number >> 8:02X}:{number & 255:02X}"
