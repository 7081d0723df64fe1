"""Known answers of planning.md §5.2: which changes leave, and when."""

import pytest

from netquota.domain.share_order import Leaving, Standing, due, leaving, starting_rate
from netquota.domain.sharing import Claim, Limit, share

M, K = 10**6, 10**3
A, B, C, D = 1, 2, 3, 4
EVERYBODY = frozenset({A, B, C, D})


def standings(*rows: tuple[int, int, int]) -> list[Standing]:
    return [Standing(key, 1, applied, applied, target) for key, applied, target in rows]


def test_a_newcomer_waits_for_the_reductions_that_make_its_room() -> None:
    """The first known answer, acknowledgement by acknowledgement."""
    ceiling = 20 * M
    wants = [Claim(key, 1, 0, 20 * M, 20 * M) for key in (A, C, D)] + [Claim(B, 1, 0, 20 * M, 4700 * K)]
    targets = share(ceiling, wants)
    assert targets == {A: 5100 * K, B: 4700 * K, C: 5100 * K, D: 5100 * K}
    applied = {A: 10 * M, B: 5 * M, C: 5 * M, D: 0}
    held = dict(applied)

    def turn() -> Leaving:
        now = [Standing(key, 1, applied[key], held[key], targets[key]) for key in applied]
        return leaving([Limit(ceiling, EVERYBODY)], now, due([Limit(ceiling, EVERYBODY)], now))

    first = turn()
    assert first.reductions == ((A, 5100 * K), (B, 4700 * K))
    assert first.increases == ()
    assert first.waiting == (D,)
    applied |= {A: 5100 * K, B: 4700 * K}  # asked for: no longer a change, still held

    held[A] = 5100 * K
    after_a = turn()
    assert sum(held.values()) == 15100 * K
    assert (after_a.reductions, after_a.increases, after_a.waiting) == ((), (), (D,))

    held[B] = 4700 * K
    after_b = turn()
    assert after_b.increases == ((D, 5100 * K),)
    held[D] = applied[D] = 5100 * K
    assert sum(held.values()) == 19900 * K
    assert turn() == Leaving((), (), ())


@pytest.mark.parametrize(
    ("rows", "answer"),
    [
        pytest.param(
            [(A, 7 * M, 6666667), (B, 7 * M, 6666667), (C, 6 * M, 6666666)],
            {A: 6666667, B: 6666667, C: 6666666},
            id="an increase that is due forces both small cuts",
        ),
        pytest.param(
            [(A, 7 * M, 6800 * K), (B, 7 * M, 6800 * K), (C, 6 * M, 6400 * K)], {}, id="small ones are kept back"
        ),
        pytest.param(
            [(A, 5 * M, 5400 * K), (B, 5 * M, 5300 * K), (C, 5 * M, 5300 * K), (D, 4 * M, 4 * M)],
            {A: 5400 * K, B: 5300 * K},
            id="more than 2 % idle: the largest gain first, until at most 2 % is",
        ),
        pytest.param([(A, 5 * M, 5 * M), (B, 5 * M, 5 * M)], {}, id="idle, but nobody's target is above its rate"),
        pytest.param([(A, 10 * M, 9 * M)], {A: 9 * M}, id="a tenth is no longer small"),
        pytest.param([(A, 10 * M, 9000001)], {}, id="just under a tenth is"),
        pytest.param([(D, 0, 5 * M)], {D: 5 * M}, id="from nothing, any change is large"),
    ],
)
def test_small_changes_are_kept_back_until_they_matter(
    rows: list[tuple[int, int, int]], answer: dict[int, int]
) -> None:
    assert due([Limit(20 * M, EVERYBODY)], standings(*rows)) == answer


def test_small_changes_matter_under_a_part_as_under_the_whole() -> None:
    part = Limit(10 * M, frozenset({A, B}))
    limits = [Limit(40 * M, EVERYBODY), part]
    rows = standings((A, 5 * M, 4800 * K), (B, 5 * M, 5200 * K), (C, 5 * M, 5100 * K))
    assert due(limits, rows) == {C: 5100 * K}  # idle is the whole, not the part
    assert due(limits, standings((A, 5500 * K, 5 * M), (B, 5 * M, 5 * M), (C, 5 * M, 5 * M))) == {A: 5 * M}


def test_cuts_are_released_largest_first_ties_by_id() -> None:
    rows = standings((B, 10 * M, 9500 * K), (A, 10 * M, 9500 * K), (C, 10 * M, 9400 * K), (D, 0, 700 * K))
    assert list(due([Limit(30 * M, EVERYBODY)], rows)) == [D, C, A]


def test_the_largest_reduction_leaves_first_and_the_neediest_increase() -> None:
    rows = standings((A, 9 * M, 5 * M), (B, 9 * M, 3 * M), (C, 2 * M, 4 * M), (D, M, 4 * M))
    found = leaving([Limit(30 * M, EVERYBODY)], rows, due([Limit(30 * M, EVERYBODY)], rows))
    assert [key for key, _ in found.reductions] == [B, A]
    assert [key for key, _ in found.increases] == [D, C]


def test_an_increase_leaves_whole_or_not_at_all() -> None:
    rows = standings((A, 4 * M, 8 * M), (B, 5 * M, 6 * M))
    found = leaving([Limit(10 * M, EVERYBODY)], rows, {A: 8 * M, B: 6 * M})
    assert found.increases == ((B, 6 * M),)
    assert found.waiting == (A,)


def test_a_reduction_that_nobody_acknowledged_keeps_its_old_rate_in_the_sum() -> None:
    silent = Standing(A, 1, 4 * M, 9 * M, 4 * M)
    found = leaving([Limit(10 * M, EVERYBODY)], [silent, Standing(B, 1, M, M, 6 * M)], {B: 6 * M})
    assert found.waiting == (B,)


def test_back_to_what_the_gateway_may_have_anyway_needs_no_room() -> None:
    found = leaving(
        [Limit(10 * M, EVERYBODY)], [Standing(A, 1, 4 * M, 9 * M, 8 * M), Standing(B, 1, M, M, M)], {A: 8 * M}
    )
    assert found.increases == ((A, 8 * M),)


def test_a_sites_own_ceiling_stops_its_increases_alone() -> None:
    rows = standings((A, M, 3 * M), (B, M, 3 * M))
    found = leaving([Limit(20 * M, EVERYBODY), Limit(2 * M, frozenset({A}))], rows, {A: 3 * M, B: 3 * M})
    assert found.increases == ((B, 3 * M),)


@pytest.mark.parametrize(
    ("share_bps", "free", "answer"),
    [
        (5 * M, 4900 * K, 2450 * K),  # half of what is free
        (5 * M, 400 * K, 256 * K),  # its floor
        (5 * M, 200 * K, 200 * K),  # no more than is free
        (M, 10 * M, M),  # no more than its share
        (5 * M, 8001, 8001),
        (5 * M, 8000, None),  # nothing over 8 kbit/s: refused
        (5 * M, -1, None),
    ],
)
def test_a_newcomer_begins_with_what_is_free(share_bps: int, free: int, answer: int | None) -> None:
    assert starting_rate(share_bps, free, 256 * K) == answer
