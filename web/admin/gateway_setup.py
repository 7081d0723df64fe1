"""The first lines to enter at a gateway that is not heard yet, from the generator's templates."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from flask import request

from netquota.domain.interfaces import Faces
from netquota.domain.places import NOBODY, Nas
from netquota.services.gateway_config import (
    MASK,
    ConfigFacts,
    ConfigOptions,
    Dialect,
    Note,
    Part,
    Shown,
    dialect_of,
    gather,
    note_text,
    part_of,
)
from netquota.services.interfaces import known_interfaces
from web.admin.door import argument
from web.context import here
from web.rendering import current_language

INTERFACES: Final = {"wan_interface": Faces.PROVIDER, "hotspot_interface": Faces.USERS}
"""The options of a configuration that name interfaces, with the side that each looks to."""
_PARTS = (Part.RADIUS, Part.COA, Part.ACCOUNTING, Part.INTERIM)


def said_interfaces() -> dict[str, str]:
    """The interfaces that the address names, for the next address to name them, too."""
    return {name: argument(name, 63) for name in INTERFACES if argument(name, 63)}


def interfaces_of(nas: Nas) -> dict[str, str]:
    """The interfaces by which a gateway is measured, as options of its configuration."""
    found = known_interfaces(here().database, nas.id)
    return {name: found[faces] for name, faces in INTERFACES.items() if faces in found}


def server_host() -> str:
    """Under which host these pages are seen: the server's address where the settings name none."""
    return urlsplit(here().settings.web.public_url or request.host_url).hostname or ""


def facts_of(nas: Nas, dialect: Dialect, options: ConfigOptions | None, shown: Shown) -> ConfigFacts:
    """What the configuration of a gateway of this city says. Raises `InvalidValue` as `gather`."""
    snapshot = here().policy.snapshot
    return gather(
        here().settings, nas, snapshot.sites_of_nas(nas.id), dialect, options, reachable=snapshot.rules.reachable,
        fallback_host=server_host(), shown=shown,
    )  # fmt: skip


def lines(family: str, secret: str = MASK, name: str = "") -> str:
    """The lines for a make of gateway, what is to be known of them first."""
    dialect, nas = dialect_of(family), Nas(NOBODY, name or family, "0.0.0.0", b"", family)
    facts = facts_of(nas, dialect, None, Shown(secret, "", ""))
    notes = [f"# {note_text(note, current_language())}" for note in facts.notes if note is Note.NO_ADDRESS]
    return "\n".join([*notes, *(part_of(facts, dialect, part) for part in _PARTS)])
