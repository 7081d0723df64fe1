"""Known answers of planning.md §5.1: who gets what of a ceiling."""

import pytest

from netquota.domain.sharing import Claim, Limit, demand, link_shares, reserve, share, share_within
from netquota.errors import InvalidValue

M, K = 10**6, 10**3
A, B, C, D = 1, 2, 3, 4


def claims(*rows: tuple[int, int, int, int, int]) -> list[Claim]:
    return [Claim(*row) for row in rows]


@pytest.mark.parametrize(
    ("ceiling", "rows", "answer"),
    [
        pytest.param(
            10 * M,
            [(A, 1, 0, 10 * M, 10 * M), (B, 1, 0, 10 * M, 10 * M), (C, 1, 0, 10 * M, 10 * M)],
            {A: 3333334, B: 3333333, C: 3333333},
            id="equal, all hungry, remainder",
        ),
        pytest.param(
            10 * M,
            [(A, 1, 0, 10 * M, M), (B, 1, 0, 10 * M, 10 * M), (C, 1, 0, 10 * M, 10 * M)],
            {A: M, B: 4500000, C: 4500000},
            id="one wants little; its rest is shared",
        ),
        pytest.param(
            12 * M,
            [(A, 1, 0, 12 * M, 12 * M), (B, 2, 0, 12 * M, 12 * M), (C, 3, 0, 12 * M, 12 * M)],
            {A: 2 * M, B: 4 * M, C: 6 * M},
            id="weights 1:2:3",
        ),
        pytest.param(
            20 * M,
            [(A, 1, 0, 5 * M, 9 * M), (B, 1, 0, 5 * M, M), (C, 1, 0, 5 * M, 0)],
            {A: 5 * M, B: 5 * M, C: 5 * M},
            id="caps bind, ceiling is not used up",
        ),
        pytest.param(
            10 * M,
            [(A, 1, 6 * M, 10 * M, 10 * M), (B, 1, 0, 10 * M, 10 * M), (C, 1, 0, 10 * M, 10 * M)],
            {A: 6 * M, B: 2 * M, C: 2 * M},
            id="floor above the fair share",
        ),
        pytest.param(
            10 * M,
            [(A, 1, 2 * M, 4 * M, 0), (B, 1, 0, 10 * M, 10 * M), (C, 1, 0, 10 * M, 10 * M)],
            {A: 2 * M, B: 4 * M, C: 4 * M},
            id="floor is held at zero demand",
        ),
        pytest.param(
            10 * M,
            [(A, 1, 8 * M, 10 * M, 10 * M), (B, 1, 6 * M, 10 * M, 10 * M), (C, 5, 2 * M, 10 * M, 0)],
            {A: 5 * M, B: 3750000, C: 1250000},
            id="floors exceed the ceiling: scaled",
        ),
        pytest.param(
            10 * M,
            [(A, 1, 8 * M, 3 * M, 9 * M), (B, 1, 0, 10 * M, 10 * M)],
            {A: 3 * M, B: 7 * M},
            id="floor above own cap counts as cap",
        ),
        pytest.param(
            9 * M,
            [(A, 1, 0, 9 * M, 0), (B, 2, 0, 9 * M, 0)],
            {A: 3 * M, B: 6 * M},
            id="nobody wants anything: headroom by weight",
        ),
        pytest.param(
            10 * M,
            [(A, 1, 0, 4 * M, 3 * M), (B, 1, 0, 10 * M, 2 * M)],
            {A: 4 * M, B: 6 * M},
            id="demand met, rest as headroom up to caps",
        ),
        pytest.param(20 * M, [(A, 7, M, 8 * M, 0)], {A: 8 * M}, id="one session"),
        pytest.param(20 * M, [], {}, id="no session"),
        pytest.param(0, [(A, 1, M, 2 * M, 2 * M), (B, 1, 0, 2 * M, 2 * M)], {A: 0, B: 0}, id="ceiling 0"),
        pytest.param(
            100,
            [(A, 3, 0, 100, 100), (B, 3, 0, 100, 100), (C, 1, 0, 100, 100)],
            {A: 43, B: 43, C: 14},
            id="remainders, weights 3:3:1, tie to the lower id",
        ),
        pytest.param(
            8,
            [(C, 1, 0, 9, 9), (B, 1, 0, 9, 9), (A, 1, 0, 9, 9)],
            {A: 3, B: 3, C: 2},
            id="two left over, fractions equal",
        ),
        pytest.param(
            20 * M,
            [
                (A, 1, M, 10 * M, 500 * K),
                (B, 2, 0, 6 * M, 9 * M),
                (C, 1, 5 * M, 20 * M, 20 * M),
                (D, 4, 0, 20 * M, 20 * M),
            ],
            {A: M, B: 4666667, C: 5 * M, D: 9333333},
            id="all at once",
        ),
    ],
)
def test_a_ceiling_is_shared_as_its_table_says(
    ceiling: int, rows: list[tuple[int, int, int, int, int]], answer: dict[int, int]
) -> None:
    assert share(ceiling, claims(*rows)) == answer
    assert share(ceiling, reversed(claims(*rows))) == answer


