"""An assessment round over a city with half a year of use: measured, adjusted, answered, concluded, drafted, closed."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from shutil import copyfile
from zoneinfo import ZoneInfo

import pytest

from netquota.clock import FixedClock
from netquota.domain.requests import RequestState, Wanted
from netquota.domain.rounds import Conclusion, Ground, Move, Reply, RoundState
from netquota.domain.scope import Scope
from netquota.domain.units import Rate
from netquota.errors import Conflict, InvalidValue, NotFound
from netquota.secrets import Keyring
from netquota.services import drafts, requests, rounds
from netquota.services.allocate import add, change, get
from netquota.services.ceilings import end_grant, grant_ceiling
from netquota.services.facts import Policy
from netquota.services.office import Author, Office
from netquota.services.planning import tasks
from netquota.services.planning.assessing import assessing
from netquota.services.requests import Filing
from netquota.services.rounds import Opened
from netquota.storage import audit_store, notice_store, plan_store, request_store, round_store, rows
from netquota.storage.database import Connection, open_database
from netquota.storage.policy_store import load_snapshot
from netquota.storage.round_store import Line
from tests.conftest import MORNING

M = 1_000_000
RINA = Author("rina", "tinjauan semester")
SECOND_HALF = Opened("Tinjauan semester II", date(2026, 9, 1), date(2026, 11, 20), date(2026, 12, 10))


@pytest.fixture
def office(tmp_path: Path, planned_file: Path, keyring: Keyring) -> Iterator[Office]:
    path = tmp_path / "netquota.sqlite"
    copyfile(planned_file, path)
    database = open_database(f"sqlite:///{path}")
    made = Office(database, keyring, FixedClock(MORNING), ZoneInfo("Asia/Jakarta"))
    change(made, "opd", "DISHUB", {"ceiling": "100M/50M"}, RINA)  # far more than it uses
    change(made, "link", "Tautan Balai Kota", {"capacity": "60M/30M"}, RINA)
    yield made
    database.dispose()


def measured(office: Office, wanted: Opened = SECOND_HALF) -> int:
    """The number of a round that the planning process has measured."""
    number = rounds.begin(office, wanted, RINA)
    work(office)
    return number


def work(office: Office) -> None:
    def policy(connection: Connection) -> Policy:
        return Policy.of(load_snapshot(connection, office.secrets, office.zone), 256_000)

    tasks.work(office.database, office.clock, {plan_store.ASSESS: assessing(office, policy)})


def task_state(office: Office, number: int) -> str:
    with office.database.read() as connection:
        task = plan_store.newest_task(connection, plan_store.ASSESS, str(number))
    return "" if task is None else task.state


def line(office: Office, number: int, code: str) -> Line:
    return next(each for each in rounds.opened(office, number).lines if each.opd == code)


def of_opd(office: Office, code: str) -> Office:
    """The desk of an office's operator."""
    with office.database.read() as connection:
        row = rows.find(connection, "opd", ("code",), code)
    assert row is not None
    return replace(office, scope=Scope(frozenset({int(row["id"])})))


