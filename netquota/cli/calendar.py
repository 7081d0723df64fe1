"""`netquota calendar office-hours`: the hours in which offices without their own are measured."""

from __future__ import annotations

import click

from netquota.cli.invocation import Invocation, dry_run_option, json_option, pass_invocation


@click.group("calendar")
def calendar() -> None:
    """The city's office hours; days off are `netquota holiday` and `netquota ramadan`."""


@calendar.command("office-hours")
@click.argument("hours", required=False)
@click.option("--perpres", is_flag=True, help="Those of Perpres 21/2023.")
@click.option("--why", default="", help="Why; it stands in the audit trail.")
@dry_run_option
@json_option
@pass_invocation
def office_hours(
    invocation: Invocation, hours: str | None, perpres: bool, why: str, dry_run: bool, as_json: bool
) -> None:
    """Show the city's office hours, or set them to HOURS: 'mon-thu 07:30-16:00; fri 07:30-16:30; ramadan mon-fri
    08:00-15:00'. Without a part for Ramadan the same hold in it."""
    from netquota.cli.desk import author, office_of
    from netquota.cli.output import print_json, print_pairs
    from netquota.domain.office_hours import in_words
    from netquota.services.planning import hours as desk

    if perpres and hours:
        raise click.UsageError("give hours or --perpres, not both")
    with office_of(invocation.settings) as office:
        changed = False
        if perpres or hours:
            by = author(why or "netquota calendar office-hours")
            changed = desk.set_city(office, hours or "", by, dry_run=dry_run)
        with office.database.read() as connection:
            text, found = desk.city_text(connection), desk.of_city(connection)
    if as_json:
        print_json({"office_hours": text, "changed": changed, "dry_run": dry_run})
        return
    print_pairs([
        ("usual", in_words(found.usual)), ("in Ramadan", in_words(found.ramadan)),
        ("source", "the city" if text else "Perpres 21/2023"),
    ])  # fmt: skip
    if changed:
        click.echo(
            "would change; nothing was changed" if dry_run else "changed; the studies are asked for anew", err=True
        )
