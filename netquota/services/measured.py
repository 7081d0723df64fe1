"""What is known of a link's or site's own interface: use now, what no session accounts for, how its far end answers.

Where an interface is read it tells the use, else the sessions do (model.md, "Use now"); which one stands beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from netquota.domain.samples import INTERFACE_OF, LINK, LINK_INTERFACE, SITE_INTERFACE
from netquota.services.interfaces import STALE_S
from netquota.services.usage import MONTH_S, Unaccounted, unaccounted
from netquota.storage import interface_store, usage_report
from netquota.storage.database import Connection
from netquota.storage.interface_store import Held, Reach, Wanted
from netquota.storage.session_report import UseByPlace, UseNow, use_now

DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class FarEnd:
    """How the far end of a link answered in a day: packets, mean and longest round trip (microseconds); who asked."""

    address: str
    by: str
    sent: int
    received: int
    round_trip_us: int | None
    longest_us: int | None

    @property
    def lost(self) -> float | None:
        """The part (0..1) that was not answered; None where nothing was asked."""
        return None if not self.sent else 1 - self.received / self.sent


@dataclass(frozen=True, slots=True)
class Measured:
    """The interface that measures a site or a link: `wanted` where and which, `held` what was read of it.

    `beside`: what no session accounts for in 30 days, None where no whole hour was read.
    """

    wanted: Wanted | None
    held: Held | None
    is_fresh: bool
    beside: Unaccounted | None
    far_ends: tuple[FarEnd, ...] = ()


def measured(connection: Connection, kind: int, subject_id: int, now_s: int) -> Measured:
    """What is known of the interface of a site or a link (SITE, LINK)."""
    key = INTERFACE_OF[kind], subject_id
    wanted = next((one for one in interface_store.wanted(connection) if one.key == key), None)
    held = interface_store.held(connection, [key]).get(key)
    beside = unaccounted(connection, kind, subject_id, now_s - MONTH_S, now_s)
    ends = _far_ends(connection, subject_id, now_s) if kind == LINK else ()
    return Measured(wanted, held, held is not None and is_fresh(held, now_s), beside, ends)


def is_fresh(held: Held, now_s: int) -> bool:
    """Whether its rate says something of now."""
    return held.now_down_bps is not None and held.last is not None and now_s - held.last.at_s <= STALE_S


def flow_now(connection: Connection, now_s: int) -> UseByPlace:
    """What flows now everywhere: at links and sites by their interface where that was read lately, else by sessions.

    An office's is that of its sites.
    """
    use = use_now(connection)
    fresh = {key: held for key, held in interface_store.held(connection).items() if is_fresh(held, now_s)}
    if not fresh:
        return use
    links = {subject: held for (kind, subject), held in fresh.items() if kind == LINK_INTERFACE}
    sites = {subject: held for (kind, subject), held in fresh.items() if kind == SITE_INTERFACE}
    opds = dict(use.opds)
    for opd_id, of_opd in usage_report.sites_by_opd(connection).items():
        read = [site_id for site_id in of_opd if site_id in sites]
        if read:
            opds[opd_id] = _of_office(
                opds.get(opd_id, UseNow()), read, use.sites, sites, whole=len(read) == len(of_opd)
            )
    return replace(use, links=_read(use.links, links), sites=_read(use.sites, sites), opds=opds)


def _read(by_sessions: Mapping[int, UseNow], read: Mapping[int, Held]) -> dict[int, UseNow]:
    found = dict(by_sessions)
    for subject, held in read.items():
        known = found.get(subject, UseNow())
        found[subject] = replace(
            known, down_bps=held.now_down_bps or 0, up_bps=held.now_up_bps or 0, is_measured=True
        )  # fmt: skip
    return found


def _of_office(
    known: UseNow, read: Iterable[int], by_sessions: Mapping[int, UseNow], sites: Mapping[int, Held], *, whole: bool
) -> UseNow:
    """The office's sessions, those at measured sites taken out and their interfaces put in."""
    down, up = known.down_bps, known.up_bps
    for site_id in read:
        told, held = by_sessions.get(site_id, UseNow()), sites[site_id]
        down += (held.now_down_bps or 0) - told.down_bps
        up += (held.now_up_bps or 0) - told.up_bps
    return replace(known, down_bps=max(0, down), up_bps=max(0, up), is_measured=whole)


def _far_ends(connection: Connection, link_id: int, now_s: int) -> tuple[FarEnd, ...]:
    address = next((one.address for one in interface_store.probes(connection) if one.link_id == link_id), None)
    if address is None:
        return ()
    found: dict[str, Reach] = {}
    for one in interface_store.reach(connection, link_id, now_s - DAY_S, now_s + 1):
        found[one.by] = interface_store.together(found[one.by], one) if one.by in found else one
    return tuple(
        FarEnd(address, one.by, one.sent, one.received, one.round_trip_us, one.longest_us) for one in found.values()
    )


@dataclass(frozen=True, slots=True)
class Unread:
    """An interface that cannot be read: of which thing (`kind` link or site), what the last try met, since when."""

    kind: str
    name: str
    problem: str
    since_s: int


def unread(connection: Connection, now_s: int) -> list[Unread]:
    """Interfaces of links and sites that were not read for a quarter of an hour, the longest first."""
    words = {LINK_INTERFACE: "link", SITE_INTERFACE: "site"}
    held = interface_store.held(connection)
    names = {one.key: one.subject for one in interface_store.wanted(connection)} if held else {}
    found = [
        Unread(words[one.kind], names[key], one.problem, one.problem_s)
        for key, one in held.items()
        if key in names and one.problem and one.problem_s is not None and now_s - one.problem_s > STALE_S
    ]
    return sorted(found, key=lambda one: (one.since_s, one.kind, one.name))


def told_of(found: Measured) -> dict[str, object]:
    """What programs are told of a measured thing: bit/s, octets, epoch seconds, microseconds; shares of 1."""
    wanted, held, beside = found.wanted, found.held, found.beside
    last = None if held is None else held.last
    return {
        "interface": None if wanted is None else wanted.interface,
        "nas": None if wanted is None else wanted.nas,
        "by": held.by or None if held is not None else None,
        "read_s": None if last is None else last.at_s,
        "now_down_bps": held.now_down_bps if held is not None and found.is_fresh else None,
        "now_up_bps": held.now_up_bps if held is not None and found.is_fresh else None,
        "problem": held.problem or None if held is not None else None,
        "unaccounted": None
        if beside is None
        else {"measured_octets": beside.measured, "accounted_octets": beside.accounted, "share": beside.share},
        "far_ends": [
            {
                "address": end.address, "by": end.by, "sent": end.sent, "received": end.received,
                "round_trip_us": end.round_trip_us, "longest_us": end.longest_us,
            }
            for end in found.far_ends
        ],
    }  # fmt: skip
