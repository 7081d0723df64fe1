"""A soft quota spent at 50 Mbit/s through the reference gateway: octets over its line, with landing and without."""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.live.city import GB, MBPS, City
from tests.live.gateway_scene import SLACK, running_scene
from tests.live.measured import measured
from tests.live.workers import until

pytestmark = pytest.mark.needs("root", "iproute2", "nftables", "iperf3")
MB = 10**6
PROMISED_SHARE = 0.02


@dataclass(frozen=True)
class Trial:
    """A quota and the seconds between two counts; `hurried`: the test asks for the interims, not the gateway."""

    octets: int
    interim_s: int
    hurried: bool
    within_s: float


def octets_over(place: Path, city: City, trial: Trial) -> dict[str, int]:
    """By employee what was counted beyond the line: `landing` is slowed before it, `falling` is not."""
    for name, landing in (("landing", True), ("falling", False)):
        city.plan(name, 50 * MBPS, 5 * MBPS, interim_min_s=trial.interim_s, interim_max_s=trial.interim_s)
        city.quota(name, name, trial.octets, action="disconnect", landing=landing)
        city.employee(name, name)
    wide = {"line": "500M/500M", "ceiling": "400M/400M"}
    with running_scene(place, city, least_interim_s=trial.interim_s, shaping=wide) as scene:
        clients = {0: "landing", 1: "falling"}
        for client, name in clients.items():
            scene.office.log_in(client, name)
        flows = [scene.office.flow(client, seconds=trial.within_s) for client in clients]
        began = time.monotonic()
        for count in itertools.count(1):
            running = [client for client in clients if scene.office.session(client) is not None]
            if not running:
                break
            wait_until(min(began + count * trial.interim_s, began + trial.within_s))
            assert time.monotonic() < began + trial.within_s, scene.office.ctl("status")
            for client in running if trial.hurried else ():
                scene.office.ctl("interim", ip=scene.office.ip(client))
        for flow in flows:
            flow.process.kill()
        scene.office.settle()
    return {name: city.used(name, name) - trial.octets for name in clients.values()}


def wait_until(moment: float) -> None:
    until(lambda: time.monotonic() >= moment, "the next interim", 100, 0.02)


def told(trial: Trial, over: dict[str, int]) -> dict[str, float]:
    shares = {name: octets / trial.octets for name, octets in over.items()}
    measured(
        f"a soft quota of {trial.octets / MB:.0f} MB at 50 Mbit/s, counted every {trial.interim_s} s: over the line "
        f"{over['landing']} octets ({shares['landing']:.2%}) with landing, "
        f"{over['falling']} ({shares['falling']:.2%}) without"
    )
    return shares


def test_landing_ends_a_quota_on_its_line_where_falling_passes_it(place: Path, city: City) -> None:
    trial = Trial(octets=32 * MB, interim_s=2, hurried=True, within_s=60)
    shares = told(trial, octets_over(place, city, trial))
    assert 0 <= shares["landing"] < PROMISED_SHARE * SLACK
    assert shares["landing"] < shares["falling"]


@pytest.mark.long
def test_landing_ends_a_gigabyte_within_two_percent(place: Path, city: City) -> None:
    trial = Trial(octets=GB, interim_s=60, hurried=False, within_s=1500)
    shares = told(trial, octets_over(place, city, trial))
    assert 0 <= shares["landing"] < PROMISED_SHARE
