"""A new gateway's steps: awaited until seen, wrong with the finding that says what to change, green once right."""

from __future__ import annotations

from dataclasses import replace

import pytest

from netquota.domain.enforcement import OrderKind
from netquota.domain.learning import Learnt
from netquota.domain.places import Ability
from netquota.services.gateway_doctor.checklist import State, Step, checklist, is_complete
from netquota.services.gateway_doctor.findings import Finding, Level, What
from netquota.storage.gateway_evidence import Evidence, SessionTrace
from netquota.storage.gateway_store import GatewayRow
from netquota.storage.report_store import ClientLine, Problem

NOW_S = 1_790_000_000
HEARD = GatewayRow(
    id=1, nas_id=1, nas="gw1", family="mikrotik", identifier="gw1", address="10.0.0.1", first_packet_s=NOW_S - 99,
    last_packet_s=NOW_S - 5, last_accounting_s=None, clock_offset_s=0, coa_rate_works=Ability.LEARN,
    disconnect_works=Ability.LEARN, unanswered=0, claim_worker=None,
)  # fmt: skip
NEW = Evidence(ClientLine(1, "gw1", "10.0.0.1", "mikrotik", "auto", False, ()), NOW_S - 99, (), (), {}, ())
SESSION = SessionTrace(
    gateway_id=1, started_s=NOW_S - 600, last_event_s=NOW_S - 60, last_arrival_s=NOW_S - 60, session_time_s=540,
    interim_s=300, input_octets=1, output_octets=1, has_gigawords=True, framed_ip="10.5.50.9", flag="", site_id=1,
    class_token=b"ours",
)  # fmt: skip
LINE = replace(NEW.line, authenticator_seen=True, gateways=(replace(HEARD, last_accounting_s=NOW_S - 60),))
WORKING = replace(NEW, line=LINE, sessions=(SESSION,), logins=(NOW_S - 601,))
ORDERED = replace(WORKING, abilities={1: {OrderKind.COA: Learnt(Ability.YES)}})
WRONG = Finding(What.WRONG_SECRET, Level.BAD, NOW_S - 400)


def states(found: Evidence, *findings: Finding, has_site: bool = True) -> dict[Step, State]:
    return {check.step: check.state for check in checklist(found, findings, has_site)}


def test_all_is_awaited_at_first() -> None:
    assert set(states(NEW).values()) == {State.AWAITED}


def test_all_is_seen_of_a_gateway_that_works_and_orders_need_not_be() -> None:
    assert set(states(ORDERED).values()) == {State.SEEN}
    working = checklist(WORKING, [], True)
    assert [check.step for check in working if check.state is State.AWAITED] == [Step.COA]
    assert is_complete(working)
    assert not is_complete(checklist(NEW, [], True))


@pytest.mark.parametrize(
    ("step", "what"),
    [
        (Step.PACKET, What.STRANGER_NEAR), (Step.SECRET, What.WRONG_SECRET), (Step.SIGNED, What.UNSIGNED),
        (Step.SITE, What.NO_SITE), (Step.ACCOUNTING, What.NO_ACCOUNTING), (Step.INTERIM, What.NO_INTERIM),
        (Step.COA, What.COA_SILENT),
    ],
)  # fmt: skip
def test_a_finding_makes_its_step_wrong_and_says_what_to_change(step: Step, what: What) -> None:
    checks = checklist(ORDERED, [Finding(what, Level.BAD, NOW_S)], True)
    assert [(check.step, check.finding and check.finding.what) for check in checks if check.state is State.WRONG] == [
        (step, what)
    ]
    assert not is_complete(checks)


def test_a_wrong_secret_is_over_once_a_good_packet_came() -> None:
    before = replace(LINE, problems=(Problem("wrong_authenticator", 3, NOW_S - 300, NOW_S - 400),))
    after = replace(LINE, problems=(Problem("wrong_authenticator", 3, NOW_S - 30, NOW_S - 400),))
    assert states(replace(WORKING, line=before), WRONG)[Step.SECRET] is State.SEEN
    assert states(replace(WORKING, line=after), WRONG)[Step.SECRET] is State.WRONG


def test_packets_that_are_dropped_are_packets() -> None:
    dropped = replace(NEW.line, problems=(Problem("wrong_authenticator", 3, NOW_S - 30, NOW_S - 400),))
    found = states(replace(NEW, line=dropped), WRONG)
    assert (found[Step.PACKET], found[Step.SECRET]) == (State.SEEN, State.WRONG)


def test_no_accounting_is_awaited_until_somebody_logged_in() -> None:
    never = Finding(What.NEVER_ACCOUNTED, Level.BAD)
    heard = replace(NEW, line=replace(NEW.line, gateways=(HEARD,)))
    assert states(heard, never)[Step.ACCOUNTING] is State.AWAITED
    assert states(replace(heard, logins=(NOW_S - 60,)), never)[Step.ACCOUNTING] is State.WRONG
