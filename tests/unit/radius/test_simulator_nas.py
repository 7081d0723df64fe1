"""The simulated gateway: what it asks, reports and keeps to, against a server that is a few lines of test."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from netquota.domain.enforcement import Desired
from netquota.domain.units import Rate
from radius import tables as t
from radius.client_parts import Status
from radius.codec import Code, Packet, attribute, parse, reply
from radius.families import FAMILIES, reply_attributes
from radius.methods import chap, pap
from radius.simulator.nas import Door, SimulatedNas, ToServer
from radius.simulator.sessions import Demand, Device, Method, SimulatedSession, State
from radius.simulator.settings import NasSettings, Quirks
from radius.simulator.truth import TruthLog, read_truth
from radius.simulator.weather import Climate, Weather

SECRET = b"a secret of sixteen"
T0 = 1_760_000_000.0
SITI = Device("siti", "rahasia-sekali", "02:11:22:33:44:66")
GREEDY = Rate(10**12, 10**12)
EIGHT_MEGABIT = Desired(Rate(8_000_000, 800_000), interim_s=60)


def steady(rate: Rate) -> Demand:
    return lambda _now: rate


@dataclass
class Scene:
    """A gateway and a server that accepts all with `desired`, and keeps the reports that it was sent."""

    family: str = "mikrotik"
    desired: Desired = EIGHT_MEGABIT
    quirks: Quirks = field(default_factory=Quirks)
    accepts: bool = True
    answers: bool = True
    requests: list[Packet] = field(default_factory=list)
    truth: TruthLog = field(default_factory=TruthLog)

    def __post_init__(self) -> None:
        settings = NasSettings("gw-1", FAMILIES[self.family], SECRET)
        self.nas = SimulatedNas(settings, 7, self.truth, self.quirks)

    def until(self, now: float, step_s: float = 1.0) -> None:
        """Let time pass from where it stands to `now`, second by second."""
        at = getattr(self, "_at", T0)
        while at < now:
            at = min(now, at + step_s)
            self.settle(at)
        self._at = at

    def settle(self, now: float) -> list[ToServer]:
        sent: list[ToServer] = []
        while datagrams := self.nas.poll(now):
            sent += datagrams
            for one in datagrams:
                self.requests.append(parse(one.datagram))
                if self.answers:
                    self.nas.received(one.door, self.answer(self.requests[-1]), now)
        return sent

    def answer(self, asked: Packet) -> bytes:
        if asked.code == Code.ACCOUNTING_REQUEST:
            return reply(Code.ACCOUNTING_RESPONSE, asked, b"", SECRET, message_authenticator=False)
        if not self.accepts:
            return reply(Code.ACCESS_REJECT, asked, attribute(t.REPLY_MESSAGE, b"Kuota habis"), SECRET)
        body = reply_attributes(FAMILIES[self.family], self.desired) + attribute(t.CLASS, b"token")
        return reply(Code.ACCESS_ACCEPT, asked, body, SECRET)

    def reports(self) -> list[Packet]:
        return [one for one in self.requests if one.code == Code.ACCOUNTING_REQUEST]

    def logged_in(self, device: Device = SITI, demand: Rate = GREEDY) -> SimulatedSession:
        session = self.nas.log_in(device, steady(demand))
        self.settle(T0)
        return session


def counters(packet: Packet) -> tuple[int | None, ...]:
    return tuple(
        packet.integer(kind)
        for kind in (t.ACCT_INPUT_GIGAWORDS, t.ACCT_INPUT_OCTETS, t.ACCT_OUTPUT_GIGAWORDS, t.ACCT_OUTPUT_OCTETS)
    )


def statuses(scene: Scene) -> list[int | None]:
    return [one.integer(t.ACCT_STATUS_TYPE) for one in scene.reports()]


def test_pap_login_hides_the_password_and_signs() -> None:
    scene = Scene()
    scene.logged_in()
    asked = scene.requests[0]
    assert next(asked.attributes())[0] == t.MESSAGE_AUTHENTICATOR
    assert pap.reveal(asked.get(t.USER_PASSWORD) or b"", SECRET, asked.authenticator) == b"rahasia-sekali"
    assert asked.text(t.NAS_IDENTIFIER) == "gw-1"
    assert asked.text(t.CALLING_STATION_ID) == "02:11:22:33:44:66"


def test_chap_login_answers_its_own_challenge() -> None:
    scene = Scene("chilli")
    scene.logged_in(Device("siti", "rahasia", SITI.mac, Method.CHAP))
    asked = scene.requests[0]
    answer, challenge = asked.get(t.CHAP_PASSWORD) or b"", asked.get(t.CHAP_CHALLENGE) or b""
    assert chap.verify(chap.Chap(answer[0], answer[1:], challenge), b"rahasia")
    assert t.USER_PASSWORD not in asked
    assert asked.text(t.CALLING_STATION_ID) == "02-11-22-33-44-66"


def test_rejected_login_keeps_the_reason() -> None:
    scene = Scene(accepts=False)
    session = scene.logged_in()
    assert (session.state, session.reply_message) == (State.REFUSED, "Kuota habis")
    assert scene.reports() == []


def test_session_is_told_of_from_start_to_stop_within_its_rate() -> None:
    scene = Scene()
    session = scene.logged_in()
    scene.until(T0 + 130)
    scene.nas.log_out(session, T0 + 130)
    scene.settle(T0 + 130)
    assert statuses(scene) == [1, 3, 3, 2]
    stop = scene.reports()[-1]
    assert counters(stop) == (0, 130 * 100_000, 0, 130 * 1_000_000)
    assert stop.integer(t.ACCT_SESSION_TIME) == 130
    assert stop.integer(t.ACCT_TERMINATE_CAUSE) == 1
    assert {one.get(t.CLASS) for one in scene.reports()} == {b"token"}
    assert [one.integer(t.EVENT_TIMESTAMP) for one in scene.reports()] == [int(T0) + s for s in (0, 60, 120, 130)]


def test_gigawords_carry_what_32_bits_cannot() -> None:
    scene = Scene(desired=Desired(Rate(800_000_000, 8000), interim_s=60))
    session = scene.logged_in()
    scene.until(T0 + 60)
    assert session.sent == 6_000_000_000
    assert counters(scene.reports()[-1]) == (0, 60_000, 1, 6_000_000_000 - 2**32)


def test_counters_are_reversed_and_wrap_where_the_gateway_does_so() -> None:
    scene = Scene(
        desired=Desired(Rate(800_000_000, 8000), interim_s=60), quirks=Quirks(octets_reversed=True, wraps_32bit=True)
    )
    scene.logged_in()
    scene.until(T0 + 60)
    assert counters(scene.reports()[-1]) == (None, 6_000_000_000 - 2**32, None, 60_000)
    assert scene.truth.entries[-2]["output"] == 6_000_000_000


def test_octet_cap_ends_the_session_exactly() -> None:
    scene = Scene(desired=Desired(Rate(8_000_000, 800_000), octet_cap=5_000_001, interim_s=60))
    session = scene.logged_in()
    scene.until(T0 + 30)
    assert session.state is State.ENDED
    assert session.octets == 5_000_001
    assert statuses(scene) == [1, 2]
    assert scene.reports()[-1].integer(t.ACCT_TERMINATE_CAUSE) == 10


@pytest.mark.parametrize(
    ("desired", "demand", "cause", "after_s"),
    [
        (Desired(Rate(8000, 8000), session_timeout_s=90, interim_s=60), GREEDY, 5, 90),
        (Desired(Rate(8000, 8000), idle_timeout_s=40, interim_s=60), Rate(0, 0), 4, 40),
    ],
)
def test_timeouts_end_the_session(desired: Desired, demand: Rate, cause: int, after_s: int) -> None:
    scene = Scene(desired=desired)
    session = scene.logged_in(demand=demand)
    scene.until(T0 + 200)
    assert (session.end_cause, session.ended) == (cause, T0 + after_s)


def test_report_is_repeated_unchanged_until_acknowledged() -> None:
    scene = Scene(answers=False)
    scene.nas.announce(Status.ON, T0)
    sent = [one for s in range(10) for one in scene.settle(T0 + s)]
    assert len(sent) == 4
    assert len(set(sent)) == 1
    assert scene.nas.unacknowledged == 1
    scene.nas.received(Door.ACCOUNTING, b"noise", T0 + 10)
    scene.nas.received(Door.ACCOUNTING, scene.answer(parse(sent[0].datagram)), T0 + 10)
    assert scene.nas.unacknowledged == 0
    assert scene.nas.next_due() is None
    assert [entry["event"] for entry in scene.truth.entries] == ["sent", "acked"]


def test_login_without_answer_is_given_up() -> None:
    scene = Scene(answers=False)
    session = scene.nas.log_in(SITI, steady(GREEDY))
    for second in range(12):
        scene.settle(T0 + second)
    assert session.state is State.UNANSWERED
    assert len(scene.requests) == 3


def test_many_reports_share_256_identifiers_in_turn() -> None:
    scene = Scene(answers=False)
    for _ in range(300):
        scene.nas.announce(Status.ON, T0)
    sent = scene.nas.poll(T0)
    assert len({one.datagram[1] for one in sent}) == len(sent) == 256
    scene.nas.received(Door.ACCOUNTING, scene.answer(parse(sent[9].datagram)), T0)
    assert len(scene.nas.poll(T0)) == 1


def test_reboot_leaves_no_stop_and_may_use_session_ids_again() -> None:
    scene = Scene(quirks=Quirks(reuses_session_ids=True))
    first = scene.logged_in()
    scene.until(T0 + 5)
    scene.nas.reboot(T0 + 5)
    second = scene.nas.log_in(SITI, steady(GREEDY))
    scene.settle(T0 + 6)
    assert first.state is State.LOST
    assert second.acct_session_id == first.acct_session_id
    assert second.incarnation != first.incarnation
    assert statuses(scene) == [1, 7, 1]


def test_the_same_seed_gives_the_same_packets() -> None:
    scenes = [Scene(), Scene()]
    for scene in scenes:
        scene.logged_in()
        scene.until(T0 + 100)
    assert [one.raw for one in scenes[0].requests] == [one.raw for one in scenes[1].requests]


def test_truth_is_written_and_read_as_lines(tmp_path: Path) -> None:
    scene = Scene()
    scene.logged_in()
    scene.truth.write(tmp_path / "a.jsonl")
    scene.truth.write(tmp_path / "b.jsonl")
    entries = read_truth([tmp_path / "a.jsonl", tmp_path / "b.jsonl"])
    assert len(entries) == 2 * len(scene.truth.entries)
    assert {entry["serial"] for entry in entries if "serial" in entry} == {"0:1", "1:1"}


def test_weather_is_the_same_for_the_same_seed_and_follows_its_climate() -> None:
    climate = Climate(lost=0.3, doubled=0.3, late=0.2, late_by_s=60)
    weather = Weather(climate, 5)
    fates = [weather.arrivals(T0) for _ in range(2000)]
    copies = [len(fate) for fate in fates]
    assert 0.25 < copies.count(0) / 2000 < 0.35
    assert 0.16 < copies.count(2) / 2000 < 0.26
    assert all(T0 <= arrival <= T0 + 60 for fate in fates for arrival in fate)
    one, other = Weather(climate, 5), Weather(climate, 5)
    assert [one.arrivals(T0) for _ in range(50)] == [other.arrivals(T0) for _ in range(50)]
    assert Weather(Climate()).arrivals(T0) == [T0]
