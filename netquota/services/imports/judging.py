"""Each row of a matched sheet against what stands: created, changed, moved, retired, the same, or wrong and why.

Nothing is written here. The same judgement is made anew, under the writer's lock, when the import is applied.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, Final

from netquota.domain.people import Status, username_key
from netquota.errors import InvalidValue
from netquota.services.catalogue import Kind
from netquota.services.guards import check_together
from netquota.services.imports.bench import Bench
from netquota.services.imports.cells import EMPTIES, cleaned, day_of, last_day, text_of
from netquota.services.imports.headings import CONTRACT, MOVES_ON
from netquota.services.imports.matching import Matched
from netquota.services.office import Office
from netquota.sheets import Cells
from netquota.storage.database import Connection

MOST_RETIRED_PERMILLE: Final = 50
GRACE_DAYS: Final = 31


class Outcome(StrEnum):
    """What an import does with a row; retire is of somebody whom the list leaves out."""

    CREATE = "create"
    CHANGE = "change"
    SAME = "same"
    RETIRE = "retire"
    ERROR = "error"


class Whole(StrEnum):
    """For whom the list is complete, so that whoever is not in it has left."""

    NOBODY = "nobody"
    OFFICES = "offices"
    CITY = "city"


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a cell: the row as the spreadsheet numbers it, the column as its heading says."""

    row: int
    column: str
    value: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Line:
    """One row judged. `values` are the columns to write; `later_opd`: the office to which he moves on `moves_on`."""

    row: int
    key: str
    outcome: Outcome
    before: Mapping[str, str] = field(default_factory=dict[str, str])
    after: Mapping[str, str] = field(default_factory=dict[str, str])
    faults: tuple[Fault, ...] = ()
    row_id: int | None = None
    version: int = 0
    values: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False)
    moves_on: date | None = None
    later_opd: int | None = None
    has_grace: bool = False

    @property
    def leaves(self) -> bool:
        """Whether somebody who was active is not any more."""
        return self.values.get("status") == Status.LEFT


@dataclass(frozen=True, slots=True)
class Judged:
    """A whole import judged. `covered`: how many active people the list speaks for."""

    kind: str
    lines: tuple[Line, ...]
    covered: int = 0

    @property
    def counts(self) -> Counter[Outcome]:
        """How many of each outcome."""
        return Counter(line.outcome for line in self.lines)

    @property
    def faults(self) -> list[Fault]:
        """All that is wrong, by row."""
        return [fault for line in self.lines for fault in line.faults]

    @property
    def leaving(self) -> int:
        """How many would leave, by the list or by being left out of it."""
        return sum(line.leaves for line in self.lines)

    @property
    def must_ask(self) -> bool:
        """Whether so many would leave that somebody has to say that this is meant."""
        return self.leaving * 1000 > MOST_RETIRED_PERMILLE * max(self.covered, 1) and self.leaving > 1


@dataclass(frozen=True, slots=True)
class Wish:
    """How a list is meant: for whom it is complete, and days of grace after contracts that end with the year."""

    whole: Whole = Whole.NOBODY
    grace_days: int = GRACE_DAYS


@dataclass(slots=True)
class _Draft:
    """A row on its way: texts by field, columns by name, and what was wrong so far."""

    cells: Cells
    texts: dict[str, str] = field(default_factory=dict[str, str])
    given: dict[str, Any] = field(default_factory=dict[str, Any])
    faults: list[Fault] = field(default_factory=list[Fault])
    moves_on: date | None = None
    has_grace: bool = False


def judge(connection: Connection, office: Office, matched: Matched, wish: Wish | None = None) -> Judged:
    """Judge every row. Reads what stands at once, so that thousands of rows take seconds."""
    return _Judge(connection, office, matched, wish or Wish()).all()


