"""Proposals for a division by a key (headcount, measured use, weight): guaranteed rates first, the rest by the key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from netquota.errors import InvalidValue


@dataclass(frozen=True, slots=True)
class Claimant:
    """One that gets a share: its code, what is guaranteed to it, and its key (from 0 on)."""

    code: str
    guaranteed: int
    key: int


@dataclass(frozen=True, slots=True)
class Proposal:
    """Shares by code; what is less than a step stays undivided."""

    shares: Mapping[str, int]
    undivided: int


def by_key(total: int, step: int, claimants: Sequence[Claimant]) -> Proposal:
    """Guaranteed first, the rest in whole steps in proportion to the key: largest remainder, ties by code.

    All keys 0: equally. Raises `InvalidValue` where the guaranteed rates exceed the total, or for a negative key.
    """
    claimants = sorted(claimants, key=lambda claimant: claimant.code)
    guaranteed = sum(claimant.guaranteed for claimant in claimants)
    if guaranteed > total:
        raise InvalidValue("total", total, f"the guaranteed rates need {guaranteed}: {guaranteed - total} more")
    if any(claimant.key < 0 for claimant in claimants):
        raise InvalidValue("key", min(claimant.key for claimant in claimants), "give keys from 0 on")
    if not claimants:
        return Proposal({}, total)
    units, undivided = divmod(total - guaranteed, step)
    keys = [claimant.key for claimant in claimants]
    parts = largest_remainder(units, keys if any(keys) else [1] * len(keys))
    shares = {each.code: each.guaranteed + step * part for each, part in zip(claimants, parts, strict=True)}
    return Proposal(shares, undivided)


def largest_remainder(units: int, keys: Sequence[int]) -> list[int]:
    """Whole units in proportion to the keys, exactly `units` in all; ties go to the earlier."""
    whole = sum(keys)
    parts = [units * key // whole for key in keys]
    by_remainder = sorted(range(len(keys)), key=lambda index: -(units * keys[index] % whole))
    for index in by_remainder[: units - sum(parts)]:
        parts[index] += 1
    return parts
