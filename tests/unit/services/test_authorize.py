"""What a log-in is told rests on the moment it asks, also where the decision behind it is remembered."""

from __future__ import annotations

from itertools import pairwise

import pytest

from netquota.services.authorize import Authorizer, LoginPlace
from netquota.services.class_token import ClassSigner
from netquota.services.live import LiveFigures, LivePerson
from netquota.storage import schema
from netquota.storage.database import Database
from radius import tables as t
from radius.codec import Code, Packet, parse, request
from tests.storage.books_city import NOON, City, found_city


@pytest.fixture
def city(sqlite_database: Database) -> City:
    return found_city(sqlite_database)


class Gateway:
    """Asks for siti, who has no session yet, as often as wanted."""

    def __init__(self, city: City) -> None:
        self.person = LivePerson()
        self._city = city
        self._authorizer = Authorizer(city.policy, LiveFigures(), ClassSigner(bytes(32)))

    def ask(self, at_s: int, mac: str = "AA:BB:CC:DD:EE:01") -> Packet:
        """The accept, as a packet."""
        nas = self._city.policy.snapshot.nas_by_id[self._city.ids["nas"]]
        place = LoginPlace(nas, "gw1", mac, "", "", "siti")
        siti = self._city.person("siti")
        assert self._authorizer.decide(siti, place, self.person, at_s).accepted
        self._authorizer.worth_recording(self.person, mac, at_s)
        granted = self._authorizer.grant(siti, place, self.person, at_s)
        return parse(request(Code.ACCESS_REQUEST, 1, granted, b"secret", bytes(16)))


@pytest.mark.parametrize("timeout_s", [60, 1800, 28_800])
def test_the_session_timeout_counts_from_each_log_in(city: City, timeout_s: int) -> None:
    """A remembered decision once gave what was left of the first log-in's, down to a second."""
    city.change(schema.plan, "plan", session_timeout_s=timeout_s)
    gateway = Gateway(city)
    for waited_s in sorted({0, 1, 59, 61, timeout_s // 2, timeout_s - 1, timeout_s, timeout_s + 1, 2 * timeout_s}):
        given_s = gateway.ask(NOON + waited_s).integer(t.SESSION_TIMEOUT)
        assert given_s is not None
        assert timeout_s * 9 // 10 <= given_s <= timeout_s, waited_s


def test_addresses_made_up_by_the_thousand_do_not_fill_memory(city: City) -> None:
    gateway = Gateway(city)
    sizes: list[int] = []
    for number in range(500):
        gateway.ask(NOON, f"02:00:00:00:{number // 256:02X}:{number % 256:02X}")
        decided = gateway.person.decided
        sizes.append(len(decided.encoded) + len(decided.recorded))  # type: ignore[attr-defined]
    assert max(sizes) <= 128
    assert any(later < before for before, later in pairwise(sizes))
