"""RADIUS packets: octets in, `Packet` out; attributes in, octets out. No socket, no clock, no randomness.

Reading is one pass that notes where each attribute begins and whether its length can be right; a value is cut out
only when somebody asks. Whether a packet may be believed is radius/authenticity.py's affair.
"""

import hmac
from collections.abc import Iterator
from enum import IntEnum
from hashlib import md5
from ipaddress import IPv4Address, IPv6Address
from struct import Struct
from typing import Final

from netquota.errors import InvalidValue, Malformed
from radius import tables as t
from radius.dictionary import Kind

HEADER_OCTETS: Final = 20
LONGEST: Final = 4096
MOST_ATTRIBUTES: Final = 200
"""Repetitions beyond what any gateway sends: a flood of tiny attributes costs time and says nothing."""
LONGEST_VALUE: Final = 253
"""Octets that one attribute can carry (RFC 2865 §5)."""

_HEADER: Final = Struct("!BBH")
_VENDOR: Final = Struct("!BBIBB")
_ZEROS: Final = bytes(16)
_SIGNATURE: Final = bytes((t.MESSAGE_AUTHENTICATOR, 18))


class Code(IntEnum):
    """The packet codes that netquota speaks (RFC 2865 §4, RFC 2866 §4, RFC 5997, RFC 5176)."""

    ACCESS_REQUEST = 1
    ACCESS_ACCEPT = 2
    ACCESS_REJECT = 3
    ACCOUNTING_REQUEST = 4
    ACCOUNTING_RESPONSE = 5
    ACCESS_CHALLENGE = 11
    STATUS_SERVER = 12
    DISCONNECT_REQUEST = 40
    DISCONNECT_ACK = 41
    DISCONNECT_NAK = 42
    COA_REQUEST = 43
    COA_ACK = 44
    COA_NAK = 45


class BadLength(Malformed):
    """An attribute's octets cannot be what they are asked as; the attribute's number is `kind`."""

    def __init__(self, kind: int, octets: int, wanted: str) -> None:
        super().__init__(offset=0, problem=f"attribute {kind} has {octets} octets where {wanted} are needed")
        self.kind = kind


class TooLong(InvalidValue):
    """A packet would not fit into 4096 octets; send less (P7, P32)."""

    def __init__(self, octets: int) -> None:
        super().__init__("packet", f"{octets} octets", f"send fewer attributes: {LONGEST} octets are the most")


def _lengths() -> tuple[frozenset[int], ...]:
    """By attribute number the Lengths (type and length octets included) that it can have."""
    any_length = frozenset(range(2, 256))
    fixed = {Kind.INTEGER: 6, Kind.TIME: 6, Kind.IPV4: 6, Kind.IPV6: 18, Kind.INTERFACE: 10}
    table = [any_length] * 256
    for attribute in t.ATTRIBUTES.values():
        if not attribute.vendor and attribute.kind in fixed:
            table[attribute.number] = frozenset({fixed[attribute.kind]})
        elif not attribute.vendor and attribute.kind is Kind.PREFIX6:
            table[attribute.number] = frozenset(range(4, 21))  # RFC 3162 §2.3
    table[t.USER_NAME] = frozenset(range(3, 256))  # RFC 2865 §5.1
    table[t.USER_PASSWORD] = frozenset(range(18, 131, 16))  # RFC 2865 §5.2
    table[t.CHAP_PASSWORD] = frozenset({19})  # RFC 2865 §5.3
    table[t.CHAP_CHALLENGE] = frozenset(range(7, 256))  # RFC 2865 §5.40
    table[t.ACCT_SESSION_ID] = frozenset(range(3, 256))  # RFC 2866 §5.5
    table[t.MESSAGE_AUTHENTICATOR] = frozenset({18})  # RFC 3579 §3.2
    return tuple(table)


_LENGTHS: Final = _lengths()


