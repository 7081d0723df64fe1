"""What can be edited, as data: each kind of thing, its natural key, its fields, how they are written, what they mean.

Pages, the command line, imports and the audit trail all read this table; netquota.services.allocate does the work.
"""

from __future__ import annotations

from collections.abc import Mapping

from netquota.domain.applications import Hosting
from netquota.domain.matching import LAST_VLAN
from netquota.domain.people import AccountKind, Status
from netquota.domain.periods import PeriodKind
from netquota.domain.places import Ability, AuthenticatorPolicy, Mode, Way
from netquota.domain.policy import AtDeviceLimit
from netquota.domain.quota import Action, ChangeMode, Direction, Strictness
from netquota.errors import NotFound
from netquota.services import fields as write
from netquota.services.clock_kinds import CLOCK_KINDS
from netquota.services.kinds import Field, Kind
from netquota.services.kinds import key_field as _key
from netquota.services.kinds import line_field as _line
from netquota.services.kinds import one_field as _one
from netquota.services.kinds import rate_field as _rate
from netquota.services.kinds import reference as _of
from netquota.services.kinds import title_field as _title
from netquota.services.measured_fields import SNMP, interface_of
from netquota.services.portal_kinds import PORTAL_KINDS
from netquota.services.windows import OFFICE_HOURS, REDUCED
from radius.families import FAMILIES

ROLES = ("network_admin", "planner", "opd_operator", "head_of_office", "auditor")
LANGUAGES = ("id", "en")
NEWCOMERS = ("whole", "prorate")


def kind_of(name: str) -> Kind:
    """The kind of this name. Raises `NotFound`."""
    try:
        return KINDS[name]
    except KeyError:
        raise NotFound("kind", name, f"there are {', '.join(KINDS)}") from None


