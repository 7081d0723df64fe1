"""One subject: its study with charts; and the measures of any days of an office, link, site or gateway."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise

from flask import abort, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from netquota.domain.samples import LINK, OPD
from netquota.errors import InvalidValue, NotFound
from netquota.services.planning import steps
from netquota.services.planning.days import month_after
from netquota.services.planning.effects import changed, effects
from netquota.services.planning.figures import DayUse, Measured, Outlook, Study
from netquota.services.planning.measured import measure as measured
from netquota.services.planning.stored import one as kept
from netquota.services.planning.subjects import one, reached
from web import formatting, moments
from web.admin.door import argument, local_date, role
from web.auth.rights import PRESENCE
from web.context import here
from web.planning.door import blueprint
from web.planning.drawing import Box, Level, Plot
from web.rendering import current_language

MOST_DAYS = 92
"""Of a range that a page measures at once: a quarter is read in a third of a second."""
_MONTHS = 25
_EFFECTS = 8


@blueprint.get("/links/<path:key>")
def link(key: str) -> ResponseReturnValue:
    """A link's study."""
    return subject_page("link", key)


@blueprint.get("/opds/<key>")
def opd(key: str) -> ResponseReturnValue:
    """An office's study."""
    return subject_page("opd", key)


def subject_page(word: str, key: str, typed: object = None) -> ResponseReturnValue:
    """The study of an office or link; `typed`: what a step was typed as that could not be kept."""
    context, kind = here(), OPD if word == "opd" else LINK
    try:
        with context.database.read() as connection:
            named = one(connection, word, key)
            if not reached(context.scope, named):
                abort(404)
            held = kept(connection, kind, named.subject.id)
            known, perhaps = steps.of(connection, named), steps.perhaps(connection, context.office, named)
            changes = (
                []
                if held is None
                else changed(connection, kind, {named.subject.id: held[0].study}, context.zone)[-_EFFECTS:]
            )
    except NotFound:
        abort(404)
    if held is None:
        return redirect(url_for("planning.measure", kind=word, key=key))
    study, told = held[0].study, list(effects(changes))[::-1]
    return render_template(
        "planning/subject.html", effects=told, too_young=len(changes) - len(told),
        study=study, made_s=held[0].made_s, now=context.now, word=word,
        forecast=forecast_plot(study), outlook=study.outlook(study.direction), use=use_plot(study.days, study),
        load=load_plot(study), heat=_heat(study),
        heat_is_of_ceiling=bool(study.months and study.months[-1].ceiling_down_bps), known=known,
        perhaps=perhaps, typed=typed,
        chosen=argument("step"),
    )  # fmt: skip


@blueprint.get("/measure/<kind>/<path:key>")
def measure(kind: str, key: str) -> ResponseReturnValue:
    """Measures over `?from=` to `?to=` (local days; the last 28 where left out)."""
    found, problem = None, ""
    first, last = asked_days()
    try:
        found = measured_range(kind, key, first, last)
    except NotFound:
        abort(404)
    except InvalidValue as error:
        problem = error.remedy
    status = 400 if problem else 200
    return render_template(
        "planning/measure.html", found=found, kind=kind, key=key, first=first, last=last, problem=problem,
        most=here().office.today - timedelta(days=1),
    ), status  # fmt: skip


def asked_days() -> tuple[date, date]:
    """The local days that the address asks for, both included; the last 28 where it does not."""
    last = local_date(argument("to")) or here().office.today - timedelta(days=1)
    return local_date(argument("from")) or last - timedelta(days=27), last


def measured_range(kind: str, key: str, first: date, last: date) -> Measured:
    """The measures that the person may see. Raises `InvalidValue`; `NotFound` also for what is out of his reach."""
    context = here()
    if kind == "employee" and role() not in PRESENCE:
        raise NotFound(kind, key)
    if (last - first).days >= MOST_DAYS:
        raise InvalidValue("from", first, gettext("choose at most %(days)s days", days=MOST_DAYS))
    with context.database.read() as connection:
        named = one(connection, kind, key)
        if not reached(context.scope, named):
            raise NotFound(kind, key)
        return measured(connection, named, first, last, context.zone, context.now_s)


def forecast_plot(study: Study) -> Plot | None:
    """Months of demand, forecast and its 90 % band, against the ceiling."""
    way = study.direction
    outlook = study.outlook(way)
    history = [
        (month.demand_down_bps if way == "down" else month.demand_up_bps) if month.office.coverage >= 0.7 else None
        for month in study.months
    ]  # fmt: skip
    ceiling = study.months[-1].ceiling_down_bps if study.months and way == "down" else None
    ahead = list(outlook.ahead)[:_MONTHS] if outlook is not None else []
    if not history or not any(history):
        return None
    highs = [each.high_bps or each.bps for each in ahead]
    box = Box(max([value or 0 for value in history] + highs + [ceiling or 0]))
    offset = _offset(study, outlook)
    joint = [] if not ahead or history[-1] is None or offset != len(history) else [history[-1]]
    start = offset - len(joint)
    line = [*joint, *(each.bps for each in ahead)]
    paths = [
        ("band", box.band([*joint, *(each.low_bps for each in ahead)], [*joint, *(highs)], start)),
        ("l-down", box.line(history)), ("l-fc", box.line(line, start)),
    ]  # fmt: skip
    width = max(offset + len(ahead) - 1, len(history) - 1, 1)
    levels = () if not ceiling else (Level("l-ceil", box.percent(ceiling), gettext("ceiling now")),)
    return Plot(
        _summary(study, outlook), width, box.ticks, tuple(paths), levels, _along(study, width),
        _full_mark(outlook, ceiling, box, offset, width),
    )  # fmt: skip


