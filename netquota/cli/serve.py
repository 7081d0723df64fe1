"""`serve` and the processes it keeps: each door is imported in the process that opens it, nowhere else."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

import click

from netquota import instance_lock, logging, ports
from netquota.cli.invocation import Invocation, pass_invocation
from netquota.cli.preparation import prepare
from netquota.settings import Settings, as_environment, load

if TYPE_CHECKING:
    from netquota.secrets import Keyring
    from netquota.supervisor import Child


@click.command()
@pass_invocation
def serve(invocation: Invocation) -> None:
    """Run everything: RADIUS workers, web, scheduler, metrics. Ctrl-C stops it."""
    supervise(invocation.settings, renew=lambda: children(load(invocation.config, overrides=invocation.overrides)))


@click.command()
@click.option("--index", default=0, show_default=True, help="Number of this worker on this machine.")
@pass_invocation
def radius(invocation: Invocation, index: int) -> None:
    """Run one RADIUS worker."""
    settings = _begun(invocation, f"radius-{index}")
    _enter("radius.server", settings, index)


@click.command()
@pass_invocation
def web(invocation: Invocation) -> None:
    """Run the web pages and the portal."""
    settings = _begun(invocation, "web")
    _enter("web.server", settings)


@click.command()
@pass_invocation
def scheduler(invocation: Invocation) -> None:
    """Run what must happen without a packet: roll-over, samples, stale sessions."""
    settings = _begun(invocation, "scheduler")
    _enter("netquota.scheduler", settings)


def supervise(
    settings: Settings,
    further: Iterable[Child] = (),
    when_started: Callable[[], None] | None = None,
    when_prepared: Callable[[Keyring], None] | None = None,
    renew: Callable[[], Sequence[Child]] | None = None,
) -> None:
    """Prepare, then keep the processes of `serve` and `further` ones running until a signal.

    `when_prepared` runs before any is started, `when_started` beside them once all are. Raises `ConfigurationError`
    for what is in the way. `renew`: the processes with the settings of a later moment (SIGUSR1).
    """
    from netquota.supervisor import Supervisor

    logging.configure(settings.log.level, settings.log.format, "serve")
    with instance_lock.only_instance(settings.state_dir):
        ports.require_free(ports.endpoints(settings))
        keyring = prepare(settings)
        if when_prepared is not None:
            when_prepared(keyring)
        Supervisor([*children(settings), *further], renew=renew).run(when_started)


def children(settings: Settings) -> list[Child]:
    """The processes of one machine, RADIUS first: it must answer soonest."""
    workers = [
        child(f"radius-{index}", settings, "radius", "--index", str(index)) for index in range(settings.radius.workers)
    ]
    return [*workers, child("web", settings, "web"), child("scheduler", settings, "scheduler")]


def child(name: str, settings: Settings, *arguments: str) -> Child:
    """A process of ours that has the very same settings, wherever they came from."""
    from netquota.supervisor import Child

    return Child(name, (sys.executable, "-m", "netquota.cli", *arguments), as_environment(settings))


def _begun(invocation: Invocation, process: str) -> Settings:
    settings = invocation.settings
    logging.configure(settings.log.level, settings.log.format, process)
    return settings


def _enter(door: str, *arguments: object) -> None:
    """Import the package that holds a door and call its `run`; it returns when the process is asked to end."""
    run: Callable[..., None] = importlib.import_module(door).run
    run(*arguments)
