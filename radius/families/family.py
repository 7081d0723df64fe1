"""What a gateway family says about itself, as data, and the encoders from which its rows are made.

An encoder turns a part of a desired state into attributes, or into nothing where the state leaves that part out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import AddressValueError, IPv4Address, ip_address
from typing import Final

from netquota.domain.enforcement import LEAST_INTERIM_S, Desired, SessionIdentity
from netquota.domain.mac import MacFormat, written_mac
from netquota.domain.places import Ability
from netquota.domain.units import Rate
from netquota.errors import InvalidValue
from radius import tables as t
from radius.codec import Packet, attribute, integer_octets, text_octets, vendor_attribute

VendorAndNumber = tuple[int, int]
Encoder = Callable[[Desired], bytes]
Identifier = Callable[[SessionIdentity], bytes]

LONGEST_VENDOR_VALUE: Final = 247
_MOST: Final = 0xFFFFFFFF


class Fact(StrEnum):
    """What a family says about itself, by the words of docs/families.md."""

    RATE = "rate"
    CAP = "octet cap"
    GROUP = "group"
    IDENTIFIERS = "identifiers"
    PORT = "port"
    COA_RATE = "rate by CoA"
    DISCONNECT = "disconnect"
    RAISE_CAP = "cap by CoA"
    REPLACES = "CoA replaces"
    RESETS = "CoA resets"
    WRAPS = "wrap"
    DIRECTION = "direction"
    MAC = "MAC"


@dataclass(frozen=True, slots=True)
class Family:
    """One kind of gateway: what it understands and how it misbehaves (nas.md). A NAS row may overrule single facts.

    `accept` and `change` are the parts of an Access-Accept and of a CoA, in wire order; `identifiers` name a session
    in CoA and Disconnect, in the order of trust. `octets_reversed`: Input is what the user received. `holds_queue`: a
    queue for a group of sessions, whose rate we can bring there; `only_lines`: lines log in there, no page ever shows.
    `session_name` reads the gateway's own name of a session out of a report. `bare_orders`: it refuses orders with a
    Message-Authenticator or an Event-Timestamp. `known`: the facts that were measured, or read in its maker's
    documentation or source; all others are general knowledge. `tried_with`: how they were.
    """

    key: str
    label: str
    accept: tuple[Encoder, ...]
    change: tuple[Encoder, ...] = ()
    identifiers: tuple[Identifier, ...] = ()
    coa_port: int = 3799
    can_coa_rate: Ability = Ability.LEARN
    can_disconnect: Ability = Ability.LEARN
    can_cap: Ability = Ability.NO
    can_raise_cap: Ability = Ability.NO
    cap_has_gigawords: bool = False
    coa_replaces_all: bool = False
    resets_on_coa: bool = False
    wraps_32bit: bool = False
    octets_reversed: bool = False
    interim_s: int = 300
    mac_format: MacFormat = MacFormat.DASHES
    limits_in_accounting_response: bool = False
    session_name: Callable[[Packet], str] | None = None
    holds_queue: bool = False
    only_lines: bool = False
    bare_orders: bool = False
    known: frozenset[Fact] = frozenset()
    tried_with: str = ""


def number(kind: int, value: int | None) -> bytes:
    """An integer attribute, clipped to 32 bits; nothing where there is no value."""
    return b"" if value is None else attribute(kind, integer_octets(clipped(value)))


def vendor_number(kind: VendorAndNumber, value: int) -> bytes:
    """A vendor's integer attribute, clipped to 32 bits."""
    return vendor_attribute(*kind, integer_octets(clipped(value)))


def vendor_text(kind: VendorAndNumber, text: str) -> bytes:
    """A vendor's text attribute, never cut inside a character."""
    return vendor_attribute(*kind, text_octets(text, LONGEST_VENDOR_VALUE))


def clipped(value: int) -> int:
    """A limit that 32 bits cannot hold becomes the highest they can: wrapped, it would be a tiny one."""
    return min(max(value, 0), _MOST)


def checked(rate: Rate, field: str = "rate") -> Rate:
    """The rate itself. Raises `InvalidValue` for a limit of 0 or less: to gateways 0 means no limit at all."""
    if rate.down_bps <= 0 or rate.up_bps <= 0:
        raise InvalidValue(field, f"{rate.up_bps}/{rate.down_bps}", "give limits above 0 bit/s in both directions")
    return rate


