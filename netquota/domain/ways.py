"""How one limit for a whole OPD is held at a site: which of the three ways, why, and what follows from it. Pure.

By rule, unless the admin chose (nas.md): a line that logs in is its own limit; one gateway that can hold a queue holds
it; what is left is shared among the running sessions.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from netquota.domain.places import Mode, Site, Way, WayWhy
from netquota.domain.policy import AtDeviceLimit, Plan

CIRCUIT_PLAN: Final = "circuit"
_LONGEST_NAME: Final = 63
_FOREIGN: Final = re.compile(r"[^a-z0-9_.-]+")


@dataclass(frozen=True, slots=True)
class GatewayFacts:
    """What the choice rests on: whether its family holds a queue for a group of sessions, whether only lines log in
    there, and whether its address is one machine's (a network may be many)."""

    holds_queue: bool
    only_lines: bool
    is_single: bool


def with_ways(sites: Sequence[Site], gateways: Mapping[int, GatewayFacts], with_circuit: frozenset[int]) -> list[Site]:
    """The sites with the way in force, why, and the name of their group; `gateways` by NAS id.

    `with_circuit`: the sites (ids) of which the line has an account.
    """
    whole = [site for site in sites if site.mode is Mode.WHOLE_OPD]
    return [_with_way(site, whole, gateways, with_circuit) for site in sites]


def _with_way(
    site: Site, whole: Sequence[Site], gateways: Mapping[int, GatewayFacts], with_circuit: frozenset[int]
) -> Site:
    if site.mode is not Mode.WHOLE_OPD:
        return replace(site, way=None, way_why=None, group=site.group or group_name(site))
    if site.way_chosen is not None:
        way, why = site.way_chosen, WayWhy.CHOSEN
    else:
        facts = None if site.nas_id is None else gateways.get(site.nas_id)
        way, why = by_rule(site, [other for other in whole if other.host.id == site.host.id], facts, with_circuit)
    return replace(site, way=way, way_why=why, group=site.group or group_name(site))


def by_rule(
    site: Site, of_opd: Sequence[Site], gateway: GatewayFacts | None, with_circuit: frozenset[int]
) -> tuple[Way, WayWhy]:
    """The way that the rule finds for a site; `of_opd` are all whole-OPD sites of its host, itself among them."""
    if site.id in with_circuit:
        return Way.CIRCUIT, WayWhy.HAS_CIRCUIT
    if gateway is not None and gateway.only_lines:
        return Way.CIRCUIT, WayWhy.NO_LOGIN_PAGE
    others = [other for other in of_opd if other.id not in with_circuit]
    if len({(other.nas_id, other.match_gateway) for other in others}) > 1:
        return Way.SHARE, WayWhy.SEVERAL_GATEWAYS
    if gateway is not None and not (gateway.is_single or site.match_gateway):
        return Way.SHARE, WayWhy.SEVERAL_GATEWAYS
    if len(others) > 1 and any(other.ceiling is not None for other in others):
        return Way.SHARE, WayWhy.SEVERAL_CEILINGS
    if gateway is not None and gateway.holds_queue:
        return Way.GROUP, WayWhy.ONE_GATEWAY
    return Way.SHARE, WayWhy.NO_GROUP_QUEUE


def group_name(site: Site) -> str:
    """What queue and profile of a site are called at its gateway where the admin gave no name: from the OPD's code.

    Sites of one OPD behind one gateway are under one queue, but for those with a ceiling of their own.
    """
    code = _FOREIGN.sub("-", site.host.code.lower()).strip("-") or str(site.host.id)
    own = "" if site.ceiling is None else f"-{site.id}"
    return f"nq-{code[: _LONGEST_NAME - len(own) - 3]}{own}"


def circuit_plan(site: Site) -> Plan | None:
    """The plan of a site's line: the whole ceiling, one session, no quota but the OPD's pools. None without a ceiling.

    Only one router logs in, so that another log-in means that its old session was lost.
    """
    if site.limit is None:
        return None
    return Plan(
        0, CIRCUIT_PLAN, site.name, site.limit, idle_timeout_s=None, simultaneous=1, at_limit=AtDeviceLimit.END_IDLE
    )
