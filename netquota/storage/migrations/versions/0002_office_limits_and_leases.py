"""Limits for whole offices, leases of quotas, what gateways can do, landing on a quota's line, unknown sources."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from netquota.storage.migrations.steps import Key, add, big, changing, ident, index_where, rate, text

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    _change_policy()
    _change_gateways()
    _change_counts()
    _change_orders()
    _add_leases()
    _add_shares()
    _add_queues()
    op.create_table(
        "unknown_source",
        sa.Column("address", sa.String(64), primary_key=True),
        big("count", 0),
        big("first_s"),
        big("last_s"),
    )


def _change_policy() -> None:
    add("opd", *rate("boost"), big("boost_until_s", nullable=True), text("boost_why", 200))
    add(
        "nas",
        sa.Column("coa_per_second", sa.Integer),
        sa.Column("rest_url", sa.String(200)),
        sa.Column("rest_user", sa.String(80)),
        sa.Column("rest_password_encrypted", sa.LargeBinary),
        text("rest_tls", 64, "verify"),
    )
    add(
        "site",
        sa.Column("match_vlan", sa.Integer),
        sa.Column("way", sa.String(8)),
        sa.Column("group_name", sa.String(63)),
    )
    with changing("employee") as batch:
        batch.add_column(sa.Column("nt_hash_encrypted", sa.LargeBinary))
        batch.add_column(text("kind", 8, "person"))
        batch.add_column(sa.Column("site_id", Key))
        batch.create_foreign_key("fk_employee_site_id", "site", ["site_id"], ["id"])
        batch.add_column(sa.Column("mac_login", sa.String(17)))
        batch.create_unique_constraint("uq_employee_mac_login", ["mac_login"])
    add("quota", text("steps", 400), sa.Column("landing", sa.Boolean, nullable=False, server_default=sa.true()))


def _change_gateways() -> None:
    for name in ("coa_rate", "disconnect"):
        add(
            "gateway",
            text(f"{name}_why", 40),
            big(f"{name}_since_s", nullable=True),
            sa.Column(f"{name}_misses", sa.Integer, nullable=False, server_default="0"),
            big(f"{name}_missed_s", nullable=True),
        )
    add("gateway_problem", big("first_s", 0))
    op.execute("UPDATE gateway_problem SET first_s = last_s")  # more was not kept


def _change_counts() -> None:
    add("accounting_session", text("audit_session_id", 64), big("seq", 0))
    with changing("usage_sample") as batch:
        batch.add_column(sa.Column("part", sa.SmallInteger, nullable=False, server_default="0"))
        batch.drop_constraint("pk_usage_sample", type_="primary")
        batch.create_primary_key("pk_usage_sample", ["kind", "subject_id", "bin_s", "part"])


def _change_orders() -> None:
    op.drop_index("ix_enforcement_open", "enforcement")
    add("enforcement", big("site_id", nullable=True), big("cause_ms", 0))
    op.execute("UPDATE enforcement SET cause_ms = created_ms")
    with changing("enforcement") as batch:
        batch.drop_column("due_ms")
    index_where("ix_enforcement_open", "enforcement", ["gateway_id", "id"], "ended_ms IS NULL")
    index_where("ix_enforcement_site", "enforcement", ["site_id"], "site_id IS NOT NULL")


def _add_leases() -> None:
    op.create_table(
        "octet_lease",
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("quota_id", sa.BigInteger, primary_key=True),
        big("subject_id"),
        big("employee_id"),
        sa.Column("mac", sa.String(64), nullable=False),
        big("nas_id"),
        sa.Column("gateway", sa.String(253), nullable=False),
        big("session_id", nullable=True),
        big("cap"),
        big("last_grant"),
        big("used_at_grant"),
        sa.Column("interim_s", sa.Integer, nullable=False),
        big("opened_s"),
        big("until_s", nullable=True),
        big("freed_s", nullable=True),
    )
    index_where("ix_octet_lease_held", "octet_lease", ["quota_id", "subject_id"], "freed_s IS NULL")
    op.create_index("ix_octet_lease_session_id", "octet_lease", ["session_id"])


def _add_shares() -> None:
    op.create_table(
        "share_ceiling",
        sa.Column("opd_id", sa.BigInteger, primary_key=True, autoincrement=False),
        big("round_ms", 0),
    )
    op.create_table(
        "session_share",
        sa.Column("session_id", sa.BigInteger, primary_key=True, autoincrement=False),
        big("opd_id", index=True),
        *rate("share", nullable=False),
        *rate("was", nullable=False),
        big("changed_s"),
        postgresql_with={"fillfactor": 70},
    )
    op.create_table(
        "share_reservation",
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        big("opd_id", index=True),
        big("site_id"),
        big("employee_id"),
        sa.Column("mac", sa.String(64), nullable=False),
        *rate("rate", nullable=False),
        big("until_s"),
    )


def _add_queues() -> None:
    op.create_table(
        "queue_state",
        sa.Column("site_id", Key, sa.ForeignKey("site.id", ondelete="CASCADE"), primary_key=True),
        *rate("actual"),
        big("since_s", nullable=True),
        big("confirmed_s", nullable=True),
        text("by", 8),
        text("problem", 200),
        big("problem_s", nullable=True),
    )
    op.create_table(
        "gateway_token",
        ident(),
        sa.Column("nas_id", Key, sa.ForeignKey("nas.id", ondelete="CASCADE"), nullable=False, index=True),
        sa.Column("digest", sa.LargeBinary(32), nullable=False, unique=True),
        text("created_by", 120),
        big("created_s"),
        big("revoked_s", nullable=True),
        big("last_pull_s", nullable=True),
        text("last_address", 45),
        sqlite_autoincrement=True,
    )