class Packet:
    """A packet whose framing is sound (RFC 2865 §3, §5). Values are octets; nothing is decoded before it is asked for.

    `raw` is exact: the octets that Length covers. `misfits` are known attributes whose length is impossible for their
    kind, as (number, offset) in wire order; no reader gives them, so that whoever is lenient just goes on without.
    """

    __slots__ = ("_again", "_first", "_subs", "authenticator", "code", "identifier", "misfits", "raw")

    def __init__(self, raw: bytes, first: dict[int, int], again: list[int], misfits: list[tuple[int, int]]) -> None:
        self.raw = raw
        self.code = raw[0]
        self.identifier = raw[1]
        self.authenticator = raw[4:20]
        self.misfits = misfits
        self._first = first
        self._again = again
        self._subs: dict[tuple[int, int], list[bytes]] | None = None

    def __contains__(self, kind: int) -> bool:
        return kind in self._first

    def offset(self, kind: int) -> int | None:
        """Where in `raw` the first attribute of this number begins."""
        return self._first.get(kind)

    def get(self, kind: int) -> bytes | None:
        """The value of the first attribute of this number."""
        at = self._first.get(kind)
        if at is None:
            return None
        raw = self.raw
        return raw[at + 2 : at + raw[at + 1]]

    def get_all(self, kind: int) -> list[bytes]:
        """The values of all attributes of this number, in wire order."""
        at = self._first.get(kind)
        if at is None:
            return []
        raw = self.raw
        return [raw[i + 2 : i + raw[i + 1]] for i in (at, *self._again) if raw[i] == kind]

    @property
    def repeats(self) -> bool:
        """Whether any attribute came more than once."""
        return bool(self._again)

    def repeated(self) -> Iterator[int]:
        """The numbers of attributes that came more than once, once for each further one."""
        return (self.raw[at] for at in self._again)

    def attributes(self) -> Iterator[tuple[int, bytes]]:
        """(number, value) of every attribute in wire order, misfits included."""
        raw, at = self.raw, HEADER_OCTETS
        while at < len(raw):
            end = at + raw[at + 1]
            yield raw[at], raw[at + 2 : end]
            at = end

    def vendor(self, vendor: int, kind: int) -> bytes | None:
        """The value of a vendor's first sub-attribute of this number (RFC 2865 §5.26)."""
        found = (self._subs if self._subs is not None else self._vendors()).get((vendor, kind))
        return found[0] if found else None

    def vendor_all(self, vendor: int, kind: int) -> list[bytes]:
        """The values of all of a vendor's sub-attributes of this number, in wire order."""
        return list((self._subs if self._subs is not None else self._vendors()).get((vendor, kind), ()))

    def integer(self, kind: int) -> int | None:
        """An unsigned 32-bit number, or seconds since 1970. Raises `BadLength`."""
        value = self.get(kind)
        return None if value is None else integer(kind, value)

    def text(self, kind: int) -> str | None:
        """Text; octets that are no UTF-8 become U+FFFD, as gateways send names in any encoding."""
        value = self.get(kind)
        return None if value is None else value.decode("utf-8", "replace")

    def ipv4(self, kind: int) -> IPv4Address | None:
        """An IPv4 address. Raises `BadLength`."""
        value = self.get(kind)
        if value is not None and len(value) != 4:
            raise BadLength(kind, len(value), "4")
        return None if value is None else IPv4Address(value)

    def ipv6(self, kind: int) -> IPv6Address | None:
        """An IPv6 address. Raises `BadLength`."""
        value = self.get(kind)
        if value is not None and len(value) != 16:
            raise BadLength(kind, len(value), "16")
        return None if value is None else IPv6Address(value)

    def _vendors(self) -> dict[tuple[int, int], list[bytes]]:
        found: dict[tuple[int, int], list[bytes]] = {}
        for value in self.get_all(t.VENDOR_SPECIFIC):
            for vendor, kind, sub in sub_attributes(value):
                found.setdefault((vendor, kind), []).append(sub)
        self._subs = found
        return found


def frame(datagram: bytes | bytearray | memoryview) -> bytes:
    """The octets that Length covers; what follows is padding (RFC 2865 §3). Raises `Malformed`."""
    if len(datagram) < HEADER_OCTETS:
        raise Malformed(offset=0, problem=f"{len(datagram)} octets, fewer than a header")
    length: int = _HEADER.unpack_from(datagram)[2]
    if not HEADER_OCTETS <= length <= LONGEST:
        raise Malformed(offset=2, problem=f"Length {length} is not from {HEADER_OCTETS} to {LONGEST}")
    if length > len(datagram):
        raise Malformed(offset=2, problem=f"Length {length} in a datagram of {len(datagram)} octets")
    return datagram if type(datagram) is bytes and length == len(datagram) else bytes(datagram[:length])


def parse(datagram: bytes | bytearray | memoryview) -> Packet:
    """A datagram as a packet. Raises `Malformed`: the peer's fault; drop and count, never answer."""
    return parse_framed(frame(datagram))


def parse_framed(raw: bytes) -> Packet:
    """What `frame` gave, as a packet. Raises `Malformed`."""
    first: dict[int, int] = {}
    again: list[int] = []
    misfits: list[tuple[int, int]] = []
    lengths, at, end = _LENGTHS, HEADER_OCTETS, len(raw)
    try:
        while at < end:
            kind, length = raw[at], raw[at + 1]
            if length not in lengths[kind]:
                if length < 2:
                    raise Malformed(offset=at, problem=f"attribute {kind} claims {length} octets")
                misfits.append((kind, at))
            elif kind in first:
                again.append(at)
            else:
                first[kind] = at
            at += length
    except IndexError:
        raise Malformed(offset=at, problem="one octet where an attribute should be") from None
    if at != end:
        raise Malformed(offset=end, problem=f"the last attribute ends {at - end} octets past the packet")
    if len(again) + len(misfits) > MOST_ATTRIBUTES:
        raise Malformed(offset=HEADER_OCTETS, problem=f"more than {MOST_ATTRIBUTES} repeated attributes")
    return Packet(raw, first, again, misfits)


