"""A ceiling that running sessions share: who gets what, in which order, and never more than there is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import Table, update

from netquota.clock import FixedClock
from netquota.domain.policy import Code
from netquota.domain.share_round import Headroom
from netquota.domain.units import Rate
from netquota.secrets import Keyring
from netquota.services.changes import AfterChange
from netquota.services.foresight import foresee
from netquota.services.office import Author, Office
from netquota.services.reserve import reserve
from netquota.storage import schema
from netquota.storage.database import Database
from netquota.storage.ledger_store import Books
from netquota.storage.order_store import OrderState
from tests.storage.books_city import WIB, Plain
from tests.storage.share_city import CEILING, M, ShareCity


@pytest.fixture
def shared(database: Database) -> ShareCity:
    return ShareCity.founded(database)


def test_two_who_want_all_get_half_each_wherever_their_gateway(shared: ShareCity) -> None:
    shared.start("a")
    shared.settle()
    shared.start("b", who="budi", gateway="gw2")
    shared.settle()
    halves = {name: rate.down_bps for name, rate in shared.real().items()}
    assert abs(halves["a"] - halves["b"]) <= halves["a"] // 10
    assert 0.97 * CEILING.down_bps <= shared.real_sum().down_bps <= CEILING.down_bps


def test_a_newcomer_begins_at_once_and_the_sum_holds_at_every_step(shared: ShareCity) -> None:
    for name in "abcdefgh":
        decision = shared.start(name)
        assert decision.accepted
        assert shared.real_sum().capped_by(CEILING) == shared.real_sum()
        shared.round()
        shared.answer()
        assert shared.real_sum().capped_by(CEILING) == shared.real_sum()
    shared.settle()
    assert shared.real_sum().down_bps >= 0.95 * CEILING.down_bps


def test_increases_wait_for_the_acknowledgement_of_the_reductions(shared: ShareCity) -> None:
    shared.start("a")
    shared.settle()
    shared.start("b")
    shared.round()
    under_way = shared.on_the_way()
    assert under_way["a"].down_bps < shared.devices["a"].real.down_bps
    assert "b" not in under_way
    shared.round()
    assert "b" not in shared.on_the_way()  # a has not answered
    shared.answer()
    shared.round()
    assert shared.on_the_way()["b"].down_bps > shared.devices["b"].real.down_bps


def test_a_reduction_that_nobody_acknowledged_keeps_its_rate_in_the_sum(shared: ShareCity) -> None:
    shared.start("a")
    shared.settle()
    had = shared.devices["a"].real
    shared.start("b")
    shared.round()
    shared.answer("a", state=OrderState.GIVEN_UP, arrives=False)
    for _ in range(3):
        shared.round()
        shared.answer()
    assert shared.devices["a"].real == had
    assert shared.real_sum().capped_by(CEILING) == shared.real_sum()


def test_an_increase_whose_answer_was_lost_counts_as_taken(shared: ShareCity) -> None:
    """The gateway may have done it: what it may have is no longer free for others."""
    shared.start("a")
    shared.round()
    shared.answer("a", state=OrderState.GIVEN_UP, arrives=True)
    for name in "bcd":
        shared.start(name)
        shared.round()
        shared.answer()
        assert shared.real_sum().capped_by(CEILING) == shared.real_sum()


def test_a_replaced_increase_that_arrives_all_the_same_keeps_the_sum(shared: ShareCity) -> None:
    shared.start("a")
    shared.round()
    raised = shared.on_the_way()["a"]
    shared.ceiling(Rate(4 * M, 4 * M))
    shared.round()
    assert shared.on_the_way()["a"].down_bps <= 4 * M  # it replaces the increase, which is on the wire
    shared.devices["a"].real = raised
    refused = shared.log_in("b")
    assert not refused.accepted
    shared.answer()
    assert shared.start("c").accepted
    assert shared.real_sum().down_bps <= 4 * M


def test_a_lowered_ceiling_holds_once_the_reductions_are_acknowledged(shared: ShareCity) -> None:
    for name in "abc":
        shared.start(name)
        shared.settle()
    lowered = Rate(6 * M, 6 * M)
    shared.ceiling(lowered)
    assert shared.log_in("late").cause is Code.CEILING_FULL
    shared.settle()
    assert shared.real_sum().capped_by(lowered) == shared.real_sum()
    assert shared.log_in("later").accepted


def test_a_raised_ceiling_reaches_everybody_in_one_round(shared: ShareCity) -> None:
    for name in "abc":
        shared.start(name)
        shared.settle()
    shared.ceiling(Rate(40 * M, 40 * M))
    shared.round()
    assert set(shared.on_the_way()) == set("abc")


def test_what_one_does_not_use_the_others_get(shared: ShareCity) -> None:
    for name in "ab":
        shared.start(name)
        shared.settle()
    for _ in range(2):  # the first interval began before b had its rate
        shared.report("a", bps=100_000, after_s=60)
        shared.report("b", bps=2 * shared.devices["b"].real.down_bps, after_s=60)
    shared.settle()
    rates = shared.real()
    assert rates["b"].down_bps > 15 * M
    assert rates["a"].down_bps < 4 * M


def test_who_leaves_leaves_room(shared: ShareCity) -> None:
    for name in "ab":
        shared.start(name)
        shared.settle()
    shared.report("a", "stop")
    shared.settle()
    assert shared.devices["b"].real.down_bps >= 0.93 * CEILING.down_bps


def test_a_second_round_orders_nothing_new(shared: ShareCity) -> None:
    for name in "abc":
        shared.start(name)
    shared.settle()
    assert shared.round().ordered == ()


def test_rounds_close_upon_each_other_are_one(shared: ShareCity) -> None:
    """Two workers that mark the same ceiling do not both spend its headroom, nor its gateways' patience."""
    shared.start("a")
    shared.round()
    shared.now_s -= 2  # another worker, the same moment
    with pytest.raises(AssertionError):
        shared.round()


