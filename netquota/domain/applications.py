"""What offices report of their applications (the SIPA record), and the steps by which the ICT office follows each.

Verify (does it serve the office's task, does another office have the same already), advise, socialise, evaluate,
provide. Steps go in this order; each may be taken again, and the newest of a step counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from netquota.domain.units import Rate
from netquota.errors import InvalidValue

SIMILAR_PERMILLE: Final = 400
_COMMON: Final = frozenset(
    "aplikasi sistem sistim informasi layanan pelayanan online daring elektronik berbasis web mobile manajemen kota"
    " pemerintah daerah dan untuk di ke dari dengan pada e si the of and system information service management"
    " application app teluk arunika".split()
)
_WORD: Final = re.compile(r"[^\W_]+")


class Hosting(StrEnum):
    """Where an application runs: that decides which link its use goes over."""

    INSIDE = "inside"
    OUTSIDE = "outside"


class Step(StrEnum):
    """The ICT office's steps, in order."""

    VERIFY = "verify"
    ADVISE = "advise"
    SOCIALISE = "socialise"
    EVALUATE = "evaluate"
    PROVIDE = "provide"


class Outcome(StrEnum):
    """What a step came to."""

    SERVES_TASK = "serves_task"
    NOT_THE_TASK = "not_the_task"
    DUPLICATE = "duplicate"
    ADVISED = "advised"
    HELD = "held"
    USED = "used"
    LITTLE_USED = "little_used"
    UNUSED = "unused"
    SHARE = "share"
    BUDGET = "budget"
    NO_NEED = "no_need"


OUTCOMES: Final[Mapping[Step, tuple[Outcome, ...]]] = {
    Step.VERIFY: (Outcome.SERVES_TASK, Outcome.NOT_THE_TASK, Outcome.DUPLICATE),
    Step.ADVISE: (Outcome.ADVISED,),
    Step.SOCIALISE: (Outcome.HELD,),
    Step.EVALUATE: (Outcome.USED, Outcome.LITTLE_USED, Outcome.UNUSED),
    Step.PROVIDE: (Outcome.SHARE, Outcome.BUDGET, Outcome.NO_NEED),
}
RETURNED: Final = frozenset({Outcome.NOT_THE_TASK, Outcome.DUPLICATE})
"""Outcomes after which the office has to change its report first; then it is verified anew."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A step that was taken on a local date. `material` and `on` of the meeting for socialise; `review_on` and `rate`
    (what the share is, bit/s) for provide, `until` None = lasting; `users` who really use it for evaluate."""

    step: Step
    outcome: Outcome
    on: date
    by: str
    note: str = ""
    material: str = ""
    users: int | None = None
    rate: Rate | None = None
    until: date | None = None
    review_on: date | None = None


class Progress(StrEnum):
    """How an application stands as a whole."""

    REPORTED = "reported"
    FOLLOWED = "followed"
    RETURNED = "returned"
    DONE = "done"
    REVIEW_DUE = "review_due"


@dataclass(frozen=True, slots=True)
class Standing:
    """How far it is: the newest of each step taken, the step that comes next (None: none), and the whole."""

    progress: Progress
    next_step: Step | None
    taken: Mapping[Step, Taken]


def standing(steps: Iterable[Taken], today: date) -> Standing:
    """How an application stands after these steps, oldest first. A new verification begins the walk anew."""
    taken: dict[Step, Taken] = {}
    for one in steps:
        if one.step is Step.VERIFY:
            taken = {}
        taken[one.step] = one
    if not taken:
        return Standing(Progress.REPORTED, Step.VERIFY, taken)
    if taken[Step.VERIFY].outcome in RETURNED:
        return Standing(Progress.RETURNED, Step.VERIFY, taken)
    provided = taken.get(Step.PROVIDE)
    if provided is None:
        return Standing(Progress.FOLLOWED, next(step for step in Step if step not in taken), taken)
    due = provided.review_on is not None and provided.review_on <= today
    return Standing(Progress.REVIEW_DUE if due else Progress.DONE, Step.EVALUATE if due else None, taken)


def check_step(step: Taken, before: Standing) -> None:
    """Raise `InvalidValue` where a step cannot follow, or lacks what it is for."""
    if step.outcome not in OUTCOMES[step.step]:
        raise InvalidValue("outcome", step.outcome, f"for {step.step} take {', '.join(OUTCOMES[step.step])}")
    missing = _missing_before(step.step, before)
    if missing is not None:
        raise InvalidValue("step", step.step, f"{missing} comes first")
    if step.step is Step.SOCIALISE and not step.material:
        raise InvalidValue("material", "", "name what was shown or handed out")
    if step.outcome in {*RETURNED, Outcome.ADVISED} and not step.note:
        raise InvalidValue("note", "", "say it in words; the office reads it")
    if step.outcome is Outcome.SHARE:
        _check_share(step)


def _missing_before(step: Step, before: Standing) -> Step | None:
    if step is Step.VERIFY:
        return None
    if before.progress in {Progress.REPORTED, Progress.RETURNED}:
        return Step.VERIFY
    order = list(Step)
    return next((earlier for earlier in order[: order.index(step)] if earlier not in before.taken), None)


def _check_share(step: Taken) -> None:
    if step.rate is None:
        raise InvalidValue("rate", "", "say how much, down/up, such as 10M/5M")
    if step.review_on is None or step.review_on <= step.on:
        raise InvalidValue("review_on", step.review_on or "", "give a later day on which it is looked at again")
    if step.until is not None and step.until <= step.on:
        raise InvalidValue("until", step.until, "let it end after it begins, or leave it empty for a lasting share")


@dataclass(frozen=True, slots=True)
class Described:
    """An application as it is compared with others: its key, office, name and what it does."""

    code: str
    opd: str
    name: str
    function: str


def similarity_permille(one: Described, other: Described) -> int:
    """How alike two applications are by their words, 0 to 1000: the words of name and function that both use.

    Words that nearly every title has ("sistem", "informasi") do not count (Jaccard's index over what is left).
    """
    mine, theirs = _words(one), _words(other)
    if not mine or not theirs:
        return 0
    return 1000 * len(mine & theirs) // len(mine | theirs)


def similar(one: Described, others: Iterable[Described]) -> list[tuple[int, Described]]:
    """Those of others that do much the same, the most alike first (permille, application)."""
    scored = ((similarity_permille(one, other), other) for other in others if other.code != one.code)
    found = [pair for pair in scored if pair[0] >= SIMILAR_PERMILLE]
    return sorted(found, key=lambda pair: (-pair[0], pair[1].code))


def _words(one: Described) -> frozenset[str]:
    found = frozenset(_WORD.findall(one.name.casefold())) | frozenset(_WORD.findall(one.function.casefold()))
    return found - _COMMON


class Reporting(StrEnum):
    """Whether an office has told of its applications."""

    REPORTED = "reported"
    NONE = "none"
    SILENT = "silent"


def reporting(applications: int, declared_none: bool) -> Reporting:
    """What an office's record says; who reports one has some, whatever was declared before."""
    if applications:
        return Reporting.REPORTED
    return Reporting.NONE if declared_none else Reporting.SILENT
