"""Use case: the queues that gateways hold for group sites have the sites' ceilings. Orders, carriers, read-back.

RADIUS can put a session into a queue but not change it (nas.md), so a ceiling travels by RouterOS REST, or the gateway
fetches it. Either way it is an order until the gateway said that it has it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from netquota.domain.matching import fits
from netquota.domain.places import Site, Way
from netquota.domain.policy import Code
from netquota.domain.units import Rate
from netquota.services.gateway_tokens import token_of
from netquota.services.shift import Shift
from netquota.storage import gateway_token_store, queue_store, uptime_store
from netquota.storage.database import Connection, Database
from netquota.storage.order_store import OrderState
from netquota.storage.queue_store import NO_LIMIT, NewQueueOrder, QueueState, RestAccess
from netquota.storage.snapshot import Snapshot

CONCERNED_KINDS: Final = frozenset({"site", "opd", "nas", "circuit", "link"})
GIVE_UP_AFTER_MS: Final = 900_000
PULL, REST = "pull", "rest"
NO_QUEUE: Final = "the gateway has no queue of this name"
KEPT_ANOTHER: Final = "the gateway took the limit, but says another"


@dataclass(frozen=True, slots=True)
class Errand:
    """Something to do at a gateway's REST: set a queue to a rate for an order; without one, read what it has."""

    site_id: int
    queue: str
    rate: Rate
    order_id: int | None = None


@dataclass(frozen=True, slots=True)
class Pulled:
    """What a gateway that asked with a good token is told: (queue's name, its rate), by name."""

    nas_id: int
    limits: tuple[tuple[str, Rate], ...]


def wanted_queues(snapshot: Snapshot, known: Mapping[int, QueueState]) -> list[NewQueueOrder]:
    """Which queue is to have which rate: a group site's ceiling; no limit where a site is held another way by now."""
    sites = [site for site in snapshot.sites.values() if site.nas_id is not None]
    held = [_wanted(site, site.limit or NO_LIMIT) for site in sites if site.way is Way.GROUP]
    taken = {(order.nas_id, order.queue) for order in held}
    left = [site for site in sites if site.way is not Way.GROUP and _is_limited(known.get(site.id))]
    released = (_wanted(site, NO_LIMIT) for site in left)
    return held + [order for order in released if (order.nas_id, order.queue) not in taken]


def _wanted(site: Site, rate: Rate) -> NewQueueOrder:
    return NewQueueOrder(site.id, site.nas_id or 0, site.group, rate, Code.CEILING_CAPS)


def _is_limited(known: QueueState | None) -> bool:
    return known is not None and known.rate not in (None, NO_LIMIT)


def order_queues(connection: Connection, snapshot: Snapshot, now_ms: int) -> list[int]:
    """Write the orders that bring queues to their sites' ceilings. The sites written for.

    Nothing is written where no way leads to the gateway: its page says so.
    """
    wanted = wanted_queues(snapshot, queue_store.states(connection))
    ways = queue_store.carried(connection)
    ids = {order.site_id for order in wanted}
    gone = {order.site_id for order in queue_store.open_orders(connection)} - ids
    queue_store.supersede_orders(connection, sorted(gone), now_ms, "the site is limited another way")
    return queue_store.write_queue_orders(connection, [order for order in wanted if order.nas_id in ways], now_ms)


def heal(shift: Shift, _due_s: int) -> str:
    """Give up orders that nobody confirmed, and order again where a gateway does not have what it should."""
    with shift.reading() as (_, connection):
        if not queue_store.has_queues(connection):
            return "no queues"
    with shift.step() as (_, connection):
        given_up = queue_store.give_up_before(connection, shift.now_ms - GIVE_UP_AFTER_MS, shift.now_ms)
        ordered = order_queues(connection, shift.policy.snapshot, shift.now_ms)
    return f"{len(ordered)} queues ordered, {given_up} orders given up"