# -- log-ins -----------------------------------------------------------------------------------------------------------


def test_log_ins_that_are_not_heard_of_yet_hold_what_was_promised(shared: ShareCity) -> None:
    promised = [shared.log_in(f"silent-{number}") for number in range(40)]
    begun = sum(one.rate.down_bps for one in promised if one.accepted)
    assert begun <= CEILING.down_bps
    assert len([one for one in promised if one.accepted]) >= 10


def test_log_ins_of_one_batch_do_not_take_the_same_room(shared: ShareCity) -> None:
    asked = [shared.asked(f"n{number}", "siti", "gw1") for number in range(30)]
    found = reserve(Books(shared.city.database), shared.city.policy, asked, shared.now_s)
    assert sum(one.rate.down_bps for one in found if one.accepted) <= CEILING.down_bps


def test_a_promise_is_the_sessions_once_it_speaks(shared: ShareCity) -> None:
    shared.log_in("a")
    assert len(shared.city.rows(schema.share_reservation)) == 1
    shared.report("a", "start", after_s=1)
    assert shared.city.rows(schema.share_reservation) == []


def test_a_promise_to_a_session_that_never_speaks_runs_out(shared: ShareCity) -> None:
    shared.log_in("ghost")
    del shared.devices["ghost"]
    shared.now_s += 600
    shared.round()
    assert shared.city.rows(schema.share_reservation) == []


def test_a_device_that_asks_again_is_promised_once(shared: ShareCity) -> None:
    shared.log_in("a", mac="same")
    shared.log_in("again", mac="same")
    assert len(shared.city.rows(schema.share_reservation)) == 1


def test_a_device_that_logs_in_again_at_its_gateway_takes_its_own_place(shared: ShareCity) -> None:
    """Under a full ceiling its own session's rate is what there is."""
    shared.start("a")
    shared.settle()
    held = shared.devices["a"].real.down_bps
    decision = shared.log_in("again", mac="mac-a")
    assert decision.accepted
    assert decision.rate.down_bps >= held // 4


def test_nothing_free_is_refused_with_a_hint_to_try_again(shared: ShareCity) -> None:
    shared.start("a")
    shared.settle()
    shared.ceiling(Rate(M, M))
    refused = shared.log_in("b")
    assert (refused.accepted, refused.cause) == (False, Code.CEILING_FULL)


def test_the_reason_names_whose_ceiling_and_the_share(shared: ShareCity) -> None:
    shared.start("a")
    decision = shared.start("b")
    (told,) = [reason for reason in decision.reasons if reason.code is Code.SHARE_OF_CEILING]
    assert (told.source, told.rate, decision.cause) == ("DINKES", decision.rate, Code.SHARE_OF_CEILING)


# -- what else limits --------------------------------------------------------------------------------------------------


def test_gateways_without_coa_keep_what_they_have_and_the_others_share_the_rest(shared: ShareCity) -> None:
    shared.start("deaf", gateway="gw2")
    shared.settle()
    stays = shared.devices["deaf"].real
    shared.city.change(schema.gateway, "gw2", coa_rate_works="no")
    with shared.city.database.write() as connection:
        connection.execute(update(schema.nas).values(can_coa_rate="learn"))
    shared.city.refresh()
    shared.start("a")
    shared.settle()
    assert shared.devices["deaf"].real == stays
    assert shared.real_sum().capped_by(CEILING) == shared.real_sum()


