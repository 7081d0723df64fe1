"""`netquota denials`: who was refused, why, and what helps."""

from __future__ import annotations

import click

from netquota.cli.invocation import Invocation, json_option, pass_invocation


@click.command()
@click.option("--user", help="Only of this NIP or username.")
@click.option("--opd", help="Only of this office's people.")
@click.option("--nas", help="Only at this gateway.")
@click.option("--code", help="Only for this reason, such as wrong_password.")
@click.option("--since", default="24h", show_default=True, metavar="TIME", help="A local time, or a span back.")
@click.option("--most", default=50, show_default=True, help="At most so many, the newest first.")
@json_option
@pass_invocation
def denials(
    invocation: Invocation, user: str | None, opd: str | None, nas: str | None, code: str | None, since: str,
    most: int, as_json: bool,
) -> None:  # fmt: skip
    """List refused log-ins with the reason in words, the newest first."""
    from netquota.cli.desk import office_of, policy_of
    from netquota.cli.lookups import opd_named
    from netquota.cli.moments import iso_moment, parsed_moment, shown_moment
    from netquota.cli.output import print_json, print_table
    from netquota.services.explain import nas_named, subscriber_of
    from netquota.services.reasons import reasons_from_json
    from netquota.services.words import sentence
    from netquota.storage import report_store

    language = invocation.settings.city.language
    with office_of(invocation.settings) as office, office.database.read() as connection:
        policy, _ = policy_of(connection, office, invocation.settings)
        zone = office.zone
        wanted = report_store.DenialFilter(
            since_s=int(parsed_moment(since, "--since", office.clock.now(), zone).timestamp()),
            code=code,
            nas_id=None if nas is None else nas_named(policy.snapshot, nas).id,
            employee_id=None if user is None else subscriber_of(policy.snapshot, user).id,
            opd_id=None if opd is None else opd_named(policy.snapshot, opd).id,
            size=most,
        )
        found, _ = report_store.denials(connection, wanted)
    told: list[str] = []
    for one in found:
        reasons = reasons_from_json(one.reasons)
        told.append(sentence(reasons[-1], language, zone).replace("\u00a0", " ") if reasons else one.code)
    if as_json:
        print_json(
            [
                {
                    "at": iso_moment(one.at_s, zone), "username": one.username, "name": one.name, "opd": one.opd,
                    "nas": one.nas, "gateway": one.gateway, "mac": one.mac, "code": one.code, "text": text,
                }
                for one, text in zip(found, told, strict=True)
            ]
        )  # fmt: skip
        return
    rows = [
        (shown_moment(one.at_s, zone), one.username, one.opd, one.nas, one.mac, text)
        for one, text in zip(found, told, strict=True)
    ]
    print_table(("at", "user", "opd", "nas", "mac", "why"), rows, "nobody was refused")
