"""Extras and cuts for sets of offices until a moment: what is on, to come and past; one is ended before its time."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_wtf import FlaskForm
from wtforms import StringField

from netquota.errors import Conflict
from netquota.services import allocate
from netquota.services.allocate import Record, Wanted
from netquota.services.event_end import begins_s, end_event
from web.admin.door import PAGE_ROWS, author, blueprint, page_number, pager
from web.context import here


class EndForm(FlaskForm):
    """Why it ends before its time."""

    why = StringField()


@blueprint.get("/events")
def events() -> str:
    """Every event, those that end last first."""
    page = allocate.listing(here().office, "event", Wanted({}, "-until", page_number(), PAGE_ROWS))
    return render_template(
        "admin/events.html", events=[(each, begins_s(each), _state(each)) for each in page.records],
        pages=pager(page.total, page.page),
    )  # fmt: skip


@blueprint.post("/events/<path:key>/end")
def events_end(key: str) -> ResponseReturnValue:
    """Let an event be over now, which the strip that follows takes back; one to come is called off for good."""
    record = allocate.get(here().office, "event", key)
    if _state(record) == "past":
        raise Conflict(gettext("It is over already."))
    done = end_event(here().office, record.key, author(gettext("ended before its time")))
    here().changed()
    if done.action == "remove":
        flash(gettext("%(key)s is called off; nothing comes of it.", key=record.key))
    else:
        flash(gettext("%(key)s is over; speeds and ceilings go back.", key=record.key))
    return redirect(url_for("admin.events"))


def _state(record: Record) -> str:
    if record.row["until_s"] <= here().now_s:
        return "past"
    return "on" if begins_s(record) <= here().now_s else "to come"
