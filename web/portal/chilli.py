"""CoovaChilli's UAM: its signed redirect, and the navigation that logs a person in there (nas.md, measured).

The key k is MD5(challenge, uamsecret), or the challenge itself where no secret is set; the response is
MD5(00, password, k), so that RADIUS sees CHAP with id 0 and challenge k.
"""

from __future__ import annotations

import hmac
from hashlib import md5

from netquota.errors import InvalidValue
from web.portal import targets

_SIGNATURE = "&md="
_CHALLENGE_OCTETS = 16


def challenge_octets(text: str) -> bytes:
    """The challenge of a redirect: 32 hexadecimal digits. Raises `InvalidValue`."""
    try:
        found = bytes.fromhex(text)
    except ValueError:
        found = b""
    if len(found) != _CHALLENGE_OCTETS:
        raise InvalidValue("challenge", text[:64], "open the page from the hotspot itself")
    return found


def chap_response(challenge: bytes, uam_secret: bytes | None, password: str) -> str:
    """The `response` of its log-in."""
    key = challenge if not uam_secret else _md5(challenge + uam_secret)
    return _md5(b"\0" + password.encode() + key).hex()


def login_url(link: str, username: str, response: str, dst: str) -> str:
    """The plain GET that logs in at the gateway's `/logon`."""
    values = {"username": username, "response": response}
    return targets.with_query(link, values | ({"userurl": dst} if dst else {}))


def logout_url(link: str) -> str:
    """Where the same gateway logs a device out."""
    return targets.beside(link, "logoff")


def is_signed(address: str, uam_secret: bytes) -> bool:
    """Whether the gateway wrote this redirect: `md` is MD5 of the address before it and the secret, in upper case."""
    plain, found, given = address.rpartition(_SIGNATURE)
    expected = _md5(plain.encode() + uam_secret).hex().upper()
    return bool(found) and hmac.compare_digest(given.partition("&")[0].upper().encode(), expected.encode())


def _md5(octets: bytes) -> bytes:
    return md5(octets, usedforsecurity=False).digest()
