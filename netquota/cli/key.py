"""`netquota key`: the file that opens what is encrypted in the database."""

from __future__ import annotations

import click

from netquota.cli.invocation import Invocation, pass_invocation


@click.group()
def key() -> None:
    """The key file: without it, stored secrets cannot be read."""


@key.command()
@pass_invocation
def create(invocation: Invocation) -> None:
    """Write a first key file; one that is there is never written over."""
    from netquota.secrets import create_key_file

    path = invocation.settings.security.key_file
    create_key_file(path)
    click.echo(f"{path} written; keep a copy apart from the backups of the database")


@key.command()
@pass_invocation
def rotate(invocation: Invocation) -> None:
    """Put a new key before the present ones, which still open what they sealed; running processes take it up."""
    from netquota.secrets import Keyring, add_key

    path = invocation.settings.security.key_file
    Keyring.load(path)
    add_key(path)
    click.echo(f"{path} has a new key, which running processes take up; copy the file to where its copies are kept")
