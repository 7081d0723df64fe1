"""Accounting-Requests as the books see them, and the time at which things happened (model.md, Counting)."""

from dataclasses import replace
from ipaddress import IPv6Address

import pytest

from netquota.domain.mac import MacFormat, normalised_mac, written_mac
from netquota.domain.places import Nas
from netquota.errors import Malformed
from radius import tables as t
from radius.codec import Code, Packet, attribute, integer_octets, parse, request
from radius.families import FAMILIES
from radius.families.reports import (
    AccountingReport,
    ClockOffset,
    ReportStatus,
    clock_offset,
    device,
    event_time,
    report,
)

NAS = Nas(1, "gw", "192.0.2.10", b"secret", "mikrotik")
DAY = 86_400
NOW = 1_760_000_000


def packet(*attributes: tuple[int, bytes | str | int]) -> Packet:
    def octets(value: bytes | str | int) -> bytes:
        if isinstance(value, int):
            return integer_octets(value)
        return value.encode() if isinstance(value, str) else value

    body = b"".join(attribute(kind, octets(value)) for kind, value in attributes)
    return parse(request(Code.ACCOUNTING_REQUEST, 7, body, b"secret", message_authenticator=False))


def told(*attributes: tuple[int, bytes | str | int], nas: Nas = NAS, family: str = "mikrotik") -> AccountingReport:
    return report(packet((t.ACCT_STATUS_TYPE, 3), *attributes), nas, FAMILIES[family], NOW, "192.0.2.10")


def test_interim_is_read_whole() -> None:
    found = told(
        (t.USER_NAME, "siti"), (t.NAS_IDENTIFIER, "gw-balaikota"), (t.ACCT_SESSION_ID, "81a00017"),
        (t.CALLING_STATION_ID, "aa-bb-cc-dd-ee-0f"), (t.CALLED_STATION_ID, "hotspot1"), (t.NAS_PORT_ID, "vlan20"),
        (t.NAS_PORT, 7), (t.FRAMED_IP_ADDRESS, bytes((10, 5, 0, 17))), (t.CLASS, b"token"),
        (t.ACCT_INPUT_OCTETS, 5), (t.ACCT_INPUT_GIGAWORDS, 1), (t.ACCT_OUTPUT_OCTETS, 9), (t.ACCT_OUTPUT_GIGAWORDS, 3),
        (t.ACCT_SESSION_TIME, 600), (t.ACCT_DELAY_TIME, 4), (t.EVENT_TIMESTAMP, NOW - 5),
    )  # fmt: skip
    assert found == AccountingReport(
        ReportStatus.INTERIM, "gw-balaikota", "81a00017", "siti", "AA:BB:CC:DD:EE:0F", "10.5.0.17", "hotspot1",
        "vlan20", b"token", 5, 9, 1, 3, 600, 4, NOW - 5, NOW, "",
    )  # fmt: skip


def test_a_text_that_ends_with_nul_is_read_without_it() -> None:
    """No database takes NUL in a text: one such gateway would keep a whole batch out of the books."""
    found = told((t.USER_NAME, b"siti\0"), (t.NAS_IDENTIFIER, b"gw\0"), (t.ACCT_SESSION_ID, b"81a0\0"))
    assert (found.username, found.gateway, found.acct_session_id) == ("siti", "gw", "81a0")


@pytest.mark.parametrize(
    ("number", "status"),
    [
        (1, ReportStatus.START),
        (2, ReportStatus.STOP),
        (3, ReportStatus.INTERIM),
        (7, ReportStatus.ON),
        (8, ReportStatus.OFF),
        (9, ReportStatus.OTHER),
        (15, ReportStatus.OTHER),
        (77, ReportStatus.OTHER),
    ],
)
def test_every_status_is_told_apart(number: int, status: ReportStatus) -> None:
    found = report(packet((t.ACCT_STATUS_TYPE, number)), NAS, FAMILIES["plain"], NOW)
    assert found.status is status
    assert found.concerns_session == (status.value in {"start", "interim", "stop"})


def test_request_without_status_is_malformed() -> None:
    with pytest.raises(Malformed):
        report(packet((t.USER_NAME, "siti")), NAS, FAMILIES["plain"], NOW)


def test_gateway_is_known_by_name_then_address_then_source() -> None:
    v6 = IPv6Address("2001:db8::1").packed
    assert told((t.NAS_IP_ADDRESS, bytes((192, 0, 2, 9))), (t.NAS_IDENTIFIER, "gw")).gateway == "gw"
    assert told((t.NAS_IPV6_ADDRESS, v6), (t.NAS_IP_ADDRESS, bytes((192, 0, 2, 9)))).gateway == "192.0.2.9"
    assert told((t.NAS_IPV6_ADDRESS, v6)).gateway == "2001:db8::1"
    assert told().gateway == "192.0.2.10"


@pytest.mark.parametrize(
    ("family", "reversed_here", "swapped"),
    [("mikrotik", None, False), ("mikrotik", True, True), ("chilli", None, True), ("chilli", False, False)],
)
def test_directions_follow_the_nas_then_its_family(family: str, reversed_here: bool | None, swapped: bool) -> None:
    nas = replace(NAS, octets_reversed=reversed_here)
    counters = ((t.ACCT_INPUT_OCTETS, 10), (t.ACCT_OUTPUT_OCTETS, 99), (t.ACCT_OUTPUT_GIGAWORDS, 1))
    found = told(*counters, nas=nas, family=family)
    assert (found.input_octets, found.output_octets) == ((99, 10) if swapped else (10, 99))
    assert (found.input_gigawords, found.output_gigawords) == ((1, None) if swapped else (None, 1))


