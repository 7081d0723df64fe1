"""`netquota api`: tokens with which programs act for an admin, and the API's OpenAPI document."""

from __future__ import annotations

from pathlib import Path

import click

from netquota.cli.invocation import Invocation, json_option, pass_invocation

_DAY_S = 86_400


@click.group()
def api() -> None:
    """Tokens for programs; the OpenAPI document."""


@api.command("openapi")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write to this file; else print.")
def openapi(out: Path | None) -> None:
    """Print the OpenAPI 3.1 document of /api/v1."""
    import importlib

    text: str = importlib.import_module("web.api.v1.document").as_text()
    if out is None:
        click.echo(text, nl=False)
        return
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(text, encoding="utf-8")
    click.echo(f"written to {out}")


@api.group()
def token() -> None:
    """Tokens with which programs act for an admin."""


@token.command("add")
@click.argument("owner")
@click.option("--name", required=True, help="What it is for.")
@click.option("--scope", "scopes", multiple=True, required=True, help="What it may: read, accounts, policy ...")
@click.option("--days", type=click.IntRange(1, 1098), help="It ends after so many days; else when it is revoked.")
@click.option("--why", default="", help="Why; it stands in the audit trail.")
@pass_invocation
def add(invocation: Invocation, owner: str, name: str, scopes: tuple[str, ...], days: int | None, why: str) -> None:
    """Make a token that acts for the admin OWNER; printed this once."""
    from netquota.cli.desk import author, office_of
    from netquota.services.api_tokens import create

    life_s = None if days is None else days * _DAY_S
    with office_of(invocation.settings) as office:
        made = create(office, owner, name, scopes, author(why), life_s=life_s)
    click.echo(made.text)


@token.command("list")
@click.option("--owner", help="Only of this admin.")
@json_option
@pass_invocation
def listing(invocation: Invocation, owner: str | None, as_json: bool) -> None:
    """List tokens, newest first; their texts are not kept."""
    from netquota.cli.desk import office_of
    from netquota.cli.moments import iso_moment, shown_moment
    from netquota.cli.output import print_json, print_table
    from netquota.services.api_tokens import tokens_of

    with office_of(invocation.settings) as office:
        found, zone, now_s = tokens_of(office, owner), office.zone, office.now_s
    if as_json:
        print_json(
            [
                {
                    "id": one.id, "owner": one.owner, "name": one.name, "scopes": list(one.scopes),
                    "good": one.is_valid(now_s), "expires": iso_moment(one.expires_s, zone),
                    "used": iso_moment(one.used_s, zone), "used_address": one.used_address,
                }
                for one in found
            ]
        )  # fmt: skip
        return
    rows = [
        (one.id, one.owner, one.name, ", ".join(one.scopes), "yes" if one.is_valid(now_s) else "no",
         shown_moment(one.expires_s, zone), shown_moment(one.used_s, zone))
        for one in found
    ]  # fmt: skip
    print_table(("token", "owner", "name", "scopes", "good", "until", "last used"), rows, "no tokens")


@token.command("revoke")
@click.argument("number", type=int)
@click.option("--why", default="", help="Why; it stands in the audit trail.")
@pass_invocation
def revoke(invocation: Invocation, number: int, why: str) -> None:
    """Let the token of this NUMBER open nothing any more."""
    from netquota.cli.desk import author, office_of
    from netquota.services.api_tokens import revoke as end

    with office_of(invocation.settings) as office:
        done = end(office, number, author(why))
    click.echo(f"token {number} of {done.owner} opens nothing any more")
