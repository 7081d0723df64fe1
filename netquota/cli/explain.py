"""`netquota explain`: why somebody has the limit they have, here or there, now or then."""

from __future__ import annotations

import click

from netquota.cli.invocation import Invocation, json_option, pass_invocation


@click.command()
@click.argument("user")
@click.option("--nas", "nas_name", metavar="NAME", help="At this gateway; else where they are or were last.")
@click.option("--at", "at", metavar="TIME", help="At a local time: 10:30, 2026-11-24 10:30, or 2h (ago).")
@click.option("--language", type=click.Choice(("id", "en")), help="Else the city's.")
@json_option
@pass_invocation
def explain(
    invocation: Invocation, user: str, nas_name: str | None, at: str | None, language: str | None, as_json: bool
) -> None:
    """Say why USER (NIP or username) has the limit they have, what changes it next, and what else makes it slow."""
    from netquota.cli.desk import office_of, policy_of
    from netquota.cli.moments import parsed_moment
    from netquota.cli.output import print_json
    from netquota.services import explain as service
    from netquota.services.explain_words import Teller, plain
    from netquota.services.slowness import why_slow

    settings = invocation.settings
    told_in = language or settings.city.language
    with office_of(settings) as office, office.database.read() as connection:
        policy, gateways = policy_of(connection, office, settings)
        subscriber = service.subscriber_of(policy.snapshot, user)
        nas = None if nas_name is None else service.nas_named(policy.snapshot, nas_name)
        at_s = None
        if at is not None:
            at_s = int(parsed_moment(at, "--at", office.clock.now(), office.zone).timestamp())
        found = service.explain(connection, policy, gateways, subscriber, office.now_s, nas=nas, at_s=at_s)
        is_now = found.basis is service.Basis.NOW
        slow = why_slow(connection, policy, found, office.now_s) if is_now else ()
    if as_json:
        print_json(plain(found, office.zone, told_in, slow))
        return
    for line in Teller(told_in, office.zone).lines(found, slow):
        click.echo(line)
