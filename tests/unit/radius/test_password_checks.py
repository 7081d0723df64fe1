"""Password checks come in turn for each gateway, and a flood from one pushes out its own."""

from __future__ import annotations

from radius.password_checks import FairQueue


def taken(queue: FairQueue[str], most: int) -> list[str]:
    return [job for _ in range(most) if (job := queue.take()) is not None]


def test_each_gateway_gets_its_turn_behind_a_guesser() -> None:
    queue: FairQueue[str] = FairQueue(1000)
    for number in range(500):
        assert queue.put("guesser", f"g{number}") is None
    queue.put("rsud", "dokter")
    queue.put("dinkes", "bidan")
    assert taken(queue, 5) == ["g0", "dokter", "bidan", "g1", "g2"]


def test_jobs_of_one_gateway_keep_their_order_and_none_is_lost() -> None:
    queue: FairQueue[str] = FairQueue(10)
    jobs = ["a1", "b1", "a2", "a3", "b2"]
    for job in jobs:
        queue.put(job[0], job)
    assert taken(queue, 9) == ["a1", "b1", "a2", "b2", "a3"]
    assert queue.take() is None


def test_where_there_is_no_room_the_youngest_of_the_longest_lane_has_to_go() -> None:
    queue: FairQueue[str] = FairQueue(4)
    for number in range(4):
        assert queue.put("guesser", f"g{number}") is None
    assert queue.put("guesser", "g4") == "g4"
    assert queue.put("rsud", "dokter") == "g3"
    assert taken(queue, 9) == ["g0", "dokter", "g1", "g2"]


def test_at_one_gateway_each_device_gets_its_turn_behind_one_that_guesses() -> None:
    queue: FairQueue[str] = FairQueue(1000)
    for number in range(500):
        queue.put("gw", f"g{number}", "guesser")
    queue.put("gw", "dokter", "02:00:00:00:00:01")
    queue.put("gw", "bidan", "02:00:00:00:00:02")
    queue.put("elsewhere", "guru", "02:00:00:00:00:03")
    assert taken(queue, 6) == ["g0", "guru", "dokter", "bidan", "g1", "g2"]


def test_where_there_is_no_room_the_device_that_asks_most_has_to_go() -> None:
    queue: FairQueue[str] = FairQueue(3)
    for number in range(2):
        queue.put("gw", f"g{number}", "guesser")
    queue.put("gw", "dokter", "02:00:00:00:00:01")
    assert queue.put("gw", "bidan", "02:00:00:00:00:02") == "g1"
    assert sorted(taken(queue, 9)) == ["bidan", "dokter", "g0"]
