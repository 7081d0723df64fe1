"""Orders on their way to gateways: P27, P10 and F16 of reliability, without sockets and with time as a number."""

import itertools
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from netquota.errors import InvalidValue
from radius import tables as t
from radius.codec import Code, TooLong, attribute, integer_octets, parse, reply
from radius.dynauth_core import DynauthCore, Order, OrderKind, Outcome, Outgoing, Pace, Result, numeric

SECRET = b"a secret of sixteen"
GATEWAY = ("192.0.2.10", 3799)
IDS = itertools.count(1)


def order(
    session: int = 1, kind: OrderKind = OrderKind.COA, gateway: int = 1, address: str = GATEWAY[0], body: bytes = b""
) -> Order:
    name = attribute(t.USER_NAME, b"siti")
    return Order(next(IDS), session, gateway, kind, address, GATEWAY[1], SECRET, name + body, 1_760_000_000)


def answer(sent: Outgoing, code: Code, cause: int | None = None, secret: bytes = SECRET, signed: bool = True) -> bytes:
    body = b"" if cause is None else attribute(t.ERROR_CAUSE, integer_octets(cause))
    return reply(code, parse(sent.datagram), body, secret, message_authenticator=signed)


def sent_at(core: DynauthCore, now: float) -> list[Outgoing]:
    datagrams, outcomes = core.poll(now)
    assert not outcomes
    return datagrams


def one_sent(core: DynauthCore, now: float = 0.0) -> Outgoing:
    [datagram] = sent_at(core, now)
    return datagram


def sent_until_quiet(core: DynauthCore, until: float) -> list[tuple[float, Outgoing]]:
    """All that leaves up to a moment, each with its own."""
    found: list[tuple[float, Outgoing]] = []
    now = 0.0
    while (due := core.next_due(now)) is not None and due <= until:
        now = max(now, due)
        found += [(now, one) for one in core.poll(now)[0]]
    return found


def most_in_a_second(moments: list[float]) -> int:
    return max(sum(begin <= at < begin + 1 for at in moments) for begin in moments)


def test_request_bears_message_authenticator_first_and_its_time() -> None:
    core = DynauthCore()
    core.submit(order(kind=OrderKind.DISCONNECT), 0.0)
    sent = one_sent(core)
    packet = parse(sent.datagram)
    assert (sent.address, sent.port) == GATEWAY
    assert packet.code == Code.DISCONNECT_REQUEST
    assert next(packet.attributes())[0] == t.MESSAGE_AUTHENTICATOR
    assert packet.integer(t.EVENT_TIMESTAMP) == 1_760_000_000


@pytest.mark.parametrize(
    ("kind", "code", "cause", "result", "name"),
    [
        (OrderKind.COA, Code.COA_ACK, None, Result.ACK, ""),
        (OrderKind.DISCONNECT, Code.DISCONNECT_ACK, 201, Result.ACK, "Residual-Context-Removed"),
        (OrderKind.COA, Code.COA_NAK, 401, Result.NAK, "Unsupported-Attribute"),
        (OrderKind.COA, Code.COA_NAK, 599, Result.NAK, "599"),
        (OrderKind.DISCONNECT, Code.DISCONNECT_NAK, None, Result.NAK, ""),
    ],
)
def test_answer_ends_the_order_with_its_cause_by_name(
    kind: OrderKind, code: Code, cause: int | None, result: Result, name: str
) -> None:
    core, asked = DynauthCore(), order(kind=kind)
    core.submit(asked, 0.0)
    outcome = core.received(0, GATEWAY, answer(one_sent(core), code, cause), 0.25)
    assert outcome == Outcome(asked.id, 1, 1, kind, result, cause, tries=1, seconds=0.25)
    assert outcome.cause_name == name
    assert core.next_due(0.25) is None
    assert core.outstanding == 0


def test_session_unknown_to_the_gateway_is_told() -> None:
    core = DynauthCore()
    core.submit(order(), 0.0)
    outcome = core.received(0, GATEWAY, answer(one_sent(core), Code.COA_NAK, 503), 0.1)
    assert outcome is not None
    assert outcome.session_is_gone


