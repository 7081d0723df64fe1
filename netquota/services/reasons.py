"""Reasons as they are kept: JSON of codes and figures, from which any page makes words in its own language."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, cast

from netquota.domain.policy import Code, Reason, Rule
from netquota.domain.units import Rate

_RULES, _CODES = frozenset(Rule), frozenset(Code)


def reasons_json(reasons: Iterable[Reason]) -> str:
    """Compact JSON; what is empty is left out."""
    return json.dumps([_plain(reason) for reason in reasons], separators=(",", ":"), ensure_ascii=False)


def reasons_from_json(text: str) -> tuple[Reason, ...]:
    """What `reasons_json` wrote; a code that this version does not know is passed over."""
    known = cast(list[dict[str, Any]], json.loads(text))
    return tuple(_reason(plain) for plain in known if plain["rule"] in _RULES and plain["code"] in _CODES)


def _reason(plain: dict[str, Any]) -> Reason:
    rate = plain.get("rate")
    return Reason(
        rule=Rule(plain["rule"]),
        code=Code(plain["code"]),
        source=plain.get("source", ""),
        rate=None if rate is None else Rate(*rate),
        used=plain.get("used"),
        limit=plain.get("limit"),
        until_s=plain.get("until"),
        in_force=plain.get("in_force", True),
        note=plain.get("note", ""),
    )


def _plain(reason: Reason) -> dict[str, object]:
    rate = reason.rate
    plain: dict[str, object] = {
        "rule": reason.rule,
        "code": reason.code,
        "source": reason.source or None,
        "rate": None if rate is None else [rate.down_bps, rate.up_bps],
        "used": reason.used,
        "limit": reason.limit,
        "until": reason.until_s,
        "in_force": None if reason.in_force else False,
        "note": reason.note or None,
    }
    return {key: value for key, value in plain.items() if value is not None}
