"""Ended sessions in order of time, so that who was online when is read without the rows themselves."""

from __future__ import annotations

from netquota.storage.migrations.steps import index_where

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    columns = ["ended_s", "started_s", "employee_id", "site_id", "link_id"]
    index_where("ix_session_ended", "accounting_session", columns, "ended_s IS NOT NULL")
