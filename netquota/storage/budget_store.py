"""Budget documents: numbered versions with the input that each is frozen with, and its files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import delete, func, select, update

from netquota.errors import Conflict
from netquota.storage.database import Connection
from netquota.storage.plan_tables import budget_document, budget_file

DRAFT, APPROVED = "draft", "approved"
_d, _f = budget_document.c, budget_file.c


class DocumentRow(NamedTuple):
    """A version: `input` is canonical JSON, empty where only the list was asked for; times epoch seconds."""

    id: int
    kind: str
    year: int
    version: int
    state: str
    number: str
    choices: str
    input_sha256: str
    by: str
    made_s: int
    approved_by: str | None
    approved_s: int | None
    input: str = ""

    @property
    def is_approved(self) -> bool:
        """Whether the head of the office approved it: then it stands for good."""
        return self.state == APPROVED


class FileRow(NamedTuple):
    """A rendered file."""

    name: str
    content: bytes
    sha256: str


_COLUMNS = (
    _d.id, _d.kind, _d.year, _d.version, _d.state, _d.number, _d.choices, _d.input_sha256, _d.by, _d.made_s,
    _d.approved_by, _d.approved_s,
)  # fmt: skip


def documents(connection: Connection) -> list[DocumentRow]:
    """All versions, the newest first, without their inputs."""
    query = select(*_COLUMNS).order_by(_d.year.desc(), _d.id.desc())
    return [DocumentRow(*row) for row in connection.execute(query)]


def document(connection: Connection, document_id: int, *, lock: bool = False) -> DocumentRow | None:
    """One version with its input."""
    query = select(*_COLUMNS, _d.input).where(_d.id == document_id)
    row = connection.execute(query.with_for_update() if lock else query).first()
    return None if row is None else DocumentRow(*row)


def by_hash(connection: Connection, beginning: str) -> DocumentRow | None:
    """The newest version whose input's SHA-256 begins so."""
    query = select(*_COLUMNS, _d.input).where(_d.input_sha256.startswith(beginning, autoescape=True))
    row = connection.execute(query.order_by(_d.id.desc()).limit(1)).first()
    return None if row is None else DocumentRow(*row)


def newest_version(connection: Connection, kind: str, year: int) -> int:
    """The highest version of a kind and year; 0 without any."""
    return connection.execute(select(func.max(_d.version)).where(_d.kind == kind, _d.year == year)).scalar() or 0


def numbers(connection: Connection, year: int) -> int:
    """How many numbers a year has given: each approval got one, and none is taken back."""
    query = select(func.count()).select_from(budget_document).where(_d.year == year, _d.state == APPROVED)
    return int(connection.execute(query).scalar_one())


def add(connection: Connection, values: Mapping[str, object]) -> int:
    """Keep a new version; its id."""
    key = connection.execute(budget_document.insert().values(values)).inserted_primary_key
    return int(key[0]) if key is not None else 0


def approve(connection: Connection, document_id: int, values: Mapping[str, object]) -> None:
    """Freeze a draft for good. Raises `Conflict` where it is none any more."""
    mine = update(budget_document).where(_d.id == document_id, _d.state == DRAFT)
    if not connection.execute(mine.values({**values, "state": APPROVED})).rowcount:
        raise Conflict("this version was approved meanwhile; reload the page")


def forget_draft(connection: Connection, document_id: int) -> bool:
    """Remove a draft; whether there was one."""
    connection.execute(delete(budget_file).where(_f.document_id == document_id))
    mine = delete(budget_document).where(_d.id == document_id, _d.state == DRAFT)
    return connection.execute(mine).rowcount > 0


def put_files(connection: Connection, document_id: int, files: Mapping[str, bytes], hashes: Mapping[str, str]) -> None:
    """Keep a version's files in place of those before."""
    connection.execute(delete(budget_file).where(_f.document_id == document_id))
    rows = [
        {"document_id": document_id, "name": name, "content": content, "sha256": hashes[name]}
        for name, content in sorted(files.items())
    ]
    connection.execute(budget_file.insert(), rows)


def forget_files(connection: Connection, document_id: int) -> None:
    """What was rendered no longer fits the input."""
    connection.execute(delete(budget_file).where(_f.document_id == document_id))


def files(connection: Connection, document_id: int) -> list[tuple[str, str]]:
    """(name, SHA-256) of a version's files."""
    query = select(_f.name, _f.sha256).where(_f.document_id == document_id).order_by(_f.name)
    return [(row[0], row[1]) for row in connection.execute(query)]


def file(connection: Connection, document_id: int, extension: str) -> FileRow | None:
    """A version's file by its extension: docx, pdf or xlsx."""
    query = select(_f.name, _f.content, _f.sha256).where(_f.document_id == document_id)
    for row in connection.execute(query.where(_f.name.endswith(f".{extension}", autoescape=True))):
        return FileRow(*row)
    return None
