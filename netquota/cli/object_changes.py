"""Carries out the changes of `netquota KIND add|set|remove|reset|end`, and says what they did or would do."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

import click

from netquota.cli.desk import author, office_of
from netquota.cli.invocation import Invocation
from netquota.services import allocate
from netquota.services.allocate import Change
from netquota.services.catalogue import Kind
from netquota.services.credentials import set_password
from netquota.services.event_end import end_event
from netquota.services.office import Office
from netquota.storage.session_report import SessionFilter, open_sessions

_DECIDING = frozenset({"override", "plan"})
"""Fields of a person whose change a running session feels."""
_PAST = {"add": "added", "change": "changed", "remove": "removed"}


def carry_out_add(invocation: Invocation, kind: Kind, values: Mapping[str, str], why: str, dry_run: bool) -> None:
    """Add; where a password is needed and none was given, one is made up and printed once."""
    made_up: dict[str, str] = {}
    if any(field.name == "password" and field.required for field in kind.fields) and not values.get("password"):
        made_up["password"] = secrets.token_urlsafe(12)
    with office_of(invocation.settings) as office:
        done = allocate.add(office, kind.name, {**values, **made_up}, author(why), dry_run=dry_run)
    _tell(done, dry_run, {**made_up, **done.generated})


def carry_out_set(
    invocation: Invocation, kind: Kind, key: str, values: Mapping[str, str], why: str, dry_run: bool
) -> None:
    """Change fields; the running sessions follow in the same transaction."""
    with office_of(invocation.settings) as office:
        done = allocate.change(office, kind.name, key, values, author(why), dry_run=dry_run)
        running = _running(office, done) if not dry_run and _DECIDING & done.after.keys() else None
    _tell(done, dry_run, done.generated)
    if running is not None:
        click.echo(
            f"  {running} running session(s) follow at once: `netquota order list`"
            if running
            else "  not online now: it holds from the next log-in"
        )


def _running(office: Office, done: Change) -> int | None:
    """How many sessions of a person were running when the limits changed; None for other kinds."""
    if done.kind != "employee":
        return None
    with office.database.read() as connection:
        return len(open_sessions(connection, SessionFilter(employee_id=done.id), office.now_s).sessions)


def carry_out_remove(invocation: Invocation, kind: Kind, key: str, why: str, dry_run: bool) -> None:
    """Remove."""
    with office_of(invocation.settings) as office:
        done = allocate.remove(office, kind.name, key, author(why), dry_run=dry_run)
    _tell(done, dry_run, {})


def carry_out_end(invocation: Invocation, key: str, why: str, dry_run: bool) -> None:
    """End an event, or call it off."""
    with office_of(invocation.settings) as office:
        done = end_event(office, key, author(why), dry_run=dry_run)
    _tell(done, dry_run, {})


def carry_out_reset(invocation: Invocation, kind: Kind, key: str, why: str, dry_run: bool) -> None:
    """A new password; the person's pages are logged out."""
    password = secrets.token_urlsafe(12)
    with office_of(invocation.settings) as office:
        record = allocate.get(office, kind.name, key)
        if dry_run:
            click.echo(f"would give {kind.name} {record.key} a new password")
            return
        set_password(office, record.key, password, author(why), kind=kind.table)
    click.echo(f"{kind.name} {record.key}: new password {password} (shown this once)")


def _tell(done: Change, dry_run: bool, generated: Mapping[str, str]) -> None:
    if done.action == "none":
        click.echo(f"{done.kind} {done.key}: nothing to change")
        return
    would = "would be " if dry_run else ""
    click.echo(f"{done.kind} {done.key} {would}{_PAST[done.action]}")
    for name in {**done.before, **done.after} if done.action == "change" else ():
        click.echo(f"  {name}: {done.before.get(name) or '-'} -> {done.after.get(name) or '-'}")
    if not dry_run:
        for name, text in generated.items():
            click.echo(f"  {name}: {text} (shown this once)")
    for warning in done.warnings:
        click.echo(f"warning: {warning}", err=True)
