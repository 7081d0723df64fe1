"""`netquota nas token create|list|revoke`: with which a gateway fetches its queues' limits."""

from __future__ import annotations

import click

from netquota.cli.invocation import Invocation, json_option, pass_invocation

_why = click.option("--why", default="", help="Why; it stands in the audit trail.")


@click.group("token")
def nas_token() -> None:
    """Tokens with which gateways fetch their queues' limits."""


@nas_token.command("create")
@click.argument("nas")
@_why
@pass_invocation
def create(invocation: Invocation, nas: str, why: str) -> None:
    """Make a token for a gateway; it is shown this once."""
    from netquota.cli.desk import author, office_of
    from netquota.services.gateway_tokens import PULL_PATH, create_token, pull_url

    with office_of(invocation.settings) as office:
        made = create_token(office, nas, author(why))
    base = invocation.settings.web.public_url
    click.echo(f"token {made.id} of {made.nas}: {made.text} (shown this once)")
    click.echo(f"  it opens {pull_url(base) if base else PULL_PATH}")
    click.echo(f"  for the gateway's script: netquota nas config {made.nas} --token {made.text} --show-secret")


@nas_token.command("list")
@click.argument("nas")
@json_option
@pass_invocation
def listing(invocation: Invocation, nas: str, as_json: bool) -> None:
    """List a gateway's tokens, the newest first, and when it fetched last."""
    from netquota.cli.desk import office_of
    from netquota.cli.moments import iso_moment, shown_moment
    from netquota.cli.output import print_json, print_table
    from netquota.services.gateway_tokens import tokens_of

    with office_of(invocation.settings) as office:
        found, zone = tokens_of(office, nas), office.zone
    if as_json:
        print_json([
            {"id": token.id, "by": token.created_by, "created": iso_moment(token.created_s, zone),
             "revoked": iso_moment(token.revoked_s, zone), "last_pull": iso_moment(token.last_pull_s, zone),
             "address": token.last_address}
            for token in found
        ])  # fmt: skip
        return
    print_table(("id", "created", "by", "last pull", "from", "revoked"), [
        (token.id, shown_moment(token.created_s, zone), token.created_by, shown_moment(token.last_pull_s, zone),
         token.last_address, shown_moment(token.revoked_s, zone))
        for token in found
    ], "no tokens")  # fmt: skip


@nas_token.command("revoke")
@click.argument("nas")
@click.argument("token_id", type=int)
@_why
@pass_invocation
def revoke(invocation: Invocation, nas: str, token_id: int, why: str) -> None:
    """Let a token open nothing any more."""
    from netquota.cli.desk import author, office_of
    from netquota.services.gateway_tokens import revoke_token

    with office_of(invocation.settings) as office:
        revoke_token(office, nas, token_id, author(why))
    click.echo(f"token {token_id} of {nas} revoked")
