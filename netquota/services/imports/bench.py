"""What stands already of a kind, read at once and kept at hand while the rows of a list are judged."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any, Final

from netquota.errors import InvalidValue
from netquota.services.catalogue import KINDS, Field, Kind
from netquota.services.office import Office
from netquota.services.reading import Reading, Row
from netquota.storage import list_rows
from netquota.storage.database import Connection

_ALSO_BY_NAME: Final = frozenset({"opd"})
"""Kinds that lists name in full instead of by their key."""


class Bench:
    """The rows of a kind by id and by key, and the fields of its table read and shown."""

    def __init__(self, connection: Connection, office: Office, kind: Kind) -> None:
        self._kind = kind
        self._reading = _Remembering(connection, office)
        self._rows: dict[int, Row] = {}
        self._by: dict[str, dict[object, int]] = {}
        self._holders: dict[str, dict[object, int]] = {}
        self._defaults: Row | None = None
        unique = sorted({each.columns[-1] for each in kind.fields if each.unique} | set(kind.found_by))
        own = {column for each in kind.fields if not each.format.is_secret for column in each.columns}
        secret = {column for each in kind.fields if each.format.is_secret for column in each.columns}
        for row in list_rows.all_rows(connection, kind.table, without=secret - own):
            self._keep(row, unique)
        self._reading.look_up(kind, self._rows.values())

    def _keep(self, row: Row, unique: Iterable[str]) -> None:
        row_id = int(row["id"])
        for column in unique:
            if row[column] is not None:
                self._holders.setdefault(column, {})[row[column]] = row_id
        if all(row[name] == value for name, value in self._kind.fixed.items()):
            self._rows[row_id] = row
            for column in self._kind.found_by:
                if row[column] is not None:
                    self._by.setdefault(column, {})[row[column]] = row_id

    def rows(self) -> Iterable[Row]:
        """All rows of the kind."""
        return self._rows.values()

    def by(self, column: str, value: object) -> Row | None:
        """The row of the kind with this value in a column by which it is found."""
        row_id = self._by.get(column, {}).get(value)
        return None if row_id is None else self._rows[row_id]

    def holder(self, column: str, value: object) -> int | None:
        """Which row of the table has a value that only one may have, of whatever kind."""
        return self._holders.get(column, {}).get(value)

    def columns(self, name: str, text: str) -> Row:
        """A field's columns for a text. Raises `InvalidValue`."""
        return self._reading.columns(self._kind.field(name), text)

    def defaults(self) -> Row:
        """The columns of a new row of which nothing is given; what is needed stands as None."""
        if self._defaults is None:
            found: Row = dict(self._kind.fixed)
            for each in self._kind.fields:
                needed = each.required and not each.default
                empty: Row = dict.fromkeys(each.columns)
                found |= empty if needed else self._reading.columns(each, "")
            self._defaults = found
        made = dict(self._defaults)
        if self._kind.name == "nas":
            made |= self.columns("secret", secrets.token_urlsafe(24))
        return made

    def shown(self, row: Mapping[str, Any]) -> dict[str, str]:
        """All fields of a row as texts."""
        return self._reading.shown(self._kind, row)

    def differing(self, row: Mapping[str, Any], values: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, str]]:
        """The fields that differ, as texts before and after."""
        changed = [each.name for each in self._kind.fields if any(column in values for column in each.columns)]
        before, after = self.shown(row), self.shown({**row, **values})
        return {name: before[name] for name in changed}, {name: after[name] for name in changed}


class _Remembering(Reading):
    """Finds what rows refer to in memory, since thousands refer to the same few."""

    def __init__(self, connection: Connection, office: Office) -> None:
        super().__init__(connection, office)
        self._open = connection
        self._ids: dict[str, dict[str, int]] = {}

    def _id_of(self, field: Field, kind_name: str, given: str) -> int:
        known = self._known(KINDS[kind_name])
        found = known.get(given.strip().casefold())
        if found is not None:
            return found
        close = get_close_matches(given.strip().casefold(), known, n=1, cutoff=0.7)
        meant = f"; did you mean {close[0].upper()}?" if close else "; add it first or check the spelling"
        raise InvalidValue(field.name, given, f"there is no such {kind_name}{meant}")

    def _known(self, kind: Kind) -> dict[str, int]:
        if kind.name not in self._ids:
            columns = [*kind.found_by, *(("name",) if kind.name in _ALSO_BY_NAME else ())]
            found: dict[str, int] = {}
            for row_id, *keys in list_rows.keys(self._open, kind.table, columns, kind.fixed):
                for key in keys:
                    if key is not None:
                        found.setdefault(str(key).casefold(), row_id)
            self._ids[kind.name] = found
        return self._ids[kind.name]
