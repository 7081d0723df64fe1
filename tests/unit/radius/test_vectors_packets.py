"""Printed and computed packets: what they decode to, and that we build the same octets."""

import json
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import Any

import pytest

from radius import codec, naming
from radius import tables as t
from radius.authenticity import Signature, request_is_authentic, response_fault, signature
from radius.methods import pap

FOLDER = Path(__file__).parents[2] / "vectors"
CODES = {code.name: int(code) for code in codec.Code}


def load(name: str, *kinds: str) -> list[Any]:
    vectors = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))["vectors"]
    return [pytest.param(v, id=v["id"]) for v in vectors if not kinds or v.get("kind") in kinds]


def shown(name: str, value: naming.Value, secret: bytes, authenticator: bytes) -> object:
    if name == "User-Password":
        assert isinstance(value, bytes)
        return pap.reveal(value, secret, authenticator).decode()
    if isinstance(value, IPv4Address | IPv6Address):
        return str(value)
    return value.hex() if isinstance(value, bytes) else value


def decoded(datagram: bytes, secret: bytes) -> list[tuple[str, object]]:
    packet = codec.parse(datagram)
    return [(n, shown(n, v, secret, packet.authenticator)) for n, v in naming.attributes(packet)]


def wanted(attributes: list[dict[str, Any]]) -> list[tuple[str, object]]:
    return [(one["name"], one["value"]) for one in attributes]


def encoded(attributes: list[dict[str, Any]]) -> bytes:
    """The attributes but Message-Authenticator, by name; binary values stand in hex."""
    out = b""
    for one in attributes:
        binary = t.ATTRIBUTES[one["name"]].kind.value in {"octets", "ipv6prefix", "ifid"}
        if one["name"] != "Message-Authenticator":
            out += naming.encode(one["name"], bytes.fromhex(one["value"]) if binary else one["value"])
    return out


def code_of(name: str) -> int:
    return CODES[name.upper().replace("-", "_")]


@pytest.mark.parametrize("vector", load("rfc2865", "exchange"))
def test_printed_exchange_decodes_and_its_answer_is_believed(vector: dict[str, Any]) -> None:
    secret = vector["secret"].encode()
    request, response = bytes.fromhex(vector["request"]), bytes.fromhex(vector["response"])
    assert codec.parse(request).code == code_of(vector["request_code"])
    assert codec.parse(response).code == code_of(vector["response_code"])
    assert decoded(request, secret) == wanted(vector["request_attributes"])
    assert decoded(response, secret) == wanted(vector["response_attributes"])
    assert response_fault(codec.parse(response), codec.parse(request), secret) is None


@pytest.mark.parametrize("vector", load("rfc2865", "exchange"))
def test_printed_answer_is_built_octet_for_octet(vector: dict[str, Any]) -> None:
    request = codec.parse(bytes.fromhex(vector["request"]))
    own = [one for one in vector["response_attributes"] if one["name"] != "Proxy-State"]
    built = codec.reply(code_of(vector["response_code"]), request, encoded(own), vector["secret"].encode(), False)
    assert built.hex() == vector["response"]


@pytest.mark.parametrize("vector", load("rfc2865", "malformed_request"))
def test_request_as_misprinted_is_malformed(vector: dict[str, Any]) -> None:
    with pytest.raises(codec.Malformed):
        codec.parse(bytes.fromhex(vector["request"]))


@pytest.mark.parametrize("vector", load("rfc2865", "bad_response"))
def test_answer_as_misprinted_is_not_believed(vector: dict[str, Any]) -> None:
    request, response = (codec.parse(bytes.fromhex(vector[part])) for part in ("request", "response"))
    assert response_fault(response, request, vector["secret"].encode()) is not None