def test_a_sites_own_ceiling_holds_under_the_offices(shared: ShareCity) -> None:
    shared.city.change(schema.site, "site", ceiling_down_bps=5 * M, ceiling_up_bps=5 * M)
    for name in "abc":
        shared.start(name)
        shared.settle()
    assert shared.real_sum().capped_by(Rate(5 * M, 5 * M)) == shared.real_sum()


def test_a_link_too_small_for_its_offices_ceilings_limits_them(shared: ShareCity) -> None:
    shared.city.change(schema.provider_link, "link", capacity_down_bps=8 * M, capacity_up_bps=8 * M)
    for name in "abc":
        shared.start(name)
        shared.settle()
    assert shared.real_sum().capped_by(Rate(8 * M, 8 * M)) == shared.real_sum()
    assert shared.real_sum().down_bps >= 6 * M


@pytest.mark.parametrize(
    ("table", "key", "rate"), [(schema.provider_link, "link", "capacity"), (schema.site, "site", "ceiling")]
)
def test_a_newcomer_finds_room_also_where_a_part_is_what_is_short(
    shared: ShareCity, table: Table, key: str, rate: str
) -> None:
    """Else nobody gets in any more once those who are there have shared the part among themselves."""
    shared.city.change(table, key, **{f"{rate}_down_bps": 8 * M, f"{rate}_up_bps": 8 * M})
    for name in "abcdefgh":
        assert shared.start(name).accepted, name
        shared.settle()
        for other in shared.devices:
            shared.report(other, bps=8 * M, after_s=5)
        shared.settle()
    assert 7 * M <= shared.real_sum().down_bps <= 8 * M


def test_reconcile_does_not_undo_what_sharing_gave(shared: ShareCity) -> None:
    for name in "ab":
        shared.start(name)
        shared.settle()
    before = len(shared.city.orders())
    shared.report("a", bps=shared.devices["a"].real.down_bps)
    shared.report("b", bps=shared.devices["b"].real.down_bps)
    assert len(shared.city.orders()) == before


def test_zero_is_never_ordered(shared: ShareCity) -> None:
    for name in "abcdefgh":
        shared.start(name)
    shared.settle()
    for name in "abcdefgh":
        shared.report(name, bps=0)
    shared.ceiling(Rate(1, 1))
    shared.round()
    assert all(min(rate.down_bps, rate.up_bps) > 0 for rate in shared.on_the_way().values())
    assert shared.on_the_way()


def heavy(shared: ShareCity, weight: int) -> None:
    """Budi has a plan of another weight."""
    rates = {"rate_down_bps": CEILING.down_bps, "rate_up_bps": CEILING.up_bps}
    with shared.city.database.write() as connection:
        plan = schema.plan.insert().values(key="pimpinan", name="Pimpinan", weight=weight, simultaneous=9, **rates)
        plan_id = connection.execute(plan).inserted_primary_key[0]
    shared.city.change(schema.employee, "budi", plan_id=plan_id)


def test_a_plans_weight_divides_what_is_short(shared: ShareCity) -> None:
    heavy(shared, 3)
    shared.start("a")
    shared.settle()
    shared.start("b", who="budi")
    shared.settle()
    rates = {name: rate.down_bps for name, rate in shared.real().items()}
    assert abs(rates["b"] - 3 * rates["a"]) <= rates["b"] // 10
    assert 0.97 * CEILING.down_bps <= shared.real_sum().down_bps <= CEILING.down_bps


@pytest.mark.parametrize(
    ("headroom", "free"), [(Headroom(10, 4), 512_000), (Headroom(200, 4), 4 * M), (Headroom(0, 0), 0)]
)
def test_as_much_is_kept_free_for_newcomers_as_the_settings_say(
    shared: ShareCity, headroom: Headroom, free: int
) -> None:
    shared.city.policy = replace(shared.city.policy, headroom=headroom)
    shared.start("a")
    shared.settle()
    assert shared.real_sum().down_bps == CEILING.down_bps - free


def test_what_a_change_would_do_says_who_waits_for_the_next_round(shared: ShareCity) -> None:
    for name in "abc":
        shared.start(name)
        shared.settle()
    after = AfterChange(Plain(), WIB, 128_000)
    clock = FixedClock(datetime.fromtimestamp(shared.now_s, UTC))
    office = Office(shared.city.database, Keyring([Fernet.generate_key()]), clock, WIB, after)
    orders = len(shared.city.orders())
    _, reach = foresee(office, after, "opd", "DINKES", {"ceiling": "10M/10M"}, Author("rina", "uji"), None)
    assert (reach.sessions, reach.sharing, reach.held_by) == (3, 3, {})
    assert len(shared.city.orders()) == orders  # nothing of it stays
