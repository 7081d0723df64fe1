"""An alarm stands while limits are not enforced, and goes by itself once the gateway recovers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from netquota.domain.alarms import AlarmCause, GatewayFacts, alarms
from netquota.domain.places import Ability

NOW = 1_770_000_000
WELL = GatewayFacts(
    "gw", "gw-1", last_accounting_s=NOW - 60, login_s=NOW - 400, sessions=9, late=1, newest_report_s=NOW - 60,
    claimed_until_s=NOW + 10, coa_rate=Ability.YES, disconnect=Ability.YES,
)  # fmt: skip

# what is wrong, the alarm, and how it recovers
CASES = [
    ({"late": 9, "newest_report_s": NOW - 700}, AlarmCause.NO_INTERIMS, {"late": 8}),
    ({"login_s": NOW - 400, "last_accounting_s": NOW - 9000}, AlarmCause.ACCOUNTING_SILENT, {"last_accounting_s": NOW}),
    ({"login_s": NOW - 400, "last_accounting_s": None}, AlarmCause.ACCOUNTING_SILENT, {"last_accounting_s": NOW}),
    ({"unanswered": 3}, AlarmCause.COA_FAILING, {"unanswered": 0}),
    (
        {"coa_rate": Ability.NO, "coa_rate_since_s": NOW - 9},
        AlarmCause.COA_FAILING,
        {"coa_rate": Ability.YES, "coa_rate_since_s": NOW},
    ),
    ({"orders": 4, "oldest_s": NOW - 61}, AlarmCause.ORDERS_LATE, {"orders": 0, "oldest_s": None}),
    (
        {"orders": 4, "oldest_s": NOW - 61, "claimed_until_s": NOW - 1},
        AlarmCause.NO_WORKER,
        {"claimed_until_s": NOW + 9},
    ),
    ({"orders": 4, "oldest_s": NOW - 31, "claimed_until_s": None}, AlarmCause.NO_WORKER, {"claimed_until_s": NOW + 9}),
    ({"dropped_s": NOW - 899}, AlarmCause.WRONG_SECRET, {"dropped_s": NOW - 901}),
]


@pytest.mark.parametrize(("wrong", "cause", "recovered"), CASES)
def test_each_cause_raises_its_alarm_and_recovery_takes_it_away(
    wrong: dict[str, object], cause: AlarmCause, recovered: dict[str, object]
) -> None:
    facts = replace(WELL, **wrong)  # type: ignore[arg-type]
    assert [alarm.cause for alarm in alarms([facts], NOW)] == [cause]
    assert cause not in {alarm.cause for alarm in alarms([replace(facts, **recovered)], NOW)}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "well",
    [
        {},
        {"sessions": 0, "late": 0},
        {"login_s": None, "last_accounting_s": None},
        {"login_s": NOW - 200, "last_accounting_s": None},  # its Start may be on its way
        {"login_s": NOW - 90_000, "last_accounting_s": None},
        {"unanswered": 2},
        {"coa_rate": Ability.NO},  # the admin said so: nothing failed
        {"orders": 4, "oldest_s": NOW - 59},
        {"orders": 4, "oldest_s": NOW - 29, "claimed_until_s": None},
    ],
)
def test_what_is_as_it_should_raises_none(well: dict[str, object]) -> None:
    assert alarms([replace(WELL, **well)], NOW) == []  # type: ignore[arg-type]


def test_the_gravest_comes_first_and_what_has_a_way_round_last() -> None:
    facts = [
        replace(WELL, gateway="a", coa_rate=Ability.NO, coa_rate_since_s=NOW - 9),
        replace(WELL, gateway="b", late=9),
        replace(WELL, gateway="c", orders=1, oldest_s=NOW - 99, claimed_until_s=None),
    ]
    assert [alarm.gateway for alarm in alarms(facts, NOW)] == ["c", "b", "a"]
    assert [alarm.is_mild for alarm in alarms(facts, NOW)] == [False, False, True]