@pytest.mark.parametrize(
    ("rate", "answer"),
    [(0, 0), (4 * M, 5 * M), (9 * M, 11250000), (9000001, 15 * M), (None, 15 * M)],
)
def test_demand_is_a_quarter_more_than_was_used_or_all_where_nearly_all_was_used(rate: int | None, answer: int) -> None:
    assert demand(rate, 10 * M, 15 * M) == answer


def test_demand_never_passes_the_cap() -> None:
    assert demand(8 * M, 10 * M, 9 * M) == 9 * M


@pytest.mark.parametrize(
    ("ceiling", "floor", "answer"),
    [
        (200 * M, 256 * K, 2 * M),  # one per cent
        (20 * M, 256 * K, 1024 * K),  # four floors are more
        (2 * M, 256 * K, 500 * K),  # ... but never over a quarter
        (0, 256 * K, 0),
    ],
)
def test_the_reserve_is_a_per_cent_or_four_floors_at_most_a_quarter(ceiling: int, floor: int, answer: int) -> None:
    assert reserve(ceiling, floor) == answer


def test_what_a_site_under_its_own_ceiling_leaves_the_other_sites_get() -> None:
    hungry = claims(*((one, 1, 0, 10 * M, 10 * M) for one in (A, B, C, D)))
    site = Limit(2 * M, frozenset({A, B}))
    assert share_within(20 * M, hungry, [site]) == {A: M, B: M, C: 9 * M, D: 9 * M}


def test_a_limit_that_binds_nobody_changes_nothing() -> None:
    hungry = claims(*((one, 1, 0, 10 * M, 10 * M) for one in (A, B, C)))
    assert share_within(9 * M, hungry, [Limit(6 * M, frozenset({A, B}))]) == share(9 * M, hungry)


def test_of_nested_limits_both_hold() -> None:
    hungry = claims(*((one, 1, 0, 10 * M, 10 * M) for one in (A, B, C, D)))
    limits = [Limit(4 * M, frozenset({A, B, C})), Limit(M, frozenset({A}))]
    given = share_within(20 * M, hungry, limits)
    assert given == {A: M, B: 1500 * K, C: 1500 * K, D: 10 * M}


def test_a_links_capacity_is_shared_by_its_offices_with_what_is_guaranteed_as_floor() -> None:
    offices = claims((A, 1, 30 * M, 50 * M, 50 * M), (B, 1, 0, 50 * M, 50 * M), (C, 2, 0, 100 * M, 100 * M))
    assert link_shares(90 * M, offices) == {A: 30 * M, B: 20 * M, C: 40 * M}


@pytest.mark.parametrize("row", [(A, 0, 0, M, M), (A, 1, -1, M, M), (A, 1, 0, -M, M), (A, 1, 0, M, -1)])
def test_a_claim_that_makes_no_sense_is_not_taken(row: tuple[int, int, int, int, int]) -> None:
    with pytest.raises(InvalidValue):
        Claim(*row)
