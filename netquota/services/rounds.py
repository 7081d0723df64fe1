"""Use cases of assessment rounds (*tinjauan*): opened, measured, adjusted, sent to the offices, answered, concluded.

What a round changes goes the way of every change of limits: into a draft, which is simulated and published. What it
passes to the budget becomes (or moves on) a request, which the budget document lists.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from netquota.domain.notices import Topic
from netquota.domain.requests import OPEN, RequestState, Wanted
from netquota.domain.rounds import Conclusion, Reply, RoundState, check_conclusion, check_next
from netquota.domain.units import Rate, exact_rate
from netquota.errors import Conflict, InvalidValue, NotFound
from netquota.services import drafts, requests
from netquota.services.allocation_board import Method
from netquota.services.notices import tell
from netquota.services.office import Author, Office, needed
from netquota.services.one_go import in_one_go
from netquota.services.requests import Filing
from netquota.services.round_changes import ceilings_to_set
from netquota.storage import audit_store, draft_store, plan_store, request_store, round_store, rows
from netquota.storage.database import Connection
from netquota.storage.draft_store import Draft, DraftState
from netquota.storage.request_store import Request
from netquota.storage.round_store import Counts, Line, Round

KIND: Final = "round"
LONGEST_DAYS: Final = 366
_HIDDEN: Final = frozenset({RoundState.PREPARED})
"""States in which a round is the ICT office's alone."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A round as it is opened: what days are measured (both included), by when offices answer, what divides links."""

    name: str
    first: date
    last: date
    due: date
    method: Method = Method.USE


@dataclass(frozen=True, slots=True)
class Shown:
    """A round with the lines that are in scope."""

    round: Round
    lines: tuple[Line, ...]

    @property
    def counts(self) -> Counts:
        """How far it is."""
        replied = sum(line.reply is not None for line in self.lines)
        return Counts(len(self.lines), replied, sum(line.conclusion is not None for line in self.lines))


def begin(office: Office, wanted: Opened, by: Author, *, asks: bool = True) -> int:
    """Open a round; its number. `asks` the process that plans to measure its offices: else the caller does it himself.

    Raises `InvalidValue`.
    """
    _check(wanted, office.today)
    with office.database.write() as connection:
        round_id = round_store.add(connection, {
            "name": wanted.name.strip()[:120], "from_day": wanted.first.isoformat(), "to_day": wanted.last.isoformat(),
            "due_day": wanted.due.isoformat(), "method": wanted.method, "why": by.why.strip()[:200],
            "by": by.name[:120], "made_s": office.now_s,
        })  # fmt: skip
        if asks:
            plan_store.ask(connection, plan_store.ASSESS, str(round_id), by.name, office.now_s)
        days = f"{wanted.first.isoformat()} – {wanted.last.isoformat()}"
        _note(connection, office, "open", round_id, by, {"name": wanted.name.strip(), "days": days})
    return round_id


def _check(wanted: Opened, today: date) -> None:
    if not wanted.name.strip():
        raise InvalidValue("name", wanted.name, "give the round a name")
    if wanted.last < wanted.first:
        raise InvalidValue("last", wanted.last, f"give a day from {wanted.first} on")
    if (wanted.last - wanted.first).days >= LONGEST_DAYS:
        raise InvalidValue("first", wanted.first, f"give a range of at most {LONGEST_DAYS} days")
    if wanted.last >= today:
        raise InvalidValue("last", wanted.last, "give a day that is over")
    if wanted.due < today:
        raise InvalidValue("due", wanted.due, "give a day to come")


def listing(office: Office) -> list[tuple[Round, Counts]]:
    """The rounds that are in sight, the newest first: to an office those alone whose sheets were sent to it."""
    with office.database.read() as connection:
        counts = round_store.counts(connection, office.scope)
        found = round_store.rounds(connection)
    return [
        (each, _counts_told(office, each, counts.get(each.id, Counts())))
        for each in found
        if _in_sight(office, each, each.id in counts)
    ]


def opened(office: Office, round_id: int) -> Shown:
    """A round with its lines. Raises `NotFound`, also for one that is not in sight.

    What the ICT office concluded, an office reads once the round is closed: until then it may be another thing.
    """
    with office.database.read() as connection:
        found = round_store.get(connection, round_id)
        lines = round_store.lines(connection, round_id, office.scope)
    if not _in_sight(office, found, bool(lines)):
        raise NotFound(KIND, round_id)
    return Shown(found, tuple(_line_told(office, found, line) for line in lines))


