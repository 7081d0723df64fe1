"""Vouchers of guests: accounts whose name is the code itself, made in batches; by whom, for what, how they stand."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, func, insert, or_, select, update

from netquota.domain.people import GUEST_GROUP, AccountKind, Status
from netquota.storage.database import Connection
from netquota.storage.schema import employee, opd, plan, voucher_batch


class VoucherState(StrEnum):
    """How a voucher stands."""

    UNUSED = "unused"
    RUNNING = "running"
    ENDED = "ended"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Batch:
    """Vouchers made at once; instants in epoch seconds. `valid_for_s`: from the first use on, else until a moment."""

    id: int
    opd_id: int
    opd: str
    opd_name: str
    plan_id: int
    plan: str
    purpose: str
    sponsor: str
    count: int
    valid_for_s: int | None
    valid_until_s: int | None
    created_s: int
    open: int = 0

    @property
    def key(self) -> str:
        """What people call it."""
        return f"V-{self.id}"


@dataclass(frozen=True, slots=True)
class Voucher:
    """One voucher; `code` without dashes. `valid_for_s` is left of one that was never used."""

    employee_id: int
    code: str
    valid_for_s: int | None
    valid_until_s: int | None
    status: str

    @property
    def group(self) -> str:
        """The first group of its code, by which staff tell it from others of the batch."""
        return self.code[:GUEST_GROUP]

    def state(self, now_s: int) -> VoucherState:
        """How it stands; unused until its first session began, whether it is good for a time or until a date."""
        if self.status != Status.ACTIVE:
            return VoucherState.REVOKED
        if self.valid_until_s is not None and now_s >= self.valid_until_s:
            return VoucherState.ENDED
        return VoucherState.UNUSED if self.valid_for_s is not None else VoucherState.RUNNING


@dataclass(frozen=True, slots=True)
class NewBatch:
    """What a new batch says; the accounts are good until `until_s` whatever happens."""

    opd_id: int
    plan_id: int
    purpose: str
    sponsor: str
    valid_for_s: int | None
    valid_until_s: int | None
    until_s: int


_e = employee.c
_COLUMNS = (
    voucher_batch.c.id, voucher_batch.c.opd_id, opd.c.code, opd.c.name, voucher_batch.c.plan_id, plan.c.key,
    voucher_batch.c.purpose, voucher_batch.c.sponsor, voucher_batch.c.count, voucher_batch.c.valid_for_s,
    voucher_batch.c.valid_until_s, voucher_batch.c.created_s,
)  # fmt: skip


def open_vouchers(connection: Connection, opd_id: int, now_s: int) -> int:
    """How many of an office's vouchers are good now, used or not."""
    mine = and_(_e.kind == AccountKind.GUEST, _e.opd_id == opd_id, _is_open(now_s))
    return connection.execute(select(func.count()).select_from(employee).where(mine)).scalar_one()


def add_batch(connection: Connection, made: NewBatch, codes: Sequence[str], now_s: int) -> tuple[int, list[int]]:
    """The batch's number and its accounts' row ids."""
    values = {
        "opd_id": made.opd_id, "plan_id": made.plan_id, "purpose": made.purpose, "sponsor": made.sponsor,
        "count": len(codes), "valid_for_s": made.valid_for_s, "valid_until_s": made.valid_until_s, "created_s": now_s,
    }  # fmt: skip
    key = connection.execute(insert(voucher_batch).values(values)).inserted_primary_key
    batch_id = int(key[0]) if key is not None else 0
    account = {
        "name": made.purpose, "opd_id": made.opd_id, "plan_id": made.plan_id, "kind": AccountKind.GUEST,
        "batch_id": batch_id, "valid_until_s": made.until_s, "created_s": now_s,
        # Until a date: at most what is left now; kept until the first use too, by which it is told from a used one.
        "valid_for_s": made.until_s - now_s if made.valid_for_s is None else made.valid_for_s,
    }  # fmt: skip
    connection.execute(insert(employee), [{**account, "username": code, "username_key": code} for code in codes])
    return batch_id, ids_of(connection, batch_id)


def batches(connection: Connection, opd_ids: Collection[int] | None, now_s: int, most: int = 200) -> list[Batch]:
    """The newest batches of these offices (None: all), with how many of each are open."""
    query = _batches().order_by(voucher_batch.c.id.desc()).limit(most)
    if opd_ids is not None:
        query = query.where(voucher_batch.c.opd_id.in_(sorted(opd_ids)))
    found = [Batch(*row) for row in connection.execute(query)]
    counted = select(_e.batch_id, func.count()).where(_e.batch_id.in_([one.id for one in found]), _is_open(now_s))
    still_open = {row[0]: row[1] for row in connection.execute(counted.group_by(_e.batch_id))}
    return [replace(one, open=still_open.get(one.id, 0)) for one in found]


def batch(connection: Connection, batch_id: int) -> Batch | None:
    """One batch."""
    row = connection.execute(_batches().where(voucher_batch.c.id == batch_id)).first()
    return None if row is None else Batch(*row)


def vouchers(connection: Connection, batch_id: int) -> list[Voucher]:
    """Its vouchers, in the order in which they were made."""
    query = select(_e.id, _e.username_key, _e.valid_for_s, _e.valid_until_s, _e.status).where(_e.batch_id == batch_id)
    return [Voucher(*row) for row in connection.execute(query.order_by(_e.id))]


def batch_of_code(connection: Connection, code: str) -> tuple[int, int] | None:
    """(batch, account) of a code without dashes."""
    query = select(_e.batch_id, _e.id).where(_e.username_key == code, _e.kind == AccountKind.GUEST)
    row = connection.execute(query).first()
    return None if row is None else (row[0], row[1])


def ids_of(connection: Connection, batch_id: int) -> list[int]:
    """The row ids of its accounts."""
    return list(connection.execute(select(_e.id).where(_e.batch_id == batch_id).order_by(_e.id)).scalars())


def begin(connection: Connection, employee_ids: Collection[int], now_s: int) -> list[int]:
    """Sessions of these accounts have begun: vouchers among them are used; those without a date run from now on."""
    b = voucher_batch.c
    date_s = select(b.valid_until_s).where(b.id == _e.batch_id).scalar_subquery()
    fresh = and_(_e.id.in_(sorted(employee_ids)), _e.valid_for_s.is_not(None))
    begun = update(employee).where(fresh).values(
        valid_until_s=func.coalesce(date_s, now_s + _e.valid_for_s), valid_for_s=None, version=_e.version + 1
    )  # fmt: skip
    return list(connection.execute(begun.returning(_e.id)).scalars())


def revoke(connection: Connection, ids: Collection[int], why: str) -> list[int]:
    """These are good no more; which were until now."""
    live = and_(_e.id.in_(sorted(ids)), _e.kind == AccountKind.GUEST, _e.status == Status.ACTIVE)
    ended = update(employee).where(live).values(
        status=Status.SUSPENDED, status_why=why[:200], version=_e.version + 1
    )  # fmt: skip
    return list(connection.execute(ended.returning(_e.id)).scalars())


def _is_open(now_s: int) -> ColumnElement[bool]:
    return and_(_e.status == Status.ACTIVE, or_(_e.valid_until_s.is_(None), _e.valid_until_s > now_s))


def _batches() -> Any:
    b = voucher_batch.c
    return select(*_COLUMNS).select_from(
        voucher_batch.join(opd, opd.c.id == b.opd_id).join(plan, plan.c.id == b.plan_id)
    )
