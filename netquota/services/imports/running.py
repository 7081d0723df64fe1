"""The steps of an import: a file is read and kept, its columns are chosen, it is tried, applied, taken back."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from netquota.errors import NotFound
from netquota.services.catalogue import KINDS
from netquota.services.imports import applying
from netquota.services.imports.applying import Applied
from netquota.services.imports.judging import Judged, Outcome, Whole, Wish
from netquota.services.imports.matching import IGNORED, Matched, importable_fields, importable_kinds, match, plain
from netquota.services.office import Author, Office
from netquota.settings import Imports
from netquota.sheets import Cells, Limits, Sheet, read
from netquota.storage import import_store
from netquota.storage.import_store import Run, State

_OUTCOMES: Mapping[Outcome, tuple[str, str]] = {
    Outcome.CREATE: ("baru", "created"),
    Outcome.CHANGE: ("berubah", "changed"),
    Outcome.SAME: ("tetap", "the same"),
    Outcome.RETIRE: ("keluar", "left"),
    Outcome.ERROR: ("salah", "wrong"),
}


@dataclass(frozen=True, slots=True)
class Choices:
    """How a list is understood: the sheet, what columns are (from 0; empty: left out), for whom it is complete.

    `headings`: the same by the columns' headings, as `matching.plain` writes them: for the next list of this kind.
    """

    sheet: str = ""
    columns: Mapping[int, str] | None = None
    whole: Whole = Whole.NOBODY
    headings: Mapping[str, str] = field(default_factory=dict[str, str])

    def as_json(self) -> dict[str, Any]:
        """To be kept."""
        columns = {str(column): name for column, name in (self.columns or {}).items()}
        return {"sheet": self.sheet, "columns": columns, "whole": self.whole, "headings": dict(self.headings)}

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Choices:
        """As it was kept."""
        columns = {int(column): str(name) for column, name in kept.get("columns", {}).items()}
        whole = Whole(kept.get("whole", Whole.NOBODY))
        return cls(
            str(kept.get("sheet", "")),
            columns,
            whole,
            {str(text): str(name) for text, name in kept.get("headings", {}).items()},
        )


@dataclass(frozen=True, slots=True)
class Import:
    """One import with what it is made of; `allowed`: the fields that the person may set, None = all."""

    run: Run
    choices: Choices
    matched: Matched


def upload(
    office: Office, kind: str, file: str, content: bytes, by: Author, limits: Limits | None = None
) -> int:  # fmt: skip
    """Read a file and keep it; the import's number. Raises `Unreadable`, `NotFound` for a kind without lists."""
    if kind not in importable_kinds():
        raise NotFound("list", kind, f"lists may hold {', '.join(importable_kinds())}")
    return begun(office, kind, file, read(content, limits), by)


def begun(office: Office, kind: str, source: str, sheets: Sequence[Sheet], by: Author) -> int:
    """Keep sheets that were read already, of a file or of a directory; the import's number."""
    with office.database.write() as connection:
        return import_store.add(connection, kind, source, by.name, [_packed(sheet) for sheet in sheets], office.now_s)


def as_before(office: Office, run_id: int, by: Author, allowed: Collection[str] | None = None) -> None:
    """Take over what the person's newest list of this kind that was applied says of headings that this one has, too.

    Fields that he may not set any more (`allowed`, None = all) are passed over, as are columns without a heading.
    """
    run, texts = told(office, run_id, by.name), headings(office, run_id)
    alike = [one for one in latest(office, by.name) if one.kind == run.kind and one.state is State.APPLIED]
    may = {IGNORED, *importable_fields(KINDS[run.kind], allowed)}
    kept = Choices.of(alike[0].choices if alike else {}).headings
    before = {heading: name for heading, name in kept.items() if heading and name in may}
    columns = {at: before[plain(text)] for at, text in enumerate(texts) if plain(text) in before}
    if columns:
        choose(office, run_id, Choices(columns=columns))


def opened(
    office: Office, run_id: int, actor: str | None, allowed: Collection[str] | None = None, *, strict: bool = True
) -> Import:
    """An import as it stands. Raises `NotFound`, also where it is another person's (`actor` None: anybody's).

    What cannot be understood raises `InvalidValue`, or is left out (not `strict`), so that it can be shown.
    """
    run = told(office, run_id, actor)
    if not run.sheets:
        raise NotFound("import", run_id, "its contents were forgotten; upload the file again")
    choices = Choices.of(run.choices)
    matched = match(sheets_of(run), run.kind, choices.columns, allowed, choices.sheet, strict=strict)
    return Import(run, choices, matched)


