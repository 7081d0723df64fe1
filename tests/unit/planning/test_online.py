"""People online at the same moment: known answers, and against counting second by second."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from netquota.planning.online import Crowd, Spans, crowd

START = 1_000_000_200
OFFICE = np.array([False, True, True, False])


def spans(*rows: tuple[int, int, int]) -> Spans:
    """(person, from, until), seconds after the start."""
    found = np.array(rows, dtype=np.int64).reshape(-1, 3)
    return Spans(found[:, 0], START + found[:, 1], START + found[:, 2])


def test_sessions_of_one_person_at_once_count_once() -> None:
    assert crowd(spans((1, 0, 600), (1, 300, 900), (2, 300, 600)), START, OFFICE) == Crowd(
        2, START + 300, Fraction(900, 600)
    )
    assert crowd(spans((1, 0, 1200), (1, 100, 200), (1, 300, 400)), START, OFFICE) == Crowd(1, START, Fraction(1))


def test_who_leaves_makes_room_for_who_comes() -> None:
    assert crowd(spans((1, 0, 600), (2, 600, 1200)), START, OFFICE).most == 1
    assert crowd(spans((1, 0, 601), (2, 600, 1200)), START, OFFICE) == Crowd(2, START + 600, Fraction(601, 600))


def test_what_lies_outside_is_cut_off_and_nobody_is_nobody() -> None:
    assert crowd(spans((1, -900, 5000), (2, -50, 0), (3, 1200, 1300)), START, OFFICE) == Crowd(1, START, Fraction(1))
    assert crowd(spans(), START, OFFICE) == Crowd(0, None, Fraction(0))
    assert crowd(spans((1, 0, 300)), START, np.zeros(4, dtype=np.bool_)) == Crowd(1, START, None)


@given(
    st.lists(st.tuples(st.integers(1, 4), st.integers(-200, 1400), st.integers(0, 900)), max_size=12),
    st.lists(st.booleans(), min_size=4, max_size=4),
)
def test_it_is_what_counting_every_second_comes_to(rows: list[tuple[int, int, int]], office: list[bool]) -> None:
    there = [len({who for who, at, lasts in rows if at <= second < at + lasts}) for second in range(1200)]
    marked = np.array(office, dtype=np.bool_)
    found = crowd(spans(*((who, at, at + lasts) for who, at, lasts in rows)), START, marked)
    assert found.most == max(there)
    assert found.most_at_s == (START + there.index(max(there)) if max(there) else None)
    counted = [number for second, number in enumerate(there) if office[second // 300]]
    assert found.office_mean == (Fraction(sum(counted), len(counted)) if counted else None)
