"""`netquota holiday take`: Indonesia's public holidays and joint leave into the office's table."""

from __future__ import annotations

import click

from netquota.cli.invocation import Invocation, dry_run_option, json_option, pass_invocation


@click.command("take")
@click.argument("years", nargs=-1, type=click.IntRange(2000, 2100))
@click.option("--why", default="", help="Why; it stands in the audit trail.")
@json_option
@dry_run_option
@pass_invocation
def holiday_take(invocation: Invocation, years: tuple[int, ...], why: str, as_json: bool, dry_run: bool) -> None:
    """Take over the public holidays and joint leave of YEARS (this one and the next), as far as they are known.

    The scheduler does so each night. A day on which the office works all the same (--works yes) stays as it is.
    """
    from netquota.cli.desk import author, office_of
    from netquota.cli.output import print_json, print_table
    from netquota.services.days_off import take_over

    with office_of(invocation.settings) as office:
        this = office.today.year
        taken = take_over(office, author(why), years or (this, this + 1), dry_run=dry_run)
    rows = [("add", each) for each in taken.added] + [("take out", each) for each in taken.gone]
    if as_json:
        print_json(
            [{"action": action, "day": each.day.isoformat(), "kind": each.kind, "name": each.name}
             for action, each in rows]
        )  # fmt: skip
        return
    shown = [(action, each.day.isoformat(), each.kind, each.name) for action, each in rows]
    print_table(("action", "day", "kind", "name"), shown, "the table is as the calendar knows it")
    if dry_run:
        click.echo("nothing was changed", err=True)
