"""Limits proved with real traffic: netquota decides, the reference gateway holds, iperf3 measures."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from radius.simulator.checker import check
from tests.live.books import books_of, places_of
from tests.live.city import MBPS, City
from tests.live.gateway_scene import SLACK, Scene, running_scene
from tests.live.measured import measured
from tests.live.reference_gateway import CLOCKS, Office
from tests.live.workers import until

pytestmark = pytest.mark.needs("root", "iproute2", "nftables", "iperf3")
NAMES = ("budi", "sari", "tono", "wati")
MB = 10**6


@pytest.fixture(scope="module")
def scene(place: Path, city: City) -> Iterator[Scene]:
    city.plan("staf", 10 * MBPS, 10 * MBPS)
    for name in NAMES:
        city.employee(name, "staf")
    city.plan("putus", 10 * MBPS, 10 * MBPS)
    city.quota("putus", "putus", 4 * MB, action="disconnect")
    city.employee("putra", "putus")
    city.plan("keras", 10 * MBPS, 10 * MBPS)
    city.quota("keras", "keras", 4 * MB, action="disconnect", strictness="hard")
    city.employee("karsa", "keras")
    with running_scene(place, city) as made:
        yield made


@pytest.fixture(autouse=True)
def everybody_leaves(scene: Scene) -> Iterator[None]:
    yield
    scene.office.log_out_all()


def seconds_until_slower(office: Office, client: int, mbps: float, window_s: float = 0.4) -> float:
    """Seconds from now until what comes to a client has stayed under a rate for a while; that while not counted."""
    began = time.monotonic()
    seen = [(began, office.received(client))]

    def is_slower() -> bool:
        seen.append((time.monotonic(), office.received(client)))
        first = next(one for one in reversed(seen) if one[0] <= seen[-1][0] - window_s or one is seen[0])
        past_s = seen[-1][0] - first[0]
        return past_s >= window_s and (seen[-1][1] - first[1]) * 8 / past_s <= mbps * MBPS

    until(is_slower, f"the rate falls under {mbps} Mbit/s", 20, 0.05)
    return max(0.0, time.monotonic() - began - window_s)


def test_four_employees_share_their_offices_ceiling_and_a_change_is_in_force_at_once(scene: Scene) -> None:
    for number, name in enumerate(NAMES):
        scene.office.log_in(number, name)
    flows = [scene.office.flow(number, seconds=12) for number in range(4)]
    until(lambda: time.monotonic() - flows[3].began > 6, "six seconds of all four", every_s=0.05)
    changed_s = [time.monotonic() - flow.began for flow in flows]
    scene.admin_changes("employee", "budi", override="2M/2M", override_why="uji")
    took_s = seconds_until_slower(scene.office, 0, 2.2)
    before = [flow.mbps(at - 3.5, at - 1) for flow, at in zip(flows, changed_s, strict=True)]
    after = [flow.mbps(at + 2, at + 5) for flow, at in zip(flows, changed_s, strict=True)]
    measured(f"20 Mbit/s among four at up to 10: {[round(one, 2) for one in before]}, sum {sum(before):.2f}")
    measured(f"one lowered to 2: in force after {took_s:.1f} s, then {[round(one, 2) for one in after]}")
    for shares, fair in ((before, [5, 5, 5, 5]), (after, [2, 6, 6, 6])):
        assert 20 * 0.95 <= sum(shares) <= 20 * (1 + CLOCKS)
        assert all(abs(share - one) <= one * 0.1 for share, one in zip(shares, fair, strict=True))
    assert took_s <= 2 * SLACK
    scene.admin_changes("employee", "budi", override="", override_why="")


def test_spent_quota_stops_the_flow_within_a_second_of_its_interim(scene: Scene) -> None:
    scene.office.log_in(0, "putra")
    flow = scene.office.flow(0, seconds=30)
    until(lambda: scene.office.used(0) > 5 * MB, "the quota is spent", 20, 0.05)
    asked_at = time.monotonic()
    scene.office.interim(0)
    until(lambda: scene.office.session(0) is None, "the session is ended")
    ended_s = time.monotonic() - asked_at
    received = scene.office.received(0)
    until(lambda: time.monotonic() - asked_at > ended_s + 1, "a second more")
    further = scene.office.received(0) - received
    flow.process.kill()
    measured(f"from the interim that crossed the line to silence: {ended_s * 1000:.0f} ms, then {further} octets")
    assert ended_s <= 1 * SLACK
    assert further < 20_000  # the last of the queue
    scene.office.settle()
    used = scene.city.used("putus", "putra")
    stop = scene.reports("putra", "stop")[-1]
    assert used == stop["input"] + stop["output"]


def test_octet_cap_ends_the_session_on_its_line(scene: Scene) -> None:
    scene.office.log_in(1, "karsa")
    session = scene.office.session(1)
    assert session is not None
    cap = session["cap"]
    assert cap == 4 * MB
    flow = scene.office.flow(1, seconds=30)
    until(lambda: scene.office.session(1) is None, "the cap is reached", 20, 0.05)
    flow.process.kill()
    stop = scene.reports("karsa", "stop")[-1]
    over = stop["input"] + stop["output"] - cap
    measured(f"a cap of {cap / MB:.0f} MB at 10 Mbit/s: passed by {over} octets ({over / cap:.2%})")
    assert 0 <= over <= 10 * MBPS / 8
    scene.office.settle()
    assert scene.city.used("keras", "karsa") == cap + over


def test_books_hold_what_the_gateway_reported(scene: Scene) -> None:
    scene.office.settle()
    until(
        lambda: not check(scene.office.truth(), books_of(scene.city.database), places_of(scene.city.database)), "books"
    )
