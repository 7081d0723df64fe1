"""MS-CHAP, MS-CHAPv2 and MPPE keys against the RFCs' printed examples and computed vectors."""

import json
from hashlib import sha1
from pathlib import Path
from typing import Any

import pytest
from Crypto.Cipher import ARC4

from netquota.errors import InvalidValue
from radius import codec, naming
from radius import tables as t
from radius.authenticity import Port
from radius.codec import Code
from radius.methods import MsChap, MsChap2, credential, mppe, mschap, mschap_attributes
from radius.methods.mschap import NtSecret
from radius.methods.mschap_attributes import Hiding
from radius.screening import Peer, screen
from radius.validity import Action

FOLDER = Path(__file__).parents[2] / "vectors"
WEAKENED = {40: bytes.fromhex("d1269e"), 56: b"\xd1", 128: b""}


def load(name: str, *kinds: str) -> list[Any]:
    vectors = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))["vectors"]
    return [pytest.param(v, id=v["id"]) for v in vectors if v["kind"] in kinds]


def octets(vector: dict[str, Any], *names: str) -> list[bytes]:
    return [bytes.fromhex(vector[name]) for name in names]


def session_key(start: bytes) -> bytes:
    """The gateway's own step from a start key to its first session key (RFC 3079 §2.3, §3.3)."""
    return sha1(start + bytes(40) + start + b"\xf2" * 40, usedforsecurity=False).digest()[: len(start)]


def is_right(packet: codec.Packet, password: str) -> bool:
    proof = credential(packet, b"")
    assert isinstance(proof, MsChap | MsChap2)
    return mschap.verify(proof, mschap.secret_of(password))


@pytest.mark.parametrize("vector", load("mschap", "des_key"))
def test_des_key_gets_odd_parity(vector: dict[str, Any]) -> None:
    raw, with_parity = octets(vector, "raw", "with_parity")
    assert mschap.des_key(raw) == with_parity


@pytest.mark.parametrize("vector", load("mschap", "mschapv2"))
def test_version_2_answers_and_keys_are_those_of_the_rfc(vector: dict[str, Any]) -> None:
    known = mschap.secret_of(vector["password"])
    challenge, peer, response = octets(vector, "authenticator_challenge", "peer_challenge", "nt_response")
    name = mschap.bare_name(vector.get("user_name_attribute", vector["username"]).encode())
    offered = MsChap2(0, response, challenge, peer, name)
    assert mschap.challenge_hash(peer, challenge, name).hex() == vector["challenge"]
    assert [known.nt_hash, known.hash_hash] == octets(vector, "nt_password_hash", "nt_password_hash_hash")
    assert mschap.respond(bytes.fromhex(vector["challenge"]), known.nt_hash) == response
    assert mschap.verify(offered, known)
    assert mschap.authenticator_response(offered, known) == vector["authenticator_response"]
    assert mppe.master_key(known, response).hex() == vector["master_key"]
    assert [*mppe.keys_of(known, response)] == octets(vector, "server_send_start_key_128", "server_recv_start_key_128")


@pytest.mark.parametrize("vector", load("mschap", "mschapv1"))
def test_version_1_answers_and_keys_are_those_of_the_rfc(vector: dict[str, Any]) -> None:
    known, (challenge, response) = mschap.secret_of(vector["password"]), octets(vector, "challenge", "nt_response")
    assert [known.nt_hash, known.hash_hash] == octets(vector, "nt_password_hash", "nt_password_hash_hash")
    assert mschap.respond(challenge, known.nt_hash) == response
    assert mschap.verify(MsChap(0, response, challenge), known)
    start = sha1(known.hash_hash * 2 + challenge, usedforsecurity=False).digest()[:16]  # GetStartKey, at the gateway
    assert [start, session_key(start)] == octets(vector, "start_key_128", "session_key_128")
    assert (known.lm_hash is not None) == ("lm_password_hash" in vector)
    if known.lm_hash is not None:
        assert [known.lm_hash, mschap.respond(challenge, known.lm_hash)] == octets(
            vector, "lm_password_hash", "lm_response"
        )


