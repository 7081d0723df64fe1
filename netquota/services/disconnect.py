"""Use case: somebody ends running sessions. The orders and the audit entries are one transaction."""

from __future__ import annotations

from collections.abc import Sequence

from netquota.domain.policy import Code
from netquota.services.enforce import disconnect_sessions
from netquota.services.office import Author, Office, needed
from netquota.storage import audit_store
from netquota.storage.ledger_store import page_on
from netquota.storage.session_report import SessionFilter, open_sessions


def disconnect(office: Office, session_ids: Sequence[int], by: Author) -> list[int]:
    """Order the end of these sessions, where they still run and are in scope; those it was ordered for.

    Raises `InvalidValue` without a reason.
    """
    why = needed(by)
    with office.database.write() as connection:
        mine = SessionFilter(session_ids=tuple(session_ids), size=max(1, len(session_ids)), scope=office.scope)
        seen = {session.id: session.username for session in open_sessions(connection, mine, office.now_s).sessions}
        rows = [row for row in page_on(connection).sessions_by_id(list(seen)) if row.is_open]
        ordered = disconnect_sessions(connection, rows, Code.ENDED_BY_ADMIN, "[]", office.now_s * 1000)
        for row in rows:
            if row.id in ordered:
                audit_store.append(
                    connection, actor=by.name, action="disconnect", kind="session", key=seen[row.id], before={},
                    after={"session": row.acct_session_id}, why=why, now_s=office.now_s,
                )  # fmt: skip
    return ordered
