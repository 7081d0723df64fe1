"""'Internet lambat': the causes that the database shows for a person, online or not."""

from __future__ import annotations

from collections.abc import Callable
from zoneinfo import ZoneInfo

import pytest

from netquota.clock import FixedClock
from netquota.domain.policy import Code
from netquota.domain.slowness import Cause
from netquota.domain.units import NO_BREAK_SPACE
from netquota.secrets import Keyring
from netquota.services import allocate, slowness_words
from netquota.services.explain import explain, subscriber_of
from netquota.services.explain_words import Teller, plain
from netquota.services.facts import Policy
from netquota.services.gateways import GatewayBook
from netquota.services.office import Author, Office
from netquota.services.slowness import Slowness, why_slow
from netquota.storage.database import Database
from netquota.storage.gateway_store import ensure_gateways, heard
from netquota.storage.ledger_store import page_on
from netquota.storage.order_store import NewOrder, OrderKind, write_orders
from netquota.storage.policy_store import load_snapshot
from netquota.storage.schema import interface_reading, reach_sample
from netquota.storage.session_row import SessionRow

ZONE = ZoneInfo("Asia/Jakarta")
BY = Author("test", "test")
M = 1_000_000
Look = Callable[[], tuple[Slowness, ...]]


@pytest.fixture
def office(sqlite_database: Database, keyring: Keyring, clock: FixedClock) -> Office:
    """An office behind one gateway on a link of 100 Mbit/s; Budi has 10 Mbit/s of its 50."""
    found = Office(sqlite_database, keyring, clock, ZONE)
    for kind, values in (
        ("plan", {"key": "staf", "name": "Staf", "rate": "10M/2M"}),
        ("opd", {"code": "DISDIK", "name": "Dinas", "ceiling": "50M/50M", "plan": "staf"}),
        ("nas", {"name": "gw1", "address": "10.0.0.1", "family": "mikrotik", "secret": "s" * 20}),
        ("link", {"name": "Utama", "provider": "Penyedia", "capacity": "100M/100M"}),
        ("site", {"name": "Kantor", "opd": "DISDIK", "nas": "gw1", "link": "Utama"}),
        ("employee", {"username": "budi", "name": "Budi", "opd": "DISDIK"}),
    ):
        allocate.add(found, kind, values, BY)
    return found


@pytest.fixture
def look(office: Office) -> Look:
    def looked() -> tuple[Slowness, ...]:
        with office.database.read() as connection:
            policy, book = Policy.of(load_snapshot(connection, office.secrets, office.zone), 256_000), GatewayBook()
            book.read(connection)
            who = subscriber_of(policy.snapshot, "budi")
            found = explain(connection, policy, book, who, office.now_s)
            slow = why_slow(connection, policy, found, office.now_s)
            told = "\n".join(Teller("id", ZONE).lines(found, slow))
            assert "Kalau lambat:" in told
            assert [one["cause"] for one in plain(found, ZONE, "en", slow)["slow"]] == [
                finding.cause for one in slow for finding in one.findings
            ]
            return slow

    return looked


def online(
    office: Office, now_bps: int, *, sessions: int = 1, heard_ago_s: int = 30, has_bps: int = 10 * M, code: str = ""
) -> None:
    now_s = office.now_s
    with office.database.write() as connection:
        ensure_gateways(connection, {(1, "gw1"): "10.0.0.1"}, now_s)
        heard(connection, {1: (now_s - heard_ago_s, None, "")}, "w", now_s)
        rows = [
            SessionRow(
                0, 1, f"8000{n}", "budi" if n == 0 else f"lain{n}", f"AA:BB:CC:DD:EE:{n:02X}", now_s - 600,
                1 if n == 0 else None, 1, 1, 1, f"10.5.0.{n + 2}", "", "", None, now_s - 600, now_s - heard_ago_s,
                now_s - heard_ago_s, now_down_bps=now_bps, now_up_bps=0, applied_down_bps=has_bps, applied_up_bps=2 * M,
                applied_code=code,
            )
            for n in range(sessions)
        ]  # fmt: skip
        page_on(connection).insert_sessions(rows)


def causes(found: tuple[Slowness, ...]) -> list[Cause]:
    return [finding.cause for one in found for finding in one.findings]


def test_who_is_not_online_is_told_so(look: Look) -> None:
    (one,) = look()
    assert one.session is None
    assert causes((one,)) == [Cause.OFFLINE]


def test_nothing_is_found_where_nothing_is_in_the_way(office: Office, look: Look) -> None:
    online(office, 1 * M)
    assert causes(look()) == [Cause.NOT_HERE]


def test_the_own_limit_is_felt(office: Office, look: Look) -> None:
    online(office, 10 * M)
    assert causes(look()) == [Cause.OWN_LIMIT]


def test_a_share_under_the_plan_is_named_with_both_figures(office: Office, look: Look) -> None:
    online(office, 1 * M, has_bps=9_380_000, code=Code.SHARE_OF_CEILING)
    (one,) = look()
    (finding,) = one.findings
    assert finding.cause is Cause.CUT
    told = [slowness_words.told(finding, language).replace(NO_BREAK_SPACE, " ") for language in ("en", "id")]
    assert told == [
        "his share of the shared limit of DISDIK is lower than his plan: 9.4 / 2 Mbit/s, not 10 / 2 Mbit/s",
        "bagiannya dari batas bersama DISDIK lebih rendah daripada paketnya: 9,4 / 2 Mbit/s, bukan 10 / 2 Mbit/s",
    ]


def test_a_full_office_and_a_full_link(office: Office, look: Look) -> None:
    online(office, 5 * M, sessions=10)
    assert causes(look()) == [Cause.OPD_FULL]
    allocate.change(office, "link", "Utama", {"capacity": "52M/52M"}, BY)
    assert causes(look()) == [Cause.LINK_FULL, Cause.OPD_FULL]


def test_the_links_own_interface_tells_more_than_the_sessions(office: Office, look: Look) -> None:
    online(office, 1 * M)
    with office.database.write() as connection:
        values = {"kind": 5, "subject_id": 1, "interface": "ether1", "nas_id": 1, "at_s": office.now_s - 60,
                  "now_down_bps": 99 * M, "now_up_bps": M}  # fmt: skip
        connection.execute(interface_reading.insert().values(values))
    assert causes(look()) == [Cause.LINK_FULL]


def test_a_provider_that_does_not_answer(office: Office, look: Look) -> None:
    online(office, 1 * M)
    with office.database.write() as connection:
        values = {"link_id": 1, "bin_s": office.now_s // 300 * 300, "by": "server", "sent": 10, "received": 0}
        connection.execute(reach_sample.insert().values(values))
    assert causes(look()) == [Cause.PROVIDER_DOWN]


def test_a_silent_gateway_is_told_once(office: Office, look: Look) -> None:
    online(office, 1 * M, heard_ago_s=3000)
    assert causes(look()) == [Cause.GATEWAY_SILENT]


def test_an_order_without_effect(office: Office, look: Look, clock: FixedClock) -> None:
    online(office, 1 * M)
    with office.database.write() as connection:
        order = NewOrder(1, 1, 1, OrderKind.COA, 10 * M, 2 * M, "{}", "plan_rate", "[]")
        write_orders(connection, [order], office.now_s * 1000)
    assert causes(look()) == [Cause.NOT_HERE]  # it is on its way
    clock.advance(60)
    assert causes(look()) == [Cause.ORDER_UNANSWERED]
