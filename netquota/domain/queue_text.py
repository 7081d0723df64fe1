"""How gateways write a queue's limit: `up/down` in bit/s, as RouterOS does (`30000000/60000000`, `30M/60M`). Pure.

What a gateway fetches is plainer, `name down up`, so that a script on an old router can take it apart at blanks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from netquota.domain.units import Rate

_SIDE: Final = re.compile(r"(\d{1,15})([kMG]?)")
_FACTORS: Final = {"": 1, "k": 1_000, "M": 1_000_000, "G": 1_000_000_000}
_MOST_QUEUES: Final = 500


def limit_text(rate: Rate) -> str:
    """`up/down` in whole bit/s; 0/0 is no limit."""
    return f"{rate.up_bps}/{rate.down_bps}"


def limit_of(text: str) -> Rate | None:
    """The rate that a gateway writes as its queue's limit; None where it is no such text. Nothing is no limit."""
    up, slash, down = (text or "0/0").strip().partition("/")
    sides = [_SIDE.fullmatch(side) for side in (up, down)]
    if not slash or sides[0] is None or sides[1] is None:
        return None
    up_bps, down_bps = (int(side[1]) * _FACTORS[side[2]] for side in sides if side is not None)
    return Rate(down_bps, up_bps)


def report_of(text: str) -> dict[str, Rate]:
    """What a gateway says that it has: lines `name down up`, or `name=up/down` apart by commas; the rest is ignored."""
    found: dict[str, Rate] = {}
    for part in re.split(r"[,\r\n]+", text.strip())[:_MOST_QUEUES]:
        words = part.split()
        if len(words) == 3:
            name, limit = words[0], f"{words[2]}/{words[1]}"
        else:
            name, _, limit = part.strip().partition("=")
        rate = limit_of(limit) if limit else None
        if rate is not None and name:
            found[name] = rate
    return found


def limit_lines(limits: Mapping[str, Rate]) -> str:
    """What a gateway fetches: a line `name down up` in bit/s for each queue, in the order of their names."""
    return "".join(f"{name} {limits[name].down_bps} {limits[name].up_bps}\n" for name in sorted(limits))
