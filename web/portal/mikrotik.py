"""MikroTik's hotspot: what its log-in page hands over, and the navigation that logs a person in there.

Fields and CHAP as MikroTik's HotSpot documentation (customising login pages) has them: the gateway's variables are text
in which octets that do not print are written as a backslash and three octal digits.
"""

from __future__ import annotations

import re
from hashlib import md5

from web.portal import targets

_OCTAL = re.compile(r"\\([0-3][0-7]{2})")


def octets(escaped: str) -> bytes:
    r"""The octets behind MikroTik's escaped text: `\371A` is F9 41."""
    plain = _OCTAL.sub(lambda found: chr(int(found.group(1), 8)), escaped)
    return plain.encode("latin-1", "ignore")


def chap_password(chap_id: str, challenge: str, password: str) -> str:
    """What its log-in page computes for `http-chap`: hex MD5(id, password, challenge) (RFC 1994 §4.1)."""
    mixed = octets(chap_id) + password.encode() + octets(challenge)
    return md5(mixed, usedforsecurity=False).hexdigest()


def login_url(link: str, username: str, password: str, dst: str, chap_id: str = "", challenge: str = "") -> str:
    """The plain GET that logs in at `link-login-only`; by CHAP where the gateway offered a challenge."""
    if chap_id and challenge:
        password = chap_password(chap_id, challenge, password)
    values = {"username": username, "password": password}
    return targets.with_query(link, values | ({"dst": dst} if dst else {}))


def logout_url(link: str) -> str:
    """Where the same gateway logs a device out, and forgets by which cookie it could come back by itself."""
    return targets.beside(link, "logout") + "?erase-cookie=on"
