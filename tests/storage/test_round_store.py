"""The tables of rounds on each kind of database: one round from its measuring to its end, and two desks at once."""

from __future__ import annotations

import threading
from datetime import date

import pytest
from sqlalchemy import text

from netquota.domain.rounds import Conclusion, Reply, RoundState
from netquota.domain.scope import EVERYTHING, Scope
from netquota.domain.units import Rate
from netquota.errors import Conflict, NotFound, StorageUnavailable
from netquota.services import rounds
from netquota.services.allocate import add, remove
from netquota.services.facts import Policy
from netquota.services.office import Author, Office
from netquota.services.planning.assessing import assess
from netquota.services.planning.computing import quiet
from netquota.services.rounds import Opened
from netquota.storage import audit_store, round_store, rows
from netquota.storage.database import Connection, is_postgresql
from netquota.storage.policy_store import load_snapshot
from netquota.storage.round_store import Counts

RINA = Author("rina", "tinjauan")
M = 1_000_000
WANTED = Opened("Tinjauan", date(2026, 10, 1), date(2026, 10, 31), date(2026, 12, 1))


@pytest.fixture
def number(office: Office) -> int:
    """A round over two offices of which nothing was measured."""
    for code in ("DINKES", "DINSOS"):
        add(office, "opd", {"code": code, "name": code.title(), "ceiling": "60M/30M"}, RINA)
    made = rounds.begin(office, WANTED, RINA, asks=False)
    measure(office, made)
    return made


def measure(office: Office, number: int) -> int:
    def policy(connection: Connection) -> Policy:
        return Policy.of(load_snapshot(connection, office.secrets, office.zone), 256_000)

    return assess(office, policy, number, quiet)


def opd_id(office: Office, code: str) -> int:
    with office.database.read() as connection:
        row = rows.find(connection, "opd", ("code",), code)
    assert row is not None
    return int(row["id"])


def test_a_round_from_its_measuring_to_its_end(office: Office, number: int) -> None:
    assert measure(office, number) == 2  # once more, in place of the first
    rounds.send(office, number, RINA)
    rounds.adjust(office, number, "DINKES", Rate(80 * M, 40 * M), RINA)
    rounds.answer(office, number, "DINSOS", Reply.AGREES, "", RINA)
    rounds.conclude(office, number, "DINKES", Conclusion.BUDGET, RINA)
    theirs = Scope(frozenset({opd_id(office, "DINKES")}))
    with office.database.read() as connection:
        assert round_store.counts(connection, EVERYTHING) == {number: Counts(2, 1, 1)}
        assert round_store.counts(connection, theirs) == {number: Counts(1, 0, 1)}
        assert [(one.id, silent) for one, silent in round_store.overdue(connection, date(2026, 12, 2))] == [(number, 1)]
        assert [one.id for one in round_store.awaiting(connection, opd_id(office, "DINKES"))] == [number]
        assert round_store.awaiting(connection, opd_id(office, "DINSOS")) == []
        assert [one.opd for one in round_store.lines(connection, number, theirs)] == ["DINKES"]
        with pytest.raises(NotFound):
            round_store.line(connection, number, "DINSOS", theirs)
    rounds.conclude_rest(office, number, RINA)
    assert rounds.close(office, number, RINA) == ["P-2026-001"]
    assert rounds.opened(office, number).round.state is RoundState.CLOSED


def test_a_closing_waits_for_a_change_of_an_office_and_stands_in_nobodys_way(office: Office, number: int) -> None:
    for code in ("DINKES", "DINSOS"):
        rounds.adjust(office, number, code, Rate(80 * M, 40 * M), RINA)
        rounds.conclude(office, number, code, Conclusion.BUDGET, RINA)
    rounds.send(office, number, RINA)
    done: list[object] = []

    def close() -> None:
        try:
            done.append(rounds.close(office, number, RINA))
        except StorageUnavailable as error:
            done.append(error)

    closing = threading.Thread(target=close)
    with office.database.write() as connection:
        rows.find(connection, "opd", ("code",), "DINSOS", lock=True)
        closing.start()
        closing.join(0.4)
        connection.execute(text("SET LOCAL lock_timeout = 300")) if is_postgresql(connection) else None
        audit_store.lock_head(connection)  # nobody holds it, and waits for DINSOS
    closing.join()
    assert done == [["P-2026-001", "P-2026-002"]]


def test_an_office_that_is_gone_leaves_the_round(office: Office, number: int) -> None:
    remove(office, "opd", "DINSOS", RINA)
    assert [one.opd for one in rounds.opened(office, number).lines] == ["DINKES"]


def test_of_two_who_draft_or_close_at_once_one_is_told(office: Office, number: int) -> None:
    rounds.adjust(office, number, "DINKES", Rate(80 * M, 40 * M), RINA)
    rounds.conclude(office, number, "DINKES", Conclusion.CHANGED, RINA)
    rounds.conclude(office, number, "DINSOS", Conclusion.KEPT, RINA)
    rounds.send(office, number, RINA)
    for act in (rounds.make_draft, rounds.close):
        ends: list[str] = []

        def take(act: object = act, ends: list[str] = ends) -> None:
            assert callable(act)
            try:
                act(office, number, RINA)
                ends.append("done")
            except Conflict:
                ends.append("told")

        both = [threading.Thread(target=take) for _ in range(2)]
        for each in both:
            each.start()
        for each in both:
            each.join(30)
        assert sorted(ends) == ["done", "told"]
