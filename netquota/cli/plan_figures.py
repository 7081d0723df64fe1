"""`netquota plan measure|compute|forecast|dimension`: what was used, what is to come, what capacity that needs."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import click

from netquota.cli.invocation import Invocation, json_option, pass_invocation
from netquota.cli.moments import parsed_day
from netquota.errors import InvalidValue

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from netquota.services.planning.dimensioning import Book, Level, Need
    from netquota.services.planning.figures import Measured, Outlook, Part, Study

MEASURED = ("opd", "link", "site", "gateway", "employee")
_MEGA = 1_000_000


@click.command("measure")
@click.argument("kind", type=click.Choice(MEASURED))
@click.argument("key")
@click.option("--from", "first", metavar="DATE", help="First local day; 30 days ago where left out.")
@click.option("--to", "last", metavar="DATE", help="Last local day; yesterday where left out.")
@json_option
@pass_invocation
def measure(
    invocation: Invocation, kind: str, key: str, first: str | None, last: str | None, as_json: bool
) -> None:  # fmt: skip
    """Measure an office, link, site, gateway or person over any days, office hours and other hours apart."""
    from netquota.cli.desk import office_of
    from netquota.cli.output import print_pairs, print_table
    from netquota.services.planning.measured import measure as measured
    from netquota.services.planning.subjects import one

    with office_of(invocation.settings) as office, office.database.read() as connection:
        to = parsed_day(last, "--to") or office.today - timedelta(days=1)
        since = parsed_day(first, "--from") or to - timedelta(days=29)
        found = measured(connection, one(connection, kind, key), since, to, office.zone, office.now_s)
    if as_json:
        _json({"kind": kind, "key": key, **asdict(found)})
        return
    print_pairs(_head(key, found))
    click.echo()
    rows = [(name, *_part(part)) for name, part in _parts(found)]
    columns = ("hours", "down GB", "up GB", "mean", "P95 down", "P95 up", "peak down", "at limit", "unused", "data")
    print_table(columns, rows)


def _parts(found: Measured) -> list[tuple[str, Part]]:
    return [("all", found.whole), ("office", found.office), ("other", found.other)]


def _head(key: str, found: Measured) -> list[tuple[str, object]]:
    busy = found.busy
    pairs: list[tuple[str, object]] = [
        ("measured", f"{key}, {found.first} to {found.last}, by {found.source}"),
        ("busy hour", "" if busy is None else f"{busy.hour:02}.00, {_mbps(busy.mean_bps)} Mbit/s {busy.direction}"),
    ]
    if found.unaccounted_permille is not None:
        pairs.append(("unaccounted", f"{found.unaccounted_permille / 10:.1f} %"))
    pairs += [*_online(found), *_people(found)]
    for one in found.hidden:
        span = "" if one.low_bps is None else f" ({_mbps(one.low_bps)} to {_mbps(one.high_bps)})"
        told = f"{_mbps(one.demand_bps)}{span} Mbit/s in office hours: {one.finding}"
        pairs.append((f"demand {one.direction}", f"{told}; measured {_mbps(one.measured_bps)}"))
    return pairs


def _online(found: Measured) -> list[tuple[str, object]]:
    online = found.online
    if online is None:
        return []
    mean = "" if online.office_mean_permille is None else f"{online.office_mean_permille / 1000:.1f} in office hours "
    return [("people online", f"{mean}(at most {online.most})")]


def _people(found: Measured) -> list[tuple[str, object]]:
    people = found.people
    if people is None:
        return []
    pairs: list[tuple[str, object]] = [("quotas spent", people.hits)]
    if people.mean is not None:
        pairs.insert(0, ("people a working day", f"{people.mean} (at most {people.most})"))
    if people.fairness_permille is not None:
        pairs.append(("fairness", f"{_ratio(people.fairness_permille)} (Jain, among {people.among}; 1 is even)"))
    return pairs


def _part(part: Part) -> tuple[str, ...]:
    limit = part.at_limit_share
    return (
        f"{part.octets_down / 1e9:.1f}", f"{part.octets_up / 1e9:.1f}", _mbps(part.mean_down_bps),
        _mbps(part.p95_down_bps), _mbps(part.p95_up_bps), _mbps(part.peak_down_bps),
        "" if limit is None else f"{100 * limit:.1f} %",
        "" if part.unused_permille is None else f"{part.unused_permille / 10:.1f} %", f"{100 * part.coverage:.1f} %",
    )  # fmt: skip


@click.command("compute")
@pass_invocation
def compute(invocation: Invocation) -> None:
    """Study all offices and links now: history, hidden demand, forecasts. The clock does it every night."""
    from netquota.cli.desk import office_of
    from netquota.services.planning.computing import compute as computed

    with office_of(invocation.settings) as office:
        number = computed(office.database, office.zone, office.clock, shown_progress())
    click.echo(f"{number} offices and links studied")


def shown_progress() -> Callable[[int, int, str], None]:
    """A line that is written over at a terminal, nothing in a pipe."""
    import sys

    def told(done: int, of: int, following: str) -> None:
        if sys.stderr.isatty():
            click.echo(f"\r{100 * done // max(of, 1):3} %  {following:<40}", nl=False, err=True)

    return told


@click.command("work", hidden=True)
@pass_invocation
def work(invocation: Invocation) -> None:
    """Work off the tasks that wait; the scheduler starts it."""
    from netquota import logging
    from netquota.cli.desk import office_of, policy_of
    from netquota.services.planning.assessing import assessing
    from netquota.services.planning.budget_desk import rendering
    from netquota.services.planning.tasks import studying
    from netquota.services.planning.tasks import work as worked
    from netquota.storage.plan_store import ASSESS, RENDER, STUDY

    settings = invocation.settings
    logging.configure(settings.log.level, settings.log.format, "planner")
    with office_of(settings) as office:
        doers = {
            STUDY: studying(office.database, office.zone, office.clock), RENDER: rendering(office.database, settings),
            ASSESS: assessing(office, lambda connection: policy_of(connection, office, settings)[0]),
        }  # fmt: skip
        worked(office.database, office.clock, doers)


@click.command("forecast")
@click.argument("kind", type=click.Choice(("opd", "link")))
@click.argument("key")
@click.option("--fresh", is_flag=True, help="Compute it now, alone; else what was computed last.")
@json_option
@pass_invocation
def forecast(invocation: Invocation, kind: str, key: str, fresh: bool, as_json: bool) -> None:
    """Forecast an office's or link's demand by month, with the intervals' measured coverage."""
    from netquota.cli.output import print_pairs, print_table

    study, made = _study(invocation, kind, key, fresh)
    if as_json:
        _json({"kind": kind, "key": key, "computed_at": made, "outlooks": [asdict(each) for each in study.outlooks]})
        return
    print_pairs([("history", f"{study.first} to {study.last}"), ("computed", made)])
    for outlook in study.outlooks:
        click.echo()
        print_pairs(_told(outlook))
        unit = 1e9 if outlook.what == "volume" else _MEGA
        print_table(
            ("month", "forecast", "low 90 %", "high 90 %", "season before", "basis"),
            [
                (m.month.strftime("%Y-%m"), *(_in(v, unit) for v in (m.bps, m.low_bps, m.high_bps, m.naive_bps)),
                 m.basis)
                for m in outlook.ahead
            ],
            "no forecast",
        )  # fmt: skip


