"""Devices of people, named by their owners, and the tokens by which they log in again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from netquota.storage.migrations.steps import Key, add, big, ident, text

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    add("plan", sa.Column("remember_days", sa.Integer, nullable=False, server_default="7"))
    add("login_token", sa.Column("remember_days", sa.Integer, nullable=False, server_default="0"))
    op.create_table(
        "device",
        ident(),
        sa.Column("employee_id", Key, sa.ForeignKey("employee.id", ondelete="CASCADE"), nullable=False),
        sa.Column("mac", sa.String(64), nullable=False),
        text("name", 40),
        big("first_s"),
        big("seen_s"),
        sa.UniqueConstraint("employee_id", "mac"),
    )
    op.create_table(
        "device_token",
        sa.Column("digest", sa.LargeBinary(32), primary_key=True),
        sa.Column("device_id", Key, sa.ForeignKey("device.id", ondelete="CASCADE"), nullable=False, index=True),
        big("nas_id", nullable=True),
        sa.Column("token_encrypted", sa.LargeBinary, nullable=False),
        big("created_s"),
        big("expires_s", index=True),
    )
