"""Which of the three ways holds a whole OPD's limit at a site, and why; and what a line gets."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from netquota.domain.deciding import Asking, Circumstances, decide
from netquota.domain.link_parts import short_links, short_links_with, with_link_parts
from netquota.domain.people import AccountKind, Opd, Status, Subscriber
from netquota.domain.places import Mode, ProviderLink, Site, Way, WayWhy
from netquota.domain.policy import Code, Plan
from netquota.domain.units import Rate
from netquota.domain.ways import GatewayFacts, circuit_plan, group_name, with_ways

M = 1_000_000
OPD = Opd(1, "DINKES", "Dinas Kesehatan", ceiling=Rate(60 * M, 30 * M))
OTHER = Opd(2, "SETDA", "Sekretariat Daerah")
MIKROTIK = GatewayFacts(holds_queue=True, only_lines=False, is_single=True)
WISPR = GatewayFacts(holds_queue=False, only_lines=False, is_single=True)
PPPOE = GatewayFacts(holds_queue=False, only_lines=True, is_single=True)
MANY = GatewayFacts(holds_queue=True, only_lines=False, is_single=False)
GATEWAYS = {1: MIKROTIK, 2: WISPR, 3: PPPOE, 4: MANY, 5: MIKROTIK}


def _site(number: int, nas: int | None, **more: Any) -> Site:
    return Site(number, f"site {number}", more.pop("host", OPD), mode=Mode.WHOLE_OPD, nas_id=nas, **more)


@pytest.mark.parametrize(
    ("sites", "lines", "way", "why"),
    [
        ([_site(1, 1)], [], Way.GROUP, WayWhy.ONE_GATEWAY),
        ([_site(1, 2)], [], Way.SHARE, WayWhy.NO_GROUP_QUEUE),
        ([_site(1, None)], [], Way.SHARE, WayWhy.NO_GROUP_QUEUE),
        ([_site(1, 3)], [], Way.CIRCUIT, WayWhy.NO_LOGIN_PAGE),
        ([_site(1, 1)], [1], Way.CIRCUIT, WayWhy.HAS_CIRCUIT),
        ([_site(1, 1), _site(2, 5)], [], Way.SHARE, WayWhy.SEVERAL_GATEWAYS),
        ([_site(1, 1), _site(2, 5)], [2], Way.GROUP, WayWhy.ONE_GATEWAY),  # the other's line is a limit of its own
        ([_site(1, 1), _site(2, 5, host=OTHER)], [], Way.GROUP, WayWhy.ONE_GATEWAY),
        ([_site(1, 4)], [], Way.SHARE, WayWhy.SEVERAL_GATEWAYS),  # a network: nobody knows how many are behind it
        ([_site(1, 4, match_gateway="gw1")], [], Way.GROUP, WayWhy.ONE_GATEWAY),
        ([_site(1, 1, match_vlan=10), _site(2, 1, match_vlan=20)], [], Way.GROUP, WayWhy.ONE_GATEWAY),
        (
            [_site(1, 1, match_vlan=10), _site(2, 1, match_vlan=20, ceiling=Rate(M, M))],
            [], Way.SHARE, WayWhy.SEVERAL_CEILINGS,
        ),
        ([_site(1, 1, way_chosen=Way.SHARE)], [1], Way.SHARE, WayWhy.CHOSEN),
    ],
)  # fmt: skip
def test_the_way_follows_the_rule_unless_the_admin_chose(
    sites: list[Site], lines: list[int], way: Way, why: WayWhy
) -> None:
    first = with_ways(sites, GATEWAYS, frozenset(lines))[0]
    assert (first.way, first.way_why) == (way, why)


def test_where_each_person_has_a_limit_of_his_own_there_is_no_way() -> None:
    site = replace(_site(1, 1, way_chosen=Way.GROUP), mode=Mode.PER_EMPLOYEE)
    assert with_ways([site], GATEWAYS, frozenset())[0].way is None


@pytest.mark.parametrize(
    ("code", "ceiling", "name"),
    [
        ("DINKES", None, "nq-dinkes"),
        ("DINKES", Rate(M, M), "nq-dinkes-7"),  # its own queue beside the office's
        ("Dinas Kesehatan/2", None, "nq-dinas-kesehatan-2"),
        ("***", None, "nq-1"),
        ("X" * 80, Rate(M, M), "nq-" + "x" * 58 + "-7"),
    ],
)
def test_a_group_is_named_after_its_office(code: str, ceiling: Rate | None, name: str) -> None:
    assert group_name(_site(7, 1, host=replace(OPD, code=code), ceiling=ceiling)) == name
    assert len(name) <= 63


@pytest.mark.parametrize(
    ("own", "hosts", "limit"),
    [
        (None, None, None),
        (None, Rate(60 * M, 30 * M), Rate(60 * M, 30 * M)),
        (Rate(20 * M, 40 * M), None, Rate(20 * M, 40 * M)),
        (Rate(20 * M, 40 * M), Rate(60 * M, 30 * M), Rate(20 * M, 30 * M)),
    ],
)
def test_a_sites_limit_is_its_own_ceiling_under_its_hosts(
    own: Rate | None, hosts: Rate | None, limit: Rate | None
) -> None:
    assert _site(1, 1, host=replace(OPD, ceiling=hosts), ceiling=own).limit == limit


def _line(site: Site) -> Subscriber:
    return Subscriber(
        9, "line-dinkes", "Router", site.host, circuit_plan(site), "site", kind=AccountKind.CIRCUIT, site_id=site.id
    )


def test_a_line_gets_the_whole_ceiling_of_its_site() -> None:
    site = _site(1, 3, ceiling=Rate(20 * M, 40 * M), way=Way.CIRCUIT)
    decision = decide(_line(site), site, Circumstances(0, asking=Asking()))
    assert decision.accepted
    assert decision.rate == Rate(20 * M, 30 * M)
    assert decision.cause is Code.CIRCUIT_RATE


@pytest.mark.parametrize(
    ("at", "code"),
    [(None, Code.ELSEWHERE), (_site(2, 3), Code.ELSEWHERE)],
)
def test_a_line_is_good_at_its_own_site_alone(at: Site | None, code: Code) -> None:
    decision = decide(_line(_site(1, 3)), at, Circumstances(0))
    assert (decision.accepted, decision.cause) == (False, code)


def test_a_line_without_any_ceiling_is_refused_rather_than_unlimited() -> None:
    site = _site(1, 3, host=OTHER)
    decision = decide(_line(site), site, Circumstances(0))
    assert (decision.accepted, decision.cause) == (False, Code.NO_CEILING)


def test_a_suspended_office_has_no_line() -> None:
    site = _site(1, 3, host=replace(OPD, status=Status.SUSPENDED))
    assert decide(_line(site), site, Circumstances(0)).cause is Code.OPD_SUSPENDED


@pytest.mark.parametrize(("way", "group"), [(Way.GROUP, "nq-dinkes"), (Way.SHARE, None), (Way.CIRCUIT, None)])
def test_a_session_goes_into_the_queue_of_a_group_site_alone(way: Way, group: str | None) -> None:
    person = Subscriber(1, "siti", "Siti", OTHER, Plan(1, "staf", "Staf", Rate(5 * M, M)), "employee")
    decision = decide(person, _site(1, 1, way=way, group="nq-dinkes"), Circumstances(0))
    assert decision.group == group


SMALL = ProviderLink(1, "Serat", "Penyedia", Rate(80 * M, 40 * M))
WEIGHTY = Opd(3, "RSUD", "Rumah Sakit", ceiling=Rate(60 * M, 30 * M), guaranteed=Rate(50 * M, 25 * M))


@pytest.mark.parametrize(
    ("ways", "limits"),
    [
        ((Way.GROUP, Way.GROUP), (Rate(30 * M, 15 * M), Rate(50 * M, 25 * M))),
        ((Way.CIRCUIT, Way.GROUP), (Rate(30 * M, 15 * M), Rate(50 * M, 25 * M))),
        ((Way.SHARE, Way.GROUP), (Rate(60 * M, 30 * M), Rate(50 * M, 25 * M))),  # its rounds see to the link
    ],
)
def test_a_link_is_a_ceiling_over_the_ceilings_of_its_offices(ways: tuple[Way, Way], limits: tuple[Rate, Rate]) -> None:
    sites = [_site(1, 1, link=SMALL, way_chosen=ways[0]), _site(2, 5, link=SMALL, host=WEIGHTY, way_chosen=ways[1])]
    found = with_link_parts(with_ways(sites, GATEWAYS, frozenset()))
    assert tuple(site.limit for site in found) == limits


def test_a_link_that_is_large_enough_takes_nothing_away() -> None:
    wide = replace(SMALL, capacity=Rate(120 * M, 60 * M))
    sites = [_site(1, 1, link=wide), _site(2, 5, link=wide, host=WEIGHTY)]
    assert [site.link_part for site in with_link_parts(with_ways(sites, GATEWAYS, frozenset()))] == [None, None]


def test_what_a_higher_ceiling_would_not_bring_is_known_before() -> None:
    wide = replace(SMALL, capacity=Rate(120 * M, 60 * M))
    sites = [_site(1, 1, link=wide), _site(2, 5, link=wide, host=WEIGHTY)]
    assert short_links(sites, OPD) == []
    [(link, part)] = short_links_with(sites, OPD, Rate(200 * M, 100 * M))
    assert link == wide
    assert part.down_bps < 200 * M
    assert short_links_with(sites, OPD, OPD.ceiling or Rate(0, 0)) == []
