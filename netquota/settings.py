"""Every setting, its type, bounds and default; `load` makes one frozen value of file, environment and options.

What each key means stands beside it in config/netquota.example.toml; where values come from is settings_layers' affair.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self, cast
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from netquota.domain.notices import address_of, quiet_hours
from netquota.domain.units import Rate, exact_rate, parse_rate
from netquota.errors import ConfigurationError, InvalidValue
from netquota.logging import hide_passwords
from netquota.resources import checkout_root
from netquota.settings_layers import (
    Layer,
    chosen_layer,
    environment_layer,
    file_layer,
    find_file,
    nested,
    option_layer,
    variable,
)

SYSTEM_STATE_DIR = Path("/var/lib/netquota")
SECRET_KEYS = frozenset({
    "database.url", "directory.bind_password", "notices.smtp_password", "notices.telegram_token",
    "notices.webhook_secret", "notices.webhook_url",
})  # fmt: skip


def _split(value: object) -> object:
    """Lists may be written as one text with commas, as the environment has no other way."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError("is no time zone; Indonesia has Asia/Jakarta, Asia/Makassar and Asia/Jayapura") from None
    return name


def _web_address(url: str) -> str:
    if url and not url.startswith(("http://", "https://")):
        raise ValueError("should begin with https:// or http://")
    return url.rstrip("/")


def _rate(text: str) -> str:
    try:
        return exact_rate(parse_rate(text, "rate")) if text else ""
    except InvalidValue as error:
        raise ValueError(error.remedy) from None


def _address(text: str) -> str:
    try:
        return str(address_of(text))
    except InvalidValue as error:
        raise ValueError(f"is no address of a notice: {error.remedy}") from None


def _quiet(text: str) -> str:
    try:
        quiet_hours(text, ZoneInfo("UTC"))
    except InvalidValue as error:
        raise ValueError(error.remedy) from None
    return text


Port = Annotated[int, Field(ge=1, le=65535)]
Count = Annotated[int, Field(ge=1)]
Texts = Annotated[tuple[str, ...], BeforeValidator(_split)]
Zone = Annotated[str, AfterValidator(_known_zone)]
RateText = Annotated[str, AfterValidator(_rate)]
Url = Annotated[str, AfterValidator(_web_address)]
Folder = Annotated[Path, AfterValidator(lambda path: path.expanduser().absolute())]


class Section(BaseModel):
    """One table of netquota.toml."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Database(Section):
    """Where facts are kept; `url` is never empty once loaded."""

    url: str = ""


class Radius(Section):
    """The RADIUS door."""

    bind: Annotated[Texts, Field(min_length=1)] = ("0.0.0.0", "::")
    auth_port: Port = 1812
    acct_port: Port = 1813
    workers: Annotated[int, Field(ge=1, le=64)] = 1
    receive_buffer_octets: Annotated[int, Field(ge=65536)] = 4_194_304
    reject_delay_s: Annotated[float, Field(ge=0, le=1)] = 1.0
    duplicate_window_s: Annotated[int, Field(ge=5, le=120)] = 30
    password_workers: Annotated[int, Field(ge=1, le=16)] = 1
    password_memory_s: Annotated[int, Field(ge=0, le=86400)] = 3600
    password_memory_entries: Annotated[int, Field(ge=0)] = 20_000
    database_away: Literal["last-known", "closed"] = "last-known"
    coa_pace_per_gateway_s: Annotated[float, Field(gt=0, le=1000)] = 10.0
    coa_window_per_gateway: Annotated[int, Field(ge=1, le=4096)] = 32
    coa_give_up_s: Annotated[int, Field(ge=1, le=3600)] = 15
    gateways_per_client: Annotated[int, Field(ge=1, le=100_000)] = 256


class Web(Section):
    """The HTTP door; `secure_cookies` follows the scheme of `public_url` unless set."""

    bind: str = "127.0.0.1"
    port: Port = 8080
    threads: Annotated[int, Field(ge=1, le=128)] = 8
    public_url: Url = ""
    plain_http: bool = False
    trusted_proxy: str = ""
    secure_cookies: bool = False
    api_requests_a_minute: Count = 600
    session_idle_s: Count = 1800
    session_lifetime_s: Count = 43_200


class Metrics(Section):
    """`/metrics` of each process, on `port` plus the process's index; port 0 turns it off."""

    bind: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65000)] = 9180


