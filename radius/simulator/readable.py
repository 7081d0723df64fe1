"""Packets in words, as radclient writes them: `Mikrotik-Rate-Limit = "2M/10M"`. For eyes and tests, not for parsing."""

from __future__ import annotations

from datetime import UTC, datetime

from radius import tables as t
from radius.codec import Code, Packet
from radius.dictionary import Kind
from radius.naming import Value, attributes, value_name

_UNUSUAL = {Code.COA_REQUEST: "CoA-Request", Code.COA_ACK: "CoA-ACK", Code.COA_NAK: "CoA-NAK"}


def code_name(code: int) -> str:
    """`Access-Accept`; the number where the code is none of ours."""
    try:
        known = Code(code)
    except ValueError:
        return str(code)
    words = known.name.replace("_", "-").title().replace("-Ack", "-ACK").replace("-Nak", "-NAK")
    return _UNUSUAL.get(known, words)


def readable(packet: Packet) -> list[str]:
    """One line for each attribute, in wire order, sub-attributes of vendors by their own names."""
    return [f"{name} = {_written(name, value)}" for name, value in attributes(packet)]


def _written(name: str, value: Value) -> str:
    if isinstance(value, bytes):
        return f"0x{value.hex()}"
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, int):
        known = t.ATTRIBUTES.get(name)
        if known is not None and known.kind is Kind.TIME:
            return f'"{datetime.fromtimestamp(value, UTC):%Y-%m-%d %H:%M:%S} UTC"'
        return value_name(name, value)
    return str(value)
