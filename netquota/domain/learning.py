"""What a gateway's answers teach: whether it takes a new rate, or an end, while a session runs. Pure.

One lost packet proves nothing: only an answer that says so, or several failures in a row, over some time, while the
gateway was heard by other packets. What was learnt is doubted after a day.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from netquota.domain.places import Ability

MISSES: Final = 3
SILENT_FOR_S: Final = 120
"""Three orders of one moment may be lost together: silence counts only over a span as long as this."""
DOUBTED_AFTER_S: Final = 86_400
SILENCE: Final = "silence"
UNSUPPORTED: Final = frozenset({401, 405, 406})  # RFC 5176 §3.5: attribute, service, extension not supported
NO_PROOF: Final = frozenset({201, 503, 506})  # about the session, or the moment; not about the ability


class Answer(StrEnum):
    """How an order ended, as far as it tells of the gateway."""

    TAKEN = "taken"
    UNSUPPORTED = "unsupported"
    REFUSED = "refused"
    SILENT = "silent"
    NO_PROOF = "no_proof"


@dataclass(frozen=True, slots=True)
class Learnt:
    """What is known of one ability: the verdict, why and since when (epoch s), and failures in a row.

    `why` is `silence` or the number of an Error-Cause, `refused` where the gateway gave none.
    """

    works: Ability = Ability.LEARN
    why: str = ""
    since_s: int | None = None
    misses: int = 0
    missed_s: int | None = None


def answer_of(taken: bool, refused: bool, error_cause: int | None, heard: bool) -> Answer:
    """What an end says; `heard`: other packets of the gateway came about that time."""
    if taken:
        return Answer.TAKEN
    if not refused:
        return Answer.SILENT if heard else Answer.NO_PROOF
    if error_cause in UNSUPPORTED:
        return Answer.UNSUPPORTED
    return Answer.NO_PROOF if error_cause in NO_PROOF else Answer.REFUSED


def learn(known: Learnt, answer: Answer, error_cause: int | None, now_s: int) -> Learnt:
    """What is known after one more answer."""
    if answer is Answer.NO_PROOF:
        return known
    if answer is Answer.TAKEN:
        since_s = known.since_s if known.works is Ability.YES else now_s
        return Learnt(Ability.YES, "", since_s)
    missed_s = now_s if known.missed_s is None else known.missed_s
    misses = replace(known, misses=known.misses + 1, missed_s=missed_s)
    long_enough = answer is not Answer.SILENT or now_s - missed_s >= SILENT_FOR_S
    proved = answer is Answer.UNSUPPORTED or (misses.misses >= MISSES and long_enough)
    if known.works is Ability.NO or not proved:
        return misses
    why = SILENCE if answer is Answer.SILENT else "refused" if error_cause is None else str(error_cause)
    return replace(misses, works=Ability.NO, why=why, since_s=now_s)


def doubted(known: Learnt) -> Learnt:
    """Tried once more: one success makes it work again, one more failure is proof enough."""
    return replace(known, works=Ability.LEARN, why="", since_s=None, misses=max(known.misses, MISSES - 1))
