"""What Prometheus scrapes: every metric of netquota, by name and label. Labels are offices, gateways and outcomes.

Never a user, MAC, address or session: personal usage lives in the database alone. Base units, as Prometheus wants them.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping

from prometheus_client import CollectorRegistry, Gauge, ProcessCollector, start_http_server
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from netquota import __version__
from netquota.errors import ConfigurationError

DURATION_BOUNDS_S = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)

ENFORCEMENT_BOUNDS_S = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
"""Orders wait for their turn at a paced gateway, so their durations reach further than answers'."""


class HotCounters(Collector):
    """One counter family for a packet loop: plain integers in a dict, turned into samples only when scraped.

    `rows[("rsud", "Access-Request", "accept")] += 1` costs one look-up; keep the tuples rather than making them anew.
    """

    __slots__ = ("_follow", "_labels", "_name", "_text", "rows")

    def __init__(self, name: str, text: str, labels: tuple[str, ...]) -> None:
        """`name` without its `_total`."""
        self._name, self._text, self._labels = name, text, labels
        self.rows: defaultdict[tuple[str, ...], int] = defaultdict(int)
        self._follow: Callable[[], Iterable[tuple[tuple[str, ...], int]]] | None = None

    def add(self, *values: str, amount: int = 1) -> None:
        """Count, where a name reads better than speed."""
        self.rows[values] += amount

    def replace(self, rows: Mapping[tuple[str, ...], int]) -> None:
        """Take totals that are kept elsewhere, such as in the database."""
        self.rows = defaultdict(int, rows)

    def follow(self, read: Callable[[], Iterable[tuple[tuple[str, ...], int]]]) -> None:
        """Take totals that a loop counts elsewhere, each time when scraped; `read` gives a copy of its rows."""
        self._follow = read

    def collect(self) -> Iterable[Metric]:
        """The family as it stands; called by the scraping thread while the loop goes on counting."""
        family = CounterMetricFamily(self._name, self._text, labels=self._labels)
        for values, count in list(self.rows.items()) if self._follow is None else self._follow():
            family.add_metric(values, count)
        yield family


class HotHistogram(Collector):
    """Durations without a label look-up: one list of integers per label value."""

    __slots__ = ("_bounds", "_counts", "_label", "_name", "_sums", "_text")

    def __init__(self, name: str, text: str, label: str, bounds: tuple[float, ...] = DURATION_BOUNDS_S) -> None:
        """`bounds`: upper edges in seconds, rising."""
        self._name, self._text, self._label, self._bounds = name, text, label, bounds
        self._counts: dict[str, list[int]] = {}
        self._sums: dict[str, float] = {}

    def observe(self, value: str, seconds: float) -> None:
        """Count one duration under this label value."""
        counts = self._counts.get(value)
        if counts is None:
            self._sums[value] = 0.0
            counts = self._counts[value] = [0] * (len(self._bounds) + 1)
        counts[bisect_left(self._bounds, seconds)] += 1
        self._sums[value] += seconds

    def observe_all(self, value: str, durations: Iterable[float]) -> None:
        """Count the durations (seconds) of a batch under this label value."""
        for seconds in durations:
            self.observe(value, seconds)

    def collect(self) -> Iterable[Metric]:
        """The family with cumulative buckets."""
        family = HistogramMetricFamily(self._name, self._text, labels=[self._label])
        for value, counts in list(self._counts.items()):
            family.add_metric([value], _cumulative(self._bounds, counts[:]), self._sums[value])
        yield family


def _cumulative(bounds: tuple[float, ...], counts: list[int]) -> list[tuple[str, float]]:
    buckets: list[tuple[str, float]] = []
    total = 0
    for edge, count in zip([*map(str, bounds), "+Inf"], counts, strict=True):
        total += count
        buckets.append((edge, total))
    return buckets


