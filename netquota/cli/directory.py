"""`netquota directory check|try|sync`: whether it answers, whether a password is right there, its people as a list."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from netquota.cli.failures import Exit
from netquota.cli.invocation import Invocation, dry_run_option, json_option, pass_invocation

if TYPE_CHECKING:
    from netquota.ldap_directory import LdapDirectory


@click.group()
def directory() -> None:
    """The directory (LDAP, Active Directory) of the section [directory]."""


@directory.command("check")
@pass_invocation
def check(invocation: Invocation) -> None:
    """Ask for its people and say how many there are."""
    found = _directory(invocation).people()
    named = sum(bool(each.get("username")) for each in found)
    click.echo(f"it answers: {len(found)} people, {named} of them with a user name")


@directory.command("try")
@click.argument("username")
@click.option("--nip", default="", help="Where the pattern asks for it.")
@click.password_option(confirmation_prompt=False, help="Asked for; reads a line of standard input.")
@pass_invocation
def attempt(invocation: Invocation, username: str, nip: str, password: str) -> Exit:
    """Say whether somebody's password is right there."""
    from netquota.domain.directory import Answer

    answer = _directory(invocation).verify(username, nip, password)
    click.echo(f"{username}: {answer}")
    return Exit.DONE if answer is Answer.RIGHT else Exit.FAILED


@directory.command("sync")
@click.option("--why", default="", help="Why; it stands in the audit trail.")
@click.option("--complete", is_flag=True, help="Whoever it leaves out has left.")
@click.option("--leaving", type=int, help="So many may leave, although it is more than 5 %.")
@dry_run_option
@json_option
@pass_invocation
def sync(
    invocation: Invocation, why: str, complete: bool, leaving: int | None, dry_run: bool, as_json: bool
) -> Exit:  # fmt: skip
    """Import its people as a list of employees, whole or not at all; `--dry-run` says what it would do."""
    from netquota.cli.desk import author, office_of
    from netquota.cli.list_import import tell
    from netquota.services.imports import running
    from netquota.services.imports.directory_rows import directory_sheet
    from netquota.services.imports.judging import Whole

    sheet, by, grace = directory_sheet(_directory(invocation)), author(why), invocation.settings.imports
    with office_of(invocation.settings) as office:
        run_id = running.begun(office, "employee", "directory", [sheet], by)
        running.choose(office, run_id, running.Choices(whole=Whole.CITY if complete else Whole.NOBODY))
        one = running.opened(office, run_id, by.name)
        judged = running.tried(office, one, grace.contract_grace_days)
        tell(one, judged, as_json=as_json)
        if judged.faults:
            return Exit.USAGE
        if not dry_run:
            done = running.applied(office, one, grace.contract_grace_days, by, leaving_meant=leaving)
            click.echo(f"applied as import {done.run_id}", err=True)
    return Exit.DONE


def _directory(invocation: Invocation) -> LdapDirectory:
    from netquota.errors import ConfigurationError
    from netquota.ldap_directory import directory_of

    found = directory_of(invocation.settings.directory)
    if found is None:
        raise ConfigurationError("directory.url is not set; see netquota.example.toml")
    return found
