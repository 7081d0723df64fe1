"""The lines of offices (circuits): an account whose person is a router, whose plan is its site's ceiling.

What an account of a line takes from its site; who a hardware address is, macs.py says.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netquota.storage.database import Connection
from netquota.storage.line_store import follow_site, office_of_site
from netquota.storage.policy_store import record_changes


def line_changes(connection: Connection, kind: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """What else an account of a line has by its site: the office that the site belongs to. Nothing for other kinds."""
    site_id = values.get("site_id") if kind == "circuit" else None
    return {} if site_id is None else {"opd_id": office_of_site(connection, site_id)}


def lines_follow(connection: Connection, site_id: int, changed: Mapping[str, Any], now_s: int) -> None:
    """The lines of a site belong to the office to which the site goes."""
    if "opd_id" in changed:
        record_changes(connection, "employee", follow_site(connection, site_id, changed["opd_id"]), now_s)
