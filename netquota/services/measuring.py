"""Use cases of the clock: what was in force and what was used becomes figures that pages and plans can read."""

from __future__ import annotations

from netquota.services.shift import Shift
from netquota.storage import ceiling_store


def note_ceilings(shift: Shift, _due_s: int) -> str:
    """Note ceilings that changed otherwise than by a person's hand: a change by hand notes its own."""
    with shift.step() as (_, connection):
        changed = ceiling_store.note(connection, shift.now_s)
    return f"{changed} ceilings changed"
