"""Entries of the audit trail that one act made together are known as such."""

from __future__ import annotations

from netquota.storage.migrations.steps import add, index_where, text

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    add("audit_entry", text("act", 40))
    index_where("ix_audit_entry_act", "audit_entry", ["act"], "act != ''")
