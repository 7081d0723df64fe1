"""The reference gateway without sockets and kernel: orders, reports, the server's absence, what the kernel is told."""

from __future__ import annotations

import asyncio
import json
import tomllib
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from netquota.domain.units import Octets2, Rate
from netquota.errors import ConfigurationError
from netquota_gateway import away, ruleset
from netquota_gateway.gateway import Answer, Gateway, Refusal
from netquota_gateway.kernel import read_classes, read_counters, read_guests
from netquota_gateway.memory import Memory
from netquota_gateway.names import Names
from netquota_gateway.orders import OrderDesk
from netquota_gateway.sessions import Moment
from netquota_gateway.settings import Settings, parse
from radius import tables as t
from radius.codec import Code, Packet, attribute, integer_octets, reply, request, vendor_attribute
from radius.codec import parse as packet_of

SECRET = b"sixteen octets or more"
SERVER, IP, MAC = "10.77.0.1", "10.5.0.11", "02:00:00:00:00:01"
BEGIN = Moment(1000.0, 1_790_000_000.0)
TABLES: dict[str, dict[str, Any]] = {
    "gateway": {"identifier": "gw", "lan": "lan", "wan": "wan", "address": "10.5.0.1"},
    "radius": {"server": SERVER, "source": "10.76.0.2", "secret": SECRET.decode(), "accounting_retry_s": 1.0},
    "shaping": {"line": "100M/100M", "ceiling": "20M/20M"},
    "fail_open": {"after_s": 30.0, "probe_s": 10.0, "rate": "5M/2M"},
}


