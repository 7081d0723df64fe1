"""What a family says of its counters reaches the books: from the datagram to the session's row, on both databases."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from netquota.clock import FixedClock
from netquota.domain.enforcement import OrderKind
from netquota.services.class_token import ClassSigner
from netquota.services.desk_work import DeskWork
from netquota.storage import schema
from netquota.storage.nas_table import NasTable
from radius import tables as t
from radius.authenticity import Port
from radius.bookkeeper import BatchDone, Bookkeeper
from radius.codec import Code, attribute, integer_octets, parse, request, vendor_attribute
from radius.engine import Accounting, Engine
from radius.families import FAMILIES
from radius.ordering import wire_order
from tests.storage.books_city import NOON, WIB, City, Plain

WITHIN_S = 10
WORD = 2**32
GB = 10**9


class Counting:
    """A worker's accounting path for one family; `told` hands it an interim and waits until it is in the books."""

    def __init__(self, city: City, family: str) -> None:
        city.change(schema.nas, "nas", family=family)
        self.city, self.family, self._woken = city, FAMILIES[family], threading.Event()
        policy = city.policy
        self._engine = Engine(NasTable(policy.snapshot.nas_by_id.values()).find)
        desk = DeskWork(city.database, Plain(), WIB, 128_000, lambda _: None)
        desk.worker = "w1"
        clock = FixedClock(datetime.fromtimestamp(NOON + 7200, UTC))
        self.thread = Bookkeeper(
            city.database, policy, desk, ClassSigner(bytes(32)), clock, desk.worker, self._woken.set
        )  # fmt: skip
        with city.database.read() as connection:
            self.thread.gateways.read(connection)
        self.thread.start()

    def told(self, session_s: int, received: int, sent: int, further: bytes = b"") -> None:
        """An interim of Input and Output as the gateway writes them; without Gigawords where it knows none."""
        numbers = {
            t.ACCT_STATUS_TYPE: 3, t.ACCT_SESSION_TIME: session_s, t.EVENT_TIMESTAMP: NOON + session_s,
            t.ACCT_INPUT_OCTETS: received % WORD, t.ACCT_OUTPUT_OCTETS: sent % WORD,
        }  # fmt: skip
        if not self.family.wraps_32bit:
            numbers |= {t.ACCT_INPUT_GIGAWORDS: received // WORD, t.ACCT_OUTPUT_GIGAWORDS: sent // WORD}
        body = b"".join(attribute(kind, integer_octets(number)) for kind, number in numbers.items())
        texts = {t.USER_NAME: b"siti", t.ACCT_SESSION_ID: b"of-siti", t.NAS_IDENTIFIER: b"gw1"}
        body += b"".join(attribute(kind, text) for kind, text in texts.items())
        body += further
        datagram = request(Code.ACCOUNTING_REQUEST, session_s % 256, body, b"s", message_authenticator=False)
        found = self._engine.receive(datagram, ("10.0.0.1", 1813), Port.ACCOUNTING, session_s, NOON + session_s)
        assert isinstance(found, Accounting)
        self.thread.inbox.accounting.append(found)
        self.thread.put()
        self._wait()

    def _wait(self) -> None:
        while True:
            while self.thread.outbox:
                done = self.thread.outbox.popleft()
                if isinstance(done, BatchDone):
                    assert done.counted is not None
                    return
            assert self._woken.wait(WITHIN_S), "the report was not counted"
            self._woken.clear()

    def close(self) -> None:
        self.thread.stop()
        self.thread.join(WITHIN_S)

    @property
    def counted(self) -> tuple[int, int]:
        """Octets from the user and to the user in the session's row."""
        row = self.city.session()
        return row.counted_input, row.counted_output


@pytest.fixture
def counting(city: City, request: pytest.FixtureRequest) -> Iterator[Counting]:
    at_work = Counting(city, request.param)
    yield at_work
    at_work.close()


def of(family: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("counting", [family], indirect=True)


@of("mikrotik")
def test_input_is_what_came_from_the_user(counting: Counting) -> None:
    counting.told(600, 10_000, 5 * GB)
    assert counting.counted == (10_000, 5 * GB)


@of("chilli")
def test_reversed_gateway_is_read_the_other_way_round(counting: Counting) -> None:
    counting.told(600, 5 * GB, 10_000)
    assert counting.counted == (10_000, 5 * GB)


@of("opnsense")
def test_counter_without_gigawords_goes_on_where_it_began_anew(counting: Counting) -> None:
    counting.told(3600, 1000, 4 * GB)
    counting.told(7200, 2000, WORD + GB)
    assert counting.counted == (2000, WORD + GB)


@of("wispr")
def test_counter_of_others_that_falls_counts_nothing_twice(counting: Counting) -> None:
    counting.told(3600, 1000, 4 * GB)
    counting.told(7200, 2000, GB)
    assert counting.counted == (2000, 4 * GB)


def test_counter_that_a_coa_resets_counts_whole_again(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FAMILIES, "wispr", replace(FAMILIES["wispr"], resets_on_coa=True))
    counting = Counting(city, "wispr")
    try:
        counting.told(3600, 5000, 4 * GB)
        counting.told(7200, 2000, GB)
        assert counting.counted == (7000, 5 * GB)
    finally:
        counting.close()


@of("cisco")
def test_ciscos_own_name_of_a_session_comes_back_in_its_orders(counting: Counting) -> None:
    pairs = (b"ip:nothing=here", b"audit-session-id=0A0900010000002A")
    counting.told(600, 1, 2, b"".join(vendor_attribute(*t.CISCO_AVPAIR, pair) for pair in pairs))
    assert counting.city.session().audit_session_id == "0A0900010000002A"
    counting.told(1200, 1_200_000_000, 4)  # over the office's pool, which ends sessions; this one does not say it
    assert counting.city.session().audit_session_id == "0A0900010000002A"
    order = counting.city.orders()[-1]
    nas = counting.city.policy.snapshot.nas_by_id[counting.city.ids["nas"]]
    sent = wire_order(order, nas, NOON)
    assert order.kind is OrderKind.DISCONNECT
    asked = parse(request(Code.DISCONNECT_REQUEST, 1, sent.attributes, b"s", message_authenticator=False))
    assert b"audit-session-id=0A0900010000002A" in asked.vendor_all(*t.CISCO_AVPAIR)
    assert asked.text(t.CALLING_STATION_ID) is None