def test_repetition_waits_one_two_four_seconds_and_changes_nothing() -> None:
    core, asked = DynauthCore(), order()
    core.submit(asked, 0.0)
    first = one_sent(core)
    assert core.next_due(0.0) == 1.0
    assert sent_at(core, 0.99) == []
    assert one_sent(core, 1.0) == first
    assert core.next_due(1.0) == 3.0
    assert one_sent(core, 3.0) == first
    assert core.next_due(3.0) == 7.0
    datagrams, [outcome] = core.poll(7.0)
    assert datagrams == []
    assert outcome == Outcome(asked.id, 1, 1, OrderKind.COA, Result.SILENT, None, tries=3, seconds=7.0)
    assert core.next_due(7.0) is None


def test_jitter_lengthens_and_shortens_the_waiting() -> None:
    draws = iter([0.1, -0.1])
    core = DynauthCore(jitter=lambda: next(draws))
    core.submit(order(), 0.0)
    one_sent(core)
    assert core.next_due(0.0) == pytest.approx(1.1)
    one_sent(core, 1.1)
    assert core.next_due(1.1) == pytest.approx(2.9)


def test_number_of_tries_is_a_setting() -> None:
    core = DynauthCore(Pace(tries=1))
    core.submit(order(), 0.0)
    one_sent(core)
    assert core.poll(1.0)[1][0].result is Result.SILENT


@pytest.mark.parametrize(
    ("case", "source", "address"),
    [
        ("other address", 0, ("192.0.2.11", 3799)),
        ("other port", 0, ("192.0.2.10", 1700)),
        ("other source port of ours", 1, GATEWAY),
    ],
)
def test_answer_from_whom_nobody_asked_is_ignored(case: str, source: int, address: tuple[str, int]) -> None:
    core = DynauthCore()
    core.submit(order(), 0.0)
    assert core.received(source, address, answer(one_sent(core), Code.COA_ACK), 0.1) is None
    assert core.ignored == {"unexpected": 1}
    assert core.outstanding == 1


def test_answer_that_is_not_to_be_believed_is_ignored_and_the_true_one_still_counts() -> None:
    core = DynauthCore()
    core.submit(order(), 0.0)
    sent = one_sent(core)
    true = answer(sent, Code.COA_ACK)
    forged = [
        answer(sent, Code.COA_ACK, secret=b"another secret"),
        answer(sent, Code.DISCONNECT_ACK),
        true[:-1] + bytes((true[-1] ^ 1,)),
        bytes((Code.COA_ACK,)) + answer(sent, Code.COA_NAK, 401)[1:],
        true[:19],
        true[:2] + b"\xff\xff" + true[4:],
        b"",
    ]
    assert [core.received(0, GATEWAY, datagram, 0.1) for datagram in forged] == [None] * len(forged)
    assert core.ignored.total() == len(forged)
    assert core.received(0, GATEWAY, true + b"padding", 0.2) is not None


def test_unsigned_answer_is_believed_as_gateways_seldom_sign() -> None:
    core = DynauthCore()
    core.submit(order(), 0.0)
    assert core.received(0, GATEWAY, answer(one_sent(core), Code.COA_ACK, signed=False), 0.1) is not None


def test_late_and_doubled_answers_change_nothing() -> None:
    core = DynauthCore(Pace(tries=1))
    core.submit(order(), 0.0)
    late = answer(one_sent(core), Code.COA_ACK)
    core.poll(1.0)
    assert core.received(0, GATEWAY, late, 1.5) is None
    core.submit(order(), 2.0)
    sent = one_sent(core, 2.0)
    assert core.received(0, GATEWAY, late, 2.1) is None
    assert core.received(0, GATEWAY, answer(sent, Code.COA_ACK), 2.2) is not None
    assert core.received(0, GATEWAY, answer(sent, Code.COA_ACK), 2.3) is None


def test_session_never_has_two_orders_outstanding() -> None:
    core = DynauthCore()
    core.submit(order(), 0.0)
    first = one_sent(core)
    newest = order(kind=OrderKind.DISCONNECT)
    assert core.submit(newest, 0.1) is None
    assert sent_at(core, 0.2) == []
    assert core.next_due(0.2) == 1.0
    core.received(0, GATEWAY, answer(first, Code.COA_ACK), 0.3)
    assert core.next_due(0.3) == 0.3
    assert parse(one_sent(core, 0.3).datagram).code == Code.DISCONNECT_REQUEST


