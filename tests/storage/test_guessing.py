"""Guessing held off per account and per account with its device, alike at each door; nobody kept out by a stranger."""

from __future__ import annotations

import pytest

from netquota.domain.policy import Code
from netquota.services import guessing
from netquota.services.guessing import OF_ACCOUNT, OF_PLACE, OF_SOURCE, GuessMemory, Tried, employee_guess, place_of
from netquota.storage.database import Connection, Database
from netquota.storage.record_store import DecisionRow, write_records

NOW = 1_800_000_000
OWN, STRANGE = "AA:BB:CC:00:11:22", "02:00:00:00:00:01"


def guess(mac: str = STRANGE, employee_id: int | None = 17, address: str = "10.0.0.1") -> guessing.Guess:
    return employee_guess(employee_id, "siti", mac, address)


def strangers_guess(connection: Connection, times: int, address: str = "10.0.0.1") -> None:
    """Each try from another device."""
    for number in range(times):
        guessing.failed(connection, guess(f"02:00:00:00:01:{number:02X}", address=address), NOW)


def test_a_device_waits_longer_with_each_failure_and_never_over_a_minute(database: Database) -> None:
    with database.write() as connection:
        waits = [max(0, guessing.failed(connection, guess(), NOW) - NOW) for _ in range(OF_SOURCE.free + 8)]
        assert waits == [0] * OF_SOURCE.free + [1, 2, 4, 8, 16, 32, 60, 60]
        assert guessing.held_until(connection, guess(), NOW) == NOW + 60
        assert guessing.held_until(connection, guess("02:00:00:00:00:02"), NOW) <= NOW


def test_a_right_password_is_forgiven_the_failures_of_its_own_device(database: Database) -> None:
    with database.write() as connection:
        guessing.note(connection, [Tried(guess(), False, NOW)] * (OF_SOURCE.free + 3) + [Tried(guess(), True, NOW + 1)])
        assert guessing.held_until(connection, guess(), NOW) <= NOW


def test_many_devices_at_one_account_wait_together_but_not_one_that_it_was_let_in_on(
    database: Database,
) -> None:
    """Else whoever guesses on would keep the owner out of his account."""
    let_in = DecisionRow(NOW - 86_400, True, 17, "siti", None, "gw", OWN, Code.PLAN_RATE, "[]")
    with database.write() as connection:
        strangers_guess(connection, OF_ACCOUNT.free + 8)
        assert guessing.held_until(connection, guess(OWN), NOW) == NOW + OF_ACCOUNT.most_s
        write_records(connection, [let_in])
        assert guessing.held_until(connection, guess(OWN), NOW) <= NOW
        assert guessing.held_until(connection, guess(), NOW) == NOW + OF_ACCOUNT.most_s
        assert guessing.held_until(connection, guess(OWN), NOW + guessing.KNOWN_FOR_S) <= NOW + OF_ACCOUNT.most_s
        for _ in range(OF_SOURCE.free + 1):
            until_s = guessing.failed(connection, guess(OWN), NOW)
        assert guessing.held_until(connection, guess(OWN), NOW) == NOW + 1  # its own failures count all the same
        assert until_s > NOW


def test_the_owners_new_phone_gets_in_elsewhere_while_somebody_guesses_all_the_time(database: Database) -> None:
    with database.write() as connection:
        strangers_guess(connection, OF_ACCOUNT.free + 8)
        assert guessing.held_until(connection, guess(OWN), NOW) == NOW + OF_ACCOUNT.most_s  # beside the guesser
        for address in ("10.0.1.1", "nas:2"):
            assert guessing.held_until(connection, guess(OWN, address=address), NOW) <= NOW
        strangers_guess(connection, OF_PLACE.free, "10.0.1.7")  # a few slips there keep nobody out
        assert guessing.held_until(connection, guess(OWN, address="10.0.1.1"), NOW) <= NOW
        assert guessing.held_until(connection, guess(OWN, address="10.0.0.9"), NOW) == NOW + OF_ACCOUNT.most_s


def test_who_goes_from_place_to_place_wins_a_few_tries_at_each_and_no_more(database: Database) -> None:
    places, every_s = [f"10.0.{number}.1" for number in range(20)], 5
    with database.write() as connection:
        looked_at = 0
        for second in range(0, 600, every_s):
            for number, address in enumerate(places):
                tried = guess(f"02:00:00:00:{second % 200:02X}:{number:02X}", address=address)
                if guessing.held_until(connection, tried, NOW + second) <= NOW + second:
                    looked_at += 1
                    guessing.failed(connection, tried, NOW + second)
    once_each = len(places) * (OF_PLACE.free + 1)
    assert looked_at <= once_each + 600 / OF_ACCOUNT.most_s


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("10.5.50.17", "10.5.50.0/24"),  # a device takes any address of its network
        ("2001:db8:1:2ff::9", "2001:db8:1:200::/56"),
        ("nas:7", "nas:7"),
        ("", ""),
    ],
)
def test_a_place_is_a_network_or_a_gateway(address: str, place: str) -> None:
    assert place_of(address) == place


def test_a_worker_remembers_what_it_saw_and_forgets_the_oldest() -> None:
    memory = GuessMemory(most=2)
    for _ in range(OF_SOURCE.free):
        memory.failed(guess(), NOW)
    assert memory.held_until(guess()) == 0
    memory.failed(guess(), NOW)
    assert memory.held_until(guess()) == NOW + 1
    assert [memory.is_news(guess(), NOW + 1) for _ in range(2)] == [True, False]
    assert memory.is_news(guess(), NOW + 9)
    assert memory.succeeded(guess())
    assert (memory.held_until(guess()), memory.succeeded(guess())) == (0, False)
    for number in range(3):
        for _ in range(OF_SOURCE.free + 1):
            memory.failed(guess(f"02:00:00:00:00:{number:02X}"), NOW)
    assert [bool(memory.held_until(guess(f"02:00:00:00:00:{number:02X}"))) for number in range(3)] == [
        False,
        True,
        True,
    ]


def test_a_name_that_nobody_has_is_counted_by_itself() -> None:
    assert employee_guess(None, "Siti", "", "10.0.0.1").of_source == "name:siti|10.0.0.1"
    assert employee_guess(None, "17", OWN, "").account != employee_guess(17, "siti", OWN, "").account
    assert employee_guess(17, "siti", OWN, "10.0.0.1").of_source == f"employee:17|{OWN}"