def _told(outlook: Outlook) -> list[tuple[str, object]]:
    names = {"down": "P95 down, Mbit/s", "up": "P95 up, Mbit/s", "volume": "GB a working day"}
    if outlook.refused is not None:
        known, needed = outlook.refused
        return [("forecast", names[outlook.what]), ("refused", f"{known} {outlook.grain}s known, {needed} needed")]
    coverage = "not measured yet" if outlook.coverage_permille is None else f"{outlook.coverage_permille / 10:.1f} %"
    return [
        ("forecast", names[outlook.what]), ("method", outlook.method),
        ("90 % interval held", f"{coverage}, over {outlook.origins} origins"),
        ("MASE", f"{_ratio(outlook.mase_permille)}, seasonal naive {_ratio(outlook.naive_mase_permille)}"),
    ]  # fmt: skip


def _study(invocation: Invocation, kind: str, key: str, fresh: bool) -> tuple[Study, str]:
    from netquota.cli.desk import office_of
    from netquota.cli.moments import shown_moment
    from netquota.errors import NotFound
    from netquota.services.planning.computing import study_one
    from netquota.services.planning.stored import one as kept
    from netquota.services.planning.subjects import one

    with office_of(invocation.settings) as office, office.database.read() as connection:
        named = one(connection, kind, key)
        if fresh:
            found = study_one(connection, named, office.zone, office.now_s)
            if found is None:
                raise NotFound("samples of", key, "nothing was measured there yet")
            return found, shown_moment(office.now_s, office.zone)
        held = kept(connection, named.subject.kind, named.subject.id)
        if held is None:
            raise NotFound("study of", key, "run `netquota plan compute`, or use --fresh")
        return held[0].study, shown_moment(held[0].made_s, office.zone)


@click.command("dimension")
@click.option("--year", type=click.IntRange(2000, 2100), help="Budget year; the next where left out.")
@click.option("--from-month", type=click.IntRange(1, 12), default=1, show_default=True, help="First month to pay for.")
@click.option("--permille", type=click.IntRange(1, 1000), default=10, show_default=True,
              help="Thousandths of office hours that may be at the limit.")  # fmt: skip
