"""Credentials: what a packet offers, and that a password shows nowhere."""

import pytest

from netquota.errors import InvalidValue, Malformed
from radius import codec
from radius import tables as t
from radius.codec import attribute
from radius.methods import Chap, Pap, chap, credential, pap

SECRET, AUTHENTICATOR = b"a secret of some length", bytes(range(16))


def offered(*attributes: bytes) -> Pap | Chap | None:
    body = b"".join(attributes)
    return credential(codec.parse(codec.request(1, 1, body, SECRET, AUTHENTICATOR)), SECRET)


def test_password_is_offered_in_octets() -> None:
    hidden = pap.hide("kata sandi é".encode(), SECRET, AUTHENTICATOR)
    assert offered(attribute(t.USER_PASSWORD, hidden)) == Pap("kata sandi é".encode())


def test_chap_challenge_counts_before_the_authenticator() -> None:
    answer = attribute(t.CHAP_PASSWORD, b"\x05" + bytes(16))
    assert offered(answer) == Chap(5, bytes(16), AUTHENTICATOR)
    assert offered(answer, attribute(t.CHAP_CHALLENGE, b"12345")) == Chap(5, bytes(16), b"12345")


def test_nothing_offered_is_nothing() -> None:
    assert offered(attribute(t.USER_NAME, b"budi")) is None


def test_both_at_once_cannot_be_used() -> None:
    both = attribute(t.USER_PASSWORD, bytes(16)), attribute(t.CHAP_PASSWORD, bytes(17))
    with pytest.raises(Malformed):
        offered(*both)


def test_password_shows_in_no_repr() -> None:
    assert "rahasia" not in repr(Pap(b"rahasia"))


def test_error_about_a_long_password_does_not_show_it() -> None:
    with pytest.raises(InvalidValue) as caught:
        pap.hide(b"rahasia" * 20, SECRET, AUTHENTICATOR)
    assert "rahasia" not in str(caught.value)


@pytest.mark.parametrize(
    ("password", "noise"), [(b"rahasia123", False), ("sandi é".encode(), False), (b"\xff\xfe", True), (b"a\x01b", True)]
)
def test_noise_hints_at_another_secret(password: bytes, noise: bool) -> None:
    assert Pap(password).secret_mismatch_likely() is noise


def test_chap_needs_the_very_password() -> None:
    one = Chap(3, chap.respond(3, b"rahasia", b"challenge"), b"challenge")
    assert chap.verify(one, b"rahasia")
    assert not chap.verify(one, b"rahasia ")
    assert not chap.verify(Chap(4, one.response, b"challenge"), b"rahasia")
