"""What changed ceilings did: the share of office hours at the limit before and after, and could chance do it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from netquota.planning import effect as measuring
from netquota.planning.effect import Finding
from netquota.services.planning.figures import Study
from netquota.services.planning.steps import ceiling_changes
from netquota.storage import ceiling_store
from netquota.storage.database import Connection

SEED = 8
MOST_DAYS = 20
_EVER_S = 2**40


@dataclass(frozen=True, slots=True, eq=False)
class Changed:
    """A ceiling of an office or link (`code`) that changed on a local day, bit/s down."""

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


def changed(connection: Connection, kind: int, studies: Mapping[int, Study], zone: ZoneInfo) -> list[Changed]:
    """Every change of the ceilings of these subjects of a kind (`domain.samples`), by id, the oldest first."""
    if not studies:
        return []
    histories = ceiling_store.histories(connection, kind, list(studies), 0, _EVER_S)
    return [
        Changed(study.key, study, change.day, change.before_bps, change.after_bps)
        for ident, study in studies.items()
        for change in ceiling_changes(histories.get(ident, []), zone)
    ]


def effects(changes: Iterable[Changed]) -> Iterator[Effect]:
    """The effect of each change that has enough working days on both sides (planning.md part 1, "Effect")."""
    for one in changes:
        daily = {day.day: 1000 * day.at_limit // day.bounded for day in one.study.days if day.bounded}
        found = measuring.effect(daily, one.day, SEED, MOST_DAYS)
        if found.finding is Finding.TOO_SHORT or found.before is None or found.after is None or found.p is None:
            continue
        yield Effect(
            one.code, one.day, one.before_bps, one.after_bps, round(found.before), round(found.after), found.days_each,
            round(10_000 * found.p), found.finding is Finding.CLEAR,
        )  # fmt: skip
