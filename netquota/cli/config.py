"""`netquota config`: are the settings right, what are they, and what is there to set."""

from __future__ import annotations

import json

import click

from netquota.cli.invocation import Invocation, json_option, pass_invocation
from netquota.resources import data_file
from netquota.secrets import Keyring
from netquota.settings import flat, shown
from netquota.settings_layers import find_file


@click.group()
def config() -> None:
    """Check and show the settings."""


@config.command()
@pass_invocation
def check(invocation: Invocation) -> None:
    """Say whether file, environment and options can be used, and the key file opened."""
    import os

    settings = invocation.settings
    file = invocation.config or find_file(os.environ)
    click.echo(f"settings are valid ({file or 'no file, defaults and environment'})")
    if settings.security.key_file.exists():
        Keyring.load(settings.security.key_file)
        click.echo(f"key file is valid ({settings.security.key_file})")
    else:
        click.echo(f"no key file yet ({settings.security.key_file}); the first start writes one")


@config.command()
@click.option("--redacted/--with-passwords", default=True, help="Hide passwords (the default).")
@json_option
@pass_invocation
def show(invocation: Invocation, redacted: bool, as_json: bool) -> None:
    """Print every setting in force."""
    values = {key: shown(key, value, redacted=redacted) for key, value in flat(invocation.settings).items()}
    if as_json:
        click.echo(json.dumps(values, indent=2, ensure_ascii=False))
        return
    for key, value in values.items():
        click.echo(f"{key} = {json.dumps(value, ensure_ascii=False)}")


@config.command()
def example() -> None:
    """Print a settings file with every key, its default and what it is for."""
    click.echo(data_file("config/netquota.example.toml").read_text(encoding="utf-8"), nl=False)
