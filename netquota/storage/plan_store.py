"""Studies of offices and links as they were computed last, tasks that compute them, and saved scenarios."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import and_, delete, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from netquota.errors import Conflict
from netquota.storage.database import Connection, is_postgresql
from netquota.storage.plan_tables import plan_scenario, plan_study, plan_task

STUDY, RENDER, ASSESS = "study", "render", "assess"
"""What tasks do: study all offices and links; make the files of a budget document (its id the subject); measure the
offices of an assessment round (its id the subject)."""
SILENT_S = 300
"""A task that said nothing for so long has lost its process."""
MOST_TAKES = 3
"""A task that lost so many processes would lose the next one, too."""
GIVEN_UP = f"its process was lost {MOST_TAKES} times; look into the planner's log, then ask for it anew"
KEPT_S = 30 * 86_400
_s, _t, _w = plan_study.c, plan_task.c, plan_scenario.c


class TakenOver(Conflict):
    """Another process does this task now: whoever had it before lets it be."""


class StudyRow(NamedTuple):
    """A study as text (JSON) with when it was made; `demand` only where it was asked for."""

    kind: int
    subject_id: int
    study: str
    made_s: int
    demand: bytes = b""


class Task(NamedTuple):
    """A task: `done` of so many `steps`, what it says, and how often a process took it up (`takes`)."""

    id: int
    what: str
    subject: str
    state: str
    done: int
    steps: int
    says: str
    by: str
    asked_s: int
    began_s: int | None
    beat_s: int | None
    ended_s: int | None
    takes: int

    @property
    def is_open(self) -> bool:
        """Whether it waits or runs."""
        return self.state in {"waiting", "running"}


class Scenario(NamedTuple):
    """A saved scenario; `terms` JSON."""

    id: int
    name: str
    terms: str
    by: str
    made_s: int


def put_study(connection: Connection, row: StudyRow) -> None:
    """Keep a study in place of the one before."""
    insert = (postgresql.insert if is_postgresql(connection) else sqlite.insert)(plan_study)
    fresh = {name: insert.excluded[name] for name in ("study", "demand", "made_s")}
    statement = insert.on_conflict_do_update(index_elements=["kind", "subject_id"], set_=fresh)
    connection.execute(statement, row._asdict())


def forget_others(connection: Connection, kept: Sequence[tuple[int, int]]) -> None:
    """Forget studies of what is none of these (kind, id) any more."""
    held = set(kept)
    for kind, subject_id in connection.execute(select(_s.kind, _s.subject_id)).all():
        if (kind, subject_id) not in held:
            connection.execute(delete(plan_study).where(_s.kind == kind, _s.subject_id == subject_id))


def studies(connection: Connection, kinds: Sequence[int], *, demand: bool = False) -> list[StudyRow]:
    """The studies of these kinds, by kind and id."""
    columns = [_s.kind, _s.subject_id, _s.study, _s.made_s, *([_s.demand] if demand else [])]
    query = select(*columns).where(_s.kind.in_(list(kinds))).order_by(_s.kind, _s.subject_id)
    return [StudyRow(*row) for row in connection.execute(query)]


def study(connection: Connection, kind: int, subject_id: int) -> StudyRow | None:
    """One subject's study with its demand."""
    row = connection.execute(
        select(_s.kind, _s.subject_id, _s.study, _s.made_s, _s.demand).where(
            _s.kind == kind, _s.subject_id == subject_id
        )
    ).first()
    return None if row is None else StudyRow(*row)


def made_s(connection: Connection) -> int | None:
    """When the oldest of the studies was made; None without any."""
    return connection.execute(select(func.min(_s.made_s))).scalar()


# -- tasks ----------------------------------------------------------------------------------------------------------


def ask(connection: Connection, what: str, subject: str, by: str, now_s: int) -> int:
    """Ask for a task; the one that waits for the same already stands for it. Its id."""
    same = and_(_t.what == what, _t.subject == subject, _t.state == "waiting")
    held = connection.execute(select(_t.id).where(same).limit(1)).scalar()
    if held is not None:
        return int(held)
    connection.execute(delete(plan_task).where(_t.ended_s.is_not(None), _t.ended_s < now_s - KEPT_S))
    made = connection.execute(plan_task.insert().values(what=what, subject=subject, by=by, asked_s=now_s))
    key = made.inserted_primary_key
    return int(key[0]) if key is not None else 0