def test_every_office_is_measured_and_gets_a_proposal(office: Office) -> None:
    add(office, "opd", {"code": "BKAD", "name": "Badan Keuangan"}, RINA)
    add(office, "application", {"code": "SIAK", "name": "SIAK", "opd": "DISDUKCAPIL", "function": "KTP",
                                "need": "30M/10M"}, RINA)  # fmt: skip
    requests.file_request(office, Filing("DISDUKCAPIL", Wanted(Rate(20 * M, 10 * M)), "antrean"), RINA)
    number = measured(office)
    found = rounds.opened(office, number)
    assert (found.round.state, found.round.measured_s) == (RoundState.PREPARED, office.now_s)
    assert [each.opd for each in found.lines] == ["BKAD", "DISDUKCAPIL", "DISHUB", "DPMPTSP"]
    busy, calm, empty = (line(office, number, code) for code in ("DISDUKCAPIL", "DISHUB", "BKAD"))
    assert busy.use.ceiling == Rate(50 * M, 25 * M)
    assert busy.use.p95_down_bps is not None and busy.use.p95_down_bps > 40 * M  # noqa: PT018
    assert busy.use.at_limit_permille is not None and busy.use.at_limit_permille > 10  # noqa: PT018
    assert (busy.use.applications, busy.use.needed_down_bps) == (1, 30 * M)
    assert (busy.use.requests, busy.use.asked_down_bps) == (("P-2026-001",), 20 * M)
    assert busy.proposal.ground in {Ground.AT_LIMIT, Ground.NO_MORE}
    assert (calm.proposal.move, calm.proposal.ground) == (Move.LOWER, Ground.ROOM)
    assert (calm.use.share, calm.rate) == (Rate(60 * M, 30 * M), Rate(60 * M, 30 * M))  # all that its link has
    assert (empty.proposal.ground, empty.rate) == (Ground.UNLIMITED, None)


def test_what_cannot_be_measured_is_told(office: Office) -> None:
    for wanted, field in (
        (replace(SECOND_HALF, name=" "), "name"), (replace(SECOND_HALF, last=date(2026, 8, 1)), "last"),
        (replace(SECOND_HALF, first=date(2025, 9, 1)), "first"), (replace(SECOND_HALF, last=office.today), "last"),
        (replace(SECOND_HALF, due=date(2026, 11, 1)), "due"),
    ):  # fmt: skip
        with pytest.raises(InvalidValue) as caught:
            rounds.begin(office, wanted, RINA)
        assert caught.value.field == field
    assert rounds.listing(office) == []


def test_a_time_without_data_proposes_nothing(office: Office) -> None:
    number = measured(office, replace(SECOND_HALF, first=date(2026, 1, 1), last=date(2026, 2, 1)))
    found = rounds.opened(office, number)
    assert {each.proposal.ground for each in found.lines} == {Ground.THIN}
    assert {each.move for each in found.lines} == {Move.KEEP}


def test_an_adjusted_proposal_needs_a_reason_and_a_new_conclusion(office: Office) -> None:
    number = measured(office)
    rounds.conclude(office, number, "DISHUB", Conclusion.CHANGED, RINA)
    with pytest.raises(InvalidValue):
        rounds.adjust(office, number, "DISHUB", Rate(35 * M, 15 * M), Author("rina"))
    found = rounds.adjust(office, number, "DISHUB", Rate(145 * M, 20 * M), Author("rina", "terminal baru"))
    assert (found.move, found.rate, found.adjusted_why) == (Move.RAISE, Rate(145 * M, 20 * M), "terminal baru")
    assert found.conclusion is None
    back = rounds.adjust(office, number, "DISHUB", None, RINA)
    assert (back.rate, back.adjusted) == (back.proposal.rate, None)
    with pytest.raises(NotFound):
        rounds.adjust(office, number, "DINKES", Rate(M, M), RINA)


def test_an_office_sees_its_own_sheet_once_it_was_sent_and_answers(office: Office) -> None:
    number = measured(office)
    theirs = of_opd(office, "DISHUB")
    assert rounds.listing(theirs) == []
    with pytest.raises(NotFound):
        rounds.opened(theirs, number)
    with pytest.raises(NotFound):
        rounds.answer(theirs, number, "DISHUB", Reply.AGREES, "", Author("dodi"))
    assert rounds.send(office, number, RINA) == 3
    assert [each.opd for each in rounds.opened(theirs, number).lines] == ["DISHUB"]
    assert rounds.listing(theirs)[0][1].lines == 1
    with pytest.raises(InvalidValue):
        rounds.answer(theirs, number, "DISHUB", Reply.REMARKS, " ", Author("dodi"))
    with pytest.raises(NotFound):
        rounds.answer(theirs, number, "DPMPTSP", Reply.AGREES, "", Author("dodi"))
    said = rounds.answer(theirs, number, "DISHUB", Reply.REMARKS, "ada terminal baru", Author("dodi"))
    assert (said.reply, said.remark, said.replied_by) == (Reply.REMARKS, "ada terminal baru", "dodi")
    later = replace(office, clock=FixedClock(MORNING.replace(hour=5)))
    assert rounds.adjust(later, number, "DISHUB", Rate(40 * M, 25 * M), RINA).is_outdated
    with office.database.read() as connection:
        told = notice_store.unaddressed(connection)
    assert [each.topic for each in told] == ["sheet_due"] * 3
    assert rounds.remind(office, number, RINA) == []  # each was told today


