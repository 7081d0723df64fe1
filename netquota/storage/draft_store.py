"""Drafts of limits: what they would change, where they stand, and what they would have done day by day in shadow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, case, delete, func, select, update

from netquota.errors import NotFound
from netquota.storage.database import Connection
from netquota.storage.schema import draft_change, draft_hit, employee, limit_draft, opd, usage_sample


class DraftState(StrEnum):
    """Where a draft stands."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    SHADOW = "shadow"
    PUBLISHED = "published"


Changes = Mapping[tuple[str, str], Mapping[str, str]]
"""(kind, key) -> field -> text, as it will be."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft; epoch seconds."""

    id: int
    name: str
    state: DraftState
    why: str
    by: str
    made_s: int
    publish_s: int | None
    ended_s: int | None
    shadow_from_s: int | None
    shadow_until_s: int | None
    outcome: str
    changes: Changes = field(default_factory=dict[tuple[str, str], Mapping[str, str]])


@dataclass(frozen=True, slots=True)
class DayHit:
    """What a draft would have done to one subject on one local day."""

    day: str
    name: str
    bins: int
    cut_bins: int
    cut_octets: int
    freed_bins: int


def add(connection: Connection, name: str, why: str, by: str, now_s: int) -> int:
    """A new draft; its number."""
    row = {"name": name[:120], "why": why[:200], "by": by[:120], "made_s": now_s}
    key = connection.execute(limit_draft.insert().values(row)).inserted_primary_key
    return 0 if key is None else int(key[0])


def put(connection: Connection, draft_id: int, kind: str, key: str, values: Mapping[str, str]) -> None:
    """Let a draft set fields of a thing, in place of what it set of them before."""
    c = draft_change.c
    connection.execute(
        delete(draft_change).where(
            c.draft_id == draft_id, c.kind == kind, c.key == key, c.field.in_(list(values))
        )
    )  # fmt: skip
    rows = [
        {"draft_id": draft_id, "kind": kind, "key": key, "field": name, "value": text} for name, text in values.items()
    ]
    if rows:
        connection.execute(draft_change.insert(), rows)


def note_seen(connection: Connection, draft_id: int, seen: Changes) -> None:
    """Note what the fields of a draft are now, as texts, for whoever looks at it."""
    c = draft_change.c
    for (kind, key), values in seen.items():
        for name, text in values.items():
            mine = (c.draft_id == draft_id, c.kind == kind, c.key == key, c.field == name)
            connection.execute(update(draft_change).where(*mine).values(seen=text))


def seen(connection: Connection, draft_id: int) -> Changes:
    """What was seen of the fields; those alone of which it was noted."""
    c, found = draft_change.c, dict[tuple[str, str], dict[str, str]]()
    query = select(c.kind, c.key, c.field, c.seen).where(c.draft_id == draft_id, c.seen.is_not(None))
    for kind, key, name, text in connection.execute(query.order_by(c.kind, c.key, c.field)):
        found.setdefault((kind, key), {})[name] = text
    return found


def drop(connection: Connection, draft_id: int, kind: str, key: str) -> None:
    """Take a thing out of a draft."""
    c = draft_change.c
    connection.execute(delete(draft_change).where(c.draft_id == draft_id, c.kind == kind, c.key == key))


def get(connection: Connection, draft_id: int, *, lock: bool = False) -> Draft:
    """The draft of a number. Raises `NotFound`."""
    query = select(limit_draft).where(limit_draft.c.id == draft_id)
    row = connection.execute(query.with_for_update() if lock else query).mappings().first()
    if row is None:
        raise NotFound("draft", draft_id)
    changes: dict[tuple[str, str], dict[str, str]] = {}
    c = draft_change.c
    found = connection.execute(
        select(c.kind, c.key, c.field, c.value).where(c.draft_id == draft_id).order_by(c.kind, c.key, c.field)
    )
    for kind, key, name, text in found:
        changes.setdefault((kind, key), {})[name] = text
    return _draft(row, changes)


