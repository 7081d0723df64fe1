"""Whatever the path does to the reports of a session, its largest total counts once."""

import random
from itertools import accumulate

from hypothesis import given
from hypothesis import strategies as st

from netquota.domain.counters import CounterRule, Kind, Report, Totals, judge, nearest_incarnation
from netquota.domain.units import NO_OCTETS, Octets2

LOW = 2**32 - 1
RULES = st.builds(CounterRule, wraps_32bit=st.booleans(), resets=st.booleans())
GROWTH = st.integers(0, 2**34)


@st.composite
def incarnations(draw: st.DrawFn, begins_s: int = 1_000_000) -> list[Report]:
    """The reports of one incarnation in the order they were sent: totals and session time never fall."""
    steps = draw(st.lists(st.tuples(GROWTH, GROWTH, st.integers(1, 600)), min_size=1, max_size=8))
    inputs, outputs, times = (list(accumulate(column)) for column in zip(*steps, strict=True))
    return [
        Report(up & LOW, down & LOW, up >> 32, down >> 32, at_s, begins_s + at_s)
        for up, down, at_s in zip(inputs, outputs, times, strict=True)
    ]


def total(report: Report) -> Octets2:
    up, down = (report.input_gigawords or 0) << 32, (report.output_gigawords or 0) << 32
    return Octets2(up + report.input_octets, down + report.output_octets)


def counted(reports: list[Report], rule: CounterRule) -> Octets2:
    """What the ledger holds after the reports, by the rows a store would keep: one per incarnation."""
    rows: list[Totals] = []
    ledger = NO_OCTETS
    for report in reports:
        at = nearest_incarnation(rows, report) if rows else 0
        verdict = judge(rows[at] if rows else None, report, rule)
        ledger += verdict.delta
        if verdict.kind in (Kind.FIRST, Kind.NEW_INCARNATION):
            rows.append(verdict.totals)
        else:
            rows[at] = verdict.totals
    return ledger


@given(incarnations(), RULES, st.data())
def test_reports_in_any_order_and_number_count_the_largest_total_once(
    sent: list[Report], rule: CounterRule, data: st.DataObject
) -> None:
    arrived = data.draw(st.lists(st.sampled_from(sent), min_size=1, max_size=20))
    assert counted(arrived, rule) == total(max(arrived, key=lambda report: report.session_time_s))


@given(incarnations(), incarnations(begins_s=1_010_000), RULES, st.data())
def test_a_reused_session_id_counts_each_incarnation_once(
    first: list[Report], second: list[Report], rule: CounterRule, data: st.DataObject
) -> None:
    disturbed = random.Random(data.draw(st.integers(0, 2**16)))
    # The new one's Start tells it from the old one; from then on the reports of both come in any order, some twice.
    start = Report(0, 0, 0, 0, 0, 1_010_000)
    tail = [*first, *second, *disturbed.choices(first + second, k=5)]
    disturbed.shuffle(tail)
    assert counted([first[0], start, *tail], rule) == total(first[-1]) + total(second[-1])


@given(st.lists(st.tuples(st.integers(0, 7 * 10**8), st.integers(0, 7 * 10**8)), min_size=1, max_size=20))
def test_a_gateway_that_wraps_in_order_loses_nothing(growth: list[tuple[int, int]]) -> None:
    wraps, totals, ledger = CounterRule(wraps_32bit=True), None, NO_OCTETS
    inputs, outputs = (list(accumulate(column)) for column in zip(*growth, strict=True))
    for step, (up, down) in enumerate(zip(inputs, outputs, strict=True), start=1):
        verdict = judge(totals, Report(up & LOW, down & LOW, None, None, 60 * step, 60 * step), wraps)
        totals, ledger = verdict.totals, ledger + verdict.delta
    assert ledger == Octets2(inputs[-1], outputs[-1])
