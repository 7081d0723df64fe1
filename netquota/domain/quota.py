"""Quotas: what is allowed, left and carried on; how a count is divided over time; leases that cannot overshoot a pool.

All numbers are whole octets and whole epoch seconds; intermediate values are exact integers.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from itertools import pairwise

from netquota.domain.periods import Period, current, starts_within
from netquota.domain.schedule import Schedule, next_edge, window_at
from netquota.domain.units import Octets2, Rate
from netquota.errors import InvalidValue

LEAST_GRANT_OCTETS = 10_000_000
_PERCENT = re.compile(r"(\d{1,3})(?:[.,](\d))?\s*%")


class QuotaSubject(StrEnum):
    """Whose quota it is: one person's, or a pool that an OPD's people share."""

    PERSON = "person"
    OPD = "opd"


class Direction(StrEnum):
    """Which octets count: down = to the user (output), up = from the user (input)."""

    TOTAL = "total"
    DOWN = "down"
    UP = "up"


class Strictness(StrEnum):
    """Soft: the action follows the report that crosses the line. Hard: an octet cap on the gateway."""

    SOFT = "soft"
    HARD = "hard"


class Action(StrEnum):
    """What a spent quota leads to."""

    DISCONNECT = "disconnect"
    THROTTLE = "throttle"
    NOTIFY = "notify"


class QuotaState(StrEnum):
    """How a quota stands in its running period."""

    REMAINING = "remaining"
    WARNED = "warned"
    SPENT = "spent"


class ChangeMode(StrEnum):
    """What a changed quota means for the running period: shared by time, whole at once, or not before the next."""

    PRORATE = "prorate"
    WHOLE = "whole"
    NEXT = "next"


@dataclass(frozen=True, slots=True)
class QuotaChange:
    """A quota's octets were `before` until epoch second `at_s`; `mode`: what that means for the period running then."""

    at_s: int
    before: int
    mode: ChangeMode


@dataclass(frozen=True, slots=True)
class Step:
    """From so many thousandths of what is entitled on, this rate at most."""

    permille: int
    rate: Rate

    def to_text(self) -> str:
        """As it is kept: `800:5000000/1000000`, thousandths and bit/s down/up."""
        return f"{self.permille}:{self.rate.down_bps}/{self.rate.up_bps}"


def steps_of(text: str) -> tuple[Step, ...]:
    """The steps of a text of `to_text`s apart by commas, lowest line first."""
    steps: list[Step] = []
    for part in filter(None, text.split(",")):
        permille, _, rate = part.partition(":")
        down, _, up = rate.partition("/")
        steps.append(Step(int(permille), Rate(int(down), int(up))))
    return tuple(sorted(steps, key=lambda step: step.permille))


@dataclass(frozen=True, slots=True)
class Quota:
    """So many octets per period, and what follows when they are spent.

    `key` is the natural key; `warn_permille` are the warning lines in thousandths of what is entitled. Carry-over: of
    what is left `carry_share_permille` goes on, lots together up to `carry_cap_octets`, each for `carry_kept_periods`
    periods. `steps` slow down before it is spent, and after, lowest line first; `landing`: whoever would pass the line
    before his next report is slowed to end on it (landing.py). `changes` of `octets`, oldest first. `turned`: bounds
    (epoch s) of the period in which the rule of the periods changed, begun by the old one and ended by the new.
    `reduced`: windows in which only as many thousandths count as their names say. Raises `InvalidValue`.
    """

    id: int
    key: str
    subject: QuotaSubject
    direction: Direction
    period: Period
    octets: int
    strictness: Strictness = Strictness.SOFT
    action: Action = Action.THROTTLE
    throttle: Rate | None = None
    warn_permille: tuple[int, ...] = (800,)
    carry_share_permille: int = 0
    carry_cap_octets: int = 0
    carry_kept_periods: int = 1
    steps: tuple[Step, ...] = ()
    landing: bool = True
    changes: tuple[QuotaChange, ...] = ()
    turned: tuple[int, int] | None = None
    reduced: Schedule | None = None

    def __post_init__(self) -> None:
        if self.octets < 0:
            raise InvalidValue("octets", self.octets, "give 0 or more")
        if self.action is Action.THROTTLE and self.throttle is None:
            raise InvalidValue("throttle", None, "give the rate that a spent quota is slowed to")
        if not all(0 < line <= 1000 for line in self.warn_permille):
            raise InvalidValue("warn_permille", self.warn_permille, "give thousandths from 1 to 1000")
        lines = [step.permille for step in self.steps]
        if lines != sorted(set(lines)) or not all(0 < line <= 1000 for line in lines):
            raise InvalidValue("steps", lines, "give each line once, from 1 to 1000 thousandths, lowest first")
        if not 0 <= self.carry_share_permille <= 1000:
            raise InvalidValue("carry_share_permille", self.carry_share_permille, "give thousandths from 0 to 1000")


