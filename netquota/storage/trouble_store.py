"""What stands wrong as the last look found it: a row from the first look that saw it until it has been gone a while."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, delete, select, update

from netquota.domain.notices import Topic
from netquota.storage.database import Connection
from netquota.storage.schema import trouble


@dataclass(frozen=True, slots=True)
class Trouble:
    """One that stands wrong; seen first at `since_s`, last at `seen_s` (epoch seconds); `told_s` None: not told."""

    key: str
    topic: Topic
    facts: Mapping[str, object]
    since_s: int
    seen_s: int
    told_s: int | None


def standing(connection: Connection) -> list[Trouble]:
    """All that stands, the oldest first."""
    return [_trouble(row) for row in connection.execute(select(trouble).order_by(trouble.c.since_s, trouble.c.key))]


def put(connection: Connection, found: Trouble) -> None:
    """Keep one as it stands now."""
    values: dict[str, Any] = {
        "topic": found.topic, "facts": json.dumps(dict(found.facts), ensure_ascii=False), "since_s": found.since_s,
        "seen_s": found.seen_s, "told_s": found.told_s,
    }  # fmt: skip
    if connection.execute(update(trouble).where(trouble.c.key == found.key).values(values)).rowcount == 0:
        connection.execute(trouble.insert().values(key=found.key, **values))


def remove(connection: Connection, key: str) -> None:
    """It is over."""
    connection.execute(delete(trouble).where(trouble.c.key == key))


def _trouble(row: Row[Any]) -> Trouble:
    return Trouble(row.key, Topic(row.topic), json.loads(row.facts), row.since_s, row.seen_s, row.told_s)