def test_nothing_is_sent_before_it_is_measured_and_measured_no_more_after(office: Office) -> None:
    number = rounds.begin(office, SECOND_HALF, RINA)
    with pytest.raises(Conflict):
        rounds.send(office, number, RINA)
    work(office)
    rounds.send(office, number, RINA)
    shown = rounds.opened(office, number).lines
    for act in (lambda: rounds.send(office, number, RINA), lambda: rounds.measure_again(office, number, RINA),
                lambda: rounds.discard(office, number, RINA)):  # fmt: skip
        with pytest.raises(Conflict):
            act()
    with office.database.write() as connection:  # a task that was asked for before it was sent
        plan_store.ask(connection, plan_store.ASSESS, str(number), "rina", office.now_s)
    work(office)
    assert rounds.opened(office, number).lines == shown
    assert task_state(office, number) == "done"


def test_a_measuring_that_the_sending_overtakes_ends_and_changes_nothing(office: Office) -> None:
    number = measured(office)
    rounds.measure_again(office, number, RINA)
    shown: list[Sequence[Line]] = []

    def policy(connection: Connection) -> Policy:
        rounds.send(office, number, RINA)
        shown.append(rounds.opened(office, number).lines)
        return Policy.of(load_snapshot(connection, office.secrets, office.zone), 256_000)

    tasks.work(office.database, office.clock, {plan_store.ASSESS: assessing(office, policy)})
    assert (rounds.opened(office, number).lines, task_state(office, number)) == (shown[0], "done")


def test_measuring_anew_keeps_what_people_wrote(office: Office) -> None:
    number = measured(office)
    rounds.adjust(office, number, "DISHUB", Rate(35 * M, 15 * M), RINA)
    add(office, "opd", {"code": "BKAD", "name": "Badan Keuangan"}, RINA)
    rounds.measure_again(office, number, RINA)
    work(office)
    assert line(office, number, "DISHUB").adjusted == Rate(35 * M, 15 * M)
    assert line(office, number, "BKAD").adjusted is None


def test_what_was_concluded_on_other_figures_is_to_be_concluded_anew(office: Office) -> None:
    number = measured(office)
    for code, rate in (("DISHUB", Rate(120 * M, 50 * M)), ("DPMPTSP", Rate(90 * M, 45 * M))):
        rounds.adjust(office, number, code, rate, RINA)
        rounds.conclude(office, number, code, Conclusion.BUDGET, RINA)
    change(office, "opd", "DISHUB", {"ceiling": "120M/50M"}, RINA)
    rounds.measure_again(office, number, RINA)
    work(office)
    found = line(office, number, "DISHUB")
    assert (found.conclusion, found.note, found.concluded_s, found.move) == (None, "", None, Move.KEEP)
    assert line(office, number, "DPMPTSP").conclusion is Conclusion.BUDGET


def test_a_conclusion_that_does_not_fit_stops_the_closing(office: Office) -> None:
    number = measured(office)
    rounds.conclude_rest(office, number, RINA)
    with office.database.write() as connection:  # as an earlier release left it when it measured anew
        round_store.change(connection, line(office, number, "DISHUB"), {"conclusion": Conclusion.BUDGET})
    rounds.send(office, number, RINA)
    with pytest.raises(Conflict, match="any more: DISHUB"):
        rounds.close(office, number, RINA)


