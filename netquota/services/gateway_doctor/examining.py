"""Puts the checks together for one client, and the lines to enter beside what they found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from netquota.errors import InvalidValue, NotFound
from netquota.services.class_token import ClassSigner
from netquota.services.gateway_config import ConfigFacts, Dialect, dialect_of, gather, part_of
from netquota.services.gateway_doctor import accounting, arrivals, orders
from netquota.services.gateway_doctor.checklist import Check, checklist
from netquota.services.gateway_doctor.findings import Finding, Level
from netquota.storage import usage_report
from netquota.storage.gateway_evidence import Evidence, evidence
from netquota.storage.ledger_store import SITE
from radius.families import FAMILIES

if TYPE_CHECKING:
    from netquota.domain.places import Nas
    from netquota.settings import Settings
    from netquota.storage.database import Connection
    from netquota.storage.snapshot import Snapshot

_DAY_S = 86_400
_ORDER = {Level.BAD: 0, Level.WARN: 1, Level.OK: 2}


@dataclass(frozen=True, slots=True)
class Surgery:
    """What an examination works with; `host`: the server's address where the settings name none."""

    connection: Connection
    snapshot: Snapshot
    settings: Settings
    signer: ClassSigner
    now_s: int
    host: str = ""


def examine_named(surgery: Surgery, name: str) -> list[Finding]:
    """What is found of the client of this name, the worst first. Raises `NotFound`."""
    nas = next((each for each in surgery.snapshot.nas_by_id.values() if each.name == name), None)
    if nas is None:
        raise NotFound("nas", name)
    return examine(surgery, nas)


def watch(surgery: Surgery, name: str) -> list[Check]:
    """What has arrived of all that a new gateway must send, with the lines to enter. Raises `NotFound`."""
    nas = next((each for each in surgery.snapshot.nas_by_id.values() if each.name == name), None)
    if nas is None:
        raise NotFound("nas", name)
    found = evidence(surgery.connection, nas.id, surgery.now_s)
    return checklist(found, examine(surgery, nas), bool(surgery.snapshot.sites_of_nas(nas.id)))


def examine(surgery: Surgery, nas: Nas) -> list[Finding]:
    """What is found of a client, the worst first, each with the lines to enter at its kind of gateway."""
    found = list(_findings(surgery, nas, evidence(surgery.connection, nas.id, surgery.now_s)))
    dialect = dialect_of(nas.family)
    snapshot = surgery.snapshot
    facts = gather(
        surgery.settings, nas, snapshot.sites_of_nas(nas.id), dialect,
        reachable=snapshot.rules.reachable, fallback_host=surgery.host,
    )  # fmt: skip
    found = [replace(one, enter=_lines(facts, dialect, one)) for one in found]
    return sorted(found, key=lambda one: _ORDER[one.level])


def _findings(surgery: Surgery, nas: Nas, found: Evidence) -> Iterator[Finding]:
    now_s, sites, family = surgery.now_s, surgery.snapshot.sites_of_nas(nas.id), FAMILIES[nas.family]
    yield from arrivals.heard(found, now_s)
    yield from arrivals.dropped(found, now_s)
    yield from arrivals.signing(found)
    yield from arrivals.clock(found)
    yield from arrivals.identity(found, sites)
    yield from accounting.accounting(found, now_s)
    yield from accounting.interims(found, now_s, surgery.signer)
    yield from accounting.identifiers(found)
    yield from accounting.foreign_classes(found, now_s)
    yield from accounting.counters(found, family.wraps_32bit)
    is_reversed = family.octets_reversed if nas.octets_reversed is None else nas.octets_reversed
    yield from accounting.direction(nas.name, _flows(surgery, [site.id for site in sites]), is_reversed)
    yield from orders.orders(found)


def _flows(surgery: Surgery, site_ids: list[int]) -> list[tuple[int, int, int]]:
    """(first second, down, up) octets of each of the last days at these sites, days counted back from now."""
    days = accounting.DIRECTION_DAYS
    begin_s = surgery.now_s - days * _DAY_S
    flows = [[begin_s + day * _DAY_S, 0, 0] for day in range(days)]
    for one in usage_report.bins(surgery.connection, SITE, site_ids, begin_s, surgery.now_s):
        flow = flows[min(days - 1, max(0, (one.bin_s - begin_s) // _DAY_S))]
        flow[1] += one.down
        flow[2] += one.up
    return [(at, down, up) for at, down, up in flows]


def _lines(facts: ConfigFacts, dialect: Dialect, finding: Finding) -> str:
    if finding.part is None:
        return ""
    try:
        return part_of(facts, dialect, finding.part)
    except InvalidValue:
        return ""
