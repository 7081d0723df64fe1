"""Terms of use by edition, and who accepted which."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from netquota.storage.migrations.steps import Key, big, ident, text

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.create_table(
        "terms",
        ident(),
        sa.Column("edition", sa.String(20), nullable=False),
        sa.Column("from_day", sa.String(10), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("text_en", sa.Text),
        sa.Column("version", sa.Integer, nullable=False, server_default="1"),
        sa.UniqueConstraint("edition", name="uq_terms_edition"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "terms_acceptance",
        ident(),
        sa.Column("employee_id", Key, sa.ForeignKey("employee.id", ondelete="CASCADE"), nullable=False),
        sa.Column("terms_id", Key, sa.ForeignKey("terms.id"), nullable=False, index=True),
        big("at_s"),
        text("mac", 64),
        sa.UniqueConstraint("employee_id", "terms_id", name="uq_terms_acceptance_employee_id_terms_id"),
    )
