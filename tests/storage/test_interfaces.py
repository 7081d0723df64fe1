"""Interfaces of sites and links become samples, exact to the octet, whoever read them and whatever fails meanwhile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from sqlalchemy import event, select

from netquota.clock import FixedClock
from netquota.domain.samples import LINK, LINK_INTERFACE, SITE_INTERFACE
from netquota.errors import InvalidValue
from netquota.services import gateway_tokens, interfaces, usage
from netquota.services.allocate import add, change, remove
from netquota.services.interfaces import Answer, Asked, Counters, Echo, Told
from netquota.services.office import Author, Office
from netquota.storage import gateway_store, interface_store, schema
from netquota.storage.interface_store import Held
from tests.storage.measured_city import Measured

ANI = Author("ani", "uji")
M = 10**6


@dataclass
class FakeNetwork:
    """Gateways that say what they are told to say."""

    said: dict[str, Answer] = field(default_factory=dict[str, Answer])
    echoes: dict[str, Echo] = field(default_factory=dict[str, Echo])
    asked: list[Asked] = field(default_factory=list[Asked])

    def read(self, asked: Sequence[Asked]) -> Mapping[int, Answer]:
        self.asked = list(asked)
        return {one.access.nas_id: self.said[one.access.nas] for one in asked if one.access.nas in self.said}

    def ping(self, addresses: Sequence[str]) -> Mapping[str, Echo]:
        return {address: self.echoes[address] for address in addresses if address in self.echoes}

    def stop(self) -> None:
        raise AssertionError("nobody stops here")


@dataclass
class Wired:
    """A link and a site that name interfaces of one gateway with SNMP."""

    measured: Measured
    network: FakeNetwork

    @property
    def office(self) -> Office:
        return self.measured.office

    def pass_time(self, seconds: float) -> None:
        clock = self.office.clock
        assert isinstance(clock, FixedClock)
        clock.advance(seconds)

    def say(self, gateway: str = "gw", **octets: tuple[int, int]) -> str:
        """The gateway has these totals now, and the clock asks."""
        counters = {name: Counters(*both, if_index=place) for place, (name, both) in enumerate(octets.items(), 1)}
        self.network.said = {gateway: Answer(self.office.now_s, counters, self.office.now_s * 100 % 2**32)}
        return self.read()

    def read(self) -> str:
        return interfaces.read_interfaces(self.measured.shift(), self.network)

    def held(self) -> dict[tuple[int, int], Held]:
        with self.office.database.read() as connection:
            return interface_store.held(connection)


@pytest.fixture
def city(office: Office) -> Wired:
    snmp = {"snmp": "2c", "snmp_community": "kota-baca"}
    add(office, "nas", {"name": "gw", "address": "10.0.0.1", "family": "mikrotik", **snmp}, ANI)
    add(office, "opd", {"code": "DINKES", "name": "Kesehatan"}, ANI)
    link = {"name": "A", "provider": "P", "capacity": "100M/50M", "nas": "gw", "interface": "wan"}
    add(office, "link", link | {"probe_address": "192.0.2.1"}, ANI)
    add(office, "site", {"name": "S", "opd": "DINKES", "link": "A", "nas": "gw", "interface": "lan"}, ANI)
    return Wired(Measured(office), FakeNetwork())


def test_what_interfaces_carried_becomes_samples_in_the_users_directions(city: Wired) -> None:
    city.say(wan=(1_000, 2_000), lan=(10, 20))
    city.pass_time(300)
    assert city.say(wan=(4_000, 2_500), lan=(110, 1_020)).startswith("1 of 1 gateways answered, 2 interfaces counted")
    assert city.measured.sampled(LINK_INTERFACE) == (3_000, 500)  # it faces the provider: in is down
    assert city.measured.sampled(SITE_INTERFACE) == (1_000, 100)  # it faces the users: in is up
    link = city.held()[LINK_INTERFACE, 1]
    assert (link.now_down_bps, link.now_up_bps, link.by, link.problem) == (80, 13, "snmp", "")
    assert (link.total_down, link.total_up) == (3_000, 500)


def test_samples_are_the_totals_to_the_octet_over_gaps_starts_and_repeats(city: Wired) -> None:
    total = 0
    for seconds, octets in ((300, 7), (301, 0), (1, 3), (7_200, 10**12 + 1), (299, 5), (3, 1)):
        city.say(wan=(total, 2 * total), lan=(0, 0))
        city.read()  # the same answer again
        city.pass_time(seconds)
        total += octets
    city.say(wan=(total, 2 * total), lan=(0, 0))
    assert city.measured.sampled(LINK_INTERFACE) == (total, 2 * total)
    assert len(city.measured.rows(schema.coarse_bin)) == 48  # two hours of two interfaces, which say little of each bin
    city.pass_time(300)
    city.say(wan=(40, 50), lan=(0, 0))  # the counters began again
    assert city.measured.sampled(LINK_INTERFACE) == (total + 40, 2 * total + 50)


def test_a_gateway_that_says_nothing_says_why_and_goes_on_later(city: Wired) -> None:
    city.say(wan=(0, 0), lan=(0, 0))
    city.network.said = {"gw": Answer(city.office.now_s, {}, problem="SNMP: no answer")}
    city.pass_time(300)
    assert city.read().startswith("0 of 1")
    first = city.held()[LINK_INTERFACE, 1]
    assert (first.problem, first.problem_s) == ("SNMP: no answer", city.office.now_s)
    city.pass_time(300)
    city.read()
    assert city.held()[LINK_INTERFACE, 1].problem_s == first.problem_s  # since when it is so
    city.pass_time(300)
    city.say(wan=(900, 0), lan=(0, 0))
    after = city.held()[LINK_INTERFACE, 1]
    assert (after.problem, after.total_down) == ("", 900)


def test_an_interface_that_is_not_there_is_named(city: Wired) -> None:
    city.say(wan=(1, 1))
    assert city.held()[SITE_INTERFACE, 1].problem == interfaces.NO_INTERFACE


def test_another_interface_is_another_counter(city: Wired) -> None:
    city.say(wan=(10**9, 0), lan=(0, 0))
    change(city.office, "link", "A", {"interface": "wan2"}, ANI)
    city.pass_time(300)
    city.say(wan=(10**9 + 5, 0), wan2=(2 * 10**9, 0), lan=(0, 0))
    assert city.measured.sampled(LINK_INTERFACE) == (0, 0)
    assert city.held()[LINK_INTERFACE, 1].interface == "wan2"
    change(city.office, "link", "A", {"interface": ""}, ANI)
    city.pass_time(300)
    city.read()
    assert (LINK_INTERFACE, 1) not in city.held()


def test_places_in_the_gateways_table_are_remembered(city: Wired) -> None:
    city.say(wan=(1, 1), lan=(1, 1))
    assert city.network.asked[0].known == {}
    city.read()
    assert city.network.asked[0].known == {"wan": 1, "lan": 2}
    assert city.network.asked[0].names == ("lan", "wan")


def test_far_ends_are_counted_by_bin(city: Wired) -> None:
    city.network.echoes = {"192.0.2.1": Echo(5, 4, 2_000, 9_000)}
    city.say(wan=(0, 0), lan=(0, 0))
    city.network.echoes = {"192.0.2.1": Echo(5, 1, 4_500, 4_500)}
    city.read()
    (kept,) = city.measured.rows(schema.reach_sample)
    assert tuple(kept)[2:] == ("server", 10, 5, 2_500, 9_000)


def test_far_ends_of_lately_are_found_by_the_key_and_not_by_reading_all(city: Wired) -> None:
    city.network.echoes = {"192.0.2.1": Echo(5, 4, 2_000, 9_000)}
    city.say(wan=(0, 0), lan=(0, 0))
    asked: list[tuple[str, Any]] = []
    engine = city.office.database.engine

    def noted(_c: object, _cursor: object, statement: str, values: Any, *_rest: object) -> None:
        asked.append((statement, values))

    event.listen(engine, "before_cursor_execute", noted)
    with city.office.database.read() as connection:
        found = interface_store.reach_since(connection, [1], city.office.now_s - 900)
        none = interface_store.reach_since(connection, [], city.office.now_s - 900)
        event.remove(engine, "before_cursor_execute", noted)
        assert ([one.received for one in found], none) == ([4], [])
        if engine.dialect.name == "sqlite":
            statement, values = next(one for one in asked if "reach_sample" in one[0])
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
            assert "SEARCH reach_sample USING PRIMARY KEY (link_id=? AND bin_s>?)" in str(plan)


def test_a_gateway_without_snmp_is_told_how_it_can_be_measured(city: Wired) -> None:
    change(city.office, "nas", "gw", {"snmp": "off"}, ANI)
    city.read()
    assert city.held()[LINK_INTERFACE, 1].problem == interfaces.NO_WAY
    token = gateway_tokens.create_token(city.office, "gw", ANI).text
    push(city, token, wan=(5, 5), lan=(5, 5))
    city.read()
    assert city.held()[LINK_INTERFACE, 1].problem == ""
    city.pass_time(interfaces.STALE_S + 1)
    city.read()
    assert city.held()[LINK_INTERFACE, 1].problem == "its reports have stopped"


def push(city: Wired, token: str, gateway: str = "", **octets: tuple[int, int]) -> int:
    counters = {name: Counters(*both) for name, both in octets.items()}
    told = Told(Answer(city.office.now_s, counters), {"192.0.2.1": Echo(5, 5, 700), "198.51.100.1": Echo(5, 5)})
    return interfaces.pushed(city.office.database, token, gateway, told, "10.0.0.1", city.office.now_s)


def test_what_a_gateway_reports_counts_as_if_it_had_been_asked(city: Wired) -> None:
    token = gateway_tokens.create_token(city.office, "gw", ANI).text
    asked = interfaces.asked_of(city.office.database, token, "")
    assert (asked.interfaces, asked.addresses) == (("lan", "wan"), ("192.0.2.1",))
    city.say(wan=(1_000, 0), lan=(0, 0))
    city.pass_time(120)
    assert push(city, token, wan=(1_400, 60), lan=(0, 0), other=(9, 9)) == 0  # SNMP reads it
    city.pass_time(180)
    city.say(wan=(1_500, 90), lan=(0, 0))
    assert city.measured.sampled(LINK_INTERFACE) == (500, 90)
    (kept,) = city.measured.rows(schema.reach_sample)
    assert tuple(kept)[2:] == ("gateway", 5, 5, 700, None)
    change(city.office, "nas", "gw", {"snmp": "off"}, ANI)
    city.pass_time(interfaces.STALE_S + 1)
    assert push(city, token, wan=(2**40, 0), lan=(0, 0)) == 0  # another way, another counter
    city.pass_time(300)
    assert push(city, token, wan=(2**40 + 7, 1), lan=(0, 0)) == 2
    assert city.measured.sampled(LINK_INTERFACE) == (507, 91)


def test_reports_between_readings_of_32_bits_do_not_keep_them_from_counting(city: Wired) -> None:
    token = gateway_tokens.create_token(city.office, "gw", ANI).text
    for number in range(4):
        counters = {name: Counters(1_000 * number, 0, place, 32) for place, name in enumerate(("lan", "wan"), 1)}
        city.network.said = {"gw": Answer(city.office.now_s, counters)}
        city.read()
        city.pass_time(150)
        push(city, token, wan=(2**33 + number, 0), lan=(0, 0))
        city.pass_time(150)
    assert city.measured.sampled(LINK_INTERFACE) == (3_000, 0)


def test_a_counter_that_fell_by_a_little_counts_nothing_and_is_told(city: Wired) -> None:
    for total in (9 * 10**12, 9 * 10**12 - 1):
        city.say(wan=(total, 0), lan=(0, 0))
        city.pass_time(300)
    assert city.measured.sampled(LINK_INTERFACE) == (0, 0)
    assert city.held()[LINK_INTERFACE, 1].problem == interfaces.IMPLAUSIBLE
    city.say(wan=(9 * 10**12 + 4, 0), lan=(0, 0))
    assert city.measured.sampled(LINK_INTERFACE) == (5, 0)
    assert city.held()[LINK_INTERFACE, 1].problem == ""


def test_a_report_that_comes_while_others_are_asked_is_not_forgotten(city: Wired) -> None:
    change(city.office, "nas", "gw", {"snmp": "off"}, ANI)
    token = gateway_tokens.create_token(city.office, "gw", ANI).text
    push(city, token, wan=(1_000, 0), lan=(0, 0))
    city.pass_time(interfaces.STALE_S + 1)

    class Meanwhile(FakeNetwork):
        def read(self, asked: Sequence[Asked]) -> Mapping[int, Answer]:
            push(city, token, wan=(4_000, 0), lan=(0, 0))
            return super().read(asked)

    interfaces.read_interfaces(city.measured.shift(), Meanwhile())
    assert city.held()[LINK_INTERFACE, 1].problem == ""
    city.pass_time(300)
    push(city, token, wan=(4_000, 0), lan=(0, 0))
    assert city.measured.sampled(LINK_INTERFACE) == (3_000, 0)


def test_a_report_needs_the_gateways_own_token(city: Wired) -> None:
    add(city.office, "nas", {"name": "gw2", "address": "10.0.0.2", "family": "mikrotik"}, ANI)
    token = gateway_tokens.create_token(city.office, "gw2", ANI).text
    assert push(city, token, wan=(5, 5)) == 0  # another's interfaces are not its affair
    for wrong in ("", "nqg_wrong", token + "x"):
        with pytest.raises(interfaces.UnknownToken):
            push(city, wrong, wan=(5, 5))
    assert city.held() == {}


def test_of_several_gateways_behind_a_client_the_named_one_is_counted(city: Wired) -> None:
    change(city.office, "nas", "gw", {"snmp": "off"}, ANI)
    change(city.office, "site", "S", {"match_gateway": "gw-a"}, ANI)
    token = gateway_tokens.create_token(city.office, "gw", ANI).text
    assert interfaces.asked_of(city.office.database, token, "gw-b").interfaces == ("wan",)
    push(city, token, "gw-b", wan=(10**9, 1), lan=(1, 1))
    assert (SITE_INTERFACE, 1) not in city.held()
    push(city, token, "gw-a", wan=(5, 1), lan=(1, 1))
    assert (SITE_INTERFACE, 1) in city.held()
    for number in (1, 2):  # the link is the first one's, and counts what that says alone
        city.pass_time(300)
        push(city, token, "gw-a", wan=(5, 1), lan=(1, 1))
        push(city, token, "gw-b", wan=(10**9 + 100 * number, 1))
    assert city.measured.sampled(LINK_INTERFACE) == (200, 0)
    assert city.held()[LINK_INTERFACE, 1].gateway == "gw-b"
    city.pass_time(interfaces.STALE_S + 1)
    push(city, token, "gw-a", wan=(2 * 10**9, 1))  # it is silent: another counter begins
    assert (city.measured.sampled(LINK_INTERFACE), city.held()[LINK_INTERFACE, 1].gateway) == ((200, 0), "gw-a")


def test_a_report_without_its_gateways_name_counts_only_where_there_is_one(city: Wired) -> None:
    change(city.office, "nas", "gw", {"snmp": "off"}, ANI)
    token = gateway_tokens.create_token(city.office, "gw", ANI).text
    with city.office.database.write() as connection:
        nas_id = connection.execute(select(schema.nas.c.id)).scalar_one()
        gateway_store.ensure_gateways(connection, {(nas_id, "gw-a"): "10.0.0.1"}, city.office.now_s)
    push(city, token, wan=(5, 5), lan=(5, 5))
    assert city.held()[LINK_INTERFACE, 1].problem == ""
    with city.office.database.write() as connection:
        gateway_store.ensure_gateways(connection, {(nas_id, "gw-b"): "10.0.0.1"}, city.office.now_s)
    city.pass_time(300)
    assert push(city, token, wan=(9, 9), lan=(9, 9)) == 0
    assert city.held()[LINK_INTERFACE, 1].problem == interfaces.UNNAMED


def test_the_link_uses_what_its_interface_said_and_tells_what_no_session_accounts_for(city: Wired) -> None:
    # an hour in which each bin was read
    hour_s = -(-city.office.now_s // 3600) * 3600
    city.pass_time(hour_s - city.office.now_s)
    for number in range(13):
        city.say(wan=(number * 1_000, 0), lan=(0, 0))
        city.pass_time(300)
    city.measured.flow([(LINK, 1, hour_s + 300 * number, 400, 0) for number in range(12)])
    with city.office.database.read() as connection:
        found = usage.unaccounted(connection, LINK, 1, hour_s, hour_s + 3600)
    assert found is not None
    assert (found.measured, found.accounted, found.share) == (12_000, 4_800, pytest.approx(0.6))


def test_a_rehearsal_asks_nobody(city: Wired) -> None:
    shift = replace(city.measured.shift(), rehearsal=True)
    assert interfaces.read_interfaces(shift, city.network) == "1 gateways and 1 far ends would be asked"
    assert city.network.asked == []


@pytest.mark.parametrize(
    ("kind", "key", "values", "field_name"),
    [
        ("nas", "gw", {"snmp": "3"}, "snmp_user"),
        ("nas", "gw", {"snmp": "3", "snmp_user": "u"}, "snmp_auth_password"),
        ("nas", "gw", {"snmp": "3", "snmp_user": "u", "snmp_auth": "none"}, "snmp_privacy"),
        ("nas", "gw", {"snmp_community": ""}, "snmp_community"),
        ("nas", "gw", {"snmp_auth_password": "short"}, "snmp_auth_password"),
        ("link", "A", {"nas": ""}, "interface"),
        ("site", "S", {"interface_faces": "north"}, "interface_faces"),
        ("link", "A", {"probe_address": "www.kota.go.id"}, "probe_address"),
    ],
)
def test_what_does_not_go_together_is_refused_by_name(
    city: Wired, kind: str, key: str, values: dict[str, str], field_name: str
) -> None:
    with pytest.raises(InvalidValue) as caught:
        change(city.office, kind, key, values, ANI)
    assert caught.value.field == field_name


def test_a_gateway_at_which_a_link_is_measured_stays(city: Wired) -> None:
    remove(city.office, "site", "S", ANI)
    with pytest.raises(Exception, match="link"):
        remove(city.office, "nas", "gw", ANI)
