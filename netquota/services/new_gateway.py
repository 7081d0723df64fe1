"""Use case: a gateway with the place behind it, both or neither."""

from __future__ import annotations

from collections.abc import Mapping

from netquota.services.allocate import Change, add_within
from netquota.services.office import Author, Office


def add_gateway(office: Office, gateway: Mapping[str, str], site: Mapping[str, str] | None, by: Author) -> Change:
    """Register a gateway, and the site behind it that is named like it; its change, with the secret that was made up.

    Raises `InvalidValue`, `Conflict` where a name or an address is taken; then nothing was made.
    """
    with office.database.write() as connection:
        made = add_within(connection, office, "nas", gateway, by)
        if site is not None:
            add_within(connection, office, "site", {"name": made.key, "nas": made.key, **site}, by)
        return made
