"""MS-CHAP under any octets: a hostile offer is at most refused, what is sealed opens, only the password fits."""

from hypothesis import given
from hypothesis import strategies as st

from radius import tables as t
from radius.authenticity import Port
from radius.codec import Code, attribute, parse, reply, request, vendor_attribute
from radius.methods import MsChap, MsChap2, credential, mppe, mschap, mschap_attributes
from radius.methods.mschap_attributes import Hiding
from radius.screening import Peer, screen
from radius.simulator import mschap_client
from radius.validity import Action

SECRETS = st.binary(min_size=1, max_size=40)
AUTHENTICATORS = st.binary(min_size=16, max_size=16)
PASSWORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
NAMES = st.text("abcdef\\@.é", min_size=1, max_size=20).filter(lambda name: name.strip("\\") != "")
KINDS = (t.MS_CHAP_RESPONSE, t.MS_CHAP_CHALLENGE, t.MS_CHAP2_RESPONSE, t.MS_CHAP_ERROR)
VALUES = st.one_of(st.binary(max_size=60), st.sampled_from((bytes(50), b"\0\1" + bytes(48), bytes(16), bytes(8))))


@given(st.lists(st.tuples(st.sampled_from(KINDS), VALUES), max_size=4))
def test_any_offer_is_taken_or_refused_and_what_is_taken_can_be_read(
    parts: list[tuple[tuple[int, int], bytes]],
) -> None:
    body = attribute(t.USER_NAME, b"budi") + attribute(t.NAS_IDENTIFIER, b"gw")
    body += b"".join(vendor_attribute(*kind, value) for kind, value in parts)
    found = screen(request(Code.ACCESS_REQUEST, 1, body, b"s", bytes(16)), Port.AUTHENTICATION, Peer(b"s"))
    assert found.packet is not None
    if found.outcome.action is Action.ACCEPTABLE:
        offered = credential(found.packet, b"s")
        assert isinstance(offered, MsChap | MsChap2)
        assert len(offered.response) == 24
        assert len(offered.challenge) == (8 if isinstance(offered, MsChap) else 16)
    else:
        assert found.outcome.action is Action.REJECT
        assert found.outcome.cause is not None


@given(st.binary(max_size=239), st.binary(min_size=4, max_size=4), SECRETS, AUTHENTICATORS)
def test_what_is_sealed_opens_again(plain: bytes, entropy: bytes, secret: bytes, authenticator: bytes) -> None:
    for salt in mschap_attributes.salts_of(entropy):
        assert mppe.opened(mppe.sealed(plain, salt, secret, authenticator), secret, authenticator) == plain


@given(NAMES, PASSWORDS, PASSWORDS, st.binary(min_size=17, max_size=17), SECRETS, AUTHENTICATORS, st.booleans())
def test_only_the_password_fits_and_its_knower_is_known(
    name: str, password: str, other: str, entropy: bytes, secret: bytes, authenticator: bytes, is_second: bool
) -> None:
    asks = mschap_client.offer2(name, password, entropy) if is_second else mschap_client.offer(password, entropy)
    body = attribute(t.USER_NAME, name.encode()) + asks
    asked = parse(request(Code.ACCESS_REQUEST, 1, body, secret, authenticator))
    proof = credential(asked, secret)
    assert isinstance(proof, MsChap | MsChap2)
    known = mschap.secret_of(password)
    assert mschap.verify(proof, known)
    assert mschap.verify(proof, mschap.secret_of(other)) is (other == password)
    granted = mschap_attributes.granted(asked, proof, known, Hiding(secret, authenticator, (b"\x80\0", b"\x81\0")))
    answer = parse(reply(Code.ACCESS_ACCEPT, asked, granted, secret))
    assert mschap_client.server_is_proven(asked, answer, password, secret) is True
    if other != password:
        assert mschap_client.server_is_proven(asked, answer, other, secret) is False
