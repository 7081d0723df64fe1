"""`netquota terms accepted EDITION`: who accepted it, when, at which device."""

from __future__ import annotations

import click

from netquota.cli.invocation import Invocation, json_option, pass_invocation


@click.command("accepted")
@click.argument("thing", metavar="EDITION")
@json_option
@pass_invocation
def terms_accepted(invocation: Invocation, thing: str, as_json: bool) -> None:
    """List who accepted an edition of the terms of use, the newest first."""
    from netquota.cli.desk import office_of
    from netquota.cli.moments import iso_moment, shown_moment
    from netquota.cli.output import print_json, print_table
    from netquota.services.allocate import get
    from netquota.storage import terms_store

    with office_of(invocation.settings) as office:
        key = get(office, "terms", thing).key
        with office.database.read() as connection:
            found = terms_store.acceptances(connection, key)
        zone = office.zone
    if as_json:
        print_json(
            [
                {"username": one.username, "name": one.name, "edition": one.edition, "mac": one.mac,
                 "at": iso_moment(one.at_s, zone)}
                for one in found
            ]
        )  # fmt: skip
        return
    rows = [(shown_moment(one.at_s, zone), one.username, one.name, one.mac) for one in found]
    print_table(("at", "user", "name", "mac"), rows, "nobody accepted it yet")
