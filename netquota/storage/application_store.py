"""Applications of offices in their tables: the steps taken, who declared to have none, and the board of all offices."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, func, select

from netquota.domain.applications import Hosting, Outcome, Step, Taken
from netquota.domain.people import Status
from netquota.domain.units import Rate
from netquota.storage.rows import insert_unless_there
from netquota.storage.schema import application, application_none, application_step, opd, site


class Application(NamedTuple):
    """A reported application; `need` in bit/s, `created_s` epoch seconds."""

    id: int
    code: str
    name: str
    opd_id: int
    opd: str
    function: str
    task: str
    hosting: Hosting
    address: str
    site: str | None
    site_id: int | None
    users: int | None
    need: Rate | None
    created_s: int


class OfficeRecord(NamedTuple):
    """What one office has reported: how many applications, what they need together (bit/s), and who declared none."""

    opd_id: int
    code: str
    name: str
    applications: int
    need: Rate
    none_by: str | None
    none_at_s: int | None


def applications(connection: Connection, opd_id: int | None = None, code: str | None = None) -> list[Application]:
    """The applications of an office (None: of all), by office and code; or the one of a code."""
    a = application.c
    query = (
        select(application, opd.c.code.label("opd"), site.c.name.label("site"))
        .select_from(application.join(opd, opd.c.id == a.opd_id).outerjoin(site, site.c.id == a.site_id))
        .order_by(opd.c.code, a.code)
    )
    if opd_id is not None:
        query = query.where(a.opd_id == opd_id)
    if code is not None:
        query = query.where(a.code == code)
    return [_application(row) for row in connection.execute(query)]


def steps_of(connection: Connection, application_ids: Iterable[int] | None = None) -> dict[int, list[Taken]]:
    """The steps taken of these applications (None: of all), oldest first."""
    s = application_step.c
    query = select(application_step).order_by(s.id)
    if application_ids is not None:
        query = query.where(s.application_id.in_(list(application_ids)))
    found: dict[int, list[Taken]] = {}
    for row in connection.execute(query):
        found.setdefault(row.application_id, []).append(_taken(row))
    return found


def add_step(connection: Connection, application_id: int, step: Taken, now_s: int) -> None:
    """Write down a step."""
    connection.execute(
        application_step.insert().values(
            application_id=application_id, step=step.step, outcome=step.outcome, on_day=step.on.isoformat(), by=step.by,
            note=step.note, material=step.material, users=step.users, until_day=_iso(step.until),
            share_down_bps=None if step.rate is None else step.rate.down_bps,
            share_up_bps=None if step.rate is None else step.rate.up_bps,
            review_day=_iso(step.review_on), at_s=now_s,
        )
    )  # fmt: skip


def reviews_due(connection: Connection, today: date) -> list[tuple[str, date]]:
    """The applications (codes) whose newest provision is to be looked at again by today, since when; oldest first.

    One that is verified anew since then walks all its steps again: it is under way, not due.
    """
    s = application_step.c
    newest = {
        step: select(s.application_id, func.max(s.id).label("id"))
        .where(s.step == step)
        .group_by(s.application_id)
        .subquery()
        for step in (Step.PROVIDE, Step.VERIFY)
    }
    provided, verified = newest[Step.PROVIDE].c, newest[Step.VERIFY].c
    query = (
        select(application.c.code, s.review_day)
        .join(application_step, s.application_id == application.c.id)
        .join(newest[Step.PROVIDE], provided.id == s.id)
        .outerjoin(newest[Step.VERIFY], verified.application_id == s.application_id)
        .where(s.review_day <= today.isoformat(), func.coalesce(verified.id, 0) < s.id)
        .order_by(s.review_day, application.c.code)
    )
    return [(code, date.fromisoformat(day)) for code, day in connection.execute(query)]


def declare_none(connection: Connection, opd_id: int, by: str, now_s: int) -> bool:
    """Note that an office says it has no application; whether that is new."""
    return insert_unless_there(connection, application_none, {"opd_id": opd_id, "by": by, "at_s": now_s})


def forget_none(connection: Connection, opd_id: int) -> bool:
    """Take such a declaration back; whether there was one."""
    return connection.execute(delete(application_none).where(application_none.c.opd_id == opd_id)).rowcount > 0


def board(connection: Connection) -> list[OfficeRecord]:
    """Every active office with what it reported, by code."""
    a, n = application.c, application_none.c
    counted = (
        select(
            a.opd_id, func.count().label("count"), func.coalesce(func.sum(a.need_down_bps), 0).label("down"),
            func.coalesce(func.sum(a.need_up_bps), 0).label("up"),
        )
        .group_by(a.opd_id)
        .subquery()
    )  # fmt: skip
    query = (
        select(opd.c.id, opd.c.code, opd.c.name, counted.c.count, counted.c.down, counted.c.up, n.by, n.at_s)
        .select_from(opd.outerjoin(counted, counted.c.opd_id == opd.c.id).outerjoin(application_none))
        .where(opd.c.status == Status.ACTIVE)
        .order_by(opd.c.code)
    )
    return [
        OfficeRecord(row[0], row[1], row[2], row[3] or 0, Rate(int(row[4] or 0), int(row[5] or 0)), row[6], row[7])
        for row in connection.execute(query)
    ]


def _application(row: Any) -> Application:
    need = None if row.need_down_bps is None else Rate(row.need_down_bps, row.need_up_bps)
    return Application(
        row.id, row.code, row.name, row.opd_id, row.opd, row.function, row.task or "", Hosting(row.hosting),
        row.address or "", row.site, row.site_id, row.users, need, row.created_s,
    )  # fmt: skip


def _taken(row: Any) -> Taken:
    share = None if row.share_down_bps is None else Rate(row.share_down_bps, row.share_up_bps)
    return Taken(
        Step(row.step), Outcome(row.outcome), date.fromisoformat(row.on_day), row.by, row.note, row.material, row.users,
        share, _day(row.until_day), _day(row.review_day),
    )  # fmt: skip


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
