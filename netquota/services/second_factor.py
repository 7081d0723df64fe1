"""Use case: an admin's second factor (TOTP, RFC 6238), and the codes for the day that the phone is lost.

A code is taken once; a step of 30 s beside the present one is let pass, since clocks differ. Recovery codes are random
and long, so that a plain digest keeps them.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Final
from urllib.parse import quote

import pyotp
from pyotp.totp import TOTP

from netquota.domain.people import bare
from netquota.errors import InvalidValue, NotFound
from netquota.services.made_codes import made_code
from netquota.services.office import Author, Office
from netquota.storage import admin_store, audit_store, web_session_store
from netquota.storage.database import Connection

STEP_S: Final = 30
_DRIFT: Final = (0, -1, 1)
_CODES: Final = 10
_GROUPS: Final = 4  # 79 bits
_DIGITS: Final = 6


def new_seed() -> str:
    """A seed in base32, as phones take it (160 bits)."""
    return pyotp.random_base32()


def address(seed: str, username: str, issuer: str) -> str:
    """The otpauth:// address that a phone reads from a QR code."""
    label = f"{quote(issuer)}:{quote(username)}"
    return f"otpauth://totp/{label}?secret={seed}&issuer={quote(issuer)}"


def begin(office: Office, username: str, seed: str, code: str, by: Author) -> list[str]:
    """Switch the second factor on, once the phone showed a right code; the recovery codes, shown this once.

    Raises `InvalidValue` for a wrong code, `NotFound`.
    """
    step = matching_step(seed, code, office.now_s)
    if step is None:
        raise InvalidValue("code", code, "it is not the code of this moment; look at the phone's clock, give the next")
    codes = [made_code(_GROUPS) for _number in range(_CODES)]
    with office.database.write() as connection:
        admin_id = _id_of(connection, username)
        admin_store.set_totp(connection, admin_id, office.secrets.encrypt_text(seed), step)
        admin_store.set_recovery_codes(connection, admin_id, [digest(each) for each in codes])
        _note(connection, office, "second_factor", username, by)
    return codes


def renew_recovery_codes(office: Office, username: str, by: Author) -> list[str]:
    """Other recovery codes in place of those that there are. Raises `NotFound`."""
    codes = [made_code(_GROUPS) for _number in range(_CODES)]
    with office.database.write() as connection:
        admin_store.set_recovery_codes(connection, _id_of(connection, username), [digest(each) for each in codes])
        _note(connection, office, "recovery_codes", username, by)
    return codes


def remove(office: Office, username: str, by: Author) -> bool:
    """Switch it off and sign the person out; whether it was on. Raises `NotFound`."""
    with office.database.write() as connection:
        admin_id = _id_of(connection, username)
        if admin_store.totp_seed(connection, admin_id) is None:
            return False
        admin_store.set_totp(connection, admin_id, None)
        admin_store.set_recovery_codes(connection, admin_id, ())
        web_session_store.end_all(connection, "admin", admin_id)
        _note(connection, office, "second_factor_off", username, by)
    return True


def accepts(office: Office, admin_id: int, username: str, code: str) -> bool:
    """Whether the code is right and was not used before: one of the phone, else a recovery code (audited)."""
    given = bare(code)
    with office.database.write() as connection:
        sealed = admin_store.totp_seed(connection, admin_id)
        if sealed is None:
            return False
        step = matching_step(office.secrets.decrypt_text(sealed), given, office.now_s)
        if step is not None:
            return admin_store.take_step(connection, admin_id, step)
        if not admin_store.take_recovery_code(connection, admin_id, digest(given), office.now_s):
            return False
        _note(connection, office, "recovery_code", username, Author(username))
        return True


def matching_step(seed: str, code: str, now_s: int) -> int | None:
    """The 30 s step whose code this is: the present one or one beside it; None where it is of none of them."""
    if not (code.isascii() and code.isdigit() and len(code) == _DIGITS):
        return None
    totp, present = TOTP(seed, interval=STEP_S), now_s // STEP_S
    found = [present + drift for drift in _DRIFT if hmac.compare_digest(totp.generate_otp(present + drift), code)]
    return found[0] if found else None


def digest(code: str) -> bytes:
    """What is kept of a recovery code, however it was written."""
    return hashlib.sha256(bare(code).encode()).digest()


def _id_of(connection: Connection, username: str) -> int:
    found = admin_store.by_username(connection, username)
    if found is None:
        raise NotFound("admin", username)
    return found.id


def _note(connection: Connection, office: Office, action: str, username: str, by: Author) -> None:
    audit_store.append(
        connection, actor=by.name, action=action, kind="admin", key=username, before={}, after={}, why=by.why,
        now_s=office.now_s,
    )  # fmt: skip
