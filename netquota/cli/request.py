"""`netquota request`: more bandwidth is asked for, weighed beside what was measured, and decided."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from netquota.cli.invocation import Invocation, json_option, pass_invocation
from netquota.cli.moments import parsed_day
from netquota.domain.requests import RequestState

if TYPE_CHECKING:
    from netquota.storage.request_store import Request


@click.group()
def request() -> None:
    """Requests for more: of offices for their ceiling, of employees for their own limit."""


@request.command("add")
@click.argument("opd")
@click.option("--employee", help="Somebody of the office who asks for himself; else the office asks.")
@click.option("--rate", help="How much more, down/up, such as 20M/10M (for an employee: his whole rate).")
@click.option("--octets", help="How much more volume in the running period, such as 5GB (employees alone).")
@click.option("--until", metavar="DATE", help="Last local day it is needed; lasting where left out.")
@click.option("--application", help="The reported application that it is for.")
@click.option("--reason", required=True, help="What it is for.")
@pass_invocation
def add(
    invocation: Invocation, opd: str, employee: str | None, rate: str | None, octets: str | None, until: str | None,
    application: str | None, reason: str,
) -> None:  # fmt: skip
    """File a request of OPD."""
    from netquota.cli.desk import author, office_of
    from netquota.domain.requests import Wanted
    from netquota.domain.units import parse_octets, parse_rate
    from netquota.services.requests import Filing, file_request

    wanted = Wanted(
        None if rate is None else parse_rate(rate, "--rate"),
        None if octets is None else parse_octets(octets, "--octets"), parsed_day(until, "--until"),
    )  # fmt: skip
    with office_of(invocation.settings) as office:
        filed = file_request(office, Filing(opd, wanted, reason, employee, application), author(reason))
    click.echo(f"request {filed.number} of {opd} was filed")


@request.command("list")
@click.option("--state", type=click.Choice([str(one) for one in RequestState]), help="Only in this state.")
@click.option("--opd", help="Only of this office.")
@json_option
@pass_invocation
def listing(invocation: Invocation, state: str | None, opd: str | None, as_json: bool) -> None:
    """List requests, the newest first."""
    from netquota.cli.desk import office_of
    from netquota.cli.moments import shown_moment
    from netquota.cli.output import print_json, print_table
    from netquota.storage.request_store import requests

    with office_of(invocation.settings) as office, office.database.read() as connection:
        states = None if state is None else frozenset({RequestState(state)})
        found = [one for one in requests(connection, states=states) if opd is None or one.opd == opd]
    if as_json:
        print_json([_json(one) for one in found])
        return
    rows = [
        (one.number, one.opd, one.username or "", _wanted(one), "" if one.until is None else one.until.isoformat(),
         str(one.state), shown_moment(one.created_s, office.zone), one.reason)
        for one in found
    ]  # fmt: skip
    print_table(("number", "opd", "employee", "wanted", "until", "state", "filed", "reason"), rows, "no requests")


@request.command("show")
@click.argument("number")
@json_option
@pass_invocation
def show(invocation: Invocation, number: str, as_json: bool) -> None:
    """Show a request with what was measured when it was assessed, and how it was decided."""
    from netquota.cli.desk import office_of
    from netquota.cli.output import print_json
    from netquota.errors import NotFound
    from netquota.services.requests import advice_on
    from netquota.storage.request_store import request_of

    with office_of(invocation.settings) as office, office.database.read() as connection:
        found = request_of(connection, number)
    if found is None:
        raise NotFound("request", number)
    if as_json:
        print_json(_json(found))
        return
    for name, value in _json(found).items():
        if value not in (None, ""):
            click.echo(f"{name}: {value}")
    if (advised := advice_on(found)) is not None:
        click.echo(f"advice: {advised}")


@request.command("assess")
@click.argument("number")
@click.option("--note", default="", help="What the ICT office thinks of it.")
@pass_invocation
def assess(invocation: Invocation, number: str, note: str) -> None:
    """Freeze what was measured beside request NUMBER."""
    from netquota.cli.desk import author, office_of, policy_of
    from netquota.services.requests import advice_on
    from netquota.services.requests import assess as assess_request

    with office_of(invocation.settings) as office:
        with office.database.read() as connection:
            policy, _ = policy_of(connection, office, invocation.settings)
        found = assess_request(office, policy, number, note, author(note))
    click.echo(f"request {number} was assessed: {advice_on(found)}")


@request.command("approve")
@click.argument("number")
@click.option("--rate", help="What is given where it is not what was asked, down/up.")
@click.option("--octets", help="What is given where it is not what was asked (employees alone).")
@click.option("--quota", default="", help="Of which quota octets are given.")
@click.option("--until", metavar="DATE", help="Last local day; as asked where left out.")
@click.option("--why", required=True, help="Why; the office reads it.")
@click.option("--as-head", is_flag=True, help="The head of the office approves.")
@pass_invocation
def approve(
    invocation: Invocation, number: str, rate: str | None, octets: str | None, quota: str, until: str | None, why: str,
    as_head: bool,
) -> None:  # fmt: skip
    """Give what request NUMBER asks for; running sessions follow at once."""
    from netquota.cli.desk import author, office_of, policy_of
    from netquota.domain.units import parse_octets, parse_rate
    from netquota.services.requests import Given
    from netquota.services.requests import approve as approve_request

    given = Given(
        None if rate is None else parse_rate(rate, "--rate"),
        None if octets is None else parse_octets(octets, "--octets"), parsed_day(until, "--until"), quota,
    )  # fmt: skip
    with office_of(invocation.settings) as office:
        with office.database.read() as connection:
            policy, _ = policy_of(connection, office, invocation.settings)
        above = invocation.settings.requests.above
        found = approve_request(office, policy, number, given, author(why), is_head=as_head, head_above=above)
    click.echo(f"request {number}: {found.state}")


def _ending(verb: str, summary: str, told: str, *, needs_why: bool = True) -> click.Command:
    """A command that ends a request by a word: what the service calls the verb, it does."""

    @request.command(verb, help=summary)
    @click.argument("number")
    @click.option("--why", required=needs_why, default=None if needs_why else "", help="Why; the office reads it.")
    @pass_invocation
    def command(invocation: Invocation, number: str, why: str) -> None:
        from netquota.cli.desk import author, office_of
        from netquota.services import requests

        act = {"refuse": requests.refuse, "budget": requests.to_budget, "withdraw": requests.withdraw}[verb]
        with office_of(invocation.settings) as office:
            act(office, number, author(why))
        click.echo(f"request {number}: {told}")

    return command


refuse = _ending("refuse", "Refuse request NUMBER.", "refused")
budget = _ending("budget", "Pass request NUMBER to the next budget plan.", "in the next budget plan")
withdraw = _ending("withdraw", "Take request NUMBER back.", "withdrawn", needs_why=False)


def _wanted(one: Request) -> str:
    from netquota.domain.units import exact_octets, exact_rate

    octets = None if one.wanted_octets is None else exact_octets(one.wanted_octets)
    rate = None if one.wanted is None else exact_rate(one.wanted)
    return " ".join(text for text in (rate, octets) if text)


def _json(one: Request) -> dict[str, object]:
    import json

    return {
        "number": one.number, "opd": one.opd, "employee": one.username, "application": one.application,
        "state": str(one.state),
        "wanted": None if one.wanted is None else {"down_bps": one.wanted.down_bps, "up_bps": one.wanted.up_bps},
        "wanted_octets": one.wanted_octets, "until": None if one.until is None else one.until.isoformat(),
        "reason": one.reason, "by": one.by, "created_s": one.created_s,
        "figures": None if one.figures is None else json.loads(one.figures), "assessment": one.assessment,
        "assessed_by": one.assessed_by, "decision": one.decision, "decided_by": one.decided_by,
        "decided_s": one.decided_s,
    }  # fmt: skip
