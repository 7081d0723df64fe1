"""Message-Authenticator, dynamic authorization and passwords against computed vectors."""

import json
from pathlib import Path
from typing import Any

import pytest

from netquota.errors import Malformed
from radius import codec, naming
from radius import tables as t
from radius.authenticity import (
    Port,
    Signature,
    is_current,
    request_is_authentic,
    response_fault,
    signature,
    signature_fault,
)
from radius.codec import Code
from radius.methods import Chap, Pap, chap, credential, pap
from radius.screening import Peer, screen
from radius.validity import Action

FOLDER = Path(__file__).parents[2] / "vectors"
REQUESTS = {Code.ACCESS_REQUEST, Code.STATUS_SERVER, Code.ACCOUNTING_REQUEST}
VERDICTS = {
    "valid": Signature.VALID,
    "invalid": Signature.INVALID,
    "absent": Signature.ABSENT,
    "duplicate": Signature.REPEATED,
    "malformed": Signature.MISSHAPEN,
}
WITH_MSCHAP = {"mppe_key", "chap_mppe_keys", "tunnel_password"}
"""Kinds that test_vectors_mschap.py uses."""


def load(name: str, *kinds: str) -> list[Any]:
    vectors = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))["vectors"]
    return [pytest.param(v, id=v["id"]) for v in vectors if not kinds or v.get("kind") in kinds]


def believed(packet: codec.Packet, secret: bytes, request: codec.Packet | None) -> bool:
    """Whether whoever receives this packet goes on with it."""
    if request is not None:
        return response_fault(packet, request, secret) is None
    if packet.code in REQUESTS:
        port = Port.ACCOUNTING if packet.code == Code.ACCOUNTING_REQUEST else Port.AUTHENTICATION
        return screen(packet.raw, port, Peer(secret)).outcome.action is not Action.DROP
    return request_is_authentic(packet.raw, secret) and signature_fault(signature(packet, secret)) is None


@pytest.mark.parametrize("vector", load("message_authenticator"))
def test_message_authenticator_gets_the_verdict_it_deserves(vector: dict[str, Any]) -> None:
    secret, packet = bytes.fromhex(vector["secret_hex"]), codec.parse(bytes.fromhex(vector["packet"]))
    request = codec.parse(bytes.fromhex(vector["request"])) if "request" in vector else None
    assert signature(packet, secret, request) is VERDICTS[vector["verdict"]]
    assert believed(packet, secret, request) or "drop" in vector["expect"]
    assert not believed(packet, secret, request) or vector["expect"] != ["drop"]


@pytest.mark.parametrize("vector", load("dynauth", "exchange"))
def test_dynamic_authorization_exchange_is_believed_and_rebuilt(vector: dict[str, Any]) -> None:
    secret = bytes.fromhex(vector["secret_hex"])
    request, response = (codec.parse(bytes.fromhex(vector[part])) for part in ("request", "response"))
    assert request_is_authentic(request.raw, secret)
    assert response_fault(response, request, secret) is None
    assert [n for n, _ in naming.attributes(request)] == [one["name"] for one in vector["request_attributes"]]
    assert [n for n, _ in naming.attributes(response)] == [one["name"] for one in vector["response_attributes"]]
    for packet in (request, response):
        assert signature(packet, secret, request if packet is response else None) in (Signature.VALID, Signature.ABSENT)
    if request.offset(t.MESSAGE_AUTHENTICATOR) in (None, codec.HEADER_OCTETS):
        signed = t.MESSAGE_AUTHENTICATOR in request
        body = request.raw[codec.HEADER_OCTETS + (18 if signed else 0) :]
        assert codec.request(request.code, request.identifier, body, secret, None, signed) == request.raw


@pytest.mark.parametrize("vector", load("dynauth", "decode"))
def test_printed_disconnect_decodes(vector: dict[str, Any]) -> None:
    names = [name for name, _ in naming.attributes(codec.parse(bytes.fromhex(vector["request"])))]
    assert names == [one["name"] for one in vector["request_attributes"]]


@pytest.mark.parametrize("vector", load("dynauth", "response", "request"))
def test_dynamic_authorization_datagram_is_believed_only_when_right(vector: dict[str, Any]) -> None:
    secret = bytes.fromhex(vector["secret_hex"])
    try:
        packet = codec.parse(bytes.fromhex(vector["packet"]))
    except Malformed:
        assert "drop" in vector["expect"]
        return
    request = codec.parse(bytes.fromhex(vector["request"])) if "request" in vector else None
    good = believed(packet, secret, request) and is_current(packet, vector["now"])
    assert good or "drop" in vector["expect"]
    assert not good or vector["expect"] != ["drop"]


def test_error_causes_have_the_names_of_the_rfc() -> None:
    causes = json.loads((FOLDER / "dynauth.json").read_text(encoding="utf-8"))["error_causes"]
    assert {str(number) for number in t.VALUES["Error-Cause"]} == set(causes)
    assert naming.value_name("Error-Cause", 503) == "Session-Context-Not-Found"


@pytest.mark.parametrize("vector", load("password", "user_password"))
def test_password_is_hidden_and_revealed_in_octets(vector: dict[str, Any]) -> None:
    secret, authenticator = (bytes.fromhex(vector[part]) for part in ("secret_hex", "request_authenticator"))
    clear, hidden = (bytes.fromhex(vector[part]) for part in ("password_hex", "hidden"))
    assert pap.hide(clear, secret, authenticator) == hidden
    assert pap.reveal(hidden, secret, authenticator) == clear


@pytest.mark.parametrize("vector", load("password", "user_password_wrong_secret"))
def test_wrong_secret_is_told_from_a_wrong_password(vector: dict[str, Any]) -> None:
    hidden, authenticator = bytes.fromhex(vector["hidden"]), bytes.fromhex(vector["request_authenticator"])
    noise = pap.reveal(hidden, bytes.fromhex(vector["wrong_secret_hex"]), authenticator)
    assert noise.hex() == vector["decoded_with_wrong_secret_hex"]
    assert Pap(noise).secret_mismatch_likely()
    assert not Pap(bytes.fromhex(vector["password_hex"])).secret_mismatch_likely()


@pytest.mark.parametrize("vector", load("password", "chap"))
def test_chap_is_right_for_the_challenge_that_counts(vector: dict[str, Any]) -> None:
    offered = credential(codec.parse(bytes.fromhex(vector["packet"])), b"of no account")
    assert isinstance(offered, Chap)
    assert offered.ident == vector["chap_ident"]
    assert chap.verify(offered, bytes.fromhex(vector["password_hex"])) is vector["valid"]


def test_every_password_vector_is_used() -> None:
    vectors = json.loads((FOLDER / "password.json").read_text(encoding="utf-8"))["vectors"]
    used = {"user_password", "user_password_wrong_secret", "chap"}
    assert {vector["kind"] for vector in vectors} == used | WITH_MSCHAP
