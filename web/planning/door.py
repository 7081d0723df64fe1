"""The blueprint of the planning pages and what its views share: the book of studies, tasks and their progress."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from netquota.services.planning.dimensioning import Book, book
from netquota.storage import plan_store
from netquota.storage.plan_store import Task
from web.admin.door import author
from web.context import here

blueprint = Blueprint("planning", __name__, url_prefix="/planning")
short_links = Blueprint("traces", __name__, url_prefix="/plan")
"""The short links that documents print, `/plan/trace/9f2c…/D3`."""


def read_book(kinds: tuple[int, ...] = ()) -> Book:
    """All studies; the demand of these kinds alone, as a page needs it."""
    with here().database.read() as connection:
        return book(connection, kinds)


def study_task() -> Task | None:
    """The task that computes the studies, while it waits or runs, or where it failed last."""
    with here().database.read() as connection:
        task = plan_store.newest_task(connection, plan_store.STUDY)
    return task if task is not None and task.state != "done" else None


@blueprint.post("/compute")
def compute() -> ResponseReturnValue:
    """Ask for all studies anew; the process that plans begins within seconds."""
    context = here()
    with context.database.write() as connection:
        plan_store.ask(connection, plan_store.STUDY, "", author().name, context.now_s)
    flash(gettext("The studies are being computed; this takes some minutes."))
    return redirect(url_for("planning.capacity"))


@blueprint.get("/tasks/<int:task_id>")
def task(task_id: int) -> str:
    """How far a task is: the part of a page that htmx asks for every two seconds."""
    with here().database.read() as connection:
        found = plan_store.task(connection, task_id)
    if found is None:
        abort(404)
    return render_template("planning/task.html", task=found, back=request.args.get("back", ""))