def integer(kind: int, value: bytes) -> int:
    """Four octets as an unsigned number; `kind` is for the error. Raises `BadLength`."""
    if len(value) != 4:
        raise BadLength(kind, len(value), "4")
    return int.from_bytes(value)


def sub_attributes(value: bytes) -> list[tuple[int, int, bytes]]:
    """(vendor, number, value) of each sub-attribute in a Vendor-Specific value; empty where it is no list of them.

    RFC 2865 §5.26 only recommends the form, so other content is opaque, not an error; nothing is taken from half of it.
    """
    vendor, at, end = int.from_bytes(value[:4]), 4, len(value)
    found: list[tuple[int, int, bytes]] = []
    while at + 2 <= end and value[at + 1] >= 2:
        after = at + value[at + 1]
        found.append((vendor, value[at], value[at + 2 : after]))
        at = after
    return found if at == end else []


def attribute(kind: int, value: bytes) -> bytes:
    """One attribute's octets. Raises `InvalidValue` for more than 253 octets of value."""
    if len(value) > LONGEST_VALUE:
        raise InvalidValue(f"attribute {kind}", f"{len(value)} octets", f"at most {LONGEST_VALUE} octets fit")
    return bytes((kind, len(value) + 2)) + value


def vendor_attribute(vendor: int, kind: int, value: bytes) -> bytes:
    """A Vendor-Specific attribute with one sub-attribute (RFC 2865 §5.26). Raises `InvalidValue` beyond 247 octets."""
    size = len(value)
    if size > LONGEST_VALUE - 6:
        raise InvalidValue(f"attribute {vendor}/{kind}", f"{size} octets", f"at most {LONGEST_VALUE - 6} octets fit")
    return _VENDOR.pack(t.VENDOR_SPECIFIC, size + 8, vendor, kind, size + 2) + value


def integer_octets(number: int) -> bytes:
    """An unsigned 32-bit number. Raises `InvalidValue` outside 0 to 4294967295; clipping is the caller's decision."""
    if not 0 <= number <= 0xFFFFFFFF:
        raise InvalidValue("integer", number, "use 0 to 4294967295")
    return number.to_bytes(4)


def text_octets(text: str, most: int = LONGEST_VALUE) -> bytes:
    """Text as UTF-8, shortened to `most` octets and never cut inside a character (P23)."""
    return text.encode("utf-8", "replace")[:most].decode("utf-8", "ignore").encode()


def reply(code: int, request: Packet, attributes: bytes, secret: bytes, message_authenticator: bool = True) -> bytes:
    """The octets of an answer to `request`, whose Proxy-States follow at the end, in order (RFC 2865 §5.33).

    Message-Authenticator comes first, against forgery by collision (CVE-2024-3596). In an Accounting-Response it is
    computed over zeros, as FreeRADIUS and pyrad do (no RFC says). Raises `TooLong`.
    """
    if t.PROXY_STATE in request:
        attributes += b"".join(attribute(t.PROXY_STATE, value) for value in request.get_all(t.PROXY_STATE))
    head = _head(code, request.identifier, len(attributes), message_authenticator)
    if message_authenticator:
        over = _ZEROS if request.code == Code.ACCOUNTING_REQUEST else request.authenticator
        attributes = _signed(head + over, attributes, secret)
    digest = md5(head + request.authenticator + attributes + secret, usedforsecurity=False).digest()
    return head + digest + attributes


def request(
    code: int,
    identifier: int,
    attributes: bytes,
    secret: bytes,
    authenticator: bytes | None = None,
    message_authenticator: bool = True,
) -> bytes:
    """The octets of a request, Message-Authenticator first.

    Access-Request and Status-Server need 16 unforeseeable octets as `authenticator` (RFC 2865 §3); for the others it is
    computed (RFC 2866 §3, RFC 5176 §2.3). Raises `TooLong`.
    """
    head = _head(code, identifier, len(attributes), message_authenticator)
    if message_authenticator:
        attributes = _signed(head + (authenticator or _ZEROS), attributes, secret)
    if authenticator is None:
        authenticator = md5(head + _ZEROS + attributes + secret, usedforsecurity=False).digest()
    return head + authenticator + attributes


def _head(code: int, identifier: int, octets: int, message_authenticator: bool) -> bytes:
    length = HEADER_OCTETS + octets + (18 if message_authenticator else 0)
    if length > LONGEST:
        raise TooLong(length)
    return _HEADER.pack(code, identifier, length)


def _signed(head: bytes, attributes: bytes, secret: bytes) -> bytes:
    """The attributes behind their Message-Authenticator; `head` is the header to sign under (RFC 3579 §3.2)."""
    return _SIGNATURE + hmac.digest(secret, head + _SIGNATURE + _ZEROS + attributes, "md5") + attributes
