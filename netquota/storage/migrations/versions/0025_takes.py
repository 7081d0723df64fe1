"""How often a task of planning was taken up: one that kills its process is given up."""

from __future__ import annotations

import sqlalchemy as sa

from netquota.storage.migrations.steps import add

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    add("plan_task", sa.Column("takes", sa.Integer, nullable=False, server_default="0"))
