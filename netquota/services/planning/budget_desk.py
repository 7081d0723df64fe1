"""Use cases of budget requests: a draft from choices, its files, approval by the head of the office; all audited."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from netquota.documents import frozen
from netquota.documents.build import build
from netquota.documents.inputs import BudgetInput, BudgetKind
from netquota.documents.paper import Paper
from netquota.documents.rab import rab
from netquota.documents.render import render as rendered
from netquota.domain.numbering import document_number, next_number
from netquota.errors import Conflict, InvalidValue, NotFound
from netquota.services.office import Author, Office, account_of
from netquota.services.planning import budget_choices
from netquota.services.planning.budget_choices import Choices
from netquota.services.planning.budget_input import Frame, assemble
from netquota.services.planning.budget_settings import office_of, settings_of, template_hash, templates_of
from netquota.settings import Settings
from netquota.storage import audit_store, budget_store, plan_store
from netquota.storage.budget_store import DocumentRow, FileRow
from netquota.storage.database import Connection, Database

KIND = "budget"
FORMATS = ("docx", "xlsx", "pdf")
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True, eq=False)
class Opened:
    """A version with its input and the document as structure; `files` (name, SHA-256), empty until they are made."""

    row: DocumentRow
    given: BudgetInput
    paper: Paper
    files: Sequence[tuple[str, str]]

    @property
    def choices(self) -> Choices:
        """What the planner filled in."""
        return budget_choices.choices_of(self.row.choices)

    @property
    def name(self) -> str:
        """`APBD 2027, versi 3`."""
        return name_of(self.row)


def name_of(row: DocumentRow) -> str:
    """`APBD 2027, versi 3`: what the audit trail calls a version."""
    return f"{row.kind} {row.year}, versi {row.version}"


def draft(office: Office, settings: Settings, choices: Choices, by: Author) -> DocumentRow:
    """A new version, frozen with all that it is made of; its files are asked for. Raises `InvalidValue`."""
    budget_choices.checked(choices, office.today)
    with office.database.write() as connection:
        version = budget_store.newest_version(connection, choices.kind.value, choices.year) + 1
        before = _last(connection, choices)
        frame = _frame(office, settings, choices, version, before)
        given = assemble(connection, choices, frame)
        text = frozen.canonical_json(given).decode()
        values: dict[str, object] = {
            "kind": choices.kind.value, "year": choices.year, "version": version, "by": by.name,
            "choices": budget_choices.text_of(choices), "input": text, "input_sha256": frozen.digest(given),
            "made_s": office.now_s,
        }  # fmt: skip
        key = budget_store.add(connection, values)
        plan_store.ask(connection, plan_store.RENDER, str(key), by.name, office.now_s)
        row = _row(connection, key)
        _audit(connection, office, "add", row, by)
    return row


def _last(connection: Connection, choices: Choices) -> BudgetInput | None:
    """The version before of the same budget."""
    for row in budget_store.documents(connection):
        if (row.kind, row.year) == (choices.kind.value, choices.year):
            return frozen.load(_row(connection, row.id).input.encode())
    return None


def _frame(
    office: Office, settings: Settings, choices: Choices, version: int, before: BudgetInput | None
) -> Frame:  # fmt: skip
    told = settings_of(settings, choices.year, choices.permille, choices.step_bps, choices.ppn_permille)
    base = settings.web.public_url or f"http://{settings.web.bind}:{settings.web.port}"
    moment = datetime.fromtimestamp(office.now_s, UTC)
    changes = () if before is None else (f"Dihitung ulang dari versi {before.version}; rincian pada halaman usulan.",)
    return Frame(
        version, office.today, moment, base, office_of(settings), told, template_hash(templates_of(settings)),
        office.zone, changes,
    )  # fmt: skip


def differences(old: BudgetInput, new: BudgetInput) -> list[tuple[str, str, str]]:
    """(what, before, after) of two versions: capacity, price and sums, as a planner asks for them."""
    rows: list[tuple[str, str, str]] = []
    links = {link.key: link for link in old.links}
    for link in new.links:
        was = links.get(link.key)
        for what, a, b in (
            (f"{link.name}, Mbit/s", None if was is None else was.asked_bps / 10**6, link.asked_bps / 10**6),
            (f"{link.name}, Rp", None if was is None else was.asked_price_rp, link.asked_price_rp),
        ):
            if a != b:
                rows.append((what, "–" if a is None else f"{a:g}", f"{b:g}"))
    totals = [rab(each).sums.total_rp for each in (old, new)]
    if totals[0] != totals[1]:
        rows.append(("Total, Rp", str(totals[0]), str(totals[1])))
    return rows


def opened(connection: Connection, document_id: int) -> Opened:
    """A version as it stands. Raises `NotFound`."""
    row = _row(connection, document_id)
    given = frozen.load(row.input.encode())
    return Opened(row, given, build(given), budget_store.files(connection, document_id))


def _row(connection: Connection, document_id: int, *, lock: bool = False) -> DocumentRow:
    row = budget_store.document(connection, document_id, lock=lock)
    if row is None:
        raise NotFound("budget request", document_id)
    return row


def approve(office: Office, settings: Settings, document_id: int, by: Author) -> DocumentRow:
    """The head of the office lets a draft pass: it gets its number, is frozen with it, and rendered for the last time.

    Raises `Conflict` where it is approved already, `InvalidValue` where nobody is named to sign it.
    """
    with office.database.write() as connection:
        row = _row(connection, document_id, lock=True)
        if row.is_approved:
            raise Conflict(f"{name_of(row)} is approved; a later change makes a new version")
        if account_of(row.by) == account_of(by.name):
            raise Conflict("whoever prepared a version cannot approve it")
        given = frozen.load(row.input.encode())
        if not given.head.name:
            raise InvalidValue("head", "", "name who signs: make a version with the head's name")
        counted = next_number(range(1, budget_store.numbers(connection, row.year) + 1))
        number = document_number(counted, row.year, settings.planning.number_pattern, "planning.number_pattern")
        final = replace(given, number=number, dated=office.today)
        values = {
            "number": number, "input": frozen.canonical_json(final).decode(), "input_sha256": frozen.digest(final),
            "approved_by": by.name, "approved_s": office.now_s,
        }  # fmt: skip
        budget_store.approve(connection, document_id, values)
        budget_store.forget_files(connection, document_id)
        plan_store.ask(connection, plan_store.RENDER, str(document_id), by.name, office.now_s)
        row = _row(connection, document_id)
        _audit(connection, office, "approve", row, by)
    return row


def discard(office: Office, document_id: int, by: Author) -> None:
    """Remove a draft. Raises `Conflict` for what is approved."""
    with office.database.write() as connection:
        row = _row(connection, document_id, lock=True)
        if row.is_approved:
            raise Conflict(f"{name_of(row)} is approved and stays")
        budget_store.forget_draft(connection, document_id)
        _audit(connection, office, "remove", row, by)


def _audit(connection: Connection, office: Office, action: str, row: DocumentRow, by: Author) -> None:
    after = {"sha256": row.input_sha256, "number": row.number} if action != "remove" else {}
    audit_store.append(
        connection, actor=by.name, action=action, kind=KIND, key=name_of(row), before={}, after=after, why=by.why,
        now_s=office.now_s,
    )  # fmt: skip


def make_files(database: Database, settings: Settings, document_id: int, progress: Progress) -> None:
    """Render a version's files and keep them; the same input gives the same bytes.

    A draft that was approved meanwhile keeps its new files. Raises `NotFound`.
    """
    with database.read() as connection:
        row = _row(connection, document_id)
    made = rendered(frozen.load(row.input.encode()), templates_of(settings), progress)
    files = made.files()
    hashes = {name: frozen.sha256(content) for name, content in files.items()}
    with database.write() as connection:
        now = budget_store.document(connection, document_id)
        if now is not None and now.input_sha256 == row.input_sha256:
            budget_store.put_files(connection, document_id, files, hashes)


def rendering(database: Database, settings: Settings) -> Callable[[str, Progress], object]:
    """Who makes the files of the version that a task names."""
    return lambda subject, progress: make_files(database, settings, int(subject), progress)


def file_of(connection: Connection, document_id: int, extension: str) -> FileRow | None:
    """A rendered file; None while it is being made. Raises `InvalidValue`, `NotFound`."""
    if extension not in FORMATS:
        raise InvalidValue("format", extension, f"name one of {', '.join(FORMATS)}")
    _row(connection, document_id)
    return budget_store.file(connection, document_id, extension)


def kind_of(text: str) -> BudgetKind:
    """`apbd` or `apbd-p`, as people write it. Raises `InvalidValue`."""
    try:
        return BudgetKind(text.strip().upper())
    except ValueError:
        raise InvalidValue("kind", text, "name APBD or APBD-P") from None
