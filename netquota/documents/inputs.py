"""Everything a budget document is made of, as one value to be frozen: figures, settings, tables, who signs.

Integers only: rates bit/s, money rupiah, shares in thousandths or as two counts. Days are local; `trace` says for each
measured figure what was asked of the data and which page shows it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class BudgetKind(StrEnum):
    """The year's budget, or its revision in mid-year."""

    APBD = "APBD"
    REVISION = "APBD-P"


@dataclass(frozen=True, slots=True)
class Trace:
    """Where a figure comes from: the query in words, and the page (path) that shows it."""

    query: str
    page: str


@dataclass(frozen=True, slots=True)
class Office:
    """The office that asks: `government` (Pemerintah Kota …), `city` (Kota …), `name` (Dinas …), its address line."""

    government: str
    city: str
    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signs: position, name with titles, rank (*Pembina Utama Muda, IV/c*) and the 18 digits of the NIP."""

    position: str
    name: str
    rank: str
    nip: str


@dataclass(frozen=True, slots=True)
class Period:
    """What was measured: local days, both included, and the office hours in words."""

    first: date
    last: date
    office_hours: str
    zone: str


@dataclass(frozen=True, slots=True)
class Measures:
    """Measures of a link or office over the period; None = no figure, because coverage is under half.

    p95 of both directions over all hours of the busiest month; `at_limit` of `bounded` office bins were at the limit.
    `source` is "interface" or "accounting"; `unaccounted_permille`: what the interface carried beyond accounting.
    """

    p95_down_bps: int | None
    p95_up_bps: int | None
    busy_hour: int | None
    busy_bps: int | None
    at_limit: int
    bounded: int
    usable_bins: int
    expected_bins: int
    source: str
    trace: Trace
    unaccounted_permille: int | None = None


@dataclass(frozen=True, slots=True)
class HiddenFigure:
    """Hidden demand as estimated (planning.hidden): `finding` is its word; None where refused."""

    finding: str
    measured_bps: int | None
    p95_bps: int | None
    low_bps: int | None
    high_bps: int | None
    censored: int
    bins: int
    trace: Trace


@dataclass(frozen=True, slots=True)
class MonthFigure:
    """A month's figure in bit/s, None where missing; with a band (90 %) where it is a forecast."""

    month: date
    bps: int | None
    low_bps: int | None = None
    high_bps: int | None = None


@dataclass(frozen=True, slots=True)
class Outlook:
    """History by month and forecast of the p95; shares in thousandths, MASE in thousandths, None = not measured."""

    history: tuple[MonthFigure, ...]
    ahead: tuple[MonthFigure, ...]
    method: str
    naive_was_better: bool
    basis: str
    coverage_permille: int | None
    mase_permille: int | None
    naive_mase_permille: int | None
    trace: Trace


@dataclass(frozen=True, slots=True)
class Need:
    """Capacity that the service level needs in the busiest month ahead, and at the ends of the forecast's band."""

    deciding_bps: int
    capacity_bps: int
    low_bps: int
    high_bps: int
    trace: Trace


@dataclass(frozen=True, slots=True)
class DayFigure:
    """p95 of one working day's office hours in bit/s, None where not measured; the ceiling in force at noon."""

    day: date
    bps: int | None
    ceiling_bps: int


@dataclass(frozen=True, slots=True)
class Contract:
    """A running contract: number, local days, and its price before PPN over the whole term."""

    number: str
    first: date
    last: date
    value_rp: int