@dataclass(frozen=True, slots=True)
class LedgerFigure:
    """One ledger row as it stands: (quota, subject, period start) -> octets used, granted, carried in.

    `granted` is what this period got beside the quota and the carried lots: a boost, or (negative) what a newcomer's
    share of the period leaves off. `carried_in` are all lots of the period: carried on, and granted until a moment.
    `used` counts from the last reset by hand. `subject_id` is the person's or the OPD's row id, by the quota's subject.
    """

    quota_id: int
    subject_id: int
    period_start_s: int
    period_end_s: int
    used: int
    granted: int = 0
    carried_in: int = 0

    def entitled(self, quota: Quota) -> int:
        """Octets that may be used in this period, at least 0."""
        own = octets_in(quota, self.period_start_s, self.period_end_s) if quota.changes else quota.octets
        return max(0, own + self.granted + self.carried_in)


def octets_in(quota: Quota, start_s: int, end_s: int) -> int:
    """The quota's own octets in the period [start_s, end_s): what its changes leave, each by its mode."""
    value = quota.changes[0].before if quota.changes else quota.octets
    later = [change.before for change in quota.changes[1:]] + [quota.octets]
    parts: list[tuple[int, int]] = []
    for change, after in zip(quota.changes, later, strict=False):
        if change.at_s <= start_s:
            value = after
        elif change.at_s < end_s and change.mode is ChangeMode.PRORATE:
            parts.append((change.at_s, after))
        elif change.at_s < end_s and change.mode is ChangeMode.WHOLE:
            value, parts = after, []
    if not parts:
        return value
    values = [value, *(octets for _, octets in parts)]
    edges = [start_s, *(at_s for at_s, _ in parts), end_s]
    spans = (after - before for before, after in pairwise(edges))
    return sum(octets * span for octets, span in zip(values, spans, strict=True)) // (end_s - start_s)


def bounds_of(quota: Quota, at_s: int) -> tuple[int, int]:
    """Start and end (epoch s) of the quota's period that holds `at_s`, also where the rule of its periods changed."""
    turned = quota.turned
    if turned is not None and turned[0] <= at_s < turned[1]:
        return turned
    start_s, end_s = current(quota.period, datetime.fromtimestamp(at_s, UTC))
    return (start_s, min(end_s, turned[0])) if turned is not None and at_s < turned[0] else (start_s, end_s)


def starts_of(quota: Quota, from_s: int, to_s: int) -> list[int]:
    """Starts of the quota's periods strictly between two epoch seconds, ascending."""
    starts = starts_within(quota.period, from_s, to_s)
    if quota.turned is None:
        return starts
    begun_s, ends_s = quota.turned
    kept = {start_s for start_s in starts if not begun_s < start_s < ends_s}
    return sorted(kept | ({begun_s} if from_s < begun_s < to_s else set()))


def measured(direction: Direction, octets: Octets2) -> int:
    """The octets of a count that a quota of this direction covers."""
    if direction is Direction.TOTAL:
        return octets.input + octets.output
    return octets.output if direction is Direction.DOWN else octets.input


def remaining(quota: Quota, figure: LedgerFigure) -> int:
    """Octets left in the period; never negative, also where a lowered quota lies under what is used."""
    return max(0, figure.entitled(quota) - figure.used)


def state(quota: Quota, figure: LedgerFigure) -> QuotaState:
    """Spent as soon as nothing is left; warned from the lowest warning line on."""
    if figure.used >= figure.entitled(quota):
        return QuotaState.SPENT
    return QuotaState.REMAINING if warning_line(quota, figure) is None else QuotaState.WARNED


def warning_line(quota: Quota, figure: LedgerFigure) -> int | None:
    """The highest warning line (thousandths) that what is used has reached, None under all of them."""
    entitled = figure.entitled(quota)
    return max((line for line in quota.warn_permille if figure.used * 1000 >= line * entitled), default=None)


def line_passed(quota: Quota, figure: LedgerFigure, added: int) -> int | None:
    """The highest line (thousandths; 1000 = spent) that people are told of and that the last `added` octets passed."""
    entitled, used = figure.entitled(quota), figure.used * 1000
    before = used - added * 1000
    return max((line for line in (*quota.warn_permille, 1000) if before < line * entitled <= used), default=None)


def step_reached(quota: Quota, figure: LedgerFigure) -> Step | None:
    """The highest step whose line what is used has reached, None under all of them."""
    entitled = figure.entitled(quota)
    return next((step for step in reversed(quota.steps) if figure.used * 1000 >= step.permille * entitled), None)


def crosses(quota: Quota, figure: LedgerFigure, added: int) -> bool:
    """Whether the last `added` octets passed a line at which the quota's decision changes: a step, or its end."""
    entitled, before = figure.entitled(quota), figure.used - added
    if before < entitled <= figure.used:
        return True
    return any(before * 1000 < step.permille * entitled <= figure.used * 1000 for step in quota.steps)


