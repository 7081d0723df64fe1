"""What stands wrong is told once, and its end; the day goes to admins, the month to planners; on each database."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import insert, select, update

from netquota.clock import FixedClock
from netquota.domain.notices import Topic
from netquota.secrets import Keyring
from netquota.services.job_runner import JobRunner
from netquota.services.notice_templates import Templates
from netquota.services.notice_values import CityWords, values_of
from netquota.settings import Settings
from netquota.storage import audit_store, ceiling_store, job_store, lease_store, notice_store, schema
from netquota.storage.job_store import RunState
from netquota.storage.ledger_store import LINK, SITE, page_on
from netquota.storage.notice_store import NewDelivery, State
from netquota.storage.sample_tables import gateway_uptime
from tests.storage.books_city import MB, NOON, City

WIB = ZoneInfo("Asia/Jakarta")
MBIT_BIN = 37_500_000  # octets of 1 Mbit/s in a bin


@dataclass
class Watch:
    """The small city under a scheduler whose clock is moved by hand."""

    city: City
    clock: FixedClock
    runner: JobRunner

    @property
    def now_s(self) -> int:
        return int(self.clock.now().timestamp())

    def look(self, after_s: int = 60, job: str = "watch") -> None:
        """One run of a job, a while later."""
        self.clock.advance(after_s)
        assert self.runner.beat().holds
        self.runner.catch_up(job)

    def told(self) -> list[tuple[Topic, str]]:
        """(topic, what) of all notices, oldest first."""
        return [(Topic(row.topic), json.loads(row.facts).get("what", "")) for row in self.city.rows(schema.notice)]

    def facts(self, topic: Topic) -> dict[str, Any]:
        (row,) = [row for row in self.city.rows(schema.notice) if row.topic == topic]
        found: dict[str, Any] = json.loads(row.facts)
        return found

    def heard(self, at_s: int) -> None:
        """Both gateways spoke last at a moment."""
        with self.city.database.write() as connection:
            connection.execute(update(schema.gateway).values(first_packet_s=NOON - 86400, last_packet_s=at_s))


@pytest.fixture
def watch(city: City, tmp_path: Path) -> Watch:
    clock = FixedClock(datetime.fromtimestamp(NOON, UTC))
    settings = Settings(state_dir=tmp_path)
    keyring = Keyring([Fernet.generate_key()])
    with city.database.write() as connection:
        connection.execute(schema.nas.update().values(secret_encrypted=keyring.encrypt(b"s")))
    return Watch(city, clock, JobRunner(city.database, keyring, settings, clock, "a"))


def test_a_silent_gateway_is_told_once_and_its_end_once(watch: Watch) -> None:
    watch.heard(NOON)
    watch.look(901)
    watch.look()
    watch.look()
    assert watch.told() == [(Topic.GATEWAY_SILENT, "gw")]
    assert watch.facts(Topic.GATEWAY_SILENT)["since_s"] == NOON
    watch.heard(watch.now_s)
    watch.look()
    assert len(watch.told()) == 1, "it may be back for a moment alone"
    for _ in range(16):
        watch.heard(watch.now_s)
        watch.look()
    assert watch.told()[1:] == [(Topic.ALARM_OVER, "gw")]
    assert watch.city.rows(schema.trouble) == []


def test_a_gateway_that_comes_and_goes_is_one_trouble(watch: Watch) -> None:
    watch.heard(NOON)
    watch.look(901)
    for _ in range(4):
        watch.heard(watch.now_s)
        watch.look(300)
        watch.look(601)
        watch.look()
    assert watch.told() == [(Topic.GATEWAY_SILENT, "gw")]


def test_what_is_silent_is_not_told_of_again_by_its_sessions(watch: Watch) -> None:
    watch.city.count(watch.city.entry("start", NOON))
    watch.heard(NOON)
    for _ in range(20):
        watch.look()
    assert watch.told() == [(Topic.GATEWAY_SILENT, "gw")]


def test_limits_that_are_not_enforced_are_told_when_they_stay_so(watch: Watch) -> None:
    watch.city.count(watch.city.entry("start", NOON))
    watch.heard(NOON + 700)
    watch.look(660)
    assert watch.told() == [], "once may be chance"
    for _ in range(5):
        watch.heard(watch.now_s)
        watch.look()
    assert watch.told() == [(Topic.NOT_ENFORCED, "gw1")]
    facts = watch.facts(Topic.NOT_ENFORCED)
    values = values_of(Topic.NOT_ENFORCED, facts, "id", CityWords("Kota", "", "", WIB))
    body = Templates().text(Topic.NOT_ENFORCED, "id", values).body
    assert "gw1: 1 sesi berjalan tanpa laporan berkala." in body


def fill(watch: Watch, kind: int, subject: str, mbit: int, bins: int, to_s: int) -> None:
    """So many Mbit/s down in each of the last whole bins before a moment."""
    rows = [(kind, watch.city.ids[subject], to_s - 300 * back, mbit * MBIT_BIN, 0) for back in range(1, bins + 1)]
    with watch.city.database.write() as connection:
        page_on(connection).add_samples(sorted(rows))


def test_a_link_is_full_after_three_full_bins(watch: Watch) -> None:
    with watch.city.database.write() as connection:
        connection.execute(schema.provider_link.update().values(capacity_down_bps=100 * MB, capacity_up_bps=50 * MB))
    watch.heard(NOON + 1200)
    to_s = (NOON + 660 - 600) // 300 * 300
    fill(watch, LINK, "link", 96, 2, to_s)
    watch.look(660)
    assert watch.told() == []
    fill(watch, LINK, "link", 96, 1, to_s - 600)
    watch.look()
    assert watch.told() == [(Topic.LINK_FULL, "A")]
    facts = watch.facts(Topic.LINK_FULL)
    assert facts["used"] == [96 * MB, 0]
    assert values_of(Topic.LINK_FULL, facts, "id", CityWords("", "", "", WIB))["percent"] == "96 %"


def test_a_failed_job_is_told_with_its_result(watch: Watch) -> None:
    watch.heard(NOON)
    with watch.city.database.write() as connection:
        lease = lease_store.take(connection, "x", "x", NOON, 30)
        assert lease is not None
        assert job_store.begin(connection, "retention", NOON, NOON, 1)
        job_store.end(connection, "retention", NOON, NOON, 1, RunState.FAILED, "OSError: disk full")
    watch.look()
    assert (Topic.JOB_FAILED, "retention") in watch.told()
    assert watch.facts(Topic.JOB_FAILED)["result"] == "OSError: disk full"


def test_a_copy_that_grew_old_is_told(watch: Watch) -> None:
    with watch.city.database.write() as connection:
        job_store.put(connection, "backup", NOON, NOON, RunState.DONE, "copied")
    watch.heard(NOON + 36 * 3600)
    watch.look(36 * 3600)
    assert (Topic.BACKUP_STALE, "backup") not in watch.told()
    watch.heard(watch.now_s)
    watch.look()
    assert (Topic.BACKUP_STALE, "backup") in watch.told()


def test_notices_that_do_not_arrive_are_an_alarm_of_their_own(watch: Watch) -> None:
    watch.heard(NOON)
    with watch.city.database.write() as connection:
        insert_notice(connection, "k", Topic.TEST)
        insert_notice(connection, "l", Topic.LINK_FULL)
        connection.execute(
            update(schema.notice_delivery).values(state=State.GIVEN_UP, ended_s=NOON, result="550 no such user")
        )
    watch.look()
    assert watch.told()[2:] == [(Topic.NOT_DELIVERED, "mail")]
    assert watch.facts(Topic.NOT_DELIVERED)["number"] == 1
    assert watch.facts(Topic.NOT_DELIVERED)["problem"] == "mail: 550 no such user"


def insert_notice(connection: Any, key: str, topic: Topic) -> None:
    from netquota.domain.notices import address_of

    row = {"key": key, "topic": topic, "facts": "{}", "at_s": NOON, "until_s": NOON + 999}
    made = connection.execute(insert(schema.notice).values(row)).inserted_primary_key
    to = address_of("mail:noc@kota.go.id")
    new = NewDelivery(made[0], topic, to, "", None, "id", "S", "B", NOON + 999, NOON)
    notice_store.address(connection, made[0], [new], NOON)


# -- by the calendar ------------------------------------------------------------------------------------------------
def test_the_morning_tells_admins_of_the_day_with_the_head_of_the_audit_chain(watch: Watch) -> None:
    watch.heard(NOON)
    watch.look(901)
    with watch.city.database.write() as connection:
        for number in range(3):
            audit_store.append(
                connection, actor="ani", action="add", kind="opd", key=str(number), before={}, after={}, why="",
                now_s=NOON,
            )  # fmt: skip
    watch.clock.moment = datetime(2026, 5, 5, 6, 31, tzinfo=WIB)
    watch.look(0, "daily_notice")
    watch.look(600, "daily_notice")
    facts = watch.facts(Topic.DAILY)
    assert (facts["day"], facts["audit_entries"], facts["people"]) == ("2026-05-04", 3, 3)
    with watch.city.database.read() as connection:
        assert facts["audit_head"] == audit_store.head(connection)
    assert facts["troubles"][0][0].startswith("Gerbang diam gw")
    values = values_of(Topic.DAILY, facts, "id", CityWords("Kota", "", "", WIB))
    text = Templates().text(Topic.DAILY, "id", values)
    assert text.subject == "Kota: ringkasan 4 Mei 2026"
    assert facts["audit_head"] in text.body
    assert "- Gerbang diam gw (sejak 4 Mei pukul 12.00 WIB)" in text.body


def test_the_month_tells_planners_of_links_and_offices(watch: Watch) -> None:
    with watch.city.database.write() as connection:
        connection.execute(schema.provider_link.update().values(capacity_down_bps=100 * MB, capacity_up_bps=50 * MB))
        connection.execute(schema.opd.update().values(ceiling_down_bps=60 * MB, ceiling_up_bps=30 * MB))
        first = int(datetime(2026, 5, 1, tzinfo=WIB).timestamp())
        last = int(datetime(2026, 6, 1, tzinfo=WIB).timestamp())
        ceiling_store.note(connection, first)
        for name in ("gw1", "gw2"):
            span = {"gateway_id": watch.city.ids[name], "from_s": first, "to_s": last}
            connection.execute(insert(gateway_uptime).values(span))
    fill(watch, LINK, "link", 50, 100, last)
    fill(watch, LINK, "link", 99, 10, last - 300 * 100)
    fill(watch, SITE, "site", 58, 50, last)
    fill(watch, SITE, "site", 10, 1, last + 300)  # of June: not told
    watch.look(0, "monthly_notice")
    watch.clock.moment = datetime(2026, 6, 1, 6, 31, tzinfo=WIB)
    watch.look(0, "monthly_notice")
    watch.look(3600, "monthly_notice")
    facts = watch.facts(Topic.MONTHLY)
    assert facts["month"] == "2026-05-01"
    (link,), (opd,) = facts["links"], facts["opds"]
    assert (link["name"], link["down"], link["limit_bps"]) == ("A", (5000 + 990) * MBIT_BIN, 100 * MB)
    assert (opd["name"], opd["down"], opd["known_permille"]) == ("DINKES", 50 * 58 * MBIT_BIN, 1000)
    assert link["p95_bps"] == 0, "110 of 8928 bins had any use: fewer than 5 %"
    assert link["at_limit_permille"] == 10 * 1000 // 8928


def test_each_month_is_told_once_also_after_a_time_without_a_scheduler(watch: Watch) -> None:
    watch.look(0, "monthly_notice")
    watch.clock.moment = datetime(2026, 7, 20, 12, 0, tzinfo=WIB)
    watch.look(0, "monthly_notice")
    watch.look(86_400, "monthly_notice")
    with watch.city.database.read() as connection:
        keys = list(connection.execute(select(schema.notice.c.key)).scalars())
    assert keys == ["monthly:2026-05-01", "monthly:2026-06-01"]
