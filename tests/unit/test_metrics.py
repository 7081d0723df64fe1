"""Metrics: names and labels that were promised, a hot path of plain integers, a bounded number of series."""

from __future__ import annotations

import socket
import urllib.request

import pytest
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from netquota.errors import ConfigurationError
from netquota.metrics import HotHistogram, Metrics, serve_metrics

PROMISED = {
    "netquota_radius_requests_total": {"nas", "code", "result"},
    "netquota_radius_dropped_total": {"reason"},
    "netquota_radius_request_duration_seconds_bucket": {"code", "le"},
    "netquota_coa_requests_total": {"nas", "result"},
    "netquota_enforcement_duration_seconds_bucket": {"stage", "le"},
    "netquota_accounting_queue_depth": set(),
    "netquota_accounting_last_timestamp_seconds": {"nas"},
    "netquota_scheduler_job_failures_total": {"job"},
    "netquota_opd_traffic_bytes_total": {"opd", "direction"},
    "netquota_opd_rate_limit_bytes_per_second": {"opd", "direction"},
    "netquota_opd_quota_used_ratio": {"opd"},
    "netquota_sessions_active": {"nas"},
    "netquota_scheduler_job_last_success_timestamp_seconds": {"job"},
    "netquota_notices_total": {"channel", "result"},
    "netquota_notices_waiting": {"channel"},
    "netquota_notices_oldest_timestamp_seconds": {"channel"},
    "netquota_build_info": {"version"},
}


def filled(gateways: int = 1, offices: int = 1) -> Metrics:
    """Metrics of a process that has seen everything once."""
    metrics = Metrics()
    metrics.radius_dropped.add("malformed")
    metrics.job_last_success.labels(job="rotate").set(1)
    metrics.job_failures.add("rotate")
    for channel in ("mail", "telegram", "webhook"):
        metrics.notices_waiting.labels(channel=channel).set(1)
        metrics.notices_oldest.labels(channel=channel).set(1)
        for result in ("sent", "retry", "given_up"):
            metrics.notices.add(channel, result)
    for stage in ("sent", "acknowledged"):
        metrics.enforcement_duration.observe(stage, 0.2)
    for code in ("Access-Request", "Accounting-Request"):
        metrics.radius_duration.observe(code, 0.001)
    for number in range(gateways):
        for result in ("accept", "reject", "start", "interim", "stop", "repeated", "status"):
            metrics.radius_requests.add(f"nas-{number}", "Access-Request", result)
        for result in ("ack", "nak", "silent"):
            metrics.coa_requests.add(f"nas-{number}", result)
        metrics.sessions_active.labels(nas=f"nas-{number}").set(1)
        metrics.accounting_last.labels(nas=f"nas-{number}").set(1)
    for number in range(offices):
        metrics.opd_quota_used.labels(opd=f"opd-{number}").set(0.5)
        for direction in ("down", "up"):
            metrics.opd_traffic.add(f"opd-{number}", direction, amount=10)
            metrics.opd_rate_limit.labels(opd=f"opd-{number}", direction=direction).set(1)
    return metrics


def samples(metrics: Metrics) -> list[tuple[str, dict[str, str], float]]:
    text = generate_latest(metrics.registry).decode()
    families = list(text_string_to_metric_families(text))
    return [(one.name, one.labels, one.value) for family in families for one in family.samples]


def test_names_and_labels_are_those_that_dashboards_were_promised() -> None:
    labels = {name: set(given) for name, given, _ in samples(filled())}
    assert {name: labels.get(name) for name in PROMISED} == PROMISED


def test_nothing_of_ours_is_labelled_by_a_person() -> None:
    used = {label for name, given, _ in samples(filled()) if name.startswith("netquota_") for label in given}
    assert used == {"nas", "code", "result", "reason", "opd", "direction", "job", "stage", "version", "le", "channel"}


def test_a_city_stays_within_five_thousand_series() -> None:
    assert len(samples(filled(gateways=100, offices=60))) <= 5_000


def test_counting_in_place_shows_at_the_next_scrape() -> None:
    metrics = Metrics()
    key = ("rsud", "Access-Request", "accept")
    for _ in range(3):
        metrics.radius_requests.rows[key] += 1
    found = [value for name, _, value in samples(metrics) if name == "netquota_radius_requests_total"]
    assert found == [3]


def test_totals_kept_elsewhere_replace_what_was_there() -> None:
    metrics = filled()
    metrics.opd_traffic.replace({("dinkes", "down"): 2**53 + 2})
    found = [(given["opd"], value) for name, given, value in samples(metrics) if "opd_traffic_bytes_total" in name]
    assert found == [("dinkes", 2**53 + 2)]


def test_buckets_are_cumulative_and_an_edge_belongs_to_its_bucket() -> None:
    histogram = HotHistogram("x_seconds", "x", "code", bounds=(0.1, 1.0))
    for seconds in (0.1, 0.5, 1.0, 7.0):
        histogram.observe("a", seconds)
    (family,) = histogram.collect()
    found = {one.labels.get("le", one.name.rpartition("_")[2]): one.value for one in family.samples}
    assert found == {"0.1": 1, "1.0": 3, "+Inf": 4, "count": 4, "sum": 8.6}


def test_each_process_answers_on_the_port_plus_its_index_and_stops_when_asked() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    stop = serve_metrics(filled(), "127.0.0.1", port - 2, index=2)
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
            assert b"netquota_build_info" in answer.read()
        with pytest.raises(ConfigurationError, match=rf"metrics\.port {port} cannot be opened"):
            serve_metrics(Metrics(), "127.0.0.1", port, index=0)
    finally:
        stop()
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


def test_port_zero_turns_metrics_off() -> None:
    serve_metrics(Metrics(), "127.0.0.1", 0, index=3)()
