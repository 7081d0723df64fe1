"""A person's devices as he knows them: those online, those that log in by themselves; their names, their end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from flask_babel import gettext

from netquota.domain.people import Subscriber
from netquota.services import devices
from netquota.storage import device_store
from netquota.storage.device_store import Device
from netquota.storage.session_row import SessionRow
from web.context import Context
from web.portal.deciding import open_sessions
from web.portal.pages import DeviceView

_LOCAL_BIT = 0x02  # IEEE 802: set in an address that the device made up, as phones do for each network


@dataclass(frozen=True, slots=True)
class Links:
    """Where a device's buttons lead: `end` is posted to with the session's number, `edit` opened with its address."""

    end: str | None
    edit: str = ""


def views(
    context: Context, person: Subscriber, rows: Sequence[SessionRow], links: Links, this: SessionRow | None = None
) -> tuple[DeviceView, ...]:
    """What is online, then what is remembered."""
    known = {each.mac: each for each in known_devices(context, person)}
    online = [_online(context, row, known.get(row.mac), links, this) for row in rows]
    seen = {row.mac for row in rows}
    rest = [_remembered(each, links) for each in known.values() if each.until_s is not None and each.mac not in seen]
    return (*online, *(rest if links.edit else ()))


def known_devices(context: Context, person: Subscriber) -> list[Device]:
    """His devices, those seen last first; none logs in by itself for longer than the account is valid."""
    with context.database.read() as connection:
        found = device_store.devices_of(connection, person.id, context.now_s)
    ends_s = person.good_until_s(context.now_s)
    return [
        each if ends_s is None or each.until_s is None else replace(each, until_s=min(each.until_s, ends_s))
        for each in found
    ]


def end(context: Context, person: Subscriber, wanted: str) -> bool:
    """Order the end of one of the person's own sessions, by its number as the form has it; whether it was there."""
    return end_rows(context, [row for row in open_sessions(context, person) if str(row.id) == wanted])


def end_rows(context: Context, rows: Sequence[SessionRow]) -> bool:
    """Order the end of these sessions; their devices do not come back by themselves. Whether there was one."""
    with context.database.write() as connection:
        return devices.end(connection, rows, context.now_ms)


def leave(context: Context, person: Subscriber, mac: str) -> None:
    """Who logs out is not to be logged in again by a gateway's cookie."""
    if mac:
        with context.database.write() as connection:
            device_store.revoke(connection, (person.id, mac))


def name_of(mac: str, named: str = "", place: str = "") -> str:
    """By its owner's name, else by kind, place and the end of its address: so people tell their devices apart."""
    if named:
        return " · ".join(part for part in (named, place) if part)
    kind = gettext("Phone") if is_made_up(mac) else gettext("Device")
    return " · ".join(part for part in (kind, place, mac[-5:]) if part)


def is_made_up(mac: str) -> bool:
    """Whether a device made its hardware address up, as phones do."""
    try:
        return bool(int(mac[:2], 16) & _LOCAL_BIT)
    except ValueError:
        return False


def _online(
    context: Context, row: SessionRow, known: Device | None, links: Links, this: SessionRow | None
) -> DeviceView:
    site = None if row.site_id is None else context.policy.snapshot.sites.get(row.site_id)
    return DeviceView(
        name_of(row.mac, "" if known is None else known.name, "" if site is None else site.name),
        "phone" if is_made_up(row.mac) else "laptop",
        datetime.fromtimestamp(row.started_s, UTC),
        row.counted_input + row.counted_output,
        this_one=this is not None and row.id == this.id,
        end_url=links.end,
        hidden=(("session", str(row.id)),),
        remembered_until=_until(known),
        edit_url=f"{links.edit}&mac={row.mac}" if links.edit and row.mac else None,
    )


def _remembered(known: Device, links: Links) -> DeviceView:
    return DeviceView(
        name_of(known.mac, known.name), "phone" if is_made_up(known.mac) else "laptop", None, 0,
        remembered_until=_until(known), edit_url=f"{links.edit}&mac={known.mac}",
    )  # fmt: skip


def _until(known: Device | None) -> datetime | None:
    return None if known is None or known.until_s is None else datetime.fromtimestamp(known.until_s, UTC)