class City(Section):
    """Whose installation this is."""

    name: str = "Kota"
    timezone: Zone = "Asia/Jakarta"
    language: Literal["id", "en"] = "id"
    help_contact: str = ""
    department: str = ""
    crest: str = ""

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which days, periods and windows are meant."""
        return ZoneInfo(self.timezone)


class Security(Section):
    """The key file stands outside the database; `key_file` is never empty once loaded."""

    key_file: Folder = Path()
    passwords_for_chap: bool = False


class Portal(Section):
    """The captive portal."""

    token_lifetime_s: Annotated[int, Field(ge=10, le=600)] = 60
    form_lifetime_s: Annotated[int, Field(ge=60, le=3600)] = 3600
    privacy_note: str = ""


class Enforcement(Section):
    """What holds whatever the plan says."""

    throttle_floor_bps: Annotated[int, Field(ge=0)] = 256_000
    longest_session_without_coa_s: Annotated[int, Field(ge=300, le=86400)] = 1800
    orders_late_after_s: Annotated[int, Field(ge=5, le=3600)] = 60
    headroom_permille: Annotated[int, Field(ge=0, le=250)] = 10
    headroom_floors: Annotated[int, Field(ge=0, le=100)] = 4


class Gateways(Section):
    """What generated gateway configurations say of this city; addresses empty: the host of `web.public_url`."""

    server_addresses: Texts = ()
    always_reachable: Texts = ()
    fail_open_minutes: Annotated[int, Field(ge=1, le=1440)] = 5
    tunnel_endpoint: str = ""
    tunnel_server_address: str = ""
    tunnel_public_key: str = ""


class Directory(Section):
    """A directory (LDAP, Active Directory) where passwords of accounts that say so are checked; `url` empty: none.

    `user_dn`: the name to bind with, such as `{username}@kota.go.id`; empty: found by `user_filter` under `base_dn`.
    `keep_s`: for so long a password that was right is good while the directory is away.
    """

    url: str = ""
    starttls: bool = True
    plain: bool = False
    ca_file: str = ""
    bind_dn: str = ""
    bind_password: str = ""
    base_dn: str = ""
    user_dn: str = ""
    user_filter: str = "(uid={username})"
    people_filter: str = "(objectClass=inetOrgPerson)"
    username_attribute: str = "uid"
    nip_attribute: str = "employeeNumber"
    name_attribute: str = "cn"
    opd_attribute: str = "departmentNumber"
    mail_attribute: str = "mail"
    phone_attribute: str = "telephoneNumber"
    timeout_s: Annotated[int, Field(ge=1, le=10)] = 3
    keep_s: Annotated[int, Field(ge=0, le=604_800)] = 43_200


class Notices(Section):
    """Who is told of what, and by which ways; a way without its first key is not used."""

    smtp_host: str = ""
    smtp_port: Port = 587
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    smtp_user: str = ""
    smtp_password: str = ""
    smtp_ca_file: str = ""
    mail_from: str = ""
    telegram_token: str = ""
    telegram_url: Url = "https://api.telegram.org"
    webhook_url: Url = ""
    webhook_secret: str = ""
    private_addresses: bool = False
    admins: Annotated[tuple[Annotated[str, AfterValidator(_address)], ...], BeforeValidator(_split)] = ()
    planners: Annotated[tuple[Annotated[str, AfterValidator(_address)], ...], BeforeValidator(_split)] = ()
    employees: bool = True
    employee_ways: Annotated[tuple[Literal["webhook", "mail"], ...], BeforeValidator(_split)] = ("webhook", "mail")
    quiet_hours: Annotated[str, AfterValidator(_quiet)] = "21:00-06:00"
    pause_s: Annotated[int, Field(ge=0, le=86400)] = 300
    per_minute: Annotated[int, Field(ge=1, le=1000)] = 60
    give_up_after_s: Annotated[int, Field(ge=60, le=7 * 86400)] = 86_400
    templates_dir: str = ""

    @model_validator(mode="after")
    def _has_a_sender(self) -> Self:
        if self.smtp_host and "@" not in self.mail_from:
            raise ValueError("mail_from names from whom mail comes; set it where smtp_host is set")
        return self


class Imports(Section):
    """Lists that people upload."""

    most_megabytes: Annotated[int, Field(ge=1, le=100)] = 10
    most_rows: Annotated[int, Field(ge=1, le=200_000)] = 20_000
    contract_grace_days: Annotated[int, Field(ge=0, le=366)] = 31


class Exports(Section):
    """Files of each month's use for other tools; without a folder none are written."""

    folder: str = ""


