"""`netquota rotation calendar|swap`: whose turn it was, is and will be; two turns change hands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from netquota.cli.invocation import Invocation, dry_run_option, json_option, pass_invocation

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from netquota.services.turns import CalendarTurn

_DAY_S = 86_400
_COLUMNS = ("from", "until", "member", "name", "state", "note")


@click.command("calendar")
@click.argument("key")
@click.option("--from", "begins", metavar="DAY", help="First local day, such as 2026-12-01; else a week ago.")
@click.option("--days", type=click.IntRange(1, 1100), default=42, show_default=True, help="So many days.")
@json_option
@pass_invocation
def rotation_calendar(invocation: Invocation, key: str, begins: str | None, days: int, as_json: bool) -> None:
    """Show whose turn it was, is and will be in group KEY; or, where that is chosen as a turn begins, who waits."""
    from datetime import timedelta

    from netquota.cli.desk import office_of, policy_of
    from netquota.cli.moments import parsed_day, shown_moment
    from netquota.cli.output import print_json, print_table
    from netquota.domain.periods import start_of
    from netquota.services.turn_choice import waits_for
    from netquota.services.turns import calendar, rotation_named

    with office_of(invocation.settings) as office, office.database.read() as connection:
        policy, _ = policy_of(connection, office, invocation.settings)
        first = parsed_day(begins, "--from") or office.today - timedelta(days=7)
        from_s = start_of(first, office.zone)
        group = rotation_named(policy.snapshot, key)
        found = calendar(connection, policy.snapshot, group, from_s, from_s + days * _DAY_S)
        waits = [] if as_json else waits_for(connection, policy.snapshot, group, office.now_s)
    rows = [_row(each, office.now_s, office.zone, as_json) for each in found]
    if as_json:
        print_json([dict(zip(_COLUMNS, row, strict=True)) for row in rows])
    else:
        print_table(_COLUMNS, rows, "no turn in these days")
    if waits:
        click.echo("\nThe next turn goes to whoever waited longest; in office hours at the ceiling so far:")
        told = [(one.code, shown_moment(one.since_s, office.zone), one.at_limit_s // 60) for one in waits]
        print_table(("member", "since", "minutes"), told, "")


@click.command("swap")
@click.argument("key")
@click.argument("one")
@click.argument("other")
@click.option("--why", required=True, help="Why; it stands in the audit trail.")
@dry_run_option
@pass_invocation
def rotation_swap(invocation: Invocation, key: str, one: str, other: str, why: str, dry_run: bool) -> None:
    """Let two turns to come of group KEY change hands; ONE and OTHER are moments within them, such as 2026-12-03."""
    from netquota.cli.desk import author, office_of, policy_of
    from netquota.cli.moments import parsed_moment, shown_moment
    from netquota.services.turns import member_of, rotation_named, swap

    with office_of(invocation.settings) as office:
        now = office.clock.now()
        moments = [int(parsed_moment(text, "turn", now, office.zone, ahead=True).timestamp()) for text in (one, other)]
        found = swap(office, key, moments[0], moments[1], author(why), dry_run=dry_run)
        with office.database.read() as connection:
            snapshot = policy_of(connection, office, invocation.settings)[0].snapshot
    group = rotation_named(snapshot, key)
    for turn in found:
        member, _ = member_of(snapshot, group, turn.member)
        has = "would have" if dry_run else "has"
        span = f"{shown_moment(turn.start_s, office.zone)} to {shown_moment(turn.end_s, office.zone)}"
        click.echo(f"{member} {has} the turn from {span}")


def _row(each: CalendarTurn, now_s: int, zone: ZoneInfo, as_json: bool) -> tuple[Any, ...]:
    from netquota.cli.moments import iso_moment, shown_moment

    shown = iso_moment if as_json else shown_moment
    state = "past" if each.turn.end_s <= now_s else "now" if each.turn.start_s <= now_s else "to come"
    state = f"{state}, swapped" if each.swapped else state
    return shown(each.turn.start_s, zone), shown(each.turn.end_s, zone), each.member, each.name, state, each.note
