"""Sessions as spans of time, for counting who is online at the same moment. Names of people are not read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sqlalchemy import BigInteger, ColumnElement, Select, String, and_, cast, func, literal, select, union_all

from netquota.domain.people import AccountKind
from netquota.domain.samples import LINK, OPD
from netquota.planning.online import Spans
from netquota.storage.database import Connection
from netquota.storage.schema import accounting_session, employee
from netquota.storage.session_report import is_open

_s, _e = accounting_session.c, employee.c


def kept_since(connection: Connection) -> int | None:
    """From when on no session was forgotten, epoch seconds: when the first of those that are held ended."""
    return connection.execute(select(func.min(_s.ended_s)).where(_s.ended_s.is_not(None))).scalar()


def spans(connection: Connection, kind: int, ids: Sequence[int], from_s: int, to_s: int) -> Spans:
    """People's sessions that touch [from_s, to_s), open ones until its end: of an office's employees wherever they are
    (`kind` OPD); of whoever is at sites, or was on links as the session began, guests too."""
    mine = and_(_whose(kind, ids), _s.started_s < to_s)
    ended = select(_s.employee_id, _s.started_s, _s.ended_s).where(_s.ended_s > from_s, mine)
    running = select(_s.employee_id, _s.started_s, literal(to_s, BigInteger)).where(is_open(), mine)
    return _read(connection, ended, running)


def _whose(kind: int, ids: Sequence[int]) -> ColumnElement[bool]:
    if kind == OPD:
        return _s.employee_id.in_(select(_e.id).where(_e.opd_id.in_(ids), _e.kind == AccountKind.PERSON))
    things = select(_e.id).where(_e.kind.in_((AccountKind.CIRCUIT, AccountKind.DEVICE)))
    place = _s.link_id if kind == LINK else _s.site_id
    return and_(place.in_(ids), _s.employee_id.is_not(None), _s.employee_id.not_in(things))


def _read(connection: Connection, *parts: Select[Any, Any, int]) -> Spans:
    """A row for each person, with all spans in one text: a third of the time of a row for each session."""
    every = union_all(*parts).subquery("span")
    who, began, ended = every.c
    pair = cast(began, String) + "," + cast(ended, String)
    rows = connection.execute(select(who, func.count(), func.aggregate_strings(pair, ",")).group_by(who)).all()
    edges = np.fromstring(",".join(row[2] for row in rows), np.int64, sep=",").reshape(-1, 2)
    person = np.repeat(np.array([row[0] for row in rows], np.int64), np.array([row[1] for row in rows], np.int64))
    return Spans(person, edges[:, 0], edges[:, 1])