@pytest.mark.parametrize("vector", load("accounting"))
def test_accounting_packet_decodes_and_is_answered_with_the_same_octets(vector: dict[str, Any]) -> None:
    secret, datagram = vector["secret"].encode(), bytes.fromhex(vector["packet"])
    packet, expected = codec.parse(datagram), vector["expected"]
    assert request_is_authentic(datagram, secret)
    assert decoded(datagram, secret) == wanted(vector["attributes"])
    signed = signature(packet, secret)
    assert signed in (Signature.VALID, Signature.ABSENT)
    status = packet.integer(t.ACCT_STATUS_TYPE)
    assert status is not None
    assert naming.value_name("Acct-Status-Type", status) == expected["status"]
    assert packet.text(t.ACCT_SESSION_ID) == expected["session_id"]
    assert packet.text(t.USER_NAME) == expected["user"]
    assert [value.hex() for value in packet.get_all(t.CLASS)] == expected["class"]
    answer = bytes.fromhex(vector["response"])
    carries = t.MESSAGE_AUTHENTICATOR in codec.parse(answer)
    assert codec.reply(codec.Code.ACCOUNTING_RESPONSE, packet, b"", secret, carries) == answer


SIGNED_LAST = {"message-authenticator-last"}  # we sign at the beginning


@pytest.mark.parametrize("vector", [one for one in load("accounting") if one.id not in SIGNED_LAST])
def test_accounting_request_is_built_octet_for_octet(vector: dict[str, Any]) -> None:
    packet = codec.parse(bytes.fromhex(vector["packet"]))
    body = encoded(vector["attributes"])
    signed = t.MESSAGE_AUTHENTICATOR in packet
    secret = vector["secret"].encode()
    built = codec.request(codec.Code.ACCOUNTING_REQUEST, packet.identifier, body, secret, None, signed)
    assert built == packet.raw


@pytest.mark.parametrize("vector", load("vendor", "attribute"))
def test_vendor_attribute_reads_and_builds(vector: dict[str, Any]) -> None:
    octets = bytes.fromhex(vector["hex"])
    value = bytes.fromhex(vector["value"]) if vector["type"] == "octets" else vector["value"]
    one = t.ATTRIBUTES[vector["name"]]
    assert (one.vendor, one.number, one.kind.value) == (vector["vendor"], vector["vendor_type"], vector["type"])
    assert naming.encode(vector["name"], value) == octets
    packet = codec.parse(codec.request(1, 0, octets, b"s", bytes(16)))
    found = packet.vendor(vector["vendor"], vector["vendor_type"])
    assert found is not None
    expected = IPv4Address(value) if vector["type"] == "ipaddr" else value
    assert naming.decode(one, found) == expected


@pytest.mark.parametrize("vector", load("vendor", "several", "raw"))
def test_vendor_sub_attributes_are_found_and_the_rest_passed_over(vector: dict[str, Any]) -> None:
    packet = codec.parse(codec.request(1, 0, bytes.fromhex(vector["hex"]), b"s", bytes(16)))
    items = vector.get("items", [])
    for item in items:
        given = bytes.fromhex(item["value"]) if item["type"] == "octets" else item["value"]
        found = packet.vendor_all(vector["vendor"], item["vendor_type"])
        assert given in [naming.decode(t.ATTRIBUTES[item["name"]], octets) for octets in found]
    known = [name for name, _ in naming.attributes(packet) if not name.startswith(("Attr-", "Vendor-Specific"))]
    assert known == ["Message-Authenticator", *(item["name"] for item in items)]


@pytest.mark.parametrize("vector", load("vendor", "accept"))
def test_whole_accept_of_a_family_is_built_octet_for_octet(vector: dict[str, Any]) -> None:
    secret, request = vector["secret"].encode(), codec.parse(bytes.fromhex(vector["request"]))
    built = codec.reply(codec.Code.ACCESS_ACCEPT, request, encoded(vector["items"]), secret)
    assert built.hex() == vector["response"]
    assert response_fault(codec.parse(built), request, secret) is None
