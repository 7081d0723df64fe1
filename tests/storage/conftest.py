"""What the tests of the books share."""

from __future__ import annotations

import pytest

from netquota.storage.database import Database
from tests.storage.books_city import City, found_city


@pytest.fixture
def city(database: Database) -> City:
    """The small city of the books, on each kind of database."""
    return found_city(database)