def _offset(study: Study, outlook: Outlook | None) -> int:
    """At which place the first month ahead stands; the running month may be both."""
    if outlook is None or not outlook.ahead or not study.months:
        return len(study.months)
    first, begin = outlook.ahead[0].month, study.months[0].month
    return 12 * (first.year - begin.year) + first.month - begin.month


def _full_mark(
    outlook: Outlook | None, ceiling: int | None, box: Box, offset: int, width: int
) -> tuple[str, str, str] | None:  # fmt: skip
    full = None if outlook is None or not ceiling else outlook.full_from(ceiling)
    if outlook is None or full is None or not ceiling:
        return None
    at = next(place for place, each in enumerate(outlook.ahead) if each.month == full)
    x = f"{100 * (offset + at) / width:.1f}%"
    return x, box.percent(ceiling), gettext("full from %(month)s", month=month_text(full))


def month_text(month: date) -> str:
    """`Mar 2027`."""
    return moments.day_month(month, here().zone, current_language()).partition(" ")[2] + f" {month.year}"


def _along(study: Study, width: int) -> tuple[str, ...]:
    months, at = [study.months[0].month], study.months[0].month
    for _ in range(width):
        at = month_after(at)
        months.append(at)
    places = sorted({0, width // 3, 2 * width // 3, width})
    return tuple(month_text(months[place]) for place in places)


def _summary(study: Study, outlook: Outlook | None) -> str:
    language = current_language()
    last = next((month for month in reversed(study.months) if month.demand_down_bps), None)
    told = gettext(
        "Monthly P95 of demand of %(name)s, last %(now)s Mbit/s.", name=study.key,
        now=formatting.megabits(None if last is None else last.demand_down_bps, language),
    )  # fmt: skip
    if outlook is not None and outlook.ahead:
        end = outlook.ahead[-1]
        told += " " + gettext(
            "Forecast for %(month)s: %(bps)s Mbit/s, between %(low)s and %(high)s.", month=month_text(end.month),
            bps=formatting.megabits(end.bps, language), low=formatting.megabits(end.low_bps, language),
            high=formatting.megabits(end.high_bps, language),
        )  # fmt: skip
    return told


def use_plot(days: Sequence[DayUse], study: Study) -> Plot | None:
    """Use by working day against the ceiling, with the P95 of the recent weeks."""
    used = [day.bps for day in days]
    if not any(used):
        return None
    p95 = study.recent.whole.p95_down_bps
    box = Box(max([value or 0 for value in used] + [day.ceiling_bps for day in days] + [p95 or 0]))
    levels = () if p95 is None else (Level("l-p95", box.percent(p95), "P95"),)
    paths = (("l-down", box.line(used)), ("l-ceil", box.steps([day.ceiling_bps for day in days])))
    places = sorted({0, (len(days) - 1) // 3, 2 * (len(days) - 1) // 3, len(days) - 1})
    told = gettext("P95 of office hours of each working day of %(name)s against its ceiling.", name=study.key)
    along = tuple(month_text(days[place].day) for place in places)
    return Plot(told, max(len(days) - 1, 1), box.ticks, paths, levels, along)


def load_plot(study: Study) -> Plot | None:
    """Load-duration: what was reached in so many per cent of the time."""
    values = [0.0] * 101
    points = dict(study.load)
    if not points:
        return None
    known = sorted(points)
    for left, right in pairwise(known):
        for at in range(left, right + 1):
            share = (at - left) / (right - left)
            values[at] = points[left] + (points[right] - points[left]) * share
    box = Box(max(values))
    told = gettext("How long which rate was reached by %(name)s in the last twelve weeks.", name=study.key)
    return Plot(told, 100, box.ticks, (("l-down", box.line(values)),), (), ("0 %", "25 %", "50 %", "75 %", "100 %"))


def _heat(study: Study) -> list[list[int | None]]:
    """Per cent of the ceiling (of the highest mean, where there is none) by weekday and hour."""
    most = study.months[-1].ceiling_down_bps if study.months else None
    highest = max((bps for row in study.heat for bps in row if bps is not None), default=0)
    whole = most or highest or 1
    return [[None if bps is None else min(100, round(100 * bps / whole)) for bps in row] for row in study.heat]
