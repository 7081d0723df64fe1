"""Each family at a simulated gateway of its kind: log-in, new limits, end, by the orders that we would send."""

from __future__ import annotations

import pytest

from netquota.domain.enforcement import Desired, OrderKind, SessionIdentity
from netquota.domain.places import Ability, Nas
from netquota.domain.units import Rate
from netquota.storage.order_store import Order, OrderState
from radius.codec import Code, parse, reply
from radius.dynauth_core import DynauthCore, Result
from radius.families import FAMILIES, Family, reply_attributes
from radius.families.reports import device
from radius.ordering import wire_order
from radius.simulator.nas import Door, SimulatedNas
from radius.simulator.obeying import OrderDesk
from radius.simulator.sessions import Device, SimulatedSession
from radius.simulator.settings import NasSettings

SECRET = b"a secret of sixteen"
NOW = 1_760_000_000.0
MAC = "02:AB:22:33:44:66"
START = Desired(Rate(10_000_000, 2_000_000), None, None, 28_800, 600, 300, "opd", "staf")
SLOWER = Desired(Rate(2_000_000, 1_000_000), None, None, 28_800, 600, 300, "opd", "staf")
EACH = pytest.mark.parametrize("family", FAMILIES.values(), ids=lambda family: family.key)


def online(family: Family) -> tuple[SimulatedNas, SimulatedSession]:
    nas = SimulatedNas(NasSettings("gw-1", family, SECRET), 7)
    session = nas.log_in(Device("siti", "rahasia", MAC), lambda _now: Rate(8000, 8000))
    [asked] = nas.poll(NOW)
    packet = parse(asked.datagram)
    assert device(packet) == MAC  # whatever its form, it is read as the same device
    accept = reply(Code.ACCESS_ACCEPT, packet, reply_attributes(family, START), SECRET)
    nas.received(Door.AUTHENTICATION, accept, NOW)
    return nas, session


def result_of(nas: SimulatedNas, session: SimulatedSession, kind: OrderKind, desired: Desired) -> Result:
    """The end of an order that stands in the books, sent as a worker sends it."""
    family = nas.settings.family
    named = SessionIdentity("siti", session.acct_session_id, session.framed_ip, MAC)
    order = Order(
        1, 1, 1, 1, "gw", "gw-1", "127.0.0.1", 1, "Siti", kind, desired.to_json(), None, None, "", OrderState.PENDING,
        0, 0, 0, None, None, None, "", named.username, named.acct_session_id, named.framed_ip, named.mac, "", "", None,
    )  # fmt: skip
    client, row = DynauthCore(), Nas(1, "gw", "127.0.0.1", SECRET, family.key)
    wired = wire_order(order, row, int(NOW))
    assert wired.port == family.coa_port
    client.submit(wired, 0.0)
    [sent], _ = client.poll(0.0)
    answer = OrderDesk(nas).answer(sent.datagram, "127.0.0.1:9", NOW)
    assert answer is not None
    outcome = client.received(sent.source, (sent.address, sent.port), answer, 0.1)
    assert outcome is not None
    return outcome.result


@EACH
def test_session_is_found_and_ended(family: Family) -> None:
    nas, session = online(family)
    assert result_of(nas, session, OrderKind.DISCONNECT, START) is Result.ACK
    assert not session.is_running


@EACH
def test_session_is_found_and_changed_where_the_family_can(family: Family) -> None:
    nas, session = online(family)
    before = session.limits.rate
    found = result_of(nas, session, OrderKind.COA, SLOWER)
    if family.can_coa_rate is Ability.NO:
        assert found is Result.NAK
        assert session.limits.rate == before
    else:
        assert found is Result.ACK
        assert before is None or session.limits.rate == SLOWER.rate
