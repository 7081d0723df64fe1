"""An application's share of its office's ceiling: named after the application, so that it ends, or goes on, with it.

It is given by the step that provides it (services.applications) and ends by itself (ceilings.turn_ceilings).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netquota.domain.units import exact_rate
from netquota.services.office import Office
from netquota.storage import ceiling_grant_store
from netquota.storage.database import Connection

Row = Mapping[str, Any]


def origin_of(code: str) -> str:
    """What an application's share is known by."""
    return f"application {code}"


def follow(connection: Connection, kind: str, before: Row, row: Row, fresh: Row, office: Office) -> tuple[str, ...]:
    """An application was changed: its share bears its new code, or ends where another office has it now.

    Tells what ends thereby, and what does not come back where it had a share in that office's ceiling before.
    """
    if kind != "application" or {"code", "opd_id"}.isdisjoint(fresh):
        return ()
    if "opd_id" in fresh:
        told = _told_of_move(connection, before, row, office.now_s)
        ceiling_grant_store.cut(connection, origin_of(before["code"]), office.now_s)
        return told
    ceiling_grant_store.rename(
        connection, row["opd_id"], origin_of(before["code"]), origin_of(row["code"]), row["created_s"]
    )
    return ()


def _told_of_move(connection: Connection, before: Row, row: Row, now_s: int) -> tuple[str, ...]:
    given = ceiling_grant_store.grants(connection, origin=origin_of(before["code"]), since_s=before["created_s"])
    stands = [each for each in given if each.ended_s is None and (each.until_s is None or each.until_s > now_s)]
    there = next((each for each in given if each.opd_id == row["opd_id"] and each not in stands), None)
    ends = [
        f"{row['code']}: its share of {exact_rate(each.rate)} in the ceiling of {each.opd} ends; "
        "where the other office needs one, take the step provide again"
        for each in stands
    ]
    if there is None or there.until_s is None:  # it had none there, or it was ended on purpose
        return tuple(ends)
    gone = f"{row['code']}: the share of {exact_rate(there.rate)} that it had in the ceiling of {there.opd}"
    return (*ends, f"{gone} does not come back; where it is needed, take the step provide again")


def leave(connection: Connection, kind: str, row: Row, office: Office) -> None:
    """An application is removed: its share ends."""
    if kind == "application":
        ceiling_grant_store.cut(connection, origin_of(row["code"]), office.now_s)