def test_its_changes_go_into_one_draft_that_is_published_as_any_other(office: Office) -> None:
    number = measured(office)
    with pytest.raises(Conflict):
        rounds.make_draft(office, number, RINA)
    rounds.adjust(office, number, "DISHUB", Rate(20 * M, 10 * M), RINA)
    rounds.conclude(office, number, "DISHUB", Conclusion.CHANGED, RINA)
    rounds.conclude(office, number, "DPMPTSP", Conclusion.KEPT, RINA)
    draft = rounds.make_draft(office, number, RINA)
    assert dict(drafts.opened(office, draft).changes) == {("opd", "DISHUB"): {"ceiling": "20M/10M"}}
    assert get(office, "opd", "DISHUB").values["ceiling"] == "100M/50M"
    with pytest.raises(Conflict):
        rounds.make_draft(office, number, RINA)
    drafts.discard(office, draft, RINA)
    again = rounds.make_draft(office, number, RINA)
    drafts.publish(office, again, RINA)
    assert get(office, "opd", "DISHUB").values["ceiling"] == "20M/10M"


def test_what_was_given_since_it_was_measured_outlives_its_draft(office: Office) -> None:
    number = measured(office)
    rounds.adjust(office, number, "DISHUB", Rate(110 * M, 60 * M), RINA)
    rounds.conclude(office, number, "DISHUB", Conclusion.CHANGED, RINA)
    later = replace(office, clock=FixedClock(MORNING.replace(hour=5)))
    with later.database.write() as connection:
        grant = grant_ceiling(later, connection, "DISHUB", Rate(40 * M, 20 * M), RINA, origin="event festival",
                              until_s=later.now_s + 86_400)  # fmt: skip
    drafts.publish(later, rounds.make_draft(later, number, RINA), RINA)
    assert get(later, "opd", "DISHUB").values["ceiling"] == "150M/80M"
    end_grant(later, grant.id, RINA)
    assert get(later, "opd", "DISHUB").values["ceiling"] == "110M/60M"
    change(later, "opd", "DISHUB", {"ceiling": "130M/60M"}, RINA)
    with pytest.raises(Conflict, match="nothing is left"):
        rounds.make_draft(later, number, RINA)  # the first one took it


def test_what_ended_since_it_was_measured_leaves_an_office_something(office: Office) -> None:
    with office.database.write() as connection:
        grant = grant_ceiling(office, connection, "DISHUB", Rate(90 * M, 40 * M), RINA, origin="event festival")
    number = measured(office)
    rounds.adjust(office, number, "DISHUB", Rate(80 * M, 60 * M), RINA)
    rounds.conclude(office, number, "DISHUB", Conclusion.CHANGED, RINA)
    later = replace(office, clock=FixedClock(MORNING.replace(hour=5)))
    end_grant(later, grant.id, RINA)
    with pytest.raises(InvalidValue, match="nothing would be left to DISHUB"):
        rounds.make_draft(later, number, RINA)
    rounds.adjust(later, number, "DISHUB", Rate(150 * M, 60 * M), RINA)
    rounds.conclude(later, number, "DISHUB", Conclusion.CHANGED, RINA)
    draft = rounds.make_draft(later, number, RINA)
    assert dict(drafts.opened(later, draft).changes) == {("opd", "DISHUB"): {"ceiling": "60M/20M"}}


def test_a_ceiling_that_was_set_by_hand_meanwhile_is_not_overwritten(office: Office) -> None:
    number = measured(office)
    rounds.adjust(office, number, "DISHUB", Rate(20 * M, 10 * M), RINA)
    rounds.conclude(office, number, "DISHUB", Conclusion.CHANGED, RINA)
    change(office, "opd", "DISHUB", {"ceiling": "80M/50M"}, RINA)
    with pytest.raises(Conflict, match=r"DISHUB \(80M/50M, 100M/50M\)"):
        rounds.make_draft(office, number, RINA)
    change(office, "opd", "DISHUB", {"ceiling": "20M/10M"}, RINA)
    with pytest.raises(Conflict, match="nothing is left"):
        rounds.make_draft(office, number, RINA)


