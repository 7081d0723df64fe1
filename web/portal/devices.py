"""A person's running sessions as he knows them, and the end of one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from flask_babel import gettext

from netquota.domain.people import Subscriber
from netquota.domain.policy import Code, Reason, Rule
from netquota.services.enforce import disconnect_sessions
from netquota.services.reasons import reasons_json
from netquota.storage.session_row import SessionRow
from web.context import Context
from web.portal.deciding import open_sessions
from web.portal.pages import DeviceView

_LOCAL_BIT = 0x02  # IEEE 802: set in an address that the device made up, as phones do for each network


def views(
    context: Context, rows: Sequence[SessionRow], end_url: str | None, this: SessionRow | None = None
) -> tuple[DeviceView, ...]:
    """The sessions for a page; `end_url` is posted to with the session's number."""
    return tuple(
        DeviceView(
            _name(context, row),
            "phone" if _is_made_up(row.mac) else "laptop",
            datetime.fromtimestamp(row.started_s, UTC),
            row.counted_input + row.counted_output,
            this_one=this is not None and row.id == this.id,
            end_url=end_url,
            hidden=(("session", str(row.id)),),
        )
        for row in rows
    )


def end(context: Context, person: Subscriber, wanted: str) -> bool:
    """Order the end of one of the person's own sessions, by its number as the form has it; whether it was there."""
    return end_rows(context, [row for row in open_sessions(context, person) if str(row.id) == wanted])


def end_rows(context: Context, rows: Sequence[SessionRow]) -> bool:
    """Order the end of these sessions; whether there was one."""
    if not rows:
        return False
    reasons = reasons_json([Reason(Rule.DEVICES, Code.ENDED_BY_OWNER)])
    with context.database.write() as connection:
        disconnect_sessions(connection, rows, Code.ENDED_BY_OWNER, reasons, context.now_ms)
    return True


def _name(context: Context, row: SessionRow) -> str:
    """Where the device is, and the end of its address: a person knows his devices by place."""
    site = None if row.site_id is None else context.policy.snapshot.sites.get(row.site_id)
    kind = gettext("Phone") if _is_made_up(row.mac) else gettext("Device")
    return " · ".join(part for part in (kind, "" if site is None else site.name, row.mac[-5:]) if part)


def _is_made_up(mac: str) -> bool:
    try:
        return bool(int(mac[:2], 16) & _LOCAL_BIT)
    except ValueError:
        return False
