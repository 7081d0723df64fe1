"""An Accounting-Request as the books see it: who, where, how much, when. Read once per packet, so kept lean.

Directions are put right here (P20); what the octets add to the ledger is domain.counters' affair.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address
from typing import Final

from netquota.domain.mac import normalised_mac
from netquota.domain.places import Nas
from netquota.errors import Malformed
from radius import tables as t
from radius.codec import Packet
from radius.families.family import Family

CLOCK_TOLERANCE_S: Final = 300
"""An event time within this of the arrival is the gateway's own affair."""
LONGEST_DEVICE: Final = 64
"""Characters kept of a Calling-Station-Id that is no hardware address."""
LONGEST_QUEUE_S: Final = 2 * 86_400
"""A report older than this did not wait in a queue: its gateway's clock is wrong."""
FRESH_DELAY_S: Final = 60
_LAST_TAG: Final = 0x1F
_LONGEST_VLAN: Final = 4
CONFIRMING_PACKETS: Final = 3
CONFIRMING_S: Final = 600


class ReportStatus(Enum):
    """Acct-Status-Type (RFC 2866 §5.1); all others are answered and counted without effect (P14)."""

    START = "start"
    INTERIM = "interim"
    STOP = "stop"
    ON = "on"
    OFF = "off"
    OTHER = "other"


_STATUS: Final = {
    1: ReportStatus.START,
    2: ReportStatus.STOP,
    3: ReportStatus.INTERIM,
    7: ReportStatus.ON,
    8: ReportStatus.OFF,
}
_CAUSES: Final = t.VALUES["Acct-Terminate-Cause"]
_SESSION_STATUS: Final = frozenset({ReportStatus.START, ReportStatus.INTERIM, ReportStatus.STOP})


@dataclass(slots=True)  # frozen, its making would take half as long again; nobody changes it
class AccountingReport:
    """One report of a gateway. Octets: input from the user, output to the user, since the session's start, low 32 bits.

    `delay_s` how long the gateway had waited; `event_timestamp_s` and `arrival_s` epoch seconds; texts empty where the
    packet says nothing. Gigawords and `session_time_s` are None where they were left out (0 is not the same).
    """

    status: ReportStatus
    gateway: str
    acct_session_id: str
    username: str
    mac: str
    framed_ip: str
    called_station: str
    nas_port: str
    class_token: bytes | None
    input_octets: int
    output_octets: int
    input_gigawords: int | None
    output_gigawords: int | None
    session_time_s: int | None
    delay_s: int
    event_timestamp_s: int | None
    arrival_s: int
    terminate_cause: str
    vlan: int | None = None
    audit_session_id: str = ""

    @property
    def concerns_session(self) -> bool:
        """Whether it tells of one session: a Start, Interim or Stop."""
        return self.status in _SESSION_STATUS


def report(packet: Packet, nas: Nas, family: Family, arrival_s: int, source: str = "") -> AccountingReport:
    """What an Accounting-Request says. `source`: the sender's address, named where the gateway does not say who it is.

    Raises `Malformed` without Acct-Status-Type (P14): drop and count.
    """
    get = packet.get
    status = get(t.ACCT_STATUS_TYPE)
    if status is None:
        raise Malformed(offset=20, problem="no Acct-Status-Type in an Accounting-Request")
    received = _counter(packet, t.ACCT_INPUT_OCTETS, t.ACCT_INPUT_GIGAWORDS)
    sent = _counter(packet, t.ACCT_OUTPUT_OCTETS, t.ACCT_OUTPUT_GIGAWORDS)
    if family.octets_reversed if nas.octets_reversed is None else nas.octets_reversed:
        received, sent = sent, received
    session_time, delay, stamp = get(t.ACCT_SESSION_TIME), get(t.ACCT_DELAY_TIME), get(t.EVENT_TIMESTAMP)
    cause = get(t.ACCT_TERMINATE_CAUSE)
    return AccountingReport(
        _STATUS.get(int.from_bytes(status), ReportStatus.OTHER),
        gateway_identifier(packet, source),
        _text(get(t.ACCT_SESSION_ID)),
        _text(get(t.USER_NAME)),
        device(packet),
        framed_ip(packet),
        called_station(packet),
        nas_port(packet),
        get(t.CLASS),
        received[0],
        sent[0],
        received[1],
        sent[1],
        int.from_bytes(session_time) if session_time else None,
        int.from_bytes(delay) if delay else 0,
        int.from_bytes(stamp) if stamp else None,
        arrival_s,
        _cause_text(int.from_bytes(cause)) if cause else "",
        vlan(packet),
        "" if family.session_name is None else family.session_name(packet),
    )


def gateway_identifier(packet: Packet, source: str = "") -> str:
    """Which gateway speaks: NAS-Identifier, else NAS-IP-Address, else NAS-IPv6-Address, else its source (P13)."""
    name = _text(packet.get(t.NAS_IDENTIFIER))
    if name:
        return name
    address = packet.get(t.NAS_IP_ADDRESS) or packet.get(t.NAS_IPV6_ADDRESS)
    return _address_text(address) if address else source