def _in_sight(office: Office, found: Round, has_lines: bool) -> bool:
    return office.scope.is_all or (has_lines and found.state not in _HIDDEN)


def _line_told(office: Office, found: Round, line: Line) -> Line:
    if office.scope.is_all or found.state is RoundState.CLOSED:
        return line
    return replace(line, conclusion=None, note="", concluded_by="", concluded_s=None)


def _counts_told(office: Office, found: Round, counts: Counts) -> Counts:
    return counts if office.scope.is_all or found.state is RoundState.CLOSED else replace(counts, concluded=0)


def measure_again(office: Office, round_id: int, by: Author) -> None:
    """Have it measured anew, before the sheets are sent. Raises `Conflict`."""
    with office.database.write() as connection:
        if round_store.get(connection, round_id, lock=True).state is not RoundState.PREPARED:
            raise Conflict("the sheets were sent: what the offices were shown stays")
        plan_store.ask(connection, plan_store.ASSESS, str(round_id), by.name, office.now_s)
        _note(connection, office, "measure", round_id, by, {})


def adjust(office: Office, round_id: int, code: str, rate: Rate | None, by: Author) -> Line:
    """Propose another ceiling, with a reason that the office reads; None: what the figures propose, again.

    What was concluded of the office is to be concluded anew. Raises `NotFound`, `InvalidValue`, `Conflict`.
    """
    why = needed(by)
    with office.database.write() as connection:
        _at_work(connection, round_id)
        line = round_store.line(connection, round_id, code, office.scope, lock=True)
        values = {
            "adjusted_down_bps": None if rate is None else rate.down_bps,
            "adjusted_up_bps": None if rate is None else rate.up_bps, "adjusted_why": why[:400],
            "adjusted_by": by.name[:120], "adjusted_s": office.now_s,
            **round_store.UNCONCLUDED,
        }  # fmt: skip
        round_store.change(connection, line, values)
        told = {"opd": code, "from": _told(line.rate), "to": _told(rate or line.proposal.rate)}
        _note(connection, office, "adjust", round_id, by, told)
        return round_store.line(connection, round_id, code, office.scope)


def conclude(office: Office, round_id: int, code: str, conclusion: Conclusion, by: Author) -> Line:
    """Note what the ICT office concluded of an office. Raises `NotFound`, `InvalidValue` where it does not fit."""
    with office.database.write() as connection:
        _at_work(connection, round_id)
        line = round_store.line(connection, round_id, code, office.scope, lock=True)
        check_conclusion(conclusion, line.use.ceiling, line.rate)
        round_store.change(connection, line, _concluded(conclusion, by, office.now_s))
        _note(connection, office, "conclude", round_id, by, {"opd": code, "conclusion": conclusion.value})
        return round_store.line(connection, round_id, code, office.scope)


def conclude_rest(office: Office, round_id: int, by: Author) -> int:
    """Conclude as proposed whatever office has no conclusion yet and made no remark; how many."""
    with office.database.write() as connection:
        _at_work(connection, round_id)
        waiting = [
            line
            for line in round_store.lines(connection, round_id, office.scope)
            if line.conclusion is None and line.reply is not Reply.REMARKS
        ]
        for line in waiting:
            round_store.change(connection, line, _concluded(line.usual_conclusion, by, office.now_s))
        if waiting:
            _note(connection, office, "conclude", round_id, by, {"opds": ", ".join(line.opd for line in waiting)})
    return len(waiting)


def answer(office: Office, round_id: int, code: str, reply: Reply, remark: str, by: Author) -> Line:
    """An office answers to its sheet; after a remark what was concluded of it is to be concluded anew.

    Raises `NotFound`, `InvalidValue`, `Conflict` where nobody asks (any more).
    """
    if reply is Reply.REMARKS and not remark.strip():
        raise InvalidValue("remark", "", "say in words what the ICT office should know")
    with office.database.write() as connection:
        found = round_store.get(connection, round_id, lock=True)
        line = round_store.line(connection, round_id, code, office.scope, lock=True)
        if found.state is RoundState.PREPARED and not office.scope.is_all:
            raise NotFound(KIND, round_id)
        if found.state is not RoundState.SENT:
            raise Conflict(f"the round is {found.state}; no answer is asked for")
        values = {
            "reply": reply, "remark": remark.strip()[:1000], "replied_by": by.name[:120], "replied_s": office.now_s,
            **(round_store.UNCONCLUDED if reply is Reply.REMARKS else {}),
        }  # fmt: skip
        round_store.change(connection, line, values)
        _note(connection, office, "answer", round_id, by, {"opd": code, "reply": reply, "remark": remark.strip()})
        return _line_told(office, found, round_store.line(connection, round_id, code, office.scope))


