"""`netquota plan effects`: what changes of an office's or link's ceiling did to its hours at the limit."""

from __future__ import annotations

from dataclasses import asdict

import click

from netquota.cli.invocation import Invocation, json_option, pass_invocation

_MEGA = 1_000_000


@click.command("effects")
@click.argument("kind", type=click.Choice(("opd", "link")))
@click.argument("key")
@json_option
@pass_invocation
def plan_effects(invocation: Invocation, kind: str, key: str, as_json: bool) -> None:
    """Tell what changes of a ceiling did: hours at the limit before and after, and whether chance could do it."""
    from netquota.cli.desk import office_of
    from netquota.cli.output import print_json, print_table
    from netquota.errors import NotFound
    from netquota.services.planning.effects import changed, effects
    from netquota.services.planning.stored import one as kept
    from netquota.services.planning.subjects import KINDS, one

    with office_of(invocation.settings) as office, office.database.read() as connection:
        named = one(connection, kind, key)
        held = kept(connection, KINDS[kind], named.subject.id)
        if held is None:
            raise NotFound("study of", key, "run `netquota plan compute`")
        changes = changed(connection, KINDS[kind], {named.subject.id: held[0].study}, office.zone)
    found = list(effects(changes))
    if as_json:
        print_json([{**asdict(each), "day": each.day.isoformat()} for each in found])
        return
    print_table(
        ("changed", "ceiling, Mbit/s", "at the limit", "days each", "p", "finding"),
        [
            (each.day, f"{each.before_bps / _MEGA:g} -> {each.after_bps / _MEGA:g}",
             f"{each.before_permille / 10:.1f} % -> {each.after_permille / 10:.1f} %", each.days_each,
             f"{each.p_per_10000 / 10_000:.4f}", "clear" if each.is_clear else "cannot be told from chance")
            for each in found
        ],
        f"none can be measured yet; {len(changes)} changes have too few working days on one side",
    )  # fmt: skip
