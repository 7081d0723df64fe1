"""What a period hands on: lots of what was left, and of what was granted until a moment. Octets, epoch seconds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from netquota.domain.quota import Quota


@dataclass(frozen=True, slots=True)
class Lot:
    """Octets that a period has beside its own.

    Carried on: usable in `periods_left` periods, this one included. Granted until a moment: until `until_s`, from when
    `used_at` octets of the period had been used; it is used before the period's own. An ended grant has shrunk to what
    was used of it.
    """

    octets: int
    periods_left: int = 0
    until_s: int | None = None
    used_at: int = 0

    @property
    def is_granted(self) -> bool:
        """Whether it ends at a moment, not with a period."""
        return self.until_s is not None

    def outlives(self, ends_s: int) -> bool:
        """Whether what is left of it goes on after a period's end (epoch s)."""
        return self.periods_left > 1 if self.until_s is None else self.until_s > ends_s

    def left(self, used: int) -> int:
        """What is left of a grant when `used` octets of its period are used."""
        return max(0, self.octets - max(0, used - self.used_at))

    def ended(self, used: int) -> Lot:
        """The grant at its end: what was not used of it is gone."""
        return replace(self, octets=self.octets - self.left(used))


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


def carry_over(quota: Quota, own_octets: int, used: int, lots: Sequence[Lot], ends_s: int = 0) -> CarryOver:
    """Close a period that ended at `ends_s`, with `own_octets` of its own and the `lots` that it had, oldest first.

    Used first are grants that ended within it, then carried lots, oldest first, then grants that go on. Carried lots
    expire after their periods; of the own octets left the quota's share is carried on, rounded down, at most its cap
    less what older lots still carry.
    """
    kept: list[Lot] = []
    expired, unpaid = 0, used
    for lot in sorted(lots, key=lambda lot: _turn(lot, ends_s)):
        taken = min(lot.octets, unpaid, max(0, used - lot.used_at))  # what was used before a grant was not used of it
        left, unpaid = lot.octets - taken, unpaid - taken
        if not lot.outlives(ends_s):
            expired += left
        elif left:
            kept.append(replace(lot, octets=left, periods_left=max(0, lot.periods_left - 1), used_at=0))
    unused = max(0, own_octets - unpaid)
    carried = sum(lot.octets for lot in kept if not lot.is_granted)
    fresh = min(unused * quota.carry_share_permille // 1000, max(0, quota.carry_cap_octets - carried))
    if fresh and quota.carry_kept_periods > 0:
        kept.append(Lot(fresh, quota.carry_kept_periods))
    return CarryOver(max(0, unpaid - own_octets), expired, tuple(kept))


def _turn(lot: Lot, ends_s: int) -> int:
    """In which turn a lot is used; of the same turn the older goes first."""
    if not lot.is_granted:
        return 1
    return 2 if lot.outlives(ends_s) else 0


def prorate(old_octets: int, new_octets: int, start_s: int, end_s: int, changed_s: int) -> int:
    """Octets of the period [start_s, end_s) whose quota changed at `changed_s`; `old_octets` is 0 for a newcomer."""
    changed_s = min(max(changed_s, start_s), end_s)
    return (old_octets * (changed_s - start_s) + new_octets * (end_s - changed_s)) // (end_s - start_s)
