"""A quota that devices share is never given twice: planning.md §5.3, each row through the real services."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import update

from netquota.domain.leasing import STOP_WITHIN_S
from netquota.domain.policy import Code
from netquota.services.reserve import unreserved
from netquota.services.settling import Entry
from netquota.storage import schema
from netquota.storage.database import Database
from tests.storage.books_city import NOON
from tests.storage.lease_city import INTERIM_S, LeaseCity, Session


@pytest.fixture
def pool(database: Database) -> LeaseCity:
    return LeaseCity.founded(database)


def test_every_row_of_the_known_answers(pool: LeaseCity) -> None:
    """The table of planning.md §5.3, event by event."""
    assert pool.start("A").octet_cap == 500_000_000
    assert pool.start("B", who="budi").octet_cap == 166_666_666
    pool.report("A", 300_000_000)
    assert pool.ordered_cap("A") is None  # under 80 %
    renewals = [
        ("A", 400_000_000, 611_111_111),
        ("B", 140_000_001, 240_740_740),
        ("A", 500_000_001, None),  # stops: what it leased and did not use is free again
        ("B", 230_000_000, 370_370_369),
        ("B", 360_000_000, 435_185_184),
        ("B", 425_000_000, 485_185_184),
        ("B", 476_000_000, 499_999_999),
        ("B", 499_999_999, None),  # none: spent
    ]
    for name, used, cap in renewals:
        stops = name == "A" and cap is None
        pool.report(name, used, "stop" if stops else "interim")
        found = None if stops else pool.ordered_cap(name)
        if cap is not None:
            assert found == cap, (name, used)
            pool.obey()
    assert pool.city.used("pool") == 10**9
    refused = pool.log_in("C", who="wati")
    assert not refused.accepted
    assert refused.cause is Code.QUOTA_SPENT


# -- what frees a lease (planning.md §5.3) -------------------------------------------------------------------------

HOUR = 3600


def offered(pool: LeaseCity, who: str = "wati") -> int:
    """What one more device would get; it logs in and is never heard of."""
    found = pool.log_in(f"probe {pool.now_s}", who=who, mac=f"probe {who}")
    return found.octet_cap or 0


def heard(pool: LeaseCity, at_s: int, gateway: str = "gw1") -> None:
    """The gateway reported somebody at that moment."""
    with pool.city.database.write() as connection:
        g = schema.gateway
        connection.execute(update(g).where(g.c.id == pool.city.ids[gateway]).values(last_accounting_s=at_s))


def test_a_session_that_ends_frees_what_it_did_not_use(pool: LeaseCity) -> None:
    pool.start("A")
    pool.report("A", 100, "stop")
    assert offered(pool) == (10**9 - 100) // 2


def test_the_same_device_that_logs_in_again_frees_its_older_lease(pool: LeaseCity) -> None:
    pool.start("A")
    assert pool.log_in("A2", mac="mac-A").octet_cap == 500_000_000
    assert pool.log_in("A3", mac="mac-A").octet_cap == 500_000_000  # nor does an accept that got lost hold anything


def test_a_gateway_that_says_it_restarted_frees_its_leases(pool: LeaseCity) -> None:
    pool.start("A")
    pool.start("B", who="budi", gateway="gw2")
    pool.now_s += 60
    pool.city.count(pool.city.entry("on", pool.now_s))
    assert offered(pool) == (10**9 - 166_666_666) // 3


def test_a_gateway_that_uses_a_session_id_again_began_anew_and_frees_who_is_silent(pool: LeaseCity) -> None:
    pool.start("A")
    pool.start("B", who="budi")
    pool.now_s += 2 * INTERIM_S
    pool.start("C", who="wati")
    pool.city.count(
        replace_session(pool.city.entry("start", pool.now_s, who="wati", mac="mac-C", session="of-B", session_s=0))
    )
    held = [row for row in pool.city.rows(schema.octet_lease) if row.freed_s is None]
    assert {row.mac for row in held} == {"mac-C"}


def replace_session(entry: Entry) -> Entry:
    """The report as of a session whose log-in had no cap."""
    return replace(entry, granted=None, report=replace(entry.report, class_token=None, username="wati"))


def test_a_session_silent_for_three_intervals_holds_its_lease_until_its_gateway_reports_others(pool: LeaseCity) -> None:
    """A gateway that is cut off goes on serving up to the caps it was given."""
    pool.start("A")
    pool.now_s += 3 * INTERIM_S + 1
    assert offered(pool) == 166_666_666
    heard(pool, pool.now_s)
    pool.now_s += 1
    assert offered(pool, "budi") == (10**9 - 166_666_666) // 3


def test_a_log_in_never_heard_of_frees_its_lease_when_its_gateway_reports_others(pool: LeaseCity) -> None:
    pool.log_in("A")
    pool.now_s += 4 * INTERIM_S
    heard(pool, pool.now_s)
    pool.now_s += 1
    assert offered(pool) == 500_000_000


def test_a_session_past_its_session_timeout_frees_its_lease(database: Database) -> None:
    pool = LeaseCity.founded(database)
    pool.city.change(schema.plan, "plan", session_timeout_s=HOUR)
    pool.start("A")
    pool.now_s += HOUR - 1
    assert offered(pool) == 166_666_666
    pool.now_s += STOP_WITHIN_S + 1
    assert offered(pool, "budi") == (10**9 - 166_666_666) // 3


def test_what_a_session_uses_after_its_lease_was_freed_counts_and_is_reserved_anew(pool: LeaseCity) -> None:
    """The overshoot that four power cuts may cost is seen as such; it is never hidden."""
    pool.start("A")
    pool.log_in("A2", mac="mac-A")
    pool.now_s += 60
    pool.report("A2", 0, "start", 0)  # A is ended at its last news
    pool.report("A", 450_000_000)
    assert pool.city.used("pool") == 450_000_000
    assert offered(pool) == (10**9 - 450_000_000 - 50_000_000 - 500_000_000)


# -- several quotas, periods, other gateways ------------------------------------------------------------------------


def hard_daily(pool: LeaseCity, octets: int) -> None:
    """A hard daily quota for each person of the plan, beside the office's pool."""
    with pool.city.database.write() as connection:
        made = schema.quota.insert().values(
            key="harian", name="Harian", plan_id=pool.city.ids["plan"], period="day", octets=octets,
            strictness="hard", action="disconnect",
        )  # fmt: skip
        key = connection.execute(made).inserted_primary_key
        assert key is not None
        pool.city.ids["daily"] = int(key[0])
    pool.city.refresh()


