"""Groups that take turns, from their tables and back: stages, swaps, and the turns that were given."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, and_, delete, select

from netquota.domain.rotation import Choice, MemberKind, Rotation, Stage, Turn, TurnRule, TurnUnit
from netquota.domain.units import Rate
from netquota.storage.database import Connection
from netquota.storage.rotation_tables import (
    rotation,
    rotation_employee,
    rotation_given,
    rotation_stage,
    rotation_swap,
)
from netquota.storage.rows import insert_unless_there


@dataclass(frozen=True, slots=True)
class GivenTurn:
    """A turn whose ceiling and octets were given; `note`: what could not be, and why."""

    rotation_id: int
    start_s: int
    end_s: int
    member: int
    note: str = ""


def rotations(connection: Connection, zone: ZoneInfo, only: int | None = None) -> dict[int, Rotation]:
    """All groups by row id (`only`: that one), as the rules see them."""
    stages: dict[int, list[Stage]] = {}
    for row in connection.execute(
        select(rotation_stage).order_by(rotation_stage.c.rotation_id, rotation_stage.c.from_s)
    ):
        stages.setdefault(row.rotation_id, []).append(_stage(row))
    replaced: dict[int, dict[int, int]] = {}
    for row in connection.execute(select(rotation_swap)):
        replaced.setdefault(row.rotation_id, {})[row.start_s] = row.member_id
    people = set(connection.execute(select(rotation_employee.c.rotation_id)).scalars())
    query = select(rotation).order_by(rotation.c.id)
    if only is not None:
        query = query.where(rotation.c.id == only)
    return {
        row.id: Rotation(
            row.id, row.key, zone, MemberKind.EMPLOYEE if row.id in people else MemberKind.OPD,
            tuple(stages.get(row.id, ())), replaced.get(row.id, {}), _rate(row.bonus_down_bps, row.bonus_up_bps),
            _rate(row.ceiling_down_bps, row.ceiling_up_bps), row.octets or 0, row.name,
        )
        for row in connection.execute(query)
    }  # fmt: skip


def keep(connection: Connection, changed: Rotation) -> None:
    """Write stages and swaps of a group as they are now."""
    connection.execute(delete(rotation_stage).where(rotation_stage.c.rotation_id == changed.id))
    connection.execute(delete(rotation_swap).where(rotation_swap.c.rotation_id == changed.id))
    rows = [
        {
            "rotation_id": changed.id, "from_s": stage.from_s, "turn": stage.rule.unit.value,
            "every": stage.rule.every, "times": shown_times(stage.rule.times), "anchor": stage.rule.anchor.isoformat(),
            "first": stage.first, "members": json.dumps(stage.order), "choice": stage.rule.choice.value,
        }
        for stage in changed.stages
    ]  # fmt: skip
    if rows:
        connection.execute(rotation_stage.insert(), rows)
    swaps = [
        {"rotation_id": changed.id, "start_s": start_s, "member_id": member}
        for start_s, member in sorted(changed.replaced.items())
    ]
    if swaps:
        connection.execute(rotation_swap.insert(), swaps)


def choose(connection: Connection, rotation_id: int, turn: Turn, member: int) -> bool:
    """Note who has a turn that had nobody; False where somebody was noted before."""
    row = {"rotation_id": rotation_id, "start_s": turn.start_s, "member_id": member}
    return insert_unless_there(connection, rotation_swap, row)


def note_given(connection: Connection, given: GivenTurn, now_s: int) -> bool:
    """Note that a turn is given; False where it was before."""
    row = {
        "rotation_id": given.rotation_id, "start_s": given.start_s, "end_s": given.end_s, "member_id": given.member,
        "at_s": now_s, "note": given.note,
    }  # fmt: skip
    return insert_unless_there(connection, rotation_given, row)


def given_since(connection: Connection, from_s: int) -> dict[tuple[int, int], GivenTurn]:
    """The turns that were given and end after an epoch second, by (group, start)."""
    query = select(rotation_given).where(rotation_given.c.end_s > from_s)
    return {
        (row.rotation_id, row.start_s): GivenTurn(row.rotation_id, row.start_s, row.end_s, row.member_id, row.note)
        for row in connection.execute(query)
    }


def explain_given(connection: Connection, rotation_id: int, turn: Turn, note: str) -> None:
    """Note what could not be given in a turn."""
    mine = and_(rotation_given.c.rotation_id == rotation_id, rotation_given.c.start_s == turn.start_s)
    connection.execute(rotation_given.update().where(mine).values(note=note[:400]))


def rule_of(row: Mapping[str, Any], anchor: date) -> TurnRule:
    """The rule that a group's row says; `anchor` where it names no first day. Raises `InvalidValue`."""
    starts_on = row["starts_on"]
    return TurnRule(
        TurnUnit(row["turn"]), anchor if starts_on is None else date.fromisoformat(starts_on), row["every"],
        times_of(row["times"]), Choice(row["choice"]),
    )  # fmt: skip


def times_of(text: str) -> tuple[time, ...]:
    """`07:00, 12:00` as local times."""
    return tuple(time.fromisoformat(part.strip()) for part in text.split(",") if part.strip())


def shown_times(times: tuple[time, ...]) -> str:
    """What `times_of` reads back."""
    return ", ".join(f"{each:%H:%M}" for each in times)


def _stage(row: Row[Any]) -> Stage:
    anchor, times = date.fromisoformat(row.anchor), times_of(row.times)
    rule = TurnRule(TurnUnit(row.turn), anchor, row.every, times, Choice(row.choice))
    return Stage(row.from_s, rule, row.first, tuple(json.loads(row.members)))


def _rate(down_bps: int | None, up_bps: int | None) -> Rate | None:
    return None if down_bps is None or up_bps is None else Rate(down_bps, up_bps)