class _Judge:
    def __init__(self, connection: Connection, office: Office, matched: Matched, wish: Wish) -> None:
        self._office, self._matched, self._wish = office, matched, wish
        self._kind: Kind = matched.kind
        self._bench = Bench(connection, office, matched.kind)
        self._seen: dict[tuple[str, object], int] = {}
        self._met: set[int] = set()

    def all(self) -> Judged:
        lines = [self._line(cells) for cells in self._matched.rows]
        gone, covered = self._left_out(lines)
        return Judged(self._kind.name, (*lines, *gone), covered)

    def _line(self, cells: Cells) -> Line:
        draft = self._read(cells)
        existing = self._existing(draft)
        if existing is not None:
            self._met.add(int(existing["id"]))
        values = self._created(draft) if existing is None else self._changed(draft, existing)
        moved = self._moved(draft, existing, values)
        self._check(draft, existing, values)
        key = self._key_of(draft, existing)
        if draft.faults:
            return Line(cells.number, key, Outcome.ERROR, faults=tuple(draft.faults))
        if existing is None:
            after = {name: text for name, text in self._bench.shown(values).items() if text}
            return Line(cells.number, key, Outcome.CREATE, {}, after, values=values, has_grace=draft.has_grace)
        if not values and moved is None:
            return Line(cells.number, key, Outcome.SAME, row_id=existing["id"])
        before, after = self._bench.differing(existing, values)
        return Line(
            cells.number, key, Outcome.CHANGE, before, after, row_id=existing["id"], version=existing["version"],
            values=values, moves_on=draft.moves_on if moved is not None else None, later_opd=moved,
            has_grace=draft.has_grace,
        )  # fmt: skip

    # -- reading ------------------------------------------------------------------------------------------------
    def _read(self, cells: Cells) -> _Draft:
        draft = _Draft(cells)
        for column, name in self._matched.fields.items():
            cell = cells.at(column)
            if cleaned(cell):
                self._take(draft, name, cell, self._matched.headings[column])
        return draft

    def _take(self, draft: _Draft, name: str, cell: str, heading: str) -> None:
        try:
            text = text_of(name, cell, heading)
            if name == MOVES_ON:
                draft.moves_on = day_of(text, heading)
                return
            if name == CONTRACT:
                ends = day_of(text, heading)
                text, name = last_day(ends, self._wish.grace_days).isoformat(), "valid_until"
                draft.has_grace = text != ends.isoformat()
            draft.texts[name] = text
            draft.given |= self._bench.columns(name, text)
        except InvalidValue as error:
            shown = "" if cleaned(cell) == EMPTIES else cell
            draft.faults.append(Fault(draft.cells.number, heading, shown, error.remedy))

    def _existing(self, draft: _Draft) -> dict[str, Any] | None:
        """The row that it is about: by the number that never changes first, then by the name."""
        for column in reversed(self._kind.found_by):
            value = draft.given.get(column)
            found = None if value is None else self._bench.by(column, value)
            if found is not None:
                return found
        return None

    def _key_of(self, draft: _Draft, existing: Mapping[str, Any] | None) -> str:
        if existing is not None:
            return str(existing[self._kind.key_column])
        return draft.texts.get(self._kind.key) or draft.texts.get("nip", "")

    # -- values -------------------------------------------------------------------------------------------------
    def _created(self, draft: _Draft) -> dict[str, Any]:
        if self._kind.name == "employee" and "username" not in draft.texts and draft.given.get("nip"):
            nip = str(draft.given["nip"])
            draft.texts["username"] = nip
            draft.given |= {"username": nip, "username_key": username_key(nip)}
        values = self._bench.defaults() | draft.given
        spoilt = {fault.column for fault in draft.faults}
        for each in self._kind.fields:
            missing = each.required and values.get(each.columns[0]) is None
            by_number = each.name == "username" and "nip" in self._matched.names
            heading = self._matched.heading_of("nip" if by_number else each.name)
            if missing and heading not in spoilt and not each.format.is_secret:
                draft.faults.append(Fault(draft.cells.number, heading, "", f"it is needed: {each.help}"))
        return values

    def _changed(self, draft: _Draft, existing: Mapping[str, Any]) -> dict[str, Any]:
        return {column: value for column, value in draft.given.items() if existing[column] != value}

    def _moved(self, draft: _Draft, existing: Mapping[str, Any] | None, values: dict[str, Any]) -> int | None:
        """The office to which somebody moves on a day to come; until then he stays where he is."""
        is_later = draft.moves_on is not None and draft.moves_on > self._office.today
        if existing is None or not is_later or "opd_id" not in values:
            return None
        return int(values.pop("opd_id"))

    # -- together -----------------------------------------------------------------------------------------------
    def _check(self, draft: _Draft, existing: Mapping[str, Any] | None, values: Mapping[str, Any]) -> None:
        if not draft.faults:
            self._check_row(draft, {} if existing is None else existing, values)
        self._check_unique(draft, existing, values)
        if existing is not None and not self._is_mine(existing):
            self._blame(draft, self._kind.key, "", "this belongs to another office; ask the ICT office to move it")
        elif not draft.faults and not self._is_mine({**(existing or {}), **values}):
            self._blame(draft, "opd", draft.texts.get("opd", ""), "choose one of your own offices")

    def _check_row(self, draft: _Draft, existing: Mapping[str, Any], values: Mapping[str, Any]) -> None:
        try:
            check_together(self._kind.name, {**existing, **values})
        except InvalidValue as error:
            self._blame(draft, error.field, str(error.value), error.remedy)

    def _check_unique(self, draft: _Draft, existing: Mapping[str, Any] | None, values: Mapping[str, Any]) -> None:
        own = None if existing is None else existing["id"]
        for each in self._kind.fields:
            column = each.columns[-1]
            value = draft.given.get(column)
            if not each.unique or value is None:
                continue
            first = self._seen.setdefault((column, value), draft.cells.number)
            if first != draft.cells.number:
                self._blame(draft, each.name, draft.texts[each.name], f"row {first} has it already; keep one of them")
            other = self._bench.holder(column, value)
            if column in values and other is not None and other != own:
                self._blame(draft, each.name, draft.texts[each.name], "somebody else has it already")

    def _blame(self, draft: _Draft, name: str, value: str, remedy: str) -> None:
        heading = self._matched.heading_of(name)
        draft.faults.append(Fault(draft.cells.number, heading, value, remedy))

    def _is_mine(self, row: Mapping[str, Any]) -> bool:
        scope, column = self._office.scope, self._kind.office_column
        return scope.is_all or (bool(column) and scope.covers(row.get(column)))

    # -- who is left out ----------------------------------------------------------------------------------------
    def _left_out(self, lines: Sequence[Line]) -> tuple[list[Line], int]:
        """Those whom the list would have to name and does not, and how many active people it speaks for."""
        if self._kind.name != "employee":
            return [], 0
        covered = self._covered(lines)
        if self._wish.whole is Whole.NOBODY:
            return [], len(covered)
        by_nip = "nip" in self._matched.names
        gone = [row for row in covered if row["id"] not in self._met and (row["nip"] is not None or not by_nip)]
        why = {"status": Status.LEFT, "status_why": ""}
        return [
            Line(
                0, str(row["username"]), Outcome.RETIRE, {"status": str(row["status"])}, {"status": str(Status.LEFT)},
                row_id=row["id"], version=row["version"], values=why,
            )
            for row in gone
        ], len(covered)  # fmt: skip

    def _covered(self, lines: Sequence[Line]) -> list[dict[str, Any]]:
        """The active people of the offices that the list is about: of the city, or of those that it names."""
        people = [row for row in self._bench.rows() if row["status"] != Status.LEFT and self._is_mine(row)]
        if self._wish.whole is Whole.CITY:
            return people
        named = {line.values["opd_id"] for line in lines if line.values.get("opd_id") is not None}
        named |= {row["opd_id"] for row in people if row["id"] in self._met}
        return [row for row in people if row["opd_id"] in named]
