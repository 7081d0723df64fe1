"""The first page: the city now, each provider link's day, what needs somebody, the fullest offices."""

from __future__ import annotations

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from netquota.domain.policy import Code
from netquota.services import report
from netquota.services.report import LinkNow, Overview
from web import formatting, moments
from web.admin import words
from web.admin.attention import needs
from web.admin.door import blueprint, instant, is_part, may, measures
from web.charts import RateChart
from web.components import Mood, Tile
from web.context import here
from web.rendering import current_language

TOP = 10
_PASSWORD = frozenset({Code.WRONG_PASSWORD, Code.UNKNOWN})


@blueprint.get("/")
def home() -> ResponseReturnValue:
    """Where signing in and the brand in the menu lead: the overview; for an operator his office, or their list."""
    if may("admin.overview"):
        return redirect(url_for("admin.overview"))
    context = here()
    own = [context.policy.snapshot.opds[opd_id].code for opd_id in context.scope.opd_ids or ()]
    return redirect(url_for("admin.opd", code=own[0]) if len(own) == 1 else url_for("admin.opds"))


@blueprint.get("/overview")
def overview() -> str:
    """The city now; htmx asks for the live part every ten seconds."""
    context = here()
    with context.database.read() as connection:
        city = report.overview(
            connection, context.policy, measures(), context.now_s, context.office.today,
            context.settings.enforcement.orders_late_after_s,
        )  # fmt: skip
    values = {
        "city_now": city,
        "tiles": tiles(city, context.now_s),
        "links": [(each, chart(each)) for each in city.links],
        "attention": needs(city, context.now_s),
        "coming": [(instant(each.at_s), words.coming(each)) for each in city.coming],
        "top": city.opds[:TOP],
        "now": context.now,
    }
    return render_template("admin/overview_live.html" if is_part() else "admin/overview.html", **values)


def tiles(city: Overview, now_s: int) -> list[Tile]:
    """The four figures on top."""
    language = current_language()

    def number(value: int) -> str:
        return formatting.number(value, language)

    crowded, silent = city.crowded, sorted(city.silent, key=lambda line: line.last_packet_s or 0)
    longest = ""
    if silent:
        ago = moments.duration(now_s - (silent[0].last_packet_s or now_s), language)
        longest = f"{silent[0].name}, {ago}"
    elif city.never:
        longest = gettext("%(number)s never heard of yet", number=len(city.never))
    flow = gettext(
        "%(down)s down, %(up)s up, Mbit/s",
        down=formatting.megabits(city.use.down_bps, language), up=formatting.megabits(city.use.up_bps, language),
    )  # fmt: skip
    return [
        Tile(gettext("Online now"), number(city.use.people), gettext("of %(all)s people", all=number(city.people)),
             flow, url_for("admin.sessions")),
        Tile(gettext("Refused, last hour"), number(city.refusals.refused),
             gettext("of %(all)s attempts", all=number(city.refusals.attempts)), _causes(city),
             url_for("admin.denials")),
        Tile(gettext("OPDs over %(share)s", share=formatting.percent(report.CLOSE, language)), number(len(crowded)),
             gettext("of %(all)s", all=number(len(city.opds))),
             ", ".join(opd.line.code for opd in crowded[:3]) or gettext("nobody is near its limit"),
             url_for("admin.opds", sort="-share"), Mood.WARN if crowded else Mood.PLAIN),
        Tile(gettext("Silent gateways"), number(len(silent)), gettext("of %(all)s", all=number(city.clients)),
             longest or gettext("all were heard"), url_for("admin.gateways"), Mood.BAD if silent else Mood.PLAIN),
    ]  # fmt: skip


def _causes(city: Overview) -> str:
    """The refusals in heaps: passwords, quotas, full ceilings, others."""
    passwords = sum(count for code, count in city.refusals.by_code if code in _PASSWORD)
    quotas = sum(count for code, count in city.refusals.by_code if code == Code.QUOTA_SPENT)
    ceilings = sum(count for code, count in city.refusals.by_code if code == Code.CEILING_FULL)
    others = city.refusals.refused - passwords - quotas - ceilings
    heaps = (
        (gettext("%(number)s wrong password", number=passwords), passwords),
        (gettext("%(number)s quota spent", number=quotas), quotas),
        (gettext("%(number)s ceiling full", number=ceilings), ceilings),
        (gettext("%(number)s other", number=others), others),
    )
    return " · ".join(text for text, count in heaps if count) or gettext("nobody was refused")


def chart(each: LinkNow) -> RateChart:
    """A link's last 24 hours against its capacity."""
    language, capacity = current_language(), each.line.capacity_down_bps
    p95 = None if each.p95 is None else each.p95.down_bps
    summary = gettext(
        "%(name)s, last 24 hours. Now download %(down)s, upload %(up)s of %(most)s Mbit/s. "
        "P95 of 30 days %(p95)s Mbit/s.",
        name=each.line.name, down=formatting.megabits(each.use.down_bps, language),
        up=formatting.megabits(each.use.up_bps, language), most=formatting.megabits_limit(capacity, language),
        p95=formatting.megabits(p95, language),
    )  # fmt: skip
    series = each.series
    return RateChart(
        each.line.name, summary, series.times_s, series.down_bps, series.up_bps, [capacity] * len(series.times_s),
        p95, height=132, group="links",
    )  # fmt: skip
