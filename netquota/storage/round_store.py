"""Assessment rounds in their tables: where each stands, and its offices' lines."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import case, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from netquota.domain.rounds import Conclusion, Ground, Move, Proposal, Reply, RoundState, Use, move_to
from netquota.domain.scope import EVERYTHING, Scope
from netquota.domain.units import Rate
from netquota.errors import NotFound
from netquota.storage.database import Connection, is_postgresql
from netquota.storage.round_tables import assessment_line, assessment_round
from netquota.storage.schema import opd

UNCONCLUDED: Final[Mapping[str, object]] = {"conclusion": "", "note": "", "concluded_by": "", "concluded_s": None}
"""What a line has of the ICT office while nothing is concluded."""
_r, _l = assessment_round.c, assessment_line.c


@dataclass(frozen=True, slots=True)
class Round:
    """A round: the local days that are measured (both included), by when offices answer; moments in epoch seconds."""

    id: int
    name: str
    first: date
    last: date
    due: date
    method: str
    state: RoundState
    why: str
    by: str
    made_s: int
    measured_s: int | None
    sent_s: int | None
    closed_s: int | None
    draft_id: int | None


@dataclass(frozen=True, slots=True)
class Counts:
    """How many lines a round has (in a scope), how many offices answered, how many are concluded."""

    lines: int = 0
    replied: int = 0
    concluded: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """An office in a round; rates bit/s, moments epoch seconds, empty texts where nobody wrote any.

    `use` is as it was measured, `ceiling_now` what the office has by now.
    """

    round_id: int
    opd_id: int
    opd: str
    opd_name: str
    use: Use
    proposal: Proposal
    adjusted: Rate | None
    adjusted_why: str
    adjusted_by: str
    adjusted_s: int | None
    reply: Reply | None
    remark: str
    replied_by: str
    replied_s: int | None
    conclusion: Conclusion | None
    note: str
    concluded_by: str
    concluded_s: int | None
    ceiling_now: Rate | None

    @property
    def rate(self) -> Rate | None:
        """The ceiling after the round: as adjusted, else as proposed."""
        return self.adjusted or self.proposal.rate

    @property
    def move(self) -> Move:
        """What that is beside the ceiling in force."""
        return move_to(self.use.ceiling, self.rate)

    @property
    def usual_conclusion(self) -> Conclusion:
        """What is concluded where the proposal stands."""
        return Conclusion.KEPT if self.move is Move.KEEP else Conclusion.CHANGED

    @property
    def is_outdated(self) -> bool:
        """Whether the office answered to another proposal than what stands there now."""
        return self.replied_s is not None and self.adjusted_s is not None and self.adjusted_s > self.replied_s


def add(connection: Connection, values: Mapping[str, object]) -> int:
    """A new round; its number."""
    key = connection.execute(assessment_round.insert().values(dict(values))).inserted_primary_key
    return 0 if key is None else int(key[0])


def get(connection: Connection, round_id: int, *, lock: bool = False) -> Round:
    """The round of a number. Raises `NotFound`."""
    query = select(assessment_round).where(_r.id == round_id)
    row = connection.execute(query.with_for_update() if lock else query).first()
    if row is None:
        raise NotFound("round", round_id)
    return _round(row)


def rounds(connection: Connection, most: int = 200) -> list[Round]:
    """The newest rounds."""
    return [_round(row) for row in connection.execute(select(assessment_round).order_by(_r.id.desc()).limit(most))]


def counts(connection: Connection, scope: Scope) -> dict[int, Counts]:
    """By round, of the offices in a scope."""
    replied = func.sum(case((_l.reply != "", 1), else_=0))
    concluded = func.sum(case((_l.conclusion != "", 1), else_=0))
    query = select(_l.round_id, func.count(), replied, concluded).group_by(_l.round_id)
    if scope.opd_ids is not None:
        query = query.where(_l.opd_id.in_(sorted(scope.opd_ids)))
    return {row[0]: Counts(int(row[1]), int(row[2]), int(row[3])) for row in connection.execute(query)}


def overdue(connection: Connection, today: date) -> list[tuple[Round, int]]:
    """Rounds whose sheets are with the offices past their day, with how many have not answered."""
    silent = func.sum(case((_l.reply == "", 1), else_=0))
    query = (
        select(assessment_round, silent.label("silent"))
        .join(assessment_line, _l.round_id == _r.id)
        .where(_r.state == RoundState.SENT, _r.due_day < today.isoformat())
        .group_by(*assessment_round.columns)
        .order_by(_r.due_day, _r.id)
    )
    return [(_round(row), int(row.silent)) for row in connection.execute(query)]


def awaiting(connection: Connection, opd_id: int) -> list[Round]:
    """The rounds to whose sheet this office has not answered yet, the one due first before others."""
    query = (
        select(assessment_round)
        .join(assessment_line, _l.round_id == _r.id)
        .where(_r.state == RoundState.SENT, _l.opd_id == opd_id, _l.reply == "")
        .order_by(_r.due_day, _r.id)
    )
    return [_round(row) for row in connection.execute(query)]


def move(connection: Connection, round_id: int, values: Mapping[str, object]) -> None:
    """Write where a round stands."""
    connection.execute(update(assessment_round).where(_r.id == round_id).values(dict(values)))


def remove(connection: Connection, round_id: int) -> None:
    """Forget a round with its lines."""
    connection.execute(delete(assessment_round).where(_r.id == round_id))


def lines(connection: Connection, round_id: int, scope: Scope) -> list[Line]:
    """The offices of a round that are in scope, by code."""
    query = _lines().where(_l.round_id == round_id).order_by(opd.c.code)
    if scope.opd_ids is not None:
        query = query.where(_l.opd_id.in_(sorted(scope.opd_ids)))
    return [_line(row) for row in connection.execute(query)]


def line(connection: Connection, round_id: int, code: str, scope: Scope, *, lock: bool = False) -> Line:
    """One office of a round. Raises `NotFound`, also for one that is out of scope."""
    query = _lines().where(_l.round_id == round_id, opd.c.code == code)
    row = connection.execute(query.with_for_update(of=assessment_line) if lock else query).first()
    if row is None or not scope.covers(row.opd_id):
        raise NotFound("opd", code)
    return _line(row)


def put(connection: Connection, round_id: int, found: Sequence[tuple[int, Use, Proposal]]) -> None:
    """Keep what was measured of offices (by id); what people wrote beside it stays. Offices left out go.

    What was concluded of an office goes, too, where its ceiling or what it was concluded on is another one now.
    """
    kept = [opd_id for opd_id, _, _ in found]
    connection.execute(delete(assessment_line).where(_l.round_id == round_id, _l.opd_id.not_in(kept)))
    rows = [
        {"round_id": round_id, "opd_id": opd_id, "figures": json.dumps(asdict(use)), "move": proposal.move,
         "ground": proposal.ground, "proposed_down_bps": None if proposal.rate is None else proposal.rate.down_bps,
         "proposed_up_bps": None if proposal.rate is None else proposal.rate.up_bps}
        for opd_id, use, proposal in found
    ]  # fmt: skip
    if not rows:
        return
    before = {one.opd_id: one for one in lines(connection, round_id, EVERYTHING)}
    insert = (postgresql.insert if is_postgresql(connection) else sqlite.insert)(assessment_line)
    fresh = {name: insert.excluded[name] for name in rows[0] if name not in {"round_id", "opd_id"}}
    connection.execute(insert.on_conflict_do_update(index_elements=["round_id", "opd_id"], set_=fresh), rows)
    for one in lines(connection, round_id, EVERYTHING):
        was = before.get(one.opd_id, one)
        if (was.use.ceiling, was.rate) != (one.use.ceiling, one.rate):
            change(connection, one, UNCONCLUDED)


def change(connection: Connection, one: Line, values: Mapping[str, object]) -> None:
    """Write what somebody says of an office's line."""
    mine = (_l.round_id == one.round_id) & (_l.opd_id == one.opd_id)
    connection.execute(update(assessment_line).where(mine).values(dict(values)))