_OPD = Kind(
    "opd",
    "opd",
    "code",
    (
        _key("code", 32, "Short code, such as DISDUKCAPIL"),
        _line("name", 200, "Full name", required=True),
        _line("kind", 40, "What kind of office: office, agency, hospital, district ...", default="office"),
        _line("task", 1000, "What it is for (tupoksi)"),
        _one("status", "status", write.choice((Status.ACTIVE, Status.SUSPENDED)), "active or suspended", "active"),
        _rate("ceiling", "Most that all its sites get together, down/up, such as 60M/30M"),
        _rate("guaranteed", "Least that it is promised, down/up"),
        _rate("boost", "At least this for each of its people, for a time, down/up"),
        _one("boost_until", "boost_until_s", write.instant(whole_day=True), "Last local day, or end time, of it"),
        _line("boost_why", 200, "Why the boost; its people read it", default=""),
        _one("weight", "weight", write.number(1, 1000), "Share when capacity is short", "1"),
        _one("priority", "priority", write.number(0, 9), "Class: a lower number goes first", "2"),
        _of("plan", "default_plan_id", "plan", "Plan of its people who have none of their own"),
        _of("schedule", "schedule_id", "schedule", "Its people's schedule, in place of their plans'"),
        _one("guests", "guests", write.number(0, 10_000), "Vouchers for guests that may be good at once", "0"),
        _one("office_hours", "office_hours", OFFICE_HOURS, "Its office hours, such as mon-sat 07:30-14:00", ""),
    ),
    ("code", "name"),
    office_column="id",
)
_EMPLOYEE = Kind(
    "employee",
    "employee",
    "username",
    (
        Field("username", ("username", "username_key"), write.USERNAME, "Log-in name", required=True, unique=True),
        Field("nip", ("nip",), write.NIP, "NIP, 18 digits", unique=True),
        _line("name", 200, "Full name", required=True),
        _of("opd", "opd_id", "opd", "Office, by its code", required=True),
        _one("language", "language", write.choice(LANGUAGES), "id or en", "id"),
        _one("mail", "mail", write.MAIL, "Mail address"),
        _line("phone", 40, "Telephone"),
        _one("status", "status", write.choice(Status), "active, suspended or left", "active"),
        _line("status_why", 200, "Why suspended; the person reads it", default=""),
        _one("valid_from", "valid_from_s", write.instant(whole_day=False), "First local day or time of the account"),
        _one(
            "valid_until", "valid_until_s", write.instant(whole_day=True), "Last local day, or end time, of the account"
        ),
        _of("plan", "plan_id", "plan", "Plan of its own; else the office's"),
        _of("schedule", "schedule_id", "schedule", "Schedule of its own; else the office's, else the plan's"),
        _rate("override", "Rate in place of the plan's, down/up"),
        _one(
            "override_until",
            "override_until_s",
            write.instant(whole_day=True),
            "Last local day, or end time, of the override",
        ),
        _line("override_why", 200, "Why the override; the person reads it", default=""),
        Field(
            "password",
            ("password_hash", "password_encrypted", "nt_hash_encrypted"),
            write.OWN_PASSWORD,
            "Password; kept as argon2id hash",
        ),
        _one("directory", "directory", write.FLAG, "Its password is checked in the directory (LDAP)", "no"),
        Field("nt_hash", ("nt_hash_encrypted",), write.NT_HASH, "Its NT hash from another directory, for MS-CHAP"),
    ),
    ("username_key", "name", "nip"),
    lookup=("username_key", "nip"),
    key_form=write.username_form,
    fixed={"kind": AccountKind.PERSON},
    office_column="opd_id",
)
_CIRCUIT = Kind(
    "circuit",
    "employee",
    "username",
    (
        Field("username", ("username", "username_key"), write.USERNAME, "Its log-in name", required=True, unique=True),
        _line("name", 200, "What it is, such as Router Kelurahan Sukasari", required=True),
        _of("site", "site_id", "site", "Site behind it, whose ceiling it gets", required=True),
        Field("mac_login", ("mac_login",), write.MAC, "Hardware address that may log in by itself", unique=True),
        _one("status", "status", write.choice(Status), "active, suspended or left", "active"),
        _line("status_why", 200, "Why suspended", default=""),
        _one("valid_from", "valid_from_s", write.instant(whole_day=False), "First local day or time of the line"),
        _one("valid_until", "valid_until_s", write.instant(whole_day=True), "Last local day, or end time, of the line"),
        Field(
            "password",
            ("password_hash", "password_encrypted", "nt_hash_encrypted"),
            write.OWN_PASSWORD,
            "Password (PPPoE); kept as argon2id hash",
        ),
    ),
    ("username_key", "name", "mac_login"),
    lookup=("username_key",),
    key_form=write.username_form,
    fixed={"kind": AccountKind.CIRCUIT},
    told_as=("employee", "circuit"),
    office_column="opd_id",
)
_DEVICE = Kind(
    "device",
    "employee",
    "mac",
    (
        Field(
            "mac",
            ("username", "username_key", "mac_login"),
            write.OWN_MAC,
            "Its hardware address, by which it logs in",
            required=True,
            unique=True,
        ),
        _line("name", 200, "What it is and where, such as Printer loket 2", required=True),
        _of("opd", "opd_id", "opd", "Office, by its code", required=True),
        _of("plan", "plan_id", "plan", "Plan of its own; else the office's"),
        _one("status", "status", write.choice(Status), "active, suspended or left", "active"),
        _line("status_why", 200, "Why suspended", default=""),
        _one("valid_from", "valid_from_s", write.instant(whole_day=False), "First local day or time of the device"),
        _one(
            "valid_until", "valid_until_s", write.instant(whole_day=True), "Last local day, or end time, of the device"
        ),
        _rate("override", "Rate in place of the plan's, down/up"),
    ),
    ("mac_login", "name"),
    lookup=("mac_login",),
    key_form=write.mac_form,
    fixed={"kind": AccountKind.DEVICE},
    told_as=("employee",),
    office_column="opd_id",
)
_PLAN = Kind(
    "plan",
    "plan",
    "key",
    (
        _key("key", 64, "Short name, such as staf"),
        _line("name", 120, "Name that people read", required=True),
        _rate("rate", "Rate limit, down/up, such as 10M/2M", required=True),
        _rate("burst", "Short excess, down/up"),
        _rate("burst_threshold", "Mean under which the excess is given, down/up"),
        _one("burst_time", "burst_time_s", write.duration(1, 3600), "Time over which the mean is taken"),
        _one("session_timeout", "session_timeout_s", write.duration(60, 31 * 86400), "Longest session"),
        _one("idle_timeout", "idle_timeout_s", write.duration(60, 86400), "A session without traffic ends after"),
        _one("simultaneous", "simultaneous", write.number(1, 100), "Devices at once", "3"),
        _one(
            "at_limit",
            "at_limit",
            write.choice(AtDeviceLimit),
            "One device more: refuse, or end_idle",
            "end_idle",
        ),
        _one("interim_min", "interim_min_s", write.duration(60, 3600), "Shortest time between reports", "60s"),
        _one("interim_max", "interim_max_s", write.duration(60, 3600), "Longest time between reports", "300s"),
        _one(
            "weight", "weight", write.number(1, 1000), "Share of its sessions where an office's ceiling is short", "1"
        ),
        _one("hours_only", "hours_only", write.FLAG, "No access outside the schedule's windows", "no"),
        _one("remember_days", "remember_days", write.number(0, 30), "Days a device logs in again by itself", "7"),
        _of("schedule", "schedule_id", "schedule", "Schedule of other rates or plans"),
        _one("for_guests", "for_guests", write.FLAG, "Vouchers for guests may be made of it", "no"),
    ),
    ("key", "name"),
)
_QUOTA = Kind(
    "quota",
    "quota",
    "key",
    (
        _key("key", 64, "Short name, such as staf-bulanan"),
        _line("name", 120, "Name that people read", required=True),
        _of("plan", "plan_id", "plan", "For each person of this plan; or opd; or employee"),
        _of("opd", "opd_id", "opd", "A pool that this office's people share"),
        _of("employee", "employee_id", "employee", "For this person, in place of the plan's quotas"),
        Field("octets", ("octets",), write.octets(0), "Volume in a period, such as 20 GB", required=True),
        _one("direction", "direction", write.choice(Direction), "total, down or up", "total"),
        _one(
            "period",
            "period",
            write.choice(PeriodKind),
            "day, week, month, quarter, year, budget (the budget year) or every (so many days)",
            "month",
        ),
        _one("reset_day", "reset_day", write.number(1, 31), "Day of the month on which it begins", "1"),
        _one("reset_time", "reset_time", write.CLOCK, "Local time at which it begins", "00:00"),
        _one("reset_month", "reset_month", write.number(1, 12), "Month from which quarters and years count", "1"),
        _one("every_n", "every_n", write.number(1, 3660), "Days of a period of the kind every", "1"),
        _one("anchor", "anchor", write.DATE, "A day on which a period of the kind every began"),
        _one(
            "strictness", "strictness", write.choice(Strictness), "soft, or hard (an octet cap on the gateway)", "soft"
        ),
        _one("action", "action", write.choice(Action), "When spent: throttle, disconnect or notify", "throttle"),
        _rate("throttle", "Rate when spent, down/up"),
        _one("steps", "steps", write.STEPS, "Slower on the way, such as 80%: 5M/1M; 100%: 1M", ""),
        _one("landing", "landing", write.FLAG, "Slow down before the line so as to end on it (soft quotas)", "yes"),
        _one("warn", "warn_permille", write.WARNINGS, "Lines at which to warn, such as 80%, 95%", "80%"),
        _one("carry_share", "carry_share_permille", write.SHARE, "Share of what is left that is carried on", "0%"),
        _one("carry_cap", "carry_cap_octets", write.octets(0), "Most that is carried on", "0"),
        _one("carry_periods", "carry_kept_periods", write.number(0, 36), "Periods for which it is kept", "1"),
        _one("reduced", "reduced", REDUCED, "Windows that count less, such as 50%: 22:00-06:00; 0%: sat,sun", ""),
        _one(
            "change_mode",
            "change_mode",
            write.choice(ChangeMode),
            "What changed octets mean for the running period: prorate, whole, next",
            "prorate",
        ),
        _one(
            "newcomers",
            "newcomers",
            write.choice(NEWCOMERS),
            "What who comes within a period gets: whole, or prorate (by what is left of it)",
            "whole",
        ),
    ),
    ("key", "name"),
    office_column="opd_id",
)
_NAS = Kind(
    "nas",
    "nas",
    "name",
    (
        _key("name", 80, "Short name, such as gw-disdukcapil"),
        Field("address", ("address",), write.NETWORK, "Address or network it sends from", required=True, unique=True),
        Field("secret", ("secret_encrypted",), write.SECRET, "Shared secret; made up where none is given"),
        Field("family", ("family",), write.choice(tuple(FAMILIES)), f"Make: {', '.join(FAMILIES)}", required=True),
        _one(
            "authenticator",
            "authenticator_policy",
            write.choice(AuthenticatorPolicy),
            "Message-Authenticator: auto (once seen), required, off",
            "auto",
        ),
        _one("proxy", "is_proxy", write.FLAG, "It is a RADIUS proxy", "no"),
        _one("lenient", "lenient", write.FLAG, "Ignore faulty attributes in accounting where the rest is sound", "no"),
        _one(
            "octets_reversed",
            "octets_reversed",
            write.FLAG,
            "Its input is what it sent to the user; empty: as its family",
        ),
        _one("coa_address", "coa_address", write.ADDRESS, "Where CoA goes; empty: where its packets come from"),
        _one("coa_port", "coa_port", write.number(1, 65535), "UDP port for CoA; empty: as its family"),
        _one(
            "coa_pace", "coa_per_second", write.number(1, 1000), "Orders a second it takes; empty: as the setting says"
        ),
        _one("can_coa_rate", "can_coa_rate", write.choice(Ability), "Takes a new rate by CoA: yes, no, learn", "learn"),
        _one("can_disconnect", "can_disconnect", write.choice(Ability), "Takes Disconnect: yes, no, learn", "learn"),
        _line("realms", 500, "Endings cut off User-Name, apart by commas, such as @kota.go.id"),
        Field("uam_secret", ("uam_secret_encrypted",), write.SECRET, "The hotspot's UAM secret (CoovaChilli)"),
        _one("rest_url", "rest_url", write.REST_URL, "RouterOS REST, which sets its queues, such as https://10.8.0.2"),
        _line("rest_user", 80, "Name for RouterOS REST"),
        Field("rest_password", ("rest_password_encrypted",), write.SECRET, "Password for RouterOS REST"),
        _one("rest_tls", "rest_tls", write.TLS_TRUST, "verify, off, or SHA-256 of its certificate", "verify"),
        *SNMP,
    ),
    ("name", "address"),
)
_LINK = Kind(
    "link",
    "provider_link",
    "name",
    (
        _title("name", 80, "Name, such as Astinet Balai Kota"),
        _line("provider", 120, "Who sells it", required=True),
        _line("contract", 120, "Contract's number"),
        _rate("capacity", "Capacity bought, down/up", required=True),
        _one("price", "price_rupiah", write.number(0, 10**13), "Rupiah a month"),
        _one("starts_on", "starts_on", write.DATE, "First day of the term"),
        _one("ends_on", "ends_on", write.DATE, "Last day of the term"),
        _of("nas", "nas_id", "nas", "Gateway client at whose interface it is measured"),
        *interface_of("provider"),
        _one("probe_address", "probe_address", write.ADDRESS, "Address at its far end that answers ping"),
        _one(
            "availability", "availability_permille", write.SHARE, "Part of a month that the provider promises to be up"
        ),
    ),
    ("name", "provider"),
)
_SITE = Kind(
    "site",
    "site",
    "name",
    (
        _title("name", 120, "Name, such as Mal Pelayanan lantai 1"),
        _of("opd", "opd_id", "opd", "Office whose ceiling holds there", required=True),
        _of("link", "link_id", "link", "Provider link that serves it"),
        _one("mode", "mode", write.choice(Mode), "per_employee or whole_opd", "per_employee"),
        _rate("ceiling", "Most that this site gets, under the office's, down/up"),
        _of("nas", "nas_id", "nas", "Gateway client it is behind"),
        _line("match_gateway", 253, "Only where NAS-Identifier (or address) is this"),
        _line("match_called_station", 253, "Only where Called-Station-Id is this; * stands for any characters"),
        _line("match_port", 253, "Only where NAS-Port-Id (or NAS-Port) is this"),
        _one(
            "match_vlan",
            "match_vlan",
            write.number(1, LAST_VLAN),
            "Only where the port's name or an attribute says this VLAN",
        ),
        _one("way", "way", write.choice(Way), "How whole_opd is held: circuit, group or share; empty: by rule"),
        _one("group_name", "group_name", write.NAME, "Queue and profile at the gateway; empty: from the OPD's code"),
        *interface_of("users"),
    ),
    ("name",),
    office_column="opd_id",
)
_ADMIN = Kind(
    "admin",
    "admin",
    "username",
    (
        _key("username", 64, "Name to log in with"),
        _line("name", 120, "Full name", required=True),
        _one("role", "role", write.choice(ROLES), ", ".join(ROLES), "network_admin"),
        Field("opd", ("opds",), write.NAMES, "Offices of an opd_operator, apart by commas", refers_to="opd", many=True),
        _one("language", "language", write.choice(LANGUAGES), "id or en", "id"),
        _one("theme", "theme", write.choice(("auto", "light", "dark")), "auto, light or dark", "auto"),
        _one("active", "active", write.FLAG, "May log in", "yes"),
        _one("mail", "mail", write.MAIL, "Mail address for notices"),
        _line("phone", 40, "Telephone for notices by the webhook"),
        _one("telegram", "telegram", write.CHAT, "Number of the Telegram chat for notices"),
        Field("password", ("password_hash",), write.PASSWORD, "Password", required=True),
    ),
    ("username", "name"),
    is_policy=False,
)

