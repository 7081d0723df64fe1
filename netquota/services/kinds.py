"""What a kind of editable thing is made of: its fields, how each is written and kept. The table is catalogue.py."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field

from netquota.errors import NotFound
from netquota.services import fields as write
from netquota.services.fields import Format


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a kind. `columns` that `format` fills; `refers_to` a kind by its natural key instead of a format.

    Left out when a thing is made, or emptied later: `default` (a text as a person would write it), else nothing.
    """

    name: str
    columns: tuple[str, ...]
    format: Format
    help: str
    required: bool = False
    default: str | None = None
    refers_to: str | None = None
    unique: bool = False
    many: bool = False
    """Whether it refers to several, written apart by commas; its column then holds a tuple of child rows."""
    ordered: bool = False
    """Whether the order in which several are written means something."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of thing: `key` is the field that names it, `searched` the columns that a search looks into."""

    name: str
    table: str
    key: str
    fields: tuple[Field, ...]
    searched: tuple[str, ...]
    lookup: tuple[str, ...] = ()
    """Columns by which it is found, where they are not the key's own."""
    is_policy: bool = True
    """Whether RADIUS workers decide by it, so that they must be told."""
    fixed: Mapping[str, object] = dataclass_field(default_factory=dict[str, object])
    """Columns that every one of the kind has alike: what tells kinds of one table apart."""
    told_as: tuple[str, ...] = ()
    """What workers are told that changed, where that is not the kind itself."""
    office_column: str = ""
    """The column that says whose it is (an OPD's row id); empty: nobody's, for those alone who see all offices."""

    key_form: Callable[[str], str] = str.strip
    """How a key is written in the columns in which it is looked for."""

    @property
    def key_column(self) -> str:
        """The column in which the key stands as people read it."""
        return self.field(self.key).columns[0]

    @property
    def found_by(self) -> tuple[str, ...]:
        """The columns that a key is looked for in, in this order."""
        return self.lookup or (self.key,)

    def field(self, name: str) -> Field:
        """The field of this name; `-` and `_` are the same. Raises `NotFound` that lists what there is."""
        wanted = name.replace("-", "_").lower()
        for field in self.fields:
            if field.name == wanted:
                return field
        raise NotFound(f"{self.name} field", name, f"there are {', '.join(field.name for field in self.fields)}")


def key_field(name: str, most: int, meaning: str) -> Field:
    """The short natural key: no blanks, given once."""
    return Field(name, (name,), write.key(most), meaning, required=True, unique=True)


def title_field(name: str, most: int, meaning: str) -> Field:
    """A natural key that is a name."""
    return Field(name, (name,), write.text(most), meaning, required=True, unique=True)


def line_field(name: str, most: int, meaning: str, *, required: bool = False, default: str | None = None) -> Field:
    """A line of text."""
    return Field(name, (name,), write.text(most), meaning, required, default)


def rate_field(name: str, meaning: str, *, required: bool = False) -> Field:
    """A rate in both directions: two columns."""
    return Field(name, (f"{name}_down_bps", f"{name}_up_bps"), write.RATE, meaning, required)


def reference(name: str, column: str, kind: str, meaning: str, *, required: bool = False) -> Field:
    """Another thing, by its natural key."""
    return Field(name, (column,), write.text(253), meaning, required, refers_to=kind)


def one_field(name: str, column: str, form: Format, meaning: str, default: str | None = None) -> Field:
    """A field of one column."""
    return Field(name, (column,), form, meaning, default=default)