def framed_ip(packet: Packet) -> str:
    """The user's address: Framed-IP-Address, else Framed-IPv6-Address, else empty."""
    address = packet.get(t.FRAMED_IP_ADDRESS) or packet.get(t.FRAMED_IPV6_ADDRESS)
    return _address_text(address) if address else ""


def device(packet: Packet) -> str:
    """The user's device: its hardware address in our form, else the text that the gateway has for it, cut short."""
    return normalised_mac(_text(packet.get(t.CALLING_STATION_ID)))[:LONGEST_DEVICE]


def called_station(packet: Packet) -> str:
    """Which hotspot or access point was called, as the gateway writes it."""
    return _text(packet.get(t.CALLED_STATION_ID))


def nas_port(packet: Packet) -> str:
    """The gateway's port: NAS-Port-Id, else the number of NAS-Port."""
    name = packet.get(t.NAS_PORT_ID)
    return _text(name) if name else _number_text(packet.get(t.NAS_PORT))


def vlan(packet: Packet) -> int | None:
    """The VLAN that an attribute tells: the access point's, else Tunnel-Private-Group-Id (RFC 3580 §3.31)."""
    wireless = packet.vendor(*t.MIKROTIK_WIRELESS_VLANID) if t.VENDOR_SPECIFIC in packet else None
    if wireless:
        return int.from_bytes(wireless) or None
    group = packet.get(t.TUNNEL_PRIVATE_GROUP_ID)
    if not group:
        return None
    text = group[1:] if group[0] <= _LAST_TAG else group  # RFC 2868 §3.6
    return int(text) if text.isdigit() and len(text) <= _LONGEST_VLAN else None


def _counter(packet: Packet, octets: int, gigawords: int) -> tuple[int, int | None]:
    """(low 32 bits, gigawords or None) of one direction as the packet has them (RFC 2869 §5.1, §5.2)."""
    low, high = packet.get(octets), packet.get(gigawords)
    return int.from_bytes(low) if low else 0, int.from_bytes(high) if high is not None else None


def _text(value: bytes | None) -> str:
    """What no database takes as text, NUL, is left out: some gateways end their texts with it."""
    return value.replace(b"\0", b"").decode("utf-8", "replace") if value else ""


def _number_text(value: bytes | None) -> str:
    return str(int.from_bytes(value)) if value else ""


def _cause_text(number: int) -> str:
    return _CAUSES.get(number) or str(number)


@lru_cache(maxsize=65536)
def _address_text(octets: bytes) -> str:
    return str(IPv4Address(octets) if len(octets) == 4 else IPv6Address(octets))


@dataclass(frozen=True, slots=True)
class ClockOffset:
    """How far a gateway's clock is ahead of ours, in seconds; a candidate must persist before it becomes the offset."""

    offset_s: int = 0
    candidate_s: int = 0
    since_s: int = 0
    packets: int = 0


def event_time(report: AccountingReport, offset_s: int = 0) -> int:
    """When it happened, epoch seconds by our clock: Event-Timestamp less the gateway's offset, else arrival - delay.

    Never after the arrival. A time that cannot be (over 5 minutes ahead, or older than any queue) is replaced by
    arrival - delay, so that bins and periods are right before an offset is known.
    """
    waited = max(0, min(report.delay_s, LONGEST_QUEUE_S))
    sent_s = report.arrival_s - waited
    if report.event_timestamp_s is None:
        return sent_s
    event_s = report.event_timestamp_s - offset_s
    if not -CLOCK_TOLERANCE_S <= report.arrival_s - event_s <= LONGEST_QUEUE_S:
        return sent_s
    return min(event_s, report.arrival_s)


def clock_offset(previous: ClockOffset, report: AccountingReport) -> ClockOffset:
    """What is known of the gateway's clock after this report; pure.

    An offset over 5 minutes counts once fresh packets (their delay subtracted) agree on it for 10 minutes: reports that
    queued during an outage look alike, but never for so long beside fresh ones, and so keep their time (model.md).
    """
    if report.event_timestamp_s is None or report.delay_s > FRESH_DELAY_S:
        return previous
    ahead_s = report.event_timestamp_s - (report.arrival_s - report.delay_s)
    if abs(ahead_s - previous.offset_s) <= CLOCK_TOLERANCE_S:
        return previous if not previous.packets else ClockOffset(previous.offset_s)
    if not previous.packets or abs(ahead_s - previous.candidate_s) > CLOCK_TOLERANCE_S:
        return ClockOffset(previous.offset_s, ahead_s, report.arrival_s, 1)
    packets = previous.packets + 1
    if packets >= CONFIRMING_PACKETS and report.arrival_s - previous.since_s >= CONFIRMING_S:
        return ClockOffset(ahead_s if abs(ahead_s) > CLOCK_TOLERANCE_S else 0)
    return ClockOffset(previous.offset_s, max(ahead_s, previous.candidate_s), previous.since_s, packets)