@pytest.mark.parametrize("vector", load("mschap", "mppe_session_key"))
def test_keys_that_we_give_encrypt_as_the_rfc_prints(vector: dict[str, Any]) -> None:
    size = 16 if vector["bits"] == 128 else 8
    if "master_key" in vector:
        start = mppe.start_key(bytes.fromhex(vector["master_key"]), is_send=True, octets=size)
    else:
        start = (mschap.lm_hash("clientPass") or b"")[:size]
    weakened = WEAKENED[vector["bits"]]
    key = weakened + session_key(start)[len(weakened) :]
    assert [start, key] == octets(vector, "start_key", "session_key")
    assert ARC4.new(key).encrypt(b"test message").hex() == vector["rc4_of_test_message"]


@pytest.mark.parametrize("vector", load("mschap", "mschapv2_packet"))
def test_version_2_packet_is_answered_octet_for_octet(vector: dict[str, Any]) -> None:
    secret, request = vector["secret"].encode(), codec.parse(bytes.fromhex(vector["request"]))
    proof = credential(request, secret)
    assert isinstance(proof, MsChap2)
    assert (proof.ident, proof.name.decode()) == (vector["ident"], vector["username"])
    assert is_right(request, vector["password"]) is vector["valid"]
    if not vector["valid"]:
        error = vector["ms_chap_error"]
        words = bytes.fromhex(error)[1:].decode()
        fresh = bytes.fromhex(words.split("C=")[1].split()[0])
        body = mschap_attributes.denied(proof, fresh, words.split("M=")[1])
        assert codec.reply(Code.ACCESS_REJECT, request, body, secret).hex() == vector["response"]
        return
    first, second = vector["salts"]
    hiding = Hiding(secret, request.authenticator, (bytes.fromhex(first), bytes.fromhex(second)))
    body = mschap_attributes.granted(request, proof, mschap.secret_of(vector["password"]), hiding)
    domain = naming.encode("MS-CHAP-Domain", bytes((proof.ident,)) + b"DINAS")
    assert (domain in body) == (vector["id"] == "v2-packet-domain")
    body = body.replace(domain, b"") + mschap_attributes.encryption()  # no PPP is asked for, the vector shows it anyway
    assert codec.reply(Code.ACCESS_ACCEPT, request, body, secret).hex() == vector["response"]


@pytest.mark.parametrize("vector", load("mschap", "mschapv1_packet"))
def test_version_1_packet_is_answered_octet_for_octet(vector: dict[str, Any]) -> None:
    secret, request = vector["secret"].encode(), codec.parse(bytes.fromhex(vector["request"]))
    proof = credential(request, secret)
    assert isinstance(proof, MsChap)
    assert proof.ident == vector["ident"]
    assert is_right(request, vector["password"]) is vector["valid"]
    if vector["valid"]:
        hiding = Hiding(secret, request.authenticator, mschap_attributes.salts_of(bytes(4)))
        body = mschap_attributes.granted(request, proof, mschap.secret_of(vector["password"]), hiding)
        assert codec.reply(Code.ACCESS_ACCEPT, request, body, secret).hex() == vector["response"]


@pytest.mark.parametrize("vector", load("password", "mppe_key", "tunnel_password"))
def test_keys_are_sealed_with_a_salt_and_opened_again(vector: dict[str, Any]) -> None:
    secret, authenticator, salt, value = octets(vector, "secret_hex", "request_authenticator", "salt", "value")
    plain = bytes.fromhex(vector["key"] if vector["kind"] == "mppe_key" else vector["password_hex"])
    tag = bytes((vector["tag"],)) if vector["kind"] == "tunnel_password" else b""
    assert tag + mppe.sealed(plain, salt, secret, authenticator) == value
    assert mppe.opened(value[len(tag) :], secret, authenticator) == plain


