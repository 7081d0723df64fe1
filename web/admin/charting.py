"""Charts of use over a day, a week or a month: which span, in which steps, against which ceiling."""

from __future__ import annotations

from dataclasses import dataclass

from flask import request
from flask_babel import LazyString
from flask_babel import lazy_gettext as _

from netquota.services.usage import SETTLED_S, Series
from web.charts import RateChart

_DAY_S = 86400


@dataclass(frozen=True, slots=True)
class Span:
    """A choice of `?span=`: its seconds, and the steps in which it is drawn."""

    name: str
    label: LazyString
    seconds: int
    step_s: int

    def bounds(self, now_s: int) -> tuple[int, int]:
        """From and to, epoch seconds: what is settled."""
        to_s = (now_s - SETTLED_S) // self.step_s * self.step_s
        return to_s - self.seconds, to_s


SPANS = (
    Span("day", _("Day"), _DAY_S, 300),
    Span("week", _("Week"), 7 * _DAY_S, 1800),
    Span("month", _("Month"), 30 * _DAY_S, 7200),
)


def span() -> Span:
    """What the address asks for; a week where it does not."""
    return next((each for each in SPANS if each.name == request.args.get("span")), SPANS[1])


def usage_chart(
    name: str, summary: str, series: Series, ceiling_bps: int | None, p95_bps: int | None, chosen: Span
) -> RateChart:
    """The series against a ceiling that holds throughout."""
    return RateChart(
        name, summary, series.times_s, series.down_bps, series.up_bps, [ceiling_bps] * len(series.times_s), p95_bps,
        days=chosen.seconds > _DAY_S,
    )  # fmt: skip
