"""The SIPA record: applications reported, followed step by step, similar ones found, and which offices are silent."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from netquota.clock import FixedClock
from netquota.domain.applications import Outcome, Progress, Reporting, Step, Taken
from netquota.domain.requests import RequestState, Wanted
from netquota.domain.units import Rate
from netquota.errors import Conflict, InvalidValue, NotFound
from netquota.services import applications
from netquota.services.allocate import add, change, get, remove
from netquota.services.bulk import take_back
from netquota.services.imports import applying, running
from netquota.services.office import Author, Office
from netquota.services.requests import Filing, file_request
from netquota.settings import Settings
from netquota.storage import application_store, audit_store, ceiling_grant_store, request_store
from netquota.storage.ceiling_grant_store import CeilingGrant
from netquota.storage.request_store import Request
from tests.storage.clock_city import City, turn

RINA = Author("rina", "rapat tinjauan")
DAY = date(2026, 7, 1)
SIAK = {
    "code": "SIAK", "name": "Sistem Informasi Administrasi Kependudukan", "opd": "DISDUKCAPIL",
    "function": "kartu keluarga, KTP", "users": "120", "need": "8M/4M", "task": "pelayanan kependudukan",
}  # fmt: skip
VERIFIED = Taken(Step.VERIFY, Outcome.SERVES_TASK, DAY, "rina")
ADVISED = Taken(Step.ADVISE, Outcome.ADVISED, DAY, "rina", "pakai satu akun")


@pytest.fixture
def city(office: Office) -> Office:
    for code in ("DISDUKCAPIL", "DINSOS", "DISDIK"):
        add(office, "opd", {"code": code, "name": code.title(), "ceiling": "60M/30M"}, RINA)
    add(office, "application", SIAK, RINA)
    return office


def test_reported_application_is_followed_to_its_share(city: Office) -> None:
    steps = [
        VERIFIED, ADVISED, Taken(Step.SOCIALISE, Outcome.HELD, DAY, "rina", "", "panduan.pdf"),
        Taken(Step.EVALUATE, Outcome.USED, DAY, "rina", users=90),
        Taken(Step.PROVIDE, Outcome.SHARE, DAY, "rina", rate=Rate(5_000_000, 2_000_000), review_on=date(2027, 1, 15)),
    ]  # fmt: skip
    for step in steps:
        found = applications.take_step(city, "SIAK", step, RINA)
    assert found.progress is Progress.DONE
    with city.database.read() as connection:
        read = applications.one_followed(city, connection, "SIAK")
        assert list(read.steps) == steps
        assert read.application.need == Rate(8_000_000, 4_000_000)
        newest = audit_store.entries(connection)[0]
    assert (newest.action, newest.kind, newest.key, newest.after["share"]) == ("step", "application", "SIAK", "5M/2M")


def test_step_that_cannot_follow_changes_nothing(city: Office) -> None:
    with pytest.raises(InvalidValue):
        applications.take_step(city, "SIAK", ADVISED, RINA)
    assert applications.take_step(city, "SIAK", VERIFIED, RINA, dry_run=True).next_step is Step.ADVISE
    with city.database.read() as connection:
        assert applications.one_followed(city, connection, "SIAK").steps == []


def test_unknown_application_is_told(city: Office) -> None:
    with pytest.raises(NotFound):
        applications.take_step(city, "SIKD", VERIFIED, RINA)


def test_other_offices_with_the_same_function_are_shown(city: Office) -> None:
    add(city, "application", SIAK | {"code": "E-KTP", "opd": "DINSOS", "name": "Administrasi Kependudukan"}, RINA)
    add(city, "application", SIAK | {"code": "ABSEN", "opd": "DISDIK", "name": "Absensi", "function": "hadir"}, RINA)
    with city.database.read() as connection:
        found = applications.one_followed(city, connection, "SIAK").similar
    assert [(permille, other.code, other.opd) for permille, other in found] == [(1000, "E-KTP", "DINSOS")]


def test_board_tells_who_reported_who_has_none_and_who_is_silent(city: Office) -> None:
    applications.declare_none(city, "DINSOS", RINA)
    with city.database.read() as connection:
        found = applications.board(city, connection)
    assert [(one.record.code, one.reporting) for one in found.offices] == [
        ("DINSOS", Reporting.NONE), ("DISDIK", Reporting.SILENT), ("DISDUKCAPIL", Reporting.REPORTED),
    ]  # fmt: skip
    assert found.offices[2].record.need == Rate(8_000_000, 4_000_000)
    assert found.count == {Reporting.REPORTED: 1, Reporting.NONE: 1, Reporting.SILENT: 1}


def test_declaration_can_be_taken_back_and_needs_that_there_are_none(city: Office) -> None:
    with pytest.raises(Conflict):
        applications.declare_none(city, "DISDUKCAPIL", RINA)
    applications.declare_none(city, "DINSOS", RINA)
    applications.declare_none(city, "DINSOS", RINA)  # twice is once
    applications.withdraw_none(city, "DINSOS", RINA)
    with pytest.raises(NotFound):
        applications.withdraw_none(city, "DINSOS", RINA)
    with city.database.read() as connection:
        assert applications.board(city, connection).count[Reporting.SILENT] == 2


def test_removed_application_takes_its_steps_along_and_an_office_with_some_stays(city: Office) -> None:
    applications.take_step(city, "SIAK", VERIFIED, RINA)
    with pytest.raises(Conflict):
        remove(city, "opd", "DISDUKCAPIL", RINA)
    remove(city, "application", "SIAK", RINA)
    with city.database.read() as connection:
        assert applications.followed(city, connection) == []
    remove(city, "opd", "DISDUKCAPIL", RINA)


def test_changed_report_of_a_returned_application_is_verified_anew(city: Office) -> None:
    returned = replace(VERIFIED, outcome=Outcome.DUPLICATE, note="sama dengan E-KTP")
    assert applications.take_step(city, "SIAK", returned, RINA).progress is Progress.RETURNED
    change(city, "application", "SIAK", {"function": "akta kelahiran"}, RINA)
    assert applications.take_step(city, "SIAK", VERIFIED, RINA).next_step is Step.ADVISE


def test_two_steps_at_once_both_count_in_some_order(city: Office) -> None:
    """Of two who verify and advise at once, the second is judged on what the first left."""
    applications.take_step(city, "SIAK", VERIFIED, RINA)
    ends: list[str] = []

    def take() -> None:
        applications.take_step(city, "SIAK", ADVISED, RINA)
        ends.append("advised")

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert ends == ["advised"] * 4
    with city.database.read() as connection:
        assert len(applications.one_followed(city, connection, "SIAK").steps) == 5
        assert audit_store.verify(connection) == []


# -- the step provide ---------------------------------------------------------------------------------------------

SHARE = Taken(
    Step.PROVIDE, Outcome.SHARE, DAY, "rina", rate=Rate(5_000_000, 2_000_000), review_on=date(2027, 1, 15)
)  # fmt: skip
WALK = (
    VERIFIED, ADVISED, Taken(Step.SOCIALISE, Outcome.HELD, DAY, "rina", "", "panduan.pdf"),
    Taken(Step.EVALUATE, Outcome.USED, DAY, "rina", users=90),
)  # fmt: skip


@pytest.fixture
def walked(city: Office) -> Office:
    """SIAK is to be provided for next."""
    for step in WALK:
        applications.take_step(city, "SIAK", step, RINA)
    return city


def ceiling(office: Office, code: str = "DISDUKCAPIL") -> str:
    return get(office, "opd", code).values["ceiling"]


def shares(office: Office) -> list[CeilingGrant]:
    with office.database.read() as connection:
        return list(applications.one_followed(office, connection, "SIAK").shares)


def grants(office: Office) -> list[CeilingGrant]:
    with office.database.read() as connection:
        return ceiling_grant_store.grants(connection)


def passed(office: Office) -> list[Request]:
    with office.database.read() as connection:
        return request_store.requests(connection)


@pytest.fixture
def turned(walked: Office, clock: FixedClock, tmp_path: Path) -> Callable[[], object]:
    """Lets the scheduler do what is due."""
    return lambda: turn(City(walked, clock, Settings(state_dir=tmp_path)).scheduler())


def test_a_share_stands_in_the_ceiling_under_the_applications_name(walked: Office) -> None:
    applications.take_step(walked, "SIAK", SHARE, Author("rina", "loket kelurahan"), dry_run=True)
    assert (ceiling(walked), shares(walked)) == ("60M/30M", [])
    applications.take_step(walked, "SIAK", SHARE, Author("rina", "loket kelurahan"))
    assert ceiling(walked) == "65M/32M"
    (share,) = shares(walked)
    assert (share.origin, share.why, share.until_s) == ("application SIAK", "SIAK: loket kelurahan", None)
    assert (share.review_on, share.is_in_force) == (date(2027, 1, 15), True)


def test_another_share_takes_the_place_of_the_one_before(walked: Office) -> None:
    applications.take_step(walked, "SIAK", SHARE, RINA)
    applications.take_step(walked, "SIAK", replace(SHARE, rate=Rate(9_000_000, 3_000_000)), RINA)
    assert ceiling(walked) == "69M/33M"
    assert [share.ended_s is None for share in shares(walked)] == [True, False]
    applications.take_step(walked, "SIAK", Taken(Step.PROVIDE, Outcome.NO_NEED, DAY, "rina"), RINA)
    assert ceiling(walked) == "60M/30M"


def test_a_dated_share_returns_by_itself(
    walked: Office, clock: FixedClock, turned: Callable[[], object]
) -> None:  # fmt: skip
    applications.take_step(walked, "SIAK", replace(SHARE, until=date(2026, 11, 25)), RINA)
    change(walked, "opd", "DISDUKCAPIL", {"ceiling": "85M/42M"}, RINA)  # by hand meanwhile
    clock.advance(86_400)
    turned()
    assert ceiling(walked) == "85M/42M"  # its last day
    clock.advance(86_400)
    turned()
    assert ceiling(walked) == "80M/40M"
    assert shares(walked)[0].ended_s == walked.now_s


@pytest.mark.parametrize(
    ("step", "field"),
    [
        (replace(SHARE, until=date(2026, 11, 23)), "until"),
        (Taken(Step.PROVIDE, Outcome.SHARE, DAY, "rina", review_on=date(2027, 1, 1)), "rate"),
        (replace(SHARE, review_on=None), "review_on"),
    ],
)
def test_a_share_that_cannot_be_given_is_not_noted(walked: Office, step: Taken, field: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        applications.take_step(walked, "SIAK", step, RINA)
    assert caught.value.field == field
    assert (ceiling(walked), shares(walked)) == ("60M/30M", [])


def test_an_office_without_a_ceiling_has_nothing_to_add_to(walked: Office) -> None:
    change(walked, "opd", "DISDUKCAPIL", {"ceiling": ""}, RINA)
    with pytest.raises(InvalidValue) as caught:
        applications.take_step(walked, "SIAK", SHARE, RINA)
    assert caught.value.field == "ceiling"
    with walked.database.read() as connection:
        assert applications.one_followed(walked, connection, "SIAK").standing.next_step is Step.PROVIDE


def test_it_goes_to_the_budget_plan_as_one_request_that_names_it(walked: Office) -> None:
    budget = Taken(Step.PROVIDE, Outcome.BUDGET, DAY, "rina", "tautan penuh")
    applications.take_step(walked, "SIAK", budget, RINA)
    applications.take_step(walked, "SIAK", budget, RINA)
    (request,) = passed(walked)
    assert (request.state, request.application, request.opd) == (RequestState.BUDGET, "SIAK", "DISDUKCAPIL")
    assert request.wanted == Rate(8_000_000, 4_000_000)  # what was reported
    assert ceiling(walked) == "60M/30M"


def test_the_request_that_waits_goes_to_the_budget_plan_instead_of_a_new_one(walked: Office) -> None:
    filing = Filing("DISDUKCAPIL", Wanted(Rate(20_000_000, 5_000_000)), "antrean", application="SIAK")
    filed = file_request(walked, filing, RINA)
    applications.take_step(walked, "SIAK", Taken(Step.PROVIDE, Outcome.BUDGET, DAY, "rina"), RINA)
    assert [(one.number, one.state) for one in passed(walked)] == [(filed.number, RequestState.BUDGET)]


def test_more_or_another_year_is_another_request_in_the_budget_plan(walked: Office, clock: FixedClock) -> None:
    def pass_on(rate: Rate | None = None) -> int:
        """How many requests there are then."""
        applications.take_step(walked, "SIAK", Taken(Step.PROVIDE, Outcome.BUDGET, DAY, "rina", rate=rate), RINA)
        return len(passed(walked))

    assert [pass_on(), pass_on(Rate(8_000_000, 4_000_000)), pass_on()] == [1, 1, 1]
    assert [pass_on(Rate(20_000_000, 5_000_000)), pass_on(), pass_on(Rate(20_000_000, 5_000_000))] == [2, 2, 2]
    change(walked, "application", "SIAK", {"need": "30M/4M"}, RINA)
    assert [pass_on(), pass_on()] == [3, 3]
    clock.advance(60 * 86_400)  # January
    assert [pass_on(), pass_on()] == [4, 4]
    assert passed(walked)[0].wanted == Rate(30_000_000, 4_000_000)


def test_without_a_reported_need_the_budget_plan_has_to_be_told_how_much(walked: Office) -> None:
    change(walked, "application", "SIAK", {"need": ""}, RINA)
    with pytest.raises(InvalidValue) as caught:
        applications.take_step(walked, "SIAK", Taken(Step.PROVIDE, Outcome.BUDGET, DAY, "rina"), RINA)
    assert caught.value.field == "rate"


def test_the_share_goes_with_its_application(walked: Office, turned: Callable[[], object]) -> None:
    applications.take_step(walked, "SIAK", SHARE, RINA)
    change(walked, "application", "SIAK", {"code": "SIAK-2"}, RINA)
    with walked.database.read() as connection:
        found = applications.one_followed(walked, connection, "SIAK-2")
    assert [(share.is_in_force, share.opd) for share in found.shares] == [(True, "DISDUKCAPIL")]
    remove(walked, "application", "SIAK-2", RINA)
    turned()
    assert ceiling(walked) == "60M/30M"


def test_a_share_of_a_day_to_come_takes_the_place_of_the_one_before_on_that_day(
    walked: Office, clock: FixedClock, turned: Callable[[], object]
) -> None:
    def later(days: int) -> str:
        clock.advance(days * 86_400)
        turned()
        return ceiling(walked)

    assert walked.today == date(2026, 11, 24)
    applications.take_step(walked, "SIAK", SHARE, RINA)
    more = replace(SHARE, on=date(2026, 11, 26), rate=Rate(9_000_000, 3_000_000))
    applications.take_step(walked, "SIAK", more, RINA)
    assert [(share.is_in_force, share.ended_s) for share in shares(walked)] == [(False, None), (True, None)]
    assert [later(0), later(1), later(1)] == ["65M/32M", "65M/32M", "69M/33M"]
    assert [share.is_in_force for share in shares(walked)] == [True, False]
    applications.take_step(walked, "SIAK", replace(more, on=date(2026, 11, 28)), RINA)
    none = Taken(Step.PROVIDE, Outcome.NO_NEED, date(2026, 11, 27), "rina")
    applications.take_step(walked, "SIAK", none, RINA)
    assert [later(0), later(1), later(1)] == ["69M/33M", "60M/30M", "60M/30M"]


def test_another_application_of_the_same_code_has_shares_of_its_own(walked: Office, clock: FixedClock) -> None:
    applications.take_step(walked, "SIAK", SHARE, RINA)
    applications.take_step(walked, "SIAK", SHARE, RINA)
    change(walked, "application", "SIAK", {"code": "SIAK-2"}, RINA)
    remove(walked, "application", "SIAK-2", RINA)
    add(walked, "application", SIAK | {"code": "SIAK-2", "opd": "DINSOS"}, RINA)
    with walked.database.read() as connection:
        assert applications.one_followed(walked, connection, "SIAK-2").shares == []
    clock.advance(3600)
    add(walked, "application", SIAK, RINA)
    remove(walked, "application", "SIAK-2", RINA)
    change(walked, "application", "SIAK", {"code": "SIAK-2"}, RINA)
    with walked.database.read() as connection:
        assert applications.one_followed(walked, connection, "SIAK-2").shares == []
    change(walked, "application", "SIAK-2", {"code": "SIAK-3"}, RINA)
    assert {share.origin for share in grants(walked)} == {"application SIAK-2"}
    with walked.database.read() as connection:
        assert applications.one_followed(walked, connection, "SIAK-3").shares == []


def test_another_office_and_the_way_back_tell_what_becomes_of_the_share(walked: Office) -> None:
    applications.take_step(walked, "SIAK", SHARE, RINA)
    ends = "SIAK: its share of 5M/2M in the ceiling of DISDUKCAPIL ends; "
    (told,) = change(walked, "application", "SIAK", {"opd": "DINSOS"}, RINA, dry_run=True).warnings
    assert told.startswith(ends)
    assert change(walked, "application", "SIAK", {"opd": "DINSOS"}, RINA).warnings == (told,)
    with walked.database.read() as connection:
        entry = audit_store.entries(connection, limit=1)[0]
    gone = "SIAK: the share of 5M/2M that it had in the ceiling of DISDUKCAPIL does not come back; "
    (told,) = take_back(walked, entry.id, RINA).warnings
    assert told.startswith(gone)
    applications.take_step(walked, "SIAK", SHARE, RINA)
    applications.take_step(walked, "SIAK", Taken(Step.PROVIDE, Outcome.NO_NEED, DAY, "rina"), RINA)
    assert change(walked, "application", "SIAK", {"opd": "DINSOS"}, RINA).warnings == ()  # it had none any more
    assert change(walked, "application", "SIAK", {"opd": "DISDUKCAPIL"}, RINA).warnings == ()  # ended on purpose


def imported(office: Office, rows: str) -> int:
    """A list of applications is applied; the import's number."""
    run_id = running.upload(office, "application", "daftar.csv", f"code,name,opd,function\n{rows}\n".encode(), RINA)
    running.applied(office, running.opened(office, run_id, "rina"), 31, RINA)
    return run_id


