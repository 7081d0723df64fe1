"""The simulated gateway's CoA port: what it believes, whom an order means, what it answers."""

import json
from pathlib import Path
from typing import Any

import pytest

from netquota.domain.enforcement import Desired, SessionIdentity
from netquota.domain.units import Rate
from radius import tables as t
from radius.codec import Code, Packet, attribute, integer_octets, parse, reply, request
from radius.families import FAMILIES, coa_attributes, identifiers, reply_attributes
from radius.simulator.limits import Limits
from radius.simulator.nas import Door, SimulatedNas
from radius.simulator.obeying import OrderDesk
from radius.simulator.sessions import Device, SimulatedSession, State
from radius.simulator.settings import NasSettings, Obedience, Quirks
from radius.simulator.truth import TruthLog

SECRET = b"a secret of sixteen"
NOW = 1_760_000_000.0
START = Desired(Rate(10_000_000, 2_000_000), None, 5_000_000_000, 28_800, 600, 300)


def scene(family: str, quirks: Quirks | None = None) -> tuple[OrderDesk, SimulatedSession]:
    """A gateway with one session online, accepted with START."""
    settings = NasSettings("gw-1", FAMILIES[family], SECRET)
    nas = SimulatedNas(settings, 7, TruthLog(), quirks)
    session = nas.log_in(Device("siti", "rahasia", "02:11:22:33:44:66"), lambda _now: Rate(8000, 8000))
    [asked] = nas.poll(NOW)
    accept = reply(Code.ACCESS_ACCEPT, parse(asked.datagram), reply_attributes(FAMILIES[family], START), SECRET)
    nas.received(Door.AUTHENTICATION, accept, NOW)
    assert session.is_running
    return OrderDesk(nas), session


def named(session: SimulatedSession) -> SessionIdentity:
    return SessionIdentity("siti", session.acct_session_id, session.framed_ip, "02:11:22:33:44:66")


def ordered(desk: OrderDesk, code: Code, body: bytes, identifier: int = 1) -> Packet | None:
    stamp = attribute(t.EVENT_TIMESTAMP, integer_octets(int(NOW)))
    answer = desk.answer(request(code, identifier, body + stamp, SECRET), "127.0.0.1:9", NOW)
    return None if answer is None else parse(answer)


def coa(desk: OrderDesk, session: SimulatedSession, desired: Desired) -> Packet | None:
    family = desk.nas.settings.family
    return ordered(desk, Code.COA_REQUEST, identifiers(family, named(session)) + coa_attributes(family, desired))


def outcome(answer: Packet | None) -> tuple[int, int | None] | None:
    return None if answer is None else (answer.code, answer.integer(t.ERROR_CAUSE))


@pytest.mark.parametrize(
    ("family", "limits"),
    [
        # MikroTik keeps the cap, which a CoA cannot change; CoovaChilli has just what the CoA carried
        ("mikrotik", Limits(Rate(256_000, 256_000), 5_000_000_000, 28_800, 600, 300)),
        ("chilli", Limits(Rate(256_000, 256_000), None, None, None, 77)),
        ("wispr", Limits(Rate(256_000, 256_000), None, 28_800, 600, 77)),
    ],
)
def test_coa_changes_the_running_session(family: str, limits: Limits) -> None:
    desk, session = scene(family)
    answer = coa(desk, session, Desired(Rate(256_000, 256_000), interim_s=77))
    assert outcome(answer) == (Code.COA_ACK, None)
    assert session.limits == limits


def test_disconnect_ends_the_session_with_a_stop() -> None:
    desk, session = scene("mikrotik")
    answer = ordered(desk, Code.DISCONNECT_REQUEST, identifiers(FAMILIES["mikrotik"], named(session)))
    assert outcome(answer) == (Code.DISCONNECT_ACK, None)
    assert (session.state, session.end_cause) == (State.ENDED, 6)
    assert desk.nas.unacknowledged == 2


def test_repeated_order_gets_the_same_answer_without_a_second_effect() -> None:
    desk, session = scene("mikrotik")
    body = identifiers(FAMILIES["mikrotik"], named(session))
    first, second = (ordered(desk, Code.DISCONNECT_REQUEST, body) for _ in range(2))
    assert first is not None
    assert second is not None
    assert first.raw == second.raw
    assert outcome(ordered(desk, Code.DISCONNECT_REQUEST, body, identifier=2)) == (Code.DISCONNECT_NAK, 503)


