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
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    true,
)

from netquota.storage.columns import Key, metadata
from netquota.storage.columns import big as _big
from netquota.storage.columns import ident as _id
from netquota.storage.columns import interface as _interface
from netquota.storage.columns import learnt as _learnt
from netquota.storage.columns import rate as _rate
from netquota.storage.columns import version as _version
from netquota.storage.event_tables import event, event_opd
from netquota.storage.outage_tables import link_outage
from netquota.storage.plan_tables import budget_document, budget_file, plan_scenario, plan_step, plan_study, plan_task
from netquota.storage.rotation_tables import (
    rotation,
    rotation_employee,
    rotation_given,
    rotation_opd,
    rotation_stage,
    rotation_swap,
)
from netquota.storage.round_tables import assessment_line, assessment_round
from netquota.storage.sample_tables import (
    address_reading,
    ceiling_history,
    coarse_bin,
    gateway_uptime,
    interface_reading,
    late_sample,
    reach_sample,
    usage_day,
    usage_hour,
    usage_measure,
)

SAMPLE_TABLES = (
    usage_hour, usage_day, usage_measure, coarse_bin, late_sample, gateway_uptime, ceiling_history, interface_reading,
    reach_sample, address_reading,
)  # fmt: skip
PLAN_TABLES = (plan_study, plan_task, plan_scenario, plan_step, budget_document, budget_file)
ROTATION_TABLES = (rotation, rotation_opd, rotation_employee, rotation_stage, rotation_swap, rotation_given)
EVENT_TABLES = (event, event_opd)
OUTAGE_TABLES = (link_outage,)
ROUND_TABLES = (assessment_round, assessment_line)
"""Tables of modules of their own, in the same registry."""

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
    Column("season", String(8), nullable=False, server_default="any"),  # any | only in Ramadan | except
    *_rate("rate"),
    Column("plan_key", String(64)),
    UniqueConstraint("schedule_id", "position"),
)
holiday = Table(
    "holiday", metadata, _id(),
    Column("day", String(10), nullable=False, unique=True),  # local date, ISO
    Column("name", String(120), nullable=False),
    Column("kind", String(8), nullable=False, server_default="own"),  # public | joint | own
    Column("works", Boolean, nullable=False, server_default=false()),  # no day off here, whatever it is elsewhere
    _version(),
)
ramadan = Table(
    "ramadan", metadata, _id(),
    Column("year", String(8), nullable=False, unique=True),  # of the Hijra
    Column("first_day", String(10), nullable=False),  # local date, ISO
    Column("last_day", String(10), nullable=False),
    Column("confirmed", Boolean, nullable=False, server_default=false()),
    _version(),
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
    Column("remember_days", Integer, nullable=False, server_default="7"),  # a device logs in again by itself
    Column("for_guests", Boolean, nullable=False, server_default=false()),  # vouchers may be made of it
    Column("weight", Integer, nullable=False, server_default="1"),
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
    *_rate("boost"),  # least rate of each of its people, for a time
    _big("boost_until_s", nullable=True),
    Column("boost_why", String(200), nullable=False, server_default=""),
    Column("weight", Integer, nullable=False, server_default="1"),
    Column("priority", Integer, nullable=False, server_default="2"),
    Column("default_plan_id", Key, ForeignKey("plan.id")),
    Column("schedule_id", Key, ForeignKey("schedule.id")),  # in place of the plans' of its people
    Column("guests", Integer, nullable=False, server_default="0"),  # vouchers that may be good at once
    Column("office_hours", String(400), nullable=False, server_default=""),  # of its own; domain.office_hours
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
    Column("nas_id", Key, ForeignKey("nas.id")),  # the gateway where it is measured
    *_interface("provider"),
    Column("probe_address", String(45)),  # what answers at its other end
    Column("availability_permille", Integer),  # promised by the provider, of a month
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
    Column("coa_per_second", Integer),  # orders to each gateway behind it; null = the setting's
    Column("can_coa_rate", String(8), nullable=False, server_default="learn"),
    Column("can_disconnect", String(8), nullable=False, server_default="learn"),
    Column("realms", Text),  # comma-separated suffixes cut off User-Name
    Column("uam_secret_encrypted", LargeBinary),
    Column("rest_url", String(200)),  # RouterOS REST, which carries what RADIUS cannot: queues
    Column("rest_user", String(80)),
    Column("rest_password_encrypted", LargeBinary),
    Column("rest_tls", String(64), nullable=False, server_default="verify"),  # verify | off | its SHA-256
    Column("snmp", String(4), nullable=False, server_default="off"),  # off | 2c | 3
    Column("snmp_address", String(45)),  # null = address
    Column("snmp_port", Integer),
    Column("snmp_community_encrypted", LargeBinary),
    Column("snmp_user", String(64)),
    Column("snmp_auth", String(8), nullable=False, server_default="sha"),
    Column("snmp_auth_password_encrypted", LargeBinary),
    Column("snmp_privacy", String(8), nullable=False, server_default="aes"),
    Column("snmp_privacy_password_encrypted", LargeBinary),
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
    Column("match_vlan", Integer),
    Column("way", String(8)),  # circuit | group | share, null = by rule; only for whole_opd
    Column("group_name", String(63)),  # of the queue and profile at the gateway, null = from the OPD's code
    *_interface("users"),
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
    Column("schedule_id", Key, ForeignKey("schedule.id")),
    *_rate("override"),
    _big("override_until_s", nullable=True),
    Column("override_why", String(200), nullable=False, server_default=""),
    Column("password_hash", String(200)),
    Column("password_encrypted", LargeBinary),  # only where CHAP is wanted
    Column("nt_hash_encrypted", LargeBinary),  # for MS-CHAP where another directory gave the hash alone
    Column("directory", Boolean, nullable=False, server_default=false()),  # its password is checked in a directory
    Column("kind", String(8), nullable=False, server_default="person"),  # person | circuit | device | guest
    Column("site_id", Key, ForeignKey("site.id")),  # of a circuit: the site that is behind it
    Column("mac_login", String(17), unique=True),  # the hardware address that proves who it is; null = none does
    Column("batch_id", Key, ForeignKey("voucher_batch.id"), index=True),  # of a guest
    _big("valid_for_s", nullable=True),  # of a guest: from the first use on, until it is used
    _big("created_s", 0),
    _version(),
    sqlite_autoincrement=True,
)
voucher_batch = Table(  # vouchers for guests made at once; each is an account
    "voucher_batch", metadata, _id(),
    Column("opd_id", Key, ForeignKey("opd.id"), nullable=False, index=True),
    Column("plan_id", Key, ForeignKey("plan.id"), nullable=False),
    Column("purpose", String(200), nullable=False),
    Column("sponsor", String(120), nullable=False),
    Column("count", Integer, nullable=False),
    _big("valid_for_s", nullable=True),
    _big("valid_until_s", nullable=True),
    _big("created_s"),
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
    Column("steps", String(400), nullable=False, server_default=""),  # "800:5000000/1000000,...": thousandths, bit/s
    Column("landing", Boolean, nullable=False, server_default=true()),
    Column("carry_share_permille", Integer, nullable=False, server_default="0"),
    _big("carry_cap_octets", 0),
    Column("carry_kept_periods", Integer, nullable=False, server_default="1"),
    Column("change_mode", String(8), nullable=False, server_default="prorate"),  # what changed octets mean at once
    Column("newcomers", String(8), nullable=False, server_default="whole"),  # whole | prorate
    Column("reduced", String(400), nullable=False, server_default=""),  # "50%: 22:00-06:00": windows that count less
    _big("turned_from_s", nullable=True),  # bounds of the period in which the rule of the periods changed
    _big("turned_until_s", nullable=True),
    _version(),
    CheckConstraint(
        "(CASE WHEN plan_id IS NULL THEN 0 ELSE 1 END + CASE WHEN opd_id IS NULL THEN 0 ELSE 1 END"
        " + CASE WHEN employee_id IS NULL THEN 0 ELSE 1 END) = 1",
        name="one_owner",
    ),
    sqlite_autoincrement=True,
)
quota_change = Table(  # what a quota was before: periods that ran then stand by it
    "quota_change", metadata, _id(),
    Column("quota_id", Key, ForeignKey("quota.id", ondelete="CASCADE"), nullable=False, index=True),
    _big("at_s"),
    _big("before"),  # octets
    Column("mode", String(8), nullable=False),  # prorate | whole | next
)
reachable = Table(  # the city's own applications, open before log-in and after the quota
    "reachable", metadata, _id(),
    Column("name", String(80), nullable=False, unique=True),
    Column("hosts", Text, nullable=False),  # names, addresses, networks, ", " between
    Column("url", String(300)),
    _version(),
    sqlite_autoincrement=True,
)
terms = Table(  # of use, an edition each
    "terms", metadata, _id(),
    Column("edition", String(20), nullable=False, unique=True),
    Column("from_day", String(10), nullable=False),  # local date, ISO
    Column("text", Text, nullable=False),
    Column("text_en", Text),
    _version(),
    sqlite_autoincrement=True,
)
terms_acceptance = Table(
    "terms_acceptance", metadata, _id(),
    Column("employee_id", Key, ForeignKey("employee.id", ondelete="CASCADE"), nullable=False),
    Column("terms_id", Key, ForeignKey("terms.id"), nullable=False, index=True),
    _big("at_s"),
    Column("mac", String(64), nullable=False, server_default=""),
    UniqueConstraint("employee_id", "terms_id"),
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
    *_learnt("coa_rate"),
    *_learnt("disconnect"),
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
    _big("first_s", 0),  # of those that came without a day's pause
    _big("last_s", 0),
)
unknown_source = Table(  # who asks without being registered; the newest are kept
    "unknown_source", metadata,
    Column("address", String(64), primary_key=True),
    _big("count", 0),
    _big("first_s"),
    _big("last_s"),
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
    Column("audit_session_id", String(64), nullable=False, server_default=""),  # of Cisco: CoA names the session by it
    _big("seq", 0),  # counts the writes of this row: who wrote from memory learns that another wrote before him
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
Index(  # who was online when, read without the rows themselves
    "ix_session_ended", accounting_session.c.ended_s, accounting_session.c.started_s, accounting_session.c.employee_id,
    accounting_session.c.site_id, accounting_session.c.link_id,
    sqlite_where=accounting_session.c.ended_s.is_not(None), postgresql_where=accounting_session.c.ended_s.is_not(None),
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
    _big("forgiven", 0),  # used before it was reset by hand
    Column("rest", SmallInteger, nullable=False, server_default="0"),  # thousandths of an octet, of reduced counting
    sqlite_with_rowid=False,
    postgresql_with={"fillfactor": 70},  # room for HOT updates beside each row
)
quota_lot = Table(  # what a period has beside its own: carried on, or granted until a moment; their sum is carried_in
    "quota_lot", metadata,
    Column("quota_id", BigInteger, primary_key=True),
    Column("subject_id", BigInteger, primary_key=True),
    Column("period_start_s", BigInteger, primary_key=True),
    Column("position", SmallInteger, primary_key=True),  # the order in which they are used
    _big("octets"),
    Column("periods_left", Integer, nullable=False, server_default="0"),
    _big("until_s", nullable=True),
    _big("used_at", 0),
    Column("ended", Boolean, nullable=False, server_default=false()),
    sqlite_with_rowid=False,
)
Index(
    "ix_quota_lot_ends", quota_lot.c.until_s,
    sqlite_where=quota_lot.c.until_s.is_not(None), postgresql_where=quota_lot.c.until_s.is_not(None),
)
octet_lease = Table(  # a log-in's part of a quota, kept by its gateway's octet cap; not the scheduler's lease
    "octet_lease", metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),  # the log-in's, as its Class carries it
    Column("quota_id", BigInteger, primary_key=True),
    _big("subject_id"),
    _big("employee_id"),
    Column("mac", String(64), nullable=False),
    _big("nas_id"),
    Column("gateway", String(253), nullable=False),
    _big("session_id", nullable=True),  # once the session has spoken
    _big("cap"),  # octets from the session's start, both directions
    _big("last_grant"),
    _big("used_at_grant"),
    Column("interim_s", Integer, nullable=False),
    _big("opened_s"),
    _big("until_s", nullable=True),  # Session-Timeout
    _big("freed_s", nullable=True),
)
Index(
    "ix_octet_lease_held", octet_lease.c.quota_id, octet_lease.c.subject_id,
    sqlite_where=octet_lease.c.freed_s.is_(None), postgresql_where=octet_lease.c.freed_s.is_(None),
)
Index("ix_octet_lease_session_id", octet_lease.c.session_id)
share_ceiling = Table(  # its row is locked by whoever spends headroom of a shared ceiling
    "share_ceiling", metadata,
    Column("opd_id", BigInteger, primary_key=True, autoincrement=False),
    _big("round_ms", 0),  # of the last round over it
)
session_share = Table(  # what sharing last gave a running session of its OPD's ceiling
    "session_share", metadata,
    Column("session_id", BigInteger, primary_key=True, autoincrement=False),
    _big("opd_id", index=True),
    *_rate("share", nullable=False),
    *_rate("was", nullable=False),  # before: the allocation of the interval that its last report may tell of
    _big("changed_s"),
    postgresql_with={"fillfactor": 70},
)
share_reservation = Table(  # promised to a log-in whose session has not spoken yet
    "share_reservation", metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),  # the log-in's, as its Class carries it
    _big("opd_id", index=True),
    _big("site_id"),
    _big("employee_id"),
    Column("mac", String(64), nullable=False),
    *_rate("rate", nullable=False),
    _big("until_s"),
)
usage_sample = Table(
    "usage_sample", metadata,
    Column("kind", SmallInteger, primary_key=True),  # 1 person, 2 site, 3 link
    Column("subject_id", BigInteger, primary_key=True),
    Column("bin_s", BigInteger, primary_key=True),  # start of the 5-minute bin
    Column("part", SmallInteger, primary_key=True, server_default="0"),  # sites and links: a row a writer, to be summed
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
    Column("kind", String(12), nullable=False),  # coa | disconnect | queue
    _big("site_id", nullable=True),  # of a queue's order, which has no session (0)
    *_rate("desired"),
    Column("desired", Text, nullable=False),  # JSON: the whole desired state
    Column("code", String(40), nullable=False),  # the reason's code
    Column("reasons", Text, nullable=False),  # JSON
    Column("state", String(12), nullable=False, server_default="pending"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    _big("cause_ms", 0),  # when the packet or change that led to it arrived
    _big("created_ms"),
    _big("sent_ms", nullable=True),
    _big("ended_ms", nullable=True),
    Column("error_cause", Integer),
    Column("result", String(120), nullable=False, server_default=""),
)
Index(
    "ix_enforcement_open", enforcement.c.gateway_id, enforcement.c.id,
    sqlite_where=enforcement.c.ended_ms.is_(None), postgresql_where=enforcement.c.ended_ms.is_(None),
)
Index("ix_enforcement_session", enforcement.c.session_id)
Index(
    "ix_enforcement_site", enforcement.c.site_id,
    sqlite_where=enforcement.c.site_id.is_not(None), postgresql_where=enforcement.c.site_id.is_not(None),
)
queue_state = Table(  # what a gateway said that it has in force for a site's queue
    "queue_state", metadata,
    Column("site_id", Key, ForeignKey("site.id", ondelete="CASCADE"), primary_key=True),
    *_rate("actual"),
    _big("since_s", nullable=True),  # since when it has this rate
    _big("confirmed_s", nullable=True),  # when it said so last
    Column("by", String(8), nullable=False, server_default=""),  # rest | pull
    Column("problem", String(200), nullable=False, server_default=""),  # what the last try met
    _big("problem_s", nullable=True),
)
gateway_token = Table(  # with which a gateway fetches its queues' limits; only its digest is kept
    "gateway_token", metadata, _id(),
    Column("nas_id", Key, ForeignKey("nas.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("digest", LargeBinary(32), nullable=False, unique=True),
    Column("created_by", String(120), nullable=False, server_default=""),
    _big("created_s"),
    _big("revoked_s", nullable=True),
    _big("last_pull_s", nullable=True),
    Column("last_address", String(45), nullable=False, server_default=""),
    sqlite_autoincrement=True,
)
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
    Column("remember_days", Integer, nullable=False, server_default="0"),  # it goes on as the device's for so long
)
Index("ix_login_token_employee_id", login_token.c.employee_id)
device = Table(  # of a person; named by its owner
    "device", metadata, _id(),
    Column("employee_id", Key, ForeignKey("employee.id", ondelete="CASCADE"), nullable=False),
    Column("mac", String(64), nullable=False),
    Column("name", String(40), nullable=False, server_default=""),
    _big("first_s"),
    _big("seen_s"),
    UniqueConstraint("employee_id", "mac"),
)
device_token = Table(  # lets a device in again at one gateway client, without a password, for some days
    "device_token", metadata,
    Column("digest", LargeBinary(32), primary_key=True),
    Column("device_id", Key, ForeignKey("device.id", ondelete="CASCADE"), nullable=False, index=True),
    _big("nas_id", nullable=True),
    Column("token_encrypted", LargeBinary, nullable=False),  # CHAP needs its text
    _big("created_s"),
    _big("expires_s", index=True),
)
password_code = Table(  # with which a person sets a password, once; digests alone
    "password_code", metadata,
    Column("digest", LargeBinary(32), primary_key=True),
    Column("employee_id", Key, ForeignKey("employee.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("way", String(8), nullable=False),  # operator | mail | slip
    Column("by", String(120), nullable=False),
    _big("expires_s"),
)

# -- people of the office, and what they did ------------------------------------------------------------------------
application = Table(
    "application", metadata, _id(),
    Column("code", String(64), nullable=False, unique=True),
    Column("name", String(200), nullable=False),
    Column("opd_id", Key, ForeignKey("opd.id"), nullable=False, index=True),
    Column("function", String(200), nullable=False),
    Column("task", Text),  # the office's task (tupoksi) that it serves
    Column("hosting", String(8), nullable=False, server_default="inside"),
    Column("address", String(400)),  # where it answers: names or addresses
    Column("site_id", Key, ForeignKey("site.id")),  # where its server stands: its use is measured there
    Column("users", Integer),
    *_rate("need"),
    _big("created_s"),
    _version(),
    sqlite_autoincrement=True,
)
application_step = Table(
    "application_step", metadata, _id(),
    Column("application_id", Key, ForeignKey("application.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("step", String(12), nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("on_day", String(10), nullable=False),  # local date, ISO
    Column("by", String(64), nullable=False),
    Column("note", String(1000), nullable=False, server_default=""),
    Column("material", String(400), nullable=False, server_default=""),
    Column("users", Integer),
    *_rate("share"),
    Column("until_day", String(10)),  # last local day of the share; null = lasting
    Column("review_day", String(10)),
    _big("at_s"),
)
application_none = Table(  # offices that declared to have no application
    "application_none", metadata,
    Column("opd_id", Key, ForeignKey("opd.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("by", String(64), nullable=False),
    _big("at_s"),
)
ceiling_grant = Table(  # more (or less) of an office's ceiling, for good or for a time
    "ceiling_grant", metadata, _id(),
    Column("opd_id", Key, ForeignKey("opd.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("down_bps", BigInteger, nullable=False),  # what is added; negative: taken away
    Column("up_bps", BigInteger, nullable=False),
    Column("leaves_permille", Integer),  # of a cut, whose rate follows from the ceiling while it is in force
    _big("from_s"),
    _big("until_s", nullable=True),
    Column("origin", String(80), nullable=False),  # "request P-2026-014", "application SIAK"
    Column("why", String(1000), nullable=False),
    Column("by", String(64), nullable=False),
    Column("review_day", String(10)),
    _big("began_s", nullable=True),
    _big("ended_s", nullable=True),
    Column("settled", Boolean, nullable=False, server_default=true()),  # running sessions follow its last change
)
bandwidth_request = Table(
    "bandwidth_request", metadata, _id(),
    Column("number", String(20), nullable=False, unique=True),
    Column("opd_id", Key, ForeignKey("opd.id"), nullable=False, index=True),
    Column("employee_id", Key, ForeignKey("employee.id"), index=True),  # who asks for himself; null: the office asks
    Column("application_id", Key, ForeignKey("application.id", ondelete="SET NULL")),
    *_rate("wanted"),
    _big("wanted_octets", nullable=True),
    Column("until_day", String(10)),  # last local day it is needed; null = lasting
    Column("reason", String(1000), nullable=False),
    Column("state", String(12), nullable=False, server_default="new"),
    Column("by", String(64), nullable=False),
    _big("created_s"),
    Column("figures", Text),  # JSON: what was measured when it was assessed
    Column("assessment", String(1000), nullable=False, server_default=""),
    Column("assessed_by", String(64)),
    Column("decision", String(1000), nullable=False, server_default=""),
    Column("decided_by", String(64)),
    _big("decided_s", nullable=True),
    Column("ceiling_grant_id", Key, ForeignKey("ceiling_grant.id", ondelete="SET NULL")),
    _version(),
    sqlite_autoincrement=True,
)
admin = Table(
    "admin", metadata, _id(),
    Column("username", String(64), nullable=False, unique=True),
    Column("name", String(120), nullable=False),
    Column("role", String(24), nullable=False, server_default="network_admin"),
    Column("language", String(5), nullable=False, server_default="id"),
    Column("theme", String(8), nullable=False, server_default="auto"),
    Column("password_hash", String(200), nullable=False),
    Column("active", Boolean, nullable=False, server_default=true()),
    Column("mail", String(254)),  # where notices reach them
    Column("phone", String(40)),
    Column("telegram", String(40)),
    Column("totp_encrypted", LargeBinary),  # seed of the second factor; null = none
    _big("totp_step", 0),  # the last 30 s step whose code was taken: none is taken twice
    _version(),
    sqlite_autoincrement=True,
)
admin_opd = Table(  # the offices that an operator sees
    "admin_opd", metadata, _id(),
    Column("admin_id", Key, ForeignKey("admin.id", ondelete="CASCADE"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("opd_id", Key, ForeignKey("opd.id"), nullable=False, index=True),
    UniqueConstraint("admin_id", "opd_id"),
)
recovery_code = Table(  # in place of a lost second factor, each once; digests alone
    "recovery_code", metadata, _id(),
    Column("admin_id", Key, ForeignKey("admin.id", ondelete="CASCADE"), nullable=False),
    Column("digest", LargeBinary(32), nullable=False),
    _big("used_s", nullable=True),
    UniqueConstraint("admin_id", "digest"),
)
api_token = Table(  # with which programs act for an admin; only its digest is kept
    "api_token", metadata, _id(),
    Column("admin_id", Key, ForeignKey("admin.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("name", String(120), nullable=False),
    Column("digest", LargeBinary(32), nullable=False, unique=True),
    Column("scopes", String(200), nullable=False),  # comma-separated
    _big("created_s"),
    _big("expires_s", nullable=True),
    _big("revoked_s", nullable=True),
    _big("used_s", nullable=True),
    Column("used_address", String(45), nullable=False, server_default=""),
    sqlite_autoincrement=True,
)
api_answer = Table(  # what a request with an Idempotency-Key was answered, for when it is repeated
    "api_answer", metadata,
    Column("token_id", Key, ForeignKey("api_token.id", ondelete="CASCADE"), primary_key=True),
    Column("key", String(128), primary_key=True),
    Column("digest", LargeBinary(32), nullable=False),  # of method, path and body
    Column("status", Integer),  # null = still at work
    Column("headers", Text, nullable=False, server_default="{}"),  # JSON
    Column("body", Text, nullable=False, server_default=""),
    _big("at_s", index=True),
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
    Column("act", String(40), nullable=False, server_default=""),  # entries that one act made together share it
    sqlite_autoincrement=True,
)
Index("ix_audit_entry_kind_key", audit_entry.c.kind, audit_entry.c.key)
Index(
    "ix_audit_entry_act", audit_entry.c.act,
    sqlite_where=audit_entry.c.act != "", postgresql_where=audit_entry.c.act != "",
)

# -- lists ----------------------------------------------------------------------------------------------------------
import_run = Table(  # a list on its way: uploaded, applied, taken back; its contents are forgotten after a while
    "import_run", metadata, _id(),
    Column("kind", String(24), nullable=False),
    Column("file", String(200), nullable=False),
    Column("actor", String(120), nullable=False),
    _big("at_s"),
    Column("state", String(12), nullable=False, server_default="open"),  # open | applied | undone
    Column("choices", Text, nullable=False),  # JSON: how columns are understood, what is wished
    Column("counts", Text),  # JSON
    Column("sheets", LargeBinary),  # what was read of the file
    Column("done", LargeBinary),  # what would take it back
    _big("applied_s", nullable=True),
    _big("undone_s", nullable=True),
    sqlite_autoincrement=True,
)
pending_move = Table(  # somebody belongs to another office from a day on
    "pending_move", metadata,
    Column("employee_id", Key, ForeignKey("employee.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("opd_id", Key, ForeignKey("opd.id"), nullable=False),
    Column("from_day", String(10), nullable=False),  # local date, ISO
    Column("actor", String(120), nullable=False),
)

# -- notices --------------------------------------------------------------------------------------------------------
notice = Table(  # what is to be told, written in the transaction of its cause; whom and how comes after
    "notice", metadata, _id(),
    Column("key", String(200), nullable=False, unique=True),  # of its cause: the same is told once
    Column("topic", String(24), nullable=False),
    Column("facts", Text, nullable=False),  # JSON
    _big("at_s"),
    _big("until_s"),  # afterwards it is not worth telling
    _big("addressed_s", nullable=True),
    sqlite_autoincrement=True,
)
Index(
    "ix_notice_unaddressed", notice.c.id,
    sqlite_where=notice.c.addressed_s.is_(None), postgresql_where=notice.c.addressed_s.is_(None),
)
notice_delivery = Table(  # a notice on its way to one address; the text as it was, or will be, sent
    "notice_delivery", metadata, _id(),
    Column("notice_id", Key, ForeignKey("notice.id", ondelete="CASCADE"), nullable=False),
    Column("topic", String(24), nullable=False),
    Column("channel", String(12), nullable=False),
    Column("address", String(254), nullable=False),
    Column("name", String(200), nullable=False, server_default=""),
    _big("opd_id", nullable=True),  # of the person, for whoever may see that office alone
    Column("language", String(5), nullable=False),
    Column("subject", String(200), nullable=False),
    Column("body", Text, nullable=False),
    Column("state", String(12), nullable=False, server_default="waiting"),  # sending | sent | given_up | lapsed
    Column("attempts", Integer, nullable=False, server_default="0"),
    _big("created_s"),
    _big("until_s"),
    _big("next_s"),  # not before
    _big("claim", 0),  # number of the attempt under way
    _big("ended_s", nullable=True),
    Column("result", String(200), nullable=False, server_default=""),  # what the other side said last
    UniqueConstraint("notice_id", "channel", "address"),
    sqlite_autoincrement=True,
)
Index(
    "ix_notice_delivery_open", notice_delivery.c.channel, notice_delivery.c.next_s,
    sqlite_where=notice_delivery.c.ended_s.is_(None), postgresql_where=notice_delivery.c.ended_s.is_(None),
)
Index("ix_notice_delivery_address", notice_delivery.c.address, notice_delivery.c.ended_s)
Index("ix_notice_delivery_ended", notice_delivery.c.ended_s)
trouble = Table(  # what stands wrong as the last look found it, so that its beginning and its end are told once
    "trouble", metadata,
    Column("key", String(200), primary_key=True),
    Column("topic", String(24), nullable=False),
    Column("facts", Text, nullable=False),
    _big("since_s"),
    _big("seen_s"),
    _big("told_s", nullable=True),
)

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
limit_draft = Table(  # changes of limits that are thought over: simulated, published now or later, or run in shadow
    "limit_draft", metadata, _id(),
    Column("name", String(120), nullable=False, server_default=""),
    Column("state", String(12), nullable=False, server_default="draft"),  # draft | scheduled | shadow | published
    Column("why", String(200), nullable=False, server_default=""),
    Column("by", String(120), nullable=False, server_default=""),
    _big("made_s"),
    _big("publish_s", nullable=True),
    _big("ended_s", nullable=True),
    _big("shadow_from_s", nullable=True),
    _big("shadow_until_s", nullable=True),
    Column("outcome", String(400), nullable=False, server_default=""),
    sqlite_autoincrement=True,
)
draft_change = Table(
    "draft_change", metadata,
    Column("draft_id", Key, ForeignKey("limit_draft.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("kind", String(24), primary_key=True),
    Column("key", String(253), primary_key=True),
    Column("field", String(40), primary_key=True),
    Column("value", String(1000), nullable=False, server_default=""),
    Column("seen", Text),  # what it was when somebody last looked; null: of before this was noted
)
draft_hit = Table(  # what a draft in shadow would have done on a local day
    "draft_hit", metadata,
    Column("draft_id", Key, ForeignKey("limit_draft.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("day", String(10), primary_key=True),
    Column("name", String(253), primary_key=True),
    Column("bins", Integer, nullable=False),
    Column("cut_bins", Integer, nullable=False),
    _big("cut_octets"),
    Column("freed_bins", Integer, nullable=False),
)
city_fact = Table(  # small facts that outlive a process: sample city?, audit head, demo marker
    "city_fact", metadata,
    Column("key", String(64), primary_key=True),
    Column("value", Text, nullable=False),
)
