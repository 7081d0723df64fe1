"""The certificate with which the pages are served: looked at by night, to know its end before browsers warn."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Final
from urllib.parse import urlsplit

from netquota import outbound
from netquota.errors import Conflict
from netquota.services.shift import Shift
from netquota.storage.database import Connection
from netquota.storage.fact_store import fact, put_fact

SOON_S: Final = 21 * 86_400
"""ACME renews 30 days before the end: with 21 left it has failed for a week."""
AT_ONCE_S: Final = 3 * 86_400
_FACT: Final = "certificate"


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a host showed: its end in epoch seconds (None: it could not be asked), what is wrong with it, when seen."""

    host: str
    until_s: int | None
    problem: str
    at_s: int


def address_of(url: str) -> tuple[str, int] | None:
    """Host and port of an https address; None of any other."""
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname:
        return None
    return parts.hostname, parts.port or 443


def held(connection: Connection) -> Certificate | None:
    """What was seen last."""
    kept = fact(connection, _FACT)
    return Certificate(**json.loads(kept)) if kept else None


def look(shift: Shift, url: str) -> str:
    """The clock's: ask for the certificate of the pages' address. Raises `Conflict` where it ends within three days."""
    address = address_of(url)
    if address is None:
        with shift.step() as (_, connection):
            put_fact(connection, _FACT, "")
        return "the pages have no https address"
    found = seen(*address, shift.now_s)
    with shift.step() as (_, connection):
        put_fact(connection, _FACT, json.dumps(asdict(found)))
    if found.until_s is None:
        return f"{found.host} could not be asked: {found.problem}"
    days = (found.until_s - shift.now_s) // 86_400
    if found.until_s - shift.now_s < AT_ONCE_S:
        raise Conflict(f"the certificate of {found.host} ends in {days} days")
    return f"{found.host}: {days} days left"


def seen(host: str, port: int, now_s: int) -> Certificate:
    """What a host shows now."""
    try:
        until_s, problem = outbound.certificate_end(host, port)
    except outbound.NotReached as error:
        return Certificate(host, None, str(error), now_s)
    return Certificate(host, until_s, problem, now_s)
