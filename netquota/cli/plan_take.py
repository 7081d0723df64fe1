"""`netquota plan take`: measurements of before netquota, from files, into the samples of a link or site."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from netquota.cli.invocation import Invocation, dry_run_option, json_option, pass_invocation

FORMS = ("rates", "octets", "counters", "rrd", "radacct")


@click.command("take")
@click.argument("kind", type=click.Choice(("link", "site")))
@click.argument("key")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--format", "form", type=click.Choice(FORMS), required=True,
              help="CSV of bit/s, octets or SNMP counters; `rrdtool dump`; CSV of daloRADIUS' radacct.")  # fmt: skip
@click.option("--step", "step_s", type=click.IntRange(1, 86_400), default=300, show_default=True,
              help="Seconds that a row of rates or octets lasts.")  # fmt: skip
@click.option("--swap", "swapped", is_flag=True, help="What the file calls in goes to the provider.")
@click.option("--trust-clock", is_flag=True, help="Take it over although its daily low wanders.")
@dry_run_option
@json_option
@pass_invocation
def take(
    invocation: Invocation, kind: str, key: str, file: Path, form: str, step_s: int, swapped: bool, trust_clock: bool,
    dry_run: bool, as_json: bool,
) -> None:  # fmt: skip
    """Take measurements of before netquota over into a link or site; what stands there already is not added to."""
    from netquota.cli.desk import author, office_of
    from netquota.cli.moments import shown_moment
    from netquota.cli.output import print_json, print_pairs
    from netquota.services.planning.past import take_over

    with office_of(invocation.settings) as office:
        found = take_over(
            office, kind, key, form, file.read_bytes(), author(f"netquota plan take {file.name}"), step_s=step_s,
            swapped=swapped, dry_run=dry_run, trust_clock=trust_clock,
        )  # fmt: skip
        zone = office.zone
    if as_json:
        print_json(asdict(found) | {"dry_run": dry_run})
        return
    print_pairs([
        ("would take over" if dry_run else "took over", f"{found.bins} bins of {found.readings} readings"),
        ("from", shown_moment(found.from_s, zone)), ("to", shown_moment(found.to_s, zone)),
        ("down", f"{found.down / 1e9:.3f} GB"), ("up", f"{found.up / 1e9:.3f} GB"),
        ("known already", f"{found.known} bins"), ("coarse", f"{found.coarse} bins: volume alone"),
        *([("warning", f"the daily low wanders by {found.wanders_h} h")] if found.wanders_h else []),
    ])  # fmt: skip
