"""explain: the same story as log-in and reconcile tell; for the past what was noted, and never a guess unsaid."""

from __future__ import annotations

from collections.abc import Callable
from zoneinfo import ZoneInfo

import pytest

from netquota.clock import FixedClock
from netquota.domain.places import Ability
from netquota.domain.policy import Code
from netquota.domain.units import Rate
from netquota.errors import NotFound
from netquota.secrets import Keyring
from netquota.services import allocate
from netquota.services.explain import Basis, Explanation, explain, nas_named, subscriber_of
from netquota.services.explain_words import Teller, plain
from netquota.services.facts import Policy
from netquota.services.gateways import GatewayBook
from netquota.services.office import Author, Office
from netquota.services.reasons import reasons_json
from netquota.storage import schema
from netquota.storage.database import Database
from netquota.storage.gateway_store import ensure_gateways
from netquota.storage.ledger_store import page_on
from netquota.storage.policy_store import load_snapshot
from netquota.storage.record_store import DecisionRow, write_records
from netquota.storage.session_row import Charge, SessionRow

ZONE = ZoneInfo("Asia/Jakarta")
BY = Author("test", "test")
HOUR_S = 3600
Ask = Callable[..., Explanation]


@pytest.fixture
def office(sqlite_database: Database, keyring: Keyring, clock: FixedClock) -> Office:
    """One office with one site behind one gateway; Budi's plan has a quota of 10 GB a month."""
    found = Office(sqlite_database, keyring, clock, ZONE)
    for kind, values in (
        ("plan", {"key": "staf", "name": "Staf", "rate": "10M/2M"}),
        ("opd", {"code": "DISKOMINFO", "name": "Dinas Kominfo", "ceiling": "8M/8M", "plan": "staf"}),
        (
            "quota",
            {"key": "bulanan", "name": "Bulanan", "plan": "staf", "octets": "10 GB", "throttle": "1M/512k"},
        ),
        ("nas", {"name": "gw1", "address": "10.0.0.1", "family": "mikrotik", "secret": "s" * 20}),
        ("nas", {"name": "gw2", "address": "10.0.0.2", "family": "chilli", "secret": "s" * 20}),
        ("site", {"name": "Kantor", "opd": "DISKOMINFO", "nas": "gw1"}),
        ("employee", {"username": "budi", "nip": "198609262015051001", "name": "Budi", "opd": "DISKOMINFO"}),
    ):
        allocate.add(found, kind, values, BY)
    return found


@pytest.fixture
def ask(office: Office) -> Ask:
    """Explain Budi: `ask(nas="gw2", at_s=…)`."""

    def asked(nas: str | None = None, at_s: int | None = None, key: str = "budi") -> Explanation:
        with office.database.read() as connection:
            snapshot = load_snapshot(connection, office.secrets, office.zone)
            policy, book = Policy.of(snapshot, 256_000), GatewayBook()
            book.read(connection)
            where = None if nas is None else nas_named(snapshot, nas)
            who = subscriber_of(snapshot, key)
            return explain(connection, policy, book, who, office.now_s, nas=where, at_s=at_s)

    return asked


def _use(office: Office, octets: int) -> None:
    with office.database.write() as connection:
        snapshot = load_snapshot(connection, office.secrets, office.zone)
        quota = next(iter(snapshot.quotas.values()))
        start_s, end_s = Policy.of(snapshot, 0).calendar.period(quota, office.now_s)
        page_on(connection).charge([Charge(quota.id, 1, start_s, end_s, octets)])


def _session(office: Office, applied: Rate) -> None:
    now_s = office.now_s
    with office.database.write() as connection:
        ensure_gateways(connection, {(1, "gw1"): "10.0.0.1"}, now_s)
        row = SessionRow(
            0, 1, "80000001", "budi", "AA:BB:CC:DD:EE:FF", now_s - 600, 1, 1, 1, None, "10.5.0.2", "", "", None,
            now_s - 600, now_s - 30, now_s - 30, applied_down_bps=applied.down_bps, applied_up_bps=applied.up_bps,
        )  # fmt: skip
        page_on(connection).insert_sessions([row])


def _noted(office: Office, at_s: int, *, accepted: bool, found: Explanation) -> None:
    decision = found.decision
    row = DecisionRow(at_s, accepted, 1, "budi", 1, "gw1", "", decision.cause, reasons_json(decision.reasons))
    with office.database.write() as connection:
        write_records(connection, [row])


def test_without_a_session_a_log_in_at_the_own_office_is_decided(ask: Ask) -> None:
    found = ask()
    assert found.basis is Basis.NOW
    assert found.place is not None
    assert (found.place.nas.name, found.place.site and found.place.site.name) == ("gw1", "Kantor")
    assert found.decision.rate == Rate(8_000_000, 2_000_000)
    assert found.decision.cause is Code.CEILING_CAPS
    assert found.sessions == ()


def test_another_gateway_has_another_ceiling(ask: Ask) -> None:
    assert ask(nas="gw2").decision.rate == Rate(10_000_000, 2_000_000)


def test_a_spent_quota_says_what_changes_it(office: Office, ask: Ask) -> None:
    _use(office, 10_000_000_000)
    found = ask()
    assert found.decision.rate == Rate(1_000_000, 512_000)
    told = "\n".join(Teller("id", ZONE).lines(found))
    assert "kuota bulanan habis: 10 GB dari 10 GB" in told
    assert "Berubah sendiri 1 Desember pukul 00.00 WIB." in told


