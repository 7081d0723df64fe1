"""A shared ceiling as the database has it: its sites, its running sessions and what is promised; as values to plan on.

Read while the ceiling's row is locked (services.share, services.share_admission).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from netquota.domain.link_parts import link_part
from netquota.domain.people import Opd
from netquota.domain.places import ProviderLink, Site
from netquota.domain.share_round import Ceiling, Member, Part
from netquota.domain.sharing import demand
from netquota.domain.units import MOST_BPS, Rate
from netquota.services.enforce import applied_rate
from netquota.services.facts import Policy
from netquota.storage.database import Connection
from netquota.storage.ledger_store import Page
from netquota.storage.order_store import OrderKind
from netquota.storage.session_row import SessionRow, StandingOrder
from netquota.storage.share_store import (
    GivenShare,
    Reservation,
    failed_since,
    may_have,
    reservations,
    running_sessions,
    shares_of_ceiling,
)
from netquota.storage.snapshot import Snapshot

FAILED_FOR_MS = 300_000
"""So long a session that did not take an order keeps what it has; then it is asked again."""
_UNLIMITED = Rate(MOST_BPS, MOST_BPS)
_NOTHING = Rate(0, 0)


@dataclass(frozen=True, slots=True)
class SharedPlace:
    """An OPD with the sites (by id) whose sessions share its ceiling."""

    opd: Opd
    sites: Mapping[int, Site]

    @property
    def nas_ids(self) -> list[int]:
        """The clients at these sites."""
        return sorted({site.nas_id for site in self.sites.values() if site.nas_id is not None})


def shared_places(snapshot: Snapshot) -> dict[int, SharedPlace]:
    """The OPDs whose ceiling is shared among running sessions, by id."""
    sites: dict[int, dict[int, Site]] = {}
    for site in snapshot.sites.values():
        if site.is_shared:
            sites.setdefault(site.host.id, {})[site.id] = site
    return {opd_id: SharedPlace(next(iter(of.values())).host, of) for opd_id, of in sites.items()}


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read of a shared ceiling, at one moment under its lock."""

    place: SharedPlace
    rows: Sequence[SessionRow]
    shares: Mapping[int, GivenShare]
    promised: Sequence[Reservation]
    standing: Mapping[int, StandingOrder]
    unanswered: Mapping[int, Rate]
    failed: frozenset[int]

    def heading(self, row: SessionRow) -> Rate | None:
        """What the newest order under way brings, else what is applied; None where neither is known."""
        order = self.standing.get(row.id)
        if order is None or order.down_bps is None or order.up_bps is None:
            return applied_rate(row)
        return Rate(order.down_bps, order.up_bps)

    def held(self, row: SessionRow, unknown: Rate) -> Rate:
        """The most that the session's gateway may have: what is applied, and all that was sent and not yet answered.

        `unknown`: what stands for what is applied where that is not known.
        """
        return (applied_rate(row) or unknown).at_least(self.unanswered.get(row.id, _NOTHING))


def read(page: Page, connection: Connection, place: SharedPlace, now_ms: int) -> Reading:
    """Read what the ceiling's sessions have and what is promised; its row is locked by the caller."""
    promised = reservations(connection, place.opd.id, now_ms // 1000)  # before the sessions that they become
    rows = running_sessions(connection, place.nas_ids, sorted(place.sites))
    standing = page.standing_orders([row.id for row in rows])
    flagged = [row.id for row in rows if row.flag]  # after a failed order, until one is taken
    return Reading(
        place,
        rows,
        shares_of_ceiling(connection, place.opd.id),
        promised,
        standing,
        may_have(connection, sorted({*standing, *flagged})),
        frozenset(failed_since(connection, flagged, now_ms - FAILED_FOR_MS)),
    )


def ceiling_of(policy: Policy, reading: Reading) -> Ceiling:
    """The ceiling with its parts: sites under ceilings of their own, and what each provider link leaves to the OPD."""
    place = reading.place
    parts = [_part(reading, site.ceiling, [site]) for site in place.sites.values() if site.ceiling is not None]
    for link, sites in links_of(place).items():
        rate = link_part(policy.snapshot.sites.values(), link, place.opd)
        if rate is not None:
            parts.append(_part(reading, rate, sites))
    rate = place.opd.ceiling or _UNLIMITED
    promised = _sum(one.rate for one in reading.promised)
    return Ceiling(rate, policy.floor_bps, tuple(parts), promised, policy.headroom)


def _part(reading: Reading, rate: Rate, sites: Sequence[Site]) -> Part:
    ids = {site.id for site in sites}
    members = frozenset(row.id for row in reading.rows if row.site_id in ids)
    return Part(rate, members, _sum(one.rate for one in reading.promised if one.site_id in ids))


def parts_of_site(policy: Policy, reading: Reading, site_id: int) -> list[int]:
    """The numbers of the ceiling's parts in which a site stands, as `ceiling_of` numbers them."""
    place = reading.place
    groups = [[site.id] for site in place.sites.values() if site.ceiling is not None]
    for link, sites in links_of(place).items():
        if link_part(policy.snapshot.sites.values(), link, place.opd) is not None:
            groups.append([site.id for site in sites])
    return [number for number, group in enumerate(groups) if site_id in group]


def links_of(place: SharedPlace) -> dict[ProviderLink, list[Site]]:
    """The provider links that serve the place's sites."""
    found: dict[ProviderLink, list[Site]] = {}
    for site in place.sites.values():
        if site.link is not None:
            found.setdefault(site.link, []).append(site)
    return found


class Due(NamedTuple):
    """What a session would get without the sharing (bit/s), and its weight by the plan."""

    cap: Rate
    weight: int = 1


def members(reading: Reading, due_of: Callable[[SessionRow], Due | None]) -> list[Member]:
    """The running sessions as a round sees them. `due_of`: what each is due, None: it cannot be moved."""
    found: list[Member] = []
    for row in reading.rows:
        due = due_of(row)
        order = reading.standing.get(row.id)
        moves = due is not None and row.id not in reading.failed
        moves = moves and (order is None or order.kind != OrderKind.DISCONNECT)
        cap, weight = due or Due(reading.held(row, _using(row)))
        has = reading.heading(row) or cap
        held, wants = reading.held(row, cap), _demand(reading, row, cap, has)
        found.append(Member(row.id, cap, has, held, wants, weight, moves))
    return found


def _using(row: SessionRow) -> Rate:
    return Rate(row.now_down_bps or 0, row.now_up_bps or 0)


def _demand(reading: Reading, row: SessionRow, cap: Rate, has: Rate) -> Rate:
    """What the session would use: its last interval against the least that it was allowed in it."""
    allowed = least_allowed(reading, row, has)
    return Rate(
        demand(row.now_down_bps, allowed.down_bps, cap.down_bps), demand(row.now_up_bps, allowed.up_bps, cap.up_bps)
    )


def least_allowed(reading: Reading, row: SessionRow, has: Rate) -> Rate:
    """The least that the session was allowed since the beginning of the interval that its last report tells of."""
    given = reading.shares.get(row.id)
    if given is None or given.changed_s <= row.last_event_s - row.interim_s:
        return has
    return has.capped_by(given.was)


def _sum(rates: Iterable[Rate]) -> Rate:
    in_all = _NOTHING
    for rate in rates:
        in_all = Rate(in_all.down_bps + rate.down_bps, in_all.up_bps + rate.up_bps)
    return in_all
