"""What a worker holds in memory is what was written last, of the period that runs."""

from __future__ import annotations

from dataclasses import replace

from netquota.domain.deciding import LiveSession
from netquota.domain.quota import LedgerFigure
from netquota.services.live import LiveFigures, LivePerson
from netquota.storage.session_row import SessionRow

PERSONAL, POOL = 1, 2
DAY = 86_400


def figure(quota_id: int, subject_id: int, used: int, day: int = 1) -> LedgerFigure:
    return LedgerFigure(quota_id, subject_id, day * DAY, (day + 1) * DAY, used)


def row(number: int, ended_s: int | None = None) -> SessionRow:
    return SessionRow(number, 1, f"s{number}", "siti", "m", 0, 7, 1, 1, 1, "", "", "", None, 5, 50, 60, ended_s)


def test_figures_written_by_this_worker_are_held_for_people_it_knows() -> None:
    live = LiveFigures()
    live.keep(7, LivePerson(decided="something"))
    live.saw([figure(PERSONAL, 7, 10), figure(PERSONAL, 8, 20), figure(POOL, 5, 30)], {PERSONAL}, [])
    person = live.person(7)
    assert person is not None
    assert (person.figures, person.decided) == ({PERSONAL: figure(PERSONAL, 7, 10)}, None)
    assert live.person(8) is None
    assert live.pools == {POOL: figure(POOL, 5, 30)}


def test_a_report_over_midnight_does_not_bring_yesterday_back() -> None:
    """Else whoever spent today's quota would log in with a whole one."""
    live = LiveFigures()
    live.keep(7, LivePerson())
    today = [figure(PERSONAL, 7, 100, 2), figure(POOL, 5, 300, 2)]
    yesterday = [figure(PERSONAL, 7, 90, 1), figure(POOL, 5, 200, 1)]
    live.saw([*today, *yesterday], {PERSONAL}, [])
    person = live.person(7)
    assert person is not None
    assert [*person.figures.values(), *live.pools.values()] == today


def test_sessions_come_and_go_with_their_rows() -> None:
    live = LiveFigures()
    live.keep(7, LivePerson())
    live.saw([], set(), [row(1), row(2), replace(row(3), employee_id=None)])
    person = live.person(7)
    assert person is not None
    assert person.sessions == {number: LiveSession(number, "m", 5, 60, 300) for number in (1, 2)}
    live.saw([], set(), [row(1, ended_s=60)])
    assert list(person.sessions) == [2]


def test_beyond_the_bound_the_person_asked_for_longest_ago_goes() -> None:
    live = LiveFigures(bound=2)
    live.keep(1, LivePerson())
    live.keep(2, LivePerson())
    live.person(1)
    live.keep(3, LivePerson())
    assert [live.person(number) is None for number in (1, 2, 3)] == [False, True, False]


def test_who_was_changed_elsewhere_is_read_anew() -> None:
    live = LiveFigures()
    live.keep(1, LivePerson())
    live.keep(2, LivePerson())
    live.forget([1, 99])
    assert (live.person(1), live.person(2) is None) == (None, False)
    live.pools[POOL] = figure(POOL, 5, 1)
    live.forget_all()
    assert (live.person(2), live.pools) == (None, {})
