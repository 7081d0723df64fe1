"""What a draft's fields were when somebody last looked at them, so that no later change is overwritten unseen."""

from __future__ import annotations

import sqlalchemy as sa

from netquota.storage.migrations.steps import add

revision = "0032"
down_revision = "0031"


def upgrade() -> None:
    add("draft_change", sa.Column("seen", sa.Text))
