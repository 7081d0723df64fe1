"""Days off with their kind, Ramadan by year, and schedules of offices and people of their own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from netquota.storage.migrations.steps import Key, add, changing, ident, text

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    _number_holidays()
    op.create_table(
        "ramadan",
        ident(),
        sa.Column("year", sa.String(8), nullable=False),
        sa.Column("first_day", sa.String(10), nullable=False),
        sa.Column("last_day", sa.String(10), nullable=False),
        sa.Column("confirmed", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("version", sa.Integer, nullable=False, server_default="1"),
        sa.UniqueConstraint("year", name="uq_ramadan_year"),
    )
    add("schedule_window", text("season", 8, "any"))
    for table in ("opd", "employee"):
        with changing(table) as batch:
            batch.add_column(sa.Column("schedule_id", Key))
            batch.create_foreign_key(f"fk_{table}_schedule_id", "schedule", ["schedule_id"], ["id"])


def _number_holidays() -> None:
    """The table gets numbers, as all that people edit has; its rows, which only people can have made, stay."""
    connection = op.get_bind()
    days = connection.execute(sa.text("SELECT day, name FROM holiday ORDER BY day")).mappings().all()
    op.drop_table("holiday")
    made = op.create_table(
        "holiday",
        ident(),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        text("kind", 8, "own"),
        sa.Column("works", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("version", sa.Integer, nullable=False, server_default="1"),
        sa.UniqueConstraint("day", name="uq_holiday_day"),
    )
    op.bulk_insert(made, [dict(day) for day in days])
