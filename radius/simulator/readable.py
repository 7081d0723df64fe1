"""Packets in words, as radclient writes them: `Mikrotik-Rate-Limit = "2M/10M"`. For eyes and tests, not for parsing."""

from __future__ import annotations

from datetime import UTC, datetime
from ipaddress import IPv4Address, IPv6Address, IPv6Network
from typing import Final

from radius import tables as t
from radius.codec import Code, Packet, sub_attributes
from radius.dictionary import Kind

_CODE_NAMES: Final = {
    Code.ACCESS_REQUEST: "Access-Request",
    Code.ACCESS_ACCEPT: "Access-Accept",
    Code.ACCESS_REJECT: "Access-Reject",
    Code.ACCOUNTING_REQUEST: "Accounting-Request",
    Code.ACCOUNTING_RESPONSE: "Accounting-Response",
    Code.ACCESS_CHALLENGE: "Access-Challenge",
    Code.STATUS_SERVER: "Status-Server",
    Code.DISCONNECT_REQUEST: "Disconnect-Request",
    Code.DISCONNECT_ACK: "Disconnect-ACK",
    Code.DISCONNECT_NAK: "Disconnect-NAK",
    Code.COA_REQUEST: "CoA-Request",
    Code.COA_ACK: "CoA-ACK",
    Code.COA_NAK: "CoA-NAK",
}


def code_name(code: int) -> str:
    """`Access-Accept`; the number where the code is none of ours."""
    return next((name for known, name in _CODE_NAMES.items() if known == code), str(code))


def readable(packet: Packet) -> list[str]:
    """One line for each attribute, in wire order, sub-attributes of vendors by their own names."""
    lines: list[str] = []
    for number, value in packet.attributes():
        subs = sub_attributes(value) if number == t.VENDOR_SPECIFIC else []
        if subs:
            lines += [_line(vendor, sub, content) for vendor, sub, content in subs]
        else:
            lines.append(_line(0, number, value))
    return lines


def _line(vendor: int, number: int, value: bytes) -> str:
    known = t.BY_NUMBER.get((vendor, number))
    if known is None:
        return f"Attr-26.{vendor}.{number} = 0x{value.hex()}" if vendor else f"Attr-{number} = 0x{value.hex()}"
    return f"{known.name} = {_value(known.name, known.kind, value)}"


def _value(name: str, kind: Kind, value: bytes) -> str:
    """The value in its kind's own writing; hex where its length cannot be right."""
    match kind, len(value):
        case Kind.TEXT, _:
            return '"' + value.decode("utf-8", "backslashreplace") + '"'
        case Kind.INTEGER, 4:
            number = int.from_bytes(value)
            return t.VALUES.get(name, {}).get(number, str(number))
        case Kind.TIME, 4:
            return f'"{datetime.fromtimestamp(int.from_bytes(value), UTC):%Y-%m-%d %H:%M:%S} UTC"'
        case Kind.IPV4, 4:
            return str(IPv4Address(value))
        case Kind.IPV6, 16:
            return str(IPv6Address(value))
        case Kind.PREFIX6, octets if octets >= 2:
            return str(IPv6Network((value[2:].ljust(16, b"\0"), value[1]), strict=False))
        case _:
            return f"0x{value.hex()}"
