"""User names as staff see them, as columns of a statement: a guest's code is his credential, so a name stands for it.

Searched by as well: a part of a code finds nobody, or its letters could be found out one by one.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, String, case, cast, func, literal, select
from sqlalchemy.sql.selectable import FromClause

from netquota.domain.people import GUEST_GROUP, AccountKind, bare
from netquota.storage.schema import employee

_guest = employee.alias("guest")


def shown(username: ColumnElement[str]) -> ColumnElement[Any]:
    """A user name; of a guest the name of `guest_name`. The statement joins `employee`, where there is one.

    A name that was refused as nobody's is a guest's all the same where it is a code in another writing.
    """
    written = select(_name(_guest)).where(
        _guest.c.username_key == _bare(func.coalesce(username, "")), _guest.c.kind == AccountKind.GUEST
    )
    nobodys = func.coalesce(written.scalar_subquery(), username)
    is_guest, is_known = employee.c.kind == AccountKind.GUEST, employee.c.id.is_not(None)
    return case((is_guest, _name(employee)), (is_known, username), else_=nobodys)


def is_code(text: str) -> ColumnElement[bool]:
    """Whether the statement's employee is the guest of a whole code, however it is written."""
    return (employee.c.kind == AccountKind.GUEST) & (employee.c.username_key == bare(text))


def _name(of: FromClause) -> ColumnElement[str]:
    number = cast(of.c.batch_id, String(20))
    return literal("V-", String) + number + literal("-", String) + func.substr(of.c.username_key, 1, GUEST_GROUP)


def _bare(username: ColumnElement[Any]) -> ColumnElement[Any]:
    return func.lower(func.replace(func.replace(username, "-", ""), " ", ""))
