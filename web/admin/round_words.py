"""What the pages and files say of an assessment round: states, moves, grounds, and an office's sheet line by line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flask_babel import gettext
from flask_babel import lazy_gettext as _

from netquota.domain.rounds import Conclusion, Ground, Move, Reply, RoundState, Use
from netquota.domain.units import Rate
from netquota.services.sheet import Cell
from netquota.storage.round_store import Line
from web import formatting
from web.components import Mood
from web.rendering import current_language

STATES = {
    RoundState.PREPARED: (Mood.PLAIN, _("being prepared")), RoundState.SENT: (Mood.INFO, _("with the offices")),
    RoundState.CLOSED: (Mood.OK, _("closed")),
}  # fmt: skip
MOVES = {
    Move.KEEP: (Mood.PLAIN, _("keep")), Move.RAISE: (Mood.INFO, _("raise")), Move.LOWER: (Mood.SLOW, _("lower")),
}  # fmt: skip
GROUNDS = {
    Ground.THIN: _("too little was measured for a proposal"),
    Ground.UNLIMITED: _("it has no ceiling; give it one by adjusting"),
    Ground.AT_LIMIT: _("at its limit in over 1 % of office hours, and its link has more for it"),
    Ground.NO_MORE: _("at its limit in over 1 % of office hours, but its link has no more for it: for the budget plan"),
    Ground.ROOM: _("hardly ever at its limit, and under half of it is used"),
    Ground.FITS: _("what it has fits its use"),
}
CONCLUSIONS = {
    Conclusion.KEPT: (Mood.PLAIN, _("kept")), Conclusion.CHANGED: (Mood.OK, _("changed")),
    Conclusion.BUDGET: (Mood.INFO, _("to the budget plan")),
}  # fmt: skip
REPLIES = {Reply.AGREES: (Mood.OK, _("agrees")), Reply.REMARKS: (Mood.WARN, _("has a remark"))}


@dataclass(frozen=True, slots=True)
class Fact:
    """A line of a sheet: its name, how it reads, and as a spreadsheet has it with its unit."""

    name: str
    shown: str
    value: Cell
    unit: str = ""


def facts_of(line: Line) -> dict[str, list[Fact]]:
    """A sheet's parts by their headings: what the office has, used, says that it needs, and what is proposed."""
    return {
        gettext("What you have"): list(_has(line.use)),
        gettext("What you used, in office hours"): list(_used(line.use)),
        gettext("What you reported"): list(_needs(line.use)),
        gettext("What is proposed"): list(_proposed(line)),
    }


def _has(use: Use) -> Iterator[Fact]:
    yield from _rate(gettext("Ceiling"), use.ceiling)
    yield from _rate(gettext("Guaranteed"), use.guaranteed)
    yield _number(gettext("Employees"), use.people)
    yield Fact(gettext("Provider link"), use.link or "–", use.link)


def _used(use: Use) -> Iterator[Fact]:
    yield _share(gettext("Data that is there"), use.coverage_permille)
    yield _bps(gettext("P95 down"), use.p95_down_bps)
    yield _bps(gettext("P95 up"), use.p95_up_bps)
    yield _bps(gettext("Busiest five minutes, down"), use.peak_down_bps)
    if use.busy_hour is not None:
        hour = f"{use.busy_hour:02}.00"
        yield Fact(gettext("Busy hour"), hour, hour)
        yield _bps(gettext("Mean in the busy hour"), use.busy_bps)
    yield _share(gettext("Time at the limit"), use.at_limit_permille)
    yield _share(gettext("Ceiling left unused"), use.unused_permille)
    if use.hidden_bps is not None:
        language = current_language()
        low, high = (formatting.megabits(bps, language) for bps in (use.hidden_low_bps, use.hidden_high_bps))
        shown = f"{formatting.measured_rate(use.hidden_bps, language)} ({low} – {high})"
        name = gettext("Demand with what the limit hid (an estimate)")
        yield Fact(name, shown, use.hidden_bps / 1e6, "Mbit/s")


def _needs(use: Use) -> Iterator[Fact]:
    yield _number(gettext("Applications"), use.applications)
    yield from _rate(
        gettext("They need together"), Rate(use.needed_down_bps, use.needed_up_bps) if use.applications else None
    )
    yield Fact(gettext("Open requests"), ", ".join(use.requests) or "–", ", ".join(use.requests))
    if use.requests:
        yield from _rate(gettext("Asked for on top"), Rate(use.asked_down_bps, use.asked_up_bps))


def _proposed(line: Line) -> Iterator[Fact]:
    words = str(MOVES[line.move][1])
    yield Fact(gettext("Proposal"), words, words)
    yield from _rate(gettext("Ceiling after it"), line.rate)
    why = line.adjusted_why or str(GROUNDS[line.proposal.ground])
    yield Fact(gettext("Why"), why, why)


def _rate(name: str, rate: Rate | None) -> Iterator[Fact]:
    if rate is None:
        yield Fact(name, "–", None, "Mbit/s")
        return
    shown = f"{formatting.rate_pair(rate.down_bps, rate.up_bps, current_language())} Mbit/s"
    yield Fact(name, shown, f"{rate.down_bps / 1e6:g} / {rate.up_bps / 1e6:g}", "Mbit/s")


def _bps(name: str, bps: int | None) -> Fact:
    shown = "–" if bps is None else formatting.measured_rate(bps, current_language())
    return Fact(name, shown, None if bps is None else bps / 1e6, "Mbit/s")


def _share(name: str, permille: int | None) -> Fact:
    shown = formatting.percent(None if permille is None else permille / 1000, current_language(), 1)
    return Fact(name, shown, None if permille is None else permille / 10, "%")


def _number(name: str, value: int) -> Fact:
    return Fact(name, formatting.number(value, current_language()), value)
