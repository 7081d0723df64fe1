"""Roll-ups, up-times, ceilings in force, measured interfaces and the reachability of links."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from netquota.storage.migrations.steps import Key, add, big, changing, ident, rate, text

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    _change_policy()
    _add_roll_ups()
    _add_marks()
    _add_interfaces()
    # until now it was only kept when a gateway was heard first and last
    op.execute(
        "INSERT INTO gateway_uptime (gateway_id, from_s, to_s) SELECT id, first_packet_s, last_packet_s FROM gateway"
        " WHERE first_packet_s IS NOT NULL AND last_packet_s >= first_packet_s"
    )


def _change_policy() -> None:
    add(
        "nas",
        text("snmp", 4, "off"),
        sa.Column("snmp_address", sa.String(45)),
        sa.Column("snmp_port", sa.Integer),
        sa.Column("snmp_community_encrypted", sa.LargeBinary),
        sa.Column("snmp_user", sa.String(64)),
        text("snmp_auth", 8, "sha"),
        sa.Column("snmp_auth_password_encrypted", sa.LargeBinary),
        text("snmp_privacy", 8, "aes"),
        sa.Column("snmp_privacy_password_encrypted", sa.LargeBinary),
    )
    add("site", sa.Column("interface", sa.String(63)), text("interface_faces", 8, "users"))
    with changing("provider_link") as batch:
        batch.add_column(sa.Column("nas_id", Key))
        batch.create_foreign_key("fk_provider_link_nas_id", "nas", ["nas_id"], ["id"])
        batch.add_column(sa.Column("interface", sa.String(63)))
        batch.add_column(text("interface_faces", 8, "provider"))
        batch.add_column(sa.Column("probe_address", sa.String(45)))


def _subject() -> tuple[sa.Column[int], sa.Column[int]]:
    return (
        sa.Column("kind", sa.SmallInteger, primary_key=True),
        sa.Column("subject_id", sa.BigInteger, primary_key=True),
    )


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=False)


def _add_roll_ups() -> None:
    op.create_table(
        "usage_hour",
        *_subject(),
        sa.Column("hour_s", sa.BigInteger, primary_key=True),
        big("down"),
        big("up"),
        sa.Column("counted", sa.SmallInteger, nullable=False),
        sa.Column("coarse", sa.SmallInteger, nullable=False),
        sa.Column("closed", sa.Boolean, nullable=False, server_default=sa.false()),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "usage_day",
        *_subject(),
        sa.Column("day_s", sa.BigInteger, primary_key=True),
        big("down"),
        big("up"),
        _number("counted"),
        _number("coarse"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "usage_measure",
        *_subject(),
        sa.Column("span", sa.String(7), primary_key=True),
        sa.Column("source", sa.SmallInteger, primary_key=True),
        big("p95_down_bps", nullable=True),
        big("p95_up_bps", nullable=True),
        big("down"),
        big("up"),
        _number("valid"),
        _number("coarse"),
        _number("expected"),
        big("made_s"),
        sqlite_with_rowid=False,
    )


def _add_marks() -> None:
    op.create_table(
        "coarse_bin",
        *_subject(),
        sa.Column("bin_s", sa.BigInteger, primary_key=True),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "late_sample",
        ident(),
        sa.Column("kind", sa.SmallInteger, nullable=False),
        big("subject_id"),
        big("hour_s"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "gateway_uptime",
        sa.Column("gateway_id", sa.BigInteger, primary_key=True),
        sa.Column("from_s", sa.BigInteger, primary_key=True),
        big("to_s"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "ceiling_history",
        *_subject(),
        sa.Column("from_s", sa.BigInteger, primary_key=True),
        *rate("ceiling"),
        sqlite_with_rowid=False,
    )


def _add_interfaces() -> None:
    op.create_table(
        "interface_reading",
        *_subject(),
        sa.Column("interface", sa.String(63), nullable=False),
        big("nas_id"),
        sa.Column("if_index", sa.Integer),
        big("at_s", nullable=True),
        big("up_ticks", nullable=True),
        text("input", 20, "0"),
        text("output", 20, "0"),
        sa.Column("bits", sa.SmallInteger, nullable=False, server_default="64"),
        big("speed_bps", nullable=True),
        big("now_down_bps", nullable=True),
        big("now_up_bps", nullable=True),
        big("total_down", 0),
        big("total_up", 0),
        text("by", 8),
        text("problem", 200),
        big("problem_s", nullable=True),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "reach_sample",
        sa.Column("link_id", sa.BigInteger, primary_key=True),
        sa.Column("bin_s", sa.BigInteger, primary_key=True),
        sa.Column("by", sa.String(8), primary_key=True),
        _number("sent"),
        _number("received"),
        big("round_trip_us", nullable=True),
        big("longest_us", nullable=True),
        sqlite_with_rowid=False,
    )