@click.option("--step", default="1M", show_default=True, help="Capacity is bought in steps of this.")
@click.option("--divide", metavar="LINK", help="Divide a link's capacity among its offices, too.")
@click.option("--total", help="The capacity to divide; the one needed where left out.")
@json_option
@pass_invocation
def dimension(
    invocation: Invocation, year: int | None, from_month: int, permille: int, step: str, divide: str | None,
    total: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Compute the capacity that links and offices need so that they are seldom at their limit, and what it costs."""
    from netquota.cli.desk import office_of
    from netquota.cli.output import print_table
    from netquota.domain.units import parse_rate
    from netquota.services.planning.dimensioning import Level, book

    with office_of(invocation.settings) as office, office.database.read() as connection:
        wanted = year or office.today.year + 1
        level = Level(date(wanted, from_month, 1), date(wanted, 12, 1), permille, parse_rate(step, "--step").down_bps)
        found = book(connection)
    needs = _needs(found, level)
    if not needs:
        raise InvalidValue("plan", "", "nothing was studied yet; run `netquota plan compute`")
    months = 13 - from_month
    shares = None if divide is None else _divided(found, divide, total, level, needs)
    if as_json:
        rows = [_need_json(found, word, key, need, months) for word, key, need in needs]
        _json({"year": wanted, "months": months, "permille": permille, "needs": rows, "division": shares})
        return
    print_table(
        ("kind", "name", "now", "P95 demand", "busiest", "forecast", "needed", "interval", "Rp before PPN"),
        [_need_row(found, word, key, need, months) for word, key, need in needs],
    )
    if shares is not None:
        click.echo()
        print_table(("opd", "Mbit/s", "extra", "bins at the limit"), [tuple(row.values()) for row in shares["offices"]])


def _needs(found: Book, level: Level) -> list[tuple[str, str, Need]]:
    from netquota.domain.samples import LINK, OPD
    from netquota.services.planning.dimensioning import need

    named = [("link", LINK, link.id, link.name) for link in found.links]
    named += [("opd", OPD, opd.id, opd.code) for opd in found.opds]
    needs: list[tuple[str, str, Need]] = []
    for word, kind, ident, key in named:
        study, demand = found.study(kind, ident), found.demands.get((kind, ident))
        wanted = None if study is None or demand is None else need(study, demand, level)
        if wanted is not None:
            needs.append((word, key, wanted))
    return needs


def _capacity(found: Book, word: str, key: str) -> tuple[int, int]:
    """Capacity or ceiling of now in bit/s, and the price per Mbit/s and month of a link."""
    if word == "link":
        link = found.link(key)
        return link.down_bps, link.unit_price_rp
    return found.opd(key).ceiling_bps, 0


def _cost(found: Book, word: str, key: str, need: Need, months: int) -> int | None:
    from netquota.planning.cost import LinkCost

    price = _capacity(found, word, key)[1]
    return LinkCost(key, need.capacity_bps, price, months).amount_rp if price else None


def _need_json(found: Book, word: str, key: str, need: Need, months: int) -> dict[str, object]:
    now = _capacity(found, word, key)[0]
    return {"kind": word, "key": key, "capacity_now_bps": now, **asdict(need),
            "amount_rp": _cost(found, word, key, need, months)}  # fmt: skip


def _need_row(found: Book, word: str, key: str, need: Need, months: int) -> tuple[object, ...]:
    return (
        word, key, _mbps(_capacity(found, word, key)[0]), _mbps(need.now_bps),
        "" if need.month is None else need.month.strftime("%Y-%m"), _mbps(need.forecast_bps),
        _mbps(need.capacity_bps), f"{_mbps(need.low_bps)} to {_mbps(need.high_bps)}",
        _cost(found, word, key, need, months),
    )  # fmt: skip


def _divided(
    found: Book, name: str, total: str | None, level: Level, needs: Sequence[tuple[str, str, Need]]
) -> dict[str, list[dict[str, object]]]:
    from netquota.domain.units import parse_rate
    from netquota.services.planning.dimensioning import divided

    link = found.link(name)
    needed = {key: need.capacity_bps for word, key, need in needs if word == "link"}
    bps = parse_rate(total, "--total").down_bps if total else needed.get(name, link.down_bps)
    shares = divided(found, link.id, bps, level)
    return {
        "offices": [
            {"opd": code, "mbps": share / _MEGA, "extra_mbps": shares.extra.get(code, 0) / _MEGA,
             "saturated_bins": shares.saturated.get(code, 0)}
            for code, share in shares.allotted.items()
        ]
    }  # fmt: skip


def _mbps(bps: int | None) -> str:
    return "" if bps is None else f"{bps / _MEGA:.1f}"


def _in(value: int | None, unit: float) -> str:
    return "" if value is None else f"{value / unit:.1f}"


def _ratio(permille: int | None) -> str:
    return "–" if permille is None else f"{permille / 1000:.2f}"


def _json(value: object) -> None:
    click.echo(json.dumps(value, indent=2, ensure_ascii=False, default=_plain))


def _plain(value: object) -> str:
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")
