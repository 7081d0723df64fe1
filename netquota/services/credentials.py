"""Use case: somebody gets a new password. Kept as an argon2id hash; where CHAP or MS-CHAP is wanted also encrypted.

Who may do so, and whether the old one was asked for, is for the door to see to.
"""

from __future__ import annotations

from netquota import passwords
from netquota.domain.people import username_key
from netquota.errors import Conflict, NotFound
from netquota.services.office import Author, Office
from netquota.storage import audit_store, device_store, password_code_store, rows, web_session_store
from netquota.storage.database import Connection
from netquota.storage.policy_store import record_change

_TABLES = {"employee": ("username_key", "nip"), "admin": ("username",)}


def set_password(
    office: Office,
    key: str,
    password: str,
    by: Author,
    *,
    chap: bool | None = None,
    kind: str = "employee",
    usual_allowed: bool = False,
) -> None:
    """Set the password of an employee (NIP or username) or, by `kind`, of an admin; ends the person's web sessions.

    `chap`: keep the text encrypted as well (None: as before, or as the city has it). Raises `InvalidValue` for a weak
    one (unless `usual_allowed`, for sample data), `NotFound`.
    """
    hashed = passwords.hash_password(password)  # 20 ms that no transaction waits for
    with office.database.write() as connection:
        row = person_row(connection, office, kind, key)
        write_password(connection, office, kind, row, password, hashed, by, chap=chap, usual_allowed=usual_allowed)


def write_password(
    connection: Connection,
    office: Office,
    kind: str,
    row: rows.Row,
    password: str,
    hashed: str,
    by: Author,
    *,
    chap: bool | None = None,
    usual_allowed: bool = False,
) -> None:
    """`set_password` of a row that the caller found and locked, in his transaction; `hashed` is the password's hash.

    Codes that were given to an employee end with it: a slip left in a drawer opens no account that has a password.
    """
    if not usual_allowed:
        passwords.check_new_password(password, _known_of(connection, row))
    values: dict[str, object] = {"password_hash": hashed}
    if kind == "employee":
        as_before = office.keeps_text or row["password_encrypted"] is not None
        kept = as_before if chap is None else chap
        text = passwords.normal(password).encode()
        values["password_encrypted"] = office.secrets.encrypt(text) if kept else None
        values["nt_hash_encrypted"] = None  # it was of the password before
    if not rows.change(connection, kind, row["id"], values, row["version"]):
        raise Conflict(f"{kind} {row['username']} was changed meanwhile; try again")
    web_session_store.end_all(connection, kind, row["id"])
    if kind == "employee":
        device_store.revoke_all(connection, row["id"])
        password_code_store.end_all(connection, row["id"])
    _noted(connection, office, kind, row["id"], row["username"], by)


def _known_of(connection: Connection, row: rows.Row) -> list[str]:
    """What others know of a person: names and number, and of an employee the office."""
    known = [row["username"], row.get("nip") or "", row["name"]]
    office = None if row.get("opd_id") is None else rows.find(connection, "opd", ("id",), row["opd_id"])
    return known if office is None else [*known, *passwords.of_office(office["code"], office["name"])]


def renew_hash(office: Office, kind: str, person_id: int, stored: str, password: str) -> bool:
    """After a good log-in: hash anew with today's parameters, unless the password was changed meanwhile.

    Whether it was done; nothing is audited, since nothing changed for anybody.
    """
    if not passwords.needs_rehash(stored):
        return False
    fresh = passwords.hash_password(password)
    with office.database.write() as connection:
        row = rows.find(connection, kind, ("id",), person_id, lock=True)
        if row is None or row["password_hash"] != stored:
            return False
        done = rows.change(connection, kind, person_id, {"password_hash": fresh}, row["version"])
        if done and kind == "employee":
            record_change(connection, kind, person_id, office.now_s)
        return done


def person_row(connection: Connection, office: Office, kind: str, key: str) -> rows.Row:
    """The row of a person (an employee by NIP or username), locked. Raises `NotFound`, also outside of the scope."""
    wanted = username_key(key.strip()) if kind == "employee" else key.strip()
    row = rows.find(connection, kind, _TABLES[kind], wanted, lock=True)
    if row is None or not (kind == "admin" or office.scope.covers(row["opd_id"])):
        raise NotFound(kind, key)
    return row


def _noted(connection: Connection, office: Office, kind: str, person_id: int, key: str, by: Author) -> None:
    if kind == "employee":
        record_change(connection, kind, person_id, office.now_s)
    audit_store.append(
        connection, actor=by.name, action="password", kind=kind, key=key, before={}, after={},
        why=by.why, now_s=office.now_s,
    )  # fmt: skip
