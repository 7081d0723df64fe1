"""`netquota plan scenario list|try|keep|remove`: what links would need and cost under other terms."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, TypeVar

import click

from netquota.cli.invocation import Invocation, dry_run_option, json_option, pass_invocation
from netquota.errors import InvalidValue

if TYPE_CHECKING:
    from netquota.planning.scenario import Outcome
    from netquota.services.office import Office
    from netquota.services.planning.dimensioning import Level
    from netquota.services.planning.scenarios import Kept, NewApplication, NewOffice, Terms
    from netquota.settings import Settings

_MEGA = 1_000_000
_Command = TypeVar("_Command", bound=Callable[..., Any])


def _terms_options(command: _Command) -> _Command:
    """The terms of a scenario, as options."""
    for option in (
        click.option("--lost", multiple=True, metavar="LINK",
                     help="A link that is lost; the others carry its demand."),
        click.option("--office", "offices", multiple=True, metavar="LINK=PEOPLE",
                     help="A new office of so many people on the link."),
        click.option("--application", "applications", multiple=True, metavar="LINK=USERSxRATE",
                     help="A new application on the link, such as 'Serat Utama=120x2M'."),
        click.option("--price", type=int, default=0, help="Prices change by so many per cent."),
        click.option("--growth", type=int, default=0, help="Per cent of growth on top of the forecast."),
    ):  # fmt: skip
        command = option(command)
    return command


@click.group("scenario")
def scenario() -> None:
    """What if: growth, other prices, new applications and offices, links lost."""


@scenario.command("try")
@_terms_options
@json_option
@pass_invocation
def try_(invocation: Invocation, as_json: bool, **terms: Any) -> None:
    """Show what links would need and cost over the coming twelve months; nothing is kept."""
    from netquota.cli.desk import office_of

    with office_of(invocation.settings) as office:
        found = _tried(office, invocation.settings, _terms(**terms))
    _show(found, as_json)


@scenario.command("keep")
@click.argument("name")
@_terms_options
@click.option("--why", default="", help="Why; it stands in the audit trail.")
@dry_run_option
@json_option
@pass_invocation
def keep(invocation: Invocation, name: str, why: str, dry_run: bool, as_json: bool, **terms: Any) -> None:
    """Keep a scenario as NAME, in place of one of that name."""
    from netquota.cli.desk import author, office_of
    from netquota.services.planning import scenarios

    with office_of(invocation.settings) as office:
        if dry_run:
            found = _tried(office, invocation.settings, _terms(**terms))
        else:
            level, by = _level(office, invocation.settings), author(why or "netquota plan scenario keep")
            found = scenarios.keep(office, name.strip(), _terms(**terms), level, by)
    _show(found, as_json)


@scenario.command("remove")
@click.argument("name")
@click.option("--why", default="", help="Why; it stands in the audit trail.")
@pass_invocation
def remove(invocation: Invocation, name: str, why: str) -> None:
    """Forget the kept scenario NAME."""
    from netquota.cli.desk import author, office_of
    from netquota.services.planning import scenarios

    with office_of(invocation.settings) as office:
        scenarios.remove(office, name, author(why or "netquota plan scenario remove"))
    click.echo(f"{name} is removed")


@scenario.command("list")
@json_option
@pass_invocation
def list_(invocation: Invocation, as_json: bool) -> None:
    """List the kept scenarios with what each comes to."""
    from netquota.cli.desk import office_of
    from netquota.cli.output import print_json, print_table
    from netquota.domain.samples import LINK
    from netquota.services.planning import scenarios
    from netquota.services.planning.dimensioning import book

    with office_of(invocation.settings) as office, office.database.read() as connection:
        rows = scenarios.kept(connection, book(connection, (LINK,)), _level(office, invocation.settings))
    if as_json:
        print_json([_plain(row) for row in rows])
        return
    print_table(("name", "Mbit/s", "Rp before PPN", "by", "note"), [_row(row) for row in rows])


def _row(row: Kept) -> tuple[object, ...]:
    outcome = row.outcome
    if outcome is None:
        return row.name, "", "", row.by, row.problem or f"the link {row.missing} is no longer there"
    return row.name, sum(one.capacity_bps for one in outcome.links) // _MEGA, outcome.total_rp, row.by, ""


def _plain(row: Kept) -> Mapping[str, object]:
    return asdict(row) | {"outcome": None if row.outcome is None else _told(row.outcome)}


def _told(outcome: Outcome) -> Mapping[str, object]:
    return {
        "links": [asdict(one) | {"amount_rp": one.amount_rp} for one in outcome.links], "total_rp": outcome.total_rp,
    }  # fmt: skip


def _show(outcome: Outcome, as_json: bool) -> None:
    from netquota.cli.output import print_json, print_table

    if as_json:
        print_json(_told(outcome))
        return
    lines = [(one.link, one.capacity_bps // _MEGA, one.price_rp, one.months, one.amount_rp) for one in outcome.links]
    whole = sum(one.capacity_bps for one in outcome.links) // _MEGA
    print_table(
        ("link", "Mbit/s", "Rp a Mbit/s and month", "months", "Rp before PPN"),
        [*lines, ("together", whole, "", "", outcome.total_rp)],
    )


def _level(office: Office, settings: Settings) -> Level:
    from netquota.services.planning.dimensioning import Level

    return Level.of_coming_year(office.today, settings.planning.service_permille)


def _tried(office: Office, settings: Settings, terms: Terms) -> Outcome:
    from netquota.domain.samples import LINK
    from netquota.services.planning import scenarios
    from netquota.services.planning.dimensioning import book

    with office.database.read() as connection:
        return scenarios.tried(book(connection, (LINK,)), terms, _level(office, settings))


def _terms(
    growth: int, price: int, applications: tuple[str, ...], offices: tuple[str, ...], lost: tuple[str, ...]
) -> Terms:
    """Raises `InvalidValue`."""
    from netquota.services.planning.scenarios import Terms

    return Terms(
        growth,
        price,
        tuple(_application(text) for text in applications),
        tuple(_office(text) for text in offices),
        lost,
    )


def _application(text: str) -> NewApplication:
    from netquota.domain.units import parse_rate
    from netquota.services.planning.scenarios import NewApplication

    link, _, told = text.rpartition("=")
    users, _, rate = told.partition("x")
    if not link or not users.isdecimal():
        raise InvalidValue("--application", text, "write LINK=USERSxRATE, such as 'Serat Utama=120x2M'")
    return NewApplication(link, int(users), parse_rate(rate, "--application").down_bps)


def _office(text: str) -> NewOffice:
    from netquota.services.planning.scenarios import NewOffice

    link, _, people = text.rpartition("=")
    if not link or not people.isdecimal():
        raise InvalidValue("--office", text, "write LINK=PEOPLE, such as 'Serat Utama=40'")
    return NewOffice(link, int(people))