def send(office: Office, round_id: int, by: Author) -> int:
    """Put the sheets before the offices and tell their operators; how many. Raises `Conflict`."""
    with office.database.write() as connection:
        found = round_store.get(connection, round_id, lock=True)
        check_next(found.state, RoundState.SENT)
        lines = round_store.lines(connection, round_id, office.scope)
        if found.measured_s is None or not lines:
            raise Conflict("nothing was measured yet; send the sheets once the figures are there")
        round_store.move(connection, round_id, {"state": RoundState.SENT, "sent_s": office.now_s})
        _ask(connection, office, found, lines)
        _note(connection, office, "send", round_id, by, {"state": RoundState.SENT})
    return len(lines)


def remind(office: Office, round_id: int, by: Author) -> list[str]:
    """Tell the operators of the offices that have not answered; their codes. Once a day for each office."""
    with office.database.write() as connection:
        found = round_store.get(connection, round_id)
        if found.state is not RoundState.SENT:
            raise Conflict(f"the round is {found.state}; no answer is asked for")
        silent = [line for line in round_store.lines(connection, round_id, office.scope) if line.reply is None]
        told = _ask(connection, office, found, silent)
        if told:
            _note(connection, office, "remind", round_id, by, {"opds": ", ".join(told)})
    return told


def _ask(connection: Connection, office: Office, found: Round, lines: Sequence[Line]) -> list[str]:
    """Who was told."""
    return [
        line.opd
        for line in lines
        if tell(
            connection, f"round:{found.id}:{line.opd_id}:{office.today.isoformat()}", Topic.SHEET_DUE,
            {"subject_id": line.opd_id, "round": found.name, "number": found.id, "due": found.due.isoformat()},
            office.now_s,
        )
    ]  # fmt: skip


def make_draft(office: Office, round_id: int, by: Author) -> int:
    """A draft of the ceilings concluded to change that no draft has taken; its number. Nothing is in force by it.

    Raises `Conflict`, also where another ceiling was set by hand since it was measured.
    """
    with office.database.write() as connection:
        found = round_store.get(connection, round_id, lock=True)
        last = _last_draft(connection, found)
        if last is not None and last.state is not DraftState.PUBLISHED:
            raise Conflict(f"draft {last.id} of this round is open; publish or discard it first")
        lines = round_store.lines(connection, round_id, office.scope)
        if not any(line.conclusion is Conclusion.CHANGED for line in lines):
            raise Conflict("no office is concluded to change; conclude that first")
        wanted: list[tuple[str, str, Mapping[str, str]]] = [
            ("opd", code, {"ceiling": exact_rate(rate)})
            for code, rate in ceilings_to_set(connection, found, lines, last).items()
        ]
        if not wanted:
            raise Conflict(
                "all that is concluded to change is in force, or was in a draft; nothing is left for another"
            )
        draft_id = drafts.make_within(connection, office, found.name, wanted, by)
        round_store.move(connection, round_id, {"draft_id": draft_id})
        _note(connection, office, "draft", round_id, by, {"draft": str(draft_id)})
    return draft_id


def _last_draft(connection: Connection, found: Round) -> Draft | None:
    return None if found.draft_id is None else draft_store.get(connection, found.draft_id)


def close(office: Office, round_id: int, by: Author) -> list[str]:
    """Close it once all offices are concluded; the numbers of the requests that it passed to the budget plan.

    Raises `Conflict` while an office has no conclusion, one that does not fit any more, or a change that no draft has.
    """
    return in_one_go(office.database, lambda connection: _closed(connection, office, round_id, by))


def _closed(connection: Connection, office: Office, round_id: int, by: Author) -> list[str]:
    found = round_store.get(connection, round_id, lock=True)
    check_next(found.state, RoundState.CLOSED)
    lines = round_store.lines(connection, round_id, office.scope)
    _check_concluded(lines)
    left = ceilings_to_set(connection, found, lines, _last_draft(connection, found))
    if left:
        raise Conflict(f"no draft has these changes yet: {', '.join(left)}; make a draft of them")
    budgeted = [line for line in lines if line.conclusion is Conclusion.BUDGET]
    standing = _lock(connection, budgeted)
    passed = [
        number for line in budgeted for number in _to_budget(connection, office, found, line, standing[line.opd_id], by)
    ]
    round_store.move(connection, round_id, {"state": RoundState.CLOSED, "closed_s": office.now_s})
    told = {"state": RoundState.CLOSED, "requests": ", ".join(passed)}
    _note(connection, office, "close", round_id, by, {name: text for name, text in told.items() if text})
    return passed


