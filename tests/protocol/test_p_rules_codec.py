"""The protocol rules that octets alone decide (P1, P3 to P7, P9 to P14, P16 to P18, P23, P25 to P27, P32)."""

import pytest

from netquota.domain.places import AuthenticatorPolicy
from netquota.errors import InvalidValue, Malformed
from radius import codec, validity
from radius import tables as t
from radius.authenticity import (
    STATUS_ANSWER,
    Port,
    is_current,
    request_is_authentic,
    response_fault,
    signature,
    signature_fault,
)
from radius.causes import Cause
from radius.codec import Code, TooLong, attribute, integer_octets, parse, reply, vendor_attribute
from radius.duplicates import Duplicates, Limits, Standing
from radius.methods import credential, pap
from radius.screening import Peer, Screened, screen
from radius.validity import Action

SECRET = b"a secret of some length"
PEER = Peer(SECRET)
RANDOM = bytes(range(16))
NAME = attribute(t.USER_NAME, b"budi")
NAS = attribute(t.NAS_IP_ADDRESS, bytes((192, 0, 2, 10)))
PASSWORD = attribute(t.USER_PASSWORD, pap.hide(b"rahasia123", SECRET, RANDOM))
CHAP = attribute(t.CHAP_PASSWORD, bytes(17))
STATUS = attribute(t.ACCT_STATUS_TYPE, integer_octets(3))
SESSION = attribute(t.ACCT_SESSION_ID, b"81a00017")
LOGIN = (NAME, PASSWORD, NAS)
INTERIM = (STATUS, SESSION, NAME, NAS)


def access(*attributes: bytes, signed: bool = True, code: int = Code.ACCESS_REQUEST) -> bytes:
    return codec.request(code, 1, b"".join(attributes), SECRET, RANDOM, signed)


def accounting(*attributes: bytes, signed: bool = False) -> bytes:
    return codec.request(Code.ACCOUNTING_REQUEST, 1, b"".join(attributes), SECRET, None, signed)


def at_auth(datagram: bytes, peer: Peer = PEER) -> Screened:
    return screen(datagram, Port.AUTHENTICATION, peer)


def at_acct(datagram: bytes, peer: Peer = PEER) -> Screened:
    return screen(datagram, Port.ACCOUNTING, peer)


def passes(screened: Screened) -> bool:
    return screened.outcome.action is Action.ACCEPTABLE and screened.packet is not None


def dropped_for(screened: Screened, cause: Cause) -> bool:
    return screened.outcome.action is Action.DROP and screened.outcome.cause is cause


def rejected_for(screened: Screened, cause: Cause) -> bool:
    return screened.outcome.action is Action.REJECT and screened.outcome.cause is cause


def with_length(datagram: bytes, length: int) -> bytes:
    return datagram[:2] + length.to_bytes(2) + datagram[4:]


@pytest.mark.parametrize("length", [0, 19, 4097, 65535])
def test_p1_impossible_length_is_dropped(length: int) -> None:
    assert dropped_for(at_auth(with_length(access(*LOGIN), length).ljust(5000, b"\0")), Cause.MALFORMED)


@pytest.mark.parametrize("octets", range(20))
def test_p1_datagram_shorter_than_a_header_is_dropped(octets: int) -> None:
    assert dropped_for(at_auth(access(*LOGIN)[:octets]), Cause.MALFORMED)


def test_p1_length_past_the_datagram_is_dropped() -> None:
    datagram = access(*LOGIN)
    assert dropped_for(at_auth(with_length(datagram, len(datagram) + 1)), Cause.MALFORMED)


def test_p1_octets_after_length_are_padding() -> None:
    screened = at_auth(access(*LOGIN) + attribute(t.USER_NAME, b"somebody else"))
    assert passes(screened)
    assert screened.packet is not None
    assert screened.packet.get_all(t.USER_NAME) == [b"budi"]


@pytest.mark.parametrize("code", sorted(set(range(256)) - {Code.ACCESS_REQUEST, Code.STATUS_SERVER}))
def test_p3_other_codes_are_dropped_at_the_authentication_port(code: int) -> None:
    assert dropped_for(at_auth(access(*LOGIN, code=code)), Cause.WRONG_CODE)


@pytest.mark.parametrize("code", sorted(set(range(256)) - {Code.ACCOUNTING_REQUEST, Code.STATUS_SERVER}))
def test_p3_other_codes_are_dropped_at_the_accounting_port(code: int) -> None:
    assert dropped_for(at_acct(access(*INTERIM, code=code)), Cause.WRONG_CODE)


