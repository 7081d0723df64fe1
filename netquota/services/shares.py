"""An application's share of its office's ceiling: named after the application, so that it ends, or goes on, with it.

It is given by the step that provides it (services.applications) and ends by itself (ceilings.turn_ceilings).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netquota.services.office import Office
from netquota.storage import ceiling_grant_store
from netquota.storage.database import Connection

Row = Mapping[str, Any]


def origin_of(code: str) -> str:
    """What an application's share is known by."""
    return f"application {code}"


def follow(connection: Connection, kind: str, before: Row, row: Row, fresh: Row, office: Office) -> None:
    """An application was changed: its share bears its new code, or ends where another office has it now."""
    if kind != "application" or {"code", "opd_id"}.isdisjoint(fresh):
        return
    if "opd_id" in fresh:
        ceiling_grant_store.cut(connection, origin_of(before["code"]), office.now_s)
    elif "code" in fresh:
        ceiling_grant_store.rename(
            connection, row["opd_id"], origin_of(before["code"]), origin_of(row["code"]), row["created_s"]
        )


def leave(connection: Connection, kind: str, row: Row, office: Office) -> None:
    """An application is removed: its share ends."""
    if kind == "application":
        ceiling_grant_store.cut(connection, origin_of(row["code"]), office.now_s)
