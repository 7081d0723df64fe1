"""What an assessment round changes: the ceilings that its draft sets, reckoned from those in force.

A round takes weeks. What was given for a time since it was measured, or has ended, is kept beside what is concluded;
what somebody set by hand is not overwritten.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from netquota.domain.rounds import Conclusion
from netquota.domain.units import Rate, exact_rate
from netquota.errors import Conflict, InvalidValue
from netquota.storage import ceiling_grant_store
from netquota.storage.ceiling_grant_store import CeilingGrant
from netquota.storage.database import Connection
from netquota.storage.draft_store import Draft
from netquota.storage.round_store import Line, Round

_NONE: Final = Rate(0, 0)


def ceilings_to_set(
    connection: Connection, of: Round, lines: Sequence[Line], draft: Draft | None
) -> dict[str, Rate]:  # fmt: skip
    """By office (code), of those concluded to change whom neither `draft`, the round's last one, nor anybody since gave
    it.

    Raises `Conflict` naming the offices whose ceiling was set by hand since it was measured, `InvalidValue` where
    nothing would be left.
    """
    wanted = [line for line in lines if line.conclusion is Conclusion.CHANGED and not _is_taken(line, draft)]
    found: dict[str, Rate] = {}
    moved: list[str] = []
    for line in wanted:
        now, measured, rate = line.ceiling_now, line.use.ceiling, line.rate
        since = _given_since(ceiling_grant_store.grants(connection, line.opd_id), of.measured_s or 0)
        target = None if rate is None else rate if now is None or measured is None else _sum(rate, since)
        if target is None or target == now:
            continue
        if now != (None if measured is None else _sum(measured, since)):
            moved.append(f"{line.opd} ({_told(now)}, {_told(measured)})")
            continue
        found[line.opd] = _left(line.opd, target)
    if moved:
        raise Conflict(
            f"another ceiling was set since (now, measured): {', '.join(moved)}; set what is concluded there, or "
            "conclude it as kept"
        )
    return found


def _is_taken(line: Line, draft: Draft | None) -> bool:
    """Whether it was concluded when the round's last draft was made."""
    if draft is None or line.concluded_s is None:
        return False
    return line.concluded_s < draft.made_s or (line.concluded_s == draft.made_s and ("opd", line.opd) in draft.changes)


def _given_since(grants: Sequence[CeilingGrant], measured_s: int) -> Rate:
    """What began to be added to a ceiling since a moment (epoch s), less what ended."""
    since = _NONE
    for each in grants:
        then = each.began_s is not None and each.began_s <= measured_s and measured_s < (each.ended_s or measured_s + 1)
        part = each.is_in_force - then
        since = _sum(since, Rate(part * each.rate.down_bps, part * each.rate.up_bps))
    return since


def _sum(one: Rate, other: Rate) -> Rate:
    return Rate(one.down_bps + other.down_bps, one.up_bps + other.up_bps)


def _left(opd: str, rate: Rate) -> Rate:
    if min(rate.down_bps, rate.up_bps) <= 0:
        raise InvalidValue("rate", f"{rate.down_bps}/{rate.up_bps}", f"nothing would be left to {opd}")
    return rate


def _told(rate: Rate | None) -> str:
    return "–" if rate is None else exact_rate(rate)
