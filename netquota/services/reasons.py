"""Reasons as they are kept: JSON of codes and figures, from which any page makes words in its own language."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, cast

from netquota.domain.policy import Code, Reason, Rule
from netquota.domain.units import Rate


def reasons_json(reasons: Iterable[Reason]) -> str:
    """Compact JSON; what is empty is left out."""
    return json.dumps([_plain(reason) for reason in reasons], separators=(",", ":"), ensure_ascii=False)


def reasons_from_json(text: str) -> tuple[Reason, ...]:
    """What `reasons_json` wrote; a code that this version does not know is passed over."""
    found: list[Reason] = []
    for plain in cast(list[dict[str, Any]], json.loads(text)):
        if plain["rule"] not in set(Rule) or plain["code"] not in set(Code):
            continue
        rate = plain.get("rate")
        found.append(
            Reason(
                Rule(plain["rule"]), Code(plain["code"]), plain.get("source", ""), None if rate is None else Rate(*rate),
                plain.get("used"), plain.get("limit"), plain.get("until"), plain.get("in_force", True), plain.get("note", ""),
            )
        )
    return tuple(found)


def _plain(reason: Reason) -> dict[str, object]:
    rate = reason.rate
    plain: dict[str, object] = {
        "rule": reason.rule, "code": reason.code, "source": reason.source or None,
        "rate": None if rate is None else [rate.down_bps, rate.up_bps], "used": reason.used, "limit": reason.limit,
        "until": reason.until_s, "in_force": None if reason.in_force else False, "note": reason.note or None,
    }
    return {key: value for key, value in plain.items() if value is not None}
