"""The clocks that are handed in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from netquota.clock import Clock, FixedClock, SystemClock


def test_system_clock_gives_aware_utc() -> None:
    clock: Clock = SystemClock()
    assert clock.now().utcoffset() == timedelta(0)
    assert clock.monotonic() <= clock.monotonic()


def test_fixed_clock_stands_until_it_is_moved() -> None:
    clock = FixedClock(datetime(2026, 7, 1, 7, 0, tzinfo=timezone(timedelta(hours=7))))
    assert clock.now() == clock.now() == datetime(2026, 7, 1, tzinfo=UTC)
    clock.advance(90)
    assert clock.now() == datetime(2026, 7, 1, 0, 1, 30, tzinfo=UTC)
    assert clock.monotonic() == 90


def test_a_jump_of_the_wall_clock_does_not_move_the_monotonic_one() -> None:
    clock = FixedClock(datetime(2026, 7, 1, tzinfo=UTC), running_s=5)
    clock.moment = datetime(2020, 1, 1, tzinfo=UTC)
    assert clock.monotonic() == 5


def test_fixed_clock_refuses_a_moment_without_a_zone() -> None:
    with pytest.raises(ValueError, match="time zone"):
        FixedClock(datetime(2026, 7, 1))  # noqa: DTZ001