@pytest.mark.parametrize(
    ("applied", "differs"), [(Rate(8_000_000, 2_000_000), False), (Rate(5_000_000, 2_000_000), True)]
)
def test_a_running_session_shows_what_it_has_and_should_have(
    office: Office, ask: Ask, applied: Rate, differs: bool
) -> None:
    _session(office, applied)
    found = ask()
    assert [one.differs for one in found.sessions] == [differs]
    told = "\n".join(Teller("en", ZONE).lines(found))
    assert ("should have 8 / 2 Mbit/s" if differs else "as it should") in told


def test_the_past_is_told_as_it_was_noted_and_what_changed_since(office: Office, ask: Ask, clock: FixedClock) -> None:
    _noted(office, office.now_s, accepted=True, found=ask())
    then_s = office.now_s + HOUR_S
    clock.advance(2 * HOUR_S)
    allocate.change(office, "employee", "budi", {"override": "5M/1M", "override_why": "rapat"}, BY)
    clock.advance(HOUR_S)
    assert ask().decision.rate == Rate(5_000_000, 1_000_000)
    found = ask(at_s=then_s)
    assert found.basis is Basis.RECORDED
    assert found.noted_s == then_s - HOUR_S
    assert found.decision.rate == Rate(8_000_000, 2_000_000)
    assert [sorted(change.after) for change in found.changes] == [["override", "override_why"]]


def test_a_time_without_a_note_is_reckoned_and_says_so(office: Office, ask: Ask) -> None:
    for at_s in (office.now_s - 20 * HOUR_S, office.now_s + 20 * HOUR_S):
        found = ask(at_s=at_s)
        assert found.basis is Basis.RECKONED
        assert "reckoned with the policy of now" in "\n".join(Teller("en", ZONE).lines(found))


def test_a_new_period_begins_untouched(office: Office, ask: Ask) -> None:
    _use(office, 10_000_000_000)
    assert ask(at_s=office.now_s + 10 * 24 * HOUR_S).decision.rate == Rate(8_000_000, 2_000_000)


def test_a_refusal_that_was_noted_stays_one(office: Office, ask: Ask, clock: FixedClock) -> None:
    allocate.change(office, "employee", "budi", {"status": "suspended", "status_why": "cuti"}, BY)
    refused = ask()
    assert not refused.decision.accepted
    _noted(office, office.now_s, accepted=False, found=refused)
    then_s = office.now_s
    clock.advance(3 * HOUR_S)
    allocate.change(office, "employee", "budi", {"status": "active", "status_why": ""}, BY)
    found = ask(at_s=then_s)
    assert not found.decision.accepted
    assert found.decision.cause is Code.SUSPENDED
    assert [row.code for row in ask().refusals] == ["suspended"]


def test_programs_get_the_same_story(office: Office, ask: Ask) -> None:
    _session(office, Rate(5_000_000, 2_000_000))
    told = plain(ask(), ZONE, "en")
    assert (told["rate_down_bps"], told["cause"], told["basis"]) == (8_000_000, "ceiling_caps", "now")
    assert told["sessions"][0]["applied_bps"] == [5_000_000, 2_000_000]
    assert told["sessions"][0]["wanted_bps"] == [8_000_000, 2_000_000]
    assert [reason["code"] for reason in told["reasons"]][-1] == "quota_left"


@pytest.mark.parametrize("key", ["BUDI", "198609262015051001", "19860926 201505 1 001"])
def test_a_person_is_found_by_any_of_the_names(ask: Ask, key: str) -> None:
    assert ask(key=key).subscriber.username == "budi"


def test_nobody_is_named_with_a_remedy(ask: Ask) -> None:
    with pytest.raises(NotFound, match="employee list"):
        ask(key="siapa")
    with pytest.raises(NotFound, match="gw1, gw2"):
        ask(nas="gw9")


def test_it_is_decided_for_the_gateway_of_the_last_log_in_as_radius_does(office: Office, ask: Ask) -> None:
    """Behind one client stand many gateways: each has its own ceiling, and may take no rate while a session runs."""
    allocate.add(office, "opd", {"code": "MAL", "name": "Mal layanan", "ceiling": "3M/1M"}, BY)
    allocate.add(office, "site", {"name": "Mal", "opd": "MAL", "nas": "gw1", "match_gateway": "mal-1"}, BY)
    allocate.add(office, "schedule", {"key": "siang", "windows": "Siang: 00:00-23:00 9M/9M", "name": "Siang"}, BY)
    allocate.change(office, "plan", "staf", {"schedule": "siang"}, BY)
    with office.database.write() as connection:
        ensure_gateways(connection, {(1, "mal-1"): "10.0.0.1"}, office.now_s)
        connection.execute(schema.gateway.update().values(coa_rate_works=Ability.NO))
        row = DecisionRow(office.now_s, True, 1, "budi", 1, "mal-1", "", "active", "[]")
        write_records(connection, [row])
    found = ask()
    assert found.place is not None
    assert found.place.site is not None
    assert (found.place.site.name, found.place.gateway_rate_works) == ("Mal", Ability.NO)
    assert found.decision.rate == Rate(3_000_000, 1_000_000)
    assert found.decision.ends_at_s is not None