@dataclass(frozen=True, slots=True)
class Link:
    """A provider link: what it is, what was measured, and what is asked for.

    `price_rp` and `asked_price_rp` are per Mbit/s and month, before PPN. `load`: (percent of the time, bit/s).
    `heat`: seven weekdays from Monday, 24 mean rates each, None where not measured.
    """

    key: str
    name: str
    provider: str
    contract: Contract
    capacity_bps: int
    price_rp: int
    asked_bps: int
    asked_price_rp: int
    months: int
    measures: Measures
    hidden: HiddenFigure | None = None
    outlook: Outlook | None = None
    need: Need | None = None
    days: tuple[DayFigure, ...] = ()
    load: tuple[tuple[int, int], ...] = ()
    heat: tuple[tuple[int | None, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Opd:
    """An office (*perangkat daerah*): its link, people, ceiling now and as proposed, and what was measured."""

    code: str
    name: str
    link: str
    employees: int
    ceiling_bps: int
    guaranteed_bps: int
    proposed_bps: int
    serves_public: bool
    measures: Measures
    hidden: HiddenFigure | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """An office's request and how it was assessed."""

    number: str
    opd: str
    application: str
    users: int
    wanted_bps: int
    assessment: str
    decision: str
    decided_on: date | None


@dataclass(frozen=True, slots=True)
class EffectFigure:
    """What a changed limit did: saturation in thousandths before and after (medians of days), p in ten-thousandths."""

    what: str
    changed_on: date
    before_permille: int
    after_permille: int
    days_each: int
    p_per_10000: int
    is_clear: bool
    trace: Trace


@dataclass(frozen=True, slots=True)
class ScenarioFigure:
    """An alternative: capacity of all links and the sum before PPN; one is `chosen`."""

    name: str
    assumption: str
    capacity_bps: int
    total_rp: int
    chosen: bool
    trace: Trace


@dataclass(frozen=True, slots=True)
class Gap:
    """A longer time without data: whose, from when to when, and why as far as known."""

    subject: str
    began: datetime
    ended: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class ExtraLine:
    """A further line of the RAB: so many units over so many months at a price each."""

    description: str
    quantity: int
    unit: str
    months: int
    price_rp: int


@dataclass(frozen=True, slots=True)
class Realisation:
    """A link's budget of the running year, and what was spent until the revision."""

    link: str
    budget_rp: int
    spent_rp: int
    months_paid: int


@dataclass(frozen=True, slots=True)
class Revision:
    """What a mid-year revision adds: from when the change holds, what was spent, and the contract change in words."""

    change_from: date
    realisations: tuple[Realisation, ...]
    addendum: str


@dataclass(frozen=True, slots=True)
class Milestone:
    """An activity of the schedule, from one month of the budget year to another (1-12)."""

    activity: str
    first_month: int
    last_month: int


@dataclass(frozen=True, slots=True)
class PpnSetting:
    """PPN as applied: thousandths of numerator/denominator of the price."""

    rate_permille: int
    base_numerator: int
    base_denominator: int
    source: str


@dataclass(frozen=True, slots=True)
class Settings:
    """The office's settings as they were: accounts, PPN, legal bases, service level, step, limit of an addition.

    `service_levels` are what the provider must hold, as the office words them (availability, repair times).
    """

    account_code: str
    account_name: str
    activity_code: str
    activity_name: str
    ppn: PpnSetting
    legal_bases: tuple[str, ...]
    service_permille: int
    step_bps: int
    addition_permille: int
    number_pattern: str
    service_levels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Versions:
    """What made the figures: program, method, random seed, template and data files by SHA-256."""

    program: str
    method: str
    seed: int
    template_sha256: str
    data_files: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class BudgetInput:
    """A budget document's whole input. `number` is empty until approval; `changes` says what differs from before."""

    kind: BudgetKind
    year: int
    version: int
    number: str
    dated: date
    frozen_at: datetime
    base_url: str
    office: Office
    head: Signer
    planner: Signer
    period: Period
    settings: Settings
    versions: Versions
    links: tuple[Link, ...]
    opds: tuple[Opd, ...]
    proposals: tuple[Proposal, ...] = ()
    effects: tuple[EffectFigure, ...] = ()
    scenarios: tuple[ScenarioFigure, ...] = ()
    gaps: tuple[Gap, ...] = ()
    extra_lines: tuple[ExtraLine, ...] = ()
    milestones: tuple[Milestone, ...] = ()
    revision: Revision | None = None
    holidays: tuple[tuple[date, str], ...] = ()
    ramadans: tuple[tuple[date, date], ...] = ()
    changes: tuple[str, ...] = ()
