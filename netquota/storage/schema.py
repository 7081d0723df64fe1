"""The tables. Policy tables are small and edited by people; counting tables are hot and edited by packets.

Hot tables hold instants as epoch seconds (`*_s`, UTC) and volumes as octets in BIGINT; rates are bit/s everywhere.
No index stands on a hot table that accounting does not need.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    true,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# sqlite_autoincrement: counts and history go on naming a row that is gone, so its number must not name another.
Key = BigInteger().with_variant(Integer(), "sqlite")  # SQLite numbers rows by itself only in INTEGER


def _id() -> Column[int]:
    return Column("id", Key, primary_key=True, autoincrement=True)


def _version() -> Column[int]:
    return Column("version", Integer, nullable=False, server_default="1")


def _rate(name: str, *, nullable: bool = True) -> tuple[Column[int], Column[int]]:
    """Two columns `<name>_down_bps`, `<name>_up_bps`: bit/s to and from the user."""
    return (
        Column(f"{name}_down_bps", BigInteger, nullable=nullable),
        Column(f"{name}_up_bps", BigInteger, nullable=nullable),
    )


def _big(name: str, default: int | None = None, *, nullable: bool = False, index: bool = False) -> Column[int]:
    text = None if default is None else str(default)
    return Column(name, BigInteger, nullable=nullable, index=index, server_default=text)


# A table reads best with its name in one line and each column in one.
# fmt: off

# -- policy ---------------------------------------------------------------------------------------------------------
schedule = Table(
    "schedule", metadata, _id(),
    Column("key", String(64), nullable=False, unique=True),
    Column("name", String(120), nullable=False),
    _version(),
)
schedule_window = Table(
    "schedule_window", metadata, _id(),
    Column("schedule_id", Key, ForeignKey("schedule.id", ondelete="CASCADE"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("name", String(120), nullable=False),
    Column("weekdays", String(20), nullable=False),  # "0,1,2,3,4": Monday is 0
    Column("from_time", String(8), nullable=False),  # local, "07:30"
    Column("to_time", String(8), nullable=False),
    Column("dates", Text),  # JSON list of [first, last] local dates, null = always
    Column("holidays", String(8), nullable=False, server_default="any"),
    *_rate("rate"),
    Column("plan_key", String(64)),
    UniqueConstraint("schedule_id", "position"),
)
holiday = Table(
    "holiday", metadata,
    Column("day", String(10), primary_key=True),  # local date, ISO
    Column("name", String(120), nullable=False),
)
plan = Table(
    "plan", metadata, _id(),
    Column("key", String(64), nullable=False, unique=True),
    Column("name", String(120), nullable=False),
    *_rate("rate", nullable=False),
    *_rate("burst"),
    *_rate("burst_threshold"),
    Column("burst_time_s", Integer),
    Column("session_timeout_s", Integer),
    Column("idle_timeout_s", Integer),
    Column("simultaneous", Integer, nullable=False, server_default="3"),
    Column("at_limit", String(16), nullable=False, server_default="end_idle"),
    Column("interim_min_s", Integer, nullable=False, server_default="60"),
    Column("interim_max_s", Integer, nullable=False, server_default="300"),
    Column("hours_only", Boolean, nullable=False, server_default=false()),
    Column("schedule_id", Key, ForeignKey("schedule.id")),
    _version(),
    sqlite_autoincrement=True,
)
opd = Table(
    "opd", metadata, _id(),
    Column("code", String(32), nullable=False, unique=True),
    Column("name", String(200), nullable=False),
    Column("kind", String(40), nullable=False, server_default="office"),
    Column("task", Text),
    Column("status", String(16), nullable=False, server_default="active"),
    *_rate("ceiling"),
    *_rate("guaranteed"),
    Column("weight", Integer, nullable=False, server_default="1"),
    Column("priority", Integer, nullable=False, server_default="2"),
    Column("default_plan_id", Key, ForeignKey("plan.id")),
    _version(),
    sqlite_autoincrement=True,
)
provider_link = Table(
    "provider_link", metadata, _id(),
    Column("name", String(80), nullable=False, unique=True),
    Column("provider", String(120), nullable=False),
    Column("contract", String(120)),
    *_rate("capacity", nullable=False),
    _big("price_rupiah", nullable=True),  # a month
    Column("starts_on", String(10)),
    Column("ends_on", String(10)),
    _version(),
    sqlite_autoincrement=True,
)
nas = Table(
    "nas", metadata, _id(),
    Column("name", String(80), nullable=False, unique=True),
    Column("address", String(64), nullable=False, unique=True),  # address or CIDR, IPv4 or IPv6
    Column("secret_encrypted", LargeBinary, nullable=False),
    Column("family", String(32), nullable=False),
    Column("authenticator_policy", String(16), nullable=False, server_default="auto"),
    Column("authenticator_seen", Boolean, nullable=False, server_default=false()),
    Column("is_proxy", Boolean, nullable=False, server_default=false()),
    Column("lenient", Boolean, nullable=False, server_default=false()),
    Column("octets_reversed", Boolean),
    Column("coa_address", String(64)),
    Column("coa_port", Integer),
    Column("can_coa_rate", String(8), nullable=False, server_default="learn"),
    Column("can_disconnect", String(8), nullable=False, server_default="learn"),
    Column("realms", Text),  # comma-separated suffixes cut off User-Name
    Column("uam_secret_encrypted", LargeBinary),
    _version(),
    sqlite_autoincrement=True,
)
site = Table(
    "site", metadata, _id(),
    Column("name", String(120), nullable=False, unique=True),
    Column("opd_id", Key, ForeignKey("opd.id"), nullable=False),
    Column("link_id", Key, ForeignKey("provider_link.id")),
    Column("mode", String(16), nullable=False, server_default="per_employee"),
    *_rate("ceiling"),
    Column("nas_id", Key, ForeignKey("nas.id")),
    Column("match_gateway", String(253)),
    Column("match_called_station", String(253)),
    Column("match_port", String(253)),
    _version(),
    sqlite_autoincrement=True,
)
employee = Table(
    "employee", metadata, _id(),
    Column("username", String(253), nullable=False),
    Column("username_key", String(253), nullable=False, unique=True),
    Column("nip", String(18), unique=True),
    Column("name", String(200), nullable=False),
    Column("opd_id", Key, ForeignKey("opd.id"), nullable=False, index=True),
    Column("language", String(5), nullable=False, server_default="id"),
    Column("mail", String(254)),
    Column("phone", String(40)),
    Column("status", String(16), nullable=False, server_default="active"),
    Column("status_why", String(200), nullable=False, server_default=""),
    _big("valid_from_s", nullable=True),
    _big("valid_until_s", nullable=True),
    Column("plan_id", Key, ForeignKey("plan.id")),
    *_rate("override"),
    _big("override_until_s", nullable=True),
    Column("override_why", String(200), nullable=False, server_default=""),
    Column("password_hash", String(200)),
    Column("password_encrypted", LargeBinary),  # only where CHAP is wanted
    _big("created_s", 0),
    _version(),
    sqlite_autoincrement=True,
)
quota = Table(
    "quota", metadata, _id(),
    Column("key", String(64), nullable=False, unique=True),
    Column("name", String(120), nullable=False),
    Column("plan_id", Key, ForeignKey("plan.id")),
    Column("opd_id", Key, ForeignKey("opd.id")),
    Column("employee_id", Key, ForeignKey("employee.id")),
    Column("direction", String(8), nullable=False, server_default="total"),
    Column("period", String(8), nullable=False, server_default="month"),
    Column("reset_day", Integer, nullable=False, server_default="1"),
    Column("reset_time", String(8), nullable=False, server_default="00:00"),
    Column("reset_month", Integer, nullable=False, server_default="1"),
    Column("every_n", Integer, nullable=False, server_default="1"),
    Column("anchor", String(10)),
    _big("octets"),
    Column("strictness", String(8), nullable=False, server_default="soft"),
    Column("action", String(16), nullable=False, server_default="throttle"),
    *_rate("throttle"),
    Column("warn_permille", String(80), nullable=False, server_default="800"),
    Column("carry_share_permille", Integer, nullable=False, server_default="0"),
    _big("carry_cap_octets", 0),
    Column("carry_kept_periods", Integer, nullable=False, server_default="1"),
    _version(),
    CheckConstraint(
        "(CASE WHEN plan_id IS NULL THEN 0 ELSE 1 END + CASE WHEN opd_id IS NULL THEN 0 ELSE 1 END"
        " + CASE WHEN employee_id IS NULL THEN 0 ELSE 1 END) = 1",
        name="one_owner",
    ),
    sqlite_autoincrement=True,
)
enforcement_pause = Table(
    "enforcement_pause", metadata, _id(),
    Column("nas_id", Key, ForeignKey("nas.id")),  # null = the whole city
    Column("who", String(120), nullable=False),
    Column("why", String(200), nullable=False),
    _big("from_s"),
    _big("until_s", nullable=True),
    _big("ended_s", nullable=True),
)
policy_change = Table(  # what changed, in order: workers load just that
    "policy_change", metadata, _id(),
    Column("kind", String(24), nullable=False),
    _big("entity_id", nullable=True),
    _big("at_s"),
    _big("xid", 0, index=True),  # PostgreSQL: a lower id may be committed later, so readers go by transaction
    sqlite_autoincrement=True,  # a number once read is never given again
)
live_change = Table(  # subjects whose ledger or sessions another worker changed; short-lived
    "live_change", metadata, _id(),
    Column("worker", String(64), nullable=False),
    Column("payload", Text, nullable=False),  # JSON list of employee ids
    _big("at_s"),
    _big("xid", 0),
    sqlite_autoincrement=True,  # a number once read is never given again
)

# -- counting -------------------------------------------------------------------------------------------------------
gateway = Table(
    "gateway", metadata, _id(),
    Column("nas_id", Key, ForeignKey("nas.id", ondelete="CASCADE"), nullable=False),
    Column("identifier", String(253), nullable=False),
    Column("address", String(64)),
    _big("first_packet_s", nullable=True),
    _big("last_packet_s", nullable=True),
    _big("last_accounting_s", nullable=True),
    Column("clock_offset_s", Integer, nullable=False, server_default="0"),
    Column("coa_rate_works", String(8), nullable=False, server_default="learn"),
    Column("disconnect_works", String(8), nullable=False, server_default="learn"),
    Column("unanswered", Integer, nullable=False, server_default="0"),  # orders in a row
    Column("claim_worker", String(64)),
    _big("claim_fence", 0),
    _big("claim_until_s", 0),
    UniqueConstraint("nas_id", "identifier"),
    sqlite_autoincrement=True,
)
gateway_problem = Table(
    "gateway_problem", metadata,
    Column("nas_id", Key, ForeignKey("nas.id", ondelete="CASCADE"), primary_key=True),
    Column("cause", String(80), primary_key=True),
    _big("count", 0),
    _big("last_s", 0),
)
accounting_session = Table(
    "accounting_session", metadata, _id(),
    _big("gateway_id"),
    Column("acct_session_id", String(253), nullable=False),
    Column("username", String(253), nullable=False),
    Column("mac", String(64), nullable=False),
    _big("incarnation_s"),  # when this incarnation began, by the gateway's account
    _big("employee_id", nullable=True),
    _big("site_id", nullable=True),
    _big("opd_id", nullable=True),  # the host's, at the start
    _big("link_id", nullable=True),
    Column("framed_ip", String(45), nullable=False, server_default=""),
    Column("called_station", String(253), nullable=False, server_default=""),
    Column("nas_port", String(253), nullable=False, server_default=""),
    Column("class_token", LargeBinary),
    _big("started_s"),
    _big("last_event_s"),
    _big("last_arrival_s"),
    _big("ended_s", nullable=True),
    Column("end_cause", String(40), nullable=False, server_default=""),
    _big("session_time_s", 0),
    _big("input_octets", 0),
    _big("output_octets", 0),
    Column("gigawords_seen", Boolean, nullable=False, server_default=false()),
    _big("counted_input", 0),
    _big("counted_output", 0),
    _big("now_down_bps", nullable=True),  # rate of the last interim interval
    _big("now_up_bps", nullable=True),
    Column("interim_s", Integer, nullable=False, server_default="300"),
    _big("applied_down_bps", nullable=True),
    _big("applied_up_bps", nullable=True),
    _big("applied_cap", nullable=True),
    Column("applied_code", String(40), nullable=False, server_default=""),
    Column("flag", String(40), nullable=False, server_default=""),
    UniqueConstraint("gateway_id", "acct_session_id", "username", "mac", "incarnation_s"),
    sqlite_autoincrement=False,
    postgresql_with={"fillfactor": 70},  # room for HOT updates beside each row
)
Index(
    "ix_session_open_employee", accounting_session.c.employee_id,
    sqlite_where=accounting_session.c.ended_s.is_(None), postgresql_where=accounting_session.c.ended_s.is_(None),
)
Index(
    "ix_session_open_gateway", accounting_session.c.gateway_id,
    sqlite_where=accounting_session.c.ended_s.is_(None), postgresql_where=accounting_session.c.ended_s.is_(None),
)
ledger_entry = Table(
    "ledger_entry", metadata,
    Column("quota_id", BigInteger, primary_key=True),
    Column("subject_id", BigInteger, primary_key=True),  # employee or OPD, as the quota says
    Column("period_start_s", BigInteger, primary_key=True),
    _big("period_end_s"),
    _big("used", 0),
    _big("granted", 0),
    _big("carried_in", 0),
    sqlite_with_rowid=False,
    postgresql_with={"fillfactor": 70},  # room for HOT updates beside each row
)
usage_sample = Table(
    "usage_sample", metadata,
    Column("kind", SmallInteger, primary_key=True),  # 1 person, 2 site, 3 link
    Column("subject_id", BigInteger, primary_key=True),
    Column("bin_s", BigInteger, primary_key=True),  # start of the 5-minute bin
    _big("down", 0),
    _big("up", 0),
    sqlite_with_rowid=False,
    postgresql_with={"fillfactor": 70},  # room for HOT updates beside each row
)
enforcement = Table(
    "enforcement", metadata, _id(),
    _big("session_id"),
    _big("gateway_id"),
    _big("employee_id", nullable=True),
    Column("kind", String(12), nullable=False),  # coa | disconnect
    *_rate("desired"),
    Column("desired", Text, nullable=False),  # JSON: the whole desired state
    Column("code", String(40), nullable=False),  # the reason's code
    Column("reasons", Text, nullable=False),  # JSON
    Column("state", String(12), nullable=False, server_default="pending"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    _big("created_ms"),
    _big("due_ms"),
    _big("sent_ms", nullable=True),
    _big("ended_ms", nullable=True),
    Column("error_cause", Integer),
    Column("result", String(120), nullable=False, server_default=""),
)
Index(
    "ix_enforcement_open", enforcement.c.gateway_id, enforcement.c.due_ms,
    sqlite_where=enforcement.c.ended_ms.is_(None), postgresql_where=enforcement.c.ended_ms.is_(None),
)
Index("ix_enforcement_session", enforcement.c.session_id)
decision_record = Table(
    "decision_record", metadata, _id(),
    _big("at_s"),
    Column("accepted", Boolean, nullable=False),
    _big("employee_id", nullable=True),
    Column("username", String(253), nullable=False),
    _big("nas_id", nullable=True),
    Column("gateway", String(253), nullable=False, server_default=""),
    Column("mac", String(64), nullable=False, server_default=""),
    Column("code", String(40), nullable=False),
    Column("reasons", Text, nullable=False),  # JSON
)
Index("ix_decision_record_employee_id", decision_record.c.employee_id, decision_record.c.at_s)
Index(
    "ix_decision_refused", decision_record.c.at_s,
    sqlite_where=decision_record.c.accepted.is_(False), postgresql_where=decision_record.c.accepted.is_(False),
)
login_token = Table(
    "login_token", metadata,
    Column("digest", LargeBinary(32), primary_key=True),
    Column("employee_id", Key, ForeignKey("employee.id", ondelete="CASCADE"), nullable=False),
    Column("token_encrypted", LargeBinary, nullable=False),  # CHAP needs its text
    Column("mac", String(64), nullable=False),
    _big("nas_id", nullable=True),
    _big("expires_s"),
    _big("used_s", nullable=True),
)
Index("ix_login_token_employee_id", login_token.c.employee_id)

# -- people of the office, and what they did ------------------------------------------------------------------------
admin = Table(
    "admin", metadata, _id(),
    Column("username", String(64), nullable=False, unique=True),
    Column("name", String(120), nullable=False),
    Column("role", String(24), nullable=False, server_default="network_admin"),
    Column("opd_id", Key, ForeignKey("opd.id")),
    Column("language", String(5), nullable=False, server_default="id"),
    Column("theme", String(8), nullable=False, server_default="auto"),
    Column("password_hash", String(200), nullable=False),
    Column("active", Boolean, nullable=False, server_default=true()),
    _version(),
    sqlite_autoincrement=True,
)
web_session = Table(  # both doors of the web: admins and employees
    "web_session", metadata,
    Column("digest", LargeBinary(32), primary_key=True),
    Column("kind", String(8), nullable=False),  # admin | employee
    Column("person_id", BigInteger, nullable=False),
    Column("csrf", String(64), nullable=False),
    _big("created_s"),
    _big("seen_s"),
    _big("expires_s"),
    Column("address", String(45), nullable=False, server_default=""),
    Column("agent", String(200), nullable=False, server_default=""),
)
login_failure = Table(  # brute force held off: per account, per account and source
    "login_failure", metadata,
    Column("key", String(300), primary_key=True),
    Column("count", Integer, nullable=False),
    _big("last_s"),
    _big("blocked_until_s", 0),
)
audit_entry = Table(
    "audit_entry", metadata, _id(),
    _big("at_s"),
    Column("actor", String(120), nullable=False),
    Column("action", String(40), nullable=False),
    Column("kind", String(40), nullable=False),
    Column("key", String(253), nullable=False),
    Column("before", Text),  # JSON of the fields that changed
    Column("after", Text),
    Column("why", String(300), nullable=False, server_default=""),
    Column("previous_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    sqlite_autoincrement=True,
)
Index("ix_audit_entry_kind_key", audit_entry.c.kind, audit_entry.c.key)

# -- clock ----------------------------------------------------------------------------------------------------------
lease = Table(
    "lease", metadata,
    Column("name", String(64), primary_key=True),
    Column("holder", String(80), nullable=False),
    _big("fence", 0),
    _big("until_s", 0),
)
job_run = Table(
    "job_run", metadata,
    Column("job", String(64), primary_key=True),
    Column("due_s", BigInteger, primary_key=True),
    _big("started_s"),
    _big("ended_s", nullable=True),
    Column("state", String(12), nullable=False),  # running | done | failed
    Column("result", String(300), nullable=False, server_default=""),
    _big("fence", 0),
)
city_fact = Table(  # small facts that outlive a process: sample city?, audit head, demo marker
    "city_fact", metadata,
    Column("key", String(64), primary_key=True),
    Column("value", Text, nullable=False),
)