def test_of_several_hard_quotas_the_cap_is_the_least_and_no_more_is_reserved_of_any(pool: LeaseCity) -> None:
    hard_daily(pool, 300_000_000)
    assert pool.start("A").octet_cap == 150_000_000
    assert pool.start("B", who="budi").octet_cap == 150_000_000
    assert {row.cap for row in pool.city.rows(schema.octet_lease)} == {150_000_000}
    pool.report("A", 130_000_000)
    assert pool.ordered_cap("A") == 150_000_000 + 75_000_000


def test_a_cap_is_not_raised_where_the_gateway_cannot(database: Database) -> None:
    """MikroTik refuses Total-Limit by CoA: the session ends at its cap and gets the next grant as it logs in again."""
    pool = LeaseCity.founded(database, family="mikrotik")
    pool.start("A")
    pool.report("A", 499_000_000)
    assert pool.city.orders() == []
    pool.report("A", 500_000_000, "stop")
    assert pool.start("A").octet_cap == 250_000_000


def test_a_cap_is_not_raised_where_no_coa_arrives(database: Database) -> None:
    """Else octets were reserved of which its gateway never hears."""
    pool = LeaseCity.founded(database)
    pool.city.change(schema.nas, "nas", can_coa_rate="no")
    pool.start("A")
    pool.report("A", 499_000_000)
    assert pool.start("B").octet_cap == 500_000_000 // 3


def test_where_a_cap_cannot_be_raised_the_session_ends_with_the_period(database: Database) -> None:
    pool = LeaseCity.founded(database, family="mikrotik")
    ends_s = pool.log_in("A").ends_at_s
    assert ends_s is not None
    assert pool.city.policy.calendar.period(pool.city.policy.snapshot.quotas[pool.city.ids["pool"]], NOON)[1] == ends_s


def test_at_the_turn_of_a_period_the_unused_part_of_a_cap_is_a_lease_of_the_new_one(pool: LeaseCity) -> None:
    pool.start("A")
    pool.report("A", 300_000_000)
    quota = pool.city.policy.snapshot.quotas[pool.city.ids["pool"]]
    pool.now_s = pool.city.policy.calendar.period(quota, pool.now_s)[1]
    heard(pool, NOON)
    assert offered(pool) == (10**9 - 200_000_000) // 3


def test_a_hard_quota_that_throttles_gives_the_slow_rate_without_a_cap_once_spent(database: Database) -> None:
    pool = LeaseCity.founded(database, octets=100_000_000, action="throttle")
    assert pool.start("A").octet_cap == 50_000_000
    pool.report("A", 50_000_000, "stop")
    pool.start("B", who="budi")
    pool.report("B", 50_000_000, "stop")
    found = pool.log_in("C", who="wati")
    assert (found.accepted, found.octet_cap, found.rate.down_bps) == (True, None, 512_000)


def test_who_finds_all_that_is_left_held_by_others_is_told_so(database: Database) -> None:
    pool = LeaseCity.founded(database, octets=50_000_000)
    pool.start("A")
    found = pool.log_in("B", who="budi")
    assert (found.accepted, found.cause) == (False, Code.QUOTA_HELD)


def test_a_cap_that_was_given_while_the_database_was_away_is_reserved_as_soon_as_it_is_heard_of(
    pool: LeaseCity,
) -> None:
    asked = pool.asked("siti", "mac-A")
    decision = unreserved(asked.decision)
    assert decision.octet_cap == 50_000_000
    pool.sessions["A"] = Session("A", "siti", "mac-A", "gw1", decision, asked.number, pool.now_s, decision.octet_cap)
    pool.report("A", 0, "start", 0)
    assert offered(pool) == (10**9 - 50_000_000) // 3
