"""Use cases: a person's devices. Which are let in again by themselves, what they are called, and their end."""

from __future__ import annotations

from collections.abc import Sequence

from netquota.domain.mac import normalised_mac
from netquota.domain.people import Subscriber
from netquota.domain.policy import Code, Reason, Rule
from netquota.errors import InvalidValue
from netquota.services.enforce import disconnect_sessions
from netquota.services.reasons import reasons_json
from netquota.storage import device_store
from netquota.storage.database import Connection
from netquota.storage.device_store import Device
from netquota.storage.session_row import SessionRow

LONGEST_NAME = 40


def remember_days(person: Subscriber, wanted: bool) -> int:
    """So many days a device of this person logs in again by itself; 0 where he or his plan does not want it."""
    return person.plan.remember_days if wanted and person.plan is not None else 0


def make_room(connection: Connection, person: Subscriber, mac: str, now_s: int) -> list[Device]:
    """A remembered device counts as a device: with the one of `mac` there are no more than the plan allows.

    Those seen longest ago must give their password again; which they are.
    """
    most = 1 if person.plan is None else max(1, person.plan.simultaneous)
    known = device_store.devices_of(connection, person.id, now_s)
    others = [each for each in known if each.until_s is not None and each.mac != mac]
    for each in others[most - 1 :]:
        device_store.revoke(connection, (person.id, each.mac))
    return others[most - 1 :]


def end(connection: Connection, rows: Sequence[SessionRow], now_ms: int) -> bool:
    """End these sessions by their owner's wish, and let none of their devices in again by itself; whether any."""
    for row in rows:
        if row.employee_id is not None and row.mac:
            device_store.revoke(connection, (row.employee_id, row.mac))
    if rows:
        reasons = reasons_json([Reason(Rule.DEVICES, Code.ENDED_BY_OWNER)])
        disconnect_sessions(connection, rows, Code.ENDED_BY_OWNER, reasons, now_ms)
    return bool(rows)


def name(connection: Connection, person: Subscriber, mac: str, text: str, now_s: int) -> None:
    """Call a device by a name (empty: none). Raises `InvalidValue`."""
    wanted = " ".join(text.split())
    if len(wanted) > LONGEST_NAME or not wanted.isprintable():
        raise InvalidValue("name", text[:80], f"use at most {LONGEST_NAME} characters")
    device_store.name(connection, (person.id, normalised_mac(mac)), wanted, now_s)


def forget(connection: Connection, person: Subscriber, mac: str) -> bool:
    """The device is known no more and gives the password at its next log-in; whether it was known."""
    return device_store.forget(connection, (person.id, normalised_mac(mac)))
