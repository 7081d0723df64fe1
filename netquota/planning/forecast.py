"""Forecast of one figure of an office or link by week or month, with back-tested intervals (planning.md part 3).

`study` does what takes long (the back-test); `forecast` reads the answer from it, with other subjects' back-tests where
its own is too short. What is forecast is the caller's: a p95 of demand, or a volume per working day.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import numpy as np

from netquota.errors import InvalidValue
from netquota.planning.backtest import Scores, Trials, mase, roll, score
from netquota.planning.bands import Basis, Own, bands
from netquota.planning.calendar_effects import CalendarEffects, calendar_effects
from netquota.planning.grid import Grain, Shares, Span, shares, spans, working_days
from netquota.planning.holt_winters import holt_winters, is_available
from netquota.planning.normal import FloatArray
from netquota.planning.samples import IntArray
from netquota.planning.trend_models import Model, naive_with_drift, seasonal_naive, theil_sen
from netquota.planning.workdays import WorkCalendar

LEAST_COVERAGE_PERMILLE = 700
MOST_ORIGINS = 60


class Method(StrEnum):
    """How it was forecast."""

    HOLT_WINTERS = "Holt-Winters, damped"
    DRIFT = "seasonal naive with drift"
    THEIL_SEN = "Theil-Sen line"
    NAIVE = "seasonal naive"


@dataclass(frozen=True, slots=True)
class LevelShift:
    """A known step that a planner confirmed (a granted request, a new office): from a day on, so many thousandths.

    1200 = a fifth more than without it. The model never invents one.
    """

    day: date
    permille: int
    note: str = ""

    def __post_init__(self) -> None:
        if self.permille < 1:
            raise InvalidValue("permille", self.permille, "give thousandths of what it was before, from 1 on")


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """A figure by period from `first` on, its coverage in thousandths, and the known steps in it and ahead of it."""

    grain: Grain
    first: date
    values: IntArray
    coverage_permille: IntArray
    shifts: tuple[LevelShift, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """No forecast: so many periods are known, so many are needed."""

    known: int
    needed: int


@dataclass(frozen=True, slots=True)
class Point:
    """One period ahead: forecast and its 90 % and 80 % bands, and beside it what the season before says.

    `basis` says where the bands come from (None without); `widened`: the period holds Ramadan or leave whose effect is
    not known yet, so that its bands were made half as wide again.
    """

    span: Span
    working_days: int
    forecast: int
    low: int | None
    high: int | None
    low_80: int | None
    high_80: int | None
    naive: int
    basis: Basis
    widened: bool


@dataclass(frozen=True, slots=True)
class Forecast:
    """The periods ahead, by which method, and how well it did on this history.

    `naive_was_better`: the model lost against the seasonal naive, which is therefore used. `coverage_80` and
    `scores.coverage` are what the bands held in the back-test. `periods` of the history were used, `dropped` were not.
    """

    method: Method
    naive_was_better: bool
    points: tuple[Point, ...]
    scores: Scores
    coverage_80: float | None
    naive_scores: Scores
    effects: CalendarEffects
    periods: int
    dropped: int


@dataclass(frozen=True, slots=True, eq=False)
class _Grid:
    """Periods of history and horizon with what is known of them ahead; `steps` are the level shifts' logarithms."""

    periods: list[Span]
    shares: Shares
    steps: FloatArray
    calendar: WorkCalendar

    def part(self, first: int, last: int) -> Shares:
        return Shares(self.shares.ramadan[first:last], self.shares.leave[first:last])


@dataclass(frozen=True, slots=True, eq=False)
class Study:
    """A history's back-test, by the model and by the seasonal naive, ready to be forecast from.

    `trials` are the origins at which the model was what it is now; `all_trials` also the earlier ones, at which a
    shorter history was forecast by a simpler model.
    """

    grain: Grain
    values: FloatArray
    horizon: int
    grid: _Grid
    method: Method
    all_trials: Trials
    all_naive_trials: Trials
    dropped: int

    @property
    def trials(self) -> Trials:
        """The model's back-test."""
        return self.all_trials.since(_first_origin(self.method, self.grain))

    @property
    def naive_trials(self) -> Trials:
        """The seasonal naive's, at the same origins."""
        return self.all_naive_trials.since(_first_origin(self.method, self.grain))

    @property
    def naive_is_better(self) -> bool:
        """Whether the model's MASE is above the seasonal naive's."""
        model, naive = mase(self.trials), mase(self.naive_trials)
        return model is not None and naive is not None and model > naive

    @property
    def used(self) -> Trials:
        """The back-test of what will be used: to pool with other subjects'."""
        return self.naive_trials if self.naive_is_better else self.trials


def longest_horizon(history: History) -> int:
    """So many periods ahead may be asked for: as long as the history, at most 24 months."""
    return min(len(_trimmed(history)[1]), history.grain.longest)


