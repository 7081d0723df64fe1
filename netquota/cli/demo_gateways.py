"""The demo's simulated gateways: which there are, on which ports, with whose password their people log in."""

from __future__ import annotations

import json
import os
import secrets
import signal
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

from netquota import ports
from netquota.cli.desk import office_of
from netquota.domain.places import Nas
from netquota.errors import ConfigurationError
from netquota.secrets import Keyring
from netquota.services.demo_people import DemoCity, sample_city
from netquota.services.office import Office
from netquota.settings import Settings
from netquota.storage.policy_store import load_snapshot
from radius.families import family_named
from radius.simulator.city import CityGateway, CityPerson, run_city
from radius.simulator.runner import Server
from radius.simulator.sessions import Method

_LOOPBACK = "127.0.0.1"


def play(settings: Settings) -> None:
    """Let the city's people come and go at simulated gateways until SIGTERM or SIGINT.

    Raises `ConfigurationError` where there is no sample city or a port is taken.
    """
    city, password = sample_city(), read_password(settings)
    if password is None:
        raise ConfigurationError(f"{_file(settings)} is missing; run `netquota demo`")
    with office_of(settings, Keyring.load(settings.security.key_file)) as office:
        clients = gateway_clients(office)
    gateways = [
        CityGateway(
            one.nas,
            clients[one.nas].family,
            clients[one.nas].secret,
            one.bind,
            coa_port=_coa_port(clients[one.nas]),
            octets_reversed=clients[one.nas].octets_reversed,
        )
        for one in city.gateways
        if one.nas in clients
    ]
    methods = {one.nas: Method(one.method) for one in city.gateways}
    people = [
        CityPerson(
            one.username, password, one.site.nas, one.mac, methods[one.site.nas], one.site.called_station or None
        )
        for one in city.people
        if one.plays and one.site.nas in clients
    ]
    stop = _stop_by_signal()
    offset = datetime.now(UTC).astimezone(settings.city.zone).utcoffset()
    server = Server(_LOOPBACK, settings.radius.auth_port, settings.radius.acct_port)
    run_city(gateways, people, server, stop, city.seed, 0 if offset is None else int(offset.total_seconds()))


def _stop_by_signal() -> threading.Event:
    stop = threading.Event()

    def on_stop(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, on_stop)
    return stop


def gateway_clients(office: Office) -> dict[str, Nas]:
    """The gateways of the sample city that are still registered, by name."""
    with office.database.read() as connection:
        snapshot = load_snapshot(connection, office.secrets, office.zone)
    wanted = {gateway.nas for gateway in sample_city().gateways}
    return {nas.name: nas for nas in snapshot.nas_by_id.values() if nas.name in wanted}


def require_free_ports(city: DemoCity, clients: Mapping[str, Nas]) -> None:
    """Raise `ConfigurationError` where a simulated gateway could not take orders."""
    ports.require_free(
        tuple(
            ports.Endpoint("--coa-port", one.bind, _coa_port(clients[one.nas]), datagram=True)
            for one in city.gateways
            if one.nas in clients
        )
    )


def _coa_port(nas: Nas) -> int:
    return nas.coa_port or family_named(nas.family).coa_port


def read_password(settings: Settings) -> str | None:
    """The password of the sample city's people; None where it was never noted or cannot be read."""
    try:
        noted: object = json.loads(_file(settings).read_text(encoding="utf-8"))["employees_password"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return noted if isinstance(noted, str) else None


def write_password(settings: Settings) -> str:
    """Make up a password for the sample city's people and note it for the simulator, readable by its owner alone."""
    password = secrets.token_hex(5)
    path = _file(settings)
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump({"employees_password": password}, file)
    return password


def _file(settings: Settings) -> Path:
    return settings.state_dir / "demo.json"
