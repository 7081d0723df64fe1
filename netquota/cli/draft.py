"""`netquota draft`: drafts of limits, made on the pages; looked at, published, timed, put in shadow, discarded."""

from __future__ import annotations

import click

from netquota.cli.invocation import Invocation, json_option, pass_invocation


@click.group()
def draft() -> None:
    """Drafts of limits: what last week would have been with them, and putting them in force."""


@draft.command("list")
@json_option
@pass_invocation
def listing(invocation: Invocation, as_json: bool) -> None:
    """List the newest drafts."""
    from netquota.cli.desk import office_of
    from netquota.cli.moments import iso_moment, shown_moment
    from netquota.cli.output import print_json, print_table
    from netquota.services import drafts

    with office_of(invocation.settings) as office:
        found, zone = drafts.listing(office), office.zone
    if as_json:
        print_json(
            [
                {"id": one.id, "name": one.name, "state": str(one.state), "by": one.by,
                 "made": iso_moment(one.made_s, zone), "why": one.why, "outcome": one.outcome}
                for one in found
            ]
        )  # fmt: skip
        return
    rows = [(one.id, one.name, str(one.state), one.by, shown_moment(one.made_s, zone), one.outcome) for one in found]
    print_table(("draft", "name", "state", "by", "made", "outcome"), rows, "no drafts")


@draft.command("show")
@click.argument("number", type=int)
@pass_invocation
def show(invocation: Invocation, number: int) -> None:
    """Show draft NUMBER: its changes, and what last week would have been with it."""
    from netquota.cli.desk import office_of, policy_of
    from netquota.cli.output import print_table
    from netquota.services import draft_simulation, drafts

    with office_of(invocation.settings) as office:
        found = drafts.opened(office, number)
        with office.database.read() as connection:
            policy, _ = policy_of(connection, office, invocation.settings)
            week = draft_simulation.last_week(connection, policy, found, office.now_s)
    click.echo(f"{found.name} ({found.state}), by {found.by}")
    changes = [
        (kind, key, name, text) for (kind, key), values in found.changes.items() for name, text in values.items()
    ]
    print_table(("kind", "key", "field", "becomes"), changes, "no changes")
    hits = [(one.name, one.cut_bins, one.cut_octets, one.freed_bins) for one in (*week.offices, *week.people)]
    print_table(("who", "bins cut", "octets cut", "bins freed"), hits, "nothing would have been cut last week")
    links = [(one.name, one.before_bps, one.least_bps, one.most_bps) for one in week.links]
    if links:
        print_table(("link", "P95 bit/s", "with it, least", "with it, most"), links)


@draft.command("publish")
@click.argument("number", type=int)
@click.option("--at", metavar="TIME", help="At a local time such as '2026-12-01 07:00'; else now.")
@click.option("--anyway", is_flag=True, help="Also over what somebody changed since the draft was looked at.")
@click.option("--why", required=True, help="Why; it stands in the audit trail.")
@pass_invocation
def publish(invocation: Invocation, number: int, at: str | None, anyway: bool, why: str) -> None:
    """Put draft NUMBER in force, all of it or nothing."""
    from netquota.cli.desk import author, office_of
    from netquota.cli.moments import parsed_moment
    from netquota.services import drafts

    with office_of(invocation.settings) as office:
        saw = drafts.sight(office, drafts.opened(office, number)) if anyway else None
        if at is None:
            done = drafts.publish(office, number, author(why), saw)
            click.echo(f"draft {number}: {len(done.changes)} changed, {done.sessions} running sessions")
            return
        moment = parsed_moment(at, "--at", office.clock.now(), office.zone, ahead=True)
        drafts.schedule(office, number, int(moment.timestamp()), author(why), saw)
    click.echo(f"draft {number}: published at {moment.astimezone(office.zone):%Y-%m-%d %H:%M}")


def _ending(verb: str, summary: str, told: str) -> click.Command:
    """A command that moves a draft by a word."""

    @draft.command(verb, help=summary)
    @click.argument("number", type=int)
    @click.option("--why", default="", help="Why; it stands in the audit trail.")
    @pass_invocation
    def command(invocation: Invocation, number: int, why: str) -> None:
        from netquota.cli.desk import author, office_of
        from netquota.services import drafts

        act = {"shadow": drafts.begin_shadow, "back": drafts.back_to_draft, "discard": drafts.discard}[verb]
        with office_of(invocation.settings) as office:
            act(office, number, author(why))
        click.echo(f"draft {number}: {told}")

    return command


shadow = _ending("shadow", "Let draft NUMBER run a month without touching anybody.", "in shadow for a month")
back = _ending("back", "End the shadow of draft NUMBER, or call its time off.", "a draft again")
discard = _ending("discard", "Forget draft NUMBER; what was published stays.", "forgotten")
