"""Whatever comes in, the codec reads it or calls it malformed; on valid packets pyrad reads and writes the same."""

import logging
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

from hypothesis import assume, example, given
from hypothesis import strategies as st
from pyrad import packet as pyrad_packet
from pyrad.dictionary import Dictionary

import radius.dictionary
from netquota.errors import Malformed
from radius import codec, naming
from radius import tables as t
from radius.authenticity import Port, Signature, request_is_authentic, response_fault, signature
from radius.codec import Code
from radius.dictionary import Kind
from radius.methods import pap
from radius.screening import Peer, screen

logging.getLogger("pyrad").setLevel(logging.CRITICAL)
DICTIONARY = Dictionary(str(Path(radius.dictionary.__file__).parent / "dictionary"))
SECRET = b"a secret of some length"

VALUES = {
    Kind.INTEGER: st.integers(0, 2**32 - 1),
    Kind.TIME: st.integers(0, 2**32 - 1),
    Kind.IPV4: st.ip_addresses(v=4),
    Kind.IPV6: st.ip_addresses(v=6),
    Kind.TEXT: st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60),
    Kind.OCTETS: st.binary(min_size=1, max_size=247).filter(lambda octets: octets[:2] != b"0x"),  # pyrad: hex follows
}
SPECIAL = {t.VENDOR_SPECIFIC, t.USER_PASSWORD, t.CHAP_PASSWORD, t.CHAP_CHALLENGE, t.MESSAGE_AUTHENTICATOR, t.STATE}
PLAIN = [
    one
    for one in t.ATTRIBUTES.values()
    if one.kind in VALUES and not one.tagged and (one.vendor or one.number not in SPECIAL)
]
ITEMS = st.lists(
    st.sampled_from(PLAIN).flatmap(lambda one: st.tuples(st.just(one.name), VALUES[one.kind])), min_size=1, max_size=12
)


def body_of(items: list[tuple[str, naming.Value]]) -> bytes:
    body = b"".join(naming.encode(name, value) for name, value in items)
    assume(len(body) < 4000)
    return body


def as_pyrad_shows(value: naming.Value) -> object:
    return str(value) if isinstance(value, IPv4Address | IPv6Address) else value


@given(ITEMS, st.integers(0, 255))
def test_pyrad_reads_what_we_write_and_believes_it(items: list[tuple[str, naming.Value]], identifier: int) -> None:
    datagram = codec.request(Code.ACCOUNTING_REQUEST, identifier, body_of(items), SECRET)
    theirs = pyrad_packet.AcctPacket(packet=datagram, secret=SECRET, dict=DICTIONARY)
    assert theirs.VerifyAcctRequest()
    assert theirs.verify_message_authenticator(secret=SECRET)
    for name in {name for name, _ in items}:
        names = t.VALUES.get(name, {})
        shown = [as_pyrad_shows(value) for other, value in items if other == name]
        assert theirs[name] == [names.get(one, one) for one in shown]


@given(ITEMS, st.integers(0, 255))
def test_we_read_what_pyrad_writes_and_believe_it(items: list[tuple[str, naming.Value]], identifier: int) -> None:
    assume(len(body_of(items)) > 0)
    theirs = pyrad_packet.AcctPacket(id=identifier, secret=SECRET, dict=DICTIONARY)
    for name, value in items:
        theirs.AddAttribute(name, as_pyrad_shows(value))
    datagram = theirs.RequestPacket()
    assert request_is_authentic(datagram, SECRET)
    ours = codec.parse(datagram)
    assert (ours.code, ours.identifier) == (Code.ACCOUNTING_REQUEST, identifier)
    assert sorted(map(repr, naming.attributes(ours))) == sorted(map(repr, items))


@given(ITEMS)
def test_pyrad_believes_our_answers(items: list[tuple[str, naming.Value]]) -> None:
    request = codec.request(Code.ACCESS_REQUEST, 5, naming.encode("User-Name", "budi"), SECRET, bytes(range(16)))
    own = [(name, value) for name, value in items if name != "Proxy-State"]
    answer = codec.reply(Code.ACCESS_ACCEPT, codec.parse(request), body_of(own), SECRET)
    asked = pyrad_packet.AuthPacket(packet=request, secret=SECRET, dict=DICTIONARY)
    given_back = asked.CreateReply(packet=answer)
    assert asked.VerifyReply(given_back, rawreply=answer, enforce_ma=True)
    assert response_fault(codec.parse(answer), codec.parse(request), SECRET) is None


@given(st.binary(max_size=128).map(lambda octets: octets.rstrip(b"\0")), st.binary(min_size=16, max_size=16))
def test_hidden_password_is_revealed_as_it_was(password: bytes, authenticator: bytes) -> None:
    hidden = pap.hide(password, SECRET, authenticator)
    assert len(hidden) % 16 == 0
    assert 16 <= len(hidden) <= 128
    assert pap.reveal(hidden, SECRET, authenticator) == password


def read_everything(datagram: bytes) -> None:
    """Parse and read in every way; only `Malformed` may come out of it."""
    try:
        packet = codec.parse(datagram)
    except Malformed:
        return
    assert sum(2 + len(value) for _, value in packet.attributes()) + codec.HEADER_OCTETS == len(packet.raw)
    assert signature(packet, SECRET) in Signature
    naming.attributes(packet)
    for kind in range(256):
        assert len(packet.get_all(kind)) >= (packet.get(kind) is not None)
        for reader in (packet.integer, packet.text, packet.ipv4, packet.ipv6):
            try:
                reader(kind)
            except Malformed:
                assert kind in packet
    packet.vendor(*t.MIKROTIK_RATE_LIMIT)


@given(st.binary(max_size=200))
@example(b"\x01\x00\x00\x15" + bytes(16) + b"\x01")
@example(b"\x01\x00\x00\x16" + bytes(16) + b"\x01\x00")
def test_random_octets_are_read_or_malformed(datagram: bytes) -> None:
    read_everything(datagram)
    for port in Port:
        screen(datagram, port, Peer(SECRET))


@given(st.binary(min_size=16, max_size=200), st.sampled_from([1, 2, 4, 12, 40, 43]))
def test_random_attributes_behind_a_sound_header_are_read_or_malformed(attributes: bytes, code: int) -> None:
    datagram = bytes((code, 0)) + (4 + len(attributes)).to_bytes(2) + attributes
    read_everything(datagram)
    for port in Port:
        screen(datagram, port, Peer(SECRET))


@given(
    ITEMS,
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), min_size=1, max_size=4),
    st.sampled_from([Code.ACCESS_REQUEST, Code.ACCOUNTING_REQUEST]),
)
def test_changed_packet_is_never_believed(
    items: list[tuple[str, naming.Value]], changes: list[tuple[int, int]], code: Code
) -> None:
    authenticator = bytes(16) if code == Code.ACCESS_REQUEST else None
    datagram = codec.request(code, 9, body_of(items), SECRET, authenticator)
    changed = bytearray(datagram)
    for at, octet in changes:
        changed[at % len(changed)] = octet
    assume(changed != datagram)
    read_everything(bytes(changed))
    port = Port.AUTHENTICATION if code == Code.ACCESS_REQUEST else Port.ACCOUNTING
    strict = Peer(SECRET, seen_signed=True)
    assert screen(bytes(changed), port, strict).outcome.action.value == "drop"
