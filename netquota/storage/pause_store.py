"""The emergency brake as rows: who paused enforcement, why, where, until when; ended ones stay as history."""

from __future__ import annotations

from sqlalchemy import select, update

from netquota.storage.database import Connection
from netquota.storage.schema import enforcement_pause
from netquota.storage.snapshot import Pause


def standing(connection: Connection, now_s: int) -> list[Pause]:
    """The pauses in force at `now_s` (epoch seconds)."""
    of = enforcement_pause
    query = (
        select(of).where(of.c.ended_s.is_(None), (of.c.until_s.is_(None)) | (of.c.until_s > now_s)).order_by(of.c.id)
    )
    return [Pause(row.id, row.nas_id, row.who, row.why, row.from_s, row.until_s) for row in connection.execute(query)]


def begin(connection: Connection, nas_id: int | None, who: str, why: str, now_s: int, until_s: int | None) -> int:
    """Note a new pause of one client, or (None) of the whole city; gives its id."""
    values = {"nas_id": nas_id, "who": who, "why": why, "from_s": now_s, "until_s": until_s}
    key = connection.execute(enforcement_pause.insert().values(values)).inserted_primary_key
    return 0 if key is None else int(key[0])


def end(connection: Connection, nas_id: int | None, now_s: int) -> int:
    """End the pauses of one client, or (None) those of the whole city; how many there were."""
    of = enforcement_pause
    mine = of.c.nas_id.is_(None) if nas_id is None else of.c.nas_id == nas_id
    return connection.execute(update(of).where(mine, of.c.ended_s.is_(None)).values(ended_s=now_s)).rowcount


def forget(connection: Connection, nas_id: int) -> None:
    """Delete a client's pauses, before the client itself; the audit trail keeps them."""
    connection.execute(enforcement_pause.delete().where(enforcement_pause.c.nas_id == nas_id))
