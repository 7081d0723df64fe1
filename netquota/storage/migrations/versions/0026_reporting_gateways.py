"""Which of a client's gateways reported a reading of an interface."""

from __future__ import annotations

from netquota.storage.migrations.steps import add, text

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    add("interface_reading", text("gateway", 253))
