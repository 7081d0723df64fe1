"""A person's devices: known by their hardware address, named by their owner, let in again by a token for some days.

A token is of one device at one gateway client; a digest finds it, the sealed text is there because CHAP needs it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import and_, delete, func, insert, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite

from netquota.storage.database import Connection, is_postgresql
from netquota.storage.schema import device, device_token

Owned = tuple[int, str]
"""Whose device: (employee id, hardware address)."""


@dataclass(frozen=True, slots=True)
class Device:
    """A device of a person; instants in epoch seconds. `until_s`: so long it is let in again, None: not at all."""

    id: int
    employee_id: int
    mac: str
    name: str
    first_s: int
    seen_s: int
    until_s: int | None


@dataclass(frozen=True, slots=True)
class DeviceToken:
    """A token as stored: whose, sealed, of which device, at which client (None: any), until epoch second."""

    employee_id: int
    sealed: bytes = field(repr=False)
    mac: str
    nas_id: int | None
    expires_s: int


@dataclass(frozen=True, slots=True)
class Kept:
    """A log-in's token that goes on as the device's: its digest, sealed text, client (None: any), days."""

    owned: Owned
    digest: bytes = field(repr=False)
    sealed: bytes = field(repr=False)
    nas_id: int | None
    days: int


_TOKEN = (
    device.c.employee_id, device_token.c.token_encrypted, device.c.mac, device_token.c.nas_id, device_token.c.expires_s,
)  # fmt: skip
_WITH_TOKENS = device.join(device_token, device_token.c.device_id == device.c.id)
_DAY_S = 86_400


def remember(connection: Connection, tokens: Sequence[Kept], now_s: int) -> None:
    """Keep the tokens of devices that were just let in; the devices are known from now on."""
    for kept in sorted(tokens, key=lambda one: (one.owned, one.digest)):
        device_id = noted(connection, kept.owned, now_s)
        values = {
            "digest": kept.digest, "device_id": device_id, "nas_id": kept.nas_id, "token_encrypted": kept.sealed,
            "created_s": now_s, "expires_s": now_s + kept.days * _DAY_S,
        }  # fmt: skip
        connection.execute(insert(device_token).values(values))


def noted(connection: Connection, owned: Owned, now_s: int) -> int:
    """The device's row, made where it is new; seen now."""
    make = postgresql.insert if is_postgresql(connection) else sqlite.insert
    row = {"employee_id": owned[0], "mac": owned[1], "first_s": now_s, "seen_s": now_s}
    keys = ["employee_id", "mac"]
    added = make(device).values(row).on_conflict_do_update(index_elements=keys, set_={"seen_s": now_s})
    return connection.execute(added.returning(device.c.id)).scalar_one()


def seen(connection: Connection, owned: Collection[Owned], now_s: int) -> None:
    """These devices came online; those that are not known stay so."""
    if owned:
        mine = tuple_(device.c.employee_id, device.c.mac).in_(sorted(owned))
        connection.execute(update(device).where(mine).values(seen_s=now_s))


def name(connection: Connection, owned: Owned, text: str, now_s: int) -> None:
    """Call a device by a name of its owner's; known from now on."""
    device_id = noted(connection, owned, now_s)
    connection.execute(update(device).where(device.c.id == device_id).values(name=text))


def devices_of(connection: Connection, employee_id: int, now_s: int) -> list[Device]:
    """A person's devices, those seen last first."""
    good = and_(device_token.c.device_id == device.c.id, device_token.c.expires_s > now_s)
    until = select(func.max(device_token.c.expires_s)).where(good).scalar_subquery()
    columns = (
        device.c.id, device.c.employee_id, device.c.mac, device.c.name, device.c.first_s, device.c.seen_s, until,
    )  # fmt: skip
    query = select(*columns).where(device.c.employee_id == employee_id)
    query = query.order_by(device.c.seen_s.desc(), device.c.id.desc())
    return [Device(*row) for row in connection.execute(query)]


def find_token(connection: Connection, digest: bytes) -> DeviceToken | None:
    """The token of a digest, whatever its age."""
    row = connection.execute(select(*_TOKEN).select_from(_WITH_TOKENS).where(device_token.c.digest == digest)).first()
    return None if row is None else DeviceToken(*row)


def tokens_of(connection: Connection, employee_id: int, mac: str, now_s: int) -> list[DeviceToken]:
    """The tokens of a device that are still good."""
    mine = and_(device.c.employee_id == employee_id, device.c.mac == mac, device_token.c.expires_s > now_s)
    return [DeviceToken(*row) for row in connection.execute(select(*_TOKEN).select_from(_WITH_TOKENS).where(mine))]


def revoke(connection: Connection, owned: Owned) -> int:
    """The device is not let in again by itself; how many tokens are gone. Its name stays."""
    return _revoke(connection, and_(device.c.employee_id == owned[0], device.c.mac == owned[1]))


def revoke_all(connection: Connection, employee_id: int) -> int:
    """None of the person's devices is let in again by itself, such as after a new password."""
    return _revoke(connection, device.c.employee_id == employee_id)


def forget(connection: Connection, owned: Owned) -> bool:
    """The device, its name and its tokens are known no more; whether it was."""
    mine = and_(device.c.employee_id == owned[0], device.c.mac == owned[1])
    revoke(connection, owned)
    return connection.execute(delete(device).where(mine)).rowcount > 0


def forget_old(connection: Connection, now_s: int, unseen_before_s: int) -> int:
    """Delete tokens that are over, and devices without one that were not seen since; how many devices."""
    connection.execute(delete(device_token).where(device_token.c.expires_s <= now_s))
    held = select(device_token.c.device_id)
    old = and_(device.c.seen_s < unseen_before_s, device.c.id.not_in(held))
    return connection.execute(delete(device).where(old)).rowcount


def _revoke(connection: Connection, whose: Any) -> int:
    mine = select(device.c.id).where(whose)
    return connection.execute(delete(device_token).where(device_token.c.device_id.in_(mine))).rowcount