def test_what_is_left_out_is_told_from_zero() -> None:
    silent = told((t.ACCT_INPUT_OCTETS, 10))
    assert (silent.input_gigawords, silent.output_gigawords, silent.session_time_s) == (None, None, None)
    zeros = told((t.ACCT_INPUT_GIGAWORDS, 0), (t.ACCT_OUTPUT_GIGAWORDS, 0), (t.ACCT_SESSION_TIME, 0))
    assert (zeros.input_gigawords, zeros.output_gigawords, zeros.session_time_s) == (0, 0, 0)


def test_numbered_port_stands_in_for_a_named_one() -> None:
    assert told((t.NAS_PORT, 2_155_872_264)).nas_port == "2155872264"


def test_terminate_cause_is_named() -> None:
    assert told((t.ACCT_TERMINATE_CAUSE, 5)).terminate_cause == "Session-Timeout"
    assert told((t.ACCT_TERMINATE_CAUSE, 99)).terminate_cause == "99"


@pytest.mark.parametrize(
    ("text", "mac"),
    [
        ("AA-BB-CC-DD-EE-FF", "AA:BB:CC:DD:EE:FF"),
        ("aabb.ccdd.eeff", "AA:BB:CC:DD:EE:FF"),
        ("aabbccddeeff", "AA:BB:CC:DD:EE:FF"),
        ("aa:bb:cc:dd:ee:ff", "AA:BB:CC:DD:EE:FF"),
        ("aa:bb:cc:dd:ee", "aa:bb:cc:dd:ee"),
        ("10.0.0.7", "10.0.0.7"),
        ("", ""),
    ],
)
def test_hardware_addresses_have_one_form(text: str, mac: str) -> None:
    assert normalised_mac(text) == mac


@pytest.mark.parametrize("form", list(MacFormat))
def test_hardware_address_is_written_as_the_gateway_does(form: MacFormat) -> None:
    assert written_mac("AA:BB:CC:DD:EE:FF", form) == form.value
    assert written_mac("+62811", form) == "+62811"


def stamped(event_s: int | None, arrival_s: int = NOW, delay_s: int = 0) -> AccountingReport:
    return replace(told(), event_timestamp_s=event_s, arrival_s=arrival_s, delay_s=delay_s)


@pytest.mark.parametrize(
    ("event_s", "delay_s", "offset_s", "happened_s"),
    [
        (NOW - 3, 0, 0, NOW - 3),
        (None, 40, 0, NOW - 40),
        (NOW - 7200, 7200, 0, NOW - 7200),   # queued during an outage: it keeps its time
        (NOW - 7200, 0, 0, NOW - 7200),      # the same from a gateway that tells no delay
        (NOW + 20, 0, 0, NOW),               # never after the arrival
        (NOW + DAY, 5, 0, NOW - 5),          # cannot be: the arrival decides
        (NOW - 3650 * DAY, 0, 0, NOW),
        (0, 0, 0, NOW),                      # a clock that was never set
        (NOW + DAY - 30, 0, DAY, NOW - 30),  # a known offset is taken off
        (NOW - DAY - 3600, 3600, -DAY, NOW - 3600),
        (NOW, 0, -DAY, NOW),                 # the clock was put right a moment ago
        (None, 10**9, 0, NOW - 2 * DAY),     # no delay is longer than any queue
    ],
)  # fmt: skip
def test_event_time_is_the_gateways_unless_it_cannot_be(
    event_s: int | None, delay_s: int, offset_s: int, happened_s: int
) -> None:
    assert event_time(stamped(event_s, delay_s=delay_s), offset_s) == happened_s


def offset_after(reports: list[AccountingReport], start: ClockOffset | None = None) -> int:
    offset = start or ClockOffset()
    for one in reports:
        offset = clock_offset(offset, one)
    return offset.offset_s


@pytest.mark.parametrize("ahead_s", [DAY, -DAY, -3650 * DAY, 301])
def test_persistent_offset_is_learnt(ahead_s: int) -> None:
    assert offset_after([stamped(NOW + s + ahead_s, NOW + s) for s in range(0, 900, 60)]) == ahead_s


def test_small_offset_is_left_alone() -> None:
    assert offset_after([stamped(NOW + s - 299, NOW + s) for s in range(0, 3600, 60)]) == 0


def test_reports_queued_during_an_outage_are_no_offset() -> None:
    queued = [stamped(NOW - 3600, NOW + s) for s in range(20)]
    assert offset_after(queued) == 0
    told_late = [stamped(NOW - 3600, NOW + s, delay_s=3600 + s) for s in range(0, 900, 60)]
    assert offset_after(told_late) == 0
    between_fresh_ones = [stamped(NOW + s - (s % 120) * 60, NOW + s) for s in range(0, 3600, 60)]
    assert offset_after(between_fresh_ones) == 0


def test_clock_put_right_loses_its_offset() -> None:
    assert offset_after([stamped(NOW + s, NOW + s) for s in range(0, 900, 60)], ClockOffset(DAY)) == 0


def test_jumping_clock_never_confirms() -> None:
    assert offset_after([stamped(NOW + s + (s % 7) * DAY, NOW + s) for s in range(0, 3600, 60)]) == 0


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (b"02-00-00-00-00-0a", "02:00:00:00:00:0A"),
        (b"02-00-00-00-00-0a\0", "02:00:00:00:00:0A"),
        (b"no address", "no address"),
        (b"x" * 253, "x" * 64),  # no longer than any database column that holds it
    ],
)
def test_device_is_named_alike_in_log_ins_and_reports(sent: bytes, kept: str) -> None:
    assert device(packet((t.CALLING_STATION_ID, sent))) == kept
