"""A worker's metrics: what its loop counts is there when scraped; durations by turn, orders by outcome."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from prometheus_client import generate_latest

from radius.bookkeeper import Inbox
from radius.codec import Code
from radius.dynauth_core import OrderKind, Outcome, Result
from radius.engine import Engine
from radius.worker_metrics import WorkerMetrics


@dataclass
class Asked:
    """As much of a packet, an exchange or an order as is measured."""

    received_s: float = 0.0
    code: int = Code.ACCESS_REQUEST
    id: int = 1
    nas: str = "gw"
    cause_ms: int = 1_000
    sent_ms: int | None = None
    packet: Any = field(init=False)

    def __post_init__(self) -> None:
        self.packet = self


def measured() -> tuple[WorkerMetrics, Engine, Inbox]:
    engine, inbox = Engine(lambda _address: None), Inbox()
    return WorkerMetrics(engine, inbox), engine, inbox


def value(of: WorkerMetrics, series: str) -> float | None:
    for line in generate_latest(of.metrics.registry).decode().splitlines():
        if line.startswith(series + " "):
            return float(line.rpartition(" ")[2])
    return None


def outcome(result: Result) -> Outcome:
    return Outcome(1, 1, 1, OrderKind.COA, result)


def test_what_the_loop_counts_is_there_at_the_next_scrape() -> None:
    of, engine, inbox = measured()
    engine.counts.request("gw", "access", "accept")
    engine.counts.drop("duplicate")
    engine.counts.request("gw", "access", "accept")
    inbox.accounting.append(Asked())  # type: ignore[arg-type]
    assert value(of, 'netquota_radius_requests_total{code="access",nas="gw",result="accept"}') == 2
    assert value(of, 'netquota_radius_dropped_total{reason="duplicate"}') == 1
    assert value(of, "netquota_accounting_queue_depth") == 1
    engine.counts.drop("duplicate")
    assert value(of, 'netquota_radius_dropped_total{reason="duplicate"}') == 2


def test_durations_of_a_turn_are_counted_once_each_by_kind() -> None:
    of, _, _ = measured()
    of.answers += [Asked(1.0), Asked(1.5), Asked(1.0, Code.ACCOUNTING_REQUEST)]  # type: ignore[list-item]
    of.flushed(2.0)
    of.flushed(9.0)  # nothing has left since
    assert value(of, 'netquota_radius_request_duration_seconds_count{code="access"}') == 2
    assert value(of, 'netquota_radius_request_duration_seconds_sum{code="access"}') == 1.5
    assert value(of, 'netquota_radius_request_duration_seconds_count{code="accounting"}') == 1


def test_an_order_is_timed_from_its_cause_and_ends_once() -> None:
    of, _, _ = measured()
    of.order_taken(Asked())  # type: ignore[arg-type]
    of.orders_departed([1], now_ms=1_200)
    of.order_ended(outcome(Result.ACK), now_ms=1_500)
    of.order_ended(outcome(Result.ACK), now_ms=1_500)
    assert value(of, 'netquota_coa_requests_total{nas="gw",result="ack"}') == 1
    assert value(of, 'netquota_enforcement_duration_seconds_sum{stage="sent"}') == 0.2
    assert value(of, 'netquota_enforcement_duration_seconds_sum{stage="acknowledged"}') == 0.5


def test_silence_is_an_outcome_and_no_acknowledgement() -> None:
    of, _, _ = measured()
    of.order_taken(Asked(sent_ms=1_100))  # type: ignore[arg-type]
    of.orders_departed([1], now_ms=1_200)
    of.order_ended(outcome(Result.SILENT), now_ms=61_200)
    assert value(of, 'netquota_coa_requests_total{nas="gw",result="silent"}') == 1
    assert value(of, 'netquota_enforcement_duration_seconds_count{stage="acknowledged"}') is None
    assert value(of, 'netquota_enforcement_duration_seconds_count{stage="sent"}') is None  # it was sent before


def test_open_orders_repetitions_and_replacements_are_shown_by_gateway() -> None:
    of, _, _ = measured()
    for number in (1, 2):
        of.order_taken(Asked(id=number))  # type: ignore[arg-type]
    of.look(now_ms=4_000)
    assert value(of, 'netquota_enforcement_orders_open{nas="gw"}') == 2
    assert value(of, "netquota_enforcement_oldest_order_seconds") == 3
    of.order_ended(Outcome(1, 1, 1, OrderKind.COA, Result.SUPERSEDED, tries=3), now_ms=5_000)
    of.order_ended(Outcome(2, 2, 1, OrderKind.COA, Result.ACK, tries=1), now_ms=5_000)
    of.look(now_ms=5_000)
    assert value(of, 'netquota_enforcement_retries_total{nas="gw"}') == 2
    assert value(of, 'netquota_enforcement_superseded_total{nas="gw"}') == 1
    assert value(of, 'netquota_enforcement_orders_open{nas="gw"}') == 0
    assert value(of, "netquota_enforcement_oldest_order_seconds") == 0
