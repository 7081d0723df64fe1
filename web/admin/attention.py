"""What needs somebody, worst first: silent gateways, limits that are not enforced, full links, late jobs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from flask import url_for
from flask_babel import gettext
from markupsafe import Markup

from netquota.domain.alarms import AlarmCause
from netquota.domain.applications import Progress
from netquota.domain.people import Status
from netquota.domain.quota import QuotaState
from netquota.services import alarm_words
from netquota.services.report import Overview
from web import formatting, moments
from web.admin import measuring
from web.admin.door import instant, link, may, sentence
from web.components import Mood
from web.context import here
from web.rendering import current_language

_CLOSE = 0.90
_NAMED = 5
_DROPPED = frozenset({AlarmCause.WRONG_SECRET, AlarmCause.TOO_MANY_GATEWAYS})
"""Why packets of a client come to nothing, though they arrive."""


@dataclass(frozen=True, slots=True)
class Attention:
    """One thing to look at: what, why it matters, since when, and where to go."""

    mood: Mood
    what: Markup
    why: str
    age: str = ""
    url: str = ""
    go: str = ""


def needs(city: Overview, now_s: int) -> list[Attention]:
    """All that needs somebody, worst first."""
    found = [
        *_silent(city, now_s),
        *_outages(city, now_s),
        *_alarms(city, now_s),
        *_links(city),
        *_opds(city),
        *_orders(city, now_s),
        *_jobs(city, now_s),
        *_notices(city),
        *_unread(city, now_s),
        *_reviews(city, now_s),
        *_rounds(city, now_s),
        *_spent(city),
        *_never(city),
    ]
    order = {Mood.BAD: 0, Mood.WARN: 1}
    return sorted(found, key=lambda each: order.get(each.mood, 2))


def _ago(seconds: int) -> str:
    return moments.duration(seconds, current_language())


def _strange(city: Overview) -> set[str]:
    """Clients whose packets are dropped: that is told, not that nothing is heard of them."""
    return {alarm.nas for alarm in city.alarms if alarm.cause in _DROPPED}


def _silent(city: Overview, now_s: int) -> Iterator[Attention]:
    strange = _strange(city)
    for line in (line for line in city.silent if line.name not in strange):
        last = line.last_packet_s or now_s
        address = url_for("admin.gateway", name=line.name)
        yield Attention(
            Mood.BAD,
            sentence(
                gettext("Gateway %(name)s is silent since %(time)s"),
                name=link(address, line.name), time=moments.clock_time(instant(last), here().zone),
            ),
            gettext("Its people may be unable to log in, and their use is not counted."),
            _ago(now_s - last), address, gettext("Look into it"),
        )  # fmt: skip


def _outages(city: Overview, now_s: int) -> Iterator[Attention]:
    for each in city.outages:
        address = url_for("admin.link", name=each.link)
        until = "" if each.until_s is None else moments.stamp(instant(each.until_s), here().zone, current_language())
        yield Attention(
            Mood.BAD, sentence(gettext("%(name)s is out"), name=link(address, each.link)),
            gettext("%(why)s. Until %(until)s its OPDs are served by other links.", why=each.why, until=until)
            if until else gettext("%(why)s. Its OPDs are served by other links until it is said to be over.",
                                  why=each.why),
            _ago(max(0, now_s - (each.began_s or now_s))), address + "#outage", gettext("Look into it"),
        )  # fmt: skip


def _alarms(city: Overview, now_s: int) -> Iterator[Attention]:
    """Where limits are not enforced; a gateway that is silent altogether is told of already."""
    silent = {line.name for line in city.silent}
    language = current_language()
    for alarm in city.alarms:
        if alarm.nas in silent and alarm.cause not in _DROPPED:
            continue
        address = url_for("admin.gateway", name=alarm.nas)
        yield Attention(
            Mood.WARN if alarm.is_mild else Mood.BAD,
            sentence("%(name)s: %(told)s", name=link(address, alarm.gateway), told=alarm_words.told(alarm, language)),
            alarm_words.remedy(alarm, language),
            "" if alarm.since_s is None else _ago(max(0, now_s - alarm.since_s)),
            address, gettext("Look into it"),
        )  # fmt: skip


def _links(city: Overview) -> Iterator[Attention]:
    for each in city.links:
        if (each.share or 0) < _CLOSE:
            continue
        address = url_for("admin.link", name=each.line.name)
        language = current_language()
        yield Attention(
            Mood.WARN,
            sentence(gettext("%(name)s is nearly full"), name=link(address, each.line.name)),
            gettext(
                "%(used)s of %(most)s Mbit/s flow now.",
                used=formatting.megabits(each.use.down_bps, language),
                most=formatting.megabits_limit(each.line.capacity_down_bps, language),
            ),
            formatting.percent(each.share, language), address, gettext("See why"),
        )  # fmt: skip


def _opds(city: Overview) -> Iterator[Attention]:
    for each in city.crowded:
        address = url_for("admin.opd", code=each.line.code)
        language = current_language()
        yield Attention(
            Mood.WARN,
            sentence(gettext("%(name)s is at its limit"), name=link(address, each.line.code)),
            gettext(
                "%(used)s of %(most)s Mbit/s flow now, in %(sessions)s sessions.",
                used=formatting.megabits(each.use.down_bps, language),
                most=formatting.megabits_limit(each.line.ceiling_down_bps, language),
                sessions=formatting.number(each.use.sessions, language),
            ),
            formatting.percent(each.share, language), address, gettext("See why"),
        )  # fmt: skip


def _orders(city: Overview, now_s: int) -> Iterator[Attention]:
    told_already = {(alarm.nas, alarm.gateway) for alarm in city.alarms}
    for each in city.troubles:
        if (each.nas, each.gateway) in told_already:
            continue
        address = url_for("admin.gateway", name=each.nas)
        unanswered = each.waiting + each.given_up
        parts = {
            gettext("no answer"): unanswered,
            gettext("refused"): each.refused,
        }
        told = ", ".join(f"{number} {name}" for name, number in parts.items() if number)
        yield Attention(
            Mood.WARN,
            sentence(
                gettext("%(number)s orders have no effect at %(name)s"),
                number=str(unanswered + each.refused), name=link(address, each.gateway),
            ),
            gettext("The new limits are not in force there: %(told)s. Each is tried again.", told=told),
            _ago(max(0, now_s - each.oldest_ms // 1000)), address + "#orders", gettext("See the orders"),
        )  # fmt: skip


def _jobs(city: Overview, now_s: int) -> Iterator[Attention]:
    if city.scheduler_away_s is not None:
        yield Attention(
            Mood.BAD, sentence(gettext("The scheduler does not run")),
            gettext("Quotas still refill, but throttled sessions wait and silent ones stay open."),
            _ago(city.scheduler_away_s),
        )  # fmt: skip
    for line in city.jobs_late:
        yield Attention(
            Mood.WARN, sentence(gettext("Job %(name)s is late or failed"), name=line.job), line.result,
            _ago(max(0, now_s - line.due_s)),
        )  # fmt: skip


def _notices(city: Overview) -> Iterator[Attention]:
    number, problem = city.undelivered
    if number:
        address = url_for("admin.notices")
        told = gettext("%(number)s notices did not arrive", number=number)
        yield Attention(Mood.WARN, link(address, told), problem, "", address, gettext("See which"))


def _unread(city: Overview, now_s: int) -> Iterator[Attention]:
    for one in city.unread:
        address = url_for("admin.link" if one.kind == "link" else "admin.site", name=one.name)
        yield Attention(
            Mood.WARN,
            sentence(gettext("The interface of %(name)s is not read"), name=link(address, one.name)),
            measuring.problem(one.problem),
            _ago(max(0, now_s - one.since_s)), address, gettext("Look into it"),
        )  # fmt: skip


def _reviews(city: Overview, now_s: int) -> Iterator[Attention]:
    """Shares of applications that are to be looked at again: one line for all."""
    if not city.reviews:
        return
    address = url_for("admin.applications", progress=Progress.REVIEW_DUE)
    codes = [code for code, _since in city.reviews]
    more = gettext("and %(number)s more", number=len(codes) - _NAMED) if len(codes) > _NAMED else ""
    yield Attention(
        Mood.WARN,
        link(address, gettext("%(number)s applications are due for review", number=len(codes))),
        ", ".join([*codes[:_NAMED], *([more] if more else [])]),
        _days(city.reviews[0][1], now_s), address, gettext("Look at them again"),
    )  # fmt: skip


def _rounds(city: Overview, now_s: int) -> Iterator[Attention]:
    for each, silent in city.rounds:
        address = (
            url_for("admin.round", number=each.id, reply="none") if silent else url_for("admin.round", number=each.id)
        )
        told = (
            gettext("%(number)s OPDs have not answered.", number=silent)
            if silent
            else gettext("All OPDs have answered: conclude, and close it.")
        )
        yield Attention(
            Mood.WARN, sentence(gettext("%(name)s is past its day"), name=link(address, each.name)), told,
            _days(each.due, now_s), address, gettext("Look into it"),
        )  # fmt: skip


def _spent(city: Overview) -> Iterator[Attention]:
    """No fault of anything; but they will ask."""
    if not city.spent:
        return
    told = gettext(
        "%(number)s people have used up their quota", number=formatting.number(city.spent, current_language())
    )
    address = url_for("admin.employees", quota=QuotaState.SPENT, status=Status.ACTIVE) if may("admin.employees") else ""
    yield Attention(
        Mood.INFO, link(address, told) if address else sentence(told),
        gettext("They are slowed, or without internet, until it refills."), "", address,
        gettext("See who") if address else "",
    )  # fmt: skip


def _days(since: date, now_s: int) -> str:
    today = instant(now_s)
    return "" if today is None else _ago(max(0, (today.astimezone(here().zone).date() - since).days) * 86_400)


def _never(city: Overview) -> Iterator[Attention]:
    strange = _strange(city)
    for line in (line for line in city.never if line.name not in strange):
        address = url_for("admin.gateway", name=line.name)
        yield Attention(
            Mood.INFO,
            sentence(gettext("Gateway %(name)s was never heard"), name=link(address, line.name)),
            gettext("Check its address, its shared secret and that it sends to this server."),
            "", address, gettext("How to connect it"),
        )  # fmt: skip
