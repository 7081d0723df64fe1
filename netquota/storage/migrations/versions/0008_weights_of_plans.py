"""A plan's weight, by which its sessions have their parts of a ceiling that is shared and short."""

from __future__ import annotations

import sqlalchemy as sa

from netquota.storage.migrations.steps import add

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    add("plan", sa.Column("weight", sa.Integer, nullable=False, server_default="1"))
