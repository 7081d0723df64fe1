"""`netquota link outage add|end|list`: a provider link is out, and serves again."""

from __future__ import annotations

import click

from netquota.cli.invocation import Invocation, dry_run_option, json_option, pass_invocation


@click.group("outage")
def link_outage() -> None:
    """Note that a link is out, or will be: its offices are served by the other links meanwhile, and go back."""


@link_outage.command("add")
@click.argument("link")
@click.option("--from", "begins", help="From then on, such as '2026-12-05 22:00'; else at once.")
@click.option("--until", help="Until then; else until `netquota link outage end`.")
@click.option("--why", required=True, help="Why; it stands in the audit trail.")
@dry_run_option
@pass_invocation
def add(invocation: Invocation, link: str, begins: str | None, until: str | None, why: str, dry_run: bool) -> None:
    """LINK is out, at once or from a moment on. Offices of a lower class choose first where they go."""
    from netquota.cli.desk import author, office_of, policy_of
    from netquota.cli.moments import parsed_moment, shown_moment
    from netquota.services.outages import report_outage

    with office_of(invocation.settings) as office:
        now, zone = office.clock.now(), office.zone
        span = [
            None if text is None else int(parsed_moment(text, name, now, zone, ahead=True).timestamp())
            for text, name in ((begins, "--from"), (until, "--until"))
        ]
        made = report_outage(office, link, author(why), from_s=span[0], until_s=span[1], dry_run=dry_run)
        with office.database.read() as connection:
            sites = policy_of(connection, office, invocation.settings)[0].snapshot.sites.values()
    until_text = "until it is ended" if made.until_s is None else f"until {shown_moment(made.until_s, zone)}"
    is_out = "would be out" if dry_run else "is out"
    click.echo(f"{made.link} {is_out} from {shown_moment(made.from_s, zone)} {until_text}")
    for site in sites:
        if not dry_run and site.moved_from is not None and site.moved_from.id == made.link_id and site.link is not None:
            click.echo(f"  {site.name} ({site.host.code}) is served by {site.link.name}")


@link_outage.command("end")
@click.argument("link")
@click.option("--why", required=True, help="Why; it stands in the audit trail.")
@dry_run_option
@pass_invocation
def end(invocation: Invocation, link: str, why: str, dry_run: bool) -> None:
    """LINK serves again; a planned outage is called off."""
    from netquota.cli.desk import author, office_of
    from netquota.services.outages import end_outage

    with office_of(invocation.settings) as office:
        ended = end_outage(office, link, author(why), dry_run=dry_run)
    told = "serves again" if ended.is_on else "will not be out as planned"
    click.echo(f"{ended.link} {'(tried, nothing was changed) ' if dry_run else ''}{told}")


@link_outage.command("list")
@click.argument("link", required=False)
@json_option
@pass_invocation
def listing(invocation: Invocation, link: str | None, as_json: bool) -> None:
    """List outages, of LINK alone where it is named; the newest first."""
    from netquota.cli.desk import office_of
    from netquota.cli.moments import iso_moment, shown_moment
    from netquota.cli.output import print_json, print_table
    from netquota.services.allocate import get
    from netquota.storage import outage_store

    with office_of(invocation.settings) as office:
        link_id = None if link is None else int(get(office, "link", link).row["id"])
        with office.database.read() as connection:
            found = outage_store.outages(connection, link_id)
    shown = iso_moment if as_json else shown_moment
    zone, columns = office.zone, ("link", "from", "until", "began", "ended", "by", "why")
    rows = [
        (
            one.link,
            *(shown(at_s, zone) for at_s in (one.from_s, one.until_s, one.began_s, one.ended_s)),
            one.by,
            one.why,
        )
        for one in found
    ]
    if as_json:
        print_json([dict(zip(columns, row, strict=True)) for row in rows])
    else:
        print_table(columns, rows, "no outage noted")
