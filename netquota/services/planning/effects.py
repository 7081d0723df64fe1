"""What changed ceilings did: the share of office hours at the limit before and after, and could chance do it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from netquota.planning import effect as measuring
from netquota.planning.effect import Finding
from netquota.services.planning.figures import Study

SEED = 8
MOST_DAYS = 20


@dataclass(frozen=True, slots=True, eq=False)
class Changed:
    """An office's ceiling that changed on a local day, bit/s down."""

    code: str
    study: Study
    day: date
    before_bps: int
    after_bps: int


@dataclass(frozen=True, slots=True)
class Effect:
    """Saturation of days before and after (medians, thousandths), the permutation test's p in ten-thousandths."""

    code: str
    day: date
    before_bps: int
    after_bps: int
    before_permille: int
    after_permille: int
    days_each: int
    p_per_10000: int
    is_clear: bool


def effects(changed: Iterable[Changed]) -> Iterator[Effect]:
    """The effect of each change that has enough working days on both sides."""
    for one in changed:
        daily = {day.day: 1000 * day.at_limit // day.bounded for day in one.study.days if day.bounded}
        found = measuring.effect(daily, one.day, SEED, MOST_DAYS)
        if found.finding is Finding.TOO_SHORT or found.before is None or found.after is None or found.p is None:
            continue
        yield Effect(
            one.code, one.day, one.before_bps, one.after_bps, round(found.before), round(found.after), found.days_each,
            round(10_000 * found.p), found.finding is Finding.CLEAR,
        )  # fmt: skip
