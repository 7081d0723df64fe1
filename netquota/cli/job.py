"""`netquota job`: what the clock starts, when it did and when it will; run, try or leave out by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from netquota.cli.invocation import Invocation, dry_run_option, json_option, pass_invocation

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from netquota.services.job_desk import JobLine
    from netquota.services.office import Office

_due_option = click.option("--due", help="The due time that is meant, such as '2026-12-01 00:00'.")


@click.group()
def job() -> None:
    """Jobs that run by the clock: roll-over, stale sessions, backups ..."""


@job.command("list")
@json_option
@pass_invocation
def listing(invocation: Invocation, as_json: bool) -> None:
    """List every job with its last run and its next."""
    from netquota.cli.desk import office_of
    from netquota.cli.output import print_json, print_table
    from netquota.services import job_desk
    from netquota.services.jobs import jobs

    with office_of(invocation.settings) as office:
        found, zone = job_desk.listing(office, jobs(invocation.settings)), office.zone
    if as_json:
        print_json([_record(one, zone) for one in found.jobs])
        return
    columns = ("job", "last run", "took", "late", "state", "result", "next", "what it does")
    print_table(columns, [_cells(one, zone) for one in found.jobs])
    if found.holder is None:
        click.echo("no scheduler works now; start `netquota serve` or `netquota scheduler`", err=True)


def _record(one: JobLine, zone: ZoneInfo) -> dict[str, object]:
    from netquota.cli.moments import iso_moment

    last = one.last
    return {
        "job": one.name, "says": one.says, "next_due": iso_moment(one.next_due_s, zone),
        "last_success": iso_moment(one.last_success_s, zone),
        "last_due": None if last is None else iso_moment(last.due_s, zone),
        "last_began": None if last is None else iso_moment(last.started_s, zone),
        "last_state": None if last is None else last.state, "last_result": None if last is None else last.result,
        "took_s": one.took_s, "late_s": one.late_s, "overdue_s": one.overdue_s,
    }  # fmt: skip


def _cells(one: JobLine, zone: ZoneInfo) -> tuple[object, ...]:
    from netquota.cli.moments import shown_moment

    last = one.last
    late_s = one.overdue_s or one.late_s
    return (
        one.name, shown_moment(None if last is None else last.started_s, zone),
        "" if one.took_s is None else f"{one.took_s} s", f"{late_s} s" if late_s else "",
        "overdue" if one.overdue_s else "" if last is None else last.state, "" if last is None else last.result,
        shown_moment(one.next_due_s, zone), one.says,
    )  # fmt: skip


@job.command()
@click.argument("name")
@click.option("--most", default=20, show_default=True, help="How many runs.")
@json_option
@pass_invocation
def history(invocation: Invocation, name: str, most: int, as_json: bool) -> None:
    """Show the runs of the job NAME, newest first."""
    from netquota.cli.desk import office_of
    from netquota.cli.moments import iso_moment, shown_moment
    from netquota.cli.output import print_json, print_table
    from netquota.services import job_desk
    from netquota.services.jobs import jobs

    with office_of(invocation.settings) as office:
        runs, zone = job_desk.history(office, jobs(invocation.settings), name, most), office.zone
    if as_json:
        print_json(
            [
                {
                    "due": iso_moment(run.due_s, zone), "began": iso_moment(run.started_s, zone),
                    "ended": iso_moment(run.ended_s, zone), "state": run.state, "result": run.result,
                }
                for run in runs
            ]
        )  # fmt: skip
        return
    rows = [
        (*(shown_moment(at_s, zone) for at_s in (run.due_s, run.started_s, run.ended_s)), run.state, run.result)
        for run in runs
    ]
    print_table(("due", "began", "ended", "state", "result"), rows, f"job {name} has not run yet")


@job.command()
@click.argument("name")
@_due_option
@click.option("--why", default="", help="Why; it stands in the audit trail. Needed but for a dry run.")
@dry_run_option
@pass_invocation
def run(invocation: Invocation, name: str, due: str | None, why: str, dry_run: bool) -> None:
    """Ask for a run of NAME now; the working scheduler takes it up within seconds.

    With --dry-run nothing is written: it says what the run for the next due (or --due) would do.
    """
    from netquota.cli.desk import author, office_of
    from netquota.cli.moments import shown_moment
    from netquota.services import job_desk
    from netquota.services.jobs import jobs

    table = jobs(invocation.settings)
    with office_of(invocation.settings) as office:
        due_s = _due_s(due, office)
        if dry_run and not job_desk.known(table, name).rehearses:
            click.echo(f"job {name} would be run; what it would do is only known once it is")
            return
        if dry_run:
            floor_bps = invocation.settings.enforcement.throttle_floor_bps
            told = job_desk.rehearse(office, table, name, floor_bps, due_s)
            click.echo(f"job {name} for {shown_moment(told.due_s, office.zone)} would do: {told.result}")
            return
        job_desk.run_now(office, table, name, author(why), due_s)
    click.echo(f"job {name} is asked for; `netquota job list` shows what became of it")


@job.command()
@click.argument("name")
@_due_option
@click.option("--why", required=True, help="Why; it stands in the audit trail.")
@dry_run_option
@pass_invocation
def skip(invocation: Invocation, name: str, due: str | None, why: str, dry_run: bool) -> None:
    """Leave out the next run of NAME, or that of a --due; `job run --due` takes it back."""
    from netquota.cli.desk import author, office_of
    from netquota.cli.moments import shown_moment
    from netquota.services import job_desk
    from netquota.services.jobs import jobs

    with office_of(invocation.settings) as office:
        table, due_s = jobs(invocation.settings), _due_s(due, office)
        left_out = job_desk.skip(office, table, name, due_s, author(why), dry_run=dry_run)
        at = shown_moment(left_out, office.zone)
    click.echo(f"job {name} {'would be' if dry_run else 'is'} left out at {at}")


def _due_s(due: str | None, office: Office) -> int | None:
    from netquota.cli.moments import parsed_moment

    if due is None:
        return None
    return int(parsed_moment(due, "--due", office.clock.now(), office.zone, ahead=True).timestamp())
