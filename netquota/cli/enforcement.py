"""`netquota enforcement`: the emergency brake. Limits pause, counting goes on."""

from __future__ import annotations

import click

from netquota.cli.enforced import log
from netquota.cli.invocation import Invocation, dry_run_option, json_option, pass_invocation


@click.group()
def enforcement() -> None:
    """Pause and resume enforcement; the emergency brake. Use is still counted. And the log of what was enforced."""


enforcement.add_command(log)


@enforcement.command()
@click.option("--why", required=True, help="Why; everybody sees it.")
@click.option("--until", metavar="TIME", help="Local time at which it ends by itself, or a span such as 2h.")
@click.option("--nas", metavar="NAME", help="At this gateway alone; else in the whole city.")
@dry_run_option
@pass_invocation
def pause(invocation: Invocation, why: str, until: str | None, nas: str | None, dry_run: bool) -> None:
    """Let everybody through at the plan's rate, now and in running sessions."""
    from netquota.cli.desk import author, office_of
    from netquota.cli.moments import parsed_moment, shown_moment
    from netquota.services import allocate
    from netquota.services import pause as service

    with office_of(invocation.settings) as office:
        moment = None
        if until is not None:
            moment = parsed_moment(until, "--until", office.clock.now(), office.zone, ahead=True)
        if nas is not None:
            allocate.get(office, "nas", nas)
        if not dry_run:
            service.pause(office, author(why), until=moment, nas=nas)
    ends = "until resumed" if moment is None else f"until {shown_moment(int(moment.timestamp()), office.zone)}"
    click.echo(f"enforcement {'would be' if dry_run else 'is'} paused {_where(nas)} {ends}")


@enforcement.command()
@click.option("--why", required=True, help="Why; it stands in the audit trail.")
@click.option("--nas", metavar="NAME", help="The pause of this gateway; else that of the whole city.")
@dry_run_option
@pass_invocation
def resume(invocation: Invocation, why: str, nas: str | None, dry_run: bool) -> None:
    """Enforce again, also in running sessions."""
    from netquota.cli.desk import author, office_of
    from netquota.services import pause as service

    with office_of(invocation.settings) as office:
        if dry_run:
            click.echo(f"enforcement would be resumed {_where(nas)}; {len(service.standing(office))} pauses stand")
            return
        ended = service.resume(office, author(why), nas=nas)
    click.echo(f"enforcement is resumed {_where(nas)}" if ended else f"enforcement was not paused {_where(nas)}")


@enforcement.command()
@json_option
@pass_invocation
def show(invocation: Invocation, as_json: bool) -> None:
    """Show the pauses that stand."""
    from netquota.cli.desk import office_of
    from netquota.cli.moments import iso_moment, shown_moment
    from netquota.cli.output import print_json, print_table
    from netquota.services import pause as service
    from netquota.storage.policy_store import load_snapshot

    with office_of(invocation.settings) as office:
        found = service.standing(office)
        with office.database.read() as connection:
            clients = load_snapshot(connection, office.secrets, office.zone).nas_by_id
    names = {one.id: "city" if one.nas_id is None else clients[one.nas_id].name for one in found}
    if as_json:
        print_json(
            [
                {
                    "where": names[one.id], "who": one.who, "why": one.why,
                    "from": iso_moment(one.from_s, office.zone), "until": iso_moment(one.until_s, office.zone),
                }
                for one in found
            ]
        )  # fmt: skip
        return
    rows = [
        (names[one.id], one.who, one.why, shown_moment(one.from_s, office.zone), shown_moment(one.until_s, office.zone))
        for one in found
    ]
    print_table(("where", "who", "why", "from", "until"), rows, "nothing is paused")


def _where(nas: str | None) -> str:
    return "in the whole city" if nas is None else f"at {nas}"
