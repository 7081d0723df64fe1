"""The fields and choices of editable things in the words of the pages; what can be edited is services.catalogue's.

A label holds for every kind; where a kind's differs it stands under "kind.field".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from flask_babel import LazyString, gettext
from flask_babel import lazy_gettext as _

from netquota.domain.places import ProviderLink
from netquota.domain.units import Rate, parse_rate
from netquota.services.fields import HIDDEN
from radius.families import FAMILIES
from web import formatting, moments
from web.context import here
from web.rendering import current_language

_RATE = re.compile(r"\d+[kM]?/\d+[kM]?")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+\+00:00")

KINDS: Mapping[str, LazyString] = {
    "opd": _("OPD"),
    "employee": _("employee"),
    "circuit": _("line of an office"),
    "device": _("device"),
    "plan": _("plan"),
    "quota": _("quota"),
    "schedule": _("schedule"),
    "holiday": _("day off"),
    "ramadan": _("Ramadan"),
    "rotation": _("rotation group"),
    "event": _("extra or cut"),
    "job": _("job"),
    "nas": _("gateway"),
    "link": _("provider link"),
    "site": _("site"),
    "admin": _("admin"),
    "application": _("application"),
    "reachable": _("always-reachable application"),
    "draft": _("draft"),
    "request": _("request"),
    "round": _("assessment round"),
    "terms": _("terms of use"),
    "voucher": _("voucher"),
    "enforcement": _("enforcement"),
    "session": _("session"),
    "notice": _("notice"),
    "scenario": _("scenario"),
    "office hours": _("office hours"),
    "budget": _("budget request"),
    "samples": _("measurements"),
    "forecast step": _("known step"),
}
_FIELDS: Mapping[str, LazyString] = {
    "active": _("May log in"),
    "action": _("When spent"),
    "conclusion": _("Conclusion"),
    "round.days": _("Days measured"),
    "outcome": _("What it came to"),
    "remark": _("Remark"),
    "reply": _("Answer"),
    "request": _("Request"),
    "requests": _("Requests"),
    "review_on": _("Looked at again on"),
    "share": _("Share of bandwidth"),
    "state": _("State"),
    "step": _("Step"),
    "to": _("To"),
    "address": _("Address or network"),
    "anchor": _("A day on which a period began"),
    "at_limit": _("One device too many"),
    "availability": _("Promised to be up, part of a month"),
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
    "change_mode": _("When the volume is changed"),
    "ceiling": _("Ceiling, down/up"),
    "coa_address": _("Address for orders"),
    "coa_pace": _("Orders a second"),
    "coa_port": _("Port for orders"),
    "code": _("Code"),
    "confirmed": _("The office confirms the days"),
    "contract": _("Contract number"),
    "day": _("Day"),
    "directory": _("Password in the directory"),
    "direction": _("What counts"),
    "employee": _("Employee"),
    "ends_on": _("Last day"),
    "edition": _("Edition"),
    "employees": _("People, in the order of their turns"),
    "event.opds": _("OPDs"),
    "event.ceiling": _("Added to the ceiling, down/up"),
    "event.bonus": _("Speed at least, down/up"),
    "event.leaves": _("A cut leaves"),
    "event.reason": _("Why, for its people"),
    "from": _("From"),
    "every": _("Days or weeks of a turn"),
    "every_n": _("Days of a period"),
    "family": _("Make"),
    "for_guests": _("For guests"),
    "function": _("What it does"),
    "first_day": _("First day"),
    "from_day": _("Stands from"),
    "group_name": _("Queue and profile at the gateway"),
    "guaranteed": _("Guaranteed, down/up"),
    "guests": _("Vouchers good at once"),
    "office_hours": _("Office hours"),
    "bonus": _("Speed during the turn, down/up"),
    "boost": _("Extra for a time, down/up"),
    "boost_until": _("Extra until"),
    "boost_why": _("Why the extra"),
    "hosting": _("Where it runs"),
    "hosts": _("Names and addresses"),
    "hours_only": _("Only within the schedule's windows"),
    "remember_days": _("Days a device logs in by itself"),
    "idle_timeout": _("Ends when idle for"),
    "interim_max": _("Reports at most every"),
    "interim_min": _("Reports at least after"),
    "key": _("Short name"),
    "kind": _("Kind of office"),
    "language": _("Language"),
    "last_day": _("Last day"),
    "lenient": _("Forgive faulty attributes in accounting"),
    "link": _("Provider link"),
    "mac": _("Hardware address"),
    "mac_login": _("Hardware address that logs in"),
    "mail": _("Mail"),
    "times": _("Turns begin at"),
    "turn": _("A turn lasts"),
    "choice": _("Who has a turn"),
    "rotation.ceiling": _("Added to the ceiling during the turn, down/up"),
    "rotation.octets": _("Volume added for the turn"),
    "rotation.starts_on": _("Day of the first turn"),
    "telegram": _("Telegram chat"),
    "match_called_station": _("Only with Called-Station-Id"),
    "match_gateway": _("Only with gateway name"),
    "match_port": _("Only with port"),
    "match_vlan": _("Only with VLAN"),
    "mode": _("How it is limited"),
    "name": _("Name"),
    "nas": _("Gateway"),
    "newcomers": _("Who comes within a period gets"),
    "nip": _("NIP"),
    "nt_hash": _("NT hash of the password"),
    "octets": _("Volume"),
    "octets_reversed": _("Counts in and out the other way round"),
    "opd": _("OPD"),
    "opds": _("OPDs, in the order of their turns"),
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
    "rest_password": _("Password for RouterOS REST"),
    "rest_tls": _("Certificate of RouterOS REST"),
    "rest_url": _("Address of RouterOS REST"),
    "rest_user": _("Name for RouterOS REST"),
    "realms": _("Endings cut off user names"),
    "reduced": _("Counts less"),
    "reset_day": _("Begins on day"),
    "reset_month": _("Counted from month"),
    "reset_time": _("Begins at"),
    "role": _("Role"),
    "schedule": _("Schedule"),
    "secret": _("Shared secret"),
    "session": _("Session number"),
    "site": _("Site"),
    "session_timeout": _("Longest session"),
    "simultaneous": _("Devices at once"),
    "starts_on": _("First day"),
    "status": _("Status"),
    "status_why": _("Why suspended"),
    "strictness": _("Strictness"),
    "task": _("Task"),
    "need": _("Needed rate, down/up"),
    "users": _("Users"),
    "application.address": _("Where it answers"),
    "reachable.url": _("Its page"),
    "terms.text": _("Text, in Indonesian"),
    "terms.text_en": _("Text, in English"),
    "application.site": _("Site of its server"),
    "application.task": _("Task of the office that it serves"),
    "theme": _("Theme"),
    "steps": _("Slower on the way"),
    "landing": _("End on the line"),
    "throttle": _("Speed when spent, down/up"),
    "uam_secret": _("UAM secret"),
    "until": _("Until"),
    "username": _("User name"),
    "valid_from": _("Valid from"),
    "valid_until": _("Valid until"),
    "warn": _("Warn at"),
    "way": _("How the office's limit is held"),
    "weight": _("Weight"),
    "plan.weight": _("Weight under a shared limit"),
    "windows": _("Windows"),
    "works": _("The office works all the same"),
    "year": _("Year of the Hijra"),
    "snmp": _("Read its interfaces by SNMP"),
    "snmp_address": _("Address for SNMP"),
    "snmp_port": _("Port for SNMP"),
    "snmp_community": _("Community for SNMP 2c"),
    "snmp_user": _("User for SNMP 3"),
    "snmp_auth": _("Proof for SNMP 3"),
    "snmp_auth_password": _("Password for the proof"),
    "snmp_privacy": _("Encryption for SNMP 3"),
    "snmp_privacy_password": _("Password for the encryption"),
    "interface": _("Interface that measures it"),
    "interface_faces": _("The interface looks to"),
    "probe_address": _("Far end that answers ping"),
    "link.nas": _("Gateway that measures it"),
    "holiday.kind": _("Kind of day"),
    "employee.plan": _("Own plan"),
    "opd.plan": _("Plan of its people"),
}
_HINTS: Mapping[str, LazyString] = {
    "plan.weight": _("2: twice what a session of weight 1 gets, where the office's limit is shared and short."),
    "bonus": _("Such as 20M/5M: at least this for each of the member's people while it is their turn."),
    "opds": _("Tick those that take turns. Who joins later stands at the end of the queue."),
    "employees": _("User names apart by commas. Give OPDs or people, not both."),
    "in_order": _("Codes apart by commas: DINKES, DISDIK. Empty: as it stands; new ones by their code, at the end."),
    "event.key": _("Letters, digits, dot, dash and underscore, without blanks, such as hut-kota."),
    "rotation.key": _("Letters, digits, dot, dash and underscore, without blanks, such as giliran-layanan."),
    "event.opds": _("Tick those that it is for."),
    "event.bonus": _("Such as 20M/5M: at least this for each of the OPDs' people."),
    "event.ceiling": _("Such as 20M/10M (20M alone: in both directions). Only for OPDs that have a ceiling."),
    "event.leaves": _(
        "An emergency cut, such as 50%: what is left of every speed and ceiling. Nothing else beside it."
    ),
    "event.reason": _("The employees read this."),
    "from": _("Such as 31/12/2026 or 31/12/2026 09:00. Empty: at once."),
    "event.until": _("A day (until its end) or a time: 31/12/2026 or 31/12/2026 09:00."),
    "choice": _("The longest wait is seen as each turn begins: the OPD most at its ceiling since its last one."),
    "times": _("Local time; of shifts the begins of all: 07:00, 12:00, 17:00."),
    "rotation.ceiling": _("Such as 20M/10M. Only for OPDs that have a ceiling."),
    "rotation.octets": _("Such as 2 GB, on each quota of the member; what is left at the end of the turn is gone."),
    "rotation.starts_on": _("Empty: today."),
    "rate": _("Such as 10M/2M; one value holds for both ways."),
    "override": _("Such as 20M/10M. Empty: the plan's speed."),
    "override_until": _(
        "A day (until its end) or a time: 31/12/2026 or 31/12/2026 09:00. Empty: until somebody changes it."
    ),
    "override_why": _("The employee reads this."),
    "ceiling": _("Such as 60M/30M. Empty: no limit of its own."),
    "guaranteed": _("Such as 40M/20M; not above the ceiling."),
    "boost": _("Such as 20M/10M: at least this speed for each of its people, within the ceiling."),
    "boost_until": _(
        "A day (until its end) or a time: 31/12/2026 or 31/12/2026 09:00. Empty: until somebody changes it."
    ),
    "boost_why": _("Its people read this."),
    "office_hours": _(
        "Such as mon-sat 07:30-14:00; ramadan mon-sat 08:00-13:00. Empty: the city's, of the page of days off."
    ),
    "match_called_station": _("The name of the hotspot or access point; * stands for any characters."),
    "match_port": _("As the gateway names it, such as ether5."),
    "match_vlan": _("1 to 4094; read from the port's name or an attribute."),
    "way": _("Empty: by rule. Only where the whole office has one limit."),
    "group_name": _("Empty: made from the OPD's code."),
    "mac_login": _("Such as AA:BB:CC:DD:EE:FF. Empty: it logs in by name and password alone."),
    "rest_url": _("Such as https://10.8.0.2. It carries changed ceilings to the gateway's queues."),
    "rest_tls": _("verify, off, or the SHA-256 of its certificate."),
    "octets": _("Such as 20 GB; 1 GB is 1,000,000,000 octets."),
    "warn": _("Such as 80%, 95%."),
    "steps": _("Such as 80%: 5M/1M; 100%: 1M. From each line on, this speed at most."),
    "landing": _("Slows down before the line, so that what is left lasts until the next report."),
    "throttle": _("Such as 2M/1M."),
    "secret": _("Empty: one is made up and shown once. At least 16 characters are safe."),
    "address": _("10.10.0.1, or a network such as 10.10.0.0/24."),
    "windows": _("One a line: Office hours: mon-fri 07:30-16:00 no-holidays no-ramadan 5M/1M"),
    "employee.schedule": _("Empty: the office's schedule, else the plan's."),
    "opd.schedule": _("In place of the schedule of its people's plans."),
    "first_day": _("The start is decided each year: set it as announced."),
    "works": _("A day off elsewhere on which this office works; it is not brought back."),
    "status_why": _("The employee reads this."),
    "nip": _("18 digits; blanks do not matter. Contract staff have none."),
    "idle_timeout": _("Such as 15m or 1h."),
    "session_timeout": _("Such as 8h or 1d."),
    "priority": _("A lower number goes first when capacity is short."),
    "quota.plan": _("Give exactly one of plan, OPD and employee."),
    "reduced": _("Such as 50%: 22:00-06:00. What flows then counts by half."),
    "carry_share": _("Such as 50%. What is left of a period goes on into the next by this part."),
    "carry_cap": _("Such as 5 GB. More than this is never carried on."),
    "coa_pace": _("Empty: as many as the server's settings say. A small router wants fewer."),
    "coa_port": _("Empty: as usual for its make."),
    "hosts": _("Such as absensi.kota.go.id, 10.20.0.5, 10.20.4.0/24, apart by commas."),
    "coa_address": _("Empty: where its packets come from."),
    "snmp": _("Every five minutes, the interfaces that sites and links name."),
    "snmp_address": _("Empty: its own address. One address where it is registered as a network."),
    "snmp_port": _("Empty: 161."),
    "snmp_auth_password": _("At least 8 characters."),
    "snmp_privacy_password": _("At least 8 characters."),
    "interface": _("Its name at the gateway, such as ether1. Measures what no session tells: servers, VPNs, circuits."),
    "probe_address": _("Such as the provider's router: it is pinged every five minutes."),
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
    "budget": _("budget year"),
    "every": _("every so many days"),
    "daily": _("a day or several"),
    "weekly": _("a week or several"),
    "shift": _("a shift of the day"),
    "workday": _("a working day"),
    "order": _("in turn, by the queue"),
    "longest_wait": _("the OPD that waited longest"),
    "prorate": _("by what is left of the period"),
    "whole": _("whole at once"),
    "next": _("from the next period on"),
    "soft": _("soft: with the report that crosses the line"),
    "hard": _("hard: the gateway itself stops there"),
    "throttle": _("slow down"),
    "disconnect": _("disconnect"),
    "notify": _("only tell"),
    "refuse": _("refuse the new one"),
    "end_idle": _("end the longest idle one"),
    "per_employee": _("each person by himself"),
    "inside": _("in the city's network"),
    "outside": _("elsewhere"),
    "whole_opd": _("one limit for the whole office"),
    "circuit": _("line of the office"),
    "group": _("queue at the gateway"),
    "share": _("shared among sessions"),
    "yes": _("yes"),
    "no": _("no"),
    "learn": _("find out"),
    "auto": _("automatic"),
    "required": _("required"),
    "off": _("off"),
    "network_admin": _("Network admin"),
    "opd_operator": _("OPD operator"),
    "planner": _("Planner"),
    "head_of_office": _("Head of the office"),
    "auditor": _("Auditor"),
    "id": _("Indonesian"),
    "en": _("English"),
    "public": _("public holiday"),
    "joint": _("joint leave"),
    "own": _("own day off"),
    "light": _("Light"),
    "dark": _("Dark"),
    "provider": _("the provider"),
    "users": _("the users"),
    "none": _("none"),
    "office": _("office"),
    "agency": _("agency"),
    "hospital": _("hospital"),
    "health_centre": _("community health centre"),
    "clinic": _("clinic"),
    "public_service": _("counter for the public"),
    "district": _("district"),
    "village": _("urban village"),
    "unit": _("unit of an office"),
}


def kind(name: str) -> str:
    """A kind of thing."""
    return str(KINDS.get(name, name))


def field(of_kind: str, name: str) -> str:
    """A field of a kind."""
    return str(known(of_kind, name) or name)


def known(of_kind: str, name: str) -> LazyString | None:
    """The words of a field of a kind, where it has some."""
    return _FIELDS.get(f"{of_kind}.{name}") or _FIELDS.get(name)


def short(of_kind: str, name: str) -> str:
    """A field where its value stands beside it: without the note on how it is written."""
    return field(of_kind, name).partition(",")[0]


def hint(of_kind: str, name: str) -> str:
    """How to fill a field in; empty where its label says it."""
    return str(_HINTS.get(f"{of_kind}.{name}") or _HINTS.get(name, ""))


def choice(value: str) -> str:
    """A value of a closed set; any other text as it is."""
    return FAMILIES[value].label if value in FAMILIES else str(_CHOICES.get(value, value))


def exact(text: object) -> str:
    """A field's value as one would type it: nothing is a dash, secrets stay dots."""
    shown = str(text)
    if not shown:
        return "–"
    return "••••••" if shown == HIDDEN else choice(shown)


def value(text: object) -> str:
    """A field's value for eyes: rates and moments as everywhere on the pages, `60 / 30 Mbit/s`."""
    if _RATE.fullmatch(str(text)):
        return rate(parse_rate(str(text)))
    if _INSTANT.fullmatch(str(text)):
        return moments.stamp(datetime.fromisoformat(str(text)), here().zone, current_language())
    return exact(text)


def rate(of: Rate) -> str:
    """A rate for eyes: `60 / 30 Mbit/s`."""
    return f"{formatting.rate_pair(of.down_bps, of.up_bps, current_language())} Mbit/s"


def thing(of_kind: str, key: str) -> str:
    """Which one of a kind a change was about."""
    return gettext("the whole city") if (of_kind, key) == ("enforcement", "city") else key


def too_small(link: ProviderLink, opd: str, part: Rate) -> str:
    """That an office's link leaves it less than its ceiling."""
    told = gettext(
        "%(link)s is too small for the ceilings of its offices together: the part of %(opd)s is %(rate)s.",
        link=link.name, opd=opd, rate=rate(part),
    )  # fmt: skip
    return f"{told} " + gettext("A higher ceiling gives it no more: raise its weight, or lower the ceilings of others.")