class Metrics:
    """All metrics of one process, in a registry of their own; a process fills those that are its affair."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._of_packets()
        self._of_offices()
        self._of_links()
        self._of_copies()
        self._of_running()

    def _of_packets(self) -> None:
        self.radius_requests = self._counters(
            "netquota_radius_requests",
            "RADIUS requests by gateway, packet code and what became of them.",
            "nas",
            "code",
            "result",
        )
        self.radius_dropped = self._counters("netquota_radius_dropped", "Datagrams not answered, by reason.", "reason")
        self.radius_duration = HotHistogram(
            "netquota_radius_request_duration_seconds", "From receiving a request to sending its answer.", "code"
        )
        self.registry.register(self.radius_duration)
        self.coa_requests = self._counters(
            "netquota_coa_requests", "CoA and Disconnect requests by gateway and outcome.", "nas", "result"
        )
        self.enforcement_duration = HotHistogram(
            "netquota_enforcement_duration_seconds",
            "From the arrival of an order's cause to its first sending, and to the gateway's acknowledgement.",
            "stage",
            ENFORCEMENT_BOUNDS_S,
        )
        self.registry.register(self.enforcement_duration)
        self._of_orders()
        self.accounting_queue = self._gauge(
            "netquota_accounting_queue_depth", "Accounting packets waiting for a commit."
        )

    def _of_orders(self) -> None:
        self.orders_open = self._gauge(
            "netquota_enforcement_orders_open", "Orders that a worker holds and no gateway has answered.", "nas"
        )
        self.orders_oldest = self._gauge(
            "netquota_enforcement_oldest_order_seconds", "Age of the oldest of them, from the arrival of its cause."
        )
        self.order_retries = self._counters(
            "netquota_enforcement_retries", "Repetitions of CoA and Disconnect requests, by gateway.", "nas"
        )
        self.orders_superseded = self._counters(
            "netquota_enforcement_superseded", "Orders that a newer one replaced on their way, by gateway.", "nas"
        )
        self.not_happening = self._gauge(
            "netquota_enforcement_not_happening", "1 where limits are not enforced, by gateway and cause.",
            "gateway", "cause",
        )  # fmt: skip

    def _of_offices(self) -> None:
        self.opd_traffic = self._counters(
            "netquota_opd_traffic_bytes", "Traffic of an office's sites.", "opd", "direction"
        )
        self.opd_rate_limit = self._gauge(
            "netquota_opd_rate_limit_bytes_per_second", "Ceiling of an office, in bytes.", "opd", "direction"
        )
        self.opd_quota_used = self._gauge(
            "netquota_opd_quota_used_ratio", "Used part of an office's pool, 0 to 1.", "opd"
        )
        self.sessions_active = self._gauge("netquota_sessions_active", "Open sessions by gateway.", "nas")
        self.accounting_last = self._gauge(
            "netquota_accounting_last_timestamp_seconds", "When a gateway was last heard of by accounting.", "nas"
        )

    def _of_links(self) -> None:
        self.opd_p95 = self._gauge(
            "netquota_opd_p95_bytes_per_second", "95th percentile of 30 days at an office's sites.", "opd", "direction"
        )
        self.link_traffic = self._counters(
            "netquota_link_traffic_bytes",
            "Traffic of a provider link: as its interface counted it, and as sessions account for it.",
            "link",
            "direction",
            "source",
        )
        self.link_rate = self._gauge(
            "netquota_link_rate_bytes_per_second",
            "What flows over a link now, by its interface or else by its sessions.",
            "link", "direction", "source",
        )  # fmt: skip
        self.link_capacity = self._gauge(
            "netquota_link_capacity_bytes_per_second", "Capacity bought, in bytes.", "link", "direction"
        )
        self.link_p95 = self._gauge(
            "netquota_link_p95_bytes_per_second", "95th percentile of 30 days.", "link", "direction"
        )
        self.link_unaccounted = self._gauge(
            "netquota_link_unaccounted_ratio", "Part of a day's traffic that no session accounts for, 0 to 1.", "link"
        )
        self.link_answered = self._gauge(
            "netquota_link_probe_answered_ratio",
            "Part of the last quarter of an hour's pings that the far end answered, 0 to 1.",
            "link", "by",
        )  # fmt: skip
        self.link_round_trip = self._gauge(
            "netquota_link_probe_round_trip_seconds", "Mean round trip of these pings.", "link", "by"
        )
        self.interface_read = self._gauge(
            "netquota_interface_read_timestamp_seconds",
            "When the interface of a link or a site was read last; 0: never.",
            "kind", "name",
        )  # fmt: skip

    def _of_copies(self) -> None:
        self.backup_last = self._gauge(
            "netquota_backup_last_timestamp_seconds", "When the clock made a copy of the database last.", "job"
        )
        self.backup_size = self._gauge("netquota_backup_size_bytes", "How large that copy is.", "job")
        self.certificate_end = self._gauge(
            "netquota_certificate_expires_timestamp_seconds", "When the certificate of the pages ends.", "host"
        )
        self.backup_tried = self._gauge(
            "netquota_backup_trial_timestamp_seconds", "When a copy was restored into a scratch place last.", "job"
        )
        self.backup_good = self._gauge(
            "netquota_backup_trial_succeeded", "1 where that copy was whole, 0 where it would not bring the city back.",
            "job",
        )  # fmt: skip

    def _of_running(self) -> None:
        self.job_last_success = self._gauge(
            "netquota_scheduler_job_last_success_timestamp_seconds", "When a job last succeeded.", "job"
        )
        self.job_last_run = self._gauge(
            "netquota_scheduler_job_last_run_timestamp_seconds", "When a job began last.", "job"
        )
        self.job_next_due = self._gauge(
            "netquota_scheduler_job_next_due_timestamp_seconds", "When a job is due next.", "job"
        )
        self.job_duration = self._gauge("netquota_scheduler_job_duration_seconds", "How long its last run took.", "job")
        self.job_lateness = self._gauge(
            "netquota_scheduler_job_lateness_seconds",
            "How long something has been due that was not begun, else how late the last run began.",
            "job",
        )
        self.job_succeeded = self._gauge(
            "netquota_scheduler_job_succeeded", "1 where its last run ended well, 0 where it failed.", "job"
        )
        self.job_failures = self._counters("netquota_scheduler_job_failures", "Runs of a job that failed.", "job")
        self.notices = self._counters(
            "netquota_notices", "Messages of notices, by way and how the attempt ended.", "channel", "result"
        )
        self.notices_waiting = self._gauge("netquota_notices_waiting", "Notices that are not out yet.", "channel")
        self.notices_oldest = self._gauge(
            "netquota_notices_oldest_timestamp_seconds", "When the oldest of them was written.", "channel"
        )
        self._gauge("netquota_build_info", "The running version.", "version").labels(version=__version__).set(1)
        ProcessCollector(registry=self.registry)

    def _counters(self, name: str, text: str, *labels: str) -> HotCounters:
        counters = HotCounters(name, text, labels)
        self.registry.register(counters)
        return counters

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(name, text, labels, registry=self.registry)


def serve_metrics(metrics: Metrics, bind: str, port: int, index: int) -> Callable[[], None]:
    """Answer `/metrics` in a thread on `port` + `index` (netquota.ports); the returned function stops it.

    Port 0 turns it off. Raises `ConfigurationError` where the port is taken.
    """
    if port == 0:
        return lambda: None
    try:
        server, thread = start_http_server(port + index, addr=bind, registry=metrics.registry)
    except OSError as error:
        raise ConfigurationError(
            f"metrics.port {port + index} cannot be opened on {bind} ({error.strerror}): set metrics.port"
        ) from None

    def stop() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    return stop
