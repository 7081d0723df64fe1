"""Two readings of an interface: what passed between them, by known answers."""

from __future__ import annotations

import pytest

from netquota.domain.interfaces import Faces, Growth, Reading, ReadingKind, in_bins, is_coarse, judge, rates, restarted

K = ReadingKind
T = 1_796_000_100  # a bin's edge
M = 10**6


def at(after_s: int, octets_in: int, octets_out: int, ticks: int | None = None, **rest: int) -> Reading:
    return Reading(T + after_s, octets_in, octets_out, ticks, **rest)


@pytest.mark.parametrize(
    ("before", "now", "kind", "grown"),
    [
        (None, at(0, 5_000, 7_000), K.FIRST, (0, 0)),  # what was counted before anybody looked is nobody's
        (at(0, 100, 200), at(300, 1_100, 250), K.GREW, (1_000, 50)),
        (at(0, 100, 200), at(300, 100, 200), K.GREW, (0, 0)),  # nothing passed, and that is known
        (at(300, 100, 200), at(0, 50, 60), K.LATE, (0, 0)),  # an older answer came late
        (at(300, 100, 200), at(300, 100, 200), K.LATE, (0, 0)),
        (at(0, 2**64 - 10, 5), at(300, 20, 6), K.WRAP, (30, 1)),
        (at(0, 2**32 - 10, 5, bits=32), at(300, 20, 6, bits=32), K.WRAP, (30, 1)),
        (at(0, 9 * M, 8 * M, 90_000), at(300, 2 * M, 1 * M, 10_000), K.RESET, (2 * M, 1 * M)),  # it started anew
        (at(0, 9 * M, 8 * M, 90_000), at(300, 2 * M, 1 * M, 120_000), K.RESET, (2 * M, 1 * M)),  # PPPoE dialled again
        (at(0, 9 * M, 8 * M), at(300, 2 * M, 9 * M), K.RESET, (2 * M, 9 * M)),  # both counters begin together
        (at(0, 9 * M, 8 * M, 90_000), at(300, 9 * M + 1, 8 * M, 500), K.GREW, (1, 0)),  # the agent alone started anew
        (at(0, 2**31, 5, 90_000, bits=32), at(300, 20, 6, 10_000, bits=32), K.RESET, (20, 6)),  # no wrap after a start
        (at(0, 10, 10, if_index=2), at(300, 90, 90, if_index=3), K.FIRST, (0, 0)),  # the name is another card's now
        (at(0, 10, 10, bits=32), at(300, 2**40, 90), K.FIRST, (0, 0)),  # another width, another counter
        (at(0, 10, 10), at(300, 10, 2**60), K.JUMP, (0, 0)),  # no interface carries that
        (at(0, 9 * 10**12, 10), at(300, 9 * 10**12 - 1, 20), K.JUMP, (0, 0)),  # one less: no new counter carried 9 TB
        (at(0, 10**12, 0), at(300, 10**11, 0, speed_bps=10 * 10**9), K.RESET, (10**11, 0)),  # a fast one carries that
        (at(0, 10, 10), at(32 * 86_400, 20, 20), K.FIRST, (0, 0)),  # too long ago to say when
    ],
)
def test_what_passed_between_two_readings(
    before: Reading | None, now: Reading, kind: ReadingKind, grown: tuple[int, int]
) -> None:
    found = judge(before, now)
    assert (found.kind, found.input, found.output) == (kind, *grown)
    assert found.is_counted == (kind in (K.GREW, K.WRAP, K.RESET))


def test_an_interface_that_says_a_false_speed_is_counted_all_the_same() -> None:
    # loopback, tunnels and PPPoE say 10 Mbit/s and carry what they carry
    found = judge(at(0, 0, 0, speed_bps=10 * M), at(300, 10**10, 10**10, speed_bps=10 * M))
    assert (found.kind, found.input) == (K.GREW, 10**10)


def test_after_a_start_only_the_time_since_it_is_told() -> None:
    found = judge(at(0, 9 * M, 9 * M, 90_000), at(600, 5, 5, 6_000))
    assert (found.from_s, found.to_s) == (T + 540, T + 600)


@pytest.mark.parametrize(
    ("before", "now", "anew"),
    [
        (1_000, 31_000, False),
        (1_000, 33_500, False),  # clocks differ by some seconds
        (1_000, 31_000 - 2_500, False),
        (2**32 - 10_000, 20_000, False),  # sysUpTime turned over after 497 days
        (90_000, 10_000, True),
        (90_000, 90_000, True),  # 300 s passed and its clock stood: it started at another moment
        (None, 5, False),
    ],
)
def test_a_start_is_told_from_the_up_time(before: int | None, now: int, anew: bool) -> None:
    assert restarted(at(0, 0, 0, before), at(300, 0, 0, now)) is anew


@pytest.mark.parametrize(("faces", "down", "up"), [(Faces.PROVIDER, 3_000, 30), (Faces.USERS, 30, 3_000)])
def test_input_of_the_side_that_faces_the_provider_is_download(faces: Faces, down: int, up: int) -> None:
    found = Growth(K.GREW, 3_000, 30, T, T + 300)
    assert in_bins(found, faces) == [(T, down, up)]
    assert rates(found, faces) == (down * 8 // 300, up * 8 // 300)


@pytest.mark.parametrize(
    ("from_s", "to_s", "bins"),
    [
        (T + 2, T + 303, [(T, 301, 0)]),  # the jitter at both edges goes with the bin that was read
        (T + 120, T + 420, [(T, 180, 0), (T + 300, 120, 0)]),
        (T + 295, T + 595, [(T + 300, 300, 0)]),
        (T + 100, T + 160, [(T, 60, 0)]),  # a push each minute
        (T, T + 900, [(T, 300, 0), (T + 300, 300, 0), (T + 600, 300, 0)]),
    ],
)
def test_growth_falls_into_the_bins_of_its_time(from_s: int, to_s: int, bins: list[tuple[int, int, int]]) -> None:
    assert in_bins(Growth(K.GREW, to_s - from_s, 0, from_s, to_s), Faces.PROVIDER) == bins


def test_what_came_after_a_long_gap_says_little_of_each_bin() -> None:
    assert not is_coarse(Growth(K.GREW, 1, 1, T, T + 900))
    assert is_coarse(Growth(K.GREW, 1, 1, T, T + 901))
