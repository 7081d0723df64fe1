"""A gateway's secrets for those who may see them; each look at them stands in the audit trail."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from netquota.domain.places import Nas
from netquota.errors import NotFound
from netquota.storage import audit_store

if TYPE_CHECKING:
    from netquota.services.office import Author, Office
    from netquota.storage.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class GatewaySecrets:
    """A client with its secrets as text; the UAM secret is empty where it has none."""

    nas: Nas
    secret: str = field(repr=False)
    uam_secret: str = field(default="", repr=False)


def secrets_of(snapshot: Snapshot, name: str) -> GatewaySecrets:
    """The client of this name with its secrets. Raises `NotFound`."""
    nas = next((each for each in snapshot.nas_by_id.values() if each.name == name), None)
    if nas is None:
        raise NotFound("nas", name, f"there are {', '.join(sorted(n.name for n in snapshot.nas_by_id.values()))}")
    uam = snapshot.uam_secret(nas.id) or b""
    return GatewaySecrets(nas, nas.secret.decode("utf-8", "replace"), uam.decode("utf-8", "replace"))


def note_shown(office: Office, name: str, who: Author) -> None:
    """Write into the audit trail that somebody saw a gateway's secrets."""
    with office.database.write() as connection:
        audit_store.append(
            connection, actor=who.name, action="show_secret", kind="nas", key=name, before={}, after={}, why=who.why,
            now_s=office.now_s,
        )  # fmt: skip
