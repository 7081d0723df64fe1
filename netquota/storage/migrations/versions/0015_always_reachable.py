"""The city's own applications that stay reachable before log-in and after the quota."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from netquota.storage.migrations.steps import ident

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.create_table(
        "reachable",
        ident(),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("hosts", sa.Text, nullable=False),
        sa.Column("url", sa.String(300)),
        sa.Column("version", sa.Integer, nullable=False, server_default="1"),
        sa.UniqueConstraint("name", name="uq_reachable_name"),
        sqlite_autoincrement=True,
    )
