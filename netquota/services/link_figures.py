"""What the city's metrics show of provider links and interfaces: traffic, rates, P95, what answers; never of people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from netquota.domain.samples import INTERFACE_OF, LINK, OPD, SITE
from netquota.domain.units import Rate
from netquota.services.interfaces import STALE_S
from netquota.services.measured import flow_now
from netquota.services.measures import chosen, percentiles_of
from netquota.services.usage import Percentiles, unaccounted
from netquota.storage import interface_store, measure_store
from netquota.storage.database import Connection
from netquota.storage.interface_store import Held, Reach
from netquota.storage.measure_store import LATELY
from netquota.storage.session_report import UseNow
from netquota.storage.snapshot import Snapshot

DAY_S = 86_400
INTERFACE, SESSIONS = "interface", "sessions"


@dataclass(frozen=True, slots=True)
class LinkFigures:
    """One link: bit/s, octets (down, up) that its interface counted so far, shares of 1, seconds.

    `answered`, `round_trip_s`: by who asks (server, gateway), over the last quarter of an hour.
    """

    capacity: Rate
    rate: UseNow
    p95: Percentiles | None
    counted: tuple[int, int] | None
    unaccounted: float | None
    answered: Mapping[str, float] = field(default_factory=dict[str, float])
    round_trip_s: Mapping[str, float] = field(default_factory=dict[str, float])


@dataclass(frozen=True, slots=True)
class PlaceFigures:
    """Links by name, the P95 of offices by code, when interfaces were read by (kind, name), epoch seconds."""

    links: Mapping[str, LinkFigures] = field(default_factory=dict[str, LinkFigures])
    opd_p95: Mapping[str, Percentiles] = field(default_factory=dict[str, Percentiles])
    read_s: Mapping[tuple[str, str], int] = field(default_factory=dict[tuple[str, str], int])


def place_figures(connection: Connection, snapshot: Snapshot, now_s: int) -> PlaceFigures:
    """The figures of a moment; P95 is what the clock measured last."""
    use, held = flow_now(connection, now_s), interface_store.held(connection)
    p95 = {kind: chosen(measure_store.of_span(connection, LATELY, [kind])) for kind in (LINK, OPD)}
    reach = _by_link(interface_store.reach_since(connection, list(snapshot.links), now_s - STALE_S))
    links: dict[str, LinkFigures] = {}
    for link in snapshot.links.values():
        kept, measured = held.get((INTERFACE_OF[LINK], link.id)), p95[LINK].get(link.id)
        beside = unaccounted(connection, LINK, link.id, now_s - DAY_S, now_s) if kept is not None else None
        asked = reach.get(link.id, ())
        links[link.name] = LinkFigures(
            link.capacity, use.links.get(link.id, UseNow()), None if measured is None else percentiles_of(measured),
            None if kept is None else (kept.total_down, kept.total_up), None if beside is None else beside.share,
            {one.by: one.received / one.sent for one in asked if one.sent},
            {one.by: one.round_trip_us / 1e6 for one in asked if one.round_trip_us is not None},
        )  # fmt: skip
    codes = {opd.id: opd.code for opd in snapshot.opds.values()}
    offices = {codes[key]: percentiles_of(one) for key, one in p95[OPD].items() if key in codes}
    return PlaceFigures(links, offices, _read_s(snapshot, held))


def _by_link(found: Sequence[Reach]) -> dict[int, tuple[Reach, ...]]:
    """Each link's counts together, by who asks."""
    sums: dict[int, dict[str, Reach]] = {}
    for one in found:
        of_link = sums.setdefault(one.link_id, {})
        of_link[one.by] = interface_store.together(of_link[one.by], one) if one.by in of_link else one
    return {link_id: tuple(by.values()) for link_id, by in sums.items()}


def _read_s(snapshot: Snapshot, held: Mapping[tuple[int, int], Held]) -> dict[tuple[str, str], int]:
    links = {one.id: one.name for one in snapshot.links.values()}
    sites = {one.id: one.name for one in snapshot.sites.values()}
    names = {INTERFACE_OF[LINK]: ("link", links), INTERFACE_OF[SITE]: ("site", sites)}
    found: dict[tuple[str, str], int] = {}
    for (kind, subject), one in held.items():
        word, known = names[kind]
        if subject in known:
            found[word, known[subject]] = 0 if one.last is None else one.last.at_s
    return found
