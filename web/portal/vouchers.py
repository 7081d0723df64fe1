"""Guests at the portal: a voucher's code in place of name and password, typed or brought by its slip's QR code.

The QR code leads to an address that is never routed, so that whichever gateway is nearest leads on to its own log-in
page; the code comes along in the page that was wanted, without a cookie.
"""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from flask import request
from flask_babel import gettext

from netquota.domain.people import AccountKind, Subscriber
from netquota.services.vouchers import typed_code
from netquota.storage.snapshot import Snapshot
from web.portal.capport import NOWHERE
from web.portal.people import Admitted, Turned

FIELD = "voucher"


def voucher_address(code: str) -> str:
    """What a slip's QR code says."""
    return f"{NOWHERE}?{FIELD}={code}"


def brought_code(wanted: str) -> str:
    """The code that somebody brought from a slip, from the page that he wanted; empty where he brought none."""
    if not wanted.startswith(f"{NOWHERE}?") or len(wanted) > 200:
        return ""
    found = parse_qs(urlsplit(wanted).query).get(FIELD, [""])
    return typed_code(found[0])


def guest_of(snapshot: Snapshot, text: str) -> Subscriber | None:
    """The guest of a code, however it was typed."""
    code = typed_code(text)
    found = snapshot.subscribers.get(code) if code else None
    return found if found is not None and found.kind is AccountKind.GUEST else None


def typed() -> str:
    """The code in the form that was sent; empty where none was typed."""
    return request.form.get(FIELD, "")[:40].strip()


def admitted(snapshot: Snapshot, text: str) -> Admitted | Turned:
    """The guest of a code; a code has 59 bits, so that guessing it is no use."""
    found = guest_of(snapshot, text)
    if found is None:
        return Turned(gettext("There is no such voucher. Check the letters, or ask whoever gave it to you."))
    return Admitted(found)