class Scheduler(Section):
    """How often what must happen without a packet is looked at."""

    lease_s: Annotated[int, Field(ge=5, le=600)] = 30
    reconcile_every_s: Annotated[int, Field(ge=10)] = 180
    stale_check_every_s: Annotated[int, Field(ge=10)] = 60


class Requests(Section):
    """Who decides on requests for more."""

    head_above: RateText = ""

    @property
    def above(self) -> Rate | None:
        """The rate over which the head of the office decides; None: the ICT office decides all."""
        return parse_rate(self.head_above, "head_above") if self.head_above else None


class Planning(Section):
    """The budget request: who asks, accounts, legal bases and levels (one a line; empty: the usual), templates."""

    government: str = ""
    office: str = "Dinas Komunikasi dan Informatika"
    address: str = ""
    account_code: str = "5.1.02.02.01.0063"
    account_name: str = "Belanja Kawat/Faksimili/Internet/TV Berlangganan"
    activity_code: str = ""
    activity_name: str = "Penyelenggaraan Jaringan Intra Pemerintah Daerah Kabupaten/Kota"
    legal_bases: str = ""
    service_levels: str = ""
    number_pattern: str = "000.5/KAK-NNN/KOMINFO/YYYY"
    addition_permille: Annotated[int, Field(ge=0, le=1000)] = 100
    service_permille: Annotated[int, Field(ge=1, le=1000)] = 10
    step: Annotated[RateText, Field(min_length=1)] = "1M/1M"
    docx_template: str = ""
    pdf_template: str = ""


class Retention(Section):
    """How long what is known is kept: of a person, and of sites and links (where nobody is named)."""

    decisions_days: Count = 90
    sessions_days: Count = 400
    samples_days: Count = 90
    hours_days: Count = 400
    site_samples_days: Count = 1095
    site_sums_days: Count = 3650
    notices_days: Count = 90


class Log(Section):
    """How much is told, and in which form."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["auto", "json", "console"] = "auto"


class Settings(Section):
    """All settings of one installation, checked and frozen."""

    state_dir: Folder = SYSTEM_STATE_DIR
    database: Database = Database()
    radius: Radius = Radius()
    web: Web = Web()
    metrics: Metrics = Metrics()
    city: City = City()
    security: Security = Security()
    portal: Portal = Portal()
    enforcement: Enforcement = Enforcement()
    directory: Directory = Directory()
    gateways: Gateways = Gateways()
    notices: Notices = Notices()
    imports: Imports = Imports()
    exports: Exports = Exports()
    scheduler: Scheduler = Scheduler()
    requests: Requests = Requests()
    planning: Planning = Planning()
    retention: Retention = Retention()
    log: Log = Log()


def _sections() -> dict[str, type[Section]]:
    tables = {name: field.annotation for name, field in Settings.model_fields.items()}
    return {name: kind for name, kind in tables.items() if isinstance(kind, type) and issubclass(kind, Section)}


def known_keys() -> tuple[str, ...]:
    """Every key as it is written in messages: `state_dir`, `radius.auth_port` …"""
    sections = _sections()
    single = [name for name in Settings.model_fields if name not in sections]
    return (*single, *(f"{table}.{key}" for table, section in sections.items() for key in section.model_fields))


def default_state_dir() -> Path:
    """`var/` of a checkout, else the system's place."""
    root = checkout_root()
    return SYSTEM_STATE_DIR if root is None else root / "var"


