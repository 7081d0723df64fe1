"""Use case: the emergency brake. Enforcement pauses (whole city or one client), counting goes on; everybody sees it."""

from __future__ import annotations

from datetime import datetime

from netquota.errors import InvalidValue, NotFound
from netquota.services.office import Author, Office, needed
from netquota.storage import audit_store, pause_store, rows
from netquota.storage.database import Connection
from netquota.storage.policy_store import record_change
from netquota.storage.snapshot import Pause


def pause(office: Office, by: Author, *, until: datetime | None = None, nas: str | None = None) -> int:
    """Let everybody through at the plan's rate, at one client or (None) in the whole city, until a moment or `resume`.

    Gives the pause's id. Raises `InvalidValue` without a reason or for a moment that has passed, `NotFound`.
    """
    why, now_s = needed(by), office.now_s
    until_s = None if until is None else int(until.timestamp())
    if until_s is not None and until_s <= now_s:
        raise InvalidValue("until", str(until), "give a moment to come")
    with office.database.write() as connection:
        nas_id = _nas_id(connection, nas)
        pause_id = pause_store.begin(connection, nas_id, by.name, why, now_s, until_s)
        after = {"until": "" if until is None else until.isoformat()}
        _noted(connection, office, by, "pause", nas, nas_id, after)
    return pause_id


def resume(office: Office, by: Author, *, nas: str | None = None) -> int:
    """End the pauses of one client, or (None) those of the whole city; how many there were. Raises `InvalidValue`."""
    needed(by)
    with office.database.write() as connection:
        nas_id = _nas_id(connection, nas)
        ended = pause_store.end(connection, nas_id, office.now_s)
        if ended:
            _noted(connection, office, by, "resume", nas, nas_id, {})
    return ended


def standing(office: Office) -> list[Pause]:
    """The pauses in force now, oldest first."""
    with office.database.read() as connection:
        return pause_store.standing(connection, office.now_s)


def _nas_id(connection: Connection, nas: str | None) -> int | None:
    if nas is None:
        return None
    row = rows.find(connection, "nas", ("name",), nas)
    if row is None:
        raise NotFound("nas", nas)
    return int(row["id"])


def _noted(
    connection: Connection,
    office: Office,
    by: Author,
    action: str,
    nas: str | None,
    nas_id: int | None,
    after: dict[str, str],
) -> None:
    record_change(connection, "pause", nas_id, office.now_s)
    office.on_change(connection, "pause", [] if nas_id is None else [nas_id], office.now_s)
    audit_store.append(
        connection, actor=by.name, action=action, kind="enforcement", key=nas or "city", before={}, after=after,
        why=by.why, now_s=office.now_s,
    )  # fmt: skip
