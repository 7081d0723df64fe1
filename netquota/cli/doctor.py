"""`netquota doctor`: look for what is wrong and say what to do. Exit code 1 where something is."""

from __future__ import annotations

from collections.abc import Iterable

import click

from netquota.cli.failures import Exit
from netquota.cli.invocation import Invocation, json_option, pass_invocation
from netquota.services.findings import Finding, Mark


@click.command()
@click.option("--nas", metavar="NAME", help="Only this gateway.")
@click.option("--deep", is_flag=True, help="Also read the whole database, which may take minutes.")
@json_option
@pass_invocation
def doctor(invocation: Invocation, nas: str | None, deep: bool, as_json: bool) -> Exit:
    """Check clock, ports, database, key, disk, jobs and every gateway; each finding comes with its remedy."""
    from netquota.channels import ways_of
    from netquota.cli.doctor_enforcement import enforcement_findings
    from netquota.cli.doctor_gateways import gateway_findings
    from netquota.services.machine_doctor import machine_findings, port_findings

    found: list[Finding] = []
    if nas is None:
        found += machine_findings(invocation.settings, list(ways_of(invocation.settings)), deep=deep)
        found += port_findings(invocation.settings)
    if not any(one.mark is Mark.BAD and one.about == "database" for one in found):
        found += gateway_findings(invocation.settings, nas)
        found += enforcement_findings(invocation.settings, nas)
    if as_json:
        from netquota.cli.output import print_json

        print_json([{"mark": f.mark, "about": f.about, "found": f.found, "remedy": f.remedy} for f in found])
    else:
        _tell(found)
    return Exit.FAILED if any(one.mark is Mark.BAD for one in found) else Exit.DONE


def _tell(found: Iterable[Finding]) -> None:
    bad = warned = 0
    for one in found:
        bad, warned = bad + (one.mark is Mark.BAD), warned + (one.mark is Mark.WARN)
        click.echo(f"{one.mark.upper():<5} {one.about}: {one.found}")
        if one.remedy:
            click.echo(f"      -> {one.remedy}")
    click.echo(f"{bad} bad, {warned} to look at")
