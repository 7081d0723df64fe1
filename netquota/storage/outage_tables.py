"""The table of outages of provider links. Instants are epoch seconds (`*_s`, UTC)."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, String, Table, true

from netquota.storage.columns import Key, big, ident, metadata

# fmt: off
link_outage = Table(
    "link_outage", metadata, ident(),
    Column("link_id", Key, ForeignKey("provider_link.id", ondelete="CASCADE"), nullable=False, index=True),
    big("from_s"),
    big("until_s", nullable=True),
    Column("why", String(200), nullable=False),
    Column("by", String(120), nullable=False),
    big("began_s", nullable=True),
    big("ended_s", nullable=True),
    Column("settled", Boolean, nullable=False, server_default=true()),  # running sessions follow its last change
)
