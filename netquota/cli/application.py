"""`netquota application step|board|none`: what offices reported of their applications, and how each is followed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from netquota.cli.invocation import Invocation, dry_run_option, json_option, pass_invocation
from netquota.cli.moments import parsed_day
from netquota.domain.applications import Outcome, Step

if TYPE_CHECKING:
    from netquota.services.application_use import Use
    from netquota.services.applications import Followed


@click.command("step")
@click.argument("code")
@click.argument("step", type=click.Choice([str(one) for one in Step]))
@click.argument("outcome", type=click.Choice([str(one) for one in Outcome]))
@click.option("--on", "on_day", metavar="DATE", help="Local date of it; today where left out.")
@click.option("--note", default="", help="In words; the office reads it.")
@click.option("--material", default="", help="socialise: what was shown or handed out.")
@click.option("--users", type=click.IntRange(0), help="evaluate: how many really use it.")
@click.option("--rate", help="provide: the share of bandwidth, down/up, such as 10M/5M.")
@click.option("--until", metavar="DATE", help="provide: last local day of the share; lasting where left out.")
@click.option("--review-on", metavar="DATE", help="provide: the day on which it is looked at again.")
@dry_run_option
@pass_invocation
def step(
    invocation: Invocation, code: str, step: str, outcome: str, on_day: str | None, note: str, material: str,
    users: int | None, rate: str | None, until: str | None, review_on: str | None, dry_run: bool,
) -> None:  # fmt: skip
    """Take a step of following CODE: verify, advise, socialise, evaluate, provide (given from its day on)."""
    from netquota.cli.desk import author, office_of
    from netquota.domain.applications import Taken
    from netquota.domain.units import parse_rate
    from netquota.services.applications import take_step

    with office_of(invocation.settings) as office:
        by = author(note)
        taken = Taken(
            Step(step), Outcome(outcome), parsed_day(on_day, "--on") or office.today, by.name, note, material, users,
            None if rate is None else parse_rate(rate, "--rate"),
            parsed_day(until, "--until"), parsed_day(review_on, "--review-on"),
        )  # fmt: skip
        found = take_step(office, code, taken, by, dry_run=dry_run)
    following = f"next: {found.next_step}" if found.next_step else "nothing more to do"
    click.echo(f"application {code}: {found.progress}; {following}{' (nothing was changed)' if dry_run else ''}")


@click.command("follow")
@click.argument("code")
@json_option
@pass_invocation
def follow(invocation: Invocation, code: str, as_json: bool) -> None:
    """Show the steps taken of CODE, what comes next, what gateways measured of it, and what other offices have that
    does much the same."""
    from netquota.cli.desk import office_of
    from netquota.cli.output import print_json, print_table
    from netquota.services.application_use import told_of, use_of
    from netquota.services.applications import one_followed

    with office_of(invocation.settings) as office, office.database.read() as connection:
        found = one_followed(office, connection, code)
        use = use_of(connection, office, found.application)
    if as_json:
        print_json(_json(found) | {"measured": told_of(use)})
        return
    rows = [(one.on.isoformat(), one.step, one.outcome, one.by, one.note or one.material) for one in found.steps]
    print_table(("on", "step", "outcome", "by", "what"), rows, "no step taken yet")
    alike = [(other.code, other.opd, other.name, f"{permille / 10:.0f} %") for permille, other in found.similar]
    print_table(("similar", "opd", "name", "alike"), alike, "no other office has one like it")
    click.echo(f"measured: {_measured_line(use)}")
    click.echo(f"{found.standing.progress}; next: {found.standing.next_step or '-'}")


@click.command("board")
@json_option
@pass_invocation
def board(invocation: Invocation, as_json: bool) -> None:
    """List which offices have reported their applications, which have none, which are silent."""
    from netquota.cli.desk import office_of
    from netquota.cli.output import print_json, print_table
    from netquota.domain.units import exact_rate
    from netquota.services.applications import board as board_of

    with office_of(invocation.settings) as office, office.database.read() as connection:
        found = board_of(office, connection)
    lines = [
        (one.record.code, str(one.reporting), one.record.applications, exact_rate(one.record.need))
        for one in found.offices
    ]
    if as_json:
        print_json([dict(zip(("opd", "reporting", "applications", "need"), line, strict=True)) for line in lines])
        return
    print_table(("opd", "reporting", "applications", "need"), lines, "no offices")
    click.echo(", ".join(f"{count} {name}" for name, count in found.count.items()))


@click.command("none")
@click.argument("opd")
@click.option("--withdraw", is_flag=True, help="Take the declaration back.")
@click.option("--why", default="", help="Why; it stands in the audit trail.")
@pass_invocation
def none(invocation: Invocation, opd: str, withdraw: bool, why: str) -> None:
    """Declare that office OPD has no application."""
    from netquota.cli.desk import author, office_of
    from netquota.services.applications import declare_none, withdraw_none

    with office_of(invocation.settings) as office:
        (withdraw_none if withdraw else declare_none)(office, opd, author(why))
    click.echo(f"{opd}: {'declaration taken back' if withdraw else 'has no application'}")


@click.command("remind")
@pass_invocation
def remind(invocation: Invocation) -> None:
    """Tell the operators of every office that has reported no application."""
    from netquota.cli.desk import author, office_of
    from netquota.services.applications import remind as remind_silent

    with office_of(invocation.settings) as office:
        told = remind_silent(office, author("reminder of the applications"))
    click.echo(f"reminded: {', '.join(told)}" if told else "nobody was reminded: all have reported, or were today")


def _measured_line(use: Use) -> str:
    """What gateways counted of it; else why there is nothing."""
    one = use.figures
    if one is None:
        return str(use.known).replace("_", " ")
    p95 = "-" if one.p95_down_bps is None else f"{one.p95_down_bps} / {one.p95_up_bps} bit/s"
    return (
        f"since {use.since}; from {one.first} to {one.last}: {one.down} octets down, {one.up} up;"
        f" P95 in office hours {p95}; used on {one.used_days} of {one.working_days} working days measured"
    )


def _json(found: Followed) -> dict[str, object]:
    return {
        "application": found.application.code, "opd": found.application.opd, "progress": str(found.standing.progress),
        "next": found.standing.next_step, "steps": [
            {
                "step": one.step, "outcome": one.outcome, "on": one.on.isoformat(), "by": one.by, "note": one.note,
                "material": one.material, "users": one.users,
                "share": None if one.rate is None else {"down_bps": one.rate.down_bps, "up_bps": one.rate.up_bps},
                "until": None if one.until is None else one.until.isoformat(),
                "review_on": None if one.review_on is None else one.review_on.isoformat(),
            }
            for one in found.steps
        ],
        "similar": [{"code": other.code, "opd": other.opd, "permille": permille} for permille, other in found.similar],
    }  # fmt: skip
