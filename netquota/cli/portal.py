"""`netquota portal`: what the log-in page needs at the gateways."""

from __future__ import annotations

from pathlib import Path

import click

from netquota.cli.invocation import Invocation, pass_invocation

_FETCHES = frozenset({"mikrotik"})


@click.group()
def portal() -> None:
    """The hotspot's log-in page."""


@portal.command()
@click.option("--nas", "thing", required=True, metavar="NAS", help="The gateway that the files are for.")
@click.option("--output", type=click.Path(path_type=Path, file_okay=False), help="Folder to write to  [hotspot-NAS].")
@pass_invocation
def export(invocation: Invocation, thing: str, output: Path | None) -> None:
    """Write the pages of a MikroTik hotspot, which lead to the log-in page here.

    The script of `netquota nas config` lets the router fetch them by itself; by hand they go into its Files, and the
    folder into html-directory of the hotspot's server profile.
    """
    from netquota.cli.desk import office_of
    from netquota.errors import InvalidValue
    from netquota.services.gateway_secrets import secrets_of
    from netquota.services.hotspot_pages import FOLDER, hotspot_pages, page_facts
    from netquota.storage.policy_store import load_snapshot

    with office_of(invocation.settings) as office, office.database.read() as connection:
        nas = secrets_of(load_snapshot(connection, office.secrets, office.zone), thing).nas
    if nas.family not in _FETCHES:
        remedy = f"it has no pages of its own to write; netquota nas config {nas.name} tells it where the portal is"
        raise InvalidValue("nas", f"{nas.name} ({nas.family})", remedy)
    folder = output or Path(f"hotspot-{nas.name}")
    for file in hotspot_pages(page_facts(invocation.settings)):
        path = folder / file.place.removeprefix(f"{FOLDER}/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(file.text, encoding="utf-8")
        click.echo(f"{path}  (belongs to {file.place})")
