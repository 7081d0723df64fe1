"""How a site stands: which way its limit is held, what its gateway said it has, what was ordered, how it gets there."""

from __future__ import annotations

from dataclasses import dataclass

from netquota.domain.people import AccountKind, Subscriber
from netquota.domain.places import Nas, Site, Way
from netquota.domain.units import Rate
from netquota.errors import NotFound
from netquota.storage import gateway_token_store, queue_store
from netquota.storage.database import Connection
from netquota.storage.gateway_token_store import GatewayToken
from netquota.storage.line_store import lines_of_site
from netquota.storage.queue_store import NO_LIMIT, QueueOrder, QueueState
from netquota.storage.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class SiteStanding:
    """A site with all that is known of how it is limited. `tokens` are those that its gateway may ask with."""

    site: Site
    nas: Nas | None
    lines: tuple[Subscriber, ...]
    state: QueueState | None
    orders: tuple[QueueOrder, ...]
    by_rest: bool
    tokens: tuple[GatewayToken, ...]

    @property
    def holds_queue(self) -> bool:
        """Whether the gateway's queue is what limits it."""
        return self.site.way is Way.GROUP

    @property
    def wanted(self) -> Rate:
        """What the queue is to have; 0/0: no limit."""
        return self.site.limit or NO_LIMIT

    @property
    def is_in_force(self) -> bool:
        """Whether the gateway said that its queue has what it is to have."""
        return self.state is not None and self.state.rate == self.wanted

    @property
    def is_carried(self) -> bool:
        """Whether a changed ceiling finds a way to the gateway."""
        return self.by_rest or bool(self.tokens)

    @property
    def last_pull_s(self) -> int | None:
        """When the gateway asked last with a token that is still good; epoch seconds."""
        return max((token.last_pull_s for token in self.tokens if token.last_pull_s is not None), default=None)


def site_standing(connection: Connection, snapshot: Snapshot, name: str) -> SiteStanding:
    """How the site of this name stands. Raises `NotFound`."""
    site = next((each for each in snapshot.sites.values() if each.name == name.strip()), None)
    if site is None:
        raise NotFound("site", name)
    nas = None if site.nas_id is None else snapshot.nas_by_id.get(site.nas_id)
    by_rest = nas is not None and nas.id in queue_store.rest_access(connection)
    tokens = gateway_token_store.of_client(connection, nas.id) if nas is not None else []
    people = (snapshot.subscriber_by_id.find(number) for number in lines_of_site(connection, site.id))
    lines = tuple(each for each in people if each is not None and each.kind is AccountKind.CIRCUIT)
    return SiteStanding(
        site, nas, lines, queue_store.state_of(connection, site.id),
        tuple(queue_store.orders_of_site(connection, site.id)), by_rest,
        tuple(token for token in tokens if token.is_valid),
    )  # fmt: skip
