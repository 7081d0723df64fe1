"""Use case of the clock: quota periods turn. What the old ones left is handed on, then running sessions follow."""

from __future__ import annotations

from netquota.services import carrying, rotate
from netquota.services.shift import Shift


def roll_over(shift: Shift, due_s: int) -> str:
    """The periods that began at a moment: lots carried on first, so that sessions are decided with them."""
    carried = carrying.carry_on(shift, due_s)
    told = rotate.refill(shift, due_s)
    return f"{told}, {carried} carried on" if carried else told
