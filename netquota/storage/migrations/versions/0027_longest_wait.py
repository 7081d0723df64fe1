"""Whether a group's turns follow its order, or go to whoever waited longest."""

from __future__ import annotations

from netquota.storage.migrations.steps import add, text

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    for table in ("rotation", "rotation_stage"):
        add(table, text("choice", 12, "order"))
