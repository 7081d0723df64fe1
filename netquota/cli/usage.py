"""`netquota usage`: what an employee, an office, a link or a site used, day by day; quotas, the measured interface."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from netquota.cli.invocation import Invocation, json_option, pass_invocation
from netquota.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from netquota.services.facts import Policy
    from netquota.services.measured import Measured
    from netquota.services.office import Office
    from netquota.services.standing import QuotaStanding
    from netquota.services.usage import Day
    from netquota.storage.database import Connection


@dataclass(frozen=True, slots=True)
class _Used:
    """Who, the days, the quotas."""

    who: str
    days: Sequence[Day]
    quotas: Sequence[QuotaStanding]
    measured: Measured | None = None


@click.command()
@click.argument("who", metavar="USER|OPD|LINK|SITE")
@click.option("--days", default=7, show_default=True, type=click.IntRange(1, 400), help="So many days, with today.")
@json_option
@pass_invocation
def usage(invocation: Invocation, who: str, days: int, as_json: bool) -> None:
    """Show what a person (NIP or username) or an office (code: all at its sites) used, and the quotas.

    Of a provider link or a site (by its name): what it carried, what its interface measures, how its far end answers.
    """
    from netquota.cli.desk import office_of, policy_of
    from netquota.cli.moments import iso_moment
    from netquota.cli.output import print_json, print_table
    from netquota.services.measured import told_of

    with office_of(invocation.settings) as office, office.database.read() as connection:
        policy, _ = policy_of(connection, office, invocation.settings)
        found = _used(connection, office, policy, who, days)
    if as_json:
        print_json(
            {
                "who": found.who,
                "days": [{"day": str(d.day), "down_octets": d.down, "up_octets": d.up} for d in found.days],
                "quotas": [
                    {
                        "key": one.quota.key, "used_octets": one.used, "entitled_octets": one.entitled,
                        "state": one.state, "until": iso_moment(one.figure.period_end_s, office.zone),
                    }
                    for one in found.quotas
                ],
                **({} if found.measured is None else {"measured": told_of(found.measured)}),
            }
        )  # fmt: skip
        return
    rows = [(str(d.day), _volume(d.down), _volume(d.up), _volume(d.total)) for d in found.days]
    total = sum(d.down for d in found.days), sum(d.up for d in found.days)
    rows.append(("total", _volume(total[0]), _volume(total[1]), _volume(sum(total))))
    print_table((found.who, "down", "up", "both"), rows)
    click.echo()
    if found.measured is not None:
        lines = list(measured_lines(found.measured, office))
        print_table(("interface", "value"), lines or [("name", "none is named; use is what sessions report")])
        return
    print_table(
        ("quota", "used", "of", "%", "state", "refills"),
        [
            (
                one.quota.key, _volume(one.used), _volume(one.entitled), _percent(one.used, one.entitled), one.state,
                (iso_moment(one.figure.period_end_s, office.zone) or "")[:16].replace("T", " "),
            )
            for one in found.quotas
        ],
        "no quota",
    )  # fmt: skip


def _used(connection: Connection, office: Office, policy: Policy, who: str, days: int) -> _Used:
    from netquota.cli.lookups import opd_named
    from netquota.services import standing
    from netquota.services.explain import subscriber_of
    from netquota.services.usage import PERSON, SITE
    from netquota.services.usage import days as by_day
    from netquota.storage.ledger_store import page_on
    from netquota.storage.usage_report import site_ids

    page, first = page_on(connection), office.today - timedelta(days=days - 1)
    try:
        person = subscriber_of(policy.snapshot, who)
    except NotFound:
        person = None
    if person is not None:
        quotas = standing.quotas_of_people(page, policy, [person], office.now_s).get(person.id, ())
        found = by_day(connection, PERSON, [person.id], first, office.today, office.zone)
        return _Used(person.known_as, found, quotas)
    try:
        opd = opd_named(policy.snapshot, who)
    except NotFound:
        return _of_place(connection, office, policy, who, days)
    quotas = standing.quotas_of_opds(page, policy, [opd], office.now_s).get(opd.id, ())
    sites = site_ids(connection, opd.id)
    return _Used(opd.code, by_day(connection, SITE, sites, first, office.today, office.zone), quotas)


def _of_place(connection: Connection, office: Office, policy: Policy, who: str, days: int) -> _Used:
    """A link's or a site's, by its name."""
    from netquota.domain.samples import LINK, SITE
    from netquota.services.measured import measured
    from netquota.services.usage import days as by_day

    places = [(LINK, one.id, one.name) for one in policy.snapshot.links.values()]
    places += [(SITE, one.id, one.name) for one in policy.snapshot.sites.values()]
    place = next((one for one in places if one[2] == who.strip()), None)
    if place is None:
        raise NotFound("employee, opd, link or site", who)
    kind, place_id, name = place
    first = office.today - timedelta(days=days - 1)
    found = by_day(connection, kind, [place_id], first, office.today, office.zone)
    return _Used(name, found, (), measured(connection, kind, place_id, office.now_s))


def measured_lines(found: Measured, office: Office) -> Iterator[tuple[str, str]]:
    """What is known of an interface, as name and value."""
    from netquota.cli.moments import iso_moment
    from netquota.domain.units import format_bps

    wanted, held = found.wanted, found.held
    if wanted is not None:
        yield "name", f"{wanted.interface} at {wanted.nas}, looks to the {wanted.faces}"
    if held is not None and held.last is not None:
        yield "read last", f"{iso_moment(held.last.at_s, office.zone)} ({held.by})"
    if held is not None and found.is_fresh:
        down, up = (format_bps(rate or 0, "en") for rate in (held.now_down_bps, held.now_up_bps))
        yield "now", f"{down} down, {up} up"
    if held is not None and held.problem:
        yield "problem", held.problem
    if found.beside is not None and found.beside.share is not None:
        yield "no session accounts for", f"{found.beside.share:.1%} of 30 days"
    for end in found.far_ends:
        time = "" if end.round_trip_us is None else f", {end.round_trip_us / 1000:.1f} ms"
        yield f"far end {end.address}", f"{end.received} of {end.sent} answered{time} (asked by the {end.by}, 24 hours)"


def _volume(octets: int) -> str:
    from netquota.domain.units import format_octets

    return format_octets(octets, "en").replace("\u00a0", " ")


def _percent(used: int, of: int) -> str:
    return "" if of == 0 else str(used * 100 // of)
