"""`netquota device unknown`: which devices ask by their hardware address and have no account."""

from __future__ import annotations

import click

from netquota.cli.invocation import Invocation, json_option, pass_invocation


@click.command("unknown")
@json_option
@pass_invocation
def device_unknown(invocation: Invocation, as_json: bool) -> None:
    """List hardware addresses without an account that asked in the last week, the newest first."""
    from netquota.cli.desk import office_of, policy_of
    from netquota.cli.moments import iso_moment, shown_moment
    from netquota.cli.output import print_json, print_table
    from netquota.services.device_desk import strangers

    with office_of(invocation.settings) as office:
        with office.database.read() as connection:
            policy, _ = policy_of(connection, office, invocation.settings)
        found = strangers(office, policy.snapshot)
    nases, zone = policy.snapshot.nas_by_id, office.zone
    names = ["" if each.nas_id is None or each.nas_id not in nases else nases[each.nas_id].name for each in found]
    if as_json:
        print_json(
            [
                {
                    "mac": each.mac, "nas": name, "gateway": each.gateway, "tries": each.tries,
                    "first": iso_moment(each.first_s, zone), "last": iso_moment(each.last_s, zone),
                }
                for each, name in zip(found, names, strict=True)
            ]
        )  # fmt: skip
        return
    rows = [
        (each.mac, name, each.gateway, str(each.tries), shown_moment(each.first_s, zone),
         shown_moment(each.last_s, zone))
        for each, name in zip(found, names, strict=True)
    ]  # fmt: skip
    print_table(("mac", "nas", "gateway", "tries", "first", "last"), rows, "no unknown device asked")
