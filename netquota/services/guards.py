"""What the fields of one thing must not say together: checked on the whole row, before it is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, time
from typing import Any
from zoneinfo import ZoneInfo

from netquota.domain.periods import Period, PeriodKind
from netquota.domain.quota import Action, Direction, Quota, QuotaSubject
from netquota.domain.units import Rate
from netquota.errors import InvalidValue

Row = Mapping[str, Any]
_UTC = ZoneInfo("UTC")


def check_together(kind: str, row: Row) -> None:
    """Raise `InvalidValue` where the row's values do not go together."""
    guard = _GUARDS.get(kind)
    if guard is not None:
        guard(row)


def _opd(row: Row) -> None:
    _not_above(row, "guaranteed", "ceiling")


def _employee(row: Row) -> None:
    begins, ends = row.get("valid_from_s"), row.get("valid_until_s")
    if begins is not None and ends is not None and ends <= begins:
        raise InvalidValue("valid_until", ends, "let it end after it begins")


def _plan(row: Row) -> None:
    given = [row.get(name) is not None for name in ("burst_down_bps", "burst_threshold_down_bps", "burst_time_s")]
    if any(given) and not all(given):
        raise InvalidValue("burst", "", "give burst, burst_threshold and burst_time together, or none of them")
    least, most = row.get("interim_min_s"), row.get("interim_max_s")
    if least is not None and most is not None and least > most:
        raise InvalidValue("interim_min", least, "let it be at most interim_max")
    if row.get("hours_only") and row.get("schedule_id") is None:
        raise InvalidValue("hours_only", "yes", "give a schedule, too; its windows are the hours")


def _quota(row: Row) -> None:
    owners = [name for name in ("plan", "opd", "employee") if row.get(f"{name}_id") is not None]
    if len(owners) != 1:
        remedy = "give exactly one of plan, opd and employee"
        raise InvalidValue("plan", ", ".join(owners), remedy)
    if row.get("period") == PeriodKind.EVERY and row.get("anchor") is None:
        raise InvalidValue("anchor", "", "say on which day a period of so many days began")
    throttle = None
    if row.get("throttle_down_bps") is not None:
        throttle = Rate(row["throttle_down_bps"], row["throttle_up_bps"])
    Quota(
        id=0, key=row["key"], subject=QuotaSubject.PERSON, direction=Direction(row["direction"]),
        period=_period(row), octets=row["octets"], action=Action(row["action"]), throttle=throttle,
        warn_permille=tuple(int(line) for line in row["warn_permille"].split(",")),
        carry_share_permille=row["carry_share_permille"],
    )  # fmt: skip


def _period(row: Row) -> Period:
    anchor = date.fromisoformat(row["anchor"] or "2026-01-05")
    reset = time.fromisoformat(row["reset_time"])
    return Period(
        PeriodKind(row["period"]), _UTC, reset, row["reset_day"], row["reset_month"],
        every_n=row["every_n"], anchor=anchor,
    )  # fmt: skip


def _link(row: Row) -> None:
    begins, ends = row.get("starts_on"), row.get("ends_on")
    if begins is not None and ends is not None and ends < begins:
        raise InvalidValue("ends_on", ends, "let it end after it begins")


def _admin(row: Row) -> None:
    if row.get("role") == "opd_operator" and row.get("opd_id") is None:
        raise InvalidValue("opd", "", "say whose operator it is")


def _not_above(row: Row, low: str, high: str) -> None:
    for side in ("down", "up"):
        least, most = row.get(f"{low}_{side}_bps"), row.get(f"{high}_{side}_bps")
        if least is not None and most is not None and least > most:
            raise InvalidValue(low, least, f"let it be at most the {high}, in both directions")


_GUARDS: Mapping[str, Callable[[Row], None]] = {
    "opd": _opd,
    "employee": _employee,
    "plan": _plan,
    "quota": _quota,
    "link": _link,
    "admin": _admin,
}
