"""What a cut leaves of an office's ceiling, so that it is reckoned when it begins."""

from __future__ import annotations

import sqlalchemy as sa

from netquota.storage.migrations.steps import add

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    add("ceiling_grant", sa.Column("leaves_permille", sa.Integer))
