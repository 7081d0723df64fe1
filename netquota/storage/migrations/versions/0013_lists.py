"""Lists that are imported, and moves to other offices that they plan."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from netquota.storage.migrations.steps import Key, big, ident, text

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.create_table(
        "import_run",
        ident(),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("file", sa.String(200), nullable=False),
        sa.Column("actor", sa.String(120), nullable=False),
        big("at_s"),
        text("state", 12, "open"),
        sa.Column("choices", sa.Text, nullable=False),
        sa.Column("counts", sa.Text),
        sa.Column("sheets", sa.LargeBinary),
        sa.Column("done", sa.LargeBinary),
        big("applied_s", nullable=True),
        big("undone_s", nullable=True),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "pending_move",
        _of_employee(),
        sa.Column("opd_id", Key, sa.ForeignKey("opd.id"), nullable=False),
        sa.Column("from_day", sa.String(10), nullable=False),
        sa.Column("actor", sa.String(120), nullable=False),
    )


def _of_employee() -> sa.Column[int]:
    owner = sa.ForeignKey("employee.id", ondelete="CASCADE")
    return sa.Column("employee_id", Key, owner, primary_key=True, autoincrement=False)
