"""Hostile datagrams get nothing but what the RFCs allow; where our rules are stricter than the advice, they hold."""

import json
from pathlib import Path
from typing import Any

import pytest

from radius.authenticity import Port
from radius.causes import Cause
from radius.codec import Code, Packet
from radius.methods import Chap, Pap, chap, credential
from radius.screening import Peer, screen
from radius.validity import Action

DATA = json.loads((Path(__file__).parents[2] / "vectors" / "malformed.json").read_text(encoding="utf-8"))
VECTORS = DATA["vectors"]
PEER = Peer(secret=DATA["secret"].encode())
PORTS = {"auth": Port.AUTHENTICATION, "acct": Port.ACCOUNTING}
POSITIVE = {"accept", "ignore_trailing", "ignore_attribute"}

STRICTER = {
    Cause.WRONG_LENGTH: "P4",
    Cause.NO_NAS: "P6",
    Cause.NO_CREDENTIAL: "P6",
    Cause.UNSIGNED_PROXY_STATE: "P11",
    Cause.FORBIDDEN: "P13",
}
"""The rules of ours that overrule the advice, by the cause that they give."""


def judge(datagram: bytes, port: Port, peer: Peer = PEER) -> str:
    """drop, reject or accept, as a server does with one user who may log in by PAP and CHAP."""
    screened = screen(datagram, port, peer)
    if screened.outcome.action is not Action.ACCEPTABLE:
        return screened.outcome.action.value
    assert screened.packet is not None
    if screened.packet.code != Code.ACCESS_REQUEST:
        return "accept"
    return "accept" if is_the_user(screened.packet, peer) else "reject"


def is_the_user(packet: Packet, peer: Peer) -> bool:
    password = DATA["password"].encode()
    if packet.get(1) != DATA["user"].encode():
        return False
    match credential(packet, peer.secret):
        case Pap(given):
            return given == password
        case Chap() as offered:
            return chap.verify(offered, password)
        case None:
            return False


def same(outcome: str, allowed: set[str]) -> bool:
    return outcome in allowed or (outcome == "accept" and bool(allowed & POSITIVE))


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["id"])
def test_malformed_datagram_gets_an_allowed_outcome(vector: dict[str, Any]) -> None:
    outcome = judge(bytes.fromhex(vector["packet"]), PORTS[vector["port"]])
    assert same(outcome, set(vector["expect"])), vector["reason"]


def test_outcomes_differ_from_the_advice_only_where_a_rule_says_so() -> None:
    overruled: set[Cause | None] = set()
    for vector in VECTORS:
        datagram, port = bytes.fromhex(vector["packet"]), PORTS[vector["port"]]
        if not same(judge(datagram, port), {vector["prefer"]}):
            overruled.add(screen(datagram, port, PEER).outcome.cause)
    assert overruled == set(STRICTER)


@pytest.mark.parametrize(
    "vector",
    [v for v in VECTORS if v["id"].startswith(("nas-port", "framed-", "service-type", "event-timestamp"))],
    ids=lambda vector: vector["id"],
)
def test_lenient_gateway_loses_only_the_attribute(vector: dict[str, Any]) -> None:
    lenient = Peer(secret=PEER.secret, lenient=True)
    assert judge(bytes.fromhex(vector["packet"]), PORTS[vector["port"]], lenient) == "accept"