@pytest.mark.parametrize("broken", [b"\x01", b"\x01\x00", b"\x01\x01", b"\x01\x05ab", b"\x50\xff"])
def test_p4_broken_attribute_makes_the_packet_malformed(broken: bytes) -> None:
    assert dropped_for(at_auth(access(*LOGIN, broken)), Cause.MALFORMED)
    assert dropped_for(at_acct(accounting(*INTERIM, broken)), Cause.MALFORMED)


SHORT = attribute(t.NAS_PORT, b"abc")


def test_p4_known_attribute_of_wrong_length_is_rejected_in_access_and_dropped_in_accounting() -> None:
    assert rejected_for(at_auth(access(*LOGIN, SHORT)), Cause.WRONG_LENGTH)
    assert at_acct(accounting(*INTERIM, SHORT)).outcome == validity.Outcome(Action.DROP, Cause.WRONG_LENGTH, t.NAS_PORT)


def test_p4_lenient_gateway_has_the_attribute_alone_ignored() -> None:
    lenient = Peer(SECRET, lenient=True)
    screened = at_acct(accounting(*INTERIM, SHORT), lenient)
    assert passes(screened)
    assert screened.packet is not None
    assert screened.packet.integer(t.NAS_PORT) is None
    assert passes(at_auth(access(*LOGIN, SHORT), lenient))


@pytest.mark.parametrize(
    "kind", [t.ACCT_INPUT_OCTETS, t.ACCT_OUTPUT_GIGAWORDS, t.ACCT_SESSION_TIME, t.NAS_IPV6_ADDRESS]
)
def test_p4_lenience_ends_at_identity_and_counters(kind: int) -> None:
    lenient = Peer(SECRET, lenient=True)
    assert dropped_for(at_acct(accounting(*INTERIM, attribute(kind, b"abc")), lenient), Cause.WRONG_LENGTH)


@pytest.mark.parametrize(
    "odd",
    [
        attribute(200, b""),
        attribute(241, b"x"),
        attribute(t.VENDOR_SPECIFIC, b""),
        attribute(t.VENDOR_SPECIFIC, b"\x00\x00\x3a"),
        attribute(t.VENDOR_SPECIFIC, b"\x00\x00\x3a\x8c\x08\x00"),
        attribute(t.VENDOR_SPECIFIC, b"\x00\x00\x3a\x8c\x08\x0922"),
        vendor_attribute(65534, 1, b"x"),
    ],
)
def test_p5_unknown_attributes_and_opaque_vendors_are_passed_over(odd: bytes) -> None:
    for screened in (at_auth(access(odd, *LOGIN)), at_acct(accounting(odd, *INTERIM))):
        assert passes(screened)
        assert screened.packet is not None
        assert screened.packet.vendor(*t.MIKROTIK_RATE_LIMIT) is None


@pytest.mark.parametrize(
    ("nas", "good"),
    [
        (attribute(t.NAS_IP_ADDRESS, bytes(4)), True),
        (attribute(t.NAS_IDENTIFIER, b"hotspot"), True),
        (attribute(t.NAS_IPV6_ADDRESS, bytes(16)), True),
        (b"", False),
    ],
)
def test_p6_access_request_names_its_nas(nas: bytes, good: bool) -> None:
    screened = at_auth(access(NAME, PASSWORD, nas))
    assert passes(screened) if good else rejected_for(screened, Cause.NO_NAS)


def test_p6_two_credentials_are_never_used() -> None:
    datagram = access(NAME, NAS, PASSWORD, CHAP)
    assert dropped_for(at_auth(datagram), Cause.SEVERAL_CREDENTIALS)
    with pytest.raises(Malformed):
        credential(parse(datagram), SECRET)


def test_p6_no_credential_is_rejected() -> None:
    assert rejected_for(at_auth(access(NAME, NAS)), Cause.NO_CREDENTIAL)
    assert rejected_for(at_auth(access(NAME, NAS, attribute(t.EAP_MESSAGE, b"x"))), Cause.NO_CREDENTIAL)


