"""One box for everything: people, offices, gateways, running sessions by address or session number."""

from __future__ import annotations

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from netquota.services import allocate
from netquota.services.allocate import Wanted
from netquota.storage.session_report import SessionFilter, open_sessions
from web.admin import sessions
from web.admin.door import argument, blueprint, scope_opd_id
from web.context import here

_MOST = 10


@blueprint.get("/search")
def search() -> ResponseReturnValue:
    """What matches `?q=`; a single hit is opened at once."""
    context, text = here(), argument("q")
    if not text:
        return render_template("admin/search.html", q="", people=(), opds=(), clients=(), rows=(), columns=())
    scope, snapshot = scope_opd_id(), here().policy.snapshot
    filters = {} if scope is None else {"opd": snapshot.opds[scope].code}
    digits = "".join(letter for letter in text if letter not in " .-")
    people = allocate.listing(
        context.office, "employee", Wanted(filters, "name", 1, _MOST, digits if digits.isdecimal() else text)
    ).records
    low = text.lower()
    opds = [
        o for o in snapshot.opds.values() if (low in o.code.lower() or low in o.name.lower()) and scope in (None, o.id)
    ]
    clients = [n for n in snapshot.nas_by_id.values() if scope is None and (low in n.name.lower() or low in n.address)]
    with context.database.read() as connection:
        page = open_sessions(connection, SessionFilter(opd_id=scope, search=text, size=_MOST), context.now_s)
        rows = sessions.table_rows(connection, page)
    hits = [url_for("admin.employee", username=record.key) for record in people]
    hits += [url_for("admin.opd", code=each.code) for each in opds]
    hits += [url_for("admin.gateway", name=each.name) for each in clients]
    if len(hits) == 1 and all(row.session.login == people[0].key for row in rows if people):
        return redirect(hits[0])
    if not hits and len(rows) == 1:
        return redirect(url_for("admin.session", session_id=rows[0].session.id))
    return render_template(
        "admin/search.html", q=text, people=people, opds=opds[:_MOST], clients=clients[:_MOST], rows=rows,
        columns=sessions.columns(""),
    )  # fmt: skip
