"""What another limit would have done: cuts counted to the octet, a link's P95 between its two bounds."""

from __future__ import annotations

import numpy as np

from netquota.planning.draft_effect import Hit, Measured, hit, link_effect

M = 1_000_000
BIN = 300 * M // 8  # octets of a bin at 1 Mbit/s


def office(name: str, mbps: list[int], old: int | None, new: int | None) -> Measured:
    used = np.array([each * BIN for each in mbps], dtype=np.int64)
    return Measured(name, used, None if old is None else old * M, None if new is None else new * M)


def test_a_lower_limit_cuts_what_is_above_it() -> None:
    assert hit(office("a", [0, 5, 8, 10], 10, 7)) == Hit("a", 3, 2, 4 * BIN, 0)


def test_a_higher_limit_cuts_nothing_and_frees_bins_at_the_old_one() -> None:
    found = hit(office("a", [0, 5, 10, 10], 10, 20))
    assert (found.cut_bins, found.cut_octets, found.freed_bins) == (0, 0, 2)


def test_no_limit_before_frees_nothing_and_no_limit_after_cuts_nothing() -> None:
    assert hit(office("a", [5, 50], None, 10)).cut_bins == 1
    assert hit(office("a", [5, 10], 10, None)).freed_bins == 1
    assert hit(office("a", [5, 10], 10, None)).cut_bins == 0


def test_the_part_that_is_cut_is_of_bins_with_use() -> None:
    assert hit(office("a", [0, 0, 5, 10], 10, 7)).cut_permille == 500
    assert hit(office("a", [0, 0], 10, 7)).cut_permille == 0


def test_a_links_p95_falls_with_a_lower_limit_exactly() -> None:
    found = link_effect("l", [office("a", [10] * 100, 10, 6), office("b", [4] * 100, 10, 10)])
    assert (found.before_bps, found.least_bps, found.most_bps) == (14 * M, 10 * M, 10 * M)


def test_a_links_p95_rises_by_at_most_what_was_held_back() -> None:
    found = link_effect("l", [office("a", [10] * 100, 10, 30), office("b", [4] * 100, 10, 10)])
    assert (found.before_bps, found.least_bps, found.most_bps) == (14 * M, 14 * M, 34 * M)


def test_without_offices_or_bins_nothing_is_said() -> None:
    assert link_effect("l", []).before_bps is None
    assert link_effect("l", [office("a", [], 1, 1)]).before_bps is None
