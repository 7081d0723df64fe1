"""`netquota admin second-factor-off`: for who lost phone and recovery codes; he is signed out everywhere."""

from __future__ import annotations

import click

from netquota.cli.invocation import Invocation, pass_invocation


@click.command("second-factor-off")
@click.argument("username")
@click.option("--why", default="", help="Why; it stands in the audit trail.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_invocation
def second_factor_off(invocation: Invocation, username: str, why: str, yes: bool) -> None:
    """Switch an admin's second factor off, when phone and recovery codes are lost; signs the person out."""
    from netquota.cli.desk import author, office_of
    from netquota.cli.output import confirmed
    from netquota.services.second_factor import remove

    confirmed(f"Switch the second factor of {username} off?", yes)
    with office_of(invocation.settings) as office:
        was_on = remove(office, username, author(why))
    click.echo(
        f"The second factor of {username} is off; the password alone lets in."
        if was_on
        else f"{username} has no second factor; nothing was changed."
    )
