"""Attributes by their names, for people and tools: the simulator, `radtest`, `explain`, tests. Not for the hot path."""

from ipaddress import IPv4Address, IPv6Address

from netquota.errors import InvalidValue, NotFound
from radius import codec
from radius import tables as t
from radius.codec import Packet
from radius.dictionary import Attribute, Kind

Value = int | str | bytes | IPv4Address | IPv6Address


def named(name: str) -> Attribute:
    """The attribute of that name. Raises `NotFound`."""
    try:
        return t.ATTRIBUTES[name]
    except KeyError:
        raise NotFound("attribute", name, "see radius/dictionary for the attributes in use") from None


def encode(name: str, value: Value) -> bytes:
    """A whole attribute's octets; text is taken for what the kind says: a number, its name, an address, 0x and hex.

    Raises `NotFound` for a name that is in no dictionary file, `InvalidValue` for a value that does not fit.
    """
    one = named(name)
    try:
        octets = _octets(one, value)
    except ValueError:
        raise InvalidValue(name, value, f"give a value of the kind {one.kind.value}") from None
    if one.vendor:
        return codec.vendor_attribute(one.vendor, one.number, octets)
    return codec.attribute(one.number, octets)


def decode(one: Attribute, octets: bytes) -> Value:
    """A value as its kind says; the octets themselves where they cannot be that."""
    try:
        match one.kind:
            case Kind.INTEGER | Kind.TIME:
                return codec.integer(one.number, octets)
            case Kind.IPV4:
                return IPv4Address(octets)
            case Kind.IPV6:
                return IPv6Address(octets)
            case Kind.TEXT:
                return octets.decode()
            case Kind.OCTETS | Kind.PREFIX6 | Kind.INTERFACE:
                return octets
    except (ValueError, codec.BadLength):
        return octets


def attributes(packet: Packet) -> list[tuple[str, Value]]:
    """(name, value) of every attribute in wire order; unknown ones are named `Attr-26`, or `Attr-26.14988.99`."""
    found: list[tuple[str, Value]] = []
    for number, octets in packet.attributes():
        subs = codec.sub_attributes(octets) if number == t.VENDOR_SPECIFIC else []
        for vendor, kind, value in subs or [(0, number, octets)]:
            one = t.BY_NUMBER.get((vendor, kind))
            unknown = f"Attr-26.{vendor}.{kind}" if vendor else f"Attr-{kind}"
            found.append((one.name, decode(one, value)) if one else (unknown, value))
    return found


def value_name(name: str, number: int) -> str:
    """What a number of this attribute is called (`Error-Cause` 503); the number itself where it has no name."""
    return t.VALUES.get(name, {}).get(number, str(number))


def _octets(one: Attribute, value: Value) -> bytes:
    if isinstance(value, bytes):
        return value
    match one.kind:
        case Kind.INTEGER | Kind.TIME:
            return codec.integer_octets(_number(one.name, value))
        case Kind.IPV4:
            return IPv4Address(value).packed
        case Kind.IPV6:
            return IPv6Address(value).packed
        case Kind.TEXT:
            return str(value).encode()
        case Kind.OCTETS | Kind.PREFIX6 | Kind.INTERFACE:
            text = str(value)
            return bytes.fromhex(text[2:]) if text.startswith("0x") else text.encode()


def _number(name: str, value: int | str | IPv4Address | IPv6Address) -> int:
    if isinstance(value, str):
        names = {text: number for number, text in t.VALUES.get(name, {}).items()}
        return names[value] if value in names else int(value)
    return int(value)
