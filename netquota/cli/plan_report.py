"""`netquota plan report`: a budget request from studies, written as DOCX, XLSX and PDF; the list of those made."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from netquota.cli.invocation import Invocation, json_option, pass_invocation
from netquota.cli.moments import parsed_day
from netquota.errors import InvalidValue

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from netquota.services.planning.budget_desk import Opened


@click.command("report")
@click.option("--kind", type=click.Choice(("APBD", "APBD-P")), default="APBD", show_default=True, help="Which budget.")
@click.option("--year", type=click.IntRange(2000, 2100), help="Budget year; the next one, of APBD-P this one.")
@click.option("--change-from", metavar="DATE", help="Of APBD-P: first of the month from which the change holds.")
@click.option("--price", "prices", multiple=True, metavar="LINK=RUPIAH", help="Price per Mbit/s and month.")
@click.option("--capacity", "capacities", multiple=True, metavar="LINK=RATE", help="Capacity asked for, such as 500M.")
@click.option("--opd", "opds", multiple=True, help="Only these offices in the tables of offices.")
@click.option("--permille", type=click.IntRange(1, 1000), help="Thousandths of office hours that may be at the limit.")
@click.option("--choices", "file", type=click.Path(path_type=Path, exists=True, dir_okay=False),
              help="JSON with all choices, in place of the options above.")  # fmt: skip
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), default=Path(), help="Folder for the files.")
@json_option
@pass_invocation
def report(
    invocation: Invocation, kind: str, year: int | None, change_from: str | None, prices: Sequence[str],
    capacities: Sequence[str], opds: Sequence[str], permille: int | None, file: Path | None, out: Path, as_json: bool,
) -> None:  # fmt: skip
    """Make a draft of a budget request and write its DOCX, XLSX and PDF."""
    from netquota.cli.desk import author, office_of
    from netquota.services.planning import budget_desk
    from netquota.services.planning.budget_choices import Choices, choices_of
    from netquota.services.planning.budget_settings import step_of
    from netquota.storage import budget_store

    settings = invocation.settings
    with office_of(settings) as office:
        if file is not None:
            choices = choices_of(file.read_text(encoding="utf-8"))
        else:
            budget = budget_desk.kind_of(kind)
            wanted = year or office.today.year + (1 if kind == "APBD" else 0)
            change = parsed_day(change_from, "--change-from")
            choices = Choices(
                budget, wanted, tuple(opds), permille or settings.planning.service_permille, step_of(settings),
                change_from=change, prices_rp=_prices(prices), asked_bps=_capacities(capacities),
            )  # fmt: skip
        row = budget_desk.draft(office, settings, choices, author("netquota plan report"))
        budget_desk.make_files(office.database, settings, row.id, _shown())
        with office.database.read() as connection:
            found = budget_desk.opened(connection, row.id)
            files = [budget_store.file(connection, row.id, extension) for extension in budget_desk.FORMATS]
    out.mkdir(parents=True, exist_ok=True)
    for each in files:
        if each is not None:
            (out / each.name).write_bytes(each.content)
    _tell(found, out, as_json)


def _tell(found: Opened, out: Path, as_json: bool) -> None:
    from netquota.cli.output import print_json, print_pairs
    from netquota.documents.rab import rab

    sums = rab(found.given).sums
    if as_json:
        print_json({
            "id": found.row.id, "name": found.name, "code": found.paper.code, "sha256": found.row.input_sha256,
            "files": {name: {"path": str(out / name), "sha256": sha256} for name, sha256 in found.files},
            "sum_rp": sums.sum_rp, "ppn_rp": sums.ppn_rp, "total_rp": sums.total_rp, "words": sums.words,
            "links": [
                {"name": link.name, "capacity_bps": link.capacity_bps, "asked_bps": link.asked_bps,
                 "price_rp": link.asked_price_rp, "months": link.months}
                for link in found.given.links
            ],
            "warnings": list(found.paper.warnings),
        })  # fmt: skip
        return
    pairs: list[tuple[str, object]] = [("request", f"{found.name} ({found.paper.code})"), ("total", sums.words)]
    pairs += [(link.name, f"{link.asked_bps / 10**6:g} Mbit/s") for link in found.given.links]
    pairs += [("file", str(out / name)) for name, _ in found.files]
    pairs += [("warning", text) for text in found.paper.warnings]
    print_pairs(pairs)


def _prices(texts: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for link, text in _pairs(texts, "--price"):
        if not text.replace(".", "").isdecimal():
            raise InvalidValue("--price", text, "give whole rupiah, such as 'Tautan Layanan=150000'")
        found[link] = int(text.replace(".", ""))
    return found


def _capacities(texts: Sequence[str]) -> dict[str, int]:
    from netquota.domain.units import parse_rate

    return {link: parse_rate(text, "--capacity").down_bps for link, text in _pairs(texts, "--capacity")}


def _pairs(texts: Sequence[str], option: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for text in texts:
        link, equals, value = text.rpartition("=")
        if not equals:
            raise InvalidValue(option, text, "write LINK=VALUE")
        found.append((link.strip(), value.strip()))
    return found


def _shown() -> Callable[[int, int, str], None]:
    from netquota.cli.plan_figures import shown_progress

    return shown_progress()


@click.command("reports")
@json_option
@pass_invocation
def reports(invocation: Invocation, as_json: bool) -> None:
    """List the budget requests that were made, the newest first."""
    from netquota.cli.desk import office_of
    from netquota.cli.moments import shown_moment
    from netquota.cli.output import print_table
    from netquota.storage import budget_store

    with office_of(invocation.settings) as office, office.database.read() as connection:
        rows = budget_store.documents(connection)
        zone = office.zone
    if as_json:
        names = ("id", "kind", "year", "version", "state", "number", "input_sha256", "by", "made_s", "approved_by")
        click.echo(json.dumps([{name: getattr(row, name) for name in names} for row in rows], indent=2))
        return
    print_table(
        ("id", "kind", "year", "version", "state", "number", "by", "made"),
        [(r.id, r.kind, r.year, r.version, r.state, r.number, r.by, shown_moment(r.made_s, zone)) for r in rows],
        "no budget requests",
    )