_APPLICATION = Kind(
    "application",
    "application",
    "code",
    (
        _key("code", 64, "Short name, such as SIAK"),
        _line("name", 200, "Full name", required=True),
        _of("opd", "opd_id", "opd", "Office that uses it, by its code", required=True),
        _line("function", 200, "What it does, in a few words", required=True),
        _line("task", 1000, "The office's task (tupoksi) that it serves"),
        _one("hosting", "hosting", write.choice(Hosting), "inside the city's network, or outside", "inside"),
        _line("address", 400, "Where it answers: names or addresses, apart by commas"),
        _of("site", "site_id", "site", "Site where its server stands; its use is measured there"),
        _one("users", "users", write.number(0, 10_000_000), "How many people use it"),
        _rate("need", "Rate that it needs, down/up, such as 5M/2M"),
    ),
    ("code", "name", "function"),
    is_policy=False,
    office_column="opd_id",
)

KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        *(_OPD, _EMPLOYEE, _CIRCUIT, _DEVICE, _PLAN, _QUOTA, _NAS, _LINK, _SITE, _ADMIN, _APPLICATION),
        *CLOCK_KINDS,
        *PORTAL_KINDS,
    )
}
__all__ = ["KINDS", "LANGUAGES", "ROLES", "Field", "Kind", "kind_of"]
