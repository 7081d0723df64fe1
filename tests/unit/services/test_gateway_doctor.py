"""What is concluded from what arrived: each sign alone gives its finding, a healthy gateway gives none."""

from __future__ import annotations

from dataclasses import replace

import pytest

from netquota.domain.enforcement import OrderKind
from netquota.domain.learning import SILENCE, Learnt
from netquota.domain.people import Opd
from netquota.domain.places import Ability, Site
from netquota.services.class_token import Granted
from netquota.services.gateway_config import MASK, Part
from netquota.services.gateway_doctor import accounting, arrivals, orders
from netquota.services.gateway_doctor.findings import Finding, Level, What
from netquota.services.gateway_doctor.words import remedy, told
from netquota.storage.gateway_evidence import Evidence, SessionTrace
from netquota.storage.gateway_store import GatewayRow
from netquota.storage.report_store import ClientLine, Problem
from netquota.storage.unknown_store import UnknownSource

NOW_S = 1_790_000_000
GATEWAY = GatewayRow(
    id=1, nas_id=1, nas="gw1", family="mikrotik", identifier="gw1", address="10.0.0.1", first_packet_s=NOW_S - 9999,
    last_packet_s=NOW_S - 5, last_accounting_s=NOW_S - 5, clock_offset_s=0, coa_rate_works=Ability.YES,
    disconnect_works=Ability.LEARN, unanswered=0, claim_worker=None,
)  # fmt: skip
LINE = ClientLine(1, "gw1", "10.0.0.1", "mikrotik", "auto", True, (GATEWAY,))
SESSION = SessionTrace(
    gateway_id=1, started_s=NOW_S - 3000, last_event_s=NOW_S - 60, last_arrival_s=NOW_S - 60, session_time_s=2940,
    interim_s=300, input_octets=1000, output_octets=9000, has_gigawords=True, framed_ip="10.5.50.9", flag="", site_id=1,
    class_token=b"ours",
)  # fmt: skip
WORKS = {1: {OrderKind.COA: Learnt(Ability.YES), OrderKind.DISCONNECT: Learnt()}}
HEALTHY = Evidence(LINE, NOW_S - 99_999, (SESSION,), (NOW_S - 3001,), WORKS, ())
SITE = Site(1, "Kantor", Opd(1, "SETDA", "Setda"))
GIGABYTE = 10**9


class Reader:
    """Reads every Class as one that asked for 300 s."""

    def granted(self, token: bytes | None) -> Granted | None:
        return None if token is None else Granted(1, 1, 1, 1, None, NOW_S, 300, 1)


def line(**changes: object) -> Evidence:
    return replace(HEALTHY, line=replace(LINE, **changes))


def behind(**changes: object) -> Evidence:
    return line(gateways=(replace(GATEWAY, **changes),))


def sessions(**changes: object) -> Evidence:
    return replace(HEALTHY, sessions=(replace(SESSION, **changes),))


def problems(cause: str, ago_s: int = 60) -> Evidence:
    return line(problems=(Problem(cause, 3, NOW_S - ago_s, NOW_S - ago_s - 600),))


def silent(**changes: object) -> Evidence:
    return replace(behind(last_packet_s=None, last_accounting_s=None), sessions=(), logins=(), **changes)


def findings(found: Evidence, sites: tuple[Site, ...] = (SITE,), wraps: bool = False) -> list[Finding]:
    return [
        *arrivals.heard(found, NOW_S),
        *arrivals.dropped(found, NOW_S),
        *arrivals.signing(found),
        *arrivals.clock(found),
        *arrivals.identity(found, sites),
        *accounting.accounting(found, NOW_S),
        *accounting.interims(found, NOW_S, Reader()),
        *accounting.identifiers(found),
        *accounting.foreign_classes(found, NOW_S),
        *accounting.counters(found, wraps),
        *orders.orders(found),
    ]


def faults(found: Evidence, **more: object) -> dict[What, Finding]:
    return {one.what: one for one in findings(found, **more) if one.level is not Level.OK}


def near(*addresses: str) -> tuple[UnknownSource, ...]:
    return tuple(UnknownSource(address, 4, NOW_S - 500, NOW_S - 10) for address in addresses)


