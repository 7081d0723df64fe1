"""Between texts and columns, in one transaction: reads a person's texts into a row, and shows a row as texts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from netquota.errors import InvalidValue
from netquota.services.catalogue import KINDS, Field, Kind
from netquota.services.office import Office
from netquota.storage import rows
from netquota.storage.database import Connection

Row = dict[str, Any]


class Reading:
    """Reads and shows fields; remembers the natural keys it has looked up."""

    def __init__(self, connection: Connection, office: Office, about: Sequence[str] = ()) -> None:
        self.about = about
        self.keeps_text = office.keeps_text
        self._connection, self._office = connection, office
        self._keys: dict[tuple[str, int], str] = {}

    @property
    def zone(self) -> ZoneInfo:
        """The city's time zone."""
        return self._office.zone

    @property
    def today(self) -> date:
        """The local date."""
        return self._office.today

    def encrypt(self, plain: bytes) -> bytes:
        """Seal a secret for the database."""
        return self._office.secrets.encrypt(plain)

    def columns(self, field: Field, given: str) -> Row:
        """What the field's columns hold for a text; empty: its default, else nothing. Raises `InvalidValue`."""
        given = given.strip()
        if not given and field.required:
            raise InvalidValue(field.name, given, f"it is needed: {field.help}")
        if not given and not field.default:
            return dict.fromkeys(field.columns, () if field.many else field.default)
        given = given or field.default or ""
        if field.refers_to is not None and field.many:
            names = [name.strip() for name in given.split(",") if name.strip()]
            ids = list(dict.fromkeys(self._id_of(field, field.refers_to, name) for name in names))
            ids = ids if field.ordered else sorted(ids)
            return {field.columns[0]: tuple({f"{field.refers_to}_id": row_id} for row_id in ids)}
        if field.refers_to is not None:
            return {field.columns[0]: self._id_of(field, field.refers_to, given)}
        return dict(zip(field.columns, field.format.parse(given, field.name, self), strict=True))

    def find(self, kind: Kind, key: str, *, lock: bool = False) -> Row | None:
        """The row of a natural key."""
        row = rows.find(self._connection, kind.table, kind.found_by, kind.key_form(key), lock=lock)
        return None if row is None or any(row[name] != value for name, value in kind.fixed.items()) else row

    def look_up(self, kind: Kind, found: Iterable[Row]) -> None:
        """Learn at once the natural keys that these rows refer to, so that showing them asks nothing more."""
        found = list(found)
        for field in kind.fields:
            if field.refers_to is not None:
                self._learn(KINDS[field.refers_to], {row_id for row in found for row_id in _referred(field, row)})

    def shown(self, kind: Kind, row: Mapping[str, Any]) -> dict[str, str]:
        """All fields of a row as texts that read back as the same; secrets stay hidden, nothing is empty text."""
        return {field.name: self._show(field, row) for field in kind.fields}

    def _show(self, field: Field, row: Mapping[str, Any]) -> str:
        values = tuple(row.get(column) for column in field.columns)
        if values[0] is None:
            return ""
        if field.refers_to is not None and field.many:
            keys = [self._key_of(KINDS[field.refers_to], each) for each in _referred(field, row)]
            return ", ".join(keys if field.ordered else sorted(keys))
        if field.refers_to is not None:
            return self._key_of(KINDS[field.refers_to], values[0])
        return field.format.show(values, self.zone)

    def _id_of(self, field: Field, kind_name: str, given: str) -> int:
        row = self.find(KINDS[kind_name], given)
        if row is None:
            raise InvalidValue(field.name, given, f"there is no such {kind_name}; add it first or check the spelling")
        return int(row["id"])

    def _key_of(self, kind: Kind, row_id: int) -> str:
        if (kind.name, row_id) not in self._keys:
            self._learn(kind, [row_id])
        return self._keys[kind.name, row_id]

    def _learn(self, kind: Kind, ids: Iterable[int]) -> None:
        found = rows.keys_of(self._connection, kind.table, kind.key_column, ids)
        self._keys.update({(kind.name, row_id): key for row_id, key in found.items()})


def _referred(field: Field, row: Mapping[str, Any]) -> list[int]:
    """The ids of what a row refers to by a field."""
    value = row.get(field.columns[0])
    if value is None:
        return []
    return [int(child[f"{field.refers_to}_id"]) for child in value] if field.many else [int(value)]
