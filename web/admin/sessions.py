"""Live sessions: found, filtered, sorted; each with its limit, its state and the result of its last order."""

from __future__ import annotations

from dataclasses import dataclass

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from netquota.errors import NotFound
from netquota.services import sight, usage
from netquota.services.explain import explain
from netquota.services.slowness import why_slow
from netquota.storage import report_store, usage_report
from netquota.storage.database import Connection
from netquota.storage.order_store import OrderState
from netquota.storage.session_report import OpenSession, SessionFilter, SessionPage, SessionState, open_sessions
from web.admin import slow as slow_causes
from web.admin import words
from web.admin.door import (
    PAGE_ROWS,
    argument,
    blueprint,
    is_part,
    page_number,
    pager,
    sorted_column,
)
from web.components import Column, Mood
from web.context import here

ASKED = ("q", "opd", "nas", "state", "sort")
"""What the list's address may ask for."""
SPARK_S = 3600
_OPEN = (OrderState.PENDING, OrderState.SENT)
SORTS = ("-down", "-up", "name", "opd", "gateway", "since", "-since", "-limit")


@dataclass(frozen=True, slots=True)
class Row:
    """A session as the table shows it; `before` the limit that a fresh order replaced."""

    session: OpenSession
    mood: Mood
    state: str
    spark: tuple[int | None, ...]
    picked: bool
    age: str


def picked_ids() -> tuple[int, ...]:
    """The sessions that are ticked, from the address or a form."""
    texts = [*request.args.getlist("session"), *request.form.getlist("session")]
    return tuple(dict.fromkeys(int(text) for text in texts if text.isdecimal() and len(text) < 19))


def wanted() -> SessionFilter:
    """What the address asks for, within the person's scope."""
    opd, nas, state = argument("opd"), argument("nas"), argument("state")
    snapshot = here().policy.snapshot
    opd_id = next((o.id for o in snapshot.opds.values() if o.code == opd), -1) if opd else None
    nas_id = next((n.id for n in snapshot.nas_by_id.values() if n.name == nas), -1) if nas else None
    return SessionFilter(
        opd_id, nas_id, state=SessionState(state) if state in set(SessionState) else None, search=argument("q"),
        sort=argument("sort") or "-down", page=page_number(), size=PAGE_ROWS, scope=here().scope,
    )  # fmt: skip


@blueprint.get("/sessions")
def sessions() -> str:
    """The list; htmx asks for the table alone."""
    context, asked = here(), wanted()
    with context.database.read() as connection:
        page = open_sessions(connection, asked, context.now_s)
        rows = table_rows(connection, page, picked_ids())
    snapshot = context.policy.snapshot
    values = {
        "page": page,
        "rows": rows,
        "columns": columns(asked.sort),
        "filter": asked,
        "pages": pager(page.total, asked.page, gettext("speeds and limits in Mbit/s")),
        "poll_s": 2 if any(row.session.order and row.session.order.state in _OPEN for row in rows) else 10,
        "here_url": url_for("admin.sessions", **{k: v for k, v in request.args.items() if k != "session"}),
        "opds": [opd.code for opd in sight.offices(snapshot, context.scope)],
        "clients": sorted(nas.name for nas in snapshot.nas_by_id.values()),
        "states": words.session_states(),
        "sorts": [
            ("-down", gettext("Fastest first")), ("-up", gettext("Fastest upload first")), ("name", gettext("By name")),
            ("since", gettext("Longest first")), ("-since", gettext("Newest first")),
        ],
        "asked": {name: argument(name) for name in ASKED},
        "scoped": not context.scope.is_all,
        "newest_ago": words.ago(context.now_s, page.newest_s),
    }  # fmt: skip
    return render_template("admin/sessions_live.html" if is_part() else "admin/sessions.html", **values)


def columns(sort: str) -> list[Column]:
    """The table's headings."""
    return [
        Column(gettext("Choose"), hidden_label=True),
        sorted_column(gettext("Employee"), "name", sort),
        sorted_column("OPD", "opd", sort),
        sorted_column(gettext("Gateway"), "gateway", sort),
        sorted_column("IP", "ip", sort),
        Column("MAC", css="roomy"),
        sorted_column(gettext("Since"), "since", sort, number=True),
        sorted_column(gettext("Download"), "down", sort, number=True, arrow="down"),
        sorted_column(gettext("Upload"), "up", sort, number=True, arrow="up"),
        Column(gettext("1 hour")),
        sorted_column(gettext("Limit"), "limit", sort, number=True),
        Column(gettext("State")),
        Column(gettext("Actions"), hidden_label=True),
    ]


def table_rows(connection: Connection, page: SessionPage, picked: tuple[int, ...] = ()) -> list[Row]:
    """The page's sessions with their states and their people's last hour."""
    context = here()
    people = [session.employee_id for session in page.sessions if session.employee_id is not None]
    to_s = (context.now_s - usage.SETTLED_S) // usage.BIN_S * usage.BIN_S
    bins = usage_report.bins_by_subject(connection, usage.PERSON, people, to_s - SPARK_S, to_s)
    found: list[Row] = []
    for session in page.sessions:
        mood, state = words.session_state(session, context.now_ms)
        rates = {entry.bin_s: usage.rate_bps(entry.down) for entry in bins.get(session.employee_id or 0, [])}
        first = max(to_s - SPARK_S, session.started_s // usage.BIN_S * usage.BIN_S)
        spark = tuple(
            rates.get(at, 0) if at >= first else None for at in range(to_s - SPARK_S, to_s, usage.BIN_S)
        )  # fmt: skip
        age = words.ago(context.now_s, session.last_event_s)
        found.append(Row(session, mood, state, spark, session.id in picked, age))
    return found


@blueprint.get("/sessions/<int:session_id>")
def session(session_id: int) -> ResponseReturnValue:
    """One running session: who, where, what it has, its orders; from here it is changed or ended.

    The part that renews itself has the whole page loaded anew once the session is over: its head offers nothing more.
    """
    context = here()
    with context.database.read() as connection:
        page = open_sessions(connection, SessionFilter(session_ids=(session_id,), scope=context.scope), context.now_s)
        wanted_orders = report_store.OrderFilter(session_id=session_id, scope=context.scope)
        orders = report_store.order_lines(connection, wanted_orders)
        rows = table_rows(connection, page)
        slow = _slow(connection, page.sessions[0]) if page.sessions else []
    if not (rows or orders or context.scope.is_all):
        raise NotFound("session", session_id)
    shown = render_template(
        "admin/session.html", row=rows[0] if rows else None, session_id=session_id,
        orders=[(order, *words.order_line(order)) for order in orders],
        orders_url=url_for("admin.orders", session=session_id), slow=slow,
    )  # fmt: skip
    return shown, 200, {"HX-Refresh": "true"} if is_part() and not rows else {}


def _slow(connection: Connection, shown: OpenSession) -> list[slow_causes.Told]:
    """What makes this session slow; nothing where nobody knows whose it is."""
    context = here()
    person = context.policy.snapshot.subscriber_by_id.get(shown.employee_id or 0)
    if person is None:
        return []
    found = explain(connection, context.policy, context.gateways, person, context.now_s)
    every = why_slow(connection, context.policy, found, context.now_s)
    return slow_causes.told([one for one in every if one.session is not None and one.session.id == shown.id])
