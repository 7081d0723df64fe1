"""`netquota site state NAME` and `netquota site ways`: which way holds an office's limit, why, and whether it does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from netquota.cli.invocation import Invocation, json_option, pass_invocation

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from netquota.domain.units import Rate
    from netquota.services.site_standing import SiteStanding

_language = click.option("--language", type=click.Choice(("id", "en")), help="Language of the words; else the city's.")
_QUEUE_COLUMNS = ("at", "limit", "state", "tries", "result")


@click.command("state")
@click.argument("name")
@_language
@json_option
@pass_invocation
def site_state(invocation: Invocation, name: str, language: str | None, as_json: bool) -> None:
    """Say how a site is limited and why, and what its gateway said that it has in force."""
    from netquota.cli.desk import office_of, policy_of
    from netquota.cli.output import print_json
    from netquota.services.site_standing import site_standing

    with office_of(invocation.settings) as office, office.database.read() as connection:
        policy, _ = policy_of(connection, office, invocation.settings)
        found = site_standing(connection, policy.snapshot, name)
    spoken = language or invocation.settings.city.language
    if as_json:
        print_json(_as_json(found, spoken, office.zone))
    else:
        _print(found, spoken, office.zone)


@click.command("ways")
@_language
@json_option
@pass_invocation
def site_ways(invocation: Invocation, language: str | None, as_json: bool) -> None:
    """List the sites with one limit for the whole office: by which way it is held, and why."""
    from netquota.cli.desk import office_of, policy_of
    from netquota.cli.output import print_json, print_table
    from netquota.domain.places import Mode
    from netquota.services.way_words import way_name, why_name

    with office_of(invocation.settings) as office, office.database.read() as connection:
        policy, _ = policy_of(connection, office, invocation.settings)
    spoken = language or invocation.settings.city.language
    whole = [site for site in policy.snapshot.sites.values() if site.mode is Mode.WHOLE_OPD]
    rows = [
        (site.name, site.host.code, site.way, _rate(site.limit), way_name(site.way, spoken),
         "" if site.way_why is None else why_name(site.way_why, spoken))
        for site in whole
    ]  # fmt: skip
    columns = ("site", "opd", "way", "limit", "held by", "why")
    if as_json:
        print_json([dict(zip(columns, row, strict=True)) for row in rows])
    else:
        print_table(columns, rows, "no site with one limit for the whole office")


def _rate(rate: Rate | None) -> str:
    from netquota.domain.units import exact_rate

    if rate is None:
        return ""
    return exact_rate(rate) if rate.down_bps and rate.up_bps else "no limit"


def _as_json(found: SiteStanding, language: str, zone: ZoneInfo) -> dict[str, Any]:
    from netquota.cli.moments import iso_moment
    from netquota.services.way_words import way_told

    site, state = found.site, found.state
    return {
        "site": site.name, "opd": site.host.code, "mode": site.mode, "way": site.way, "chosen": site.way_chosen,
        "why": site.way_why, "told": way_told(site, language), "limit": _rate(site.limit) or None,
        "lines": [line.username for line in found.lines],
        "queue": None if not found.holds_queue else {
            "name": site.group, "in_force": found.is_in_force, "carried": found.is_carried, "rest": found.by_rest,
            "gateway_says": None if state is None else _rate(state.rate) or None,
            "since": None if state is None else iso_moment(state.since_s, zone),
            "confirmed": None if state is None else iso_moment(state.confirmed_s, zone),
            "problem": "" if state is None else state.problem,
            "last_pull": iso_moment(found.last_pull_s, zone),
            "orders": [
                {"at": iso_moment(order.created_ms // 1000, zone), "limit": _rate(order.rate), "state": order.state,
                 "attempts": order.attempts, "result": order.result}
                for order in found.orders
            ],
        },
    }  # fmt: skip


def _print(found: SiteStanding, language: str, zone: ZoneInfo) -> None:
    from netquota.cli.moments import shown_moment
    from netquota.cli.output import print_pairs, print_table
    from netquota.services.way_words import way_told

    site, state = found.site, found.state
    pairs: list[tuple[str, object]] = [
        ("site", site.name), ("opd", site.host.code), ("held by", way_told(site, language)),
        ("limit", _rate(site.limit)), ("lines", ", ".join(line.username for line in found.lines)),
    ]  # fmt: skip
    if found.holds_queue:
        pairs += [
            ("queue", site.group), ("in force", "yes" if found.is_in_force else "not confirmed"),
            ("gateway says", "" if state is None else _rate(state.rate)),
            ("since", "" if state is None else shown_moment(state.since_s, zone)),
            ("confirmed", "" if state is None else shown_moment(state.confirmed_s, zone)),
            ("problem", "" if state is None else state.problem),
            ("carried by", _carriers(found)), ("last pull", shown_moment(found.last_pull_s, zone)),
        ]  # fmt: skip
    print_pairs(pairs)
    if found.orders:
        click.echo()
        print_table(_QUEUE_COLUMNS, [
            (shown_moment(order.created_ms // 1000, zone), _rate(order.rate), order.state, order.attempts, order.result)
            for order in found.orders
        ])  # fmt: skip


def _carriers(found: SiteStanding) -> str:
    ways = ["RouterOS REST"] * found.by_rest + ["pull"] * bool(found.tokens)
    return " and ".join(ways) or "nothing: set rest_url at the gateway, or `netquota nas token create`"
