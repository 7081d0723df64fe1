"""Orders to gateways that refuse a Message-Authenticator and an Event-Timestamp (uspot): bare, as RFC 5176 allows."""

from __future__ import annotations

import pytest

from netquota.domain.enforcement import Desired, OrderKind, SessionIdentity
from netquota.domain.units import Rate
from radius import tables as t
from radius.codec import Code, parse, reply
from radius.dynauth_core import DynauthCore, Order, Result
from radius.families import FAMILIES, coa_attributes, identifiers, reply_attributes
from radius.simulator.nas import Door, SimulatedNas
from radius.simulator.obeying import OrderDesk
from radius.simulator.sessions import Device, SimulatedSession
from radius.simulator.settings import NasSettings

SECRET = b"a secret of sixteen"
NOW = 1_760_000_000.0
START = Desired(Rate(10_000_000, 2_000_000), None, 5_000_000_000, 28_800, 600, 300)


def online(family: str) -> tuple[OrderDesk, SimulatedSession]:
    nas = SimulatedNas(NasSettings("gw-1", FAMILIES[family], SECRET), 7)
    session = nas.log_in(Device("siti", "rahasia", "02:11:22:33:44:66"), lambda _now: Rate(8000, 8000))
    [asked] = nas.poll(NOW)
    accept = reply(Code.ACCESS_ACCEPT, parse(asked.datagram), reply_attributes(FAMILIES[family], START), SECRET)
    nas.received(Door.AUTHENTICATION, accept, NOW)
    return OrderDesk(nas), session


def ended(family: str, kind: OrderKind, is_bare: bool) -> tuple[Result, SimulatedSession, bytes]:
    """One order by the CoA client to a simulated gateway of the family, and its datagram."""
    desk, session = online(family)
    named = SessionIdentity("siti", session.acct_session_id, session.framed_ip, "02:11:22:33:44:66")
    body = identifiers(FAMILIES[family], named)
    if kind is OrderKind.COA:
        body += coa_attributes(FAMILIES[family], Desired(Rate(256_000, 256_000), session_timeout_s=900))
    client = DynauthCore()
    client.submit(Order(1, 1, 1, kind, "127.0.0.1", 3799, SECRET, body, int(NOW), is_bare=is_bare), 0.0)
    [sent], _ = client.poll(0.0)
    answer = desk.answer(sent.datagram, "127.0.0.1:9", NOW)
    assert answer is not None
    outcome = client.received(sent.source, ("127.0.0.1", 3799), answer, 0.1)
    assert outcome is not None
    return outcome.result, session, sent.datagram


def test_bare_order_is_obeyed_and_its_answer_believed() -> None:
    result, session, _ = ended("uspot", OrderKind.DISCONNECT, FAMILIES["uspot"].bare_orders)
    assert result is Result.ACK
    assert not session.is_running


@pytest.mark.parametrize("kind", list(OrderKind))
def test_bare_order_bears_neither_signature_nor_stamp(kind: OrderKind) -> None:
    _, _, datagram = ended("uspot", kind, FAMILIES["uspot"].bare_orders)
    assert t.MESSAGE_AUTHENTICATOR not in parse(datagram)
    assert t.EVENT_TIMESTAMP not in parse(datagram)


def test_signed_order_is_refused_there() -> None:
    assert ended("uspot", OrderKind.DISCONNECT, is_bare=False)[0] is Result.NAK


def test_all_others_are_sent_signed_and_stamped_orders() -> None:
    assert [key for key, family in FAMILIES.items() if family.bare_orders] == ["uspot"]
    result, _, datagram = ended("wispr", OrderKind.DISCONNECT, is_bare=False)
    assert result is Result.ACK
    assert parse(datagram).offset(t.MESSAGE_AUTHENTICATOR) == 20
    assert t.EVENT_TIMESTAMP in parse(datagram)
