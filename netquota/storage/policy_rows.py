"""From the rows of the small policy tables to the values of the rules. Reads all of them; there are few."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, time
from ipaddress import ip_network
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from sqlalchemy import Row, Table, select

from netquota.domain.link_parts import with_link_parts
from netquota.domain.outages import rerouted
from netquota.domain.people import AccountKind, Opd, Status
from netquota.domain.periods import Period, PeriodKind
from netquota.domain.places import Ability, AuthenticatorPolicy, Mode, Nas, ProviderLink, Site, Way
from netquota.domain.policy import AtDeviceLimit, Plan
from netquota.domain.quota import (
    Action,
    ChangeMode,
    Direction,
    Quota,
    QuotaChange,
    QuotaSubject,
    Strictness,
    steps_of,
)
from netquota.domain.reachable import Reachable
from netquota.domain.schedule import Holidays, Schedule, Season, Span, Window
from netquota.domain.terms import Terms
from netquota.domain.units import Burst, Rate
from netquota.domain.ways import GatewayFacts, with_ways
from netquota.domain.window_text import parse_windows
from netquota.storage import schema
from netquota.storage.database import Connection
from netquota.storage.event_store import events
from netquota.storage.lot_store import grant_ends
from netquota.storage.outage_store import links_out
from netquota.storage.rotation_store import rotations
from netquota.storage.snapshot import Pause, Rules, rate_of
from radius.families import FAMILIES

_FIRST_ANCHOR = date(2026, 1, 5)  # the domain's own default: a Monday


class Decrypts(Protocol):
    """What opens the secrets at rest (netquota.secrets)."""

    def decrypt(self, token: bytes) -> bytes:
        """The plain octets of what was encrypted."""
        ...


@dataclass(frozen=True, slots=True)
class _Quotas:
    """All quotas by id, and by whose they are."""

    by_id: dict[int, Quota]
    of_plan: dict[int, tuple[Quota, ...]]
    of_opd: dict[int, tuple[Quota, ...]]
    of_employee: dict[int, tuple[Quota, ...]]


def load_rules(connection: Connection, secrets: Decrypts, zone: ZoneInfo) -> Rules:
    """Everything but the employees, at the moment of the transaction."""
    ramadans = _ramadans(connection)
    quotas = _quotas(connection, zone, ramadans)
    schedules = _schedules(connection, zone, ramadans)
    plans = {row.id: _plan(row, quotas, schedules) for row in _all(connection, schema.plan)}
    opds = {row.id: _opd(row, quotas, plans, schedules) for row in _all(connection, schema.opd)}
    links = {row.id: _link(row) for row in _all(connection, schema.provider_link)}
    nas_rows = _all(connection, schema.nas)
    out = links_out(connection)
    uam = {row.id: row.uam_secret_encrypted for row in nas_rows if row.uam_secret_encrypted is not None}
    return Rules(
        nas_by_id={row.id: _nas(row, secrets) for row in nas_rows},
        uam_secrets={nas_id: secrets.decrypt(token) for nas_id, token in uam.items()},
        sites=_sites(connection, nas_rows, opds, links, frozenset(out.values())),
        outages=frozenset(out),
        opds=opds,
        plans=plans,
        links=links,
        schedules=schedules,
        quotas=quotas.by_id,
        own_quotas=quotas.of_employee,
        holidays=days_off(connection),
        pauses=_pauses(connection),
        grant_ends=grant_ends(connection),
        reachable=_reachable(connection),
        terms=_terms(connection),
        events=events(connection),
        rotations=tuple(rotations(connection, zone).values()),
    )


def _all(connection: Connection, table: Table) -> list[Row[Any]]:
    return list(connection.execute(select(table).order_by(table.c.id)))


def _nas(row: Row[Any], secrets: Decrypts) -> Nas:
    return Nas(
        id=row.id, name=row.name, address=row.address, secret=secrets.decrypt(row.secret_encrypted), family=row.family,
        authenticator_policy=AuthenticatorPolicy(row.authenticator_policy), authenticator_seen=row.authenticator_seen,
        is_proxy=row.is_proxy, lenient=row.lenient, octets_reversed=row.octets_reversed,
        coa_port=row.coa_port, coa_address=row.coa_address, coa_per_second=row.coa_per_second,
        can_coa_rate=Ability(row.can_coa_rate), can_disconnect=Ability(row.can_disconnect),
        realms=tuple(filter(None, (realm.strip().lower() for realm in (row.realms or "").split(",")))),
    )  # fmt: skip


def _sites(
    connection: Connection, nas_rows: list[Row[Any]], opds: Mapping[int, Opd], links: Mapping[int, ProviderLink],
    out: frozenset[int],
) -> dict[int, Site]:  # fmt: skip
    """The sites with the way in which each is limited, which depends on all of them and on what their gateways can."""
    e = schema.employee.c
    lines = select(e.site_id).where(e.kind == AccountKind.CIRCUIT, e.site_id.is_not(None), e.status == Status.ACTIVE)
    with_circuit = frozenset(connection.execute(lines).scalars())
    facts = {row.id: _gateway_facts(row) for row in nas_rows}
    sites = rerouted([_site(row, opds, links) for row in _all(connection, schema.site)], links.values(), out)
    return {site.id: site for site in with_link_parts(with_ways(sites, facts, with_circuit))}


def _gateway_facts(row: Row[Any]) -> GatewayFacts:
    family, network = FAMILIES[row.family], ip_network(row.address, strict=False)
    return GatewayFacts(family.holds_queue, family.only_lines, network.prefixlen == network.max_prefixlen)


def _site(row: Row[Any], opds: Mapping[int, Opd], links: Mapping[int, ProviderLink]) -> Site:
    return Site(
        id=row.id, name=row.name, host=opds[row.opd_id], link=None if row.link_id is None else links[row.link_id],
        mode=Mode(row.mode), ceiling=rate_of(row.ceiling_down_bps, row.ceiling_up_bps), nas_id=row.nas_id,
        match_gateway=row.match_gateway, match_called_station=row.match_called_station, match_port=row.match_port,
        match_vlan=row.match_vlan, way_chosen=None if row.way is None else Way(row.way), group=row.group_name or "",
    )  # fmt: skip


def _link(row: Row[Any]) -> ProviderLink:
    return ProviderLink(row.id, row.name, row.provider, Rate(row.capacity_down_bps, row.capacity_up_bps))


def _opd(
    row: Row[Any], quotas: _Quotas, plans: Mapping[int, Plan], schedules: Mapping[int, Schedule]
) -> Opd:  # fmt: skip
    return Opd(
        id=row.id, code=row.code, name=row.name, status=Status(row.status),
        ceiling=rate_of(row.ceiling_down_bps, row.ceiling_up_bps),
        guaranteed=rate_of(row.guaranteed_down_bps, row.guaranteed_up_bps),
        weight=row.weight, priority=row.priority,
        default_plan=None if row.default_plan_id is None else plans[row.default_plan_id],
        pools=quotas.of_opd.get(row.id, ()), boost=rate_of(row.boost_down_bps, row.boost_up_bps),
        boost_until_s=row.boost_until_s, boost_why=row.boost_why,
        schedule=None if row.schedule_id is None else schedules[row.schedule_id],
    )  # fmt: skip


def _plan(row: Row[Any], quotas: _Quotas, schedules: Mapping[int, Schedule]) -> Plan:
    return Plan(
        id=row.id, key=row.key, name=row.name, rate=Rate(row.rate_down_bps, row.rate_up_bps), burst=_burst(row),
        quotas=quotas.of_plan.get(row.id, ()),
        schedule=None if row.schedule_id is None else schedules[row.schedule_id],
        session_timeout_s=row.session_timeout_s, idle_timeout_s=row.idle_timeout_s,
        simultaneous=row.simultaneous, at_limit=AtDeviceLimit(row.at_limit),
        interim_min_s=row.interim_min_s, interim_max_s=row.interim_max_s, hours_only=row.hours_only,
        remember_days=row.remember_days, for_guests=row.for_guests,
        weight=row.weight,
    )  # fmt: skip


def _burst(row: Row[Any]) -> Burst | None:
    rate = rate_of(row.burst_down_bps, row.burst_up_bps)
    threshold = rate_of(row.burst_threshold_down_bps, row.burst_threshold_up_bps)
    if rate is None or threshold is None or row.burst_time_s is None:
        return None
    return Burst(rate, threshold, row.burst_time_s)


def quotas(connection: Connection, zone: ZoneInfo) -> Mapping[int, Quota]:
    """All quotas by id with what they were before; windows that count less are as outside of Ramadan."""
    return _quotas(connection, zone, ()).by_id


def _quotas(connection: Connection, zone: ZoneInfo, ramadans: tuple[Span, ...]) -> _Quotas:
    found = _Quotas({}, {}, {}, {})
    changes = _changes(connection)
    for row in _all(connection, schema.quota):
        quota = found.by_id[row.id] = _quota(row, zone, changes.get(row.id, ()), ramadans)
        for owner_id, owned in (
            (row.plan_id, found.of_plan),
            (row.opd_id, found.of_opd),
            (row.employee_id, found.of_employee),
        ):
            if owner_id is not None:
                owned[owner_id] = (*owned.get(owner_id, ()), quota)
    return found


def _changes(connection: Connection) -> dict[int, tuple[QuotaChange, ...]]:
    """What each quota was before, oldest first."""
    found: dict[int, tuple[QuotaChange, ...]] = {}
    table = schema.quota_change
    for row in connection.execute(select(table).order_by(table.c.quota_id, table.c.at_s, table.c.id)):
        change = QuotaChange(row.at_s, row.before, ChangeMode(row.mode))
        found[row.quota_id] = (*found.get(row.quota_id, ()), change)
    return found


def _quota(row: Row[Any], zone: ZoneInfo, changes: tuple[QuotaChange, ...], ramadans: tuple[Span, ...]) -> Quota:
    return Quota(
        id=row.id, key=row.key, subject=QuotaSubject.PERSON if row.opd_id is None else QuotaSubject.OPD,
        direction=Direction(row.direction), period=_period(row, zone), octets=row.octets,
        strictness=Strictness(row.strictness), action=Action(row.action),
        throttle=rate_of(row.throttle_down_bps, row.throttle_up_bps),
        warn_permille=tuple(int(line) for line in row.warn_permille.split(",") if line.strip()),
        carry_share_permille=row.carry_share_permille, carry_cap_octets=row.carry_cap_octets,
        carry_kept_periods=row.carry_kept_periods, steps=steps_of(row.steps), landing=row.landing, changes=changes,
        turned=None if row.turned_from_s is None else (row.turned_from_s, row.turned_until_s),
        reduced=_reduced(row, zone, ramadans),
    )  # fmt: skip


def _reduced(row: Row[Any], zone: ZoneInfo, ramadans: tuple[Span, ...]) -> Schedule | None:
    if not row.reduced:
        return None
    windows = tuple(replace(window, ramadans=ramadans) for window in parse_windows(row.reduced, "reduced"))
    return Schedule(f"quota:{row.key}", zone, windows)


def _period(row: Row[Any], zone: ZoneInfo) -> Period:
    anchor = _FIRST_ANCHOR if row.anchor is None else date.fromisoformat(row.anchor)
    return Period(
        PeriodKind(row.period), zone, time.fromisoformat(row.reset_time), row.reset_day, row.reset_month,
        every_n=row.every_n, anchor=anchor,
    )  # fmt: skip


def days_off(connection: Connection) -> frozenset[date]:
    """Public holidays, joint leave and the office's own days, but those on which it works all the same."""
    days = select(schema.holiday.c.day).where(schema.holiday.c.works.is_(False))
    return frozenset(date.fromisoformat(day) for day in connection.execute(days).scalars())


