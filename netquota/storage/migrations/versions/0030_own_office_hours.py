"""Office hours of an office's own, in which it is measured."""

from __future__ import annotations

from netquota.storage.migrations.steps import add, text

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    add("opd", text("office_hours", 400))
