"""Readings of an interface in whatever order: nothing counts twice, nothing is made up, bins add up."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from netquota.domain.interfaces import Faces, Growth, Reading, ReadingKind, in_bins, judge
from netquota.domain.samples import BIN_S

T = 1_796_000_100
steps = st.lists(st.tuples(st.integers(1, 3600), st.integers(0, 10**11), st.integers(0, 10**11)), max_size=30)


def counted(readings: list[Reading]) -> tuple[int, int, list[Growth]]:
    """What is counted when they come in this order, as services.interfaces takes them."""
    last: Reading | None = None
    found: list[Growth] = []
    for one in readings:
        growth = judge(last, one)
        found.append(growth)
        last = last if growth.kind is ReadingKind.LATE else one
    return sum(one.input for one in found), sum(one.output for one in found), found


def walk(taken: list[tuple[int, int, int]], start: int, bits: int = 64) -> list[Reading]:
    """Readings of a counter that began at `start` and turned over where it had to."""
    at, octets_in, octets_out, whole = T, start, start, 1 << bits
    found = [Reading(at, start % whole, start % whole, 0, bits=bits)]
    for seconds, more_in, more_out in taken:
        at, octets_in, octets_out = at + seconds, octets_in + more_in, octets_out + more_out
        found.append(Reading(at, octets_in % whole, octets_out % whole, (at - T) * 100 % 2**32, bits=bits))
    return found


@given(steps, st.integers(0, 2**64 - 1))
def test_all_that_passed_counts_once_over_the_counters_end(taken: list[tuple[int, int, int]], start: int) -> None:
    # at most 1.5 Gbit/s, which any interface is thought to carry, so that a wrap is told from a start at zero
    slow = [(seconds, min(i, seconds * 180_000_000), min(o, seconds * 180_000_000)) for seconds, i, o in taken]
    octets_in, octets_out, _ = counted(walk(slow, start))
    assert (octets_in, octets_out) == (sum(one[1] for one in slow), sum(one[2] for one in slow))


@given(steps, st.data())
def test_repeated_and_late_answers_count_nothing_more(taken: list[tuple[int, int, int]], data: st.DataObject) -> None:
    readings = walk(taken, 0)
    shaken: list[Reading] = []
    for place, one in enumerate(readings):
        shaken.append(one)
        shaken += data.draw(st.lists(st.sampled_from(readings[: place + 1]), max_size=2))
    assert counted(shaken)[:2] == counted(readings)[:2]


@given(steps, st.sets(st.integers(0, 30)))
def test_answers_that_were_lost_lose_nothing(taken: list[tuple[int, int, int]], lost: set[int]) -> None:
    readings = walk(taken, 0)
    kept = [one for place, one in enumerate(readings) if place not in lost or place in (0, len(readings) - 1)]
    assert counted(kept)[:2] == counted(readings)[:2]


@given(
    st.integers(0, 10**13), st.integers(0, 10**13), st.integers(0, 10**6), st.integers(1, 40 * BIN_S),
    st.sampled_from(Faces),
)  # fmt: skip
def test_bins_add_up_and_follow_each_other(
    octets_in: int, octets_out: int, late: int, lasts: int, faces: Faces
) -> None:
    found = Growth(ReadingKind.GREW, octets_in, octets_out, T + late, T + late + lasts)
    bins = in_bins(found, faces)
    assert sorted((sum(one[1] for one in bins), sum(one[2] for one in bins))) == sorted((octets_in, octets_out))
    starts = [one[0] for one in bins]
    assert all(start % BIN_S == 0 for start in starts)
    assert starts == list(range(starts[0], starts[-1] + 1, BIN_S))
    assert all(one[1] >= 0 and one[2] >= 0 for one in bins)
