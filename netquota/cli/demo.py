"""`netquota demo`: the sample city, and gateways in software that let its people log in by real RADIUS packets."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import click

from netquota.cli.invocation import Invocation, parsed_overrides, pass_invocation
from netquota.settings import Settings, load

if TYPE_CHECKING:
    from netquota.secrets import Keyring
    from netquota.services.demo_people import DemoCity
    from netquota.services.office import Office

LOOPBACK = "127.0.0.1"


@click.command()
@click.option(
    "--state-dir", type=click.Path(path_type=Path, file_okay=False), help="Folder of the demo; else state_dir."
)
@click.option("--coa-port", type=click.IntRange(1, 65535), help="UDP port on which the simulated gateways take orders.")
@click.option(
    "--set", "sets", multiple=True, metavar="KEY=VALUE", help="Override a setting, such as --set web.port=18080."
)
@click.option("--large", is_flag=True, help="60 offices, 5,000 employees and 13 months of use; some minutes to make.")
@click.option("--only-make", is_flag=True, help="Make the city and stop.")
@click.option("--gateways-only", is_flag=True, hidden=True)
@pass_invocation
def demo(
    invocation: Invocation, state_dir: Path | None, coa_port: int | None, sets: tuple[str, ...], gateways_only: bool,
    large: bool, only_make: bool,
) -> None:  # fmt: skip
    """Run everything with a sample city and simulated gateways. Ctrl-C stops it; run again, it goes on."""
    settings = demo_settings(invocation, state_dir, parsed_overrides(sets))
    if gateways_only:
        from netquota import logging
        from netquota.cli.demo_gateways import play

        logging.configure(settings.log.level, settings.log.format, "gateways")
        play(settings)
        return
    from netquota.cli.serve import child, supervise

    shown = Shown(settings)
    if only_make:
        make_alone(settings, large)
        return

    def prepared(keyring: Keyring) -> None:
        shown.learn(make_or_go_on(settings, keyring, coa_port, large))

    supervise(settings, [child("gateways", settings, "demo", "--gateways-only")], shown.print_when_ready, prepared)


def demo_settings(invocation: Invocation, state_dir: Path | None, sets: Mapping[str, object] | None = None) -> Settings:
    """The settings in force, with the sample city's name where none is set. Raises `ConfigurationError`."""
    own: dict[str, object] = dict(sets or {})
    if state_dir is not None:
        own["state_dir"] = str(state_dir.absolute())
    settings = load(invocation.config, overrides={**invocation.overrides, **own}) if own else invocation.settings
    from netquota.services.demo_people import sample_city

    city, sample, usual = settings.city, sample_city(), Settings().city
    named = {
        "name": sample.name if city.name == usual.name else city.name,
        "help_contact": city.help_contact or sample.help_contact,
    }
    return settings.model_copy(update={"city": city.model_copy(update=named)})


@dataclass(frozen=True, slots=True)
class Standing:
    """The city as it stands: `password` of every employee, `secrets` of the gateways by name; the admin's once."""

    password: str = field(repr=False)
    secrets: Mapping[str, str] = field(repr=False)
    admin_password: str | None = field(default=None, repr=False)


def make_or_go_on(settings: Settings, keyring: Keyring, coa_port: int | None, large: bool = False) -> Standing:
    """Make the city where the database is empty, else find it. Raises `ConfigurationError` for a database of others."""
    from netquota.cli.demo_gateways import gateway_clients, require_free_ports
    from netquota.cli.desk import office_of
    from netquota.services.allocate import change
    from netquota.services.demo_city import BY, is_made, make
    from netquota.services.demo_people import sample_city

    city = sample_city()
    with office_of(settings, keyring) as office:
        made = None
        if is_made(office):
            password = _noted_password(settings, office, city)
        else:
            began = time.monotonic()
            click.echo(f"Making the sample city {city.name} in {settings.state_dir} ...")
            password = _note_password(settings)
            made = make(office, city, password)
            click.echo(
                f"{made.people} employees and {made.sessions} sessions of the past week "
                f"in {time.monotonic() - began:.1f} s."
            )
            if large:
                _enlarge(settings, office, city, password, began)
        clients = gateway_clients(office)
        for name in clients if coa_port is not None else ():
            change(office, "nas", name, {"coa_port": str(coa_port)}, BY)
        require_free_ports(city, gateway_clients(office))
    found = {name: nas.secret.decode() for name, nas in clients.items()}
    return Standing(password, found, None if made is None else made.admin_password)


def make_alone(settings: Settings, large: bool) -> None:
    """Make the city in an empty database and print the admin's password."""
    from netquota.cli.preparation import prepare

    standing = make_or_go_on(settings, prepare(settings), None, large)
    if standing.admin_password is not None:
        click.echo(f"Sign in as admin with the password {standing.admin_password}; `netquota demo` runs it.")


def _enlarge(settings: Settings, office: Office, city: DemoCity, password: str, began: float) -> None:
    from netquota.services.demo_large import enlarge

    truth = settings.state_dir / "demo-truth.npz"
    added = enlarge(office, city, password, truth)
    click.echo(
        f"{added.opds} more offices, {added.people} more employees and {added.samples} samples of 13 months "
        f"in {time.monotonic() - began:.1f} s; what was wanted is in {truth}."
    )


def _noted_password(settings: Settings, office: Office, city: DemoCity) -> str:
    """The employees' password of an earlier run; a new one where the note is lost."""
    from netquota.cli.demo_gateways import read_password
    from netquota.services.demo_city import renew_password

    password = read_password(settings)
    if password is None:
        password = _note_password(settings)
        renew_password(office, city, password)
    return password


def _note_password(settings: Settings) -> str:
    from netquota.cli.demo_gateways import write_password

    return write_password(settings)


PATIENCE_S = 45.0
"""A slow machine needs half a minute for all parts; who waits longer is told which are still starting."""
LONGEST_S = 300.0


class Shown:
    """What the terminal is told once everything answers."""

    def __init__(self, settings: Settings, patience_s: float = PATIENCE_S, longest_s: float = LONGEST_S) -> None:
        self._settings, self._patience_s, self._longest_s = settings, patience_s, longest_s
        self._standing: Standing | None = None

    def learn(self, standing: Standing) -> None:
        """The city stands."""
        self._standing = standing

    def print_when_ready(self) -> None:
        """Wait for RADIUS and web, then print where to look; what is still starting is waited for further."""
        if self._standing is None:
            return
        from netquota.cli.demo_banner import afterwards, banner, not_answering

        silent = not_answering(self._settings, self._standing.secrets, self._patience_s)
        click.echo(banner(self._settings, self._standing, silent))
        sys.stdout.flush()
        if silent:
            click.echo(afterwards(not_answering(self._settings, self._standing.secrets, self._longest_s)))
            sys.stdout.flush()
