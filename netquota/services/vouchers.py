"""Use case: an office gives guests the network for a time, within its allowance; the sponsor stands in the audit trail.

A voucher is an account without a password whose name is a code of 59 bits: who has the code, is the guest. It is
counted and limited by its plan as anybody is, ends by itself, and can be revoked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from netquota.domain.people import GUEST_GROUP, Subscriber, bare, guest_name
from netquota.domain.places import Nas
from netquota.errors import Conflict, InvalidValue, NotFound
from netquota.services.fields import duration, instant
from netquota.services.made_codes import made_code
from netquota.services.office import Author, Office
from netquota.services.one_go import in_one_go
from netquota.services.reading import Reading
from netquota.storage import audit_store, rows, voucher_store
from netquota.storage.database import Connection
from netquota.storage.policy_store import record_changes
from netquota.storage.voucher_store import Batch, NewBatch, Voucher
from radius.methods import Chap, Pap
from radius.methods.chap import verify

MOST_AT_ONCE: Final = 200
LONGEST_S: Final = 366 * 86_400
SHORTEST_S: Final = 3600
UNUSED_S: Final = 90 * 86_400
"""One that counts from its first use must be used by then."""
_GROUPS: Final = 3
_LONGEST_CODE: Final = 20
_LENGTH: Final = 12


@dataclass(frozen=True, slots=True)
class Wish:
    """Vouchers that are wanted: `valid_for_s` from the first use on, or `valid_until_s` (epoch s): exactly one."""

    opd: str
    plan: str
    count: int
    purpose: str
    valid_for_s: int | None = None
    valid_until_s: int | None = None


def make(office: Office, wish: Wish, by: Author, first: Callable[[Connection], None] | None = None) -> Batch:
    """Make a batch; `first` is done before in the same transaction.

    Raises `InvalidValue`, `NotFound`, `Conflict` where the office's allowance does not reach, and what `first` raises.
    """
    purpose = " ".join(wish.purpose.split())[:200]
    if not purpose:
        raise InvalidValue("purpose", "", "say whose guests they are; it stands on the sheet and in the audit trail")
    _check_times(wish, office.now_s)
    wanted = replace(wish, purpose=purpose)

    def act(connection: Connection) -> Batch:
        if first is not None:
            first(connection)
        return _made(connection, office, wanted, by)

    return in_one_go(office.database, act)


def _made(connection: Connection, office: Office, wish: Wish, by: Author) -> Batch:
    until_s = wish.valid_until_s if wish.valid_until_s is not None else office.now_s + UNUSED_S
    host = rows.find(connection, "opd", ("code",), wish.opd, lock=True)  # two operators at once take turns
    if host is None or not office.scope.covers(host["id"]):
        raise NotFound("opd", wish.opd)
    plan = _guest_plan(connection, wish.plan)
    _keep_allowance(connection, host, wish.count, office.now_s)
    made = NewBatch(host["id"], plan["id"], wish.purpose, by.name, wish.valid_for_s, wish.valid_until_s, until_s)
    batch_id, ids = voucher_store.add_batch(connection, made, _codes(wish.count), office.now_s)
    record_changes(connection, "employee", ids, office.now_s)
    after = {"opd": wish.opd, "plan": wish.plan, "vouchers": str(wish.count), "purpose": wish.purpose}
    audit_store.append(
        connection, actor=by.name, action="add", kind="voucher", key=f"V-{batch_id}", before={}, after=after,
        why=by.why, now_s=office.now_s,
    )  # fmt: skip
    return _batch(connection, office, batch_id)


def listing(office: Office) -> list[Batch]:
    """The batches of one's own offices, the newest first."""
    with office.database.read() as connection:
        return voucher_store.batches(connection, office.scope.opd_ids, office.now_s)


def show(office: Office, key: str) -> tuple[Batch, list[Voucher]]:
    """A batch (`V-17`) with its vouchers. Raises `NotFound`."""
    with office.database.read() as connection:
        batch = _batch(connection, office, _number(key))
        return batch, voucher_store.vouchers(connection, batch.id)


def revoke(office: Office, key: str, by: Author) -> int:
    """End a batch (`V-17`) or one voucher (its code, or `V-17-h7kq`), running sessions too; how many were good.

    Raises `NotFound`.
    """
    with office.database.write() as connection:
        batch_id, ids, told = _meant(connection, key)
        batch = _batch(connection, office, batch_id)
        ended = voucher_store.revoke(connection, ids or voucher_store.ids_of(connection, batch_id), by.why)
        if ended:
            record_changes(connection, "employee", ended, office.now_s)
            office.on_change(connection, "employee", ended, office.now_s)
            audit_store.append(
                connection, actor=by.name, action="revoke", kind="voucher", key=batch.key,
                before={"vouchers": told or str(len(ended))}, after={}, why=by.why, now_s=office.now_s,
            )  # fmt: skip
        return len(ended)


