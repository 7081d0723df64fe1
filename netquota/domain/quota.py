"""Quotas: what is allowed, left and carried on; how a count is divided over time; leases that cannot overshoot a pool.

All numbers are whole octets and whole epoch seconds; intermediate values are exact integers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from netquota.domain.periods import Period
from netquota.domain.units import Octets2, Rate
from netquota.errors import InvalidValue

LEAST_GRANT_OCTETS = 10_000_000


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
class Quota:
    """So many octets per period, and what follows when they are spent.

    `key` is the natural key; `warn_permille` are the warning lines in thousandths of what is entitled. Carry-over: of
    what is left `carry_share_permille` goes on, lots together up to `carry_cap_octets`, each for `carry_kept_periods`
    periods. Raises `InvalidValue`.
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

    def __post_init__(self) -> None:
        if self.octets < 0:
            raise InvalidValue("octets", self.octets, "give 0 or more")
        if self.action is Action.THROTTLE and self.throttle is None:
            raise InvalidValue("throttle", None, "give the rate that a spent quota is slowed to")
        if not all(0 < line <= 1000 for line in self.warn_permille):
            raise InvalidValue("warn_permille", self.warn_permille, "give thousandths from 1 to 1000")
        if not 0 <= self.carry_share_permille <= 1000:
            raise InvalidValue("carry_share_permille", self.carry_share_permille, "give thousandths from 0 to 1000")


@dataclass(frozen=True, slots=True)
class LedgerFigure:
    """One ledger row as it stands: (quota, subject, period start) -> octets used, granted, carried in.

    `granted` is what this period got beside the quota and the carried lots: a boost, a turn's bonus, or (negative) what
    pro-rating took off. `subject_id` is the person's or the OPD's row id, by the quota's subject.
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
        return max(0, quota.octets + self.granted + self.carried_in)


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


def charge(octets: int, permille: int, rest: int) -> tuple[int, int]:
    """(octets charged, new rest) where only `permille` thousandths count, such as at night.

    `rest` (0-999) is kept in the ledger row, so that nothing is lost to rounding over many reports.
    """
    return divmod(octets * permille + rest, 1000)


@dataclass(frozen=True, slots=True)
class Lot:
    """Octets carried on from one period, usable in `periods_left` further ones."""

    octets: int
    periods_left: int


@dataclass(frozen=True, slots=True)
class CarryOver:
    """A period's close: octets used beyond what was entitled, octets that expire, and the lots of the next period."""

    over: int
    expired: int
    lots: tuple[Lot, ...]

    @property
    def carried_in(self) -> int:
        """What the next period is entitled to beside its own quota."""
        return sum(lot.octets for lot in self.lots)


def carry_over(quota: Quota, own_octets: int, used: int, lots: Sequence[Lot]) -> CarryOver:
    """Close a period with `own_octets` of its own (quota and grants) and the `lots` it began with, oldest first.

    Lots are used first, oldest first, and expire after their periods; of the own octets left the quota's share is
    carried on, rounded down, at most its cap less what older lots still carry.
    """
    kept: list[Lot] = []
    expired, unpaid = 0, used
    for lot in lots:
        left = max(0, lot.octets - unpaid)
        unpaid -= lot.octets - left
        if lot.periods_left <= 1:
            expired += left
        elif left:
            kept.append(Lot(left, lot.periods_left - 1))
    unused = max(0, own_octets - unpaid)
    room = max(0, quota.carry_cap_octets - sum(lot.octets for lot in kept))
    fresh = min(unused * quota.carry_share_permille // 1000, room)
    if fresh and quota.carry_kept_periods > 0:
        kept.append(Lot(fresh, quota.carry_kept_periods))
    return CarryOver(max(0, unpaid - own_octets), expired, tuple(kept))


def prorate(old_octets: int, new_octets: int, start_s: int, end_s: int, changed_s: int) -> int:
    """Octets of the period [start_s, end_s) whose quota changed at `changed_s`; `old_octets` is 0 for a newcomer."""
    changed_s = min(max(changed_s, start_s), end_s)
    return (old_octets * (changed_s - start_s) + new_octets * (end_s - changed_s)) // (end_s - start_s)


def octets_after_change(
    mode: ChangeMode, old_octets: int, new_octets: int, start_s: int, end_s: int, changed_s: int
) -> int:
    """Octets of the running period after a change of the quota at `changed_s`, by the mode chosen."""
    if mode is ChangeMode.PRORATE:
        return prorate(old_octets, new_octets, start_s, end_s, changed_s)
    return new_octets if mode is ChangeMode.WHOLE else old_octets


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
