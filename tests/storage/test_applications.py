"""The SIPA record: applications reported, followed step by step, similar ones found, and which offices are silent."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import date

import pytest

from netquota.domain.applications import Outcome, Progress, Reporting, Step, Taken
from netquota.domain.units import Rate
from netquota.errors import Conflict, InvalidValue, NotFound
from netquota.services import applications
from netquota.services.allocate import add, change, remove
from netquota.services.office import Author, Office
from netquota.storage import audit_store

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
        add(office, "opd", {"code": code, "name": code.title()}, RINA)
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
