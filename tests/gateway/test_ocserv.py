"""A real gateway that nobody here wrote holds our limits: Debian's ocserv, with real traffic of openconnect."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from netquota.domain.periods import Period, PeriodKind, current
from netquota.storage import schema
from radius import tables as t
from radius.simulator.client import Question, radtest
from tests.live.city import GB, MBPS, PASSWORD, SECRET, ZONE, City
from tests.live.measured import measured
from tests.live.vpn import INSIDE, PAYLOAD_SHARE, VPN_SECRET, Tunnel, VpnOffice, require_tun, vpn_office
from tests.live.workers import Workers, settings_for, until

pytestmark = pytest.mark.needs("root", "iproute2", "ocserv", "openconnect", "iperf3")
DOWN, UP = 16 * MBPS, 8 * MBPS
SPENT_DOWN, SPENT_UP = 4 * MBPS, 2 * MBPS
WITHIN = 0.10
REFILLS_IN_S = 18
ENDS_WITHIN_S = 35
"""ocserv looks at its clock now and then."""
SLACK = 3
WATCHER = "127.0.9.9"


@dataclass
class Scene:
    city: City
    office: VpnOffice
    workers: Workers

    def session(self, username: str) -> dict[str, Any]:
        """The newest session in our books."""
        return self.city.sessions(username)[-1]

    def ended(self, username: str, within_s: float = 15) -> dict[str, Any]:
        """The newest session, once its Stop was counted."""
        until(lambda: bool(self.city.sessions(username)), f"{username}'s Start came")
        until(lambda: self.session(username)["ended_s"] is not None, f"{username}'s Stop came", within_s, 0.05)
        return self.session(username)

    def told_by_ocserv(self, username: str) -> tuple[int, int]:
        """(from the user, to the user) as ocserv itself says when a user has gone, of the last such line."""
        line = re.compile(rf"main\[{username}\].*user disconnected .*rx: (\d+), tx: (\d+)\)")
        until(lambda: line.search(self.office.said), f"ocserv tells of {username}'s end")
        received, sent = line.findall(self.office.said)[-1]
        return int(received), int(sent)

    def samples(self, username: str) -> tuple[int, int]:
        """(up, down) octets in our books."""
        rows = self.city.rows(schema.usage_sample, kind=1, subject_id=self.city.people[username])
        return sum(row["up"] for row in rows), sum(row["down"] for row in rows)


@pytest.fixture(scope="module")
def scene(place: Path, city: City) -> Iterator[Scene]:
    require_tun()
    city.nas("vpn", INSIDE, "ocserv", secret=VPN_SECRET)
    city.plan("staf", DOWN, UP)
    city.plan("terbatas", DOWN, UP)
    city.plan("sering", DOWN, UP, interim_min_s=60, interim_max_s=60)
    for name, plan in (("budi", "staf"), ("sari", "terbatas"), ("tono", "staf"), ("wati", "sering")):
        city.employee(name, plan)
    with vpn_office(place) as office, office.server.inside():
        settings = settings_for(
            city.database.url, place, radius__bind="0.0.0.0", radius__auth_port=1812, radius__acct_port=1813
        )
        with Workers(settings, SECRET, WATCHER, place) as workers:
            workers.start()
            office.start()
            yield Scene(city, office, workers)


@dataclass
class Slowed:
    """A session under a spent quota: when that refills (epoch s), and the rate measured in its tunnel (bit/s)."""

    tunnel: Tunnel
    refills_s: int
    down_bps: float


@pytest.fixture(scope="module")
def slowed(scene: Scene) -> Slowed:
    refills_s = spend_until(scene.city, "sari", time.time() + REFILLS_IN_S)
    until(lambda: granted(scene, "sari") == b"2M/4M", "the workers know of the quota", 5 * SLACK, 0.2)
    tunnel = scene.office.connect("sari")
    return Slowed(tunnel, refills_s, scene.office.measure(2) / PAYLOAD_SHARE)


def assert_near(found: float, wanted: int) -> None:
    assert abs(found - wanted) <= WITHIN * wanted, f"{found / MBPS:.2f} Mbit/s where {wanted / MBPS:.2f} are granted"


def test_spent_quota_slows_the_tunnel(slowed: Slowed) -> None:
    measured(f"ocserv slowed to 4M by a spent quota: {slowed.down_bps / MBPS:.2f} Mbit/s of packets")
    assert_near(slowed.down_bps, SPENT_DOWN)


def test_traffic_flows_at_our_limit_and_is_counted_to_the_octet(scene: Scene) -> None:
    tunnel = scene.office.connect("budi")
    down = scene.office.measure(4) / PAYLOAD_SHARE
    up = scene.office.measure(4, upload=True) / PAYLOAD_SHARE
    measured(f"ocserv at 16M/8M: {down / MBPS:.2f} down, {up / MBPS:.2f} up, in Mbit/s of packets")
    tunnel.close()
    session = scene.ended("budi")
    told = scene.told_by_ocserv("budi")
    assert_near(down, DOWN)
    assert_near(up, UP)
    assert session["end_cause"] == "User-Request"
    assert told[1] > DOWN // 8 * 4
    assert (session["input_octets"], session["output_octets"]) == told
    assert scene.samples("budi") == told


def test_wrong_password_is_refused(scene: Scene) -> None:
    tunnel = scene.office.dial("tono", "bukan sandinya")
    assert tunnel.process.wait(15 * SLACK) != 0
    assert not tunnel.is_up
    assert scene.city.sessions("tono") == []
    tono = scene.city.people["tono"]
    refused = until(lambda: scene.city.rows(schema.decision_record, employee_id=tono), "the refusal is on record")
    assert not any(row["accepted"] for row in refused)


def test_session_of_a_spent_quota_ends_by_the_timeout_that_its_refill_set(scene: Scene, slowed: Slowed) -> None:
    """The last one, since ocserv looks at its clock every half minute."""
    session = scene.ended("sari", REFILLS_IN_S + ENDS_WITHIN_S * SLACK)
    late_s = session["ended_s"] - slowed.refills_s
    measured(f"ocserv ended the session {late_s} s after its quota refilled")
    assert session["end_cause"] == "Session-Timeout"
    assert -2 <= late_s <= ENDS_WITHIN_S * SLACK
    assert scene.told_by_ocserv("sari") == (session["input_octets"], session["output_octets"])
    slowed.tunnel.close()


def spend_until(city: City, username: str, refills_s: float) -> int:
    """Give the person's plan a daily quota that is spent until that moment (given as whole seconds)."""
    refills_at = datetime.fromtimestamp(int(refills_s), UTC)
    reset = refills_at.astimezone(ZONE).time()
    city.quota(
        "harian", "terbatas", GB, throttle_down_bps=SPENT_DOWN, throttle_up_bps=SPENT_UP,
        reset_time=reset.isoformat(),
    )  # fmt: skip
    start_s, end_s = current(Period(PeriodKind.DAY, ZONE, reset), datetime.now(UTC))
    keys = {"quota_id": city.quotas["harian"], "subject_id": city.people[username], "period_start_s": start_s}
    with city.database.write() as connection:
        connection.execute(schema.ledger_entry.insert().values(**keys, period_end_s=end_s, used=2 * GB))
    assert end_s == int(refills_s)
    return end_s


def granted(scene: Scene, username: str) -> bytes | None:
    """The rate that a log-in at the client on loopback would get."""
    port = scene.workers.settings.radius.auth_port
    answer = radtest(Question(username, PASSWORD, SECRET.encode(), "127.0.0.1", port, source=WATCHER))
    return answer.packet.vendor(*t.MIKROTIK_RATE_LIMIT) if answer.packet is not None else None


@pytest.mark.long
def test_interims_come_at_the_interval_that_was_asked(scene: Scene) -> None:
    tunnel = scene.office.connect("wati")
    until(lambda: bool(scene.city.sessions("wati")), "the Start came")
    news_s = [0]
    for _ in range(3):  # the first of them may come at any time within its interval
        until(lambda: scene.session("wati")["session_time_s"] > news_s[-1], "an interim", 69 + 15 * SLACK, 0.2)
        news_s.append(scene.session("wati")["session_time_s"])
    measured(f"ocserv, asked to report every 60 to 69 s, reported after {news_s[1:]} s")
    assert all(59 <= later - sooner <= 69 + 5 * SLACK for sooner, later in pairwise(news_s[1:]))
    tunnel.close()
    assert scene.ended("wati")["session_time_s"] >= news_s[-1]
