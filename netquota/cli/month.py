"""`netquota month`: each month's use as files for other tools, and whether they are still what they were."""

from __future__ import annotations

from pathlib import Path

import click

from netquota.cli.failures import Exit
from netquota.cli.invocation import Invocation, pass_invocation


@click.group()
def month() -> None:
    """Files of a month's use: CSV and Parquet with a manifest and checksums."""


@month.command()
@click.argument("which", metavar="MONTH")
@click.option("--folder", type=click.Path(path_type=Path, file_okay=False), help="Else the setting exports.folder.")
@pass_invocation
def export(invocation: Invocation, which: str, folder: Path | None) -> None:
    """Write the files of MONTH (such as 2026-11) into a folder of its own, in place of older ones."""
    from netquota.cli.desk import office_of
    from netquota.errors import InvalidValue
    from netquota.services.month_files import write_month
    from netquota.storage.policy_store import load_snapshot

    settings = invocation.settings
    into = folder or (Path(settings.exports.folder) if settings.exports.folder else None)
    if into is None:
        raise InvalidValue("--folder", "", "name a folder, or set exports.folder")
    with office_of(settings) as office:
        with office.database.read() as connection:
            snapshot = load_snapshot(connection, office.secrets, office.zone)
        done = write_month(office.database, snapshot, which, into, settings.city.name, office.zone, office.now_s)
    rest = "" if done.is_final else "; reports may still come, so that it will be written again"
    click.echo(f"{done.folder}: {done.files} files, {done.rows} rows{rest}")


@month.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False, exists=True))
def verify(folder: Path) -> Exit:
    """Compare the files of a month's FOLDER with its manifest and checksums. Exit code 1 where they differ."""
    from netquota.services.month_files import faults

    found = faults(folder)
    for fault in found:
        click.echo(fault, err=True)
    if found:
        return Exit.FAILED
    click.echo(f"{folder}: all files are as the manifest says")
    return Exit.DONE
