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
            "From an order's cause to its first sending, and to the gateway's acknowledgement.",
            "stage",
        )
        self.registry.register(self.enforcement_duration)
        self.accounting_queue = self._gauge(
            "netquota_accounting_queue_depth", "Accounting packets waiting for a commit."
        )

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

    def _of_running(self) -> None:
        self.job_last_success = self._gauge(
            "netquota_scheduler_job_last_success_timestamp_seconds", "When a job last succeeded.", "job"
        )
        self.job_failures = self._counters("netquota_scheduler_job_failures", "Runs of a job that failed.", "job")
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
