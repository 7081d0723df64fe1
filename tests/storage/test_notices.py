"""The outbox of notices: written with its cause, told once, in time, to the right people; on each database."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert, select

from netquota.channels import LaterPlease, Message, Refused, Way
from netquota.channels.mail import Mail
from netquota.channels.webhook import Webhook
from netquota.clock import FixedClock
from netquota.domain.notices import KINDS, Audience, Channel, Topic, address_of
from netquota.messenger import Messenger
from netquota.services.notice_addressing import AddressBook, address_book
from netquota.services.notices import tell
from netquota.settings import Notices, Settings
from netquota.storage import lease_store, notice_store, schema
from netquota.storage.database import Database
from netquota.storage.lease_store import Lease
from netquota.storage.notice_store import Delivery, DeliveryFilter, State
from tests.live.receivers import hanging_server, http_receiver, mail_server
from tests.live.workers import until
from tests.storage.books_city import MB, NOON, City

WIB = ZoneInfo("Asia/Jakarta")
DAY_S = 86_400


@dataclass
class Told:
    """A way that notes what it was given and fails as it is told to."""

    messages: list[Message] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)

    def send(self, message: Message) -> str:
        if self.failures:
            raise self.failures.pop(0)
        self.messages.append(message)
        return "taken"

    @property
    def texts(self) -> list[str]:
        return [message.body for message in self.messages]


@dataclass
class Post:
    """A post office over a database: the messenger with ways of its own, and a clock that is moved by hand."""

    database: Database
    clock: FixedClock
    ways: Mapping[Channel, Way]
    rules: Notices
    book: AddressBook
    messenger: Messenger = field(init=False)
    lease: Lease | None = field(init=False)

    def __post_init__(self) -> None:
        with self.database.write() as connection:
            self.lease = lease_store.take(connection, "scheduler", "test", self.now_s, 10 * DAY_S)
        self.messenger = Messenger(
            self.database, self.clock, self.ways, self.book, self.rules, lambda: self.lease
        )  # fmt: skip

    @property
    def now_s(self) -> int:
        return int(self.clock.now().timestamp())

    def turn(self) -> None:
        """Address what is new, send what is due."""
        self.messenger.address()
        for channel in self.ways:
            self.messenger.send(channel)

    def deliveries(self, **wanted: object) -> list[Delivery]:
        with self.database.read() as connection:
            return notice_store.deliveries(connection, DeliveryFilter(size=1000, **wanted))[0][::-1]  # type: ignore[arg-type]

    def tell(self, key: str, topic: Topic = Topic.GATEWAY_SILENT, **facts: object) -> bool:
        with self.database.write() as connection:
            return tell(connection, key, topic, {"what": key, "since_s": self.now_s, **facts}, self.now_s)


def post_office(database: Database, ways: Mapping[Channel, Way], **notices: object) -> Post:
    clock = FixedClock(datetime.fromtimestamp(NOON, UTC))
    given: dict[str, object] = {"admins": "mail:noc@kota.go.id", "mail_from": "n@kota.go.id"} | notices
    settings = Settings.model_validate({
        "city": {"name": "Kota", "help_contact": "telepon 123"}, "notices": given,
        "web": {"public_url": "https://netquota.kota.go.id"},
    })  # fmt: skip
    return Post(database, clock, ways, settings.notices, address_book(settings, ways))


@pytest.fixture
def mail() -> Told:
    return Told()


@pytest.fixture
def post(city: City, mail: Told) -> Post:
    return post_office(city.database, {Channel.MAIL: mail})


# -- written with its cause -----------------------------------------------------------------------------------------
def mail_of(city: City, **addresses: str) -> None:
    with city.database.write() as connection:
        for who, address in addresses.items():
            employee = schema.employee
            connection.execute(
                employee.update().where(employee.c.id == city.ids[who]).values(mail=address, language="en")
            )


def test_a_person_is_told_at_the_warning_line_and_when_it_is_spent(city: City, post: Post, mail: Told) -> None:
    mail_of(city, siti="siti@kota.go.id")
    city.count(city.entry("start", NOON))
    for at, used in ((60, 79 * MB), (120, 80 * MB), (180, 90 * MB), (240, 100 * MB), (300, 120 * MB)):
        city.count(city.entry("interim", NOON + at, used, at))
        post.clock.advance(600)
        post.turn()
    assert [(message.to, message.topic) for message in mail.messages] == [
        ("siti@kota.go.id", Topic.QUOTA_WARNED), ("siti@kota.go.id", Topic.QUOTA_SPENT),
    ]  # fmt: skip
    first = mail.texts[0].replace("\u00a0", " ")
    assert "Dear Siti" in first
    assert 'You have used 80 MB of 100 MB (80 %) of quota "Harian".' in first
    assert "the speed drops to 512 / 256 kbit/s" in first


def test_the_same_report_twice_tells_once(city: City, post: Post) -> None:
    city.count(city.entry("start", NOON))
    over = city.entry("interim", NOON + 60, 85 * MB, 60)
    city.count(over)
    city.count(over)
    city.count(over, worker="w2")
    assert len(city.rows(schema.notice)) == 1


def test_more_granted_lets_the_line_be_told_again_and_a_new_day_too(city: City) -> None:
    city.count(city.entry("start", NOON))
    city.count(city.entry("interim", NOON + 60, 85 * MB, 60))
    with city.database.write() as connection:
        connection.execute(schema.ledger_entry.update().values(granted=100 * MB))
    city.count(city.entry("interim", NOON + 120, 165 * MB, 120))
    tomorrow = NOON + DAY_S
    city.count(city.entry("stop", tomorrow, 165 * MB, DAY_S))
    city.count(city.entry("start", tomorrow + 1, session="b"))
    city.count(city.entry("interim", tomorrow + 61, 85 * MB, 60, session="b"))
    assert [json.loads(row.facts)["entitled"] for row in city.rows(schema.notice)] == [100 * MB, 200 * MB, 100 * MB]


def test_a_batch_that_is_undone_tells_nobody(city: City) -> None:
    city.count(city.entry("start", NOON))

    def fail(_connection: object) -> None:
        raise RuntimeError("the machine stops here")

    from netquota.services.account import count
    from netquota.storage.ledger_store import Books

    with pytest.raises(RuntimeError):
        count(
            Books(city.database), city.policy, city.gateways, [city.entry("interim", NOON + 60, 90 * MB, 60)], "w",
            (NOON + 60) * 1000, fail,
        )  # fmt: skip
    assert city.rows(schema.notice) == []


def admin(city: City, name: str, role: str, opd: str | None = None, **addresses: str) -> None:
    with city.database.write() as connection:
        values = {"username": name, "name": name.title(), "role": role, "password_hash": "x", **addresses}
        made = connection.execute(insert(schema.admin).values(values)).inserted_primary_key
        assert made is not None
        if opd is not None:
            theirs = {"admin_id": made[0], "position": 1, "opd_id": city.ids[opd]}
            connection.execute(insert(schema.admin_opd).values(theirs))


def test_a_pool_is_told_to_the_operators_of_that_office_alone(city: City, post: Post, mail: Told) -> None:
    with city.database.write() as connection:
        other = connection.execute(schema.opd.insert().values(code="DISDIK", name="P")).inserted_primary_key
    assert other is not None
    city.ids["other"] = other[0]
    admin(city, "hendra", "opd_operator", "opd", mail="hendra@kota.go.id")
    admin(city, "dewi", "opd_operator", "other", mail="dewi@kota.go.id")
    admin(city, "rina", "network_admin", mail="rina@kota.go.id")
    for who in ("siti", "budi", "wati"):
        city.count(city.entry("start", NOON, who=who))
        city.count(city.entry("interim", NOON + 60, 300 * MB, 60, who=who))
    post.turn()
    assert {(message.to, message.topic) for message in mail.messages} == {("hendra@kota.go.id", Topic.POOL_WARNED)}
    assert "https://netquota.kota.go.id/opds/DINKES" in mail.texts[0]


def test_nobody_with_an_address_means_nobody_is_told_and_nothing_waits(city: City, post: Post, mail: Told) -> None:
    city.count(city.entry("start", NOON))
    city.count(city.entry("interim", NOON + 60, 90 * MB, 60))
    post.turn()
    assert mail.messages == []
    assert [row.addressed_s for row in city.rows(schema.notice)] == [NOON]


def test_who_left_or_whom_the_settings_leave_alone_is_not_told(city: City, mail: Told) -> None:
    mail_of(city, siti="siti@kota.go.id", budi="budi@kota.go.id")
    with city.database.write() as connection:
        employee = schema.employee
        connection.execute(employee.update().where(employee.c.id == city.ids["siti"]).values(status="left"))
    for who in ("siti", "budi"):
        city.count(city.entry("start", NOON, who=who))
        city.count(city.entry("interim", NOON + 60, 90 * MB, 60, who=who))
    post_office(city.database, {Channel.MAIL: mail}, employees=False).turn()
    assert mail.messages == []


def test_a_person_is_told_by_one_way_the_first_that_is_open(city: City, mail: Told) -> None:
    hook = Told()
    mail_of(city, siti="siti@kota.go.id", budi="budi@kota.go.id")
    with city.database.write() as connection:
        employee = schema.employee
        connection.execute(employee.update().where(employee.c.id == city.ids["siti"]).values(phone="0811 2345 678"))
    for who in ("siti", "budi"):
        city.count(city.entry("start", NOON, who=who))
        city.count(city.entry("interim", NOON + 60, 90 * MB, 60, who=who))
    post_office(city.database, {Channel.MAIL: mail, Channel.WEBHOOK: hook}).turn()
    assert [message.to for message in mail.messages] == ["budi@kota.go.id"]
    assert [message.to for message in hook.messages] == ["+628112345678"]


# -- told once, at the right time -----------------------------------------------------------------------------------
def test_the_same_cause_is_told_once(post: Post, mail: Told) -> None:
    assert post.tell("gw-1")
    assert not post.tell("gw-1")
    post.turn()
    post.turn()
    assert len(mail.messages) == 1


def test_everybody_of_a_role_is_told_once_however_often_an_address_is_named(city: City, mail: Told) -> None:
    admin(city, "rina", "network_admin", mail="noc@kota.go.id", telegram="-100")
    admin(city, "agus", "planner", mail="agus@kota.go.id")
    bot = Told()
    post = post_office(city.database, {Channel.MAIL: mail, Channel.TELEGRAM: bot})
    post.tell("gw-1")
    post.turn()
    assert [message.to for message in mail.messages] == ["noc@kota.go.id"]
    assert [message.to for message in bot.messages] == ["-100"]


def test_a_storm_becomes_few_messages_and_none_is_lost(post: Post, mail: Told) -> None:
    post.tell("gw-0")
    post.turn()
    for number in range(1, 31):
        post.tell(f"gw-{number}")
        post.turn()
    assert len(mail.messages) == 1, "the next one waits for the pause"
    post.clock.advance(post.rules.pause_s)
    post.turn()
    post.clock.advance(post.rules.pause_s)
    post.turn()
    assert len(mail.messages) == 3
    assert "dan 19 pemberitahuan lain" in mail.messages[1].subject
    for number in range(31):
        assert any(f"Gerbang gw-{number} tidak" in text for text in mail.texts)
    assert {each.state for each in post.deliveries()} == {State.SENT}


def test_a_way_sends_no_more_than_it_may_in_a_minute(city: City, mail: Told) -> None:
    addresses = ",".join(f"mail:a{number}@kota.go.id" for number in range(10))
    post = post_office(city.database, {Channel.MAIL: mail}, admins=addresses, per_minute=4)
    post.tell("gw-1")
    post.turn()
    post.turn()
    assert len(mail.messages) == 4
    post.clock.advance(61)
    post.turn()
    assert len(mail.messages) == 8


def test_what_can_wait_waits_for_the_morning_and_what_is_urgent_does_not(post: Post, mail: Told) -> None:
    post.clock.moment = datetime(2026, 5, 4, 23, 0, tzinfo=WIB)
    post.tell("link", Topic.LINK_FULL, used=[1, 1], limit=[1, 1])
    post.tell("gw-1", Topic.GATEWAY_SILENT)
    post.turn()
    assert [message.topic for message in mail.messages] == [Topic.GATEWAY_SILENT]
    post.clock.moment = datetime(2026, 5, 5, 6, 0, tzinfo=WIB)
    post.turn()
    assert [message.topic for message in mail.messages] == [Topic.GATEWAY_SILENT, Topic.LINK_FULL]


def test_what_is_no_longer_worth_telling_lapses(post: Post, mail: Told) -> None:
    mail.failures = [LaterPlease("down")] * 100
    post.tell("gw-1")
    post.turn()
    post.clock.advance(KINDS[Topic.GATEWAY_SILENT].lives_s + 1)
    post.turn()
    (one,) = post.deliveries()
    assert (one.state, one.result) == (State.LAPSED, "no longer worth telling")
    assert mail.messages == []


# -- what does not go out -------------------------------------------------------------------------------------------
def test_a_failure_is_tried_again_later_each_time_and_then_sent(post: Post, mail: Told) -> None:
    mail.failures = [LaterPlease("busy"), LaterPlease("busy"), RuntimeError("a fault of ours")]
    post.tell("gw-1")
    waits = []
    for _ in range(4):
        post.turn()
        (one,) = post.deliveries()
        waits.append(one.next_s - post.now_s if one.state is State.WAITING else 0)
        post.clock.advance(max(0, one.next_s - post.now_s))
    assert [wait // 60 for wait in waits] == [1, 2, 4, 0]
    assert len(mail.messages) == 1
    assert dict(post.messenger.results) == {("mail", "retry"): 3, ("mail", "sent"): 1}


def test_the_other_sides_wish_for_peace_is_kept(post: Post, mail: Told) -> None:
    mail.failures = [LaterPlease("too many", 900)]
    post.tell("gw-1")
    post.turn()
    (one,) = post.deliveries()
    assert one.next_s - post.now_s >= 900


def test_a_refused_address_is_given_up_at_once(post: Post, mail: Told) -> None:
    mail.failures = [Refused("550 no such user")]
    post.tell("gw-1")
    post.turn()
    (one,) = post.deliveries()
    assert (one.state, one.result, one.attempts) == (State.GIVEN_UP, "550 no such user", 1)


def test_a_way_that_stays_down_is_given_up_in_the_end(city: City, mail: Told) -> None:
    post = post_office(city.database, {Channel.MAIL: mail}, give_up_after_s=3600)
    mail.failures = [LaterPlease("down")] * 100
    post.tell("gw-1")
    for _ in range(30):
        post.turn()
        post.clock.advance(600)
    (one,) = post.deliveries()
    assert one.state is State.GIVEN_UP
    assert "down; given up after" in one.result
    with city.database.read() as connection:
        assert notice_store.undelivered(connection, 0, 0)[0] == 1


def test_one_given_up_goes_out_when_somebody_says_so_and_a_sent_one_never_twice(post: Post, mail: Told) -> None:
    mail.failures = [Refused("550 no such user")]
    post.tell("gw-1")
    post.turn()
    (one,) = post.deliveries()
    with post.database.write() as connection:
        assert notice_store.try_again(connection, one.id, post.now_s, DAY_S)
    post.turn()
    assert len(mail.messages) == 1
    with post.database.write() as connection:
        assert not notice_store.try_again(connection, one.id, post.now_s, DAY_S)


# -- several senders ------------------------------------------------------------------------------------------------
def test_a_sender_that_died_is_followed_by_another_and_its_late_word_changes_nothing(post: Post, mail: Told) -> None:
    post.tell("gw-1")
    post.messenger.address()
    with post.database.write() as connection:
        dead = notice_store.claim(connection, Channel.MAIL, post.now_s, 300, 60)
    assert dead is not None
    post.turn()
    assert mail.messages == [], "it may still be under way"
    post.clock.advance(notice_store.CLAIM_LASTS_S)
    post.turn()
    assert len(mail.messages) == 1
    assert mail.messages[0].reference == f"notice-{dead.deliveries[0].id}-1"
    with post.database.write() as connection:
        assert not notice_store.settle(connection, dead, State.GIVEN_UP, post.now_s, "late")
    (one,) = post.deliveries()
    assert one.state is State.SENT


def test_a_sender_without_the_lease_sends_nothing(post: Post, mail: Told) -> None:
    post.tell("gw-1")
    post.messenger.address()
    with post.database.write() as connection:
        assert lease_store.take(connection, "scheduler", "other", post.now_s + 30 * DAY_S, 30) is not None
    with pytest.raises(lease_store.LeaseLost):
        post.messenger.send(Channel.MAIL)
    assert mail.messages == []


# -- real servers ---------------------------------------------------------------------------------------------------
@pytest.fixture
def running(city: City) -> Iterator[list[Messenger]]:
    started: list[Messenger] = []
    yield started
    for messenger in started:
        messenger.stop()


def test_notices_reach_a_mail_server_and_a_webhook_while_another_way_hangs(
    city: City, running: list[Messenger]
) -> None:
    """F25: what hangs holds up neither the other ways nor whoever writes notices."""
    with mail_server() as box, http_receiver() as receiver, hanging_server(b"x") as port:
        ways: dict[Channel, Way] = {
            Channel.MAIL: Mail("127.0.0.1", box.port, "none", "", "", "n@kota.go.id", "netquota"),
            Channel.WEBHOOK: Webhook(receiver.url, "rahasia", private=True),
            Channel.TELEGRAM: Webhook(f"http://127.0.0.1:{port}/", "", private=True),
        }
        post = post_office(
            city.database, ways, admins="mail:noc@kota.go.id,webhook:+62811000111,telegram:-100", pause_s=0
        )
        running.append(post.messenger)
        post.messenger.start()
        post.tell("gw-1")
        until(lambda: box.letters and receiver.calls, "both got the first")
        post.tell("gw-2")
        until(lambda: len(box.letters) == 2 and len(receiver.calls) == 2, "and the second")
        assert receiver.calls[0].document["to"] == "+62811000111"
        assert "Gerbang gw-1 tidak terdengar" in box.texts()[0]
        stuck = [each for each in post.deliveries() if each.to.channel is Channel.TELEGRAM]
        assert {each.ended_s for each in stuck} == {None}


def test_settings_name_whom_planners_and_admins_are(city: City) -> None:
    settings = Settings.model_validate({"notices": {"planners": ["mail:a@b.id"], "admins": ["telegram:-5"]}})
    book = address_book(settings, [Channel.MAIL])
    assert book.fixed[Audience.PLANNER] == (address_of("mail:a@b.id"),)
    assert replace(book).open_ways == {Channel.MAIL}


def test_old_notices_are_forgotten_and_those_on_their_way_are_not(post: Post, mail: Told, city: City) -> None:
    post.tell("old")
    post.turn()
    mail.failures = [LaterPlease("down")]
    post.clock.advance(400)
    post.tell("waits")
    post.turn()
    with post.database.write() as connection:
        assert notice_store.forget(connection, post.now_s + 1, 100) == 1
    with post.database.read() as connection:
        assert list(connection.execute(select(schema.notice.c.key)).scalars()) == ["waits"]
    assert len(post.deliveries()) == 1
