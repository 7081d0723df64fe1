"""A ceiling shared by running sessions on many gateways changes: soon everybody's, never passed, nobody flooded.

`make test-long` does it with 2,000 sessions on 40 gateways and prints the figures.
"""

from __future__ import annotations

import pytest

from netquota.domain.units import Rate
from tests.live.city import City
from tests.live.fixtures import StartWorkers
from tests.live.measured import measured
from tests.live.order_takers import Takers
from tests.live.shared_office import SharedOffice
from tests.live.workers import Workers

PACE, WITHIN_S, SLACK = 10, 10.0, 3
SMALL = (8, 25)
WHOLE = (40, 50)


class Trial:
    """An office of a size; its ceilings are told per session, in kbit/s, so that sizes compare."""

    def __init__(self, city: City, start_workers: StartWorkers, size: tuple[int, int], subnet: str) -> None:
        self.gateways, self.each = size
        applied = Rate(990_000, 990_000)
        self.office = SharedOffice.opened(city, self.gateways, self.each, self.rate(1000), applied, subnet)
        self.start_workers = start_workers

    @property
    def sessions(self) -> int:
        return self.gateways * self.each

    def rate(self, kbps_each: int) -> Rate:
        return Rate(kbps_each * 1000 * self.sessions, kbps_each * 1000 * self.sessions)

    def run(self) -> None:
        """The ceiling is lowered, raised, and re-shared by use; each within its time."""
        with Takers(list(self.office.gateways)):
            workers: Workers = self.start_workers(1)
            assert workers
            for kbps, what in ((600, "lowered"), (900, "raised")):
                self.changed(kbps, what, ordered=self.sessions)
            self.office.uses(every=2, bps=100_000)
            self.changed(901, "re-shared by use, half down before half up", ordered=self.sessions)

    def changed(self, kbps: int, what: str, ordered: int) -> None:
        office = self.office
        office.forget()
        before, first = office.sum_bps(), office.rates()
        committed = office.change_ceiling(f"{kbps * self.sessions}k/{kbps * self.sessions}k")
        office.until_at_rest(ordered * 9 // 10, 60)
        took_s = office.last_change_s - committed
        ceiling = self.rate(kbps).down_bps
        most = office.most_in_between(before, first)
        measured(
            f"{self.sessions} sessions on {self.gateways} gateways, ceiling {what}: the last order acknowledged"
            f" {took_s:.2f} s after; at most {office.most_in_a_second} packets in one second at a gateway; most at any"
            f" instant {most / ceiling:.4f} of the ceiling, {before / ceiling:.4f} before,"
            f" {office.sum_bps() / ceiling:.4f} after"
        )
        assert most <= max(before, ceiling)
        assert 0.97 * ceiling <= office.sum_bps() <= ceiling
        assert office.most_in_a_second <= PACE
        assert took_s < WITHIN_S * SLACK


@pytest.fixture
def small(live_city: City, start_workers: StartWorkers) -> Trial:
    return Trial(live_city, start_workers, SMALL, "127.0.31")


def test_a_changed_ceiling_is_shared_anew_on_all_gateways(small: Trial) -> None:
    small.run()


@pytest.mark.long
def test_two_thousand_sessions_on_forty_gateways(live_city: City, start_workers: StartWorkers) -> None:
    trial = Trial(live_city, start_workers, WHOLE, "127.0.32")
    trial.run()
    assert trial.sessions == 2000
