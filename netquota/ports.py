"""Whether the ports of the settings are free, told in one line that names the setting, before anything is started."""

from __future__ import annotations

import errno
import socket
from dataclasses import dataclass

from netquota.errors import ConfigurationError
from netquota.settings import Settings

WEB_INDEX, SCHEDULER_INDEX, FIRST_WORKER_INDEX = 0, 1, 2
"""A process's index: its metrics are served on `metrics.port` plus it."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One socket that a process will open, and the setting that says so."""

    setting: str
    address: str
    port: int
    datagram: bool = False


def worker_index(worker: int) -> int:
    """The process index of the RADIUS worker with this number (0, 1 …)."""
    return FIRST_WORKER_INDEX + worker


def endpoints(settings: Settings) -> tuple[Endpoint, ...]:
    """Every socket that `serve` needs."""
    radius, web, metrics = settings.radius, settings.web, settings.metrics
    packets = [
        Endpoint(f"radius.{name}", address, port, datagram=True)
        for address in radius.bind
        for name, port in (("auth_port", radius.auth_port), ("acct_port", radius.acct_port))
    ]
    indices = range(worker_index(radius.workers)) if metrics.port else ()
    scraped = [Endpoint("metrics.port", metrics.bind, metrics.port + index) for index in indices]
    return (*packets, Endpoint("web.port", web.bind, web.port), *scraped)


def free_port(address: str = "127.0.0.1", *, datagram: bool = False) -> int:
    """A port that nobody holds at this moment."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM if datagram else socket.SOCK_STREAM) as probe:
        probe.bind((address, 0))
        return int(probe.getsockname()[1])


def require_free(wanted: tuple[Endpoint, ...]) -> None:
    """Raise `ConfigurationError` for endpoints that cannot be opened: all taken ones at once; nothing stays open."""
    opened: dict[tuple[str, int, bool], Endpoint] = {}
    taken: dict[str, Endpoint] = {}
    for endpoint in wanted:
        key = (endpoint.address, endpoint.port, endpoint.datagram)
        if (other := opened.get(key)) is not None:
            raise ConfigurationError(f"{endpoint.setting} and {other.setting} are both {endpoint.port}; change one")
        opened[key] = endpoint
        if not _opens(endpoint):
            taken.setdefault(endpoint.setting, endpoint)
    if taken:
        raise ConfigurationError(_told_taken(tuple(taken.values())))


def _told_taken(taken: tuple[Endpoint, ...]) -> str:
    """Which ports are taken, and how to choose others; a setting that is an option has its own way."""
    named = ", ".join(f"{one.setting} {one.port} is taken on {one.address}" for one in taken)
    first = taken[0]
    other = f"{first.setting} {first.port + 10_000 if first.port < 50_000 else first.port - 10_000}"
    how = other if first.setting.startswith("-") else f"--set {other.replace(' ', '=')}"
    return f"{named}: stop the other server, or choose another port, such as {how}"


def _opens(endpoint: Endpoint) -> bool:
    """Whether it can be opened; False where another holds it. Raises `ConfigurationError` for any other reason."""
    family = socket.AF_INET6 if ":" in endpoint.address else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM if endpoint.datagram else socket.SOCK_STREAM) as probe:
            if family == socket.AF_INET6:
                probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            if not endpoint.datagram:  # else a port that was just closed counts as taken
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((endpoint.address, endpoint.port))
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return False
        if endpoint.address == "::" and error.errno in {errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL}:
            return True  # a machine without IPv6
        raise ConfigurationError(_explained(endpoint, error)) from None
    return True


def _explained(endpoint: Endpoint, error: OSError) -> str:
    what = f"{endpoint.setting} {endpoint.port}"
    bind = endpoint.setting.partition(".")[0] + ".bind"
    match error.errno:
        case errno.EACCES:
            return f"{what} is kept for root: set {endpoint.setting} to 1024 or above"
        case errno.EADDRNOTAVAIL:
            return f"{bind} {endpoint.address} is no address of this machine: set {bind}"
        case _:
            return f"{what} cannot be opened on {endpoint.address} ({error.strerror}): set {bind} or {endpoint.setting}"
