"""`netquota employee|opd|… import FILE`, and `netquota import list|undo`: lists from CSV and XLSX."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from netquota.cli.failures import Exit
from netquota.cli.invocation import Invocation, dry_run_option, json_option, pass_invocation

if TYPE_CHECKING:
    from netquota.services.imports.judging import Judged
    from netquota.services.imports.running import Import
    from netquota.services.office import Office

_FAULTS_SHOWN = 50


def import_command(kind: str) -> click.Command:
    """The command that imports a list of a kind."""

    @click.command("import", help=f"Import a list from a CSV or XLSX FILE of {kind} rows: all of it, or nothing.")
    @click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
    @click.option("--sheet", default="", help="Which sheet of a workbook; else the one that fits best.")
    @click.option(
        "--column", "columns", multiple=True, metavar="HEADING=FIELD", help="Say what a column is; FIELD may be empty."
    )
    @click.option(
        "--complete",
        type=click.Choice(["offices", "city"]),
        help="Whoever the list leaves out has left: of the offices that it names, or of the city.",
    )
    @click.option("--leaving", type=int, help="So many may leave, although it is more than 5 %.")
    @click.option(
        "--result",
        type=click.Path(dir_okay=False, path_type=Path),
        help="Write each row with what became of it (.csv or .xlsx).",
    )
    @click.option(
        "--errors",
        type=click.Path(dir_okay=False, path_type=Path),
        help="Write the wrong rows alone, each with its reason.",
    )
    @click.option("--why", default="", help="Why; it stands in the audit trail.")
    @dry_run_option
    @json_option
    @pass_invocation
    def command(
        invocation: Invocation, file: Path, sheet: str, columns: tuple[str, ...], complete: str | None,
        leaving: int | None, result: Path | None, errors: Path | None, why: str, dry_run: bool, as_json: bool,
    ) -> Exit:  # fmt: skip
        from netquota.cli.desk import author, office_of
        from netquota.services.imports import running

        by = author(why)
        with office_of(invocation.settings) as office:
            one = _opened(invocation, office, kind, file, sheet, columns, complete)
            judged = running.tried(office, one, invocation.settings.imports.contract_grace_days)
            _write(invocation, one, judged, result, errors)
            tell(one, judged, as_json=as_json)
            if judged.faults:
                return Exit.USAGE
            if not dry_run:
                done = running.applied(
                    office, one, invocation.settings.imports.contract_grace_days, by, leaving_meant=leaving
                )
                click.echo(
                    f"applied as import {done.run_id}; `netquota import undo {done.run_id}` takes it back", err=True
                )
        return Exit.DONE

    return command


def _opened(
    invocation: Invocation, office: Office, kind: str, file: Path, sheet: str, columns: tuple[str, ...],
    complete: str | None,
) -> Import:  # fmt: skip
    from netquota.cli.desk import author
    from netquota.errors import InvalidValue
    from netquota.services.imports import running
    from netquota.services.imports.judging import Whole
    from netquota.services.imports.matching import plain

    by, limits = author(""), invocation.settings.imports
    run_id = running.upload(office, kind, file.name, file.read_bytes(), by, running.limits_of(limits))
    whole = Whole(complete) if complete else Whole.NOBODY
    running.choose(office, run_id, running.Choices(sheet, None, whole))
    if not columns:
        return running.opened(office, run_id, by.name)
    header = running.headings(office, run_id, sheet)
    said: dict[int, str] = {}
    for text in columns:
        heading, equals, name = text.partition("=")
        at = next((at for at, each in enumerate(header) if plain(each) == plain(heading)), None)
        if not equals or at is None:
            raise InvalidValue("--column", text, f"write HEADING=FIELD; the headings are {', '.join(header)}")
        said[at] = name.strip()
    running.choose(office, run_id, running.Choices(sheet, said, whole))
    return running.opened(office, run_id, by.name)


def _write(invocation: Invocation, one: Import, judged: Judged, result: Path | None, errors: Path | None) -> None:
    from netquota.services.imports import running
    from netquota.services.sheet import csv_octets, xlsx_octets

    language = invocation.settings.city.language
    for path, only_faults in ((result, False), (errors, True)):
        if path is None:
            continue
        made = running.result_rows(one, judged, language, only_faults=only_faults)
        is_book = path.suffix.lower() == ".xlsx"
        path.write_bytes(
            xlsx_octets(one.run.file, (), made.columns, made.rows) if is_book else csv_octets(made.columns, made.rows)
        )


def tell(one: Import, judged: Judged, *, as_json: bool) -> None:
    """Say what a list would do, and what is wrong with it."""
    from netquota.cli.output import print_json, print_table
    from netquota.services.imports.judging import Outcome

    counts = {str(outcome): judged.counts[outcome] for outcome in Outcome}
    unknown = [one.matched.headings[column] for column in one.matched.unknown]
    faults = judged.faults
    if as_json:
        print_json(
            {
                "import": one.run.id, "counts": counts, "leaving": judged.leaving, "unknown_columns": unknown,
                "faults": [
                    {"row": f.row, "column": f.column, "value": f.value, "remedy": f.remedy} for f in faults
                ],
            }
        )  # fmt: skip
        return
    click.echo(", ".join(f"{number} {name}" for name, number in counts.items()))
    if unknown:
        click.echo(f"columns left out, as nobody knows them: {', '.join(unknown)}", err=True)
    if faults:
        print_table(
            ("row", "column", "value", "remedy"), [(f.row, f.column, f.value, f.remedy) for f in faults[:_FAULTS_SHOWN]]
        )
        if len(faults) > _FAULTS_SHOWN:
            click.echo(f"and {len(faults) - _FAULTS_SHOWN} more; --errors FILE writes all", err=True)


@click.group("import")
def imports() -> None:
    """Lists that were imported: what became of them; take one back."""


@imports.command("list")
@json_option
@pass_invocation
def listing(invocation: Invocation, as_json: bool) -> None:
    """List the newest imports."""
    from netquota.cli.desk import office_of
    from netquota.cli.moments import iso_moment, shown_moment
    from netquota.cli.output import print_json, print_table
    from netquota.services.imports import running

    with office_of(invocation.settings) as office:
        found, zone = running.latest(office), office.zone
    if as_json:
        print_json(
            [
                {
                    "import": run.id, "kind": run.kind, "file": run.file, "by": run.actor, "state": run.state,
                    "at": iso_moment(run.at_s, zone), "counts": dict(run.counts),
                }
                for run in found
            ]
        )  # fmt: skip
        return
    rows = [
        (run.id, shown_moment(run.at_s, zone), run.kind, run.file, run.actor, run.state,
         ", ".join(f"{number} {name}" for name, number in run.counts.items()))
        for run in found
    ]  # fmt: skip
    print_table(("import", "when", "kind", "file", "by", "state", "rows"), rows)


@imports.command()
@click.argument("number", type=int)
@click.option("--why", required=True, help="Why; it stands in the audit trail.")
@pass_invocation
def undo(invocation: Invocation, number: int, why: str) -> None:
    """Take the import NUMBER back, within a day, if nothing of it was changed since."""
    from netquota.cli.desk import author, office_of
    from netquota.services.imports.applying import undo as take_back

    with office_of(invocation.settings) as office:
        rows = take_back(office, number, author(why))
    click.echo(f"import {number} is taken back: {rows} rows are as before")
