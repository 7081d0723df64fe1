"""What a RADIUS worker shows to Prometheus: totals that its loop counts anyhow, durations taken once for each flush.

The packet path only appends to a list; labels are looked up when the answers of a turn have left, and when scraped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from netquota.metrics import Metrics
from netquota.storage.order_store import Order
from radius.bookkeeper import Inbox
from radius.codec import Code
from radius.dynauth_core import Outcome, Result
from radius.engine import Engine, Exchange

ACCESS, ACCOUNTING = "access", "accounting"
SENT, ACKNOWLEDGED = "sent", "acknowledged"


class WorkerMetrics:
    """The metrics of one worker; called by its packet loop alone, scraped from another thread."""

    def __init__(self, engine: Engine, inbox: Inbox) -> None:
        self.metrics = Metrics()
        self.answers: list[Exchange] = []
        """Exchanges answered since the last `flushed`."""
        self._under_way: dict[int, Order] = {}
        self._shown: set[str] = set()
        counts = engine.counts
        self.metrics.radius_requests.follow(lambda: list(counts.requests.items()))
        self.metrics.radius_dropped.follow(lambda: [((cause,), count) for cause, count in list(counts.dropped.items())])
        self.metrics.accounting_queue.set_function(lambda: len(inbox.accounting))

    def flushed(self, now_s: float) -> None:
        """The answers left at this moment of the clock by which they were received."""
        if not self.answers:
            return
        answered, self.answers = self.answers, []
        durations: dict[str, list[float]] = {ACCESS: [], ACCOUNTING: []}
        for exchange in answered:
            name = ACCOUNTING if exchange.packet.code == Code.ACCOUNTING_REQUEST else ACCESS
            durations[name].append(now_s - exchange.received_s)
        for name, seconds in durations.items():
            self.metrics.radius_duration.observe_all(name, seconds)

    def order_taken(self, order: Order) -> None:
        """An order is handed over to be sent when its turn comes."""
        self._under_way[order.id] = order

    def orders_departed(self, order_ids: Sequence[int], now_ms: int) -> None:
        """Orders left for the first time; from their cause to here, clocks of two nodes may differ."""
        for order_id in order_ids:
            order = self._under_way.get(order_id)
            if order is not None and order.sent_ms is None:
                self.metrics.enforcement_duration.observe(SENT, max(0, now_ms - order.cause_ms) / 1000)

    def order_withdrawn(self, order_id: int) -> None:
        """Another worker sends it now."""
        self._under_way.pop(order_id, None)

    def order_ended(self, outcome: Outcome, now_ms: int) -> None:
        """A gateway answered an order, or did not."""
        order = self._under_way.pop(outcome.order_id, None)
        if order is None:
            return
        self.metrics.coa_requests.add(order.nas, outcome.result.value)
        if outcome.tries > 1:
            self.metrics.order_retries.add(order.nas, amount=outcome.tries - 1)
        if outcome.result is Result.SUPERSEDED:
            self.metrics.orders_superseded.add(order.nas)
        elif outcome.result is Result.ACK:
            self.metrics.enforcement_duration.observe(ACKNOWLEDGED, max(0, now_ms - order.cause_ms) / 1000)

    def look(self, now_ms: int) -> None:
        """Bring the gauges of orders under way up to date."""
        counts = Counter(order.nas for order in self._under_way.values())
        for nas in self._shown | counts.keys():
            self.metrics.orders_open.labels(nas).set(counts[nas])
        self._shown |= counts.keys()
        oldest_ms = min((order.cause_ms for order in self._under_way.values()), default=now_ms)
        self.metrics.orders_oldest.set(max(0, now_ms - oldest_ms) / 1000)
