"""Moves that an import planned, made on their day: a job of the clock."""

from __future__ import annotations

from netquota.services.shift import Shift, in_parts
from netquota.storage import audit_store, import_store, list_rows
from netquota.storage.policy_store import record_changes

PEOPLE_IN_STEP = 200


def move(shift: Shift, today: str) -> str:
    """Let those whose day has come (local, ISO) belong to their new offices.

    Their running sessions follow with the slow pass. Each step is whole: who is moved has no move left.
    """
    with shift.reading() as (_, connection):
        due = import_store.moves(connection, today)
    for part in in_parts(due, PEOPLE_IN_STEP):
        with shift.step() as (_, connection):
            codes = import_store.codes_of(connection, sorted({m.opd_id for m in part} | {m.opd_before for m in part}))
            people = [(m.employee_id, m.version, {"opd_id": m.opd_id}) for m in part if m.opd_id != m.opd_before]
            list_rows.change_all(connection, "employee", people)
            import_store.end_moves(connection, [m.employee_id for m in part])
            record_changes(connection, "employee", [m.employee_id for m in part], shift.now_s)
            entries = [
                audit_store.NewEntry(
                    "change", "employee", m.username, {"opd": codes[m.opd_before]}, {"opd": codes[m.opd_id]}
                )
                for m in part
            ]
            why = "moved on the day that the list named"
            audit_store.append_all(connection, entries, actor="clock", why=why, now_s=shift.now_s)
    return f"{len(due)} people moved"