def test_newer_order_supersedes_the_one_that_waits() -> None:
    core = DynauthCore()
    core.submit(order(), 0.0)
    one_sent(core)
    middle, newest = order(), order(kind=OrderKind.DISCONNECT)
    core.submit(middle, 0.1)
    assert core.submit(newest, 0.2) == Outcome(middle.id, 1, 1, OrderKind.COA, Result.SUPERSEDED)
    assert core.waiting == 1


def test_orders_to_one_gateway_are_paced_and_others_do_not_wait() -> None:
    core = DynauthCore(Pace(per_second=10, window=100))
    for session in range(40):
        core.submit(order(session), 0.0)
    core.submit(order(99, gateway=2, address="192.0.2.99"), 0.0)
    first = sent_at(core, 0.0)
    assert {one.address for one in first} == {GATEWAY[0], "192.0.2.99"}
    due = core.next_due(0.0)
    assert due == pytest.approx(0.102)
    assert len(sent_at(core, due)) == 1


def test_what_was_not_sent_is_not_saved_up_for_a_burst() -> None:
    core = DynauthCore(Pace(per_second=10))
    core.submit(order(1), 0.0)
    one_sent(core)
    for session in range(2, 30):
        core.submit(order(session), 60.0)
    assert len(sent_at(core, 60.0)) == 1


def test_gateway_may_have_a_pace_of_its_own() -> None:
    core = DynauthCore(Pace(per_second=10))
    for session in range(6):
        core.submit(replace(order(session), per_second=2), 0.0)
    moments = [at for at, _ in sent_until_quiet(core, 0.99)]
    assert len(moments) == 2


def test_flooded_silent_gateway_gets_no_more_than_its_pace_in_any_second() -> None:
    core = DynauthCore(Pace(per_second=10))
    for session in range(200):
        core.submit(order(session), 0.0)
    now, silent = 0.0, 0
    moments: list[float] = []
    while (due := core.next_due(now)) is not None:
        now = max(now, due)
        sent, outcomes = core.poll(now)
        moments += [now] * len(sent)
        silent += len(outcomes)
        assert core.outstanding <= core.pace.window
    assert (len(moments), silent) == (600, 200)
    assert most_in_a_second(moments) == 10


def test_gateway_that_is_dead_holds_up_no_other() -> None:
    core = DynauthCore(Pace(per_second=10))
    for session in range(500):
        core.submit(order(session), 0.0)
    for session in range(500, 550):
        core.submit(order(session, gateway=2, address="192.0.2.99"), 0.0)
    now, last = 0.0, 0.0
    while now < 10 and (due := core.next_due(now)) is not None:
        now = max(now, due)
        for one in core.poll(now)[0]:
            if one.address == "192.0.2.99":
                assert core.received(0, (one.address, one.port), answer(one, Code.COA_ACK), now) is not None
                last = now
    assert last == pytest.approx(49 * 0.102)


def test_order_that_a_newer_one_replaces_is_not_repeated() -> None:
    core = DynauthCore()
    old, new = order(), order()
    core.submit(old, 0.0)
    one_sent(core)
    core.submit(new, 0.5)
    datagrams, [outcome] = core.poll(1.0)
    assert (outcome.order_id, outcome.result, outcome.tries) == (old.id, Result.SUPERSEDED, 1)
    assert len(datagrams) == 1
    assert core.departed == [old.id, new.id]


def test_newer_order_waits_a_moment_only_also_where_the_older_was_repeated_often() -> None:
    core = DynauthCore()
    core.submit(order(), 0.0)
    one_sent(core)
    one_sent(core, 1.0)
    one_sent(core, 3.0)  # its next turn would come at 7
    new = order()
    core.submit(new, 3.5)
    assert core.next_due(3.5) == 4.5
    _, [outcome] = core.poll(4.5)
    assert outcome.result is Result.SUPERSEDED
    assert core.departed[-1] == new.id


