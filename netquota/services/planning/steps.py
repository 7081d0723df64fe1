"""Known steps: what planners know of an office's or link's use that no history tells (a granted request, a new office).

They enter forecasts as level shifts from the next computation on; the model never invents one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

from netquota.domain.samples import Ceiling
from netquota.errors import InvalidValue, NotFound
from netquota.planning.forecast import LevelShift
from netquota.services.office import Author, Office
from netquota.services.planning.subjects import PLANNED, Named, one
from netquota.storage import audit_store, ceiling_store, plan_store, step_store
from netquota.storage.database import Connection
from netquota.storage.step_store import StepRow

KIND = "forecast step"
MOST_PERMILLE = 100_000
MOST_NOTE = 200
_EVER_S = 2**40


@dataclass(frozen=True, slots=True)
class CeilingChange:
    """A ceiling that changed on a local day, bit/s down: perhaps a step, which only the planner can tell."""

    day: date
    before_bps: int
    after_bps: int


def confirm(office: Office, word: str, key: str, step: LevelShift, by: Author) -> None:
    """Keep a step, in place of one of the same day, and ask for the studies anew. Raises `InvalidValue`, `NotFound`."""
    if step.permille > MOST_PERMILLE:
        raise InvalidValue("percent", step.permille / 10 - 100, "give more than -100 and at most 9900")
    if step.permille == 1000:
        raise InvalidValue("percent", 0, "give how much more (20) or less (-20) than before; 0 is no step")
    if len(step.note) > MOST_NOTE:
        raise InvalidValue("note", step.note, f"use at most {MOST_NOTE} characters")
    with office.database.write() as connection:
        named = _planned(connection, word, key)
        before = _of_day(connection, named, step.day)
        subject = named.subject
        row = StepRow(subject.kind, subject.id, step.day, step.permille, step.note, by.name, office.now_s)
        step_store.put(connection, row)
        _anew(connection, office, named, "change" if before else "add", before, _told(row), by)


def forget(office: Office, word: str, key: str, day: date, by: Author) -> None:
    """Remove a step, and ask for the studies anew. Raises `NotFound`."""
    with office.database.write() as connection:
        named = _planned(connection, word, key)
        before = _of_day(connection, named, day)
        if not step_store.forget(connection, named.subject.kind, named.subject.id, day):
            raise NotFound("step of", f"{key}, {day}")
        _anew(connection, office, named, "remove", before, {}, by)


def _planned(connection: Connection, word: str, key: str) -> Named:
    named = one(connection, word, key)
    if named.subject.kind not in PLANNED or word == "gateway":
        raise InvalidValue("kind", word, "name opd or link: these are forecast")
    return named


def _of_day(connection: Connection, named: Named, day: date) -> dict[str, object]:
    for row in of(connection, named):
        if row.day == day:
            return _told(row)
    return {}


def _told(row: StepRow) -> dict[str, object]:
    return {"day": row.day.isoformat(), "permille": row.permille, "note": row.note}


def _anew(
    connection: Connection, office: Office, named: Named, action: str, before: Mapping[str, object],
    after: Mapping[str, object], by: Author,
) -> None:  # fmt: skip
    plan_store.ask(connection, plan_store.STUDY, "", by.name, office.now_s)
    audit_store.append(
        connection, actor=by.name, action=action, kind=KIND, key=f"{named.word} {named.key}", before=dict(before),
        after=dict(after), why=by.why, now_s=office.now_s,
    )  # fmt: skip


def shifts(connection: Connection) -> Mapping[tuple[int, int], Sequence[LevelShift]]:
    """All steps by (kind, id), as the forecast takes them."""
    found: dict[tuple[int, int], list[LevelShift]] = defaultdict(list)
    for row in step_store.every(connection, PLANNED):
        found[row.kind, row.subject_id].append(LevelShift(row.day, row.permille, row.note))
    return found


def of(connection: Connection, named: Named) -> list[StepRow]:
    """The steps of an office or link, by day."""
    return step_store.of_subject(connection, named.subject.kind, named.subject.id)


def ceiling_changes(history: Sequence[Ceiling], zone: ZoneInfo) -> list[CeilingChange]:
    """Each change of a ceiling (bit/s down) on its local day, the oldest first."""
    rows: list[CeilingChange] = []
    for old, new in pairwise(history):
        if old.rate is not None and new.rate is not None and old.rate.down_bps != new.rate.down_bps:
            day = datetime.fromtimestamp(new.from_s, UTC).astimezone(zone).date()
            rows.append(CeilingChange(day, old.rate.down_bps, new.rate.down_bps))
    return rows


def perhaps(connection: Connection, office: Office, named: Named, most: int = 5) -> list[CeilingChange]:
    """The last changes of a subject's ceiling that no step was confirmed for, the newest first."""
    subject, known = named.subject, {row.day for row in of(connection, named)}
    history = ceiling_store.histories(connection, subject.kind, [subject.id], 0, _EVER_S).get(subject.id, [])
    found = [each for each in ceiling_changes(history, office.zone) if each.day not in known]
    return found[::-1][:most]
