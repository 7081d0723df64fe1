"""How many people are online at the same moment: sessions as spans of time; who has several at once counts once."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from netquota.domain.samples import BIN_S
from netquota.planning.samples import BoolArray, IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Spans:
    """Sessions side by side: whose, and from when until when (epoch seconds, the end not included)."""

    person: IntArray
    from_s: IntArray
    until_s: IntArray


@dataclass(frozen=True, slots=True)
class Crowd:
    """The most people at the same moment and the first second of it (None: nobody came), and how many there are in the
    mean of office hours (None: the range has none)."""

    most: int
    most_at_s: int | None
    office_mean: Fraction | None


def crowd(spans: Spans, start_s: int, office: BoolArray) -> Crowd:
    """Who was there in consecutive bins from `start_s` on, of which `office` marks those in office hours."""
    began, ended = _visits(spans, start_s, start_s + BIN_S * len(office))
    most, at_s = _most(began, ended)
    seconds = BIN_S * int(office.sum())
    before = np.concatenate([[0], BIN_S * np.cumsum(office)]).astype(np.int64)
    there = int((_office_s(ended - start_s, office, before) - _office_s(began - start_s, office, before)).sum())
    return Crowd(most, at_s, Fraction(there, seconds) if seconds else None)


def _visits(spans: Spans, start_s: int, end_s: int) -> tuple[IntArray, IntArray]:
    """When anybody came and left: sessions of one person that overlap or touch are one visit, cut to the range."""
    from_s, until_s = (np.clip(each, start_s, end_s) for each in (spans.from_s, spans.until_s))
    kept = np.flatnonzero(from_s < until_s)
    if not len(kept):
        nothing = np.zeros(0, dtype=np.int64)
        return nothing, nothing
    order = kept[np.lexsort((from_s[kept], spans.person[kept]))]
    person = spans.person[order]
    # Each person's time is moved behind that of the one before, so that one running maximum serves all.
    moved = (end_s - start_s + 1) * np.concatenate([[0], np.cumsum(person[1:] != person[:-1])])
    came, left = from_s[order] + moved, np.maximum.accumulate(until_s[order] + moved)
    first = np.concatenate([[True], came[1:] > left[:-1]])
    last = np.concatenate([first[1:], [True]])
    return (came - moved)[first], (left - moved)[last]


def _most(began: IntArray, ended: IntArray) -> tuple[int, int | None]:
    """The largest number of visits at once; who leaves in a second makes room for who comes in it."""
    if not len(began):
        return 0, None
    came, left = np.sort(began), np.sort(ended)
    there = np.arange(1, len(came) + 1) - np.searchsorted(left, came, side="right")
    at = int(np.argmax(there))
    return int(there[at]), int(came[at])


def _office_s(at_s: IntArray, office: BoolArray, before: IntArray) -> IntArray:
    """How many seconds of office hours there were until so many seconds after the first bin began."""
    places = np.minimum(at_s // BIN_S, len(office) - 1)
    return before[places] + np.where(office[places], at_s - BIN_S * places, 0)