def test_identifiers_are_never_shared_while_outstanding_and_more_ports_open_when_needed() -> None:
    core = DynauthCore(Pace(per_second=10_000, most_ports=2, window=600))
    for session in range(600):
        core.submit(order(session), 0.0)
    sent = [one for _, one in sent_until_quiet(core, 0.5)]
    keys = {(one.source, one.datagram[1]) for one in sent}
    assert len(sent) == len(keys) == 512
    assert {one.source for one in sent} == {0, 1}
    assert core.waiting == 88
    freed = next(one for one in sent if one.source == 1)
    assert core.received(1, GATEWAY, answer(freed, Code.COA_ACK), 0.6) is not None
    again = one_sent(core, 0.6)
    assert (again.source, again.datagram[1]) == (1, freed.datagram[1])


def test_identifier_that_became_free_is_the_last_to_be_used_again() -> None:
    core = DynauthCore(Pace(per_second=1000))
    seen: list[int] = []
    for turn in range(256):
        core.submit(order(), float(turn))
        sent = one_sent(core, float(turn))
        seen.append(sent.datagram[1])
        core.received(0, GATEWAY, answer(sent, Code.COA_ACK), turn + 0.1)
    assert sorted(seen) == list(range(256))


def test_lost_claim_takes_all_of_a_gateways_orders_away() -> None:
    core = DynauthCore(Pace(per_second=1))
    orders = [order(session) for session in range(3)]
    for one in orders:
        core.submit(one, 0.0)
    other = order(9, gateway=2, address="192.0.2.99")
    core.submit(other, 0.0)
    sent = next(one for one in sent_at(core, 0.0) if one.address == GATEWAY[0])
    assert sorted(core.withdraw(1)) == [one.id for one in orders]
    assert core.received(0, GATEWAY, answer(sent, Code.COA_ACK), 0.1) is None
    assert (core.outstanding, core.waiting) == (1, 0)
    assert core.poll(1.5)[1] == []


def test_ipv6_addresses_compare_whatever_their_writing() -> None:
    core = DynauthCore()
    core.submit(order(address="2001:DB8:0::0A"), 0.0)
    sent = one_sent(core)
    assert sent.address == "2001:db8::a"
    assert core.received(0, ("2001:db8::a%eth0", 3799), answer(sent, Code.COA_ACK), 0.1) is not None


def test_order_that_cannot_be_sent_is_refused_at_once() -> None:
    core = DynauthCore()
    with pytest.raises(InvalidValue):
        core.submit(order(address="gateway.example"), 0.0)
    with pytest.raises(TooLong):
        core.submit(order(body=attribute(t.FILTER_ID, b"x" * 253) * 16), 0.0)
    assert core.waiting == 0
    assert numeric("192.0.2.1") == "192.0.2.1"


def test_secret_is_not_shown() -> None:
    assert "sixteen" not in repr(order())


VECTORS = Path(__file__).parents[2] / "vectors" / "dynauth.json"


def responses() -> list[Any]:
    vectors = json.loads(VECTORS.read_text(encoding="utf-8"))["vectors"]
    return [pytest.param(v, id=v["id"]) for v in vectors if v["kind"] == "response"]


@pytest.mark.parametrize("vector", responses())
def test_responses_of_the_vectors_have_their_outcome(vector: dict[str, Any]) -> None:
    """The core numbers its own requests, so it is brought to the vector's Identifier first."""
    asked = parse(bytes.fromhex(vector["request"]))
    body = b"".join(
        attribute(kind, value)
        for kind, value in asked.attributes()
        if kind not in {t.MESSAGE_AUTHENTICATOR, t.EVENT_TIMESTAMP}
    )
    core = DynauthCore(Pace(per_second=10_000, window=256))
    for session in range(asked.identifier + 1):
        secret = bytes.fromhex(vector["secret_hex"])
        stamp = asked.integer(t.EVENT_TIMESTAMP) or 0
        core.submit(Order(session, session, 1, OrderKind.DISCONNECT, *GATEWAY, secret, body, stamp), 0.0)
    assert sent_until_quiet(core, 0.09)[-1][1].datagram == asked.raw
    believed = core.received(0, GATEWAY, bytes.fromhex(vector["packet"]), 0.1) is not None
    assert ("accept" if believed else "drop") in [
        word.replace("ignore_trailing", "accept") for word in vector["expect"]
    ]
