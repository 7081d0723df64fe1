"""Codes with which a person sets a password."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from netquota.storage.migrations.steps import Key, big

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "password_code",
        sa.Column("digest", sa.LargeBinary(32), primary_key=True),
        sa.Column("employee_id", Key, sa.ForeignKey("employee.id", ondelete="CASCADE"), nullable=False, index=True),
        sa.Column("way", sa.String(8), nullable=False),
        sa.Column("by", sa.String(120), nullable=False),
        big("expires_s"),
    )