def headings(office: Office, run_id: int, sheet: str = "") -> tuple[str, ...]:
    """The headings of a file as they stand in it."""
    with office.database.read() as connection:
        run = import_store.get(connection, run_id)
    return match(sheets_of(run), run.kind, None, None, sheet, strict=False).headings


def told(office: Office, run_id: int, actor: str | None) -> Run:
    """An import that was applied or taken back, without looking at the file. Raises `NotFound` as `opened`."""
    with office.database.read() as connection:
        run = import_store.get(connection, run_id)
    if actor is not None and run.actor != actor:
        raise NotFound("import", run_id)
    return run


def touched(run: Run) -> frozenset[int]:
    """The rows that an applied import made or changed; none where it was taken back, or once that is forgotten."""
    return frozenset(int(each["id"]) for each in run.done)


def latest(office: Office, actor: str | None = None, most: int = 20) -> list[Run]:
    """The newest imports, of one person or of all."""
    with office.database.read() as connection:
        return import_store.latest(connection, actor, most)


def limits_of(rules: Imports) -> Limits:
    """What a file may cost, by the settings."""
    return Limits(largest=rules.most_megabytes * 1024 * 1024, rows=rules.most_rows)


def choose(office: Office, run_id: int, choices: Choices) -> None:
    """Keep how it is understood."""
    texts = headings(office, run_id, choices.sheet) if choices.columns else ()
    meant = {plain(texts[at]): name for at, name in (choices.columns or {}).items() if at < len(texts)}
    with office.database.write() as connection:
        import_store.choose(connection, run_id, replace(choices, headings=meant).as_json())


def tried(office: Office, one: Import, grace_days: int) -> Judged:
    """What it would do."""
    return applying.dry_run(office, one.matched, Wish(one.choices.whole, grace_days))


def applied(
    office: Office, one: Import, grace_days: int, by: Author, *, leaving_meant: int | None = None
) -> Applied:  # fmt: skip
    """Do it; see `applying.apply`."""
    wish = Wish(one.choices.whole, grace_days)
    author = applying.reason(by, one.run.file)
    return applying.apply(office, one.run.id, one.matched, wish, author, leaving_meant=leaving_meant)


def sheets_of(run: Run) -> list[Sheet]:
    """The sheets as they were read."""
    return [Sheet(name, tuple(Cells(number, tuple(texts)) for number, texts in rows)) for name, rows in run.sheets]


@dataclass(frozen=True, slots=True)
class ResultRows:
    """What a result file holds."""

    columns: list[str]
    rows: list[list[str]]


def result_rows(
    one: Import, judged: Judged, language: str, *, only_faults: bool, say: Callable[[str], str] = str
) -> ResultRows:
    """The rows of the file as they came, each with what became of it and why; or those alone that are wrong.

    `say` tells a remedy in the reader's language.
    """
    english = language == "en"
    headings = [text or f"{'Column' if english else 'Kolom'} {at + 1}" for at, text in enumerate(one.matched.headings)]
    rows = {cells.number: cells for cells in one.matched.rows}
    made = ResultRows([*headings, *(("Result", "Reason") if english else ("Hasil", "Alasan"))], [])
    for line in judged.lines:
        if only_faults and line.outcome is not Outcome.ERROR:
            continue
        cells = rows.get(line.row)
        texts = [cells.at(at) for at in range(len(headings))] if cells is not None else _by_key(one, line.key)
        why = "; ".join(f"{fault.column}: {say(fault.remedy)}" for fault in line.faults)
        made.rows.append([*texts, _OUTCOMES[line.outcome][english], why])
    return made


def _by_key(one: Import, key: str) -> list[str]:
    """A row for somebody whom the file does not name: the key in the column that holds keys, or the first."""
    names = one.matched.fields
    at = next((column for column, name in names.items() if name == one.matched.kind.key), 0)
    return [key if column == at else "" for column in range(len(one.matched.headings))]


def _packed(sheet: Sheet) -> list[Any]:
    return [sheet.name, [[row.number, list(row.texts)] for row in sheet.rows]]
