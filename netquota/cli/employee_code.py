"""`netquota employee code NIP`: a code with which somebody sets a password himself."""

from __future__ import annotations

import click

from netquota.cli.invocation import Invocation, dry_run_option, pass_invocation


@click.command("code")
@click.argument("thing", metavar="USERNAME")
@click.option("--why", default="", help="Why; it stands in the audit trail.")
@dry_run_option
@pass_invocation
def employee_code(invocation: Invocation, thing: str, why: str, dry_run: bool) -> None:
    """Make a code with which an employee sets a password; printed once, good for 15 minutes, once."""
    from netquota.cli.desk import author, office_of
    from netquota.services.allocate import get
    from netquota.services.password_codes import give_code

    with office_of(invocation.settings) as office:
        key = get(office, "employee", thing).key
        if dry_run:
            click.echo(f"would give employee {key} a code")
            return
        code = give_code(office, key, author(why))
    page = f"{invocation.settings.web.public_url}/kuota/password/code"
    click.echo(f"employee {key}: code {code}, good once within 15 minutes (shown this once)")
    click.echo(f"  to be entered at {page}")