LEARNT_SILENT = {1: {OrderKind.COA: Learnt(Ability.NO, SILENCE, NOW_S - 900, 3, NOW_S - 990)}}
LEARNT_REFUSED = {1: {OrderKind.COA: Learnt(Ability.NO, "401", NOW_S - 900)}}
CASES: list[tuple[Evidence, What, Part | None, int | None]] = [
    (silent(), What.NEVER_HEARD, Part.RADIUS, NOW_S - 99_999),
    (silent(strangers=near("192.0.2.1")), What.NEVER_HEARD, Part.RADIUS, NOW_S - 99_999),
    (silent(strangers=near("192.0.2.1", "10.0.0.200")), What.STRANGER_NEAR, None, NOW_S - 500),
    (behind(last_packet_s=NOW_S - 901), What.SILENT, Part.RADIUS, NOW_S - 901),
    (problems("wrong_authenticator"), What.WRONG_SECRET, Part.RADIUS, NOW_S - 660),
    (problems("secret_mismatch_suspected"), What.WRONG_SECRET, Part.RADIUS, NOW_S - 660),
    (problems("no_message_authenticator"), What.UNSIGNED, Part.SIGNATURE, NOW_S - 660),
    (problems("wrong_attribute_length: Framed-IP-Address"), What.DROPPED, None, NOW_S - 660),
    (problems("class_not_ours"), What.FOREIGN_CLASS, Part.CLASS, NOW_S - 660),
    (line(authenticator_seen=False), What.NOT_SIGNING, Part.SIGNATURE, NOW_S - 3001),
    (behind(clock_offset_s=-4000), What.CLOCK, Part.CLOCK, None),
    (replace(behind(last_accounting_s=None), sessions=()), What.NO_ACCOUNTING, Part.ACCOUNTING, NOW_S - 3001),
    (replace(behind(last_accounting_s=None), sessions=(), logins=()), What.NEVER_ACCOUNTED, Part.ACCOUNTING,
     NOW_S - 9999),
    (replace(behind(last_accounting_s=NOW_S - 8000), logins=(NOW_S - 400, NOW_S - 500, NOW_S - 600)),
     What.NO_ACCOUNTING, Part.ACCOUNTING, NOW_S - 600),
    (sessions(last_event_s=NOW_S - 3000, last_arrival_s=NOW_S - 3000), What.NO_INTERIM, Part.INTERIM, NOW_S - 3000),
    (sessions(last_arrival_s=NOW_S - 700), What.LATE_INTERIM, Part.INTERIM, NOW_S - 700),
    (sessions(interim_s=600), What.OTHER_INTERVAL, Part.INTERIM, NOW_S - 3000),
    (sessions(class_token=None), What.NO_CLASS, Part.CLASS, NOW_S - 3000),
    (sessions(framed_ip=""), What.NO_FRAMED_IP, Part.FRAMED_IP, NOW_S - 3000),
    (sessions(flag="fell"), What.FELL, Part.GIGAWORDS, NOW_S - 60),
    (sessions(output_octets=3 * GIGABYTE, has_gigawords=False), What.NO_GIGAWORDS, Part.GIGAWORDS, NOW_S - 3000),
    (replace(HEALTHY, abilities=LEARNT_SILENT), What.COA_SILENT, Part.COA, NOW_S - 990),
    (behind(unanswered=3), What.COA_SILENT, Part.COA, None),
    (replace(HEALTHY, abilities=LEARNT_REFUSED), What.COA_REFUSED, Part.COA, NOW_S - 900),
]  # fmt: skip


def test_a_healthy_gateway_has_nothing_missing() -> None:
    assert faults(HEALTHY) == {}
    assert {one.what for one in findings(HEALTHY)} == {What.HEARD, What.REPORTS, What.COA_WORKS}


@pytest.mark.parametrize(("found", "what", "part", "since_s"), CASES, ids=[str(case[1]) for case in CASES])
def test_each_sign_alone_gives_its_finding(found: Evidence, what: What, part: Part | None, since_s: int | None) -> None:
    told_of = faults(found)
    assert set(told_of) == {what}
    assert (told_of[what].part, told_of[what].since_s) == (part, since_s)


@pytest.mark.parametrize("language", ["id", "en"])
def test_every_finding_can_be_said(language: str) -> None:
    for found, what, _part, _since in CASES:
        one = faults(found)[what]
        assert "{" not in told(one, language) + remedy(one, language)
        assert remedy(one, language)


def test_lines_with_a_masked_secret_say_so() -> None:
    one = replace(faults(problems("wrong_authenticator"))[What.WRONG_SECRET], enter=f"secret={MASK}")
    assert MASK in remedy(one, "en")
    assert MASK in remedy(one, "id")


def test_old_problems_are_history() -> None:
    assert faults(problems("wrong_authenticator", ago_s=86_401)) == {}


def test_a_gateway_known_to_wrap_is_not_blamed_for_it() -> None:
    assert faults(sessions(output_octets=3 * GIGABYTE, has_gigawords=False), wraps=True) == {}


def test_a_name_that_no_site_knows_is_told() -> None:
    assert set(faults(HEALTHY, sites=())) == {What.NO_SITE}
    other = replace(SITE, match_gateway="gw-lama")
    assert faults(HEALTHY, sites=(other,))[What.UNKNOWN_IDENTITY].values == {"identifier": "gw1", "known": "gw-lama"}
    assert faults(HEALTHY, sites=(other, SITE)) == {}


@pytest.mark.parametrize(
    ("flows", "what"),
    [
        ([(1, 2 * GIGABYTE, 1), (2, 1, 5)], What.DIRECTION),
        ([(1, 5, 1), (2, 1, 2 * GIGABYTE)], What.REVERSED),
        ([(1, 1, 5)], None),  # too little to tell
    ],
)
def test_directions_are_judged_by_days_of_traffic(flows: list[tuple[int, int, int]], what: What | None) -> None:
    for is_reversed, right in ((False, "yes"), (True, "no")):
        found = list(accounting.direction("gw1", flows, is_reversed))
        assert [one.what for one in found] == ([] if what is None else [what])
        if what is What.REVERSED:
            assert (found[0].since_s, found[0].command) == (2, f"netquota nas set gw1 --octets-reversed {right}")
            assert "2\u00a0GB" in told(found[0], "id")


def test_ipv6_neighbours_are_within_64_bits() -> None:
    assert arrivals.nearest("2001:db8::1", near("2001:db8:1::1")) is None
    assert arrivals.nearest("2001:db8::1", near("fe80::1%eth0", "2001:db8::9")) is not None
    assert arrivals.nearest("10.0.0.1", near("::ffff:10.0.0.9")) is not None
