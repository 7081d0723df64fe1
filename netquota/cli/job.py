"""`netquota job`: what the clock starts, when it did and when it will; run or leave out by hand."""

from __future__ import annotations

import click

from netquota.cli.invocation import Invocation, dry_run_option, json_option, pass_invocation


@click.group()
def job() -> None:
    """Jobs that run by the clock: roll-over, stale sessions, backups ..."""


@job.command("list")
@json_option
@pass_invocation
def listing(invocation: Invocation, as_json: bool) -> None:
    """List every job with its last run and its next."""
    from netquota.cli.desk import office_of
    from netquota.cli.moments import iso_moment, shown_moment
    from netquota.cli.output import print_json, print_table
    from netquota.services import job_desk
    from netquota.services.jobs import jobs

    with office_of(invocation.settings) as office:
        found, zone = job_desk.listing(office, jobs(invocation.settings)), office.zone
    if as_json:
        print_json(
            [
                {
                    "job": one.name, "says": one.says, "next_due": iso_moment(one.next_due_s, zone),
                    "last_success": iso_moment(one.last_success_s, zone),
                    "last_state": None if one.last is None else one.last.state,
                    "last_result": None if one.last is None else one.last.result,
                }
                for one in found.jobs
            ]
        )  # fmt: skip
        return
    rows = [
        (
            one.name, shown_moment(None if one.last is None else one.last.started_s, zone),
            "" if one.last is None else one.last.state, "" if one.last is None else one.last.result,
            shown_moment(one.next_due_s, zone), one.says,
        )
        for one in found.jobs
    ]  # fmt: skip
    print_table(("job", "last run", "state", "result", "next", "what it does"), rows)
    if found.holder is None:
        click.echo("no scheduler works now; start `netquota serve` or `netquota scheduler`", err=True)


@job.command()
@click.argument("name")
@click.option("--why", required=True, help="Why; it stands in the audit trail.")
@dry_run_option
@pass_invocation
def run(invocation: Invocation, name: str, why: str, dry_run: bool) -> None:
    """Ask for a run of NAME now; the working scheduler takes it up within seconds."""
    from netquota.cli.desk import author, office_of
    from netquota.services import job_desk
    from netquota.services.jobs import jobs

    table = jobs(invocation.settings)
    with office_of(invocation.settings) as office:
        if dry_run:
            job_desk.history(office, table, name, 1)
            click.echo(f"job {name} would be run")
            return
        job_desk.run_now(office, table, name, author(why))
    click.echo(f"job {name} is asked for; `netquota job list` shows what became of it")