def split(octets: int, from_s: int, to_s: int, edges: Sequence[int]) -> list[tuple[int, int]]:
    """Divide a count over [from_s, to_s) at `edges` (ascending, a range will do): [(start of piece, octets)].

    In proportion to seconds, by largest remainder, ties to the earlier piece, so that the pieces add up exactly. An
    edge belongs to the later piece; edges outside are ignored. A count without duration falls on `to_s`.
    """
    if from_s >= to_s:
        return [(to_s, octets)]
    starts = _starts(from_s, to_s, edges)
    if len(starts) == 1:
        return [(from_s, octets)]
    return list(zip(starts, _shares(octets, starts, to_s), strict=True))


def split_both(octets: Octets2, from_s: int, to_s: int, edges: Sequence[int]) -> list[tuple[int, Octets2]]:
    """`split` for both directions, each for itself over the same pieces."""
    if from_s >= to_s:
        return [(to_s, octets)]
    starts = _starts(from_s, to_s, edges)
    if len(starts) == 1:
        return [(from_s, octets)]
    inputs, outputs = _shares(octets.input, starts, to_s), _shares(octets.output, starts, to_s)
    return [(start, Octets2(up, down)) for start, up, down in zip(starts, inputs, outputs, strict=True)]


def _starts(from_s: int, to_s: int, edges: Sequence[int]) -> list[int]:
    return [from_s, *(edge for edge in edges if from_s < edge < to_s)]


def _shares(octets: int, starts: Sequence[int], to_s: int) -> list[int]:
    duration = to_s - starts[0]
    if len(starts) == 2:
        # A report seldom spans more than one edge; of two, rounding the earlier half up is the largest remainder.
        earlier = (2 * octets * (starts[1] - starts[0]) + duration) // (2 * duration)
        return [earlier, octets - earlier]
    parts = [octets * (end - start) for start, end in zip(starts, [*starts[1:], to_s], strict=True)]
    shares = [part // duration for part in parts]
    by_remainder = sorted(range(len(parts)), key=lambda index: -(parts[index] % duration))
    for index in by_remainder[: octets - sum(shares)]:
        shares[index] += 1
    return shares


def reduced_at(reduced: Schedule, at_s: int, is_holiday: Callable[[date], bool]) -> tuple[int, int | None]:
    """(thousandths of what flows that count at a moment, the epoch second at which that changes, None: never)."""
    now = datetime.fromtimestamp(at_s, UTC)
    window, edge = window_at(reduced, now, is_holiday), next_edge(reduced, now, is_holiday)
    permille = 1000 if window is None else permille_of(window.name)
    return permille, None if edge is None else int(edge.timestamp())


def permille_of(text: str) -> int:
    """`12.5%` as thousandths. Raises `InvalidValue`."""
    match = _PERCENT.fullmatch(text.strip())
    permille = int(match[1]) * 10 + int(match[2] or 0) if match else -1
    if not 0 <= permille <= 1000:
        raise InvalidValue("reduced", text, "give a part from 0% to 100%, such as 50%")
    return permille


def charge(octets: int, permille: int, rest: int) -> tuple[int, int]:
    """(octets charged, new rest) where only `permille` thousandths count, such as at night.

    `rest` (0-999) is kept in the ledger row, so that nothing is lost to rounding over many reports.
    """
    return divmod(octets * permille + rest, 1000)


@dataclass(frozen=True, slots=True)
class Lease:
    """A session's part of a pool: it may reach `cap` octets in all; `last_grant` was given at `used_at_grant`."""

    cap: int
    last_grant: int
    used_at_grant: int

    def unused(self, used: int) -> int:
        """Octets leased out and not yet used, when the session has used `used` in all."""
        return max(0, self.cap - used)

    def is_due(self, used: int) -> bool:
        """Whether 80 % of the last grant is used, so that another one should be asked for."""
        return 5 * (used - self.used_at_grant) >= 4 * self.last_grant

    def renewed(self, used: int, granted: int) -> "Lease":
        """The lease after another grant; unchanged where nothing was granted."""
        return Lease(self.cap + granted, granted, used) if granted else self


def grant(quota_octets: int, used: int, leased_out: int, open_sessions: int, min_grant: int) -> int:
    """Octets to lease to the session that asks, 0 when the pool is spent or leased out.

    `used` counts all sessions, ended ones too; `leased_out` = sum of cap - used over the open ones; `open_sessions`
    includes the one that asks. Reserve the answer under the pool's row lock before it is sent: then octets of ended
    sessions + sum of caps <= quota holds always.
    """
    free = quota_octets - used - leased_out
    return max(0, min(free, max(min_grant, free // (open_sessions + 1))))


def default_min_grant(rate_bps: int, interim_s: int) -> int:
    """The smallest useful lease: what two interim intervals can use at the rate, at least 10 MB."""
    return max(LEAST_GRANT_OCTETS, 2 * rate_bps * interim_s // 8)