def load(
    path: Path | None = None, env: Mapping[str, str] | None = None, overrides: Mapping[str, object] | None = None
) -> Settings:
    """The settings in force: what the first-run page chose < file < environment `NETQUOTA_SECTION__KEY` < `overrides`.

    Without `path` the file named by NETQUOTA_CONFIG is read, else ./netquota.toml or /etc/netquota/netquota.toml where
    there is one. Raises `ConfigurationError` that names the key, where it stands and the remedy.
    """
    environment = os.environ if env is None else env
    file = path if path is not None else find_file(environment)
    keys = known_keys()
    layers = [environment_layer(environment, keys, SECRET_KEYS), option_layer(overrides or {}, keys)]
    if file is not None:
        layers.insert(0, file_layer(file, keys))
    values = _merged(layers)
    state_dir = Path(str(values.get("state_dir") or default_state_dir())).expanduser().absolute()
    chosen = chosen_layer(state_dir, keys)
    if chosen is not None:
        layers.insert(0, chosen)
        values = _merged(layers)
    _fill_what_follows(values)
    try:
        return Settings.model_validate(nested(values))
    except ValidationError as error:
        raise ConfigurationError(_explained(error, layers)) from None


def _merged(layers: list[Layer]) -> dict[str, object]:
    return {key: value for layer in layers for key, value in layer.values.items()}


def _fill_what_follows(values: dict[str, object]) -> None:
    """Defaults that depend on other keys."""
    state_dir = Path(str(values.setdefault("state_dir", default_state_dir()))).expanduser().absolute()
    values["database.url"] = values.get("database.url") or f"sqlite:///{state_dir / 'netquota.sqlite'}"
    values["security.key_file"] = values.get("security.key_file") or state_dir / "netquota.key"
    values.setdefault("web.secure_cookies", str(values.get("web.public_url", "")).startswith("https://"))


def _explained(error: ValidationError, layers: list[Layer]) -> str:
    """The first complaint as one line: key, value (never of a secret), where it stands, what it should be."""
    problem = error.errors(include_url=False)[0]
    key = ".".join(str(part) for part in problem["loc"][:2])
    origin = next((layer.origin(key) for layer in reversed(layers) if key in layer.values), "default")
    shown = "the value" if key in SECRET_KEYS else repr(problem["input"])
    wanted = problem["msg"].removeprefix("Value error, ")
    further = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    return f"{key} ({origin}): {shown} cannot be used: {wanted[:1].lower()}{wanted[1:]}{further}"


def flat(settings: Settings) -> dict[str, object]:
    """Every key with its value in force."""
    return {key: _value(settings, key) for key in known_keys()}


def _value(settings: Settings, key: str) -> object:
    table, _, name = key.rpartition(".")
    return cast(object, getattr(getattr(settings, table) if table else settings, name))


def as_environment(settings: Settings) -> dict[str, str]:
    """Variables under which another process of ours loads the very same settings, whatever file it would find."""
    return {"NETQUOTA_CONFIG": "", **{variable(key): _as_text(value) for key, value in flat(settings).items()}}


def _as_text(value: object) -> str:
    if isinstance(value, tuple):
        return ",".join(str(part) for part in cast(tuple[object, ...], value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def shown(key: str, value: object, *, redacted: bool = True) -> object:
    """A value in force as people may read it: what is secret is three stars, also the password within an address."""
    plain = str(value) if isinstance(value, Path) else value
    if redacted and plain and key in SECRET_KEYS and key != "database.url":  # of that one only a part is secret
        return "***"
    return hide_passwords(plain) if redacted and isinstance(plain, str) else plain