@pytest.mark.parametrize(
    ("body", "cause"),
    [
        (b"", 402),
        (attribute(t.USER_NAME, b"budi"), 503),
        (attribute(t.USER_NAME, b"siti") + attribute(t.ACCT_SESSION_ID, b"other"), 503),
        (attribute(t.USER_NAME, b"siti") + attribute(t.FRAMED_IP_ADDRESS, bytes(4)), 503),
        (attribute(t.USER_NAME, b"siti") + attribute(t.CALLING_STATION_ID, b"02-00-00-00-00-00"), 503),
    ],
)
def test_order_that_means_nobody_is_refused(body: bytes, cause: int) -> None:
    desk, session = scene("mikrotik")
    assert outcome(ordered(desk, Code.DISCONNECT_REQUEST, body)) == (Code.DISCONNECT_NAK, cause)
    assert session.is_running


def test_mac_means_the_session_however_it_is_written() -> None:
    desk, session = scene("wispr")
    ordered(desk, Code.DISCONNECT_REQUEST, attribute(t.CALLING_STATION_ID, b"0211.2233.4466"))
    assert not session.is_running


def test_what_the_family_cannot_change_is_refused() -> None:
    desk, session = scene("mikrotik")
    name = identifiers(FAMILIES["mikrotik"], named(session))
    cap = reply_attributes(FAMILIES["mikrotik"], START)
    assert outcome(ordered(desk, Code.COA_REQUEST, name + cap)) == (Code.COA_NAK, 401)
    desk, session = scene("plain")
    assert outcome(coa(desk, session, START)) == (Code.COA_NAK, 405)


@pytest.mark.parametrize(
    ("quirks", "expected"),
    [
        (Quirks(obedience=Obedience.REFUSES, refusal_cause=501), (Code.COA_NAK, 501)),
        (Quirks(obedience=Obedience.REFUSES, refusal_cause=None), (Code.COA_NAK, None)),
        (Quirks(obedience=Obedience.SILENT), None),
    ],
)
def test_disobedient_gateway_changes_nothing(quirks: Quirks, expected: tuple[int, int | None] | None) -> None:
    desk, session = scene("chilli", quirks)
    assert outcome(coa(desk, session, Desired(Rate(1000, 1000)))) == expected
    assert session.limits.rate == START.rate


def test_hotspot_that_needs_the_address_refuses_without_it() -> None:
    desk, _ = scene("mikrotik", Quirks(needs_framed_ip=True))
    assert outcome(ordered(desk, Code.DISCONNECT_REQUEST, attribute(t.USER_NAME, b"siti"))) == (
        Code.DISCONNECT_NAK,
        402,
    )


def test_counters_begin_anew_on_coa_where_the_gateway_does_so() -> None:
    desk, session = scene("wispr", Quirks(resets_on_coa=True))
    session.received, session.sent = 500, 700
    coa(desk, session, START)
    assert (session.received, session.sent, session.segment, session.octets) == (0, 0, 1, 1200)


def requests() -> list[Any]:
    path = Path(__file__).parents[2] / "vectors" / "dynauth.json"
    vectors = json.loads(path.read_text(encoding="utf-8"))["vectors"]
    return [pytest.param(v, id=v["id"]) for v in vectors if v["kind"] == "request"]


@pytest.mark.parametrize("vector", requests())
def test_requests_of_the_vectors_have_their_outcome(vector: dict[str, Any]) -> None:
    secret = bytes.fromhex(vector["secret_hex"])
    nas = SimulatedNas(NasSettings("gw-1", FAMILIES["mikrotik"], secret), 7)
    session = nas.log_in(Device("budi", "rahasia", ""), lambda _now: Rate(0, 0))
    session.acct_session_id, session.framed_ip = "81a00017", "10.5.0.17"
    session.start(vector["now"], Limits(), None)
    answer = OrderDesk(nas).answer(bytes.fromhex(vector["packet"]), "127.0.0.1:9", vector["now"])
    positive = answer is not None and answer[0] in (Code.COA_ACK, Code.DISCONNECT_ACK)
    found = "drop" if answer is None else "accept" if positive else "nak"
    assert found in vector["expect"]