def session_timeout(desired: Desired) -> bytes:
    """Session-Timeout in seconds (RFC 2865 §5.27); never 0, which gateways read as endless."""
    seconds = desired.session_timeout_s
    return number(t.SESSION_TIMEOUT, None if seconds is None else max(1, seconds))


def idle_timeout(desired: Desired) -> bytes:
    """Idle-Timeout in seconds (RFC 2865 §5.28)."""
    return number(t.IDLE_TIMEOUT, desired.idle_timeout_s)


def interim_interval(desired: Desired) -> bytes:
    """Acct-Interim-Interval, never under 60 (P19)."""
    return number(t.ACCT_INTERIM_INTERVAL, max(LEAST_INTERIM_S, desired.interim_s))


def wispr_rates(desired: Desired) -> bytes:
    """WISPr-Bandwidth-Max-Up and -Down in bit/s. Raises `InvalidValue`."""
    rate = checked(desired.rate)
    up = vendor_number(t.WISPR_BANDWIDTH_MAX_UP, rate.up_bps)
    return up + vendor_number(t.WISPR_BANDWIDTH_MAX_DOWN, rate.down_bps)


def filter_by_group(desired: Desired) -> bytes:
    """Filter-Id = the group's name at the gateway, where there is one (RFC 2865 §5.11)."""
    return attribute(t.FILTER_ID, text_octets(desired.group)) if desired.group else b""


def filter_by_plan(desired: Desired) -> bytes:
    """Filter-Id = the group's name, else the plan's."""
    name = role_of(desired)
    return attribute(t.FILTER_ID, text_octets(name)) if name else b""


def role_of(desired: Desired) -> str:
    """The name by which a gateway with roles finds the limits: the group's, else the plan's."""
    return desired.group or desired.plan_key


def role(kind: VendorAndNumber) -> Encoder:
    """An encoder for a vendor's role: the group's name at the gateway, else the plan's."""

    def encode(desired: Desired) -> bytes:
        name = role_of(desired)
        return vendor_text(kind, name) if name else b""

    return encode


def octet_cap(octets: VendorAndNumber, gigawords: VendorAndNumber | None = None) -> Encoder:
    """An encoder for the octets of both directions together; without a gigawords twin clipped, never wrapped."""

    def encode(desired: Desired) -> bytes:
        cap = desired.octet_cap
        if cap is None:
            return b""
        if gigawords is None:
            return vendor_number(octets, cap)
        high, low = divmod(cap, 2**32)
        return vendor_number(octets, low) + vendor_number(gigawords, high)

    return encode


def by_user_name(session: SessionIdentity) -> bytes:
    """User-Name as the gateway sent it."""
    return attribute(t.USER_NAME, text_octets(session.username)) if session.username else b""


def by_session_id(session: SessionIdentity) -> bytes:
    """Acct-Session-Id."""
    return attribute(t.ACCT_SESSION_ID, text_octets(session.acct_session_id)) if session.acct_session_id else b""


def by_framed_ip(session: SessionIdentity) -> bytes:
    """Framed-IP-Address, where the session has an IPv4 address."""
    try:
        return attribute(t.FRAMED_IP_ADDRESS, IPv4Address(session.framed_ip).packed)
    except AddressValueError:
        return b""


def by_mac(form: MacFormat) -> Identifier:
    """An identifier that sends Calling-Station-Id in the family's own form."""

    def encode(session: SessionIdentity) -> bytes:
        return attribute(t.CALLING_STATION_ID, text_octets(written_mac(session.mac, form))) if session.mac else b""

    return encode


def by_gateway(session: SessionIdentity) -> bytes:
    """NAS-Identifier, or the address by which the gateway names itself (RFC 5176 §3)."""
    name = session.gateway_identifier
    if not name:
        return b""
    try:
        address = ip_address(name)
    except ValueError:
        return attribute(t.NAS_IDENTIFIER, text_octets(name))
    return attribute(t.NAS_IP_ADDRESS if address.version == 4 else t.NAS_IPV6_ADDRESS, address.packed)
