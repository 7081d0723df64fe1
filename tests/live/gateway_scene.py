"""A scene of real traffic: netquota's worker on the server's host, the reference gateway before its users."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from netquota.domain.enforcement import LEAST_INTERIM_S
from netquota.services import allocate
from netquota.services.changes import AfterChange
from tests.live.city import ADMIN, SECRET, ZONE, City
from tests.live.reference_gateway import WAN, Office, office
from tests.live.workers import Workers, settings_for

FLOOR_BPS = 256_000
SLACK = 3
"""Deadlines are held three times over: the machine of the tests is shared."""


@dataclass
class Scene:
    """The city, its worker, the office with its gateway."""

    city: City
    office: Office
    workers: Workers

    def admin_changes(self, kind: str, key: str, **values: str) -> None:
        """An admin changes something; orders leave with it."""
        desk = replace(self.city.office(), on_change=AfterChange(self.city.keyring, ZONE, FLOOR_BPS))
        allocate.change(desk, kind, key, values, ADMIN)

    def reports(self, username: str, status: str) -> list[dict[str, Any]]:
        """What the gateway reported of somebody, oldest first."""
        found = (one for one in self.office.truth() if one.get("username") == username)
        return [one for one in found if one.get("status") == status]


@contextmanager
def running_scene(
    place: Path,
    city: City,
    least_interim_s: int = LEAST_INTERIM_S,
    before: Callable[[Office], AbstractContextManager[None]] = nullcontext,
    **tables: dict[str, Any],
) -> Iterator[Scene]:
    """The city's worker and the gateway at work; `tables` add to the gateway's settings. People are there already.

    `before`: what else stands on the hosts while they work.
    """
    ports: dict[str, Any] = {"radius__bind": "0.0.0.0", "radius__auth_port": 1812, "radius__acct_port": 1813}
    city.nas("gw-dinkes", WAN, "netquota_gateway")
    with office(place, **tables) as premises, before(premises), premises.server.inside():
        settings = settings_for(city.database.url, place, **ports)
        with Workers(settings, SECRET, "127.0.9.9", place, least_interim_s) as workers:
            workers.start()
            premises.start()
            yield Scene(city, premises, workers)