def test_the_share_ends_when_a_list_gives_its_application_to_another_office(
    walked: Office, turned: Callable[[], object]
) -> None:
    applications.take_step(walked, "SIAK", SHARE, RINA)
    imported(walked, f"SIAK,{SIAK['name']} Kota,DISDUKCAPIL,KTP")
    turned()
    assert ceiling(walked) == "65M/32M"  # another name is no other office
    imported(walked, f"SIAK,{SIAK['name']},DINSOS,KTP")
    turned()
    assert (ceiling(walked), ceiling(walked, "DINSOS")) == ("60M/30M", "60M/30M")
    assert [share.ended_s for share in grants(walked)] == [walked.now_s]


def test_the_share_ends_when_the_import_of_its_application_is_taken_back(
    city: Office, turned: Callable[[], object]
) -> None:
    moved, fresh = imported(city, "SIAK,SIAK,DINSOS,KTP"), imported(city, "BARU,Baru,DINSOS,absen")
    for code in ("SIAK", "BARU"):
        for step in (*(() if code == "SIAK" else WALK), SHARE):
            applications.take_step(city, code, step, RINA)
    assert ceiling(city, "DINSOS") == "70M/34M"
    applying.undo(city, fresh, RINA)
    turned()
    assert ceiling(city, "DINSOS") == "65M/32M"
    applying.undo(city, moved, RINA)
    turned()
    assert ceiling(city, "DINSOS") == "60M/30M"
    assert all(share.ended_s is not None for share in grants(city))


def test_a_review_is_due_on_its_day_until_it_is_provided_for_again(walked: Office) -> None:
    def due(day: date) -> list[str]:
        with walked.database.read() as connection:
            return [code for code, _since in application_store.reviews_due(connection, day)]

    assert due(date(2027, 12, 1)) == []
    applications.take_step(walked, "SIAK", SHARE, RINA)
    assert (due(date(2027, 1, 14)), due(date(2027, 1, 15))) == ([], ["SIAK"])
    applications.take_step(walked, "SIAK", replace(WALK[3], users=70), RINA)
    assert due(date(2027, 1, 15)) == ["SIAK"]  # looked at, not yet decided
    applications.take_step(walked, "SIAK", replace(SHARE, review_on=date(2027, 7, 1)), RINA)
    assert due(date(2027, 1, 15)) == []
    applications.take_step(walked, "SIAK", VERIFIED, RINA)
    assert due(date(2028, 1, 1)) == []


def test_of_two_who_provide_at_once_one_share_stands(walked: Office) -> None:
    threads = [threading.Thread(target=applications.take_step, args=(walked, "SIAK", SHARE, RINA)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert ceiling(walked) == "65M/32M"
    assert sum(share.ended_s is None for share in shares(walked)) == 1
