"""Events of their tables as the rules see them."""

from __future__ import annotations

from sqlalchemy import select

from netquota.domain.events import OfficeEvent
from netquota.domain.units import Rate
from netquota.storage.database import Connection
from netquota.storage.event_tables import event, event_opd


def events(connection: Connection) -> tuple[OfficeEvent, ...]:
    """All events, past ones too, by their begin."""
    offices: dict[int, set[int]] = {}
    for event_id, opd_id in connection.execute(select(event_opd.c.event_id, event_opd.c.opd_id)):
        offices.setdefault(event_id, set()).add(opd_id)
    found = [
        OfficeEvent(
            row.id, row.key, frozenset(offices.get(row.id, ())),
            row.created_s if row.from_s is None else row.from_s, row.until_s,
            _rate(row.bonus_down_bps, row.bonus_up_bps), row.leaves_permille, row.reason,
        )
        for row in connection.execute(select(event).order_by(event.c.id))
    ]  # fmt: skip
    return tuple(sorted(found, key=lambda each: (each.from_s, each.id)))


def _rate(down_bps: int | None, up_bps: int | None) -> Rate | None:
    return None if down_bps is None or up_bps is None else Rate(down_bps, up_bps)
