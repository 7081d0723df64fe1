"""Use case: an event is over now, before its time; one that is still to come is called off and never has any effect."""

from __future__ import annotations

from netquota.errors import Conflict
from netquota.services import allocate
from netquota.services.allocate import Change, Record
from netquota.services.events import now_text
from netquota.services.office import Author, Office


def end_event(office: Office, key: str, by: Author, *, dry_run: bool = False) -> Change:
    """End an event that is on: its `until` becomes now; remove one that is still to come.

    Raises `NotFound`, `Conflict` for one that is past.
    """
    record, now_s = allocate.get(office, "event", key), office.now_s
    if record.row["until_s"] <= now_s:
        raise Conflict(f"event {record.key}: it is over already")
    version, from_s = record.version, record.row["from_s"]
    if from_s is not None and from_s >= now_s:  # one of this very second cannot end within it
        return allocate.remove(office, "event", record.key, by, expected_version=version, dry_run=dry_run)
    ended = {"until": now_text(office.zone, now_s)}
    return allocate.change(office, "event", record.key, ended, by, expected_version=version, dry_run=dry_run)


def begins_s(record: Record) -> int:
    """When an event begins or began, epoch seconds; one without a begin did when it was made."""
    found = record.row["from_s"]
    return int(record.row["created_s"] if found is None else found)
