"""`netquota session`: who is online; end sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from netquota.cli.invocation import Invocation, dry_run_option, json_option, pass_invocation

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from netquota.services.facts import Policy
    from netquota.storage.session_report import OpenSession, SessionFilter

_COLUMNS = ("user", "opd", "nas", "site", "ip", "mac", "since", "down", "up", "limit", "state")
_MOST = 10_000


@click.group()
def session() -> None:
    """Who is online; end sessions."""


@session.command("list")
@click.option("--user", help="Only of this NIP or username.")
@click.option("--opd", help="Only of this office's people, or at its sites.")
@click.option("--nas", help="Only at this gateway.")
@click.option("--search", default="", help="Only those that hold this text: a name, MAC, IP.")
@json_option
@pass_invocation
def listing(
    invocation: Invocation, user: str | None, opd: str | None, nas: str | None, search: str, as_json: bool
) -> None:
    """List the running sessions, those that take most first."""
    from netquota.cli.desk import office_of, policy_of
    from netquota.cli.output import print_json, print_table
    from netquota.storage.session_report import open_sessions

    with office_of(invocation.settings) as office, office.database.read() as connection:
        policy, _ = policy_of(connection, office, invocation.settings)
        wanted = _filter(policy, user, opd, nas, search)
        found = open_sessions(connection, wanted, office.now_s)
        rows = [_row(one, office.zone, one.state(office.now_s)) for one in found.sessions]
    if as_json:
        print_json([_plain(one, office.zone) for one in found.sessions])
        return
    print_table(_COLUMNS, rows, "nobody is online")


@session.command()
@click.argument("user")
@click.option("--mac", help="Only on this device.")
@click.option("--nas", help="Only at this gateway.")
@click.option("--why", required=True, help="Why; it stands in the audit trail.")
@dry_run_option
@pass_invocation
def disconnect(invocation: Invocation, user: str, mac: str | None, nas: str | None, why: str, dry_run: bool) -> None:
    """End the sessions of USER (NIP or username); the gateway is asked at once."""
    from netquota.cli.desk import author, office_of, policy_of
    from netquota.domain.mac import normalised_mac
    from netquota.errors import NotFound
    from netquota.services.disconnect import disconnect as end_sessions
    from netquota.storage.session_report import open_sessions

    with office_of(invocation.settings) as office:
        with office.database.read() as connection:
            policy, _ = policy_of(connection, office, invocation.settings)
            found = open_sessions(connection, _filter(policy, user, None, nas, ""), office.now_s).sessions
        mine = [one for one in found if mac is None or one.mac == normalised_mac(mac)]
        if not mine:
            raise NotFound("running session of", user, "see `netquota session list`")
        if not dry_run:
            end_sessions(office, [one.id for one in mine], author(why))
    for one in mine:
        told = "would be ended" if dry_run else "is being ended; see `netquota order list`"
        click.echo(f"session {one.acct_session_id} at {one.nas} ({one.mac or one.framed_ip}) {told}")


def _filter(policy: Policy, user: str | None, opd: str | None, nas: str | None, search: str) -> SessionFilter:
    from netquota.cli.lookups import opd_named
    from netquota.services.explain import nas_named, subscriber_of
    from netquota.storage.session_report import SessionFilter

    snapshot = policy.snapshot
    return SessionFilter(
        opd_id=None if opd is None else opd_named(snapshot, opd).id,
        nas_id=None if nas is None else nas_named(snapshot, nas).id,
        employee_id=None if user is None else subscriber_of(snapshot, user).id,
        search=search, size=_MOST,
    )  # fmt: skip


def _row(one: OpenSession, zone: ZoneInfo, state: str) -> tuple[object, ...]:
    from netquota.cli.moments import shown_moment

    return (
        one.login or one.username, one.opd, one.nas, one.site, one.framed_ip, one.mac,
        shown_moment(one.started_s, zone), _bps(one.now_down_bps), _bps(one.now_up_bps), _limit(one), state,
    )  # fmt: skip


def _bps(bps: int | None) -> str:
    return "" if bps is None else f"{bps / 1_000_000:.2f}M"


def _limit(one: OpenSession) -> str:
    from netquota.domain.units import Rate, exact_rate

    if one.applied_down_bps is None or one.applied_up_bps is None:
        return ""
    return exact_rate(Rate(one.applied_down_bps, one.applied_up_bps))


def _plain(one: OpenSession, zone: ZoneInfo) -> dict[str, object]:
    from netquota.cli.moments import iso_moment

    return {
        "username": one.login or one.username, "nip": one.nip, "name": one.name, "opd": one.opd, "site": one.site,
        "host": one.host, "nas": one.nas, "gateway": one.gateway, "acct_session_id": one.acct_session_id,
        "ip": one.framed_ip, "mac": one.mac, "since": iso_moment(one.started_s, zone),
        "last_news": iso_moment(one.last_event_s, zone), "interim_s": one.interim_s,
        "now_down_bps": one.now_down_bps, "now_up_bps": one.now_up_bps,
        "limit_down_bps": one.applied_down_bps, "limit_up_bps": one.applied_up_bps,
        "limit_code": one.applied_code or None,
        "down_octets": one.counted_output, "up_octets": one.counted_input,
    }  # fmt: skip
