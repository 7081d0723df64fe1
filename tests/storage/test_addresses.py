"""What gateways count to and from applications becomes their samples, once, whoever reports it and however often."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from datetime import date

import pytest

from netquota.clock import FixedClock
from netquota.domain.interfaces import LONGEST_GAP_S
from netquota.domain.measured_hosts import MOST_HOSTS
from netquota.domain.samples import APPLICATION
from netquota.services import addresses, gateway_tokens, interfaces
from netquota.services.allocate import add, change, remove
from netquota.services.application_use import Known, Use, told_of, use_of
from netquota.services.applications import one_followed
from netquota.services.interfaces import Answer, Told
from netquota.services.keeping import forget_samples
from netquota.services.office import Author, Office
from netquota.services.rolling import roll_up
from netquota.settings import Retention
from netquota.storage import gateway_store, schema
from tests.storage.measured_city import Measured, epoch_s

ANI = Author("ani", "uji")
SIAK, SIMRS, KK = 1, 2, 3
HOST, OTHER = "siak.kota.go.id", "10.20.0.0/24"


@dataclass
class Counting:
    """Two gateways with tokens; three applications, of which two share a host."""

    measured: Measured
    tokens: dict[str, str]

    @property
    def office(self) -> Office:
        return self.measured.office

    def pass_time(self, seconds: float = 300) -> None:
        clock = self.office.clock
        assert isinstance(clock, FixedClock)
        clock.advance(seconds)

    def tell(
        self, down: int, up: int, host: str = HOST, *, nas: str = "gw", gateway: str = "", up_s: int | None = None
    ) -> int:
        now_s = self.office.now_s
        told = Told(Answer(now_s, {}, None if up_s is None else 100 * up_s), {}, {host: (down, up)})
        return interfaces.pushed(self.office.database, self.tokens[nas], gateway, told, "10.0.0.1", now_s)

    def of(self, application_id: int) -> tuple[int, int]:
        rows = [row for row in self.measured.rows(schema.usage_sample) if row[:2] == (APPLICATION, application_id)]
        return sum(row.down for row in rows), sum(row.up for row in rows)

    def readings(self) -> list[tuple[int, str, int, str]]:
        return [tuple(row)[:4] for row in self.measured.rows(schema.address_reading)]

    def use(self, code: str = "SIAK") -> Use:
        with self.office.database.read() as connection:
            return use_of(connection, self.office, one_followed(self.office, connection, code).application)


@pytest.fixture
def city(office: Office) -> Counting:
    for number, name in enumerate(("gw", "gw2"), 1):
        add(office, "nas", {"name": name, "address": f"10.0.0.{number}", "family": "mikrotik"}, ANI)
    add(office, "opd", {"code": "DINKES", "name": "Kesehatan"}, ANI)
    for code, address in (("SIAK", f"https://{HOST}/masuk, {OTHER}"), ("SIMRS", ""), ("KK", f"{HOST}:8443")):
        told = {"code": code, "name": code, "opd": "DINKES", "function": "uji", "address": address}
        add(office, "application", {name: text for name, text in told.items() if text}, ANI)
    tokens = {name: gateway_tokens.create_token(office, name, ANI).text for name in ("gw", "gw2")}
    return Counting(Measured(office), tokens)


def test_growth_counts_for_each_application_that_has_the_host(city: Counting) -> None:
    assert city.tell(1_000, 50) == 0  # nobody knows since when it counts
    city.pass_time()
    assert city.tell(4_000, 150) == 1
    assert (city.of(SIAK), city.of(KK), city.of(SIMRS)) == ((3_000, 100), (3_000, 100), (0, 0))
    city.tell(10, 10, OTHER)
    city.pass_time()
    city.tell(25, 11, OTHER)
    assert (city.of(SIAK), city.of(KK)) == ((3_015, 101), (3_000, 100))


def test_the_hosts_of_an_application_in_one_report_are_summed(city: Counting) -> None:
    for total in (0, 100):
        told = Told(Answer(city.office.now_s, {}), {}, {HOST: (total, total), OTHER: (2 * total, total)})
        interfaces.pushed(city.office.database, city.tokens["gw"], "", told, "10.0.0.1", city.office.now_s)
        city.pass_time()
    assert (city.of(SIAK), city.of(KK)) == ((300, 200), (100, 100))


def test_nothing_that_passed_is_known_too(city: Counting) -> None:
    city.tell(7, 7)
    city.pass_time()
    city.tell(7, 7)
    assert [row.down for row in city.measured.rows(schema.usage_sample)] == [0, 0]


def test_repeated_reports_count_once(city: Counting) -> None:
    city.tell(0, 0)
    city.pass_time()
    assert [city.tell(500, 5) for _ in range(3)] == [1, 0, 0]
    city.pass_time(10)
    city.tell(500, 5)
    assert city.of(SIAK) == (500, 5)


def test_a_report_whose_moment_is_past_counts_nothing_and_moves_nothing(city: Counting) -> None:
    city.tell(0, 0)
    city.pass_time()
    city.tell(500, 5)
    late = Told(Answer(city.office.now_s - 100, {}), {}, {HOST: (300, 3)})
    interfaces.pushed(city.office.database, city.tokens["gw"], "", late, "10.0.0.1", city.office.now_s)
    city.pass_time()
    city.tell(600, 6)
    assert city.of(SIAK) == (600, 6)


def test_reports_at_the_same_time_count_once(city: Counting) -> None:
    for nas in ("gw", "gw2"):
        city.tell(0, 0, nas=nas)
    city.pass_time()
    threads = [
        threading.Thread(target=city.tell, args=(1_000, 10), kwargs={"nas": nas})
        for nas in ("gw", "gw2")
        for _ in "123"
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert city.of(SIAK) == city.of(KK) == (2_000, 20)


def test_each_gateways_flow_is_its_own(city: Counting) -> None:
    for total in (0, 100):
        city.tell(total, total, nas="gw", gateway="utara")
        city.tell(5_000 + total, total, nas="gw", gateway="selatan")
        city.tell(9_000 + 3 * total, total, nas="gw2")
        city.pass_time()
    assert city.of(SIAK) == (500, 300)
    assert len(city.measured.rows(schema.usage_sample)) == 2  # one bin of each application
    assert city.use().reporting.gateways == 3


def test_one_of_several_gateways_that_does_not_say_which_counts_for_none(city: Counting) -> None:
    with city.office.database.write() as connection:
        gateway_store.ensure_gateways(connection, {(1, "a"): "10.0.0.1", (1, "b"): "10.0.0.1"}, city.office.now_s)
    for total in (0, 100):
        city.tell(total, total)
        city.pass_time()
    assert (city.readings(), city.of(SIAK)) == ([], (0, 0))


def test_a_counter_that_began_again_counts_from_there(city: Counting) -> None:
    city.tell(10**9, 10**6, up_s=9_000)
    city.pass_time(600)
    city.tell(2_000, 20, up_s=100)
    assert city.of(SIAK) == (2_000, 20)
    assert len(city.measured.rows(schema.usage_sample)) == 2  # since its start, one bin of each application
    city.pass_time()
    city.tell(2**63, 40, up_s=400)  # more than anything carries
    city.pass_time()
    city.tell(2**63 + 5, 41, up_s=700)
    assert city.of(SIAK) == (2_005, 21)


def test_growth_over_a_long_time_is_volume_alone(city: Counting) -> None:
    city.tell(0, 0)
    city.pass_time(7_200)
    city.tell(24_000, 240)
    assert city.of(SIAK) == (24_000, 240)
    assert len(city.measured.rows(schema.coarse_bin)) == 48


def test_what_nobody_asked_for_is_ignored(city: Counting) -> None:
    for total in (0, 100):
        assert city.tell(total, total, "lain.go.id") == 0
        city.pass_time()
    assert (city.readings(), city.measured.sampled(APPLICATION)) == ([], (0, 0))
    with pytest.raises(interfaces.UnknownToken):
        interfaces.pushed(city.office.database, "nqg_x", "", Told(Answer(0, {}), {}, {HOST: (1, 1)}), "", 0)


def test_gateways_are_asked_for_the_first_hosts_by_code_each_once(city: Counting) -> None:
    asked = interfaces.asked_of(city.office.database, city.tokens["gw"], "").hosts
    assert asked == (HOST, OTHER)
    for number in range(MOST_HOSTS):
        told = {"code": f"A{number:02}", "name": "A", "opd": "DINKES", "function": "uji", "address": f"10.9.0.{number}"}
        add(city.office, "application", told, ANI)
    asked = interfaces.asked_of(city.office.database, city.tokens["gw"], "").hosts
    assert asked == tuple(f"10.9.0.{number}" for number in range(MOST_HOSTS))
    assert city.use().known is Known.TOO_MANY


def test_hosts_that_are_named_no_more_begin_anew(city: Counting) -> None:
    city.tell(0, 0)
    change(city.office, "application", "SIAK", {"address": OTHER}, ANI)
    addresses.let_go(city.measured.shift())
    assert city.readings() == [(KK, HOST, 1, "")]
    change(city.office, "application", "SIAK", {"address": HOST}, ANI)
    city.pass_time()
    city.tell(100, 1)
    assert (city.of(SIAK), city.of(KK)) == ((0, 0), (100, 1))
    city.pass_time(LONGEST_GAP_S + 1)
    addresses.let_go(city.measured.shift())
    assert city.readings() == []


def test_with_an_application_its_readings_go_and_its_samples_in_their_time(city: Counting) -> None:
    for total in (0, 100):
        city.tell(total, total)
        city.pass_time()
    remove(city.office, "application", "SIAK", ANI)
    assert city.readings() == [(KK, HOST, 1, "")]
    assert city.of(SIAK) == (100, 100)  # what was counted stays, as a site's does
    remove(city.office, "nas", "gw", ANI)
    assert city.readings() == []
    city.pass_time(7_200)
    roll_up(city.measured.shift(), city.office.zone)
    assert city.measured.hourly(APPLICATION) == (200, 200)
    city.pass_time(3 * 86_400)
    roll_up(city.measured.shift(), city.office.zone)
    assert city.measured.daily(APPLICATION) == (200, 200)
    kept = Retention(site_samples_days=1, site_sums_days=1)
    forget_samples(city.measured.shift(), kept, city.office.zone)
    assert city.measured.sampled(APPLICATION) == city.measured.hourly(APPLICATION) == city.measured.daily(APPLICATION)
    assert city.measured.hourly(APPLICATION) == (0, 0)


def test_why_an_application_is_not_measured_is_told(city: Counting) -> None:
    assert city.use("SIMRS").known is Known.NO_ADDRESS
    change(city.office, "application", "SIMRS", {"address": "belum ada"}, ANI)
    assert city.use("SIMRS").known is Known.NO_HOST
    assert city.use().known is Known.NOT_REPORTED
    city.tell(0, 0)
    assert city.use().known is Known.NO_FIGURES
    assert told_of(city.use())["figures"] is None


def test_the_percentile_is_of_office_hours_and_days_are_working_days(city: Counting) -> None:
    flows = (
        (epoch_s(2026, 11, 21, 10), 9_000_000, 900_000),  # Saturday
        (epoch_s(2026, 11, 23, 10), 3_000_000, 300_000),  # Monday
        (epoch_s(2026, 11, 23, 20), 9_000_000, 900_000),
        (epoch_s(2026, 11, 20, 20), 0, 900_000),  # Friday; nothing answered
    )
    city.measured.flow((APPLICATION, SIAK, *one) for one in flows)
    one = city.use().figures
    assert one is not None
    assert (one.down, one.up) == (21_000_000, 3_000_000)
    assert (one.p95_down_bps, one.p95_up_bps, one.used_days, one.working_days) == (80_000, 8_000, 1, 2)


def test_thirty_days_of_an_application_are_told(city: Counting) -> None:
    city.tell(0, 0)  # Tuesday 09.00
    total = 0
    for _ in range(12):
        city.pass_time()
        total += 3_000_000
        city.tell(total, total // 10)
    city.pass_time(20 * 3600)  # Wednesday 06.00: over so long a time it says nothing of office hours
    city.tell(total, total // 10)
    city.pass_time(900)
    found = city.use()
    assert (found.known, found.since, found.hosts) == (Known.MEASURED, date(2026, 11, 24), (HOST, OTHER))
    one = found.figures
    assert one is not None
    assert (one.first, one.last, one.down, one.up) == (date(2026, 10, 27), date(2026, 11, 25), total, total // 10)
    assert (one.p95_down_bps, one.p95_up_bps) == (80_000, 8_000)
    assert (one.used_days, one.working_days) == (1, 2)
    city.pass_time(40 * 86_400)
    assert replace(city.use(), reporting=found.reporting) == Use(
        Known.NO_FIGURES, found.hosts, found.reporting, found.since
    )
