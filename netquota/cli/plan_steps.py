"""`netquota plan steps`: what is known of an office's or link's use that no history tells; forecasts take it in."""

from __future__ import annotations

import click

from netquota.cli.invocation import Invocation, json_option, pass_invocation
from netquota.cli.moments import parsed_day
from netquota.errors import InvalidValue


@click.command("steps")
@click.argument("kind", type=click.Choice(("opd", "link")))
@click.argument("key")
@click.option("--add", "added", nargs=2, type=(str, float), metavar="DATE PERCENT",
              help="From this day on so many per cent more, or (negative) less.")  # fmt: skip
@click.option("--remove", "removed", metavar="DATE", help="Remove the step of this day.")
@click.option("--note", default="", help="Why, such as the granted request's number.")
@json_option
@pass_invocation
def plan_steps(
    invocation: Invocation, kind: str, key: str, added: tuple[str, float] | None, removed: str | None, note: str,
    as_json: bool,
) -> None:  # fmt: skip
    """List, confirm or remove known steps in the use of an office or link."""
    from netquota.cli.desk import author, office_of
    from netquota.cli.output import print_json, print_table
    from netquota.planning.forecast import LevelShift
    from netquota.services.planning import steps
    from netquota.services.planning.subjects import one

    with office_of(invocation.settings) as office:
        by = author(note or "netquota plan steps")
        if added is not None:
            day = parsed_day(added[0], "--add")
            if day is None or not abs(added[1]) < 10**6:
                raise InvalidValue("--add", added, "give a day and per cent, such as 2027-03-01 20")
            steps.confirm(office, kind, key, LevelShift(day, 1000 + round(10 * added[1]), note), by)
        if removed is not None:
            day = parsed_day(removed, "--remove")
            if day is None:
                raise InvalidValue("--remove", removed, "write the date as 2026-12-31")
            steps.forget(office, kind, key, day, by)
        with office.database.read() as connection:
            rows = steps.of(connection, one(connection, kind, key))
    if as_json:
        print_json([{"day": row.day.isoformat(), "permille": row.permille, "note": row.note, "by": row.by}
                    for row in rows])  # fmt: skip
        return
    print_table(
        ("from", "change", "note", "by"),
        [(row.day, f"{(row.permille - 1000) / 10:+g} %", row.note, row.by) for row in rows],
    )
    if added is not None or removed is not None:
        click.echo("The studies are asked for anew; `netquota plan compute` does it at once.")