@pytest.mark.parametrize("vector", load("password", "chap_mppe_keys"))
def test_keys_of_version_1_are_hidden_as_a_password_is(vector: dict[str, Any]) -> None:
    """The vector gives the keys, not the password: what hides zeros hides them, as the hiding is an exclusive or."""
    secret, authenticator, lm_key, nt_key, value = octets(
        vector, "secret_hex", "request_authenticator", "lm_key", "nt_key", "value"
    )

    class Known(NtSecret):
        @property
        def hash_hash(self) -> bytes:
            return nt_key

    assert mppe.chap_mppe_keys(Known(b"", lm_key), secret, authenticator) == value


@pytest.mark.parametrize("salt", [b"", b"\x80", b"\x7f\xff", b"\x80\x00\x00"])
def test_salt_without_its_mark_is_refused(salt: bytes) -> None:
    with pytest.raises(InvalidValue):
        mppe.sealed(bytes(16), salt, b"secret", bytes(16))


@pytest.mark.parametrize("entropy", [bytes(4), b"\xff" * 4, b"\x12\x34\x92\x34", bytes(range(4))])
def test_two_salts_bear_the_mark_and_differ(entropy: bytes) -> None:
    first, second = mschap_attributes.salts_of(entropy)
    assert first[0] & second[0] & 0x80
    assert first != second


@pytest.mark.parametrize("value", [b"", b"\x80\x01", b"\x80\x01" + bytes(15), b"\x80\x01" + bytes(17)])
def test_sealed_value_of_impossible_length_is_not_opened(value: bytes) -> None:
    with pytest.raises(InvalidValue):
        mppe.opened(value, b"secret", bytes(16))


def vendor(name: str, length: int, flags: int = 1) -> bytes:
    return naming.encode(name, (b"\x07" + bytes((flags,)) + bytes(60))[:length])


RIGHT1 = vendor("MS-CHAP-Challenge", 8) + vendor("MS-CHAP-Response", 50)
RIGHT2 = vendor("MS-CHAP-Challenge", 16) + vendor("MS-CHAP2-Response", 50)


@pytest.mark.parametrize(
    ("offer", "action", "cause"),
    [
        (RIGHT1, Action.ACCEPTABLE, None),
        (RIGHT2, Action.ACCEPTABLE, None),
        (vendor("MS-CHAP-Challenge", 8), Action.REJECT, "no_credential"),
        (vendor("MS-CHAP2-Response", 50), Action.REJECT, "mschap_of_wrong_form"),
        (vendor("MS-CHAP-Challenge", 16) + vendor("MS-CHAP-Response", 50), Action.REJECT, "mschap_of_wrong_form"),
        (vendor("MS-CHAP-Challenge", 8) + vendor("MS-CHAP2-Response", 50), Action.REJECT, "mschap_of_wrong_form"),
        (vendor("MS-CHAP-Challenge", 16) + vendor("MS-CHAP2-Response", 49), Action.REJECT, "mschap_of_wrong_form"),
        (vendor("MS-CHAP-Challenge", 8) + vendor("MS-CHAP-Response", 51), Action.REJECT, "mschap_of_wrong_form"),
        (vendor("MS-CHAP-Challenge", 8) + vendor("MS-CHAP-Response", 0), Action.REJECT, "mschap_of_wrong_form"),
        (RIGHT2 + vendor("MS-CHAP-Response", 50), Action.REJECT, "mschap_of_wrong_form"),
        (RIGHT1 + vendor("MS-CHAP-Challenge", 8), Action.REJECT, "mschap_of_wrong_form"),
        (RIGHT1[:16] + vendor("MS-CHAP-Response", 50, flags=0), Action.REJECT, "lan_manager_response_only"),
        (RIGHT2 + codec.attribute(t.USER_PASSWORD, bytes(16)), Action.DROP, "several_credentials"),
        (RIGHT1 + codec.attribute(t.CHAP_PASSWORD, bytes(17)), Action.DROP, "several_credentials"),
    ],
)
def test_offer_by_ms_chap_is_taken_in_its_form_alone(offer: bytes, action: Action, cause: str | None) -> None:
    head = codec.attribute(t.USER_NAME, b"budi") + codec.attribute(t.NAS_IDENTIFIER, b"gw")
    datagram = codec.request(Code.ACCESS_REQUEST, 1, head + offer, b"secret", bytes(16))
    found = screen(datagram, Port.AUTHENTICATION, Peer(b"secret"))
    assert (found.outcome.action, found.outcome.cause) == (action, cause)


