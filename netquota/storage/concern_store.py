"""Which running sessions a change of policy concerns, in sets: only their ids, in the order of their ids.

A session is concerned by who it is (the person's plan, quota, office) or by where it is (site, client).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select, true

from netquota.storage.database import Connection
from netquota.storage.event_tables import event, event_opd
from netquota.storage.rotation_tables import rotation, rotation_employee, rotation_opd
from netquota.storage.schema import (
    accounting_session,
    employee,
    gateway,
    ledger_entry,
    opd,
    plan,
    quota,
    schedule_window,
    site,
)
from netquota.storage.session_report import is_open

Ids = Sequence[int]
_s = accounting_session.c


def concerned_sessions(connection: Connection, kind: str, ids: Ids) -> list[int]:
    """The open sessions that changes of these rows may touch; a kind that no session rests on gives none.

    No ids = all of the kind: everybody.
    """
    condition_of = _CONDITIONS.get(kind)
    if condition_of is None:
        return []
    condition = condition_of(ids) if ids else true()
    return list(connection.execute(select(_s.id).where(is_open(), condition).order_by(_s.id)).scalars())


def _whose(people: Select[Any]) -> ColumnElement[bool]:
    return _s.employee_id.in_(people)


def _people_of_plans(plans: Select[Any] | Ids) -> Select[Any]:
    """Those who have one of the plans by themselves or by their office."""
    by_office = select(opd.c.id).where(opd.c.default_plan_id.in_(plans))
    inherits = employee.c.plan_id.is_(None) & employee.c.opd_id.in_(by_office)
    return select(employee.c.id).where(or_(employee.c.plan_id.in_(plans), inherits))


def _of_employees(ids: Ids) -> ColumnElement[bool]:
    return _s.employee_id.in_(ids)


def _of_opds(ids: Ids) -> ColumnElement[bool]:
    hosted = select(site.c.id).where(site.c.opd_id.in_(ids))
    return or_(_whose(select(employee.c.id).where(employee.c.opd_id.in_(ids))), _s.site_id.in_(hosted))


def _of_plans(ids: Ids) -> ColumnElement[bool]:
    """Also those whose schedule has a window that gives one of the plans."""
    keys = select(plan.c.key).where(plan.c.id.in_(ids))
    naming = select(schedule_window.c.schedule_id).where(schedule_window.c.plan_key.in_(keys))
    return or_(_whose(_people_of_plans(ids)), _of_schedules(naming))


def _of_schedules(ids: Select[Any] | Ids) -> ColumnElement[bool]:
    by_office = select(employee.c.id).join(opd, opd.c.id == employee.c.opd_id).where(opd.c.schedule_id.in_(ids))
    return or_(
        _whose(_people_of_plans(select(plan.c.id).where(plan.c.schedule_id.in_(ids)))),
        _whose(by_office),
        _whose(select(employee.c.id).where(employee.c.schedule_id.in_(ids))),
    )


def _of_quotas(ids: Ids) -> ColumnElement[bool]:
    """Whoever has it now, and whoever was charged to it: it may have had another owner, or be gone."""
    owners = select(quota).where(quota.c.id.in_(ids)).subquery()
    charged = select(ledger_entry.c.subject_id).where(ledger_entry.c.quota_id.in_(ids))
    in_offices = select(employee.c.id).where(
        or_(employee.c.opd_id.in_(select(owners.c.opd_id)), employee.c.opd_id.in_(charged))
    )
    return or_(
        _whose(_people_of_plans(select(owners.c.plan_id))),
        _s.employee_id.in_(select(owners.c.employee_id)),
        _s.employee_id.in_(charged),
        _whose(in_offices),
    )


def _of_sites(ids: Ids) -> ColumnElement[bool]:
    return _s.site_id.in_(ids)


def _of_links(ids: Ids) -> ColumnElement[bool]:
    return _s.site_id.in_(select(site.c.id).where(site.c.link_id.in_(ids)))


def _of_clients(ids: Ids) -> ColumnElement[bool]:
    return _s.gateway_id.in_(select(gateway.c.id).where(gateway.c.nas_id.in_(ids)))


def _of_rotations(ids: Ids) -> ColumnElement[bool]:
    """The members' people; of a group that is gone nobody knows them any more: everybody."""
    opds = select(rotation_opd.c.opd_id).where(rotation_opd.c.rotation_id.in_(ids))
    people = select(rotation_employee.c.employee_id).where(rotation_employee.c.rotation_id.in_(ids))
    gone = ~select(rotation.c.id).where(rotation.c.id.in_(ids)).exists()
    return or_(_whose(select(employee.c.id).where(employee.c.opd_id.in_(opds))), _whose(people), gone)


def _of_events(ids: Ids) -> ColumnElement[bool]:
    """The people of its offices; of one that is gone nobody knows them any more: everybody."""
    opds = select(event_opd.c.opd_id).where(event_opd.c.event_id.in_(ids))
    gone = ~select(event.c.id).where(event.c.id.in_(ids)).exists()
    return or_(_whose(select(employee.c.id).where(employee.c.opd_id.in_(opds))), gone)


def _everybody(_ids: Ids) -> ColumnElement[bool]:
    return true()


_CONDITIONS: Mapping[str, Callable[[Ids], ColumnElement[bool]]] = {
    "employee": _of_employees,
    "circuit": _of_employees,
    "device": _of_employees,
    "opd": _of_opds,
    "plan": _of_plans,
    "schedule": _of_schedules,
    "quota": _of_quotas,
    "site": _of_sites,
    "link": _of_links,
    "nas": _of_clients,
    "pause": _of_clients,
    "holiday": _everybody,
    "ramadan": _everybody,
    "rotation": _of_rotations,
    "event": _of_events,
}
