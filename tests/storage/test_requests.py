"""Requests: filed under their own numbers, weighed beside what was measured, decided once, given and taken back."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from cryptography.fernet import Fernet

from netquota.clock import FixedClock
from netquota.domain.notices import Channel
from netquota.domain.requests import Advice, RequestState, Wanted
from netquota.domain.scope import Scope
from netquota.domain.units import Rate
from netquota.errors import Conflict, InvalidValue, NotFound
from netquota.secrets import Keyring
from netquota.services import requests
from netquota.services.allocate import add, change, get
from netquota.services.changes import AfterChange
from netquota.services.notice_addressing import address_all, address_book
from netquota.services.notice_templates import Templates
from netquota.services.notice_values import CityWords, values_of
from netquota.services.office import Author, Office
from netquota.services.requests import Filing, Given
from netquota.settings import Settings
from netquota.storage import audit_store, notice_store, request_store, schema
from netquota.storage.request_store import Request
from tests.storage.books_city import MB, NOON, WIB, City, Plain

M = 1_000_000
BIN_S = 300
BUDI, RINA, HEAD = Author("budi", ""), Author("rina", "layak, batas sering penuh"), Author("kepala", "setuju")
MORE = Filing("DINKES", Wanted(Rate(20 * M, 10 * M), until=date(2026, 12, 31)), "imunisasi daring sampai akhir tahun")


@pytest.fixture
def office(city: City) -> Office:
    clock = FixedClock(datetime.fromtimestamp(NOON, UTC))
    made = Office(city.database, Keyring([Fernet.generate_key()]), clock, WIB, AfterChange(Plain(), WIB, 128_000))
    change(made, "opd", "DINKES", {"ceiling": "60M/30M"}, RINA)
    return made


def approve(office: Office, city: City, number: str, by: Author = RINA, **more: object) -> Request:
    given = more.pop("given", Given())
    return requests.approve(office, city.policy, number, given, by, **more)  # type: ignore[arg-type]


def ceiling(office: Office) -> str:
    return get(office, "opd", "DINKES").values["ceiling"]


def test_a_lasting_approval_raises_the_ceiling_and_is_told(office: Office, city: City) -> None:
    filed = requests.file_request(office, replace(MORE, wanted=Wanted(Rate(20 * M, 10 * M))), BUDI)
    assert filed.number == "P-2026-001"
    done = approve(office, city, filed.number)
    assert (done.state, done.decided_by, done.decision) == (RequestState.APPROVED, "rina", RINA.why)
    assert ceiling(office) == "80M/40M"
    with city.database.read() as connection:
        told = [(one.action, one.key) for one in audit_store.entries(connection, limit=3)]
        assert audit_store.verify(connection) == []
    assert told == [("approved", "P-2026-001"), ("change", "DINKES"), ("request", "P-2026-001")]


def test_less_can_be_given_than_was_asked(office: Office, city: City) -> None:
    number = requests.file_request(office, MORE, BUDI).number
    given = Given(Rate(5 * M, 5 * M), until=date(2026, 12, 1))
    done = approve(office, city, number, given=given)
    assert (done.wanted, done.until) == (Rate(5 * M, 5 * M), date(2026, 12, 1))
    assert ceiling(office) == "65M/35M"


def test_over_a_set_size_the_head_decides(office: Office, city: City) -> None:
    number = requests.file_request(office, MORE, BUDI).number
    waiting = approve(office, city, number, head_above=Rate(10 * M, 10 * M))
    assert waiting.state is RequestState.WAITS_FOR_HEAD
    assert ceiling(office) == "60M/30M"
    with pytest.raises(Conflict):  # again by the same: it waits already
        approve(office, city, number, head_above=Rate(10 * M, 10 * M))
    done = approve(office, city, number, HEAD, head_above=Rate(10 * M, 10 * M), is_head=True)
    assert (done.state, done.decided_by) == (RequestState.APPROVED, "kepala")
    assert ceiling(office) == "80M/40M"


def test_what_was_measured_is_frozen_beside_the_request(office: Office, city: City) -> None:
    """A fortnight of full office hours: at the limit, so it is needed, whatever is measured later."""
    bins = [(NOON - day * 86400 - NOON % BIN_S, 60 * M // 8 * BIN_S, MB) for day in range(1, 15)]
    with city.database.write() as connection:
        connection.execute(
            schema.usage_sample.insert(),
            [
                {"kind": 2, "subject_id": city.ids["site"], "bin_s": at + step * BIN_S, "down": down, "up": up}
                for at, down, up in bins
                for step in range(-24, 24)
            ],
        )
    number = requests.file_request(office, MORE, BUDI).number
    city.change(schema.opd, "opd", weight=1)  # the policy at hand knows the ceiling
    done = requests.assess(office, city.policy, number, "batas penuh tiap siang", RINA)
    figures = requests.figures_of(done)
    assert figures is not None
    assert figures.p95_down_bps == 60 * M
    assert figures.ceiling == Rate(60 * M, 30 * M)
    assert requests.advice_on(replace(done, figures=done.figures)) in set(Advice)
    assert (done.state, done.assessed_by) == (RequestState.ASSESSED, "rina")


@pytest.mark.parametrize("act", [requests.refuse, requests.to_budget])
def test_a_decision_needs_a_reason_and_is_made_once(office: Office, act: object) -> None:
    number = requests.file_request(office, MORE, BUDI).number
    with pytest.raises(InvalidValue):
        act(office, number, BUDI)  # type: ignore[operator]
    act(office, number, RINA)  # type: ignore[operator]
    with pytest.raises(Conflict):
        act(office, number, RINA)  # type: ignore[operator]
    assert ceiling(office) == "60M/30M"


def test_a_person_gets_a_rate_or_octets_of_his_own(office: Office, city: City) -> None:
    ask = Filing("DINKES", Wanted(Rate(20 * M, 5 * M), until=date(2026, 12, 1)), "unggah rekam medis", "siti")
    number = requests.file_request(office, ask, Author("siti")).number
    approve(office, city, number)
    values = get(office, "employee", "siti").values
    assert values["override"] == "20M/5M"
    assert values["override_until"] == "2026-12-02 00:00"  # the end of that local day
    assert number in values["override_why"]
    ask = Filing("DINKES", Wanted(octets=50 * MB), "rapat daring", "siti")
    number = requests.file_request(office, ask, Author("siti")).number
    approve(office, city, number, given=Given(quota="harian"))
    with city.database.read() as connection:
        assert audit_store.entries(connection, limit=2)[1].action == "grant"


def test_an_operator_sees_and_files_for_his_own_office_alone(office: Office) -> None:
    number = requests.file_request(office, MORE, BUDI).number
    elsewhere = replace(office, scope=Scope(frozenset({999})))
    with pytest.raises(NotFound):
        requests.withdraw(elsewhere, number, BUDI)
    with pytest.raises(NotFound):
        requests.file_request(elsewhere, MORE, BUDI)


def test_a_request_names_an_application_of_its_own_office(office: Office) -> None:
    add(office, "application", {"code": "SIMPUS", "name": "Simpus", "opd": "DINKES", "function": "rekam medis"}, RINA)
    filed = requests.file_request(office, replace(MORE, application="SIMPUS"), BUDI)
    assert filed.application == "SIMPUS"
    with pytest.raises(InvalidValue):
        requests.file_request(office, replace(MORE, application="SIAK"), BUDI)


def test_what_changed_since_it_was_seen_is_not_decided(office: Office, city: City) -> None:
    filed = requests.file_request(office, MORE, BUDI)
    assessed = requests.assess(office, city.policy, filed.number, "", RINA, seen=filed.version)
    for act in (requests.refuse, requests.to_budget, requests.withdraw):
        with pytest.raises(Conflict):
            act(office, filed.number, RINA, seen=filed.version)
    with pytest.raises(Conflict):
        approve(office, city, filed.number, seen=filed.version)
    assert approve(office, city, filed.number, seen=assessed.version).state is RequestState.APPROVED


def test_requests_out_of_scope_take_no_place_in_a_list(office: Office) -> None:
    add(office, "opd", {"code": "LAIN", "name": "Lain"}, RINA)
    mine = requests.file_request(office, MORE, BUDI)
    requests.file_request(office, replace(MORE, opd="LAIN"), BUDI)
    with office.database.read() as connection:
        found = request_store.requests(connection, most=1, scope=Scope(frozenset({mine.opd_id})))
        assert [one.number for one in found] == [mine.number]
        assert request_store.requests(connection, scope=Scope(frozenset())) == []
        assert [one.number for one in request_store.requests(connection, before_id=2)] == [mine.number]


def test_many_at_once_get_numbers_of_their_own(office: Office) -> None:
    numbers: list[str] = []

    def file() -> None:
        numbers.append(requests.file_request(office, MORE, BUDI).number)

    threads = [threading.Thread(target=file) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(numbers) == [f"P-2026-{count:03}" for count in range(1, 7)]
    with office.database.read() as connection:
        assert len(request_store.requests(connection, states=frozenset({RequestState.NEW}))) == 6


def test_two_who_decide_at_once_decide_once(office: Office, city: City) -> None:
    number = requests.file_request(office, MORE, BUDI).number
    ends: list[str] = []

    def decide() -> None:
        try:
            approve(office, city, number)
            ends.append("approved")
        except Conflict:
            ends.append("conflict")

    threads = [threading.Thread(target=decide) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(ends) == ["approved", "conflict", "conflict", "conflict"]
    assert ceiling(office) == "80M/40M"


# -- told to the office ----------------------------------------------------------------------------------------------
def told(office: Office, language: str = "id") -> list[tuple[int, str]]:
    """(office, words without half-empty lines) of each notice, oldest first."""
    words, found = CityWords("Kota", "", "https://netquota.kota.go.id", WIB), list[tuple[int, str]]()
    with office.database.read() as connection:
        for each in notice_store.unaddressed(connection):
            values = values_of(each.topic, each.facts, language, words) | {"opd": "DINKES"}
            text = Templates().text(each.topic, language, values)
            found.append((int(str(each.facts["subject_id"])), f"{text.subject}\n{text.body}".replace("\xa0", " ")))
    return found


def test_what_was_decided_is_told_to_the_operators_of_that_office(office: Office, city: City) -> None:
    number = requests.file_request(office, MORE, BUDI).number
    requests.assess(office, city.policy, number, "", RINA)
    approve(office, city, number, head_above=Rate(10 * M, 10 * M))
    assert told(office) == [], "nothing is decided yet"
    approve(office, city, number, HEAD, given=Given(Rate(5 * M, 5 * M)), is_head=True)
    ((opd_id, text),) = told(office)
    assert opd_id == city.ids["opd"]
    assert text.startswith(f"Permintaan {number} dari DINKES: disetujui\n")
    for line in ("Besarnya: 5 / 5 Mbit/s", "Sampai akhir hari 31 Desember 2026.", "Alasannya: setuju"):
        assert line in text, "what is given, not what was asked"
    assert "Diajukan oleh" not in text
    assert f"https://netquota.kota.go.id/requests/{number}" in text


@pytest.mark.parametrize(("act", "outcome"), [(requests.refuse, "refused"), (requests.to_budget, "in the budget plan")])
def test_a_refusal_is_told_with_its_reason_and_whose_it_was(office: Office, act: object, outcome: str) -> None:
    ask = Filing("DINKES", Wanted(octets=50 * MB), "rapat daring", "siti")
    number = requests.file_request(office, ask, Author("siti")).number
    act(office, number, Author("rina", "pakai {kuota}\nbersama"))  # type: ignore[operator]
    ((_, text),) = told(office, "en")
    assert text.startswith(f"Request {number} of DINKES: {outcome}\n")
    assert "How much: 50 MB" in text
    assert "pakai {kuota}" in text
    assert "Asked for by: " in text
    assert "Until the end of" not in text


def test_a_decision_that_fails_and_a_request_taken_back_tell_nobody(office: Office, city: City) -> None:
    number = requests.file_request(office, MORE, BUDI).number
    with pytest.raises(InvalidValue):
        approve(office, city, number, given=Given(until=date(2020, 1, 1)))
    requests.withdraw(office, number, BUDI)
    assert told(office) == []


def test_each_decision_is_sent_once_and_to_those_operators_alone(office: Office, city: City) -> None:
    number = requests.file_request(office, MORE, BUDI).number
    requests.refuse(office, number, RINA)
    mine = replace(MORE, reason="lagi")
    requests.refuse(office, requests.file_request(office, mine, BUDI).number, RINA)
    with office.database.write() as connection:
        for name, role in (("hendra", "opd_operator"), ("wati", "network_admin"), ("dewi", "opd_operator")):
            row = schema.admin.insert().values(
                username=name, name=name, role=role, mail=f"{name}@kota.go.id", password_hash="x"
            )
            made = connection.execute(row).inserted_primary_key
            assert made is not None
            if name == "hendra":
                theirs = {"admin_id": made[0], "position": 1, "opd_id": city.ids["opd"]}
                connection.execute(schema.admin_opd.insert().values(theirs))
        book = address_book(Settings.model_validate({"notices": {"mail_from": "n@kota.go.id"}}), [Channel.MAIL])
        assert address_all(connection, book, office.now_s) == 2
        found, _ = notice_store.deliveries(connection, notice_store.DeliveryFilter(size=10))
        assert {each.to.to for each in found} == {"hendra@kota.go.id"}