@pytest.mark.parametrize("code", [Code.ACCESS_ACCEPT, Code.ACCESS_REJECT, Code.ACCESS_CHALLENGE])
def test_p7_proxy_states_come_back_unchanged_in_order_at_the_end(code: Code) -> None:
    states = [attribute(t.PROXY_STATE, value) for value in (b"one", bytes(253), b"one", b"")]
    asked = parse(access(states[0], *LOGIN, *states[1:]))
    answer = reply(code, asked, attribute(t.REPLY_MESSAGE, b"x"), SECRET)
    assert answer.endswith(b"".join(states))
    assert parse(answer).get_all(t.PROXY_STATE) == [b"one", bytes(253), b"one", b""]


def test_p7_accounting_response_returns_proxy_states() -> None:
    state = attribute(t.PROXY_STATE, b"one")
    assert reply(Code.ACCOUNTING_RESPONSE, parse(accounting(*INTERIM, state)), b"", SECRET, False)[20:] == state


def test_p9_message_authenticator_that_is_wrong_drops_the_packet() -> None:
    for datagram, look in ((access(*LOGIN), at_auth), (access(code=Code.STATUS_SERVER), at_auth)):
        assert passes(look(datagram))
        changed = bytearray(datagram)
        changed[30] ^= 1
        assert dropped_for(look(bytes(changed)), Cause.WRONG_SIGNATURE)


def test_p9_accounting_with_a_wrong_message_authenticator_is_dropped() -> None:
    assert passes(at_acct(accounting(*INTERIM, signed=True)))
    forged = accounting(attribute(t.MESSAGE_AUTHENTICATOR, bytes(16)), *INTERIM)
    assert dropped_for(at_acct(forged), Cause.WRONG_SIGNATURE)


@pytest.mark.parametrize("octets", [0, 1, 15, 17])
def test_p9_message_authenticator_has_18_octets(octets: int) -> None:
    bad = attribute(t.MESSAGE_AUTHENTICATOR, bytes(octets))
    assert dropped_for(at_auth(access(bad, *LOGIN, signed=False)), Cause.WRONG_SIGNATURE)


def test_p9_two_message_authenticators_drop_the_packet() -> None:
    second = attribute(t.MESSAGE_AUTHENTICATOR, bytes(16))
    assert dropped_for(at_auth(access(*LOGIN, second)), Cause.WRONG_SIGNATURE)


def test_p9_eap_without_message_authenticator_is_dropped_whatever_the_policy() -> None:
    eap = access(NAME, NAS, attribute(t.EAP_MESSAGE, b"x"), signed=False)
    for policy in AuthenticatorPolicy:
        assert dropped_for(at_auth(eap, Peer(SECRET, policy)), Cause.UNSIGNED_EAP)


@pytest.mark.parametrize("code", [Code.ACCESS_ACCEPT, Code.ACCESS_REJECT, Code.ACCESS_CHALLENGE])
def test_p10_answers_to_access_requests_are_signed_first(code: Code) -> None:
    asked = parse(access(*LOGIN))
    answer = parse(reply(code, asked, attribute(t.CLASS, b"x"), SECRET))
    assert answer.offset(t.MESSAGE_AUTHENTICATOR) == codec.HEADER_OCTETS
    assert response_fault(answer, asked, SECRET) is None


@pytest.mark.parametrize("code", [Code.COA_REQUEST, Code.DISCONNECT_REQUEST])
def test_p10_our_coa_and_disconnect_are_signed_first(code: Code) -> None:
    ours = parse(codec.request(code, 3, NAME, SECRET))
    assert ours.offset(t.MESSAGE_AUTHENTICATOR) == codec.HEADER_OCTETS
    assert request_is_authentic(ours.raw, SECRET)
    assert signature_fault(signature(ours, SECRET)) is None


@pytest.mark.parametrize(
    ("policy", "seen_signed", "let_in"),
    [
        (AuthenticatorPolicy.AUTO, False, True),
        (AuthenticatorPolicy.AUTO, True, False),
        (AuthenticatorPolicy.REQUIRED, False, False),
        (AuthenticatorPolicy.REQUIRED, True, False),
        (AuthenticatorPolicy.OFF, False, True),
        (AuthenticatorPolicy.OFF, True, True),
    ],
)
def test_p11_unsigned_access_request_by_policy(policy: AuthenticatorPolicy, seen_signed: bool, let_in: bool) -> None:
    peer = Peer(SECRET, policy, seen_signed)
    screened = at_auth(access(*LOGIN, signed=False), peer)
    assert passes(screened) if let_in else dropped_for(screened, Cause.UNSIGNED)
    assert passes(at_auth(access(*LOGIN), peer))