def allowance(office: Office, opd_code: str) -> tuple[int, int]:
    """(vouchers that are good now, how many may be) of an office. Raises `NotFound`."""
    with office.database.read() as connection:
        host = rows.find(connection, "opd", ("code",), opd_code)
        if host is None or not office.scope.covers(host["id"]):
            raise NotFound("opd", opd_code)
        return voucher_store.open_vouchers(connection, host["id"], office.now_s), int(host["guests"])


def first_used(connection: Connection, employee_ids: Iterable[int], now_s: int) -> None:
    """Sessions of these people began: vouchers that count from their first use do so from now on."""
    begun = voucher_store.begin(connection, set(employee_ids), now_s)
    if begun:
        record_changes(connection, "employee", begun, now_s)


def span_of(office: Office, text: str) -> int:
    """The seconds of a span such as `4h` or `3d`. Raises `InvalidValue`."""
    with office.database.read() as connection:
        (found,) = duration(SHORTEST_S, LONGEST_S).parse(text, "valid_for", Reading(connection, office))
    return int(str(found))


def until_of(office: Office, text: str) -> int:
    """The moment (epoch s) that a local date (its whole day) or time means. Raises `InvalidValue`."""
    with office.database.read() as connection:
        (found,) = instant(whole_day=True).parse(text, "valid_until", Reading(connection, office))
    return int(str(found))


def code_in_groups(code: str) -> str:
    """A code as it is printed: `h7kq-2mzx-9bdt`."""
    return "-".join(code[at : at + 4] for at in range(0, len(code), 4))


def typed_code(text: str) -> str:
    """A code as it is kept, however it was typed; empty for what cannot be one."""
    found = bare(text) if len(text) <= _LONGEST_CODE else ""
    return found if len(found) == _LENGTH and found.isascii() else ""


def proves_code(proof: object, guest: Subscriber, username: str, nas: Nas) -> bool:
    """Whether it is what gateways send of a guest: the code as name; nothing, the code or the secret as password."""
    code = guest.username
    if isinstance(proof, Pap):
        given = proof.password
        return not given or given == nas.secret or typed_code(given.decode("utf-8", "replace")) == code
    if isinstance(proof, Chap):
        written = {username, code, code_in_groups(code), code_in_groups(code).upper(), code.upper(), ""}
        return any(verify(proof, text.encode()) for text in written)
    return False


def _check_times(wish: Wish, now_s: int) -> None:
    if not 1 <= wish.count <= MOST_AT_ONCE:
        raise InvalidValue("count", wish.count, f"give 1 to {MOST_AT_ONCE}")
    if (wish.valid_for_s is None) == (wish.valid_until_s is None):
        raise InvalidValue("valid_for", "", "say either for how long from the first use, or until when")
    for name, value in (("valid_for", wish.valid_for_s), ("valid_until", wish.valid_until_s)):
        span_s = value if name == "valid_for" or value is None else value - now_s
        least_s = SHORTEST_S if name == "valid_for" else 1
        if span_s is not None and not least_s <= span_s <= LONGEST_S:
            raise InvalidValue(name, str(value), "give from an hour to a year, and a moment to come")


def _guest_plan(connection: Connection, key: str) -> rows.Row:
    plan = rows.find(connection, "plan", ("key",), key)
    if plan is None:
        raise NotFound("plan", key)
    if not plan["for_guests"]:
        raise InvalidValue("plan", key, "choose a plan for guests (for_guests: yes)")
    return plan


def _keep_allowance(connection: Connection, host: rows.Row, count: int, now_s: int) -> None:
    standing = voucher_store.open_vouchers(connection, host["id"], now_s)
    if standing + count > host["guests"]:
        raise Conflict(
            f"{host['code']} has {standing} vouchers that are good now and may have {host['guests']}; revoke some, "
            "or ask the ICT office for a larger allowance"
        )


def _batch(connection: Connection, office: Office, batch_id: int) -> Batch:
    found = voucher_store.batch(connection, batch_id)
    if found is None or not office.scope.covers(found.opd_id):
        raise NotFound("voucher", f"V-{batch_id}")
    return found


def _number(key: str) -> int:
    digits = key.strip().upper().removeprefix("V-")
    if not (digits.isascii() and digits.isdecimal() and len(digits) < 16):
        raise NotFound("voucher", key)
    return int(digits)


def _meant(connection: Connection, key: str) -> tuple[int, Sequence[int], str]:
    code = typed_code(key)
    if code and (found := voucher_store.batch_of_code(connection, code)) is not None:
        return found[0], (found[1],), guest_name(found[0], code)
    batch, _, group = key.strip().upper().removeprefix("V-").partition("-")
    if not group:
        return _number(key), (), ""
    ids = [one.employee_id for one in voucher_store.vouchers(connection, _number(batch)) if one.group == group.lower()]
    if len(ids) != 1:
        raise NotFound("voucher", key)
    return _number(batch), ids, guest_name(_number(batch), group.lower())


def _codes(count: int) -> list[str]:
    """So many codes, no two with the same first group: staff tell guests of a batch apart by it."""
    made: dict[str, str] = {}
    while len(made) < count:
        code = bare(made_code(_GROUPS))
        made.setdefault(code[:GUEST_GROUP], code)
    return list(made.values())
