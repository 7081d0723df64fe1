"""Attributes by name: what a person writes is what goes out, and comes back readable."""

from ipaddress import IPv4Address, IPv6Address

import pytest

from netquota.errors import InvalidValue, NotFound
from radius import codec, naming
from radius import tables as t


@pytest.mark.parametrize(
    ("name", "value", "octets", "read"),
    [
        ("NAS-Port", 3, "050600000003", 3),
        ("Acct-Status-Type", "Interim-Update", "280600000003", 3),
        ("Acct-Status-Type", "3", "280600000003", 3),
        ("Framed-IP-Address", "10.5.0.17", "08060a050011", IPv4Address("10.5.0.17")),
        ("NAS-IPv6-Address", "2001:db8::1", "5f1220010db8" + "00" * 11 + "01", IPv6Address("2001:db8::1")),
        ("User-Name", "Sitī", "0107536974c4ab", "Sitī"),
        ("Class", "0x00ff", "190400ff", b"\x00\xff"),
        ("Class", "plain", "1907706c61696e", b"plain"),
        ("Mikrotik-Rate-Limit", "2M/10M", "1a0e00003a8c0808324d2f31304d", "2M/10M"),
    ],
)
def test_value_goes_out_and_comes_back(name: str, value: naming.Value, octets: str, read: naming.Value) -> None:
    encoded = naming.encode(name, value)
    assert encoded.hex() == octets
    packet = codec.parse(codec.request(codec.Code.COA_REQUEST, 0, encoded, b"s", message_authenticator=False))
    assert naming.attributes(packet) == [(name, read)]


@pytest.mark.parametrize(
    ("name", "value"), [("NAS-Port", "three"), ("NAS-Port", -1), ("Framed-IP-Address", "10.5"), ("Class", "0xzz")]
)
def test_value_that_does_not_fit_is_refused(name: str, value: naming.Value) -> None:
    with pytest.raises(InvalidValue):
        naming.encode(name, value)


def test_unknown_name_is_named() -> None:
    with pytest.raises(NotFound, match="No-Such-Thing"):
        naming.encode("No-Such-Thing", 1)


def test_unknown_attributes_are_shown_by_number() -> None:
    body = codec.attribute(200, b"x") + codec.vendor_attribute(65534, 9, b"y") + codec.attribute(t.NAS_PORT, b"abc")
    packet = codec.parse(codec.request(codec.Code.COA_REQUEST, 0, body, b"s", message_authenticator=False))
    assert naming.attributes(packet) == [("Attr-200", b"x"), ("Attr-26.65534.9", b"y"), ("NAS-Port", b"abc")]


def test_number_without_a_name_shows_itself() -> None:
    assert naming.value_name("Acct-Status-Type", 99) == "99"
    assert naming.value_name("NAS-Port", 7) == "7"