def test_p11_unsigned_proxy_state_is_dropped_unless_from_a_proxy() -> None:
    datagram = access(*LOGIN, attribute(t.PROXY_STATE, b"x"), signed=False)
    assert dropped_for(at_auth(datagram), Cause.UNSIGNED_PROXY_STATE)
    assert passes(at_auth(datagram, Peer(SECRET, is_proxy=True)))


def test_p12_wrong_accounting_authenticator_is_found_before_the_attributes_are_read() -> None:
    broken_and_forged = bytearray(accounting(*INTERIM, b"\x01\x00"))
    assert dropped_for(at_acct(bytes(broken_and_forged)), Cause.MALFORMED)
    broken_and_forged[4] ^= 1
    assert dropped_for(at_acct(bytes(broken_and_forged)), Cause.WRONG_AUTHENTICATOR)


@pytest.mark.parametrize(
    "forbidden", [PASSWORD, CHAP, attribute(t.REPLY_MESSAGE, b"x"), attribute(t.STATE, b"x")], ids=str
)
def test_p13_what_has_no_place_in_accounting_drops_the_packet(forbidden: bytes) -> None:
    assert dropped_for(at_acct(accounting(*INTERIM, forbidden)), Cause.FORBIDDEN)


def test_p13_accounting_without_nas_is_taken_and_told() -> None:
    screened = at_acct(accounting(STATUS, SESSION, NAME))
    assert passes(screened)
    assert screened.packet is not None
    assert not validity.names_a_nas(screened.packet)


def test_p14_status_type_must_be_there() -> None:
    assert dropped_for(at_acct(accounting(SESSION, NAME, NAS)), Cause.NO_STATUS_TYPE)


@pytest.mark.parametrize("status", [0, 9, 15, 99, 2**32 - 1])
def test_p14_status_without_meaning_to_us_is_taken(status: int) -> None:
    assert passes(at_acct(accounting(attribute(t.ACCT_STATUS_TYPE, integer_octets(status)), NAS)))


@pytest.mark.parametrize("status", [7, 8])
def test_p14_on_and_off_need_no_session(status: int) -> None:
    assert passes(at_acct(accounting(attribute(t.ACCT_STATUS_TYPE, integer_octets(status)), NAS)))


def test_p16_repetition_gets_the_same_octets_and_has_no_second_effect() -> None:
    memory = Duplicates()
    key = (("192.0.2.1", 40000), 7)
    assert memory.look("nas", key, RANDOM, 0) is Standing.NEW
    assert memory.look("nas", key, RANDOM, 1) is Standing.IN_WORK
    memory.answered("nas", key, RANDOM, b"answer")
    assert memory.look("nas", key, RANDOM, 29.9) == b"answer"
    assert memory.look("nas", key, RANDOM, 30.0) is Standing.NEW


def test_p16_same_identifier_with_another_authenticator_is_a_new_request() -> None:
    memory = Duplicates()
    memory.look("nas", "key", RANDOM, 0)
    memory.answered("nas", "key", RANDOM, b"answer")
    assert memory.look("nas", "key", bytes(16), 1) is Standing.NEW
    assert memory.look("nas", "key", bytes(16), 1) is Standing.IN_WORK


def test_p17_flood_of_one_nas_pushes_out_only_its_own() -> None:
    memory = Duplicates(Limits(entries_per_nas=100, entries=150))
    for number in range(40):
        memory.look("quiet", number, RANDOM, 0)
        memory.answered("quiet", number, RANDOM, b"answer")
    for number in range(10_000):
        memory.look("flood", number, RANDOM, 0)
        memory.answered("flood", number, RANDOM, bytes(4096))
    assert memory.entries <= 150
    assert [memory.look("quiet", number, RANDOM, 1) for number in range(40)] == [b"answer"] * 40


def test_p18_status_server_is_answered_by_port_and_only_when_signed() -> None:
    for port, code in ((Port.AUTHENTICATION, Code.ACCESS_ACCEPT), (Port.ACCOUNTING, Code.ACCOUNTING_RESPONSE)):
        for policy in AuthenticatorPolicy:
            peer = Peer(SECRET, policy)
            assert passes(screen(access(code=Code.STATUS_SERVER), port, peer))
            unsigned = screen(access(code=Code.STATUS_SERVER, signed=False), port, peer)
            assert dropped_for(unsigned, Cause.UNSIGNED)
        assert STATUS_ANSWER[port] is code