def test_it_is_closed_once_all_are_concluded_and_passes_to_the_budget(office: Office) -> None:
    filed = requests.file_request(office, Filing("DISDUKCAPIL", Wanted(Rate(20 * M, 10 * M)), "antrean"), RINA)
    number = measured(office)
    with pytest.raises(InvalidValue):
        rounds.conclude(office, number, "DISHUB", Conclusion.BUDGET, RINA)  # it is to be lowered
    for code, rate in (("DISHUB", Rate(120 * M, 50 * M)), ("DISDUKCAPIL", Rate(70 * M, 35 * M))):
        rounds.adjust(office, number, code, rate, RINA)
        rounds.conclude(office, number, code, Conclusion.BUDGET, Author("rina", "tautan penuh"))
    rounds.send(office, number, RINA)
    with pytest.raises(Conflict, match="DPMPTSP"):
        rounds.close(office, number, RINA)
    assert rounds.conclude_rest(office, number, RINA) == 1
    passed = rounds.close(office, number, RINA)
    assert passed == [filed.number, "P-2026-002"]  # it asked for just what was concluded
    with office.database.read() as connection:
        found = {one.number: one for one in request_store.requests(connection)}
        newest = audit_store.entries(connection)[0]
    assert {one.state for one in found.values()} == {RequestState.BUDGET}
    assert (found["P-2026-002"].opd, found["P-2026-002"].wanted) == ("DISHUB", Rate(20 * M, 0))
    assert (newest.kind, newest.key, newest.action) == ("round", str(number), "close")
    for act in (lambda: rounds.conclude(office, number, "DISHUB", Conclusion.KEPT, RINA),
                lambda: rounds.answer(office, number, "DISHUB", Reply.AGREES, "", RINA),
                lambda: rounds.close(office, number, RINA)):  # fmt: skip
        with pytest.raises(Conflict):
            act()


def test_the_budget_plan_gets_what_was_concluded_neither_less_nor_twice(office: Office) -> None:
    early = requests.file_request(office, Filing("DISHUB", Wanted(Rate(5 * M, 5 * M)), "kamera"), RINA)
    requests.to_budget(office, early.number, RINA)
    small = requests.file_request(office, Filing("DISHUB", Wanted(Rate(M, M)), "kamera"), RINA)
    full = requests.file_request(office, Filing("DISDUKCAPIL", Wanted(Rate(20 * M, 10 * M)), "antrean"), RINA)
    requests.to_budget(office, full.number, RINA)
    number = measured(office)
    for code, rate in (("DISHUB", Rate(140 * M, 52 * M)), ("DISDUKCAPIL", Rate(70 * M, 35 * M))):
        rounds.adjust(office, number, code, rate, RINA)
        rounds.conclude(office, number, code, Conclusion.BUDGET, RINA)
    rounds.conclude(office, number, "DPMPTSP", Conclusion.KEPT, RINA)
    rounds.send(office, number, RINA)
    assert rounds.close(office, number, RINA) == [small.number, "P-2026-004"]
    with office.database.read() as connection:
        filed = request_store.request_of(connection, "P-2026-004")
    assert filed is not None
    assert (filed.opd, filed.state, filed.wanted) == ("DISHUB", RequestState.BUDGET, Rate(34 * M, 0))


def test_the_rest_is_concluded_as_proposed_but_for_remarks(office: Office) -> None:
    number = measured(office)
    rounds.send(office, number, RINA)
    rounds.answer(office, number, "DPMPTSP", Reply.REMARKS, "mal baru", RINA)
    assert rounds.conclude_rest(office, number, RINA) == 2
    assert line(office, number, "DISHUB").conclusion is Conclusion.CHANGED
    assert line(office, number, "DPMPTSP").conclusion is None


