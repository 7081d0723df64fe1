"""A study's figures in the words of the document."""

from __future__ import annotations

import re
from datetime import date
from fractions import Fraction

from netquota.documents import inputs as doc
from netquota.documents.inputs import Trace
from netquota.domain.indonesian import decimal, long_date, mbps, month_of, percent
from netquota.services.planning import dimensioning
from netquota.services.planning.budget_choices import Choices
from netquota.services.planning.dimensioning import Need
from netquota.services.planning.effects import Effect
from netquota.services.planning.figures import KnownStep, Month, Study
from netquota.services.planning.stored import Demand

_UNFIT = re.compile(r"[^a-z0-9]+")


def key_of(name: str) -> str:
    """A link's name as charts and files are named by it: `tautan-layanan`."""
    return _UNFIT.sub("-", name.lower()).strip("-") or "tautan"


def measures(study: Study, page: str) -> doc.Measures:
    """p95 of the busiest month with enough data; saturation, data and source over the whole period."""
    months = [month for month in study.months if month.whole.coverage >= 0.9] or list(study.months)
    busiest = max(months, key=lambda month: (month.whole.billed_bps or 0, -month.month.toordinal()), default=None)
    office = [month.office for month in study.months]
    whole = [month.whole for month in study.months]
    busy, recent = study.recent.busy, study.recent
    when = "" if busiest is None else f", persentil ke-95 bulan {month_of(busiest.month)}"
    query = f"{study.key}, {_span(study.first, study.last)}, sampel 5 menit{when}"
    return doc.Measures(
        None if busiest is None else busiest.whole.p95_down_bps, None if busiest is None else busiest.whole.p95_up_bps,
        None if busy is None else busy.hour, None if busy is None else busy.mean_bps,
        sum(part.at_limit for part in office), sum(part.bounded for part in office),
        sum(part.usable for part in whole), sum(part.expected for part in whole),
        "accounting" if recent.source == "accounting" else "interface", Trace(query, page), recent.unaccounted_permille,
    )  # fmt: skip


def hidden(study: Study, page: str) -> doc.HiddenFigure | None:
    """Of the recent weeks, the direction that decides."""
    way = study.direction
    found = next((each for each in study.recent.hidden if each.direction == way), None)
    if found is None:
        return None
    recent = study.recent
    query = (
        f"{study.key}, jam kerja {_span(recent.first, recent.last)}, {_way(way)}, "
        f"{found.draws} pengambilan ulang, benih {found.seed}"
    )
    return doc.HiddenFigure(
        found.finding, found.measured_bps, found.p95_bps, found.low_bps, found.high_bps, found.censored, found.bins,
        Trace(query, page),
    )  # fmt: skip


def outlook(study: Study, page: str) -> doc.Outlook | None:
    """The forecast of the direction that decides."""
    found = study.outlook(study.direction)
    if found is None:
        return None
    history = tuple(doc.MonthFigure(month.month, _demand(month, study.direction)) for month in study.months)
    known = {month.month for month in history if month.bps is not None}
    ahead = tuple(
        doc.MonthFigure(each.month, each.bps, each.low_bps, each.high_bps)
        for each in found.ahead
        if each.month not in known  # the last days of a month that was measured
    )
    basis = found.ahead[0].basis if found.ahead else "not known yet"
    query = (
        f"{study.key}, {found.periods} {'minggu' if found.grain == 'week' else 'bulan'} riwayat, {_way(found.what)}, "
        f"{found.origins} titik uji mundur{''.join(_step(each) for each in study.steps)}"
    )
    return doc.Outlook(
        history, ahead, found.method, found.naive_was_better, basis, found.coverage_permille, found.mase_permille,
        found.naive_mase_permille, Trace(query, page),
    )  # fmt: skip


def _demand(month: Month, way: str) -> int | None:
    if month.office.coverage < 0.7:
        return None
    return month.demand_down_bps if way == "down" else month.demand_up_bps


def need(found: Need, study: Study, page: str, choices: Choices) -> doc.Need:
    """The capacity that the service level needs."""
    ahead = "tanpa proyeksi" if found.month is None else f"proyeksi {month_of(found.month)}"
    query = (
        f"{study.key}, {found.bins} sampel jam kerja, {_way(found.direction)}, "
        f"kejenuhan di bawah {percent(Fraction(choices.permille, 1000))}, "
        f"kelipatan {mbps(choices.step_bps)} Mbps, {ahead}"
    )
    return doc.Need(found.deciding_bps, found.capacity_bps, found.low_bps, found.high_bps, Trace(query, page))


def days(study: Study) -> tuple[doc.DayFigure, ...]:
    """Use by working day against the ceiling."""
    return tuple(doc.DayFigure(each.day, each.bps, each.ceiling_bps) for each in study.days)


def effect(found: Effect) -> doc.EffectFigure:
    """What a changed ceiling did."""
    word = "dinaikkan" if found.after_bps > found.before_bps else "diturunkan"
    what = f"Batas {found.code} {word} dari {mbps(found.before_bps)} ke {mbps(found.after_bps)} Mbps"
    query = f"{found.code}, kejenuhan harian, {found.days_each} hari kerja sebelum dan sesudah {long_date(found.day)}"
    return doc.EffectFigure(
        what, found.day, found.before_permille, found.after_permille, found.days_each, found.p_per_10000,
        found.is_clear, Trace(query, f"/planning/opds/{found.code}"),
    )  # fmt: skip


def grown(demand: Demand, permille: int) -> Demand:
    """Demand in thousandths of what it is; unknown bins stay so."""
    if permille == 1000:
        return demand
    down, up = (dimensioning.grown(each, permille) for each in (demand.down, demand.up))
    down[demand.down < 0] = up[demand.up < 0] = -1
    return Demand(down, up)


def _step(found: KnownStep) -> str:
    """A known step that the planner confirmed, behind the forecast's other facts."""
    change = decimal(Fraction(found.permille - 1000, 10))
    sign = "+" if found.permille > 1000 else ""
    note = f" ({found.note})" if found.note else ""
    return f"; perubahan sejak {long_date(found.day)}: {sign}{change} %{note}"


def _span(first: date, last: date) -> str:
    return f"{long_date(first)} s.d. {long_date(last)}"


def _way(way: str) -> str:
    return {"down": "unduh", "up": "unggah"}.get(way, way)