def test_p23_reply_message_is_cut_between_characters() -> None:
    octets = codec.text_octets("Kuota habis é" * 40)
    assert 250 <= len(octets) <= 253
    assert ("Kuota habis é" * 40).startswith(octets.decode())


@pytest.mark.parametrize(
    "name",
    [b"budi\0", b"budi\0x", b"bu\ndi", b"\x1b[31m", b"\xff\xfe", "bu\x85di".encode(), b"\x7f"],
)
def test_p25_control_characters_and_broken_text_are_refused(name: bytes) -> None:
    assert rejected_for(at_auth(access(attribute(t.USER_NAME, name), PASSWORD, NAS)), Cause.BAD_USER_NAME)


@pytest.mark.parametrize("name", [b"budi", b"x" * 253, "Siti Nurhalizâ".encode(), b"198501012010011001", b"a'--@b"])
def test_p25_names_up_to_253_octets_are_taken(name: bytes) -> None:
    assert passes(at_auth(access(attribute(t.USER_NAME, name), PASSWORD, NAS)))


def test_p25_names_are_compared_in_nfc() -> None:
    assert validity.user_name(b"sitie\xcc\x81") == validity.user_name(b"siti\xc3\xa9") == "siti\xe9"


def test_p25_name_must_be_there() -> None:
    assert dropped_for(at_auth(access(PASSWORD, NAS)), Cause.NO_USER_NAME)
    assert dropped_for(at_auth(access(attribute(t.USER_NAME, b""), PASSWORD, NAS)), Cause.WRONG_LENGTH)


@pytest.mark.parametrize("octets", [0, 1, 8, 15, 17, 31, 129, 144, 253])
def test_p26_hidden_password_of_another_length_is_dropped(octets: int) -> None:
    assert dropped_for(at_auth(access(NAME, NAS, attribute(t.USER_PASSWORD, bytes(octets)))), Cause.WRONG_LENGTH)
    with pytest.raises(codec.BadLength):
        pap.reveal(bytes(octets), SECRET, RANDOM)


@pytest.mark.parametrize("password", [b"", b"a", b"a\0b", b"\0a", b"x" * 16, b"x" * 128])
def test_p26_zeros_are_taken_off_the_end_only(password: bytes) -> None:
    assert pap.reveal(pap.hide(password, SECRET, RANDOM), SECRET, RANDOM) == password


@pytest.mark.parametrize("code", [Code.COA_REQUEST, Code.DISCONNECT_REQUEST])
def test_p27_answer_is_believed_only_when_right(code: Code) -> None:
    asked = parse(codec.request(code, 3, NAME, SECRET))
    good = reply(code + 1, asked, b"", SECRET)
    assert response_fault(parse(good), asked, SECRET) is None
    assert response_fault(parse(reply(code + 2, asked, b"", SECRET, False)), asked, SECRET) is None
    assert (
        response_fault(parse(reply(code + 1, asked, b"", b"another secret")), asked, SECRET)
        is Cause.WRONG_AUTHENTICATOR
    )
    assert response_fault(parse(reply(code + 3, asked, b"", SECRET)), asked, SECRET) is Cause.WRONG_ANSWER
    other = parse(codec.request(code, 4, NAME, SECRET))
    assert response_fault(parse(good), other, SECRET) is Cause.WRONG_ANSWER


def test_p27_retransmission_is_the_same_octets_and_old_answers_are_told() -> None:
    stamp = attribute(t.EVENT_TIMESTAMP, integer_octets(1_760_000_000))
    first = codec.request(Code.COA_REQUEST, 3, NAME + stamp, SECRET)
    assert first == codec.request(Code.COA_REQUEST, 3, NAME + stamp, SECRET)
    assert is_current(parse(first), 1_760_000_300)
    assert not is_current(parse(first), 1_760_000_301)
    assert not is_current(parse(first), 1_759_999_699)


def test_p32_no_answer_is_longer_than_4096_octets() -> None:
    states = [attribute(t.PROXY_STATE, bytes(253))] * 15
    asked = parse(access(*LOGIN, *states))
    assert len(reply(Code.ACCESS_REJECT, asked, b"", SECRET)) <= 4096
    with pytest.raises(TooLong):
        reply(Code.ACCESS_ACCEPT, asked, bytes(300), SECRET)
    assert issubclass(TooLong, InvalidValue)
