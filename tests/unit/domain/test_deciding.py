"""decide(): every rule of model.md in its order, and why it said so."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netquota.domain.deciding import Asking, Circumstances, Hours, LiveSession, OwnTurn, decide
from netquota.domain.events import OfficeEvent
from netquota.domain.people import Opd, Status, Subscriber
from netquota.domain.periods import Period, PeriodKind
from netquota.domain.places import Site
from netquota.domain.policy import AtDeviceLimit, Code, Decision, Plan, Rule
from netquota.domain.quota import Action, Direction, LedgerFigure, Quota, QuotaSubject, Strictness
from netquota.domain.schedule import Schedule
from netquota.domain.units import Burst, Rate

NOW = 1_800_000_000
WIB = ZoneInfo("Asia/Jakarta")
MONTH = Period(PeriodKind.MONTH, WIB)
OFFICE_HOURS = Schedule("kerja", WIB, ())
PERIOD = (NOW - 1000, NOW + 9000)

PLAN = Plan(1, "staf", "Staf", Rate(10_000_000, 2_000_000), idle_timeout_s=900)
OPD = Opd(1, "DINKES", "Kesehatan")
SITI = Subscriber(7, "siti", "Siti", OPD, PLAN, "employee")
SITE = Site(1, "Lantai 1", OPD)


def quota(number: int = 1, **given: Any) -> Quota:
    values: dict[str, Any] = {"action": Action.NOTIFY, "octets": 1000} | given
    return Quota(number, f"q{number}", QuotaSubject.PERSON, Direction.TOTAL, MONTH, **values)


def figure(used: int, number: int = 1, ends_s: int = PERIOD[1]) -> LedgerFigure:
    return LedgerFigure(number, 7, PERIOD[0], ends_s, used)


def with_quotas(*quotas: Quota) -> Subscriber:
    return replace(SITI, own_quotas=quotas)


def asked(subscriber: Subscriber = SITI, site: Site | None = SITE, **facts: Any) -> Decision:
    return decide(subscriber, site, Circumstances(NOW, **facts))


def codes(decision: Decision) -> list[tuple[Code, bool]]:
    return [(reason.code, reason.in_force) for reason in decision.reasons]


def session(number: int, mac: str = "", *, silent_s: int = 10, started_s: int = NOW - 500) -> LiveSession:
    return LiveSession(number, mac or f"m{number}", started_s, NOW - silent_s)


# -- refusals ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("subscriber", "facts", "code", "until_s"),
    [
        (replace(SITI, status=Status.SUSPENDED), {}, Code.SUSPENDED, None),
        (replace(SITI, status=Status.LEFT), {}, Code.LEFT, None),
        (replace(SITI, valid_from_s=NOW + 60), {}, Code.NOT_YET_VALID, NOW + 60),
        (replace(SITI, valid_until_s=NOW), {}, Code.EXPIRED, None),  # nothing will change any more
        (replace(SITI, opd=replace(OPD, status=Status.SUSPENDED)), {}, Code.OPD_SUSPENDED, None),
        (replace(SITI, plan=None), {}, Code.NO_PLAN, None),
        (
            replace(SITI, plan=replace(PLAN, simultaneous=1, at_limit=AtDeviceLimit.REFUSE)),
            {"sessions": (session(1),)},
            Code.DEVICES_FULL,
            None,
        ),
        (
            replace(SITI, plan=replace(PLAN, schedule=OFFICE_HOURS, hours_only=True)),
            {"hours": Hours(edge_s=NOW + 3600)},
            Code.OUTSIDE_HOURS,
            NOW + 3600,
        ),
        (with_quotas(quota(action=Action.DISCONNECT)), {"figures": {1: figure(1000)}}, Code.QUOTA_SPENT, PERIOD[1]),
    ],
)
def test_a_refusal_names_its_rule_and_until_when(
    subscriber: Subscriber, facts: dict[str, Any], code: Code, until_s: int | None
) -> None:
    decision = asked(subscriber, **facts)
    assert not decision.accepted
    assert decision.refusal is not None
    assert (decision.refusal.code, decision.cause, decision.until_s) == (code, code, until_s)


def test_the_first_rule_that_refuses_is_the_one_told() -> None:
    """Account before OPD before plan before devices before hours before quota."""
    plan = replace(
        PLAN, simultaneous=1, at_limit=AtDeviceLimit.REFUSE, schedule=OFFICE_HOURS, hours_only=True
    )  # fmt: skip
    worst = replace(
        with_quotas(quota(action=Action.DISCONNECT)),
        plan=None,
        status=Status.SUSPENDED,
        valid_until_s=NOW,
        opd=replace(OPD, status=Status.SUSPENDED),
    )
    facts = {"sessions": (session(1),), "figures": {1: figure(1000)}}
    told: list[Code] = []
    for better in (
        {},
        {"status": Status.ACTIVE},
        {"valid_until_s": None},
        {"opd": OPD},
        {"plan": plan},
        {"plan": replace(plan, simultaneous=2)},
        {"plan": replace(plan, simultaneous=2, hours_only=False)},
        {"own_quotas": ()},
    ):
        worst = replace(worst, **better)
        told.append(asked(worst, **facts).cause)
    assert told == [
        Code.SUSPENDED,
        Code.EXPIRED,
        Code.OPD_SUSPENDED,
        Code.NO_PLAN,
        Code.DEVICES_FULL,
        Code.OUTSIDE_HOURS,
        Code.QUOTA_SPENT,
        Code.PLAN_RATE,
    ]


def test_a_suspension_tells_its_why() -> None:
    refusal = asked(replace(SITI, status=Status.SUSPENDED, status_why="cuti")).refusal
    assert refusal is not None
    assert refusal.note == "cuti"


def test_the_story_of_a_plain_log_in_follows_the_order_of_the_rules() -> None:
    site = replace(SITE, ceiling=Rate(10**8, 10**8))
    decision = asked(with_quotas(quota()), site, figures={1: figure(10)})
    rules = [reason.rule for reason in decision.reasons]
    assert rules == [Rule.ACCOUNT, Rule.DEVICES, Rule.PLAN, Rule.CEILING, Rule.QUOTA]
    assert (decision.rate, decision.plan_key, decision.idle_timeout_s) == (PLAN.rate, "staf", 900)


# -- rate ----------------------------------------------------------------------------------------------------------

OVERRIDE = Rate(20_000_000, 5_000_000)
WINDOW = Hours("siang", Rate(5_000_000, 1_000_000), NOW + 3600)
SCHEDULED = replace(SITI, plan=replace(PLAN, schedule=OFFICE_HOURS))


@pytest.mark.parametrize(
    ("subscriber", "hours", "rate", "story"),
    [
        (SITI, Hours(), PLAN.rate, [(Code.PLAN_RATE, True)]),
        (SCHEDULED, WINDOW, WINDOW.rate, [(Code.PLAN_RATE, False), (Code.WINDOW_RATE, True)]),
        (replace(SITI, override=OVERRIDE), Hours(), OVERRIDE, [(Code.PLAN_RATE, False), (Code.OVERRIDE_RATE, True)]),
        (
            replace(SCHEDULED, override=OVERRIDE),
            WINDOW,
            OVERRIDE,
            [(Code.PLAN_RATE, False), (Code.WINDOW_RATE, False), (Code.OVERRIDE_RATE, True)],
        ),
        (
            replace(SCHEDULED, override=OVERRIDE, override_until_s=NOW),
            WINDOW,
            WINDOW.rate,
            [(Code.PLAN_RATE, False), (Code.WINDOW_RATE, True)],
        ),
    ],
)
def test_the_override_goes_before_the_window_before_the_plan_and_what_is_overruled_stays_told(
    subscriber: Subscriber, hours: Hours, rate: Rate, story: list[tuple[Code, bool]]
) -> None:
    decision = asked(subscriber, hours=hours)
    assert decision.rate == rate
    assert codes(decision)[2:] == story
    assert decision.cause is next(code for code, in_force in story if in_force)


def test_a_window_without_a_rate_is_told_as_open_hours() -> None:
    plan = replace(PLAN, schedule=OFFICE_HOURS, hours_only=True)
    decision = asked(replace(SITI, plan=plan), hours=Hours("siang", None, NOW + 3600))
    assert (decision.rate, decision.ends_at_s) == (PLAN.rate, NOW + 3600)
    assert (Code.WITHIN_HOURS, True) in codes(decision)


# -- ceiling -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "own", "rate", "story"),
    [
        (None, None, PLAN.rate, []),
        (Rate(10**8, 10**8), None, PLAN.rate, [(Code.CEILING_ABOVE, False)]),
        (Rate(4_000_000, 4_000_000), None, Rate(4_000_000, 2_000_000), [(Code.CEILING_CAPS, True)]),
        (
            Rate(8_000_000, 10**8),
            Rate(10**8, 1_000_000),
            Rate(8_000_000, 1_000_000),
            [(Code.CEILING_CAPS, True), (Code.CEILING_CAPS, True)],
        ),
    ],
)
def test_the_ceilings_of_host_and_site_cap_each_direction(
    host: Rate | None, own: Rate | None, rate: Rate, story: list[tuple[Code, bool]]
) -> None:
    decision = asked(site=replace(SITE, host=replace(OPD, ceiling=host), ceiling=own))
    assert decision.rate == rate
    assert codes(decision)[3:] == story


def test_the_ceiling_is_the_hosts_where_the_person_is_a_visitor() -> None:
    host = Opd(2, "DISDIK", "Pendidikan", ceiling=Rate(1_000_000, 1_000_000))
    visitor = replace(SITI, opd=replace(OPD, ceiling=Rate(512_000, 512_000)))
    assert asked(visitor, replace(SITE, host=host)).rate == Rate(1_000_000, 1_000_000)


def test_a_burst_goes_only_with_the_whole_rate_and_under_every_ceiling() -> None:
    burst = Burst(Rate(20_000_000, 4_000_000), Rate(8_000_000, 1_500_000), 16)
    subscriber = replace(SITI, plan=replace(PLAN, burst=burst))
    assert asked(subscriber).burst == burst
    assert asked(replace(subscriber, override=OVERRIDE)).burst is None
    assert asked(subscriber, replace(SITE, ceiling=Rate(15_000_000, 10**8))).burst is None
    assert asked(subscriber, replace(SITE, ceiling=burst.rate)).burst == burst


# -- quotas --------------------------------------------------------------------------------------------------------

SLOW = Rate(512_000, 256_000)


def throttling(number: int = 1, rate: Rate = SLOW) -> Quota:
    return quota(number, action=Action.THROTTLE, throttle=rate)


@pytest.mark.parametrize(
    ("used", "code"),
    [(0, Code.QUOTA_LEFT), (799, Code.QUOTA_LEFT), (800, Code.QUOTA_WARNED), (1000, Code.QUOTA_THROTTLED)],
)
def test_a_throttling_quota_is_told_by_what_is_used(used: int, code: Code) -> None:
    decision = asked(with_quotas(throttling()), figures={1: figure(used)})
    reason = decision.reasons[-1]
    spent = code is Code.QUOTA_THROTTLED
    assert (reason.code, reason.used, reason.limit, reason.until_s) == (code, used, 1000, PERIOD[1])
    assert decision.rate == (SLOW if spent else PLAN.rate)
    assert decision.until_s == (PERIOD[1] if spent else None)
    assert decision.cause is (code if spent else Code.PLAN_RATE)


def test_a_spent_quota_that_only_notifies_changes_nothing_but_the_story() -> None:
    decision = asked(with_quotas(quota()), figures={1: figure(2000)})
    assert (decision.accepted, decision.rate, decision.interim_s) == (True, PLAN.rate, 300)
    assert decision.reasons[-1].code is Code.QUOTA_NOTIFIED


def test_of_several_throttles_the_strictest_holds_and_is_the_one_in_force() -> None:
    mild, strict = throttling(1, Rate(2_000_000, 2_000_000)), throttling(2)
    figures = {1: figure(1000, 1), 2: figure(1000, 2)}
    for quotas in ((mild, strict), (strict, mild)):
        decision = asked(with_quotas(*quotas), figures=figures)
        assert decision.rate == SLOW
        told = [r for r in decision.reasons if r.code is decision.cause and r.in_force]
        assert told[-1].source == "q2"


def test_a_throttle_above_the_plan_neither_raises_nor_claims_the_rate() -> None:
    decision = asked(with_quotas(throttling(1, Rate(10**8, 10**8))), figures={1: figure(1000)})
    assert (decision.rate, decision.cause, decision.until_s) == (PLAN.rate, Code.PLAN_RATE, None)


def test_a_throttle_is_held_over_the_floor_and_says_the_rate_that_holds() -> None:
    decision = asked(with_quotas(throttling(1, Rate(64_000, 64_000))), figures={1: figure(1000)}, floor_bps=256_000)
    assert decision.rate == Rate(256_000, 256_000)
    throttled, floor = decision.reasons[-2:]
    assert (throttled.code, throttled.rate) == (Code.QUOTA_THROTTLED, Rate(256_000, 256_000))
    assert (floor.code, floor.rate) == (Code.FLOOR_HOLDS, Rate(256_000, 256_000))


def test_the_floor_never_lifts_over_the_plan_or_the_ceiling() -> None:
    slow_plan = replace(PLAN, rate=Rate(128_000, 10_000_000))
    subscriber = replace(with_quotas(throttling(1, Rate(64_000, 64_000))), plan=slow_plan)
    site = replace(SITE, ceiling=Rate(10**9, 100_000))
    assert asked(subscriber, site, figures={1: figure(1000)}).rate == Rate(128_000, 100_000)


def test_of_several_spent_quotas_the_last_to_refill_refuses_and_the_others_stay_told() -> None:
    quotas = [quota(n, action=Action.DISCONNECT) for n in (1, 2, 3)]
    figures = {1: figure(1000, 1, NOW + 10), 2: figure(1000, 2, NOW + 30), 3: figure(1000, 3, NOW + 20)}
    decision = asked(with_quotas(*quotas), figures=figures)
    assert decision.refusal is not None
    assert (decision.refusal.source, decision.until_s) == ("q2", NOW + 30)
    assert [r.source for r in decision.reasons if r.code is Code.QUOTA_SPENT] == ["q1", "q3", "q2"]


@pytest.mark.parametrize(
    ("strictness", "can_cap", "cap", "ends_at_s"),
    [
        (Strictness.HARD, True, 400, PERIOD[1]),  # a cap cannot be raised, so the session ends with the period
        (Strictness.HARD, False, None, None),
        (Strictness.SOFT, True, None, None),
    ],
)
def test_only_a_hard_quota_caps_and_only_where_the_gateway_takes_a_cap(
    strictness: Strictness, can_cap: bool, cap: int | None, ends_at_s: int | None
) -> None:
    subscriber = with_quotas(quota(strictness=strictness))
    decision = asked(subscriber, figures={1: figure(600)}, can_cap=can_cap)
    assert (decision.octet_cap, decision.ends_at_s) == (cap, ends_at_s)


def test_the_smallest_hard_quota_caps() -> None:
    quotas = [quota(n, strictness=Strictness.HARD) for n in (1, 2)]
    decision = asked(with_quotas(*quotas), figures={1: figure(100, 1), 2: figure(700, 2)}, can_cap=True)
    assert decision.octet_cap == 300


def test_an_own_quota_stands_in_for_the_plans_and_the_pool_always_counts() -> None:
    pool = Quota(9, "pool", QuotaSubject.OPD, Direction.TOTAL, MONTH, 1000, action=Action.DISCONNECT)
    plan = replace(PLAN, quotas=(quota(5, action=Action.DISCONNECT),))
    subscriber = replace(SITI, plan=plan, own_quotas=(quota(6),), opd=replace(OPD, pools=(pool,)))
    spent = {5: figure(1000, 5), 6: figure(0, 6), 9: figure(0, 9)}
    assert asked(subscriber, figures=spent).accepted
    assert asked(subscriber, figures=spent | {9: figure(1000, 9)}).cause is Code.QUOTA_SPENT


# -- brake ---------------------------------------------------------------------------------------------------------


def test_the_brake_gives_the_plans_rate_past_devices_hours_ceiling_and_quotas() -> None:
    plan = replace(PLAN, schedule=OFFICE_HOURS, hours_only=True, simultaneous=1, at_limit=AtDeviceLimit.REFUSE)
    subscriber = replace(with_quotas(quota(action=Action.DISCONNECT)), plan=plan)
    decision = asked(
        subscriber,
        replace(SITE, ceiling=Rate(1000, 1000)),
        figures={1: figure(5000)},
        sessions=(session(1),),
        paused=True,
        paused_until_s=NOW + 60,
    )
    assert (decision.accepted, decision.rate, decision.cause) == (True, PLAN.rate, Code.PAUSED)
    assert (decision.until_s, decision.ends_at_s, decision.octet_cap) == (NOW + 60, None, None)
    assert asked(replace(SITI, override=OVERRIDE), paused=True).rate == OVERRIDE


@pytest.mark.parametrize(
    ("subscriber", "code"),
    [
        (replace(SITI, status=Status.SUSPENDED), Code.SUSPENDED),
        (replace(SITI, valid_until_s=NOW - 1), Code.EXPIRED),
        (replace(SITI, opd=replace(OPD, status=Status.SUSPENDED)), Code.OPD_SUSPENDED),
    ],
)
def test_the_brake_never_lifts_the_accounts_own_state(subscriber: Subscriber, code: Code) -> None:
    assert asked(subscriber, paused=True).cause is code


# -- devices -------------------------------------------------------------------------------------------------------

TWO_DEVICES = replace(SITI, plan=replace(PLAN, simultaneous=2))
TWO_REFUSE = replace(SITI, plan=replace(PLAN, simultaneous=2, at_limit=AtDeviceLimit.REFUSE))


@pytest.mark.parametrize(
    ("sessions", "code", "ends", "replaces"),
    [
        ((), Code.DEVICES_FREE, (), ()),
        ((session(1),), Code.DEVICES_FREE, (), ()),
        ((session(1, "mine"), session(2)), Code.DEVICES_REPLACED, (), (1,)),
        ((session(1, silent_s=901), session(2)), Code.DEVICES_FREE, (), ()),  # three silent intervals: stale
        ((session(1, silent_s=900), session(2)), Code.DEVICES_END_IDLE, (1,), ()),
        ((session(1, silent_s=5), session(2, silent_s=50)), Code.DEVICES_END_IDLE, (2,), ()),
        ((session(1), session(2), session(3, silent_s=50)), Code.DEVICES_END_IDLE, (3, 1), ()),
    ],
)
def test_a_log_in_makes_room_as_the_plan_says(
    sessions: tuple[LiveSession, ...], code: Code, ends: tuple[int, ...], replaces: tuple[int, ...]
) -> None:
    decision = asked(TWO_DEVICES, sessions=sessions, asking=Asking("mine"))
    assert decision.accepted
    assert (decision.reasons[1].code, decision.ends, decision.replaces) == (code, ends, replaces)


@pytest.mark.parametrize(
    ("sessions", "accepted"),
    [
        ((session(1),), True),
        ((session(1), session(2)), False),
        ((session(1, "mine"), session(2)), True),
        ((session(1, silent_s=901), session(2)), True),
    ],
)
def test_a_plan_that_refuses_refuses_the_device_too_many(sessions: tuple[LiveSession, ...], accepted: bool) -> None:
    assert asked(TWO_REFUSE, sessions=sessions, asking=Asking("mine")).accepted is accepted


def test_a_plan_without_devices_refuses_the_first() -> None:
    assert asked(replace(SITI, plan=replace(PLAN, simultaneous=0))).cause is Code.DEVICES_FULL


@pytest.mark.parametrize(
    ("subscriber", "gone", "code"),
    [(TWO_DEVICES, {1, 4}, Code.DEVICES_END_IDLE), (TWO_REFUSE, {3, 4}, Code.DEVICES_FULL)],
)
def test_of_running_sessions_just_the_surplus_has_to_go(subscriber: Subscriber, gone: set[int], code: Code) -> None:
    """What a stale figure let in at log-in; each session is asked for itself and they agree."""
    sessions = tuple(session(n, silent_s=s, started_s=NOW - 500 + n) for n, s in ((1, 200), (2, 5), (3, 10), (4, 100)))
    refused = {s.id: asked(subscriber, sessions=sessions, asking=Asking(s.mac, s.id)) for s in sessions}
    assert {number for number, decision in refused.items() if not decision.accepted} == gone
    assert {refused[number].cause for number in gone} == {code}


def test_a_running_session_neither_counts_against_itself_nor_replaces_anybody() -> None:
    sessions = (session(1, "mine"), session(2, "mine"), session(3))
    decision = asked(TWO_DEVICES, sessions=sessions, asking=Asking("mine", 2))
    assert (decision.accepted, decision.ends, decision.replaces) == (True, (), ())
    assert decision.reasons[1].used == 2


# -- times ---------------------------------------------------------------------------------------------------------

THROTTLED = replace(
    with_quotas(throttling()),
    plan=replace(PLAN, schedule=OFFICE_HOURS),
    override=OVERRIDE,
    override_until_s=NOW + 700,
    valid_until_s=NOW + 5000,
)


@pytest.mark.parametrize(
    ("can_change_rate", "timeout_s", "ends_at_s"),
    [
        (True, None, NOW + 5000),  # the rate can change by CoA, the end of the account cannot
        (False, None, NOW + 700),
        (False, 100, NOW + 100),
        (True, 100, NOW + 100),
    ],
)
def test_a_session_never_outlives_what_only_its_end_can_change(
    can_change_rate: bool, timeout_s: int | None, ends_at_s: int
) -> None:
    plan = replace(PLAN, schedule=OFFICE_HOURS, session_timeout_s=timeout_s)
    decision = asked(
        replace(THROTTLED, plan=plan),
        hours=Hours(edge_s=NOW + 900),
        figures={1: figure(1000)},
        can_change_rate=can_change_rate,
    )
    assert (decision.until_s, decision.ends_at_s) == (NOW + 700, ends_at_s)


@pytest.mark.parametrize(
    ("change", "until_s"),
    [
        ({}, NOW + 700),
        ({"override_until_s": NOW - 5}, NOW + 900),  # an override that is over ends nothing
        ({"override": None}, NOW + 900),
        ({"override": None, "plan": PLAN}, NOW + 5000),  # no schedule: its edge is not asked
        ({"override": None, "plan": PLAN, "valid_until_s": None}, PERIOD[1]),
        ({"override": None, "plan": PLAN, "valid_until_s": None, "own_quotas": ()}, None),
    ],
)
def test_the_next_change_is_the_soonest_of_all_that_can_change(change: dict[str, Any], until_s: int | None) -> None:
    subscriber = replace(THROTTLED, **change)
    decision = asked(subscriber, hours=Hours(edge_s=NOW + 900), figures={1: figure(1000)}, can_change_rate=False)
    assert (decision.until_s, decision.ends_at_s) == (until_s, until_s)


@pytest.mark.parametrize(
    ("left", "interim_s"),
    [
        (1, 60),
        (10**8, 60),  # 67 s at the 12 Mbit/s of both ways together
        (10**9, 166),  # a quarter of 667 s
        (10**12, 300),
    ],
)
def test_reports_come_more_often_near_the_end_of_a_quota(left: int, interim_s: int) -> None:
    subscriber = with_quotas(quota(octets=10**13))
    assert asked(subscriber, figures={1: figure(10**13 - left)}).interim_s == interim_s


def test_a_plan_cannot_ask_for_reports_under_a_minute_apart() -> None:
    """RFC 2869 §5.16, P19."""
    plan = replace(PLAN, interim_min_s=10, interim_max_s=20)
    assert asked(replace(SITI, plan=plan)).interim_s == 60


# -- invariants ----------------------------------------------------------------------------------------------------

BPS = st.integers(1, 10**9)
RATES = st.builds(Rate, BPS, BPS)
TURNS = st.builds(
    OwnTurn, st.just("giliran"), st.booleans(), st.none() | RATES, st.none() | st.integers(NOW + 1, NOW + 99)
)
EVENTS = st.builds(
    lambda starts, lasts, bonus, leaves: OfficeEvent(1, "hut", frozenset({1}), starts, starts + lasts, bonus, leaves),
    st.integers(NOW - 50, NOW + 50), st.integers(1, 100), st.none() | RATES, st.none() | st.integers(1, 999),
)  # fmt: skip
_SETTING = (Rule.PLAN, Rule.SCHEDULE, Rule.OVERRIDE, Rule.ROTATION, Rule.EVENT)


@st.composite
def circumstances(draw: st.DrawFn) -> tuple[Subscriber, Site, Circumstances]:
    quotas = tuple(
        quota(
            number,
            octets=draw(st.integers(0, 2000)),
            action=draw(st.sampled_from(Action)),
            throttle=draw(RATES),
            strictness=draw(st.sampled_from(Strictness)),
        )
        for number in range(draw(st.integers(0, 3)))
    )
    plan = replace(
        PLAN,
        rate=draw(RATES),
        schedule=draw(st.sampled_from([None, OFFICE_HOURS])),
        simultaneous=draw(st.integers(0, 3)),
        at_limit=draw(st.sampled_from(AtDeviceLimit)),
    )
    subscriber = replace(
        SITI, plan=plan, own_quotas=quotas, override=draw(st.none() | RATES), override_until_s=draw(st.none() | MOMENTS)
    )
    site = replace(SITE, host=replace(OPD, ceiling=draw(st.none() | RATES)), ceiling=draw(st.none() | RATES))
    facts = Circumstances(
        NOW,
        Hours("siang", draw(st.none() | RATES), NOW + 60),
        {number: figure(draw(st.integers(0, 2500)), number) for number in range(len(quotas))},
        tuple(session(n, silent_s=draw(st.integers(0, 1000))) for n in range(draw(st.integers(0, 4)))),
        draw(st.sampled_from([Asking(), Asking("m1"), Asking("m1", 1)])),
        can_change_rate=draw(st.booleans()),
        can_cap=draw(st.booleans()),
        paused=draw(st.booleans()),
        floor_bps=draw(st.integers(0, 10**6)),
        turns=draw(st.lists(TURNS, max_size=2)),
        events=draw(st.lists(EVENTS, max_size=2)),
    )
    return subscriber, site, facts


MOMENTS = st.integers(NOW - 100, NOW + 100)


@given(circumstances())
def test_nobody_gets_more_than_his_limit_and_the_place_allow(asked_for: tuple[Subscriber, Site, Circumstances]) -> None:
    subscriber, site, facts = asked_for
    decision = decide(subscriber, site, facts)
    if not decision.accepted:
        return
    most = Rate(0, 0)
    for r in decision.reasons:
        if r.in_force and r.rate is not None and r.rule in _SETTING:
            adds = r.code in (Code.TURN_RATE, Code.EVENT_RATE)
            most = most.at_least(r.rate) if adds else r.rate
    for ceiling in (site.host.ceiling, site.ceiling):
        if ceiling is not None and not facts.paused:
            most = most.capped_by(ceiling)
    assert decision.rate.capped_by(most) == decision.rate
    floor = Rate(facts.floor_bps, facts.floor_bps).capped_by(most)
    assert decision.rate.at_least(floor) == decision.rate


@given(circumstances())
def test_the_same_facts_give_the_same_decision_whose_times_lie_ahead(
    asked_for: tuple[Subscriber, Site, Circumstances],
) -> None:
    decision = decide(*asked_for)
    assert decide(*asked_for) == decision
    assert decision.until_s is None or decision.until_s > NOW
    assert decision.ends_at_s is None or decision.ends_at_s > NOW
    assert not set(decision.ends) & set(decision.replaces)
    assert decision.octet_cap is None or decision.octet_cap > 0
