"""`netquota quota grant|reset`: more octets, or a count that begins anew, for one person or one office."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from netquota.cli.invocation import Invocation, dry_run_option, json_option, pass_invocation

if TYPE_CHECKING:
    from netquota.domain.people import Opd, Subscriber
    from netquota.services.facts import Policy
    from netquota.services.grants import Given
    from netquota.services.office import Office

    Act = Callable[[Office, Policy, Subscriber | Opd], Given]

_employee_option = click.option("--employee", help="This person, by NIP or username.")
_opd_option = click.option("--opd", help="This office, whose pool the quota is, by code.")
_why_option = click.option("--why", required=True, help="Why; it stands in the audit trail.")


@click.command("grant")
@click.argument("quota")
@_employee_option
@_opd_option
@click.option("--octets", required=True, help="How much more, such as 5GB; -5GB takes back what was given.")
@click.option("--until", help="Usable until then, such as 2026-12-15 or '2026-12-15 16:00', past the period's end too.")
@_why_option
@json_option
@dry_run_option
@pass_invocation
def quota_grant(
    invocation: Invocation, quota: str, employee: str | None, opd: str | None, octets: str, until: str | None, why: str,
    as_json: bool, dry_run: bool,
) -> None:  # fmt: skip
    """Give more octets of QUOTA until its period ends, or --until a moment; running sessions follow at once."""
    from netquota.cli.desk import author
    from netquota.cli.moments import parsed_moment
    from netquota.domain.units import parse_signed_octets
    from netquota.services.grants import grant_octets

    amount = parse_signed_octets(octets, "octets")

    def act(office: Office, policy: Policy, whom: Subscriber | Opd) -> Given:
        now = office.clock.now()
        moment = None if until is None else parsed_moment(until, "--until", now, office.zone, ahead=True)
        return grant_octets(office, policy, quota, whom, amount, author(why), until=moment, dry_run=dry_run)

    _carry_out(invocation, employee, opd, act, as_json, dry_run)


@click.command("reset")
@click.argument("quota")
@_employee_option
@_opd_option
@_why_option
@json_option
@dry_run_option
@pass_invocation
def quota_reset(
    invocation: Invocation, quota: str, employee: str | None, opd: str | None, why: str, as_json: bool, dry_run: bool
) -> None:
    """Begin to count QUOTA anew in its running period; what was used stays in the books."""
    from netquota.cli.desk import author
    from netquota.services.grants import reset_count

    def act(office: Office, policy: Policy, whom: Subscriber | Opd) -> Given:
        return reset_count(office, policy, quota, whom, author(why), dry_run=dry_run)

    _carry_out(invocation, employee, opd, act, as_json, dry_run)


def _carry_out(
    invocation: Invocation, employee: str | None, opd: str | None, act: Act, as_json: bool, dry_run: bool
) -> None:
    from netquota.cli.desk import office_of, policy_of
    from netquota.cli.lookups import opd_named
    from netquota.cli.output import print_json
    from netquota.domain.units import NO_BREAK_SPACE, format_octets
    from netquota.services.explain import subscriber_of
    from netquota.services.words import moment

    if (employee is None) == (opd is None):
        raise click.UsageError("Say to whom: --employee or --opd.")
    with office_of(invocation.settings) as office:
        with office.database.read() as connection:
            policy, _ = policy_of(connection, office, invocation.settings)
        whom = subscriber_of(policy.snapshot, employee) if employee else opd_named(policy.snapshot, opd or "")
        found, zone = act(office, policy, whom), office.zone
    figure, quota = found.figure, found.quota
    if as_json:
        print_json(
            {
                "quota": quota.key, "to": found.to, "granted_octets": figure.granted, "until_s": figure.period_end_s,
                "carried_octets": figure.carried_in, "used_octets": figure.used,
                "entitled_octets": figure.entitled(quota),
            }
        )  # fmt: skip
        return
    entitled, used = format_octets(figure.entitled(quota), "en"), format_octets(figure.used, "en")
    has = "would have" if dry_run else "has"
    told = f"{found.to} {has} {entitled} of {quota.key} until {moment(figure.period_end_s, 'en', zone)}, {used} used"
    click.echo(told.replace(NO_BREAK_SPACE, " "))
