"""Use case: somebody sets a password with a code that was given to him: by his office's operator, by mail, on a slip.

59 bits, made up, kept as a digest, good once: so the code alone says whose account it is.
"""

from __future__ import annotations

import re
import secrets
from typing import Final

from netquota import passwords
from netquota.errors import InvalidValue
from netquota.services import credentials
from netquota.services.office import Author, Office
from netquota.storage import audit_store, password_code_store, rows
from netquota.storage.password_code_store import PasswordCode, Way

LASTS_S: Final = 15 * 60
"""A code in answer to "I forgot it" (reliability.md §4)."""
MAIL_AGAIN_S: Final = 5 * 60
_LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is read for another
_GROUPS: Final = 3
_GROUP: Final = 4
_OTHERS: Final = re.compile(rf"[^{_LETTERS}]")


def give_code(office: Office, key: str, by: Author, lasts_s: int = LASTS_S, way: Way = Way.OPERATOR) -> str:
    """Make a code for an employee (NIP or username), in place of his last one of that way; it is shown this once.

    The present password stays good until the code is used. Raises `NotFound`.
    """
    code = fresh_code()
    with office.database.write() as connection:
        row = credentials.person_row(connection, office, "employee", key)
        made = PasswordCode(row["id"], way, by.name, office.now_s + lasts_s)
        password_code_store.put(connection, written(code), made)
        audit_store.append(
            connection, actor=by.name, action="password_code", kind="employee", key=row["username"], before={},
            after={}, why=by.why, now_s=office.now_s,
        )  # fmt: skip
    return code


def fresh_code() -> str:
    """A code that nobody has yet, in groups that can be read out."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(_GROUP)) for _ in range(_GROUPS))


def was_just_mailed(office: Office, employee_id: int) -> bool:
    """Whether a code went to the person by mail a moment ago, so that nobody's mailbox is filled."""
    with office.database.read() as connection:
        until_s = password_code_store.until(connection, employee_id, Way.MAIL)
    return office.now_s < until_s - LASTS_S + MAIL_AGAIN_S


def whose_code(office: Office, code: str) -> int | None:
    """The employee (row id) that a code is for; None where it is not good."""
    with office.database.read() as connection:
        found = password_code_store.find(connection, written(code), office.now_s)
    return None if found is None else found.employee_id


def redeem(office: Office, code: str, password: str) -> int:
    """Set the password of whoever the code is for; his row id. Used up, unless the password is refused.

    Raises `InvalidValue` for a code that is not good, a slip where a password is set already, or a weak password.
    """
    plain, hashed = written(code), passwords.hash_password(password)
    with office.database.write() as connection:
        found = password_code_store.find(connection, plain, office.now_s)
        row = None if found is None else rows.find(connection, "employee", ("id",), found.employee_id, lock=True)
        is_late = found is not None and row is not None and found.way is Way.SLIP and row["password_hash"] is not None
        if found is None or row is None or is_late or not password_code_store.use(connection, plain):
            raise InvalidValue("code", "***", "it was used, is too old, or was misread; ask for a new one")
        by = Author(f"employee:{row['username']}", f"code by {found.way}, {found.by}")
        credentials.write_password(connection, office, "employee", row, password, hashed, by)
        return found.employee_id


def written(code: str) -> str:
    """A code as it is kept, however it was typed: blanks, dashes and capitals do not matter."""
    return _OTHERS.sub("", code.lower())[: 2 * _GROUPS * _GROUP]
