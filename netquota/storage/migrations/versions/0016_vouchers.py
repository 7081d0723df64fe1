"""Vouchers for guests: batches, accounts of a batch, plans for guests, how many an office may have."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from netquota.storage.migrations.steps import Key, add, big, changing, ident

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    add("plan", sa.Column("for_guests", sa.Boolean, nullable=False, server_default=sa.false()))
    add("opd", sa.Column("guests", sa.Integer, nullable=False, server_default="0"))
    op.create_table(
        "voucher_batch",
        ident(),
        sa.Column("opd_id", Key, sa.ForeignKey("opd.id"), nullable=False, index=True),
        sa.Column("plan_id", Key, sa.ForeignKey("plan.id"), nullable=False),
        sa.Column("purpose", sa.String(200), nullable=False),
        sa.Column("sponsor", sa.String(120), nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        big("valid_for_s", nullable=True),
        big("valid_until_s", nullable=True),
        big("created_s"),
        sqlite_autoincrement=True,
    )
    with changing("employee") as batch:
        batch.add_column(sa.Column("batch_id", Key))
        batch.add_column(big("valid_for_s", nullable=True))
        batch.create_foreign_key("fk_employee_batch_id", "voucher_batch", ["batch_id"], ["id"])
        batch.create_index("ix_employee_batch_id", ["batch_id"])
