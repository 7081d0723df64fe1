"""From the rows of the small policy tables to the values of the rules. Reads all of them; there are few."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from sqlalchemy import Row, Table, select

from netquota.domain.people import Opd, Status
from netquota.domain.periods import Period, PeriodKind
from netquota.domain.places import Ability, AuthenticatorPolicy, Mode, Nas, ProviderLink, Site
from netquota.domain.policy import AtDeviceLimit, Plan
from netquota.domain.quota import Action, Direction, Quota, QuotaSubject, Strictness
from netquota.domain.schedule import Holidays, Schedule, Window
from netquota.domain.units import Burst, Rate
from netquota.storage import schema
from netquota.storage.database import Connection
from netquota.storage.snapshot import Pause, Rules, rate_of

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
    quotas = _quotas(connection, zone)
    schedules = _schedules(connection, zone)
    plans = {row.id: _plan(row, quotas, schedules) for row in _all(connection, schema.plan)}
    opds = {row.id: _opd(row, quotas, plans) for row in _all(connection, schema.opd)}
    links = {row.id: _link(row) for row in _all(connection, schema.provider_link)}
    nas_rows = _all(connection, schema.nas)
    uam = {row.id: row.uam_secret_encrypted for row in nas_rows if row.uam_secret_encrypted is not None}
    return Rules(
        nas_by_id={row.id: _nas(row, secrets) for row in nas_rows},
        uam_secrets={nas_id: secrets.decrypt(token) for nas_id, token in uam.items()},
        sites={row.id: _site(row, opds, links) for row in _all(connection, schema.site)},
        opds=opds,
        plans=plans,
        links=links,
        schedules=schedules,
        quotas=quotas.by_id,
        own_quotas=quotas.of_employee,
        holidays=frozenset(date.fromisoformat(row.day) for row in connection.execute(select(schema.holiday))),
        pauses=_pauses(connection),
    )


def _all(connection: Connection, table: Table) -> list[Row[Any]]:
    return list(connection.execute(select(table).order_by(table.c.id)))


def _nas(row: Row[Any], secrets: Decrypts) -> Nas:
    return Nas(
        id=row.id, name=row.name, address=row.address, secret=secrets.decrypt(row.secret_encrypted), family=row.family,
        authenticator_policy=AuthenticatorPolicy(row.authenticator_policy), authenticator_seen=row.authenticator_seen,
        is_proxy=row.is_proxy, lenient=row.lenient, octets_reversed=row.octets_reversed,
        coa_port=row.coa_port, coa_address=row.coa_address,
        can_coa_rate=Ability(row.can_coa_rate), can_disconnect=Ability(row.can_disconnect),
        realms=tuple(filter(None, (realm.strip().lower() for realm in (row.realms or "").split(",")))),
    )  # fmt: skip


def _site(row: Row[Any], opds: Mapping[int, Opd], links: Mapping[int, ProviderLink]) -> Site:
    return Site(
        id=row.id, name=row.name, host=opds[row.opd_id], link=None if row.link_id is None else links[row.link_id],
        mode=Mode(row.mode), ceiling=rate_of(row.ceiling_down_bps, row.ceiling_up_bps), nas_id=row.nas_id,
        match_gateway=row.match_gateway, match_called_station=row.match_called_station, match_port=row.match_port,
    )  # fmt: skip


def _link(row: Row[Any]) -> ProviderLink:
    return ProviderLink(row.id, row.name, row.provider, Rate(row.capacity_down_bps, row.capacity_up_bps))


def _opd(row: Row[Any], quotas: _Quotas, plans: Mapping[int, Plan]) -> Opd:
    return Opd(
        id=row.id, code=row.code, name=row.name, status=Status(row.status),
        ceiling=rate_of(row.ceiling_down_bps, row.ceiling_up_bps),
        guaranteed=rate_of(row.guaranteed_down_bps, row.guaranteed_up_bps),
        weight=row.weight, priority=row.priority,
        default_plan=None if row.default_plan_id is None else plans[row.default_plan_id],
        pools=quotas.of_opd.get(row.id, ()),
    )  # fmt: skip


def _plan(row: Row[Any], quotas: _Quotas, schedules: Mapping[int, Schedule]) -> Plan:
    return Plan(
        id=row.id, key=row.key, name=row.name, rate=Rate(row.rate_down_bps, row.rate_up_bps), burst=_burst(row),
        quotas=quotas.of_plan.get(row.id, ()),
        schedule=None if row.schedule_id is None else schedules[row.schedule_id],
        session_timeout_s=row.session_timeout_s, idle_timeout_s=row.idle_timeout_s,
        simultaneous=row.simultaneous, at_limit=AtDeviceLimit(row.at_limit),
        interim_min_s=row.interim_min_s, interim_max_s=row.interim_max_s, hours_only=row.hours_only,
    )  # fmt: skip


def _burst(row: Row[Any]) -> Burst | None:
    rate = rate_of(row.burst_down_bps, row.burst_up_bps)
    threshold = rate_of(row.burst_threshold_down_bps, row.burst_threshold_up_bps)
    if rate is None or threshold is None or row.burst_time_s is None:
        return None
    return Burst(rate, threshold, row.burst_time_s)


def _quotas(connection: Connection, zone: ZoneInfo) -> _Quotas:
    found = _Quotas({}, {}, {}, {})
    for row in _all(connection, schema.quota):
        quota = found.by_id[row.id] = _quota(row, zone)
        for owner_id, owned in (
            (row.plan_id, found.of_plan),
            (row.opd_id, found.of_opd),
            (row.employee_id, found.of_employee),
        ):
            if owner_id is not None:
                owned[owner_id] = (*owned.get(owner_id, ()), quota)
    return found


def _quota(row: Row[Any], zone: ZoneInfo) -> Quota:
    return Quota(
        id=row.id, key=row.key, subject=QuotaSubject.PERSON if row.opd_id is None else QuotaSubject.OPD,
        direction=Direction(row.direction), period=_period(row, zone), octets=row.octets,
        strictness=Strictness(row.strictness), action=Action(row.action),
        throttle=rate_of(row.throttle_down_bps, row.throttle_up_bps),
        warn_permille=tuple(int(line) for line in row.warn_permille.split(",") if line.strip()),
        carry_share_permille=row.carry_share_permille, carry_cap_octets=row.carry_cap_octets,
        carry_kept_periods=row.carry_kept_periods,
    )  # fmt: skip


def _period(row: Row[Any], zone: ZoneInfo) -> Period:
    anchor = _FIRST_ANCHOR if row.anchor is None else date.fromisoformat(row.anchor)
    return Period(
        PeriodKind(row.period), zone, time.fromisoformat(row.reset_time), row.reset_day, row.reset_month,
        every_n=row.every_n, anchor=anchor,
    )  # fmt: skip


def _schedules(connection: Connection, zone: ZoneInfo) -> dict[int, Schedule]:
    windows: dict[int, list[Window]] = {}
    table = schema.schedule_window
    for row in connection.execute(select(table).order_by(table.c.schedule_id, table.c.position)):
        windows.setdefault(row.schedule_id, []).append(_window(row))
    rows = _all(connection, schema.schedule)
    return {row.id: Schedule(row.key, zone, tuple(windows.get(row.id, ()))) for row in rows}


def _window(row: Row[Any]) -> Window:
    dates = None
    if row.dates is not None:
        first, last = json.loads(row.dates)
        dates = date.fromisoformat(first), date.fromisoformat(last)
    return Window(
        row.name, frozenset(int(day) for day in row.weekdays.split(",")), time.fromisoformat(row.from_time),
        time.fromisoformat(row.to_time), dates, Holidays(row.holidays), rate_of(row.rate_down_bps, row.rate_up_bps),
        row.plan_key,
    )  # fmt: skip


def _pauses(connection: Connection) -> tuple[Pause, ...]:
    table = schema.enforcement_pause
    standing = select(table).where(table.c.ended_s.is_(None)).order_by(table.c.id)
    return tuple(
        Pause(row.id, row.nas_id, row.who, row.why, row.from_s, row.until_s) for row in connection.execute(standing)
    )
