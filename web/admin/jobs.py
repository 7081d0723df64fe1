"""One job of the clock: what it does, its runs, and what may be done: run now, try without effect, leave out."""

from __future__ import annotations

from collections.abc import Mapping

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import HiddenField, StringField
from wtforms.validators import Length

from netquota.errors import Conflict, InvalidValue
from netquota.services import job_desk
from netquota.services.job_desk import JobLine, Rehearsed
from netquota.services.jobs import Job, jobs
from netquota.storage.job_store import RunState
from web import conflicts
from web.admin import timetable
from web.admin.door import author, blueprint
from web.auth.forms import refusal
from web.context import here

RUNS_SHOWN = 30
_LATE_S = 60
_AGAIN = (RunState.FAILED, RunState.SKIPPED)


class JobForm(FlaskForm):
    """Why, and for which due (empty: now, or the next)."""

    due = HiddenField()
    why = StringField(_("Why"), [Length(max=200)], render_kw={"required": True})


def table() -> Mapping[str, Job]:
    """The jobs of this installation."""
    return jobs(here().settings)


@blueprint.get("/jobs/<name>")
def job(name: str) -> str:
    """The job with its runs."""
    _known(name)
    return _page(name, JobForm(formdata=None))


@blueprint.post("/jobs/<name>/run")
def job_run(name: str) -> ResponseReturnValue:
    """Ask for a run now, or say what the next one would do."""
    _known(name)
    form = JobForm()
    if not form.validate_on_submit():
        return _page(name, form), 400
    try:
        if request.form.get("rehearse"):
            floor_bps = here().settings.enforcement.throttle_floor_bps
            return _page(name, form, job_desk.rehearse(here().office, table(), name, floor_bps, _due_s(form)))
        job_desk.run_now(here().office, table(), name, author(str(form.why.data or "")), _due_s(form))
    except (InvalidValue, Conflict) as error:
        return _blamed(name, form, error)
    flash(gettext("The job is asked for; the scheduler takes it up within seconds."))
    return redirect(url_for("admin.job", name=name))


@blueprint.post("/jobs/<name>/skip")
def job_skip(name: str) -> ResponseReturnValue:
    """Leave out the next run, or the one of a due."""
    _known(name)
    form = JobForm()
    if not form.validate_on_submit():
        return _page(name, form), 400
    try:
        job_desk.skip(here().office, table(), name, _due_s(form), author(str(form.why.data or "")))
    except (InvalidValue, Conflict) as error:
        return _blamed(name, form, error)
    flash(gettext("The run is left out."))
    return redirect(url_for("admin.job", name=name))


def lateness(line: JobLine) -> int:
    """Seconds by which a job is late, where that is worth a word; 0 where it is on time."""
    late_s = line.overdue_s or line.late_s or 0
    return late_s if late_s >= _LATE_S else 0


def _known(name: str) -> None:
    if name not in table():
        abort(404)


def _due_s(form: JobForm) -> int | None:
    text = str(form.due.data or "")
    return int(text) if text.isdecimal() and len(text) < 12 else None


def _blamed(name: str, form: JobForm, error: InvalidValue | Conflict) -> ResponseReturnValue:
    form.why.errors = [refusal(error) if isinstance(error, InvalidValue) else conflicts.told(error)]
    return _page(name, form), 409 if isinstance(error, Conflict) else 400


def _page(name: str, form: JobForm, told: Rehearsed | None = None) -> str:
    clockwork = job_desk.listing(here().office, table())
    line = next(line for line in clockwork.jobs if line.name == name)
    return render_template(
        "admin/job.html", line=line, holder=clockwork.holder, form=form, told=told, again=_AGAIN,
        runs=job_desk.history(here().office, table(), name, RUNS_SHOWN), job_words=timetable.job,
        result_words=timetable.result, late_s=lateness(line),
    )  # fmt: skip
