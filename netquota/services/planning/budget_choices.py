"""What a planner fills in for a budget request; the rest of the document is measured, computed or a setting."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import date

from pydantic import TypeAdapter, ValidationError

from netquota.documents.inputs import BudgetKind, Signer
from netquota.domain.nip import parse_nip
from netquota.errors import InvalidValue
from netquota.planning.cost import months_left

NOBODY = Signer("", "", "", "")


@dataclass(frozen=True, slots=True)
class Extra:
    """A further line of the RAB; no description: none."""

    description: str = ""
    quantity: int = 1
    unit: str = "paket"
    months: int = 1
    price_rp: int = 0


@dataclass(frozen=True, slots=True)
class Choices:
    """A request: for which budget, how seldom links may be full, at which prices, who signs.

    `opds`: codes, none = all. `asked_bps` and `prices_rp` (per Mbit/s and month, before PPN) by link: where a link is
    left out, the capacity that is needed and the contract's price. Of a revision, `change_from` is a first of a month,
    `spent_rp` by link what was paid until then (left out: by the contract's months). `growth_permille`: of demand.
    """

    kind: BudgetKind
    year: int
    opds: tuple[str, ...] = ()
    permille: int = 10
    step_bps: int = 1_000_000
    growth_permille: int = 1000
    asked_bps: Mapping[str, int] = field(default_factory=dict[str, int])
    prices_rp: Mapping[str, int] = field(default_factory=dict[str, int])
    ppn_permille: int | None = None
    change_from: date | None = None
    spent_rp: Mapping[str, int] = field(default_factory=dict[str, int])
    addendum: str = ""
    extra: Extra = Extra()
    head: Signer = NOBODY
    planner: Signer = NOBODY

    @property
    def months(self) -> int:
        """Months to pay for."""
        return 12 if self.change_from is None else months_left(self.change_from)

    @property
    def first_month(self) -> date:
        """The first month to pay for."""
        return date(self.year, 13 - self.months, 1)


def checked(choices: Choices, today: date) -> Choices:
    """The choices, as far as each stands for itself. Raises `InvalidValue` that names the field."""
    if not 2000 <= choices.year <= 2100:
        raise InvalidValue("year", choices.year, "give a year from 2000 to 2100")
    if choices.kind is BudgetKind.REVISION:
        _check_change(choices)
    elif choices.change_from is not None:
        raise InvalidValue("change_from", choices.change_from, "leave it empty; it belongs to APBD-P")
    for name, least, most in (("permille", 1, 1000), ("growth_permille", 100, 10_000), ("step_bps", 1, 10**10)):
        if not least <= getattr(choices, name) <= most:
            raise InvalidValue(name, getattr(choices, name), f"give a number from {least} to {most}")
    if choices.ppn_permille is not None and not 0 <= choices.ppn_permille <= 500:
        raise InvalidValue("ppn_permille", choices.ppn_permille, "give 0 to 50 %")
    for name in ("asked_bps", "prices_rp", "spent_rp"):
        for link, value in getattr(choices, name).items():
            if not 0 <= value <= 10**15:
                raise InvalidValue(f"{name}.{link}", value, "give 0 or more")
    for name in ("head", "planner"):
        signer = getattr(choices, name)
        if signer.nip:
            parse_nip(signer.nip, today)
    return choices


def _check_change(choices: Choices) -> None:
    change = choices.change_from
    if change is None:
        raise InvalidValue("change_from", "", "say from which month the change holds")
    if change.year != choices.year:
        raise InvalidValue("change_from", change, f"give a day of {choices.year}")
    if change.day != 1:
        raise InvalidValue("change_from", change, "give the first of a month: capacity is paid by months")


def text_of(choices: Choices) -> str:
    """As JSON."""
    return json.dumps(asdict(choices), default=str, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def choices_of(text: str) -> Choices:
    """From JSON, such as a program sends. Raises `InvalidValue` that names what is wrong in it."""
    try:
        return TypeAdapter(Choices).validate_json(text)
    except ValidationError as problem:
        first = problem.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "choices"
        known = ", ".join(each.name for each in fields(Choices))
        raise InvalidValue(place, str(first["input"])[:80], f"{first['msg'].lower()}; fields are {known}") from None