def test_ppp_is_told_the_policy_of_encryption() -> None:
    head = codec.attribute(t.USER_NAME, b"budi") + codec.attribute(t.FRAMED_PROTOCOL, codec.integer_octets(1))
    packet = codec.parse(codec.request(Code.ACCESS_REQUEST, 1, head + RIGHT2, b"secret", bytes(16)))
    proof = credential(packet, b"secret")
    assert isinstance(proof, MsChap2)
    hiding = Hiding(b"secret", packet.authenticator, (b"\x80\x00", b"\x80\x01"))
    body = mschap_attributes.granted(packet, proof, mschap.secret_of("rahasia"), hiding)
    assert body.endswith(mschap_attributes.encryption())


def test_only_the_hash_is_known_so_the_lan_manager_key_is_zero() -> None:
    full, bare = mschap.secret_of("rahasia123"), NtSecret(mschap.nt_hash("rahasia123"))
    with_lm, without = (mppe.chap_mppe_keys(known, b"secret", bytes(16)) for known in (full, bare))
    difference = bytes(a ^ b for a, b in zip(with_lm[:16], without[:16], strict=True))
    assert full.lm_hash is not None
    assert difference == full.lm_hash[:8] + bytes(8)


def test_error_of_version_1_has_its_own_challenge_and_no_message() -> None:
    one = MsChap(9, bytes(24), bytes(8))
    body = mschap_attributes.denied(one, bytes(range(16)), "Nama atau kata sandi salah", 649, retry=True)
    assert body == naming.encode("MS-CHAP-Error", b"\x09E=649 R=1 C=0001020304050607 V=2")


def test_long_message_of_an_error_is_cut_between_characters() -> None:
    body = mschap_attributes.denied(MsChap2(1, bytes(24), bytes(16), bytes(16), b"budi"), bytes(16), "é" * 200)
    assert len(body) <= 255
    body[9:].decode()


def test_secrets_show_in_no_repr() -> None:
    known = mschap.secret_of("rahasia123")
    assert known.nt_hash.hex()[:6] not in repr(known)
    assert repr(known.nt_hash) not in repr(known)
    assert "secret" not in repr(Hiding(b"geheim-secret", bytes(16), (b"", b""))).replace("secret=", "")


@pytest.mark.parametrize(
    ("name", "bare", "domain"),
    [
        (b"budi", b"budi", b""),
        (b"DINAS\\budi", b"budi", b"DINAS"),
        (b"budi@kota.go.id", b"budi@kota.go.id", b""),  # a realm is part of the name that the user typed and hashed
        (b"DINAS\\Budi@kota", b"Budi@kota", b"DINAS"),
    ],
)
def test_name_in_the_hash_is_the_one_without_its_domain(name: bytes, bare: bytes, domain: bytes) -> None:
    assert (mschap.bare_name(name), mschap.domain_of(name)) == (bare, domain)


def test_every_vector_is_used() -> None:
    kinds = {v["kind"] for v in json.loads((FOLDER / "mschap.json").read_text(encoding="utf-8"))["vectors"]}
    assert kinds == {"des_key", "mschapv1", "mschapv2", "mppe_session_key", "mschapv1_packet", "mschapv2_packet"}