def _ramadans(connection: Connection) -> tuple[Span, ...]:
    """Each Ramadan whose days the office confirmed."""
    confirmed = select(schema.ramadan).where(schema.ramadan.c.confirmed).order_by(schema.ramadan.c.first_day)
    return tuple(
        (date.fromisoformat(row.first_day), date.fromisoformat(row.last_day)) for row in connection.execute(confirmed)
    )


def _schedules(connection: Connection, zone: ZoneInfo, ramadans: tuple[Span, ...]) -> dict[int, Schedule]:
    windows: dict[int, list[Window]] = {}
    table = schema.schedule_window
    for row in connection.execute(select(table).order_by(table.c.schedule_id, table.c.position)):
        windows.setdefault(row.schedule_id, []).append(_window(row, ramadans))
    rows = _all(connection, schema.schedule)
    return {row.id: Schedule(row.key, zone, tuple(windows.get(row.id, ()))) for row in rows}


def _window(row: Row[Any], ramadans: tuple[Span, ...]) -> Window:
    dates = None
    if row.dates is not None:
        first, last = json.loads(row.dates)
        dates = date.fromisoformat(first), date.fromisoformat(last)
    return Window(
        row.name, frozenset(int(day) for day in row.weekdays.split(",")), time.fromisoformat(row.from_time),
        time.fromisoformat(row.to_time), dates, Holidays(row.holidays), rate_of(row.rate_down_bps, row.rate_up_bps),
        row.plan_key, Season(row.season), () if row.season == Season.ANY else ramadans,
    )  # fmt: skip


def _terms(connection: Connection) -> tuple[Terms, ...]:
    return tuple(
        Terms(row.id, row.edition, row.from_day, row.text, row.text_en or "") for row in _all(connection, schema.terms)
    )


def _reachable(connection: Connection) -> tuple[Reachable, ...]:
    rows = connection.execute(select(schema.reachable).order_by(schema.reachable.c.name))
    return tuple(Reachable(row.id, row.name, tuple(row.hosts.split(", ")), row.url or "") for row in rows)


def _pauses(connection: Connection) -> tuple[Pause, ...]:
    table = schema.enforcement_pause
    standing = select(table).where(table.c.ended_s.is_(None)).order_by(table.c.id)
    return tuple(
        Pause(row.id, row.nas_id, row.who, row.why, row.from_s, row.until_s) for row in connection.execute(standing)
    )