class KernelInMemory:
    """What was told, and counters that a test sets."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.counted: dict[int, Octets2] = {}
        self.strangers: list[tuple[str, str]] = []

    def prepare(self) -> None:
        self.told.append("prepare")

    def rules(self, text: str) -> None:
        self.told.append(text)

    def queues(self, text: str) -> None:
        self.told.append(text)

    def octets(self) -> dict[int, Octets2]:
        return dict(self.counted)

    def guests(self) -> list[tuple[str, str]]:
        return self.strangers

    def hardware_address(self, ip: str) -> str | None:
        return MAC if ip == IP else None


class Bench:
    """A gateway, its kernel, and a server that answers as it is told."""

    def __init__(self, folder: Path | None = None) -> None:
        self.settings = parse(TABLES)
        self.kernel, self.now = KernelInMemory(), BEGIN
        self.gateway = Gateway(self.settings, self.kernel, Memory(folder), lambda octets: bytes(range(octets)), BEGIN)
        self.desk = OrderDesk(self.gateway)
        self.gateway.start(BEGIN)

    def later(self, seconds: float) -> None:
        self.now = Moment(self.now.s + seconds, self.now.epoch_s + seconds)

    def serve(self, *attributes: bytes, answers: bool = True) -> list[Packet]:
        """Let the gateway send, answer all of it with these attributes; the reports that it sent."""
        questions, reports = self.gateway.poll(self.now)
        for datagram in questions if answers else ():
            asked = packet_of(datagram)
            self.gateway.answered(reply(Code.ACCESS_ACCEPT, asked, b"".join(attributes), SECRET), self.now)
        for datagram in reports if answers else ():
            self.gateway.acknowledged(reply(Code.ACCOUNTING_RESPONSE, packet_of(datagram), b"", SECRET), self.now)
        return [packet_of(datagram) for datagram in reports]

    def log_in(self, *attributes: bytes) -> None:
        said: list[Answer] = []
        self.gateway.log_in(IP, "budi", "rahasia", self.now, said.append)
        self.serve(*attributes)
        assert said == [Answer(None)]

    def order(self, code: Code, *attributes: bytes, age_s: float = 0, source: str = SERVER) -> Packet | None:
        stamp = attribute(t.EVENT_TIMESTAMP, integer_octets(int(self.now.epoch_s - age_s)))
        datagram = request(code, 7, b"".join(attributes) + stamp, SECRET)
        answer = self.desk.answer(datagram, source, self.now)
        return None if answer is None else packet_of(answer)


BUDI = attribute(t.USER_NAME, b"budi")


def down(bps: int) -> bytes:
    return vendor_attribute(*t.WISPR_BANDWIDTH_MAX_DOWN, integer_octets(bps))


def cap(octets: int) -> bytes:
    return vendor_attribute(*t.CHILLISPOT_MAX_TOTAL_OCTETS, integer_octets(octets))


def statuses(reports: list[Packet]) -> list[int | None]:
    return [one.integer(t.ACCT_STATUS_TYPE) for one in reports]


def test_who_is_accepted_gets_a_class_and_a_start_with_the_class_token() -> None:
    bench = Bench()
    bench.log_in(down(10_000_000), attribute(t.CLASS, b"token"))
    start = next(one for one in bench.serve() if one.integer(t.ACCT_STATUS_TYPE) == 1)
    assert start.get(t.CLASS) == b"token"
    assert any("ceil 10000000bit" in text for text in bench.kernel.told)
    assert ruleset.admit(IP, MAC, 0x100) in bench.kernel.told


def test_unknown_device_and_silent_server_are_told_apart() -> None:
    bench, said = Bench(), list[Answer]()
    bench.gateway.log_in("10.5.0.99", "budi", "x", bench.now, said.append)
    bench.gateway.log_in(IP, "budi", "x", bench.now, said.append)
    for _ in range(10):
        bench.serve(answers=False)
        bench.later(3)
    assert [one.refusal for one in said] == [Refusal.UNKNOWN_DEVICE, Refusal.NO_ANSWER]


@pytest.mark.parametrize(
    ("code", "attributes", "cause"),
    [
        (Code.COA_REQUEST, [BUDI, down(2_000_000)], None),
        (Code.COA_REQUEST, [attribute(t.USER_NAME, b"sari"), down(2_000_000)], 503),
        (Code.COA_REQUEST, [down(2_000_000)], 402),  # whose?
        (Code.COA_REQUEST, [BUDI], 402),  # what?
        (Code.COA_REQUEST, [BUDI, down(0)], 407),
        (Code.COA_REQUEST, [BUDI, vendor_attribute(*t.MIKROTIK_RATE_LIMIT, b"1M/1M")], 401),
        (Code.COA_REQUEST, [BUDI, attribute(t.NAS_IDENTIFIER, b"another"), down(2_000_000)], 403),
        (Code.DISCONNECT_REQUEST, [BUDI], None),
        (Code.DISCONNECT_REQUEST, [BUDI, attribute(t.ACCT_SESSION_ID, b"another")], 503),
    ],
)
def test_order_is_carried_out_or_refused_with_its_cause(code: Code, attributes: list[bytes], cause: int | None) -> None:
    bench = Bench()
    bench.log_in(down(10_000_000))
    answer = bench.order(code, *attributes)
    assert answer is not None
    assert answer.integer(t.ERROR_CAUSE) == cause
    assert answer.code == code + (1 if cause is None else 2)


def test_order_that_cannot_be_believed_gets_no_answer() -> None:
    bench = Bench()
    bench.log_in(down(10_000_000))
    assert bench.order(Code.DISCONNECT_REQUEST, BUDI, source="10.77.0.9") is None
    assert bench.order(Code.DISCONNECT_REQUEST, BUDI, age_s=301) is None
    unstamped = request(Code.DISCONNECT_REQUEST, 7, BUDI, SECRET)
    forged = request(Code.DISCONNECT_REQUEST, 7, BUDI, b"another secret here")
    assert [bench.desk.answer(one, SERVER, bench.now) for one in (unstamped, forged, b"", b"x" * 30)] == [None] * 4
    assert IP in bench.gateway.hotspot.sessions


def test_replayed_order_gets_the_same_answer_and_has_no_second_effect() -> None:
    bench = Bench()
    bench.log_in(down(10_000_000))
    stamp = attribute(t.EVENT_TIMESTAMP, integer_octets(int(bench.now.epoch_s)))
    slow = request(Code.COA_REQUEST, 7, BUDI + down(1_000_000) + stamp, SECRET)
    first = bench.desk.answer(slow, SERVER, bench.now)
    bench.later(10)
    bench.order(Code.COA_REQUEST, BUDI, down(8_000_000))
    assert bench.desk.answer(slow, SERVER, bench.now) == first
    assert bench.gateway.hotspot.sessions[IP].grant.down_bps == 8_000_000


def test_what_a_coa_leaves_out_stays() -> None:
    bench = Bench()
    bench.log_in(down(10_000_000), cap(5_000_000), attribute(t.SESSION_TIMEOUT, integer_octets(600)))
    bench.order(Code.COA_REQUEST, BUDI, down(2_000_000))
    grant = bench.gateway.hotspot.sessions[IP].grant
    assert (grant.down_bps, grant.octet_cap, grant.session_timeout_s) == (2_000_000, 5_000_000, 600)


@pytest.mark.parametrize(
    ("grant", "used", "after_s", "cause"),
    [
        (cap(1000), Octets2(400, 600), 1, 10),
        (attribute(t.SESSION_TIMEOUT, integer_octets(60)), Octets2(0, 0), 60, 5),
        (attribute(t.IDLE_TIMEOUT, integer_octets(30)), Octets2(0, 0), 30, 4),
    ],
)
def test_session_ends_by_itself_with_its_cause(grant: bytes, used: Octets2, after_s: int, cause: int) -> None:
    bench = Bench()
    bench.log_in(grant)
    bench.serve()
    bench.kernel.counted[0x100] = used
    bench.later(after_s)
    stop = bench.serve()[-1]
    assert (stop.integer(t.ACCT_STATUS_TYPE), stop.integer(t.ACCT_TERMINATE_CAUSE)) == (2, cause)
    assert (stop.integer(t.ACCT_INPUT_OCTETS), stop.integer(t.ACCT_OUTPUT_OCTETS)) == (used.input, used.output)


def test_counters_beyond_32_bits_go_into_gigawords() -> None:
    bench = Bench()
    bench.log_in()
    bench.serve()
    bench.kernel.counted[0x100] = Octets2(7, 2**32 + 5)
    bench.later(1)
    bench.gateway.log_out(IP, bench.now)
    stop = bench.serve()[-1]
    assert (stop.integer(t.ACCT_OUTPUT_OCTETS), stop.integer(t.ACCT_OUTPUT_GIGAWORDS)) == (5, 1)


def test_repeated_report_says_how_long_it_waited_under_a_new_identifier() -> None:
    bench = Bench()
    (first,) = bench.serve(answers=False)
    bench.later(2)
    (second,) = bench.serve(answers=False)
    assert (first.integer(t.ACCT_DELAY_TIME), second.integer(t.ACCT_DELAY_TIME)) == (0, 2)
    assert first.identifier != second.identifier
    assert first.get(t.EVENT_TIMESTAMP) == second.get(t.EVENT_TIMESTAMP)
    bench.gateway.acknowledged(reply(Code.ACCOUNTING_RESPONSE, first, b"", SECRET), bench.now)
    assert len(bench.gateway.reports) == 0


def test_reports_and_sessions_outlive_the_process(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.log_in()
    bench.serve(answers=False)
    again = Bench(tmp_path)
    assert statuses(again.serve()) == [1, 2, 7]  # the Start not acknowledged, the Stop of whoever was cut off, On
    assert len(Bench(tmp_path).gateway.reports) == 1


def test_gateway_opens_after_silence_and_reports_those_who_passed_once_it_is_back() -> None:
    bench = Bench()
    bench.serve()
    bench.kernel.strangers = [(IP, MAC)]
    for _ in range(31):
        bench.later(1)
        bench.serve(answers=False)
    assert ruleset.opened() in bench.kernel.told
    guest = bench.gateway.hotspot.sessions[IP]
    assert (guest.username, guest.is_guest) == ("02-00-00-00-00-01", True)
    bench.kernel.counted[guest.minor] = Octets2(10, 20)
    bench.later(10)
    bench.serve()
    assert bench.kernel.told.count(ruleset.closed(bench.settings)) == 2
    assert bench.gateway.hotspot.sessions == {}
    stop = next(one for one in bench.serve() if one.integer(t.ACCT_STATUS_TYPE) == 2)
    assert (stop.integer(t.ACCT_OUTPUT_OCTETS), stop.integer(t.ACCT_TERMINATE_CAUSE)) == (20, 10)


def test_gateway_that_shall_not_open_stays_closed() -> None:
    tables = TABLES | {"fail_open": {"enabled": False}}
    kernel = KernelInMemory()
    gateway = Gateway(parse(tables), kernel, Memory(None), bytes, BEGIN)
    gateway.start(BEGIN)
    gateway.poll(Moment(BEGIN.s + 10_000, BEGIN.epoch_s + 10_000))
    assert ruleset.opened() not in kernel.told


@pytest.mark.parametrize(
    ("table", "key", "value", "named"),
    [
        ("shaping", "ceiling", "200M/20M", "shaping.ceiling"),
        ("shaping", "line", "fast", "shaping.line"),
        ("radius", "sercet", "x", "radius.sercet"),
        ("radius", "auth_port", "1812", "radius.auth_port"),
        ("fail_open", "probe_s", 0, "fail_open.probe_s"),
        ("extra", "x", 1, "extra"),
    ],
)
def test_setting_that_cannot_be_used_is_named(table: str, key: str, value: object, named: str) -> None:
    with pytest.raises(ConfigurationError, match=named):
        parse(TABLES | {table: TABLES.get(table, {}) | {key: value}})


def test_example_settings_can_be_used() -> None:
    text = (Path(__file__).parents[3] / "deploy/gateway/gateway.example.toml").read_text()
    settings: Settings = parse(tomllib.loads(text))
    everything = parse(tomllib.loads(text.replace("\n# ", "\n")))
    assert settings.shaping.ceiling == Rate(50_000_000, 10_000_000)
    assert everything.fail_open == settings.fail_open  # what stands behind "# " is the default


def test_kernels_own_words_are_read() -> None:
    classes = (
        "class htb 1:100 parent 1:2 leaf 100: prio 1 rate 10Kbit ceil 10Mbit burst 3028b cburst 12Kb \n"
        " Sent 1514000 bytes 1000 pkt (dropped 7, overlimits 3 requeues 0) \n backlog 0b 0p requeues 0\n\n"
        "class htb 1:2 parent 1:1 rate 20Mbit ceil 20Mbit burst 25Kb cburst 25Kb \n Sent 9 bytes 1 pkt (dropped 0)\n"
    )
    assert read_classes(classes) == {0x100: 1_500_000}
    assert read_counters('{"nftables":[{"metainfo":{}},{"counter":{"name":"up1ff","bytes":77}}]}') == {0x1FF: 77}
    guest = {"elem": {"val": {"concat": ["10.5.0.12", "02:aa:00:00:00:0b"]}, "timeout": 600}}
    assert read_guests(json.dumps({"nftables": [{"set": {"name": "guests", "elem": [guest]}}]})) == [
        ("10.5.0.12", "02:AA:00:00:00:0B")
    ]


PORTAL = {"portal": {"url": "https://netquota.kota.go.id/"}}


def test_a_stranger_is_led_to_the_portal_with_what_it_needs() -> None:
    settings = parse(TABLES | PORTAL)
    address = away.portal_address(settings, IP, MAC, "http://berita.example/a?b=c", "Kuota habis.")
    parts = urlsplit(address)
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == "https://netquota.kota.go.id/portal/login"
    assert dict(parse_qsl(parts.query)) == {
        "mac": MAC, "ip": IP, "link-login-only": "http://10.5.0.1:3990/login", "identity": "gw", "server-name": "lan",
        "link-orig": "http://berita.example/a?b=c", "error": "Kuota habis.",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("host", "target", "wanted"),
    [
        ("berita.example", "/a?b=c", "http://berita.example/a?b=c"),
        ("10.5.0.1:3990", "/", ""),
        ("", "/", ""),
        ("evil@10.5.0.1", "/", ""),
        ("berita.example", "http://other/", ""),
    ],
)
def test_the_page_that_was_wanted_is_kept_where_it_is_one(host: str, target: str, wanted: str) -> None:
    assert away.wanted_page(parse(TABLES | PORTAL), host, target) == wanted


def test_a_portals_address_is_checked() -> None:
    with pytest.raises(ConfigurationError, match=r"portal\.url"):
        parse(TABLES | {"portal": {"url": "netquota.kota.go.id"}})


def test_what_is_always_reachable_is_not_led_to_the_log_in_page() -> None:
    settings = parse({**TABLES, "portal": {"always": ["10.20.4.0/24", "absensi.kota.go.id"], "servers": ["10.9.0.1"]}})
    text = ruleset.rules(settings)
    assert "set always { type ipv4_addr; flags interval; auto-merge; elements = { 10.20.4.0/24 }; }" in text
    accepted = text.index("ip daddr @always accept\n    ip daddr @servers accept")
    assert accepted < text.index("jump to_page")
    with pytest.raises(ConfigurationError, match=r"portal\.always"):
        parse({**TABLES, "portal": {"always": ["no name"]}})
    for impossible in ("a..b.go.id", "x" * 64 + ".go.id"):
        with pytest.raises(ConfigurationError, match=r"portal\.always"):
            parse({**TABLES, "portal": {"always": [impossible]}})


def test_names_are_looked_up_again_and_keep_their_addresses_while_nobody_knows_them() -> None:
    portal = parse({**TABLES, "portal": {"always": ["10.20.4.0/24", "absensi.kota.go.id"]}}).portal
    kernel, known = KernelInMemory(), [["203.0.113.9"], None, ["203.0.113.9"], ["203.0.113.7", "10.20.4.1"]]

    async def find(name: str) -> list[str]:
        assert name == "absensi.kota.go.id"
        found = known.pop(0)
        if found is None:
            raise OSError("no name server")
        return found

    names = Names(portal, kernel, find)

    async def look_up() -> None:
        for _ in range(4):
            await names.look_up()

    asyncio.run(look_up())
    assert kernel.told == [
        ruleset.reachable([IPv4Network("10.20.4.0/24"), IPv4Network("203.0.113.9")]),
        ruleset.reachable([IPv4Network(one) for one in ("10.20.4.0/24", "10.20.4.1/32", "203.0.113.7/32")]),
    ]