def pull(
    database: Database, snapshot: Snapshot, token: str, gateway: str, have: Mapping[str, Rate] | None, address: str,
    now_ms: int,
) -> Pulled | None:  # fmt: skip
    """A gateway asks for its limits and says what it has; None for a token that is not good.

    `gateway`: its identifier, where several are behind one client. `have` (None: it does not say) is what is in force
    there, by queue, and confirms orders.
    """
    with database.read() as connection:
        if token_of(connection, token) is None:
            return None
    with database.write() as connection:
        found = token_of(connection, token)
        if found is None:
            return None
        gateway_token_store.used(connection, found.id, address, now_ms // 1000)
        uptime_store.note_client(connection, found.nas_id, now_ms // 1000, gateway)
        known = queue_store.states(connection)
        wanted = [
            w for w in wanted_queues(snapshot, known) if w.nas_id == found.nas_id and _is_of(snapshot, w, gateway)
        ]
        if have is not None:
            _take_report(connection, wanted, have, now_ms)
            queue_store.write_queue_orders(connection, wanted, now_ms, supersede=False)
        _handed_over(connection, {w.site_id for w in wanted}, now_ms)
    return Pulled(found.nas_id, tuple(sorted({(w.queue, w.rate) for w in wanted}, key=lambda limit: limit[0])))


def _is_of(snapshot: Snapshot, wanted: NewQueueOrder, gateway: str) -> bool:
    asked = snapshot.sites[wanted.site_id].match_gateway
    return not (asked and gateway) or fits(asked, gateway)


def _take_report(
    connection: Connection, wanted: Iterable[NewQueueOrder], have: Mapping[str, Rate], now_ms: int
) -> None:
    for order in wanted:
        rate = have.get(order.queue)
        if rate is None:
            queue_store.note_problem(connection, order.site_id, NO_QUEUE, now_ms)
        else:
            queue_store.confirm(connection, order.site_id, rate, PULL, now_ms)


def _handed_over(connection: Connection, site_ids: set[int], now_ms: int) -> None:
    mine = [order.id for order in queue_store.open_orders(connection) if order.site_id in site_ids]
    queue_store.tried(connection, mine, now_ms)


def errands(database: Database, snapshot: Snapshot) -> list[tuple[RestAccess, list[Errand]]]:
    """What there is to do at each client that has REST: its open orders, and its other queues to be read."""
    with database.read() as connection:
        access = queue_store.rest_access(connection)
        if not access:
            return []
        orders = queue_store.open_orders(connection)
        wanted = wanted_queues(snapshot, queue_store.states(connection))
    by_client: dict[int, list[Errand]] = {}
    for order in orders:
        by_client.setdefault(order.nas_id, []).append(Errand(order.site_id, order.queue, order.rate, order.id))
    ordered = {order.site_id for order in orders}
    for want in wanted:
        if want.site_id not in ordered:
            by_client.setdefault(want.nas_id, []).append(Errand(want.site_id, want.queue, want.rate))
    return [(access[nas_id], found) for nas_id, found in sorted(by_client.items()) if nas_id in access]


def heard(database: Database, errand: Errand, rate: Rate | None, now_ms: int) -> None:
    """A gateway said by REST what it has; None: no such queue."""
    with database.write() as connection:
        if errand.order_id is not None:
            queue_store.tried(connection, [errand.order_id], now_ms)
        if rate is None:
            queue_store.note_problem(connection, errand.site_id, NO_QUEUE, now_ms)
        else:
            queue_store.confirm(connection, errand.site_id, rate, REST, now_ms)
            if errand.order_id is not None and rate != errand.rate:
                queue_store.note_problem(connection, errand.site_id, KEPT_ANOTHER, now_ms)


def refused(database: Database, errand: Errand, why: str, now_ms: int) -> None:
    """A gateway will not: the order ends, what is to be put right stands on the site's page."""
    with database.write() as connection:
        queue_store.note_problem(connection, errand.site_id, why, now_ms)
        if errand.order_id is not None:
            queue_store.tried(connection, [errand.order_id], now_ms)
            queue_store.end_order(connection, errand.order_id, OrderState.REFUSED, now_ms, why)


def not_reached(database: Database, errand: Errand, why: str, now_ms: int) -> None:
    """A gateway did not answer: the order stays open until it is given up."""
    with database.write() as connection:
        queue_store.note_problem(connection, errand.site_id, why, now_ms)
        if errand.order_id is not None:
            queue_store.tried(connection, [errand.order_id], now_ms)
