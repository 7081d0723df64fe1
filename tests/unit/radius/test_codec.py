"""Reading and building packets: what is asked for comes out, what cannot be is named."""

import pytest

from netquota.errors import InvalidValue, Malformed
from radius import codec
from radius import tables as t
from radius.codec import BadLength, Code, TooLong, attribute, parse, text_octets, vendor_attribute

SECRET = b"a secret of some length"
USER = attribute(t.USER_NAME, b"budi")


def packet(*attributes: bytes) -> codec.Packet:
    body = b"".join(attributes)
    return parse(codec.request(Code.ACCOUNTING_REQUEST, 7, body, SECRET, message_authenticator=False))


def test_header_fields_are_read() -> None:
    one = parse(codec.request(Code.ACCESS_REQUEST, 200, USER, SECRET, bytes(range(16)), False))
    assert (one.code, one.identifier, one.authenticator) == (1, 200, bytes(range(16)))


def test_values_come_out_first_and_in_order() -> None:
    one = packet(attribute(t.CLASS, b"a"), USER, attribute(t.CLASS, b"b"))
    assert one.get(t.CLASS) == b"a"
    assert one.get_all(t.CLASS) == [b"a", b"b"]
    assert list(one.attributes()) == [(t.CLASS, b"a"), (t.USER_NAME, b"budi"), (t.CLASS, b"b")]
    assert list(one.repeated()) == [t.CLASS]


def test_absent_attribute_reads_as_none() -> None:
    one = packet(USER)
    assert one.get(t.STATE) is one.integer(t.NAS_PORT) is one.text(t.STATE) is one.ipv4(t.NAS_IP_ADDRESS) is None
    assert one.ipv6(t.NAS_IPV6_ADDRESS) is one.vendor(*t.MIKROTIK_GROUP) is None
    assert one.get_all(t.STATE) == one.vendor_all(*t.MIKROTIK_GROUP) == []
    assert t.STATE not in one


@pytest.mark.parametrize("reader", ["integer", "ipv4", "ipv6"])
def test_octets_of_another_length_are_not_read_as_something_else(reader: str) -> None:
    with pytest.raises(BadLength):
        getattr(packet(attribute(t.CLASS, b"abc")), reader)(t.CLASS)


def test_misfit_is_kept_apart_and_read_by_nobody() -> None:
    one = packet(attribute(t.NAS_PORT, b"abc"), USER)
    assert one.misfits == [(t.NAS_PORT, codec.HEADER_OCTETS)]
    assert one.integer(t.NAS_PORT) is None
    assert (t.NAS_PORT, b"abc") in list(one.attributes())


def test_sub_attributes_of_several_vendor_specifics_come_in_order() -> None:
    groups = [vendor_attribute(*t.MIKROTIK_GROUP, name) for name in (b"a", b"b")]
    both = attribute(t.VENDOR_SPECIFIC, groups[0][2:] + groups[1][6:])
    one = packet(groups[0], USER, both)
    assert one.vendor_all(*t.MIKROTIK_GROUP) == [b"a", b"a", b"b"]
    assert one.vendor(*t.MIKROTIK_GROUP) == b"a"


def test_text_that_is_no_utf8_is_still_readable() -> None:
    assert packet(attribute(t.CALLED_STATION_ID, b"caf\xe9")).text(t.CALLED_STATION_ID) == "caf�"


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_any_buffer_is_read_and_not_kept(kind: type) -> None:
    datagram = codec.request(Code.ACCESS_REQUEST, 1, USER, SECRET, bytes(16)) + b"padding"
    buffer = kind(datagram)
    one = parse(buffer)
    assert isinstance(one.raw, bytes)
    assert one.raw == datagram[:-7]


@pytest.mark.parametrize(
    ("attributes", "problem"),
    [
        (b"\x01", "one octet"),
        (b"\x01\x00", "claims 0"),
        (b"\x01\x01", "claims 1"),
        (b"\x01\x04a", "1 octets past"),
        (b"\xc8\x02" * 202, "repeated"),
    ],
)
def test_broken_attributes_say_what_is_wrong(attributes: bytes, problem: str) -> None:
    length = (20 + len(attributes)).to_bytes(2)
    with pytest.raises(Malformed, match=problem):
        parse(b"\x01\x00" + length + bytes(16) + attributes)


def test_building_refuses_what_does_not_fit() -> None:
    with pytest.raises(InvalidValue):
        attribute(t.CLASS, bytes(254))
    with pytest.raises(InvalidValue):
        vendor_attribute(*t.MIKROTIK_GROUP, bytes(248))
    for number in (-1, 2**32):
        with pytest.raises(InvalidValue):
            codec.integer_octets(number)
    with pytest.raises(TooLong):
        codec.request(Code.COA_REQUEST, 1, bytes(4060), SECRET)


@pytest.mark.parametrize("text", ["é" * 200, "x" + "é" * 200, "\U0001f4a7" * 100, "plain" * 100])
def test_text_is_cut_between_characters(text: str) -> None:
    octets = text_octets(text)
    assert 250 <= len(octets) <= 253
    assert text.startswith(octets.decode())


def test_same_request_gets_the_same_octets_under_its_identifier() -> None:
    asked = parse(codec.request(Code.ACCESS_REQUEST, 9, USER, SECRET, bytes(16)))
    first = codec.reply(Code.ACCESS_REJECT, asked, b"", SECRET)
    assert first == codec.reply(Code.ACCESS_REJECT, asked, b"", SECRET)
    assert first[1] == 9