def test_a_remark_that_comes_after_the_conclusion_is_not_passed_over(office: Office) -> None:
    number = measured(office)
    rounds.conclude_rest(office, number, RINA)
    rounds.send(office, number, RINA)
    rounds.answer(office, number, "DPMPTSP", Reply.AGREES, "", RINA)
    assert line(office, number, "DPMPTSP").conclusion is not None
    rounds.answer(office, number, "DPMPTSP", Reply.REMARKS, "jangan", RINA)
    assert rounds.conclude_rest(office, number, RINA) == 0
    with pytest.raises(Conflict, match="no conclusion yet: DPMPTSP"):
        rounds.close(office, number, RINA)


def test_of_two_who_close_or_draft_at_once_one_is_told(office: Office) -> None:
    number = measured(office)
    rounds.conclude_rest(office, number, RINA)
    rounds.make_draft(office, number, RINA)
    rounds.send(office, number, RINA)
    done: list[object] = []

    def close() -> None:
        try:
            done.append(rounds.close(office, number, RINA))
        except Conflict:
            done.append(None)

    both = [threading.Thread(target=close) for _ in range(2)]
    for each in both:
        each.start()
    for each in both:
        each.join()
    assert sorted(one is None for one in done) == [False, True]


def test_it_is_not_closed_before_a_draft_has_its_changes(office: Office) -> None:
    number = measured(office)
    rounds.conclude_rest(office, number, RINA)
    rounds.send(office, number, RINA)
    rounds.conclude(office, number, "DPMPTSP", Conclusion.KEPT, RINA)
    with pytest.raises(Conflict, match=r"no draft has .*DISHUB"):
        rounds.close(office, number, RINA)
    draft = rounds.make_draft(office, number, RINA)
    rounds.adjust(office, number, "DPMPTSP", Rate(5 * M, 5 * M), RINA)
    rounds.conclude(office, number, "DPMPTSP", Conclusion.CHANGED, RINA)
    with pytest.raises(Conflict, match="no draft has these changes yet: DPMPTSP;"):
        rounds.close(office, number, RINA)  # it was concluded after the draft was made
    drafts.publish(office, draft, RINA)
    rounds.make_draft(office, number, RINA)
    rounds.close(office, number, RINA)


def test_an_office_reads_what_was_concluded_once_the_round_is_closed(office: Office) -> None:
    number, theirs = measured(office), of_opd(office, "DISHUB")
    for code in ("DISHUB", "DISDUKCAPIL", "DPMPTSP"):
        rounds.conclude(office, number, code, Conclusion.KEPT, Author("rina", "belum final"))
    rounds.send(office, number, RINA)
    said = rounds.answer(theirs, number, "DISHUB", Reply.AGREES, "", Author("dodi"))
    for read in (said, line(theirs, number, "DISHUB")):
        assert (read.conclusion, read.note, read.concluded_by, read.concluded_s) == (None, "", "", None)
    assert rounds.opened(theirs, number).counts.concluded == rounds.listing(theirs)[0][1].concluded == 0
    assert line(office, number, "DISHUB").note == "belum final"
    rounds.close(office, number, RINA)
    read = line(theirs, number, "DISHUB")
    assert (read.conclusion, read.note) == (Conclusion.KEPT, "belum final")
    assert rounds.listing(theirs)[0][1].concluded == 1


def test_a_round_that_was_not_sent_is_forgotten(office: Office) -> None:
    number = measured(office)
    rounds.discard(office, number, RINA)
    assert rounds.listing(office) == []
    with pytest.raises(NotFound):
        rounds.opened(office, number)


def test_one_that_is_past_its_day_is_told_with_who_has_not_answered(office: Office) -> None:
    number = measured(office)

    def told(day: date) -> list[tuple[int, int]]:
        with office.database.read() as connection:
            return [(one.id, silent) for one, silent in round_store.overdue(connection, day)]

    assert told(date(2027, 1, 1)) == []  # not sent yet
    rounds.send(office, number, RINA)
    assert (told(SECOND_HALF.due), told(date(2026, 12, 11))) == ([], [(number, 3)])
    rounds.answer(office, number, "DISHUB", Reply.AGREES, "", RINA)
    assert told(date(2026, 12, 11)) == [(number, 2)]
