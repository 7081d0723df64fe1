"""`netquota nas config NAME`: the gateway's configuration, ready to paste; secrets only where asked for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from netquota.cli.invocation import Invocation, pass_invocation

if TYPE_CHECKING:
    from netquota.services.gateway_config import ConfigFile, ConfigOptions, Note
    from netquota.services.office import Office


@click.command("config", help="Print the gateway's configuration, ready to paste.")
@click.argument("thing", metavar="NAME")
@click.option(
    "--format",
    "form",
    metavar="FORM",
    help="routeros, routeros-ppp, chilli, ocserv, hostapd, netquota-gateway or other; else by its make.",
)
@click.option("--routeros", type=click.Choice(["6", "7"]), default="7", show_default=True, help="RouterOS version.")
@click.option("--wan-interface", metavar="NAME", help="Interface to the internet  [ether1, eth0].")
@click.option("--hotspot-interface", metavar="NAME", help="Interface with the users  [bridge-hotspot, eth1].")
@click.option(
    "--hotspot-network",
    metavar="NETWORK",
    default="10.5.50.0/24",
    show_default=True,
    help="Users' network (not asked of a RouterOS hotspot).",
)
@click.option("--queues", type=click.Choice(["simple", "tree"]), default="simple", show_default=True,
              help="RouterOS: an office's limit by parent queues, or by marks and a queue tree.")  # fmt: skip
@click.option("--fail-open-minutes", type=click.IntRange(1, 1440), help="Let people through after so long without us.")
@click.option("--tunnel-address", default="", metavar="ADDRESS/PREFIX",
              help="Behind NAT: its own address in the tunnel to this server.")  # fmt: skip
@click.option("--token", metavar="TOKEN", help="The gateway's own token, with which it fetches its queues' limits.")
@click.option("--new-token", is_flag=True, help="Make such a token; only with --show-secret.")
@click.option("--show-secret", is_flag=True, help="With secrets in it; the audit trail notes that.")
@click.option("--output", type=click.Path(path_type=Path, file_okay=False),
              help="Write the files into this folder instead.")  # fmt: skip
@pass_invocation
def nas_config(invocation: Invocation, output: Path | None, **given: object) -> None:
    """Look the gateway up, render its files, print or write them."""
    from netquota.cli.desk import office_of
    from netquota.services.gateway_config import note_text

    with office_of(invocation.settings) as office:
        files, notes = _files(invocation, office, given)
    if output is not None:
        _write(files, output)
    else:
        click.echo("\n".join(_with_place(file, len(files)) for file in files), nl=False)
    for note in notes:
        click.echo(f"note: {note_text(note)}", err=True)
    if not given["show_secret"]:
        click.echo("Secrets are masked; with --show-secret they stand in it.", err=True)


def _options(given: Mapping[str, object]) -> ConfigOptions:
    from netquota.services.gateway_config import ConfigOptions, Queues

    def text(name: str) -> str | None:
        return None if given[name] is None else str(given[name])

    minutes = text("fail_open_minutes")
    return ConfigOptions(
        routeros=int(str(given["routeros"])),
        wan_interface=text("wan_interface"),
        hotspot_interface=text("hotspot_interface"),
        hotspot_network=str(given["hotspot_network"]),
        queues=Queues(str(given["queues"])),
        fail_open_minutes=None if minutes is None else int(minutes),
        tunnel_address=str(given["tunnel_address"]),
    )


def _files(
    invocation: Invocation, office: Office, given: Mapping[str, object]
) -> tuple[tuple[ConfigFile, ...], tuple[Note, ...]]:
    from netquota.cli.desk import author
    from netquota.services.gateway_config import Shown, configuration, dialect_of, gather
    from netquota.services.gateway_secrets import note_shown, secrets_of
    from netquota.services.gateway_tokens import create_token
    from netquota.storage.policy_store import load_snapshot

    options, by, shown = _options(given), author(""), Shown()
    with office.database.read() as connection:
        snapshot = load_snapshot(connection, office.secrets, office.zone)
    found = secrets_of(snapshot, str(given["thing"]))
    form = given["form"]
    dialect = dialect_of(found.nas.family, None if form is None else str(form))
    if given["show_secret"]:
        token = create_token(office, found.nas.name, by).text if given["new_token"] else str(given["token"] or "")
        shown = Shown(found.secret, found.uam_secret, token)
    facts = gather(
        invocation.settings, found.nas, snapshot.sites_of_nas(found.nas.id), dialect, options,
        reachable=snapshot.rules.reachable, shown=shown,
    )  # fmt: skip
    files = configuration(facts, dialect)
    if given["show_secret"]:
        note_shown(office, found.nas.name, by)
    return files, facts.notes


def _with_place(file: ConfigFile, files: int) -> str:
    return file.text if files == 1 else f"# ---- {file.place}\n{file.text}"


def _write(files: tuple[ConfigFile, ...], folder: Path) -> None:
    """Readable by the owner alone: there may be secrets in them."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in files:
        path = folder / file.name
        path.touch(mode=0o600)
        path.chmod(0o600)
        path.write_text(file.text, encoding="utf-8")
        click.echo(f"{path}  (belongs to {file.place})")
