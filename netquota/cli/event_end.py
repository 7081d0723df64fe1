"""`netquota event end`: an event is over now, or called off before it begins."""

from __future__ import annotations

import click

from netquota.cli.invocation import Invocation, dry_run_option, pass_invocation


@click.command("end")
@click.argument("key")
@click.option("--why", required=True, help="Why; it stands in the audit trail.")
@dry_run_option
@pass_invocation
def event_end(invocation: Invocation, key: str, why: str, dry_run: bool) -> None:
    """Let event KEY end now, before its time; speeds follow at once, ceilings within seconds.

    One that is still to come is removed: nothing comes of it.
    """
    from netquota.cli.object_changes import carry_out_end

    carry_out_end(invocation, key, why, dry_run)
