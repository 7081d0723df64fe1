"""What an accounting report adds to what its session has counted: growth, once (model.md, Counting).

Runs for each packet, so plain integers only: octets, and epoch seconds for event times. Reads no clock, keeps nothing.
Its values are not frozen, though nobody changes them: that would double the time that their making takes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from netquota.domain.units import NO_OCTETS, Octets2, Rate

WORD = 1 << 32
"""One gigaword: where a 32-bit counter starts again (RFC 2869 §5.1)."""
_LOW = WORD - 1
_PLAUSIBLE_UNLIMITED = Rate(10**9, 10**9)


class Kind(StrEnum):
    """How a report stood to what was known of its session."""

    FIRST = "first"
    GREW = "grew"
    REPEAT = "repeat"
    LATE = "late"
    WRAP = "wrap"
    RESET = "reset"
    FELL = "fell"
    NEW_INCARNATION = "new_incarnation"


@dataclass(slots=True)
class Report:
    """One packet's counters as sent: 32-bit octets, gigawords (None: left out), session time, event time (epoch s).

    A packet without octets has 0; one without Acct-Session-Time has event time less the session's begin.
    """

    input_octets: int
    output_octets: int
    input_gigawords: int | None
    output_gigawords: int | None
    session_time_s: int
    event_s: int


@dataclass(slots=True)
class Totals:
    """A session incarnation's last totals (64-bit octets), its session time then, and when that was (epoch s)."""

    input: int
    output: int
    session_time_s: int
    event_s: int

    @property
    def has_gigawords(self) -> bool:
        """Whether a direction has passed 2^32; what a packet leaves out is taken from here."""
        return self.input >= WORD or self.output >= WORD

    @property
    def began_s(self) -> int:
        """When the incarnation began, by its own clock (epoch s)."""
        return self.event_s - self.session_time_s


@dataclass(frozen=True, slots=True)
class CounterRule:
    """What totals that fall while session time grew can mean for a NAS family."""

    wraps_32bit: bool = False
    resets: bool = False


NEVER_FALLS = CounterRule()


@dataclass(slots=True)
class Verdict:
    """What to count, what to remember as the session's totals, and why."""

    delta: Octets2
    totals: Totals
    kind: Kind


def judge(
    previous: Totals | None, report: Report, rule: CounterRule = NEVER_FALLS, limit: Rate | None = None
) -> Verdict:
    """Judge a report against its session's last totals; `limit` is the rate in force, for telling a wrap from a reset.

    Store `totals` in the transaction that adds `delta` (RFC 2866 §5.3 ff., RFC 2869 §5.1, §5.2). `FELL` deserves an
    alarm; `NEW_INCARNATION` opens another session row, the old one stays as it was.
    """
    session_s = report.session_time_s
    if previous is None or session_s < previous.session_time_s:
        return _begun_or_late(previous, report)
    total_in = _total(previous.input, report.input_octets, report.input_gigawords)
    total_out = _total(previous.output, report.output_octets, report.output_gigawords)
    grown_in, grown_out = total_in - previous.input, total_out - previous.output
    if grown_in >= 0 and grown_out >= 0:
        if session_s == previous.session_time_s and not (grown_in or grown_out):
            return Verdict(NO_OCTETS, previous, Kind.REPEAT)
        event_s = max(report.event_s, previous.event_s)
        return Verdict(Octets2(grown_in, grown_out), Totals(total_in, total_out, session_s, event_s), Kind.GREW)
    if session_s == previous.session_time_s:
        return Verdict(NO_OCTETS, previous, Kind.LATE)
    return _fallen(previous, report, Octets2(total_in, total_out), rule, _plausible(limit))


def nearest_incarnation(incarnations: Sequence[Totals], report: Report) -> int:
    """The index of the incarnation (at least one, oldest first) that a report of a reused session id is judged against.

    Reports of one incarnation agree on when it began, so the nearest beginning wins, ties to the newest: a packet of
    the old incarnation that arrives after the new one began must not be taken for growth of the new.
    """
    began_s = report.event_s - report.session_time_s
    newest_first = range(len(incarnations) - 1, -1, -1)
    return min(newest_first, key=lambda index: abs(incarnations[index].began_s - began_s))


def _total(before: int, octets: int, gigawords: int | None) -> int:
    """The 64-bit total; gigawords that the packet leaves out stay as they were."""
    return (before & ~_LOW if gigawords is None else gigawords << 32) + octets


def _begun_or_late(previous: Totals | None, report: Report) -> Verdict:
    """A session not known yet, or one whose time fell: another incarnation, or an older packet come late."""
    if previous is not None and not (
        report.event_s > previous.event_s and report.event_s - report.session_time_s >= previous.event_s
    ):
        return Verdict(NO_OCTETS, previous, Kind.LATE)
    total_in = ((report.input_gigawords or 0) << 32) + report.input_octets
    total_out = ((report.output_gigawords or 0) << 32) + report.output_octets
    kind = Kind.FIRST if previous is None else Kind.NEW_INCARNATION
    totals = Totals(total_in, total_out, report.session_time_s, report.event_s)
    return Verdict(Octets2(total_in, total_out), totals, kind)


def _fallen(previous: Totals, report: Report, totals: Octets2, rule: CounterRule, most: Rate) -> Verdict:
    """Session time grew and a total fell: a wrap, a reset, or unexplained; the direction that grew counts."""
    elapsed_s = report.session_time_s - previous.session_time_s
    after_wrap = Octets2(
        _after_wrap(previous.input, totals.input, report.input_gigawords, elapsed_s, most.up_bps),
        _after_wrap(previous.output, totals.output, report.output_gigawords, elapsed_s, most.down_bps),
    )
    if rule.wraps_32bit and after_wrap.input >= previous.input and after_wrap.output >= previous.output:
        kept, delta, kind = after_wrap, after_wrap - Octets2(previous.input, previous.output), Kind.WRAP
    elif rule.resets:
        fresh_in = _after_reset(previous.input, totals.input, report.input_octets, report.input_gigawords)
        fresh_out = _after_reset(previous.output, totals.output, report.output_octets, report.output_gigawords)
        kept, kind = Octets2(fresh_in[0], fresh_out[0]), Kind.RESET
        delta = Octets2(fresh_in[1], fresh_out[1])
    else:
        kept, kind = totals, Kind.FELL
        delta = Octets2(max(0, totals.input - previous.input), max(0, totals.output - previous.output))
    event_s = max(report.event_s, previous.event_s)
    return Verdict(delta, Totals(kept.input, kept.output, report.session_time_s, event_s), kind)


def _plausible(limit: Rate | None) -> Rate:
    """What a session may really have moved: gateways overshoot a limit, so half as much again."""
    return _PLAUSIBLE_UNLIMITED if limit is None else Rate(3 * limit.down_bps // 2, 3 * limit.up_bps // 2)


def _after_wrap(before: int, total: int, gigawords: int | None, elapsed_s: int, most_bps: int) -> int:
    """The total with one more gigaword where it fell and a wrap was possible at `most_bps`; else as it is."""
    if total >= before or gigawords is not None:
        return total
    possible = 8 * (total + WORD - before) <= most_bps * elapsed_s
    return total + WORD if possible else total


def _after_reset(before: int, total: int, octets: int, gigawords: int | None) -> tuple[int, int]:
    """(total to keep, octets to count): a direction that fell began again at 0 and counts whole."""
    if total >= before:
        return total, total - before
    whole = ((gigawords or 0) << 32) + octets
    return whole, whole
