"""`netquota db`: bring the database to this program's schema, check, copy and restore it."""

from __future__ import annotations

from pathlib import Path

import click

from netquota.cli.failures import Exit
from netquota.cli.invocation import Invocation, pass_invocation


@click.group()
def db() -> None:
    """Upgrade, check, back up and restore the database."""


@db.command()
@click.option("--dry-run", is_flag=True, help="Say what would change, change nothing.")
@pass_invocation
def upgrade(invocation: Invocation, dry_run: bool) -> None:
    """Bring the schema to this release; an existing SQLite file is copied first."""
    from netquota.storage import revision
    from netquota.storage import upgrade as storage
    from netquota.storage.database import open_database

    settings = invocation.settings
    database = open_database(settings.database.url)
    try:
        if dry_run:
            with database.read() as connection:
                present = revision.current(connection)
            revision.refuse_newer(present)
            click.echo(f"schema {present or 'none'}; this release has {revision.known()[-1]}")
            return
        done = storage.upgrade(database, settings.state_dir / "backups")
    finally:
        database.dispose()
    if done.before == done.after:
        click.echo(f"the database has schema {done.after} already")
        return
    click.echo(f"schema {done.before or 'none'} -> {done.after}")
    if done.backup is not None:
        click.echo(f"the state before lies in {done.backup}")


@db.command()
@pass_invocation
def check(invocation: Invocation) -> Exit:
    """Read the whole database and say whether schema and file are sound."""
    from netquota.storage.database import open_database
    from netquota.storage.revision import check as checked

    database = open_database(invocation.settings.database.url)
    try:
        found = checked(database, integrity=True)
    finally:
        database.dispose()
    for fault in found.faults:
        click.echo(fault, err=True)
    if found.faults:
        return Exit.FAILED
    click.echo(f"the database is sound; schema {found.revision}")
    return Exit.DONE


@db.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), required=False)
@click.option("--keep", type=click.IntRange(1), help="Delete all but the newest so many copies.")
@pass_invocation
def backup(invocation: Invocation, folder: Path | None, keep: int | None) -> None:
    """Copy the database into FOLDER (else backups/ in state_dir) while it is in use, and verify the copy.

    The key file is no part of it; keep that apart.
    """
    from netquota.clock import SystemClock
    from netquota.storage import backup as storage
    from netquota.storage.database import open_database

    settings = invocation.settings
    into = folder or settings.state_dir / "backups"
    database = open_database(settings.database.url)
    try:
        made = storage.make(database, into, SystemClock().now())
    finally:
        database.dispose()
    click.echo(f"{made.path}: {made.octets} octets, schema {made.revision}, verified")
    for old in storage.rotate(into, keep) if keep is not None else ():
        click.echo(f"deleted {old}")
    click.echo(f"Keep a copy of {settings.security.key_file} elsewhere: without it, stored secrets cannot be read.")


@db.command()
@click.argument("copy", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--dry-run", is_flag=True, help="Verify the copy alone.")
@pass_invocation
def restore(invocation: Invocation, copy: Path, dry_run: bool) -> None:
    """Write COPY into an empty place: database.url, which must not hold anything yet."""
    from netquota.storage import backup as storage

    url = invocation.settings.database.url
    found = storage.verify(copy) if dry_run else storage.restore(copy, url)
    told = "is sound and could be restored" if dry_run else "is restored"
    click.echo(f"{found.path} ({found.kind}, schema {found.revision}, {found.octets} octets) {told}")


@db.command("try")
@click.argument("copy", type=click.Path(path_type=Path, dir_okay=False, exists=True), required=False)
@pass_invocation
def try_copy(invocation: Invocation, copy: Path | None) -> Exit:
    """Restore COPY (else the newest of backups/) into a scratch place, read all of it, and throw it away.

    On PostgreSQL the user needs CREATEDB. Exit code 1 where the copy would not bring the city back.
    """
    from netquota.clock import SystemClock
    from netquota.secrets import Keyring
    from netquota.services import backup_trial
    from netquota.storage.database import open_database

    settings = invocation.settings
    folder = settings.state_dir / "backups"
    database = open_database(settings.database.url)
    try:
        keyring = Keyring.load(settings.security.key_file)
        bench = backup_trial.Bench(database, folder, keyring, settings.city.zone, SystemClock())
        found = backup_trial.try_copy(bench, copy or backup_trial.newest_copy(folder))
        with database.write() as connection:
            backup_trial.note_trial(connection, found)
    finally:
        database.dispose()
    for fault in found.faults:
        click.echo(f"{found.name}: {fault}", err=True)
    if not found.is_good:
        return Exit.FAILED
    click.echo(f"{found.name} was restored and read in {found.took_s} s and is whole: {backup_trial.told(found)}")
    return Exit.DONE
