"""What the fields of one thing must not say together: checked on the whole row, before it is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, time
from typing import Any
from zoneinfo import ZoneInfo

from netquota.domain.periods import Period, PeriodKind
from netquota.domain.places import Mode
from netquota.domain.quota import Action, Direction, Quota, QuotaSubject, permille_of, steps_of
from netquota.domain.reachable import covers, web_address
from netquota.domain.rotation import Choice
from netquota.domain.units import Rate
from netquota.domain.window_text import parse_windows
from netquota.errors import InvalidValue
from netquota.storage.rotation_store import rule_of

Row = Mapping[str, Any]
_UTC = ZoneInfo("UTC")
_ANY_DAY = date(2026, 1, 5)


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


def _circuit(row: Row) -> None:
    _employee(row)
    if row.get("mac_login") is None and row.get("password_hash") is None:
        raise InvalidValue("mac_login", "", "give a hardware address or a password, so that it can log in")


def _site(row: Row) -> None:
    if row.get("way") is not None and row.get("mode") != Mode.WHOLE_OPD:
        raise InvalidValue("way", row["way"], "choose a way only where the whole OPD has one limit (mode whole_opd)")
    _interface(row)


def _nas(row: Row) -> None:
    if row.get("rest_url") is not None and not (row.get("rest_user") and row.get("rest_password_encrypted")):
        raise InvalidValue("rest_user", "", "give a name and a password for RouterOS REST, too")
    _snmp(row)


def _snmp(row: Row) -> None:
    """What the version of SNMP asks for."""
    version = row.get("snmp")
    if version == "2c" and row.get("snmp_community_encrypted") is None:
        raise InvalidValue("snmp_community", "", "give the community that may read, for SNMP 2c")
    if version != "3":
        return
    if not row.get("snmp_user"):
        raise InvalidValue("snmp_user", "", "give the name of the user, for SNMP 3")
    if row.get("snmp_auth") != "none" and row.get("snmp_auth_password_encrypted") is None:
        raise InvalidValue("snmp_auth_password", "", "give the password for the proof, or choose snmp_auth none")
    if row.get("snmp_privacy") == "none":
        return
    if row.get("snmp_auth") == "none":
        raise InvalidValue("snmp_privacy", row["snmp_privacy"], "encryption needs a proof; choose snmp_auth, too")
    if row.get("snmp_privacy_password_encrypted") is None:
        raise InvalidValue("snmp_privacy_password", "", "give the password for encryption, or choose snmp_privacy none")


def _interface(row: Row) -> None:
    if row.get("interface") is not None and row.get("nas_id") is None:
        raise InvalidValue("interface", row["interface"], "name the gateway (nas) that has this interface, too")


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
        period=period_of(row, _UTC), octets=row["octets"], action=Action(row["action"]), throttle=throttle,
        warn_permille=tuple(int(line) for line in row["warn_permille"].split(",")),
        carry_share_permille=row["carry_share_permille"], steps=steps_of(row.get("steps") or ""),
    )  # fmt: skip
    for window in parse_windows(row.get("reduced") or "", "reduced"):
        permille_of(window.name)
        if window.rate is not None or window.plan_key is not None:
            raise InvalidValue("reduced", row["reduced"], "write parts and times alone, such as 50%: 22:00-06:00")


def period_of(row: Row, zone: ZoneInfo) -> Period:
    """The rule of the periods that a quota's row says. Raises `InvalidValue`."""
    anchor = date.fromisoformat(row["anchor"] or "2026-01-05")
    reset = time.fromisoformat(row["reset_time"])
    return Period(
        PeriodKind(row["period"]), zone, reset, row["reset_day"], row["reset_month"],
        every_n=row["every_n"], anchor=anchor,
    )  # fmt: skip


def _ramadan(row: Row) -> None:
    if row.get("first_day") is None or row.get("last_day") is None:
        raise InvalidValue("first_day", "", "give the first and the last day")
    days = (date.fromisoformat(row["last_day"]) - date.fromisoformat(row["first_day"])).days + 1
    if days not in (29, 30):
        raise InvalidValue("last_day", row["last_day"], f"Ramadan lasts 29 or 30 days, these are {days}")


def _rotation(row: Row) -> None:
    opds, employees = row.get("opds") or (), row.get("employees") or ()
    if bool(opds) is bool(employees):
        raise InvalidValue("opds", "", "name offices, or people (employees), and not both")
    gains = [name for name in ("bonus_down_bps", "ceiling_down_bps", "octets") if row.get(name) is not None]
    if not gains:
        raise InvalidValue("bonus", "", "say what a turn gives: bonus, ceiling or octets")
    if employees and row.get("ceiling_down_bps") is not None:
        raise InvalidValue("ceiling", "", "only offices have a ceiling; leave it empty for people")
    if employees and row.get("choice") == Choice.LONGEST_WAIT:
        raise InvalidValue(
            "choice", row["choice"], "only offices have a ceiling at which waiting is seen; let it be order"
        )
    rule_of(row, _ANY_DAY)


def _event(row: Row) -> None:
    begins = row.get("from_s")
    if begins is not None and row["until_s"] <= begins:
        raise InvalidValue("until", "", "let it end after it begins")
    leaves, more = row.get("leaves_permille"), [row.get(f"{name}_down_bps") for name in ("bonus", "ceiling")]
    if leaves is None and more == [None, None]:
        raise InvalidValue("bonus", "", "say what it gives (bonus, ceiling), or what a cut leaves (leaves)")
    if leaves is not None and (more != [None, None] or not 0 < leaves < 1000):
        remedy = (
            "give from 1% to 99.9%" if more == [None, None] else "a cut gives nothing; leave bonus and ceiling empty"
        )
        raise InvalidValue("leaves", f"{leaves / 10:g}%", remedy)


def _link(row: Row) -> None:
    begins, ends = row.get("starts_on"), row.get("ends_on")
    if begins is not None and ends is not None and ends < begins:
        raise InvalidValue("ends_on", ends, "let it end after it begins")
    _interface(row)


def _reachable(row: Row) -> None:
    parts = web_address(row.get("url") or "")
    if parts is not None and not covers((row["hosts"] or "").split(", "), parts.hostname or ""):
        raise InvalidValue("url", row["url"], "name its host under hosts, too, or nobody reaches it before log-in")


def _admin(row: Row) -> None:
    if row.get("role") == "opd_operator" and not row.get("opds"):
        raise InvalidValue("opd", "", "say whose operator it is")


def _not_above(row: Row, low: str, high: str) -> None:
    for side in ("down", "up"):
        least, most = row.get(f"{low}_{side}_bps"), row.get(f"{high}_{side}_bps")
        if least is not None and most is not None and least > most:
            raise InvalidValue(low, least, f"let it be at most the {high}, in both directions")


_GUARDS: Mapping[str, Callable[[Row], None]] = {
    "opd": _opd,
    "employee": _employee,
    "circuit": _circuit,
    "device": _employee,
    "site": _site,
    "nas": _nas,
    "plan": _plan,
    "quota": _quota,
    "link": _link,
    "ramadan": _ramadan,
    "reachable": _reachable,
    "rotation": _rotation,
    "event": _event,
    "admin": _admin,
}
