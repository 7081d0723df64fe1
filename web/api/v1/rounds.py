"""Operations on assessment rounds: opened, read with their offices, adjusted, sent, answered, concluded, closed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Final

from netquota.domain.rounds import Conclusion, Reply
from netquota.domain.units import Rate, parse_rate
from netquota.services import rounds as desk
from netquota.services.allocation_board import Method
from netquota.services.api_tokens import TokenScope
from netquota.services.office import Author
from netquota.services.rounds import Opened
from netquota.storage.round_store import Counts, Line, Round
from web.api.v1.bodies import DAY, body_schema, needed_day_of, rate_told, said_by
from web.api.v1.operations import (
    KEY,
    NUMBER,
    OBJECT,
    SAID,
    Answer,
    Call,
    Handler,
    Json,
    Operation,
    Parameter,
    iso,
    listed,
    page,
    text,
    text_of,
)
from web.auth.rights import API
from web.context import here

_OPD: Final = Parameter("key", "path", text(253) | {"minLength": 1}, "The office's code.", True)
_LONGEST_REMARK: Final = 1000
_LINE: Final = "/rounds/{id}/opds/{key}"


def operations() -> Iterator[Operation]:
    """Those on rounds."""
    yield Operation(
        "rounds.list", "GET", "/rounds", "rounds", "The newest assessment rounds.", API["rounds.list"],
        TokenScope.READ, _list, {200: listed(OBJECT)},
    )  # fmt: skip
    yield Operation(
        "rounds.read", "GET", "/rounds/{id}", "rounds",
        "One round: each office's limits, use, need, proposal, answer and conclusion.", API["rounds.read"],
        TokenScope.READ, _read, {200: OBJECT}, (NUMBER,),
    )  # fmt: skip
    yield Operation(
        "rounds.add", "POST", "/rounds", "rounds", "Open a round; its offices are measured within minutes.",
        API["rounds.add"], TokenScope.POLICY, _add, {201: OBJECT}, (KEY,),
        body_schema(
            {"name": SAID, "from": DAY, "until": DAY, "due": DAY, "method": {"enum": [str(one) for one in Method]},
             "why": text(200)}, 4,
        ),
    )  # fmt: skip
    yield from _of_lines()
    yield from _of_rounds()


def _of_lines() -> Iterator[Operation]:
    yield Operation(
        "rounds.adjust", "POST", f"{_LINE}/adjust", "rounds",
        "Propose another ceiling (`rate`; empty: what the figures propose).", API["rounds.adjust"],
        TokenScope.POLICY, _adjust, {200: OBJECT}, (NUMBER, _OPD, KEY),
        body_schema({"why": SAID, "rate": text(40)}, 1),
    )  # fmt: skip
    yield Operation(
        "rounds.conclude", "POST", f"{_LINE}/conclude", "rounds", "Note what the ICT office concluded of an office.",
        API["rounds.conclude"], TokenScope.POLICY, _conclude, {200: OBJECT}, (NUMBER, _OPD, KEY),
        body_schema({"conclusion": {"enum": [str(one) for one in Conclusion]}, "why": text(200)}, 1),
    )  # fmt: skip
    yield Operation(
        "rounds.answer", "POST", f"{_LINE}/answer", "rounds", "An office answers to its sheet.",
        API["rounds.answer"], TokenScope.POLICY, _answer, {200: OBJECT}, (NUMBER, _OPD, KEY),
        body_schema({"reply": {"enum": [str(one) for one in Reply]}, "remark": text(_LONGEST_REMARK)}, 1),
    )  # fmt: skip


def _of_rounds() -> Iterator[Operation]:
    for name, summary in (
        ("measure", "Have it measured anew, before the sheets are sent."),
        ("send", "Put the sheets before the offices; their operators are told."),
        ("remind", "Tell the operators of the offices that have not answered; once a day for each."),
        ("rest", "Conclude as proposed each office that has no conclusion and made no remark."),
        ("draft", "Make a draft of the ceilings that are concluded to change; nothing is in force by it."),
        ("close", "Close it; what is passed to the budget becomes a request in the budget plan."),
        ("discard", "Forget a round whose sheets were not sent."),
    ):
        yield Operation(
            f"rounds.{name}", "POST", f"/rounds/{{id}}/{name}", "rounds", summary, API[f"rounds.{name}"],
            TokenScope.POLICY, _act(name), {200: OBJECT}, (NUMBER, KEY), body_schema({"why": SAID}, 1),
        )  # fmt: skip


def _list(_call: Call) -> Answer:
    return page([_shown(one, counts) for one, counts in desk.listing(here().office)], None)


def _read(call: Call) -> Answer:
    found = desk.opened(here().office, int(call.path["id"]))
    return Answer(_shown(found.round, found.counts) | {"opds": [_line(line) for line in found.lines]})


def _add(call: Call) -> Answer:
    method = Method(text_of(call.body, "method", needed=False) or Method.USE)
    wanted = Opened(
        text_of(call.body, "name"),
        needed_day_of(call.body, "from"),
        needed_day_of(call.body, "until"),
        needed_day_of(call.body, "due"),
        method,
    )
    number = desk.begin(here().office, wanted, said_by(call))
    found = desk.opened(here().office, number)
    return Answer(_shown(found.round, found.counts), 201, {"Location": f"/api/v1/rounds/{number}"})


def _adjust(call: Call) -> Answer:
    typed = text_of(call.body, "rate", needed=False)
    rate: Rate | None = parse_rate(typed, "rate") if typed else None
    return Answer(_line(desk.adjust(here().office, int(call.path["id"]), call.path["key"], rate, call.why())))


def _conclude(call: Call) -> Answer:
    conclusion = Conclusion(text_of(call.body, "conclusion"))
    found = desk.conclude(here().office, int(call.path["id"]), call.path["key"], conclusion, said_by(call))
    return Answer(_line(found))


def _answer(call: Call) -> Answer:
    reply, remark = Reply(text_of(call.body, "reply")), text_of(call.body, "remark", needed=False, most=_LONGEST_REMARK)
    found = desk.answer(here().office, int(call.path["id"]), call.path["key"], reply, remark, said_by(call))
    return Answer(_line(found))


def _act(name: str) -> Handler:
    acts: dict[str, Callable[[int, Author], Json]] = {
        "measure": lambda number, by: {"measuring": desk.measure_again(here().office, number, by) is None},
        "remind": lambda number, by: {"reminded": desk.remind(here().office, number, by)},
        "rest": lambda number, by: {"concluded": desk.conclude_rest(here().office, number, by)},
        "send": lambda number, by: {"sheets": desk.send(here().office, number, by)},
        "draft": lambda number, by: {"draft": desk.make_draft(here().office, number, by)},
        "close": lambda number, by: {"requests": desk.close(here().office, number, by)},
        "discard": lambda number, by: {"discarded": desk.discard(here().office, number, by) is None},
    }
    return lambda call: Answer({"id": int(call.path["id"])} | acts[name](int(call.path["id"]), call.why()))


def _shown(one: Round, counts: Counts) -> Json:
    return {
        "id": one.id, "name": one.name, "state": str(one.state), "from": one.first.isoformat(),
        "until": one.last.isoformat(), "due": one.due.isoformat(), "method": one.method, "why": one.why, "by": one.by,
        "made": iso(one.made_s), "measured": iso(one.measured_s), "sent": iso(one.sent_s), "closed": iso(one.closed_s),
        "draft": one.draft_id, "offices": counts.lines, "answered": counts.replied, "concluded": counts.concluded,
    }  # fmt: skip


def _line(line: Line) -> Json:
    return {
        "opd": line.opd, "name": line.opd_name, "figures": asdict(line.use), "move": str(line.move),
        "ground": str(line.proposal.ground), "proposed": rate_told(line.proposal.rate),
        "adjusted": rate_told(line.adjusted), "adjusted_why": line.adjusted_why, "reply": line.reply,
        "remark": line.remark, "replied_by": line.replied_by, "replied": iso(line.replied_s),
        "outdated": line.is_outdated, "conclusion": line.conclusion, "note": line.note,
        "concluded_by": line.concluded_by, "concluded": iso(line.concluded_s),
    }  # fmt: skip
