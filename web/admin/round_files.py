"""Assessment rounds as files: the list of offices as filtered, and each office's sheet, one by one or all in a ZIP."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Sequence

from flask import Response, abort, request
from flask_babel import gettext

from netquota.services.rounds import Shown, listing
from netquota.services.sheet import Cell, xlsx_octets
from netquota.storage.round_store import Line, Round
from web import moments
from web.admin import rounds
from web.admin.door import argument, blueprint
from web.admin.exporting import XLSX, attached, file_of
from web.admin.round_words import CONCLUSIONS, GROUNDS, MOVES, REPLIES, STATES, facts_of
from web.context import here
from web.rendering import current_language

_ZIP = "application/zip"


@blueprint.get("/rounds-file")
def rounds_file() -> Response:
    """The rounds in sight."""
    columns = (
        gettext("Round"), gettext("Measured from"), gettext("Measured to"), gettext("Answers by"), gettext("State"),
        "OPD", gettext("Answered"), gettext("Concluded"), gettext("Opened"), gettext("By"), gettext("Why"),
    )  # fmt: skip
    rows = [
        (each.name, each.first.isoformat(), each.last.isoformat(), each.due.isoformat(), str(STATES[each.state][1]),
         counts.lines, counts.replied, counts.concluded, moments.local_iso(each.made_s, here().zone), each.by, each.why)
        for each, counts in listing(here().office)
    ]  # fmt: skip
    return file_of("rounds", gettext("Assessment rounds"), columns, rows)


@blueprint.get("/round-file/<int:number>")
def round_file(number: int) -> Response:
    """The offices of a round that the filter finds."""
    found = rounds.found_round(number)
    rows = [_row(line) for line in rounds.filtered(found.lines)]
    return file_of(f"round-{number}", found.round.name, _columns(), rows)


def _columns() -> tuple[str, ...]:
    return (
        "OPD", gettext("Name"), gettext("Employees"), gettext("Ceiling down, bit/s"), gettext("Ceiling up, bit/s"),
        gettext("Guaranteed down, bit/s"), gettext("P95 down, bit/s"), gettext("P95 up, bit/s"),
        gettext("At its limit, ‰ of office hours"), gettext("Ceiling left unused, ‰"), gettext("Data, ‰"),
        gettext("P95 of demand, bit/s (an estimate)"), gettext("Applications"), gettext("Needs down, bit/s"),
        gettext("Needs up, bit/s"), gettext("Open requests"), gettext("Proposal"), gettext("To, down, bit/s"),
        gettext("To, up, bit/s"), gettext("Why"), gettext("Answer"), gettext("Remark"), gettext("Conclusion"),
        gettext("Note"),
    )  # fmt: skip


def _row(line: Line) -> Sequence[Cell]:
    use, rate = line.use, line.rate
    return (
        line.opd, line.opd_name, use.people, use.ceiling_down_bps, use.ceiling_up_bps, use.guaranteed_down_bps,
        use.p95_down_bps, use.p95_up_bps, use.at_limit_permille, use.unused_permille, use.coverage_permille,
        use.hidden_bps, use.applications, use.needed_down_bps, use.needed_up_bps, ", ".join(use.requests),
        str(MOVES[line.move][1]), None if rate is None else rate.down_bps, None if rate is None else rate.up_bps,
        line.adjusted_why or str(GROUNDS[line.proposal.ground]),
        str(REPLIES[line.reply][1]) if line.reply else "", line.remark,
        str(CONCLUSIONS[line.conclusion][1]) if line.conclusion else "", line.note,
    )  # fmt: skip


@blueprint.get("/round-sheet-files/<int:number>")
def round_sheet_files(number: int) -> Response:
    """`?opd=`: the sheet of one office as XLSX; else the sheets of all in sight, in a ZIP."""
    found, code = rounds.found_round(number), argument("opd", 253)
    lines = [line for line in found.lines if code in {"", line.opd}]
    if not lines:
        abort(404)
    stem = f"netquota-round-{number}"
    if code:
        return attached(_sheet(found.round, lines[0]), f"{stem}-{_file_name(code)}.xlsx", XLSX)
    return attached(_zipped(found, stem), f"{stem}.zip", _ZIP)


def _zipped(found: Shown, stem: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for line in found.lines:
            archive.writestr(f"{stem}-{_file_name(line.opd)}.xlsx", _sheet(found.round, line))
    return made.getvalue()


def _sheet(of: Round, line: Line) -> bytes:
    zone, language = here().zone, current_language()
    days = [moments.date_full(day, zone, language) for day in (of.first, of.last, of.due)]
    notes = (
        f"{line.opd} · {line.opd_name}", gettext("Measured from %(first)s to %(last)s", first=days[0], last=days[1]),
        gettext("Please answer by %(day)s: agree, or say what should be known.", day=days[2]),
        gettext("Answer at %(address)s", address=rounds.address_of(of.id, line.opd, request.host_url)),
    )  # fmt: skip
    columns = (gettext("Part"), gettext("Figure"), gettext("Value"), gettext("Unit"), gettext("Your remark"))
    return xlsx_octets(of.name, notes, columns, _lines(line))


def _lines(line: Line) -> Iterator[Sequence[Cell]]:
    for heading, facts in facts_of(line).items():
        for fact in facts:
            yield heading, fact.name, fact.value, fact.unit, ""


def _file_name(code: str) -> str:
    """An office's code as part of a file's name."""
    return "".join(letter if letter.isalnum() or letter in "-_." else "_" for letter in code)