def _check_concluded(lines: Sequence[Line]) -> None:
    left = [line.opd for line in lines if line.conclusion is None]
    if left:
        raise Conflict(f"no conclusion yet: {', '.join(left)}")
    amiss = [line.opd for line in lines if not _fits(line)]
    if amiss:
        raise Conflict(f"the conclusion does not fit the proposal any more: {', '.join(amiss)}; conclude these anew")


def _fits(line: Line) -> bool:
    try:
        check_conclusion(line.conclusion or Conclusion.KEPT, line.use.ceiling, line.rate)
    except InvalidValue:
        return False
    return True


def _lock(connection: Connection, lines: Sequence[Line]) -> dict[int, list[Request]]:
    """The offices' own requests that wait or are in the budget plan, by office. These and the offices are locked as
    other changes lock them: requests first, then offices, and all before the audit trail."""
    states = OPEN | {RequestState.BUDGET}
    standing = {
        line.opd_id: request_store.requests(connection, opd_id=line.opd_id, states=states, lock=True) for line in lines
    }
    for line in lines:
        rows.find(connection, "opd", ("id",), line.opd_id, lock=True)
    return {opd_id: [one for one in found if one.employee_id is None] for opd_id, found in standing.items()}


def _to_budget(
    connection: Connection, office: Office, found: Round, line: Line, standing: Sequence[Request], by: Author
) -> list[str]:  # fmt: skip
    """An office's open requests go to the budget plan; what these, and those that went there this year, leave of what
    was concluded is filed in its name."""
    why = Author(by.name, f"{found.name}: {line.note or line.adjusted_why}"[:1000].strip(" :"))
    moved = [requests.to_budget_within(connection, office, one.number, why) for one in standing if one.is_open]
    passed = [one.wanted for one in standing if requests.is_in_this_budget(office, one)]
    left = _left(line, [*passed, *(one.wanted for one in moved)])
    if left != Rate(0, 0):
        filing = Filing(line.opd, Wanted(left), why.why)
        moved.append(requests.file_into_budget_within(connection, office, filing, why))
    return [one.number for one in moved]


def _left(line: Line, asked: Sequence[Rate | None]) -> Rate:
    """What a line gives more than the office has (bit/s), less what is asked for already."""
    ceiling, rate = line.use.ceiling, line.rate
    if ceiling is None or rate is None:
        return Rate(0, 0)
    rates = [one for one in asked if one is not None]
    return Rate(
        max(0, rate.down_bps - ceiling.down_bps - sum(one.down_bps for one in rates)),
        max(0, rate.up_bps - ceiling.up_bps - sum(one.up_bps for one in rates)),
    )


def discard(office: Office, round_id: int, by: Author) -> None:
    """Forget a round whose sheets were not sent. Raises `Conflict`, `NotFound`."""
    with office.database.write() as connection:
        if round_store.get(connection, round_id, lock=True).state is not RoundState.PREPARED:
            raise Conflict("the sheets were sent: the round stays; close it")
        round_store.remove(connection, round_id)
        _note(connection, office, "remove", round_id, by, {})


def _at_work(connection: Connection, round_id: int) -> Round:
    """The round, locked, while it can be worked on. Raises `Conflict` once it is closed."""
    found = round_store.get(connection, round_id, lock=True)
    if found.state is RoundState.CLOSED:
        raise Conflict("the round is closed; open another one")
    return found


def _concluded(conclusion: Conclusion, by: Author, at_s: int) -> dict[str, object]:
    return {
        "conclusion": conclusion, "note": by.why.strip()[:400], "concluded_by": by.name[:120],
        "concluded_s": at_s,
    }  # fmt: skip


def _told(rate: Rate | None) -> str:
    return "" if rate is None else exact_rate(rate)


def _note(
    connection: Connection, office: Office, action: str, round_id: int, by: Author, after: Mapping[str, str]
) -> None:  # fmt: skip
    audit_store.append(
        connection, actor=by.name, action=action, kind=KIND, key=str(round_id), before={}, after=dict(after),
        why=by.why, now_s=office.now_s,
    )  # fmt: skip