def take(connection: Connection, now_s: int) -> Task | None:
    """The oldest task that waits, or whose process fell silent, as running from now on; None where there is none.

    One that was taken `MOST_TAKES` times and never ended has failed.
    """
    silent = and_(_t.state == "running", _t.beat_s < now_s - SILENT_S)
    lost = {"state": "failed", "says": GIVEN_UP, "ended_s": now_s}
    connection.execute(update(plan_task).where(silent, _t.takes >= MOST_TAKES).values(lost))
    found = connection.execute(
        select(plan_task).where(or_(_t.state == "waiting", silent)).order_by(_t.id).limit(1).with_for_update()
    ).first()
    if found is None:
        return None
    task = Task(*found)
    values = {
        "state": "running",
        "began_s": now_s,
        "beat_s": now_s,
        "done": 0,
        "steps": 0,
        "says": "",
        "takes": task.takes + 1,
    }
    connection.execute(update(plan_task).where(_t.id == task.id).values(values))
    return task._replace(state="running", began_s=now_s, beat_s=now_s, takes=task.takes + 1)


def waits(connection: Connection, now_s: int) -> bool:
    """Whether any task is to be taken."""
    silent = and_(_t.state == "running", _t.beat_s < now_s - SILENT_S)
    return connection.execute(select(_t.id).where(or_(_t.state == "waiting", silent)).limit(1)).first() is not None


def tell(connection: Connection, task: Task, done: int, steps: int, says: str, now_s: int) -> None:
    """How far a task is. Raises `TakenOver` where another process took it over meanwhile."""
    mine = and_(_t.id == task.id, _t.state == "running", _t.began_s == task.began_s)
    values = {"done": done, "steps": steps, "says": says[:200], "beat_s": now_s}
    if not connection.execute(update(plan_task).where(mine).values(values)).rowcount:
        raise TakenOver("another process took this task over")


def end(connection: Connection, task: Task, problem: str, now_s: int) -> None:
    """A task is done; with a problem it failed."""
    mine = and_(_t.id == task.id, _t.state == "running", _t.began_s == task.began_s)
    values: dict[str, object] = {"state": "failed" if problem else "done", "beat_s": now_s, "ended_s": now_s}
    connection.execute(update(plan_task).where(mine).values(values | ({"says": problem[:200]} if problem else {})))


def task(connection: Connection, task_id: int) -> Task | None:
    """One task."""
    row = connection.execute(select(plan_task).where(_t.id == task_id)).first()
    return None if row is None else Task(*row)


def newest_task(connection: Connection, what: str, subject: str = "") -> Task | None:
    """The last task of its kind about a subject."""
    query = select(plan_task).where(_t.what == what, _t.subject == subject).order_by(_t.id.desc()).limit(1)
    row = connection.execute(query).first()
    return None if row is None else Task(*row)


# -- scenarios ------------------------------------------------------------------------------------------------------


def scenarios(connection: Connection) -> list[Scenario]:
    """All saved scenarios by name."""
    query = select(_w.id, _w.name, _w.terms, _w.by, _w.made_s).order_by(_w.name)
    return [Scenario(*row) for row in connection.execute(query)]


def put_scenario(connection: Connection, name: str, terms: str, by: str, now_s: int) -> None:
    """Save a scenario, in place of one of the same name."""
    insert = (postgresql.insert if is_postgresql(connection) else sqlite.insert)(plan_scenario)
    fresh = {column: insert.excluded[column] for column in ("terms", "by", "made_s")}
    statement = insert.on_conflict_do_update(index_elements=["name"], set_=fresh)
    connection.execute(statement, {"name": name, "terms": terms, "by": by, "made_s": now_s})


def forget_scenario(connection: Connection, name: str) -> bool:
    """Remove a saved scenario; whether there was one."""
    return connection.execute(delete(plan_scenario).where(_w.name == name)).rowcount > 0
