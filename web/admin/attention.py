"""What needs somebody, worst first: silent gateways, full links and offices, orders without effect, late jobs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flask import url_for
from flask_babel import gettext
from markupsafe import Markup

from netquota.services.report import Overview
from web import formatting, moments
from web.admin.door import instant, link, sentence
from web.components import Mood
from web.context import here
from web.rendering import current_language

_CLOSE = 0.90


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
        *_links(city),
        *_opds(city),
        *_orders(city, now_s),
        *_jobs(city, now_s),
        *_never(city),
    ]
    order = {Mood.BAD: 0, Mood.WARN: 1}
    return sorted(found, key=lambda each: order.get(each.mood, 2))


def _ago(seconds: int) -> str:
    return moments.duration(seconds, current_language())


def _silent(city: Overview, now_s: int) -> Iterator[Attention]:
    for line in city.silent:
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
    for each in city.troubles:
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


def _never(city: Overview) -> Iterator[Attention]:
    for line in city.never:
        address = url_for("admin.gateway", name=line.name)
        yield Attention(
            Mood.INFO,
            sentence(gettext("Gateway %(name)s was never heard"), name=link(address, line.name)),
            gettext("Check its address, its shared secret and that it sends to this server."),
            "", address, gettext("How to connect it"),
        )  # fmt: skip