def _lines() -> Any:
    joined = assessment_line.join(opd, opd.c.id == _l.opd_id)
    now = (opd.c.ceiling_down_bps.label("now_down_bps"), opd.c.ceiling_up_bps.label("now_up_bps"))
    return select(assessment_line, opd.c.code, opd.c.name.label("opd_name"), *now).select_from(joined)


def _round(row: Any) -> Round:
    first, last, due = (date.fromisoformat(text) for text in (row.from_day, row.to_day, row.due_day))
    return Round(
        row.id, row.name, first, last, due, row.method, RoundState(row.state), row.why, row.by, row.made_s,
        row.measured_s, row.sent_s, row.closed_s, row.draft_id,
    )  # fmt: skip


def _line(row: Any) -> Line:
    told = json.loads(row.figures)
    use = Use(**(told | {"requests": tuple(told["requests"])}))
    return Line(
        row.round_id, row.opd_id, row.code, row.opd_name, use,
        Proposal(Move(row.move), _rate(row.proposed_down_bps, row.proposed_up_bps), Ground(row.ground)),
        _rate(row.adjusted_down_bps, row.adjusted_up_bps), row.adjusted_why, row.adjusted_by, row.adjusted_s,
        Reply(row.reply) if row.reply else None, row.remark, row.replied_by, row.replied_s,
        Conclusion(row.conclusion) if row.conclusion else None, row.note, row.concluded_by, row.concluded_s,
        _rate(row.now_down_bps, row.now_up_bps),
    )  # fmt: skip


def _rate(down_bps: int | None, up_bps: int | None) -> Rate | None:
    return None if down_bps is None or up_bps is None else Rate(down_bps, up_bps)
