"""The fields and choices of editable things in the words of the pages; what can be edited is services.catalogue's.

A label holds for every kind; where a kind's differs it stands under "kind.field".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from flask_babel import LazyString, gettext
from flask_babel import lazy_gettext as _

from netquota.domain.units import parse_rate
from netquota.services.fields import HIDDEN
from netquota.storage.audit_store import AuditEntry
from web import formatting, moments
from web.context import here
from web.rendering import current_language

_RATE = re.compile(r"\d+[kM]?/\d+[kM]?")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+\+00:00")

KINDS: Mapping[str, LazyString] = {
    "opd": _("OPD"),
    "employee": _("employee"),
    "plan": _("plan"),
    "quota": _("quota"),
    "schedule": _("schedule"),
    "nas": _("gateway"),
    "link": _("provider link"),
    "site": _("site"),
    "admin": _("admin"),
    "enforcement": _("enforcement"),
    "session": _("session"),
}
_FIELDS: Mapping[str, LazyString] = {
    "active": _("May log in"),
    "action": _("When spent"),
    "address": _("Address or network"),
    "anchor": _("A day on which a period began"),
    "at_limit": _("One device too many"),
    "authenticator": _("Message-Authenticator"),
    "burst": _("Short excess, down/up"),
    "burst_threshold": _("Excess while the mean is under, down/up"),
    "burst_time": _("Mean is taken over"),
    "can_coa_rate": _("Takes a new speed while running"),
    "can_disconnect": _("Lets sessions be ended"),
    "capacity": _("Capacity, down/up"),
    "carry_cap": _("Most that is carried on"),
    "carry_periods": _("Kept for periods"),
    "carry_share": _("Share of the rest carried on"),
    "ceiling": _("Ceiling, down/up"),
    "coa_address": _("Address for orders"),
    "coa_port": _("Port for orders"),
    "code": _("Code"),
    "contract": _("Contract number"),
    "direction": _("What counts"),
    "employee": _("Employee"),
    "ends_on": _("Last day"),
    "every_n": _("Days of a period"),
    "family": _("Make"),
    "guaranteed": _("Guaranteed, down/up"),
    "hours_only": _("Only within the schedule's windows"),
    "idle_timeout": _("Ends when idle for"),
    "interim_max": _("Reports at most every"),
    "interim_min": _("Reports at least after"),
    "key": _("Short name"),
    "kind": _("Kind of office"),
    "language": _("Language"),
    "lenient": _("Forgive faulty attributes in accounting"),
    "link": _("Provider link"),
    "mail": _("Mail"),
    "match_called_station": _("Only with Called-Station-Id"),
    "match_gateway": _("Only with gateway name"),
    "match_port": _("Only with port or VLAN"),
    "mode": _("How it is limited"),
    "name": _("Name"),
    "nas": _("Gateway"),
    "nip": _("NIP"),
    "octets": _("Volume"),
    "octets_reversed": _("Counts in and out the other way round"),
    "opd": _("OPD"),
    "override": _("Personal limit, down/up"),
    "override_until": _("Personal limit until"),
    "override_why": _("Why the personal limit"),
    "password": _("Password"),
    "period": _("Period"),
    "phone": _("Telephone"),
    "plan": _("Plan"),
    "price": _("Rupiah a month"),
    "priority": _("Class"),
    "provider": _("Provider"),
    "proxy": _("Is a RADIUS proxy"),
    "rate": _("Speed, down/up"),
    "realms": _("Endings cut off user names"),
    "reset_day": _("Begins on day"),
    "reset_month": _("Counted from month"),
    "reset_time": _("Begins at"),
    "role": _("Role"),
    "schedule": _("Schedule"),
    "secret": _("Shared secret"),
    "session": _("Session number"),
    "session_timeout": _("Longest session"),
    "simultaneous": _("Devices at once"),
    "starts_on": _("First day"),
    "status": _("Status"),
    "status_why": _("Why suspended"),
    "strictness": _("Strictness"),
    "task": _("Task"),
    "theme": _("Theme"),
    "throttle": _("Speed when spent, down/up"),
    "uam_secret": _("UAM secret"),
    "until": _("Until"),
    "username": _("User name"),
    "valid_from": _("Valid from"),
    "valid_until": _("Valid until"),
    "warn": _("Warn at"),
    "weight": _("Weight"),
    "windows": _("Windows"),
    "employee.plan": _("Own plan"),
    "opd.plan": _("Plan of its people"),
}
_HINTS: Mapping[str, LazyString] = {
    "rate": _("Such as 10M/2M; one value holds for both ways."),
    "override": _("Such as 20M/10M. Empty: the plan's speed."),
    "override_until": _("A day (until its end) or a time. Empty: until somebody changes it."),
    "override_why": _("The employee reads this."),
    "ceiling": _("Such as 60M/30M. Empty: no limit of its own."),
    "guaranteed": _("Such as 40M/20M; not above the ceiling."),
    "octets": _("Such as 20 GB; 1 GB is 1,000,000,000 octets."),
    "warn": _("Such as 80%, 95%."),
    "throttle": _("Such as 2M/1M."),
    "secret": _("Empty: one is made up and shown once. At least 16 characters are safe."),
    "address": _("10.10.0.1, or a network such as 10.10.0.0/24."),
    "windows": _("One a line: Office hours: mon-fri 07:30-16:00 5M/1M"),
    "status_why": _("The employee reads this."),
    "nip": _("18 digits; blanks do not matter. Contract staff have none."),
    "idle_timeout": _("Such as 15m or 1h."),
    "session_timeout": _("Such as 8h or 1d."),
    "priority": _("A lower number goes first when capacity is short."),
    "quota.plan": _("Give exactly one of plan, OPD and employee."),
    "coa_port": _("Empty: as usual for its make."),
    "coa_address": _("Empty: where its packets come from."),
}
_CHOICES: Mapping[str, LazyString] = {
    "active": _("active"),
    "suspended": _("suspended"),
    "left": _("left"),
    "total": _("download and upload together"),
    "down": _("download"),
    "up": _("upload"),
    "day": _("day"),
    "week": _("week"),
    "month": _("month"),
    "quarter": _("quarter"),
    "year": _("year"),
    "every": _("every so many days"),
    "soft": _("soft: with the report that crosses the line"),
    "hard": _("hard: the gateway itself stops there"),
    "throttle": _("slow down"),
    "disconnect": _("disconnect"),
    "notify": _("only tell"),
    "refuse": _("refuse the new one"),
    "end_idle": _("end the longest idle one"),
    "per_employee": _("each person by himself"),
    "whole_opd": _("one limit for the whole office"),
    "yes": _("yes"),
    "no": _("no"),
    "learn": _("find out"),
    "auto": _("automatic"),
    "required": _("required"),
    "off": _("off"),
    "network_admin": _("Network admin"),
    "opd_operator": _("OPD operator"),
    "planner": _("Planner"),
    "id": _("Indonesian"),
    "en": _("English"),
    "light": _("Light"),
    "dark": _("Dark"),
}
_ACTIONS: Mapping[str, LazyString] = {
    "add": _("added"),
    "change": _("changed"),
    "remove": _("removed"),
    "password": _("new password"),
    "pause": _("paused"),
    "resume": _("resumed"),
    "disconnect": _("disconnected"),
    "show_secret": _("secret shown"),
}


def kind(name: str) -> str:
    """A kind of thing."""
    return str(KINDS.get(name, name))


def field(of_kind: str, name: str) -> str:
    """A field of a kind."""
    return str(_FIELDS.get(f"{of_kind}.{name}") or _FIELDS.get(name, name))


def short(of_kind: str, name: str) -> str:
    """A field where its value stands beside it: without the note on how it is written."""
    return field(of_kind, name).partition(",")[0]


def hint(of_kind: str, name: str) -> str:
    """How to fill a field in; empty where its label says it."""
    return str(_HINTS.get(f"{of_kind}.{name}") or _HINTS.get(name, ""))


def choice(value: str) -> str:
    """A value of a closed set; any other text as it is."""
    return str(_CHOICES.get(value, value))


def action(name: str) -> str:
    """What an audit entry did."""
    return str(_ACTIONS.get(name, name))


def actions() -> list[tuple[str, str]]:
    """All that can be filtered by."""
    return [(name, str(text)) for name, text in _ACTIONS.items()]


def exact(text: object) -> str:
    """A field's value as one would type it: nothing is a dash, secrets stay dots."""
    shown = str(text)
    if not shown:
        return "–"
    return "••••••" if shown == HIDDEN else choice(shown)


def value(text: object) -> str:
    """A field's value for eyes: rates and moments as everywhere on the pages, `60 / 30 Mbit/s`."""
    if _RATE.fullmatch(str(text)):
        rate = parse_rate(str(text))
        return f"{formatting.rate_pair(rate.down_bps, rate.up_bps, current_language())} Mbit/s"
    if _INSTANT.fullmatch(str(text)):
        return moments.stamp(datetime.fromisoformat(str(text)), here().zone, current_language())
    return exact(text)


def thing(of_kind: str, key: str) -> str:
    """Which one of a kind a change was about."""
    return gettext("the whole city") if (of_kind, key) == ("enforcement", "city") else key


def change_words(entry: AuditEntry) -> str:
    """A change in one sentence: `Ceiling of DISDUKCAPIL changed from 60M/30M to 80M/40M.`"""
    parts = [
        gettext(
            "%(field)s of %(key)s changed from %(old)s to %(new)s.",
            field=short(entry.kind, name), key=entry.key, old=value(entry.before.get(name, "")), new=value(new),
        )
        for name, new in entry.after.items()
        if not name.endswith("_why") or len(entry.after) == 1
    ]  # fmt: skip
    return " ".join(parts[:3])
