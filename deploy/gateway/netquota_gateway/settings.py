"""The gateway's settings from one TOML file; an unknown key or a value that cannot be used is told by its name.

What each key means stands beside it in gateway.example.toml.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import MISSING, dataclass, field, fields
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any, Final, cast

from netquota.domain.reachable import parse_hosts
from netquota.domain.units import Rate, parse_rate
from netquota.errors import ConfigurationError, InvalidValue


class Method(StrEnum):
    """How a password goes to the server."""

    PAP = "pap"
    CHAP = "chap"


@dataclass(frozen=True, slots=True)
class Box:
    """This gateway: its name to the server (NAS-Identifier), its two interfaces, its address towards the users."""

    identifier: str
    lan: str
    wan: str
    address: IPv4Address
    masquerade: bool = True
    state_dir: Path = Path("/var/lib/netquota-gateway")
    control_socket: Path = Path("/run/netquota-gateway/control.sock")


@dataclass(frozen=True, slots=True)
class Radius:
    """The server, and how it is asked. `source`: our address as the server knows it (NAS-IP-Address)."""

    server: IPv4Address
    source: IPv4Address
    secret: str = field(default="", repr=False)
    secret_file: Path | None = None
    auth_port: int = 1812
    acct_port: int = 1813
    coa_port: int = 3799
    method: Method = Method.PAP
    retry_s: float = 3.0
    tries: int = 3
    interim_s: int = 300
    accounting_retry_s: float = 2.0
    most_queued: int = 50_000
    require_event_timestamp: bool = True
    journal: Path | None = None


@dataclass(frozen=True, slots=True)
class Portal:
    """The log-in page; `url`: the portal elsewhere that shows it in place of ours, empty: ours.

    `always`: addresses and names that everybody reaches; `servers`: those above user traffic, too.
    """

    port: int = 3990
    language: str = "id"
    url: str = ""
    always: tuple[IPv4Network | str, ...] = ()
    servers: tuple[IPv4Network, ...] = ()

    @property
    def always_networks(self) -> tuple[IPv4Network, ...]:
        """Those of `always` that are addresses."""
        return tuple(one for one in self.always if isinstance(one, IPv4Network))

    @property
    def always_names(self) -> tuple[str, ...]:
        """Those of `always` whose addresses the name server knows."""
        return tuple(one for one in self.always if isinstance(one, str))


@dataclass(frozen=True, slots=True)
class Shaping:
    """Rates in bit/s. `line`: what the provider's line carries; `ceiling`: what the whole site may take of it.

    `session`: for an accept that names no rate. `always`: for all who are not logged in together.
    """

    line: Rate
    ceiling: Rate
    session: Rate = field(default_factory=lambda: Rate(2_000_000, 1_000_000))
    always: Rate = field(default_factory=lambda: Rate(1_000_000, 1_000_000))


@dataclass(frozen=True, slots=True)
class FailOpen:
    """What happens while no server answers: after `after_s` seconds everybody passes, each at `rate` at most."""

    enabled: bool = True
    after_s: float = 300.0
    probe_s: float = 10.0
    rate: Rate = field(default_factory=lambda: Rate(5_000_000, 2_000_000))


@dataclass(frozen=True, slots=True)
class Settings:
    """All of it, checked."""

    gateway: Box
    radius: Radius
    shaping: Shaping
    portal: Portal = field(default_factory=Portal)
    fail_open: FailOpen = field(default_factory=FailOpen)

    @property
    def secret(self) -> bytes:
        """The shared secret. Raises `ConfigurationError` where there is none."""
        text = self.radius.secret
        if self.radius.secret_file is not None:
            try:
                text = self.radius.secret_file.read_text().strip()
            except OSError as error:
                raise ConfigurationError(f"radius.secret_file: {error}; create it, mode 0600") from None
        if not text:
            raise ConfigurationError("radius.secret_file is missing; write the secret of `netquota nas show` into it")
        return text.encode()


def _networks(value: object) -> tuple[IPv4Network, ...]:
    return tuple(IPv4Network(str(one)) for one in cast(list[object], value))


def _networks_and_names(value: object) -> tuple[IPv4Network | str, ...]:
    return tuple(_network_or_name(str(one)) for one in cast(list[object], value))


def _network_or_name(text: str) -> IPv4Network | str:
    try:
        return IPv4Network(text)
    except ValueError:
        with suppress(InvalidValue):
            return parse_hosts(text, "portal.always")[0]
        raise


_READERS: Final[dict[str, Callable[[Any], object]]] = {
    "IPv4Address": IPv4Address,
    "Path": Path,
    "Path | None": Path,
    "Rate": lambda value: parse_rate(str(value)),
    "Method": Method,
    "tuple[IPv4Network, ...]": _networks,
    "tuple[IPv4Network | str, ...]": _networks_and_names,
    "float": float,
}
_PLAIN: Final = {"str": str, "int": int, "bool": bool}
_TABLES: Final[dict[str, type]] = {
    "gateway": Box,
    "radius": Radius,
    "shaping": Shaping,
    "portal": Portal,
    "fail_open": FailOpen,
}


def load(path: Path) -> Settings:
    """The settings in a file. Raises `ConfigurationError` that names the key and the remedy."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{path}: {error}") from None
    return parse(content)


def parse(content: Mapping[str, Any]) -> Settings:
    """Settings of a file's content. Raises `ConfigurationError`."""
    for name in content:
        if name not in _TABLES:
            raise ConfigurationError(f"[{name}] is no table of the gateway's settings; use {', '.join(_TABLES)}")
    made = {name: _table(name, kind, content.get(name, {})) for name, kind in _TABLES.items()}
    settings = Settings(**made)
    _check(settings)
    return settings


def _table(name: str, kind: type, content: Mapping[str, Any]) -> Any:
    known = {one.name: one for one in fields(kind)}
    for key in content:
        if key not in known:
            raise ConfigurationError(f"{name}.{key} is no setting; use {', '.join(known)}")
    for key, one in known.items():
        if key not in content and one.default is MISSING and one.default_factory is MISSING:
            raise ConfigurationError(f"{name}.{key} is missing; gateway.example.toml says what it means")
    return kind(**{key: _value(f"{name}.{key}", str(known[key].type), value) for key, value in content.items()})


def _value(key: str, kind: str, value: object) -> object:
    if kind in _PLAIN:
        if type(value) is not _PLAIN[kind]:
            raise ConfigurationError(f"{key}: {value!r} cannot be used; give a value of the kind {kind}")
        return value
    try:
        return _READERS[kind](value)
    except (InvalidValue, ValueError, TypeError) as error:
        raise ConfigurationError(f"{key}: {error}") from None


def _check(settings: Settings) -> None:
    line, ceiling = settings.shaping.line, settings.shaping.ceiling
    if ceiling.capped_by(line) != ceiling:
        raise ConfigurationError("shaping.ceiling is above shaping.line; the line cannot carry more than it has")
    if settings.portal.url and not settings.portal.url.startswith(("https://", "http://")):
        raise ConfigurationError("portal.url is no address; give one such as https://netquota.kota.go.id")
    if settings.fail_open.after_s <= 0 or settings.fail_open.probe_s <= 0:
        raise ConfigurationError("fail_open.after_s and fail_open.probe_s must be above 0")
