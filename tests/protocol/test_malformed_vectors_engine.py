"""Hostile datagrams against the whole engine: what they get is what the RFCs allow, and every answer is lawful."""

import json
import random
from pathlib import Path
from typing import Any

import pytest

from netquota.domain.places import Nas
from netquota.storage.nas_table import NasTable
from radius import codec
from radius import tables as t
from radius.authenticity import Port
from radius.codec import Code, attribute, integer_octets
from radius.engine import Accounting, Engine, Login, Received
from radius.methods import Chap, Pap, chap, mschap
from tests.live.lawful import offence

DATA = json.loads((Path(__file__).parents[1] / "vectors" / "malformed.json").read_text(encoding="utf-8"))
VECTORS = DATA["vectors"]
SECRET = DATA["secret"].encode()
PORTS = {"auth": Port.AUTHENTICATION, "acct": Port.ACCOUNTING}
POSITIVE = {"accept", "ignore_trailing", "ignore_attribute"}
HERE = "192.0.2.1"


def engine(**quirks: Any) -> Engine:
    return Engine(NasTable([Nas(1, "gw", HERE, SECRET, "mikrotik", **quirks)]).find)


def answered(asked: Engine, found: Received) -> bytes | None:
    """What a worker with one user would send."""
    match found:
        case Login():
            right = is_the_user(found)
            return asked.finish(found.exchange, Code.ACCESS_ACCEPT if right else Code.ACCESS_REJECT, b"")
        case Accounting():
            return asked.finish(found.exchange, Code.ACCOUNTING_RESPONSE, b"")
        case _:
            return found


def is_the_user(login: Login) -> bool:
    password = DATA["password"].encode()
    if login.username != DATA["user"]:
        return False
    match login.credential:
        case Pap(given):
            return given == password
        case Chap() as offered:
            return chap.verify(offered, password)
        case offered:
            return mschap.verify(offered, mschap.secret_of(password.decode()))


def outcome(answer: bytes | None) -> str:
    if answer is None:
        return "drop"
    return "reject" if answer[0] == Code.ACCESS_REJECT else "accept"


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["id"])
def test_engine_answers_a_malformed_datagram_only_as_allowed(vector: dict[str, Any]) -> None:
    asked, datagram = engine(), bytes.fromhex(vector["packet"])
    answer = answered(asked, asked.receive(datagram, (HERE, 1), PORTS[vector["port"]], 0, 1_790_000_000))
    allowed, found = set(vector["expect"]), outcome(answer)
    assert found in allowed or (found == "accept" and allowed & POSITIVE), vector["reason"]
    if answer is None:
        assert sum(asked.counts.dropped.values()) >= 1
    else:
        assert offence(answer, datagram, SECRET) is None


def test_one_engine_takes_all_vectors_in_any_order_and_goes_on() -> None:
    asked, order = engine(), random.Random(3)
    for round_number in range(20):
        for number, vector in enumerate(order.sample(VECTORS, len(VECTORS))):
            at = round_number * 1000 + number
            answered(asked, asked.receive(bytes.fromhex(vector["packet"]), (HERE, at), PORTS[vector["port"]], at, at))
    good = codec.request(
        Code.ACCOUNTING_REQUEST, 1, attribute(t.ACCT_STATUS_TYPE, integer_octets(7)), SECRET, None, False
    )
    assert isinstance(asked.receive(good, (HERE, 7), Port.ACCOUNTING, 1e6, 1_790_000_000), Accounting)


def test_refusal_that_does_not_fit_is_not_sent() -> None:
    """A proxy's request without Message-Authenticator leaves less room than the signed refusal needs."""
    states = attribute(t.PROXY_STATE, bytes(253)) * 15 + attribute(t.PROXY_STATE, bytes(240))
    datagram = codec.request(Code.ACCESS_REQUEST, 1, attribute(t.USER_NAME, b"b") + states, SECRET, bytes(16), False)
    assert len(datagram) > 4096 - 18
    asked = engine(is_proxy=True)
    assert asked.receive(datagram, (HERE, 1), Port.AUTHENTICATION, 0, 0) is None
    assert asked.counts.dropped["too_many_proxy_states"] == 1


def test_p13_report_that_names_no_gateway_is_taken_by_its_source_and_counted() -> None:
    body = attribute(t.ACCT_STATUS_TYPE, integer_octets(3)) + attribute(t.ACCT_SESSION_ID, b"1")
    asked = engine()
    datagram = codec.request(Code.ACCOUNTING_REQUEST, 1, body, SECRET, None, False)
    found = asked.receive(datagram, (HERE, 1), Port.ACCOUNTING, 0, 0)
    assert isinstance(found, Accounting)
    assert found.report.gateway == HERE
    assert asked.counts.problems == {(1, "no_nas_identification"): 1}
    assert asked.counts.dropped == {}