def drafts(connection: Connection, states: Sequence[DraftState] | None = None, most: int = 50) -> list[Draft]:
    """The newest drafts, without their changes."""
    query = select(limit_draft).order_by(limit_draft.c.id.desc()).limit(most)
    if states is not None:
        query = query.where(limit_draft.c.state.in_(list(states)))
    return [_draft(row, {}) for row in connection.execute(query).mappings()]


def move(connection: Connection, draft_id: int, values: Mapping[str, object]) -> None:
    """Write where a draft stands."""
    connection.execute(update(limit_draft).where(limit_draft.c.id == draft_id).values(dict(values)))


def remove(connection: Connection, draft_id: int) -> None:
    """Forget a draft with all of it."""
    connection.execute(delete(limit_draft).where(limit_draft.c.id == draft_id))


def put_hits(connection: Connection, draft_id: int, hits: Sequence[DayHit]) -> None:
    """Keep a day's hits in place of what was kept of it."""
    days = sorted({each.day for each in hits})
    c = draft_hit.c
    connection.execute(delete(draft_hit).where(c.draft_id == draft_id, c.day.in_(days)))
    rows = [
        {"draft_id": draft_id, "day": each.day, "name": each.name, "bins": each.bins, "cut_bins": each.cut_bins,
         "cut_octets": each.cut_octets, "freed_bins": each.freed_bins}
        for each in hits
    ]  # fmt: skip
    if rows:
        connection.execute(draft_hit.insert(), rows)


def hits(connection: Connection, draft_id: int) -> list[DayHit]:
    """All that a draft would have done in shadow, by day and subject."""
    c = draft_hit.c
    query = (
        select(c.day, c.name, c.bins, c.cut_bins, c.cut_octets, c.freed_bins)
        .where(c.draft_id == draft_id)
        .order_by(c.day, c.name)
    )
    return [DayHit(*row) for row in connection.execute(query)]


def last_day(connection: Connection, draft_id: int) -> str:
    """The newest day that was looked at; empty where none was."""
    query = select(func.max(draft_hit.c.day)).where(draft_hit.c.draft_id == draft_id)
    return connection.execute(query).scalar() or ""


def people_of_plan(connection: Connection, plan_id: int) -> list[tuple[int, str]]:
    """(id, username) of the active people who have a plan, by themselves or by their office; no limit of their own."""
    inherits = employee.c.plan_id.is_(None) & (opd.c.default_plan_id == plan_id)
    query = (
        select(employee.c.id, employee.c.username)
        .join(opd, opd.c.id == employee.c.opd_id)
        .where((employee.c.plan_id == plan_id) | inherits, employee.c.override_down_bps.is_(None))
        .where(employee.c.status == "active", employee.c.kind == "person")
    )
    return [(int(row[0]), str(row[1])) for row in connection.execute(query)]


def over(
    connection: Connection, kind: int, ids: Sequence[int], from_s: int, to_s: int, octets: tuple[int, int]
) -> dict[int, tuple[int, int, int]]:
    """Subject -> (bins with use, bins over (down, up) octets, octets over), of bins that start in [from_s, to_s)."""
    s, (most_down, most_up) = usage_sample.c, octets
    bins = (
        select(s.subject_id, func.sum(s.down).label("down"), func.sum(s.up).label("up"))
        .where(s.kind == kind, s.subject_id.in_(list(ids)), s.bin_s >= from_s, s.bin_s < to_s)
        .group_by(s.subject_id, s.bin_s)
        .subquery()
    )
    u = bins.c
    is_over = (u.down > most_down) | (u.up > most_up)
    beyond = func.sum(_more(u.down, most_down) + _more(u.up, most_up))
    query = (
        select(u.subject_id, func.count(), func.sum(case((is_over, 1), else_=0)), beyond)
        .where((u.down + u.up) > 0)
        .group_by(u.subject_id)
    )
    return {int(row[0]): (int(row[1]), int(row[2] or 0), int(row[3] or 0)) for row in connection.execute(query)}


def _draft(row: Mapping[Any, Any], changes: Changes) -> Draft:
    values: dict[str, Any] = {**row, "state": DraftState(row["state"])}
    return Draft(**values, changes=changes)


def _more(column: ColumnElement[int], most: int) -> ColumnElement[int]:
    return case((column > most, column - most), else_=0)
