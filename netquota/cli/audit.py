"""`netquota audit`: who changed what, and whether the record is whole."""

from __future__ import annotations

import click

from netquota.cli.failures import Exit
from netquota.cli.invocation import Invocation, json_option, pass_invocation


@click.group()
def audit() -> None:
    """Who changed what, from what to what, why."""


@audit.command("list")
@click.option("--kind", help="Only of this kind: employee, opd, plan, session, enforcement ...")
@click.option("--key", help="Only of the thing with this key.")
@click.option("--actor", help="Only by this one.")
@click.option("--since", metavar="TIME", help="Since a local time, or a span back such as 2d.")
@click.option("--most", default=50, show_default=True, help="At most so many, the newest first.")
@json_option
@pass_invocation
def listing(
    invocation: Invocation, kind: str | None, key: str | None, actor: str | None, since: str | None, most: int,
    as_json: bool,
) -> None:  # fmt: skip
    """List changes, the newest first."""
    from netquota.cli.desk import office_of
    from netquota.cli.moments import iso_moment, parsed_moment, shown_moment
    from netquota.cli.output import print_json, print_table
    from netquota.storage.audit_store import AuditFilter, entries

    with office_of(invocation.settings) as office, office.database.read() as connection:
        from_s = None
        if since is not None:
            from_s = int(parsed_moment(since, "--since", office.clock.now(), office.zone).timestamp())
        found = entries(connection, AuditFilter(actor=actor, kind=kind, key=key, from_s=from_s), limit=most)
    if as_json:
        print_json(
            [
                {
                    "id": one.id, "at": iso_moment(one.at_s, office.zone), "actor": one.actor, "action": one.action,
                    "kind": one.kind, "key": one.key, "before": one.before, "after": one.after, "why": one.why,
                }
                for one in found
            ]
        )  # fmt: skip
        return
    rows = [
        (shown_moment(e.at_s, office.zone), e.actor, e.action, e.kind, e.key, _changes(e.before, e.after), e.why)
        for e in found
    ]
    print_table(("at", "who", "did", "kind", "key", "what", "why"), rows, "no changes")


@audit.command()
@pass_invocation
def verify(invocation: Invocation) -> Exit:
    """Check that no entry was altered, dropped or moved; print the chain's head to keep elsewhere."""
    from netquota.cli.desk import office_of
    from netquota.storage import audit_store

    with office_of(invocation.settings) as office, office.database.read() as connection:
        problems, head = audit_store.verify(connection), audit_store.head(connection)
    for problem in problems:
        click.echo(problem, err=True)
    if problems:
        return Exit.FAILED
    click.echo(f"the record is whole; head {head}")
    return Exit.DONE


def _changes(before: dict[str, object], after: dict[str, object]) -> str:
    names = [*before, *(name for name in after if name not in before)]
    return ", ".join(f"{name}: {before.get(name) or '-'} -> {after.get(name) or '-'}" for name in names)
