"""Plans, quotas and schedules as plain lists; each row leads to its form."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import render_template
from flask_babel import gettext, ngettext

from netquota.domain.policy import Plan
from netquota.domain.schedule import Schedule, window_at
from netquota.services import allocate, job_desk
from netquota.services.allocate import Wanted
from netquota.services.backup_trial import last_copy, last_trial
from netquota.storage import city_report
from web.admin import jobs, labels, timetable, turns
from web.admin.door import PAGE_ROWS, argument, blueprint, page_number, pager, sorted_column
from web.components import Column
from web.context import here


@blueprint.get("/plans")
def plans() -> str:
    """All plans with their quotas and how many have them."""
    snapshot = here().policy.snapshot
    with here().database.read() as connection:
        people = city_report.people_by_plan(connection)
    found = sorted(snapshot.plans.values(), key=lambda plan: plan.key)
    return render_template(
        "admin/plans.html", plans=[(plan, people.get(plan.id, 0), _quotas(plan)) for plan in found]
    )  # fmt: skip


def _quotas(plan: Plan) -> str:
    return ", ".join(quota.key for quota in plan.quotas)


@blueprint.get("/quotas")
def quotas() -> str:
    """All quotas, sorted by name, found by it."""
    sort = argument("sort")
    sort = sort if sort.removeprefix("-") in {"key", "octets", "period", "action"} else "key"
    page = allocate.listing(here().office, "quota", Wanted({}, sort, page_number(), PAGE_ROWS, argument("q")))
    columns = [
        sorted_column(gettext("Quota"), "key", sort), Column(gettext("For")),
        sorted_column(gettext("Volume"), "octets", sort, number=True), sorted_column(gettext("Period"), "period", sort),
        sorted_column(gettext("When spent"), "action", sort), Column(gettext("Full again"), number=True),
    ]  # fmt: skip
    policy = here().policy
    ends = {quota.key: policy.calendar.period(quota, here().now_s)[1] for quota in policy.snapshot.quotas.values()}
    return render_template(
        "admin/quotas.html", records=page.records, ends=ends, columns=columns, pages=pager(page.total, page.page),
        q=argument("q"), choice=labels.choice,
    )  # fmt: skip


@blueprint.get("/rotation")
def rotation() -> str:
    """Schedules with the window that holds now, groups with whose turn it is, and the runs of the scheduled jobs."""
    context = here()
    snapshot = context.policy.snapshot
    clockwork = job_desk.listing(context.office, jobs.table())
    with context.database.read() as connection:
        copy, trial = last_copy(connection), last_trial(connection)
    found = sorted(snapshot.schedules.values(), key=lambda schedule: schedule.key)
    return render_template(
        "admin/rotation.html", jobs=[(job, jobs.lateness(job)) for job in clockwork.jobs], holder=clockwork.holder,
        job_words=timetable.job, result_words=timetable.result, copy=copy, trial=trial,
        schedules=[(schedule, [timetable.window_words(each, context.zone) for each in schedule.windows],
                    _window(schedule), _users(schedule)) for schedule in found],
        groups=turns.groups_now(),
    )  # fmt: skip


def _window(schedule: Schedule) -> str:
    window = window_at(schedule, datetime.fromtimestamp(here().now_s, UTC), here().policy.calendar.is_holiday)
    return gettext("outside of all windows") if window is None else window.name


def _users(schedule: Schedule) -> str:
    """The plans and offices that have the schedule; people who have it of their own are counted."""
    snapshot = here().policy.snapshot
    plans_with = sorted(plan.key for plan in snapshot.plans.values() if plan.schedule is schedule)
    offices = sorted(opd.code for opd in snapshot.opds.values() if opd.schedule is schedule)
    of_their_own = snapshot.people_by_schedule().items()
    people = sum(count for schedule_id, count in of_their_own if snapshot.schedules[schedule_id] is schedule)
    told = [ngettext("%(num)s person", "%(num)s people", people)] if people else []
    return ", ".join([*plans_with, *offices, *told])
