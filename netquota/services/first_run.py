"""Use case: the very first admin. Where there is none who may do everything, a one-time code in the log opens a page.

No password is there beforehand; who reads the server's log may set it up. The code is random and kept as a digest; it
is over once there is an admin, and each start makes another.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Final

from netquota.domain.people import bare
from netquota.errors import Conflict, InvalidValue
from netquota.services.allocate import Change, Texts, add_within
from netquota.services.made_codes import made_code
from netquota.services.office import Author, Office
from netquota.storage import admin_store, fact_store
from netquota.storage.database import Connection

_FACT: Final = "first_run_code"
BY: Final = Author("first-run", "first admin, by the code in the server's log")


def is_needed(connection: Connection) -> bool:
    """Whether nobody may do everything yet."""
    return admin_store.count_active(connection) == 0


def new_code(office: Office) -> str | None:
    """A code for the first-run page, in place of an older one; None where there is an admin already."""
    code = made_code(3).upper()
    with office.database.write() as connection:
        if not is_needed(connection):
            return None
        fact_store.put_fact(connection, _FACT, _digest(code))
    return code


def set_up(office: Office, code: str, values: Texts) -> Change:
    """Make the first admin with these fields.

    Raises `InvalidValue` for a wrong code or field, `Conflict` where there is an admin already.
    """
    with office.database.write() as connection:
        if not is_needed(connection):
            raise Conflict("there is an admin already; log in, or ask a network admin for an account")
        kept = fact_store.fact(connection, _FACT) or ""
        if not hmac.compare_digest(kept, _digest(code)):
            raise InvalidValue("code", code, "it is not the code that the server's log shows; the newest one holds")
        made = add_within(connection, office, "admin", {**values, "role": "network_admin"}, BY)
        fact_store.put_fact(connection, _FACT, "")
    return made


def _digest(code: str) -> str:
    return hashlib.sha256(bare(code).encode()).hexdigest()