def study(history: History, horizon: int, calendar: WorkCalendar) -> Study | Refusal:
    """Back-test a history; `Refusal` under 26 weeks. Raises `InvalidValue` for a horizon beyond the longest."""
    lead, values = _trimmed(history)
    grain, known = history.grain, int(np.isfinite(values).sum())
    if known < grain.half_year:
        return Refusal(known, grain.half_year)
    longest = min(len(values), grain.longest)
    if not 1 <= horizon <= longest:
        raise InvalidValue(
            "horizon", horizon, f"give 1 to {longest} {grain}s: no further than the history reaches back"
        )
    periods = spans(grain, history.first, lead + len(values) + horizon)[lead:]
    grid = _Grid(periods, shares(periods, calendar), _steps(periods, history.shifts, calendar), calendar)
    season = grain.season
    scale_season = season if len(values) >= 2 * season else 1
    origins = range(max(grain.half_year // 2, len(values) - MOST_ORIGINS), len(values))
    method = _method(len(values), season)
    dropped = len(history.values) - known
    return Study(
        grain, values, horizon, grid, method,
        roll(values, scale_season, horizon, origins, _adjusted(_model, grid, season)),
        roll(values, scale_season, horizon, origins, _adjusted(_naive, grid, season)),
        dropped,
    )  # fmt: skip


def forecast(found: Study, others: Sequence[Trials] = ()) -> Forecast:
    """The forecast of a studied history; `others` are the back-tests of all subjects, for bands of short histories."""
    number, grid, season = len(found.values), found.grid, found.grain.season
    logs = np.log(found.values)
    naive = np.exp(_adjusted(_naive, grid, season)(logs, season, found.horizon))
    better = found.naive_is_better
    ahead = naive if better else np.exp(_adjusted(_model, grid, season)(logs, season, found.horizon))
    effects = _effects(logs, grid)
    unknown = effects.unknown_in(grid.part(number, number + found.horizon))
    stretch = np.where(unknown, 1.5, 1.0)
    every = found.all_naive_trials if better else found.all_trials
    wide, narrow = (bands(Own(found.used, every), others, number, level) for level in (0.9, 0.8))
    ends = [wide.ends(ahead, stretch), narrow.ends(ahead, stretch)]
    days = working_days(grid.periods[number:], grid.calendar)
    points = tuple(
        Point(
            grid.periods[number + at], days[at], _whole(ahead[at]), *ends[0][at], *ends[1][at], _whole(naive[at]),
            wide.basis[at], bool(unknown[at]),
        )
        for at in range(found.horizon)
    )  # fmt: skip
    return Forecast(
        Method.NAIVE if better else found.method, better, points, score(found.used), score(found.used, 0.8).coverage,
        score(found.naive_trials), effects, number, found.dropped,
    )  # fmt: skip


def _trimmed(history: History) -> tuple[int, FloatArray]:
    """Index of the first known period, and the values from there to the last known one; thin or empty ones are NaN."""
    values = history.values.astype(np.float64)
    values[(history.coverage_permille < LEAST_COVERAGE_PERMILLE) | (history.values <= 0)] = np.nan
    known = np.flatnonzero(np.isfinite(values))
    if not len(known):
        return 0, values[:0]
    return int(known[0]), values[known[0] : known[-1] + 1]


def _method(periods: int, season: int) -> Method:
    if periods < 2 * season:
        return Method.THEIL_SEN
    return Method.HOLT_WINTERS if is_available() else Method.DRIFT


def _first_origin(method: Method, grain: Grain) -> int:
    """From how many periods on a history is forecast by the method."""
    return 0 if method is Method.THEIL_SEN else 2 * grain.season


def _model(logs: FloatArray, season: int, horizon: int) -> FloatArray:
    """What a history of this length is forecast by: so the back-test's early origins use what would have been used."""
    models = {Method.THEIL_SEN: theil_sen, Method.HOLT_WINTERS: holt_winters, Method.DRIFT: naive_with_drift}
    return models[_method(len(logs), season)](logs, season, horizon)


def _naive(logs: FloatArray, season: int, horizon: int) -> FloatArray:
    """Seasonal naive; the last value where there is no season to look back to."""
    return seasonal_naive(logs, season if len(logs) >= season else 1, horizon)


def _adjusted(model: Model, grid: _Grid, season: int) -> Model:
    """A model of use without calendar and known steps, to which those of the target are added again."""

    def ahead(logs: FloatArray, _season: int, horizon: int) -> FloatArray:
        number = len(logs)
        effects = _effects(logs, grid)
        base = logs - grid.steps[:number] - effects.of(grid.part(0, number))
        target = slice(number, number + horizon)
        again = _padded(grid.steps[target] + effects.of(grid.part(number, number + horizon)), horizon)
        return model(base, season, horizon) + again

    return ahead


def _padded(values: FloatArray, number: int) -> FloatArray:
    """Beyond the last period looked at nothing is compared, so nothing needs to be added."""
    return np.concatenate([values, np.zeros(number - len(values))])


def _effects(logs: FloatArray, grid: _Grid) -> CalendarEffects:
    number = len(logs)
    return calendar_effects(logs - grid.steps[:number], grid.periods[:number], grid.part(0, number), grid.calendar)


def _steps(periods: Sequence[Span], shifts: Sequence[LevelShift], calendar: WorkCalendar) -> FloatArray:
    """What known steps add to the logarithm of each period, by the share of its working days on and after each."""
    total = np.zeros(len(periods))
    for shift in shifts:
        for at, period in enumerate(periods):
            days = calendar.working_days(period.first, period.last)
            after = sum(day >= shift.day for day in days) if days else int(period.first >= shift.day)
            total[at] += np.log(shift.permille / 1000) * after / max(len(days), 1)
    return total


def _whole(value: float | np.float64) -> int:
    return int(np.floor(value + 0.5))
