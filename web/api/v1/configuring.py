"""The operation that reads a gateway's ready-made configuration, its secrets masked: those are shown on the page alone,
to whom gives his password once more.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from netquota.services.api_tokens import TokenScope
from netquota.services.gateway_config import (
    DIALECTS,
    ConfigOptions,
    Queues,
    Shown,
    configuration,
    dialect_of,
    note_text,
)
from netquota.services.gateway_secrets import secrets_of
from web.admin.gateway_setup import facts_of
from web.api.v1.operations import Answer, Call, Json, Operation, Parameter, listed, page, text, whole
from web.auth.rights import API
from web.context import here

_FILE: Final[Json] = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "place": {"type": "string"}, "text": {"type": "string"}},
    "required": ["name", "place", "text"],
}
_SHORT: Final[Json] = text(63)
_OPTIONS: Final = (
    Parameter("dialect", "query", {"enum": list(DIALECTS)}, "The form; else as usual for its make."),
    Parameter("routeros", "query", whole(6, 7), "The version of RouterOS; else 7."),
    Parameter("queues", "query", {"enum": [str(one) for one in Queues]}, "An office's limit by this; else simple."),
    Parameter("wan_interface", "query", _SHORT, "The interface to the internet."),
    Parameter("hotspot_interface", "query", _SHORT, "The interface with the users."),
    Parameter("hotspot_network", "query", _SHORT, "The users' network; else 10.5.50.0/24."),
    Parameter("fail_open_minutes", "query", whole(1, 1440), "Let people through after so many minutes of silence."),
    Parameter("tunnel_address", "query", _SHORT, "Its address in the tunnel."),
    Parameter("language", "query", {"enum": ["id", "en"]}, "Of the notes; else the city's."),
)


def operations() -> Iterator[Operation]:
    """That of configurations."""
    yield Operation(
        "gateways.configuration", "GET", "/gateways/{nas}/configuration", "gateways", "The configuration to paste "
        "into a gateway, with what to mind; secrets are masked.", API["gateways.configuration"], TokenScope.READ,
        _read, {200: listed(_FILE)},
        (Parameter("nas", "path", text(80) | {"minLength": 1}, "Its name.", True), *_OPTIONS),
    )  # fmt: skip


def _read(call: Call) -> Answer:
    context, query = here(), call.query
    nas = secrets_of(context.policy.snapshot, call.path["nas"]).nas
    dialect = dialect_of(nas.family, query.get("dialect"))
    options = ConfigOptions(
        routeros=int(query.get("routeros", 7)), wan_interface=query.get("wan_interface") or None,
        hotspot_interface=query.get("hotspot_interface") or None,
        hotspot_network=query.get("hotspot_network") or "10.5.50.0/24",
        queues=Queues(query.get("queues") or Queues.SIMPLE), fail_open_minutes=query.get("fail_open_minutes"),
        tunnel_address=query.get("tunnel_address") or "",
    )  # fmt: skip
    facts = facts_of(nas, dialect, options, Shown())
    files = [{"name": one.name, "place": one.place, "text": one.text} for one in configuration(facts, dialect)]
    language = str(query.get("language") or context.settings.city.language)
    found: Json = page(files, None).value
    return Answer(found | {"notes": [note_text(note, language) for note in facts.notes]})
