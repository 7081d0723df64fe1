"""Accounts whose password is checked in a directory elsewhere."""

from __future__ import annotations

import sqlalchemy as sa

from netquota.storage.migrations.steps import add

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    add("employee", sa.Column("directory", sa.Boolean, nullable=False, server_default=sa.false()))
