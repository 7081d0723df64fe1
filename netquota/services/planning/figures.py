"""What planning computed of a subject, as values that are stored, shown and frozen: integers, days, words.

Rates bit/s, volumes octets, shares as two counts or in thousandths; days local. None = no figure: too little data.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Part:
    """Measures over some bins of a range; `at_limit` of `bounded` were at their limit, in either direction.

    Rates and percentiles are None where under half of the expected bins could be used.
    """

    expected: int
    usable: int
    coarse: int
    octets_down: int
    octets_up: int
    mean_down_bps: int | None
    mean_up_bps: int | None
    p95_down_bps: int | None
    p95_up_bps: int | None
    peak_down_bps: int | None
    peak_up_bps: int | None
    at_limit: int
    bounded: int
    unused_permille: int | None

    @property
    def billed_bps(self) -> int | None:
        """The larger direction's p95: what a provider counts."""
        return max((bps for bps in (self.p95_down_bps, self.p95_up_bps) if bps is not None), default=None)

    @property
    def coverage(self) -> float:
        """Usable of expected, 0 to 1."""
        return self.usable / self.expected if self.expected else 0.0

    @property
    def at_limit_share(self) -> float | None:
        """Share of the bins with a ceiling that were at it."""
        return self.at_limit / self.bounded if self.bounded else None


@dataclass(frozen=True, slots=True)
class Busy:
    """The busy hour of working days (local clock hour) of the busier direction, its mean, the mean of daily peaks."""

    hour: int
    mean_bps: int
    daily_peak_bps: int
    days: int
    direction: str


@dataclass(frozen=True, slots=True)
class Hidden:
    """Hidden demand of one direction: an estimate with its interval, `finding` in planning.hidden's words."""

    direction: str
    finding: str
    measured_bps: int | None
    p95_bps: int | None
    low_bps: int | None
    high_bps: int | None
    censored: int
    bins: int
    days: int
    coverage_permille: int
    draws: int
    seed: int

    @property
    def demand_bps(self) -> int | None:
        """The estimate; what was measured where nothing is hidden or the estimate was refused."""
        return self.p95_bps if self.p95_bps is not None else self.measured_bps


@dataclass(frozen=True, slots=True)
class People:
    """People of a range. `days`: working days that were counted; `mean` and `most` people used anything in one.

    `hits`: how often a quota was spent. `fairness_permille`: thousandths of Jain's index of what the `among` people of
    an office used, or of what the `among` offices of a link used by weight; 1000 is even.
    """

    days: int
    mean: int | None
    most: int | None
    hits: int
    fairness_permille: int | None
    among: int


@dataclass(frozen=True, slots=True)
class Online:
    """People with a session at the same moment: the `most`, first reached at `most_at_s` (epoch seconds), and how many
    in the mean of office hours, in thousandths (None: no office hour in the range)."""

    most: int
    most_at_s: int | None
    office_mean_permille: int | None


@dataclass(frozen=True, slots=True)
class Measured:
    """A range of a subject: all hours, office hours, the others; `source` is accounting, interface or mixed.

    `unaccounted_permille`: what the interface carried that no session accounts for. `online`: None of a person, and
    where the range begins before the sessions that are still kept.
    """

    first: date
    last: date
    source: str
    unaccounted_permille: int | None
    whole: Part
    office: Part
    other: Part
    busy: Busy | None
    hidden: tuple[Hidden, ...] = ()
    people: People | None = None
    online: Online | None = None


@dataclass(frozen=True, slots=True)
class Month:
    """A local month of a subject: all hours (billing) and office hours; `demand_*`: p95 of demand, hidden included."""

    month: date
    whole: Part
    office: Part
    demand_down_bps: int | None
    demand_up_bps: int | None
    ceiling_down_bps: int | None
    finding: str


@dataclass(frozen=True, slots=True)
class Ahead:
    """A month ahead: forecast with its 90 % and 80 % bands, and what the season before says."""

    month: date
    working_days: int
    is_whole: bool
    bps: int
    low_bps: int | None
    high_bps: int | None
    low_80_bps: int | None
    high_80_bps: int | None
    naive_bps: int
    basis: str
    widened: bool


@dataclass(frozen=True, slots=True)
class Outlook:
    """A forecast of one figure: `down` or `up` (p95 of demand on working days, bit/s) or `volume` (octets per
    working day); scores are what the back-test measured, in thousandths.

    `refused` says in (known, needed) periods why there is none.
    """

    what: str
    grain: str
    method: str
    naive_was_better: bool
    ahead: tuple[Ahead, ...]
    coverage_permille: int | None
    coverage_80_permille: int | None
    mase_permille: int | None
    naive_mase_permille: int | None
    origins: int
    periods: int
    dropped: int
    ramadan_known: bool
    refused: tuple[int, int] | None = None

    def busiest(self, first: date, last: date) -> Ahead | None:
        """The month with the highest forecast among those from `first` to `last`; ties to the earlier."""
        inside = [month for month in self.ahead if first <= month.month <= last]
        return max(inside, key=lambda month: (month.bps, -month.month.toordinal()), default=None)

    def full_from(self, limit_bps: int) -> date | None:
        """The first month whose forecast is at the limit (95 %) of a capacity."""
        return next((month.month for month in self.ahead if 100 * month.bps >= 95 * limit_bps), None)


@dataclass(frozen=True, slots=True)
class DayUse:
    """p95 of one working day's office hours, None where not measured; the ceiling in force at noon, 0 = none.

    `at_limit` of `bounded` office bins were at their limit.
    """

    day: date
    bps: int | None
    ceiling_bps: int
    at_limit: int
    bounded: int


@dataclass(frozen=True, slots=True)
class KnownStep:
    """What a planner confirmed: from a local day on, so many thousandths of what it was before."""

    day: date
    permille: int
    note: str


@dataclass(frozen=True, slots=True)
class Study:
    """All that planning holds of an office or link. `recent` is measured over the last twelve whole weeks.

    `load`: (percent of the time, bit/s) of `recent`; `heat`: seven weekdays from Monday, 24 mean rates; `gaps`: the
    longest times without data, epoch seconds. `steps`: those that the forecast was made with.
    """

    word: str
    key: str
    first: date
    last: date
    recent: Measured
    months: tuple[Month, ...]
    outlooks: tuple[Outlook, ...]
    days: tuple[DayUse, ...]
    load: tuple[tuple[int, int], ...]
    heat: tuple[tuple[int | None, ...], ...]
    gaps: tuple[tuple[int, int], ...]
    grew_permille: int | None
    seed: int
    method: str
    steps: tuple[KnownStep, ...] = ()

    def outlook(self, what: str) -> Outlook | None:
        """The forecast of a figure, if there is one."""
        return next((each for each in self.outlooks if each.what == what and each.refused is None), None)

    @property
    def direction(self) -> str:
        """The direction that decides what is bought: the larger recent p95."""
        office = self.recent.office
        return "up" if (office.p95_up_bps or 0) > (office.p95_down_bps or 0) else "down"
