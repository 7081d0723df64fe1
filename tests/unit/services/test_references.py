"""What refers to a thing is named before it is removed: every foreign key of the schema has a name for its rows."""

from __future__ import annotations

import pytest
from sqlalchemy import ForeignKey

from netquota.services.allocate import named_by
from netquota.services.catalogue import KINDS
from netquota.storage.rows import holder_of
from netquota.storage.schema import metadata

THINGS = {kind.table for kind in KINDS.values()}
HOLDING = [
    key
    for table in metadata.sorted_tables
    for key in sorted(table.foreign_keys, key=lambda each: each.parent.name)
    if key.ondelete is None and key.column.table.name in THINGS
]


@pytest.mark.parametrize("key", HOLDING, ids=lambda key: f"{key.parent.table.name}.{key.parent.name}")
def test_rows_that_keep_a_thing_from_being_removed_can_be_named(key: ForeignKey) -> None:
    table, column, by = holder_of(key)
    assert by in key.parent.table.columns
    kind, natural_key = named_by(table, column)
    assert kind
    assert natural_key in metadata.tables[table].columns
