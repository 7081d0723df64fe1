"""`netquota enforcement log`: what was enforced against whom, and why, from log-ins and orders alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from netquota.cli.invocation import Invocation, json_option, pass_invocation

if TYPE_CHECKING:
    from netquota.storage.enforced_report import Enforced

_KINDS = ("refused", "slowed", "limited", "ended")


@click.command("log")
@click.option("--user", help="Only of this NIP or username.")
@click.option("--opd", help="Only of this office's people.")
@click.option("--nas", help="Only at this gateway.")
@click.option("--kind", type=click.Choice(_KINDS), help="Only what was done so.")
@click.option("--since", default="24h", show_default=True, metavar="TIME", help="A local time, or a span back.")
@click.option("--until", metavar="TIME", help="A local time, or a span back.")
@click.option("--most", default=50, show_default=True, help="At most so many, the newest first.")
@click.option("--csv", "as_csv", is_flag=True, help="As CSV.")
@json_option
@pass_invocation
def log(
    invocation: Invocation, user: str | None, opd: str | None, nas: str | None, kind: str | None, since: str,
    until: str | None, most: int, as_csv: bool, as_json: bool,
) -> None:  # fmt: skip
    """List refused log-ins, slowed people, new limits and ended sessions, each with its reason, the newest first."""
    from netquota.cli.desk import office_of, policy_of
    from netquota.cli.lookups import opd_named
    from netquota.cli.moments import parsed_moment
    from netquota.services.explain import nas_named, subscriber_of
    from netquota.storage.enforced_report import EnforcedFilter, EnforcedKind, enforced

    with office_of(invocation.settings) as office, office.database.read() as connection:
        policy, _ = policy_of(connection, office, invocation.settings)
        now, zone = office.clock.now(), office.zone
        wanted = EnforcedFilter(
            int(parsed_moment(since, "--since", now, zone).timestamp()),
            None if until is None else int(parsed_moment(until, "--until", now, zone).timestamp()),
            None if kind is None else EnforcedKind(kind),
            None if user is None else subscriber_of(policy.snapshot, user).id,
            None if opd is None else opd_named(policy.snapshot, opd).id,
            None if nas is None else nas_named(policy.snapshot, nas).id,
            most=most,
        )
        found, _ = enforced(connection, wanted)
    _show(invocation, found, as_csv=as_csv, as_json=as_json)


def _show(invocation: Invocation, entries: list[Enforced], *, as_csv: bool, as_json: bool) -> None:
    from netquota.cli.moments import shown_moment
    from netquota.cli.output import print_json, print_table
    from netquota.domain.units import NO_BREAK_SPACE
    from netquota.services import enforced

    zone, language = invocation.settings.city.zone, invocation.settings.city.language
    if as_csv:
        click.echo("".join(enforced.as_csv(entries, language, zone)), nl=False)
        return
    if as_json:
        print_json([dict(zip(enforced.COLUMNS, enforced.row(one, language, zone), strict=True)) for one in entries])
        return
    rows = [
        (
            shown_moment(one.at_ms // 1000, zone), one.username, one.opd, one.nas,
            enforced.what(one, language), enforced.why(one, language, zone), enforced.answer(one, language),
        )
        for one in entries
    ]  # fmt: skip
    rows = [tuple(cell.replace(NO_BREAK_SPACE, " ") if isinstance(cell, str) else cell for cell in row) for row in rows]
    print_table(("at", "user", "opd", "nas", "what", "why", "answer"), rows, "nothing was enforced")
