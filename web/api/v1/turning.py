"""Operations on groups that take turns, beside those of every thing: the calendar, and swaps of two turns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from netquota.domain.rotation import Turn
from netquota.errors import InvalidValue
from netquota.services import turns
from netquota.services.api_tokens import TokenScope
from netquota.services.turn_choice import waits_for
from web.api.v1.bodies import body_schema
from web.api.v1.operations import (
    KEY,
    OBJECT,
    SAID,
    Answer,
    Call,
    Json,
    Operation,
    Parameter,
    iso,
    moment_of,
    text,
    text_of,
)
from web.auth.rights import API
from web.context import here

_DAY_S: Final = 86_400
_LONGEST_DAYS: Final = 1100
_FIRST_YEAR: Final = 2000
_LAST_YEAR: Final = 2100
_GROUP: Final = Parameter("key", "path", text(64) | {"minLength": 1}, "The group's key.", True)


def operations() -> Iterator[Operation]:
    """Those of turns."""
    yield Operation(
        "rotations.calendar", "GET", "/rotations/{key}/calendar", "rotations",
        "Whose turn it was, is and will be; from a week ago for six weeks where nothing else is asked for.",
        API["rotations.calendar"], TokenScope.READ, _calendar, {200: {"type": "object"}},
        (_GROUP, Parameter("from", "query", text(40), "From this moment, of the years 2000 to 2099."),
         Parameter("until", "query", text(40), "Until this moment; at most 1,100 days are told.")),
    )  # fmt: skip
    yield Operation(
        "rotations.swap", "POST", "/rotations/{key}/swap", "rotations",
        "Two turns to come, named by moments within them, change hands.", API["rotations.swap"], TokenScope.POLICY,
        _swap, {200: OBJECT}, (_GROUP, KEY),
        body_schema({"one": text(40), "other": text(40), "why": SAID}, 3),
    )  # fmt: skip


def _calendar(call: Call) -> Answer:
    snapshot, now_s = here().policy.snapshot, here().now_s
    group = turns.rotation_named(snapshot, call.path["key"])
    from_s = _asked(call, "from", now_s - 7 * _DAY_S)
    until_s = min(_asked(call, "until", from_s + 42 * _DAY_S), from_s + _LONGEST_DAYS * _DAY_S)
    with here().database.read() as connection:
        found = turns.calendar(connection, snapshot, group, from_s, until_s)
        waits = waits_for(connection, snapshot, group, now_s)
    rows = [{**_turn(each.turn, each.member), "swapped": each.swapped, "note": each.note} for each in found]
    waiting = [{"member": one.code, "since": iso(one.since_s), "at_limit_seconds": one.at_limit_s} for one in waits]
    queue = turns.queue(snapshot, group, now_s)
    return Answer({"key": group.key, "queue": queue, "waiting": waiting, "turns": rows})


def _swap(call: Call) -> Answer:
    one, other = (_moment(text_of(call.body, name), name) for name in ("one", "other"))
    found = turns.swap(here().office, call.path["key"], one, other, call.why())
    here().changed()
    snapshot = here().policy.snapshot
    group = turns.rotation_named(snapshot, call.path["key"])
    return Answer({"turns": [_turn(each, turns.member_of(snapshot, group, each.member)[0]) for each in found]})


def _turn(turn: Turn, member: str) -> Json:
    return {"begins": iso(turn.start_s), "ends": iso(turn.end_s), "member": member}


def _asked(call: Call, name: str, usual_s: int) -> int:
    given = call.query.get(name)
    return _moment(given, name) if given else usual_s


def _moment(given: str, name: str) -> int:
    """A moment, epoch s. Raises `InvalidValue` beyond the years in which turns are reckoned."""
    found = moment_of(given, name)
    if not _FIRST_YEAR <= found.year < _LAST_YEAR:
        raise InvalidValue(name, given, f"give a moment from {_FIRST_YEAR} to {_LAST_YEAR - 1}")
    return int(found.timestamp())
