"""Use case: which devices ask for the network by their hardware address and have no account. Within one's own offices.

A stranger belongs to the offices whose sites are behind the gateway at which it asked.
"""

from __future__ import annotations

from netquota.services.office import Office
from netquota.storage import mac_report
from netquota.storage.mac_report import Stranger
from netquota.storage.snapshot import Snapshot

WINDOW_S = 7 * 86_400


def strangers(office: Office, snapshot: Snapshot) -> list[Stranger]:
    """Those of the last days that the office's scope covers, the newest first."""
    with office.database.read() as connection:
        found = mac_report.strangers(connection, office.now_s - WINDOW_S)
    if office.scope.is_all:
        return found
    return [each for each in found if each.nas_id is not None and _is_ours(office, snapshot, each.nas_id)]


def _is_ours(office: Office, snapshot: Snapshot, nas_id: int) -> bool:
    return any(office.scope.covers(site.host.id) for site in snapshot.sites_of_nas(nas_id))
