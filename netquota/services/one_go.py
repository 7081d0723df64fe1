"""A change in one transaction, as people make it: without effect where it is only tried, anew where entangled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from netquota.storage.database import Connection, Database, tried_again

Done = TypeVar("Done")


class _Undo(Exception):
    """What a dry run wrote is taken back; it carries what would have been done."""

    def __init__(self, done: Any) -> None:
        self.done = done


def in_one_go(database: Database, act: Callable[[Connection], Done], *, dry_run: bool = False) -> Done:
    """What `act` gives, durable when this returns; a dry run is undone.

    Done again where another writer was in the way: a worker may hold the sessions that the change concerns. So `act`
    does nothing but what its transaction undoes. Raises `StorageUnavailable`, `Entangled`, and what `act` raises.
    """
    return tried_again(lambda: _done(database, act, dry_run))


def _done(database: Database, act: Callable[[Connection], Done], dry_run: bool) -> Done:
    try:
        with database.write() as connection:
            done = act(connection)
            if dry_run:
                raise _Undo(done)
            return done
    except _Undo as undone:
        return undone.done
