"""What a portal page remembers between two requests: signed in a form field or link, never in a cookie.

Phones forget cookies when their portal window closes (portal.md §5.1). A state is ours by its signature, ends after
`portal.form_lifetime_s`, and once a password was right it holds only for the address that sent it, for minutes.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, cast

from netquota.errors import InvalidValue
from netquota.secrets import Keyring

FIELD = "s"
PROVEN_S = 300
_START, _VISIT = "portal log-in", "portal visit"


class Expired(InvalidValue):
    """The page was open for too long; `start` still says which gateway it belonged to."""

    def __init__(self, start: Start) -> None:
        super().__init__("form", "", "open the log-in page anew")
        self.start = start


@dataclass(frozen=True, slots=True)
class Start:
    """A log-in under way: from which gateway and device, to which page. `family` is empty where no gateway sent it.

    `employee_id` is set once the password was right; `login_url` and `dst` were checked (web.portal.targets);
    `remember`: this device is to be let in again by itself; `voucher`: a code that a slip's QR code brought.
    """

    family: str = ""
    login_url: str = ""
    mac: str = ""
    dst: str = ""
    identity: str = ""
    server: str = ""
    chap_id: str = ""
    challenge: str = ""
    nas_id: int | None = None
    source: str = ""
    began_s: int = 0
    employee_id: int = 0
    remember: bool = False
    voucher: str = ""

    def proven(self, employee_id: int, source: str, now_s: int) -> Start:
        """The same log-in, now with a person whose password was right."""
        return replace(self, employee_id=employee_id, source=source, began_s=now_s)


@dataclass(frozen=True, slots=True)
class Visit:
    """A look at one's own quota: the session's token, and the device and gateway that it was opened from."""

    token: str
    mac: str = ""
    logout_url: str = ""


def sealed(keyring: Keyring, start: Start) -> str:
    """The state as text for a form field or link."""
    plain = {name: value for name, value in asdict(start).items() if value}
    return _written(keyring, _START, plain)


def opened(keyring: Keyring, text: str, source: str, now_s: int, lifetime_s: int) -> Start:
    """The state behind a text. Raises `Expired`, or `InvalidValue` where it is not ours or not this browser's."""
    start = Start(**_read(keyring, _START, text, {field.name for field in fields(Start)}))
    if start.employee_id and start.source != source:
        raise InvalidValue("form", "", "open the log-in page anew: it was begun from another address")
    if not 0 <= now_s - start.began_s <= (PROVEN_S if start.employee_id else lifetime_s):
        raise Expired(replace(start, employee_id=0))
    return start


def sealed_visit(keyring: Keyring, visit: Visit) -> str:
    """The visit as text for a form field or link."""
    return _written(keyring, _VISIT, {name: value for name, value in asdict(visit).items() if value})


def opened_visit(keyring: Keyring, text: str) -> Visit:
    """The visit behind a text; whether its session still holds is for the caller. Raises `InvalidValue`."""
    return Visit(**_read(keyring, _VISIT, text, {field.name for field in fields(Visit)}))


def _written(keyring: Keyring, purpose: str, plain: dict[str, Any]) -> str:
    token = keyring.sign(purpose, json.dumps(plain, separators=(",", ":")).encode())
    return base64.urlsafe_b64encode(token).decode().rstrip("=")


def _read(keyring: Keyring, purpose: str, text: str, known: set[str]) -> dict[str, Any]:
    try:
        token = base64.urlsafe_b64decode(text.encode() + b"=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        raise InvalidValue("form", "", "open the log-in page anew") from None
    plain = cast(dict[str, Any], json.loads(keyring.verify(purpose, token)))
    if not plain.keys() <= known:
        raise InvalidValue("form", "", "open the log-in page anew")  # a newer or older release signed it
    return plain
