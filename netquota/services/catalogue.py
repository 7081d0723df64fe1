"""What can be edited, as data: each kind of thing, its natural key, its fields, how they are written, what they mean.

Pages, the command line, imports and the audit trail all read this table; netquota.services.allocate does the work.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from netquota.domain.people import Status
from netquota.domain.periods import PeriodKind
from netquota.domain.places import Ability, AuthenticatorPolicy, Mode
from netquota.domain.policy import AtDeviceLimit
from netquota.domain.quota import Action, Direction, Strictness
from netquota.errors import NotFound
from netquota.services import fields as write
from netquota.services.fields import Format
from netquota.services.windows import WINDOWS
from radius.families import FAMILIES

ROLES = ("network_admin", "opd_operator", "planner")
LANGUAGES = ("id", "en")
_NO_WINDOWS = ";"


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a kind. `columns` that `format` fills; `refers_to` a kind by its natural key instead of a format.

    Left out when a thing is made, or emptied later: `default` (a text as a person would write it), else nothing.
    """

    name: str
    columns: tuple[str, ...]
    format: Format
    help: str
    required: bool = False
    default: str | None = None
    refers_to: str | None = None
    unique: bool = False


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of thing: `key` is the field that names it, `searched` the columns that a search looks into."""

    name: str
    table: str
    key: str
    fields: tuple[Field, ...]
    searched: tuple[str, ...]
    lookup: tuple[str, ...] = ()
    """Columns by which it is found, where they are not the key's own."""
    is_policy: bool = True
    """Whether RADIUS workers decide by it, so that they must be told."""

    @property
    def found_by(self) -> tuple[str, ...]:
        """The columns that a key is looked for in, in this order."""
        return self.lookup or (self.key,)

    def field(self, name: str) -> Field:
        """The field of this name; `-` and `_` are the same. Raises `NotFound` that lists what there is."""
        wanted = name.replace("-", "_").lower()
        for field in self.fields:
            if field.name == wanted:
                return field
        raise NotFound(f"{self.name} field", name, f"there are {', '.join(field.name for field in self.fields)}")


def kind_of(name: str) -> Kind:
    """The kind of this name. Raises `NotFound`."""
    try:
        return KINDS[name]
    except KeyError:
        raise NotFound("kind", name, f"there are {', '.join(KINDS)}") from None


def _key(name: str, most: int, meaning: str) -> Field:
    return Field(name, (name,), write.key(most), meaning, required=True, unique=True)


def _title(name: str, most: int, meaning: str) -> Field:
    return Field(name, (name,), write.text(most), meaning, required=True, unique=True)


def _line(name: str, most: int, meaning: str, *, required: bool = False, default: str | None = None) -> Field:
    return Field(name, (name,), write.text(most), meaning, required, default)


def _rate(name: str, meaning: str, *, required: bool = False) -> Field:
    return Field(name, (f"{name}_down_bps", f"{name}_up_bps"), write.RATE, meaning, required)


def _of(name: str, column: str, kind: str, meaning: str, *, required: bool = False) -> Field:
    return Field(name, (column,), write.text(253), meaning, required, refers_to=kind)


def _one(name: str, column: str, form: Format, meaning: str, default: str | None = None) -> Field:
    return Field(name, (column,), form, meaning, default=default)


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
        _one("weight", "weight", write.number(1, 1000), "Share when capacity is short", "1"),
        _one("priority", "priority", write.number(0, 9), "Class: a lower number goes first", "2"),
        _of("plan", "default_plan_id", "plan", "Plan of its people who have none of their own"),
    ),
    ("code", "name"),
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
        _rate("override", "Rate in place of the plan's, down/up"),
        _one(
            "override_until",
            "override_until_s",
            write.instant(whole_day=True),
            "Last local day, or end time, of the override",
        ),
        _line("override_why", 200, "Why the override; the person reads it", default=""),
        Field(
            "password", ("password_hash", "password_encrypted"), write.OWN_PASSWORD, "Password; kept as argon2id hash"
        ),
    ),
    ("username_key", "name", "nip"),
    lookup=("username_key", "nip"),
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
        _one("hours_only", "hours_only", write.FLAG, "No access outside the schedule's windows", "no"),
        _of("schedule", "schedule_id", "schedule", "Schedule of other rates or plans"),
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
            "day, week, month, quarter, year or every (so many days)",
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
        _one("warn", "warn_permille", write.WARNINGS, "Lines at which to warn, such as 80%, 95%", "80%"),
        _one("carry_share", "carry_share_permille", write.SHARE, "Share of what is left that is carried on", "0%"),
        _one("carry_cap", "carry_cap_octets", write.octets(0), "Most that is carried on", "0"),
        _one("carry_periods", "carry_kept_periods", write.number(0, 36), "Periods for which it is kept", "1"),
    ),
    ("key", "name"),
)
_SCHEDULE = Kind(
    "schedule",
    "schedule",
    "key",
    (
        _key("key", 64, "Short name, such as jam-kerja"),
        _line("name", 120, "Name that people read", required=True),
        _one(
            "windows",
            "windows",
            WINDOWS,
            "Jam kerja: mon-fri 07:30-16:00 5M/1M; Malam: 20:00-06:00 plan=malam",
            _NO_WINDOWS,
        ),
    ),
    ("key", "name"),
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
        _one("can_coa_rate", "can_coa_rate", write.choice(Ability), "Takes a new rate by CoA: yes, no, learn", "learn"),
        _one("can_disconnect", "can_disconnect", write.choice(Ability), "Takes Disconnect: yes, no, learn", "learn"),
        _line("realms", 500, "Endings cut off User-Name, apart by commas, such as @kota.go.id"),
        Field("uam_secret", ("uam_secret_encrypted",), write.SECRET, "The hotspot's UAM secret (CoovaChilli)"),
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
        _line("match_called_station", 253, "Only where Called-Station-Id is this"),
        _line("match_port", 253, "Only where NAS-Port-Id or VLAN is this"),
    ),
    ("name",),
)
_ADMIN = Kind(
    "admin",
    "admin",
    "username",
    (
        _key("username", 64, "Name to log in with"),
        _line("name", 120, "Full name", required=True),
        _one("role", "role", write.choice(ROLES), ", ".join(ROLES), "network_admin"),
        _of("opd", "opd_id", "opd", "Office of an opd_operator"),
        _one("language", "language", write.choice(LANGUAGES), "id or en", "id"),
        _one("theme", "theme", write.choice(("auto", "light", "dark")), "auto, light or dark", "auto"),
        _one("active", "active", write.FLAG, "May log in", "yes"),
        Field("password", ("password_hash",), write.PASSWORD, "Password", required=True),
    ),
    ("username", "name"),
    is_policy=False,
)

KINDS: Mapping[str, Kind] = {
    kind.name: kind for kind in (_OPD, _EMPLOYEE, _PLAN, _QUOTA, _SCHEDULE, _NAS, _LINK, _SITE, _ADMIN)
}
