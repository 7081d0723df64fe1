"""The budget request: versions that were made, the wizard, the preview with its traces, approval, the files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import quote

from flask import Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from netquota.documents.inputs import BudgetKind
from netquota.documents.rab import rab
from netquota.domain.samples import LINK
from netquota.errors import ConfigurationError, Conflict, InvalidValue, NotFound
from netquota.services.office import account_of
from netquota.services.planning import budget_desk
from netquota.services.planning.budget_choices import Choices, choices_of
from netquota.services.planning.budget_desk import Opened
from netquota.services.planning.budget_settings import step_of
from netquota.storage import budget_store, plan_store
from netquota.storage.database import Connection
from netquota.storage.plan_policy import PlannedLink
from web import conflicts
from web.admin.door import author, may
from web.auth.forms import refusal
from web.auth.person import present
from web.context import here
from web.frame import open_menu
from web.planning import budget_form
from web.planning.budget_form import BudgetForm
from web.planning.door import blueprint, read_book, short_links
from web.planning.handing_in import checks

TYPES = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}


@blueprint.get("/budget")
def budget() -> str:
    """The versions that were made, the newest first."""
    with here().database.read() as connection:
        rows = budget_store.documents(connection)
    return render_template("planning/budget.html", rows=rows)


@blueprint.route("/budget/new", methods=["GET", "POST"])
def budget_new() -> ResponseReturnValue:
    """The wizard; it begins with what the last version had."""
    open_menu("budget")
    context, found = here(), read_book()
    codes = [opd.code for opd in found.opds]
    form = budget_form.submitted(codes) if request.method == "POST" else budget_form.filled(_last(), codes)
    problems: dict[str, str] = {}
    if request.method == "POST" and form.validate():
        try:
            choices = budget_form.choices_of(form, found.links, request.form, context.office.today)
            row = budget_desk.draft(context.office, context.settings, choices, author())
        except InvalidValue as error:
            problems = _blame(form, error)
        else:
            flash(gettext("%(name)s was made.", name=budget_desk.name_of(row)))
            return redirect(url_for("planning.budget_document", document_id=row.id))
    sent = request.form if request.method == "POST" else _typed(_last(), found.links)
    studied = {link.id for link in found.links if found.study(LINK, link.id) is not None}
    return render_template(
        "planning/budget_new.html", form=form, links=found.links, sent=sent, problems=problems, studied=studied,
    ), 400 if request.method == "POST" else 200  # fmt: skip


def _last() -> Choices:
    """What the newest version chose; else the next year's budget at the usual level."""
    context = here()
    with context.database.read() as connection:
        rows = budget_store.documents(connection)
    if rows:
        try:
            return choices_of(max(rows, key=lambda row: row.id).choices)
        except InvalidValue:  # an older release wrote it
            pass
    level = context.settings.planning.service_permille
    plain = Choices(BudgetKind.APBD, context.office.today.year + 1, permille=level, step_bps=step_of(context.settings))
    return replace(plain, head=replace(plain.head, position=gettext("Head of the ICT office")))


def _typed(choices: Choices, links: Sequence[PlannedLink]) -> dict[str, str]:
    """The links' fields as these choices fill them in."""
    sent: dict[str, str] = {}
    for link in links:
        if link.name in choices.prices_rp:
            sent[f"price-{link.id}"] = str(choices.prices_rp[link.name])
        if link.name in choices.asked_bps:
            sent[f"capacity-{link.id}"] = f"{choices.asked_bps[link.name] / 10**6:g}M"
    return sent


def _blame(form: BudgetForm, error: InvalidValue) -> dict[str, str]:
    """Put the problem at its field; of a link's field, by name."""
    name = {"permille": "level", "step_bps": "step", "growth_permille": "growth", "ppn_permille": "ppn"}.get(
        error.field, error.field
    )
    if name in form:
        form[name].errors = [refusal(error)]
        return {}
    return {name: refusal(error)}


@blueprint.get("/budget/<int:document_id>")
def budget_document(document_id: int) -> str:
    """A version as it will be printed, with what to look at before it is handed in."""
    open_menu("budget")
    found = _opened(document_id)
    with here().database.read() as connection:
        task = plan_store.newest_task(connection, plan_store.RENDER, str(document_id))
        before = _before(connection, found)
        to_check = checks(connection, found.given, len(found.paper.traces))
    return render_template(
        "planning/budget_document.html", found=found, paper=found.paper, sums=rab(found.given).sums, task=task,
        pages={each.mark: _page_of(each.page) for each in found.paper.traces},
        differs=[] if before is None else budget_desk.differences(before.given, found.given),
        before=before, may_approve=_may_approve(found), checks=to_check,
    )  # fmt: skip


def _page_of(query_page: str) -> str:
    """The page that shows a figure, as a path of ours."""
    return quote(query_page) if query_page.startswith("/") else ""


def _opened(document_id: int) -> Opened:
    try:
        with here().database.read() as connection:
            return budget_desk.opened(connection, document_id)
    except NotFound:
        abort(404)


def _before(connection: Connection, found: Opened) -> Opened | None:
    same = [
        row
        for row in budget_store.documents(connection)
        if (row.kind, row.year) == (found.row.kind, found.row.year) and row.version < found.row.version
    ]
    newest = max(same, key=lambda row: row.version, default=None)
    return None if newest is None else budget_desk.opened(connection, newest.id)


def _may_approve(found: Opened) -> bool:
    is_own = account_of(found.row.by) == present().author("").name
    return may("planning.budget_approve") and not found.row.is_approved and not is_own


@blueprint.post("/budget/<int:document_id>/approve")
def budget_approve(document_id: int) -> ResponseReturnValue:
    """The head of the office lets a draft pass."""
    context = here()
    try:
        by = author(request.form.get("why", "")[:500])
        row = budget_desk.approve(context.office, context.settings, document_id, by)
    except InvalidValue as error:
        flash(refusal(error), "warn")
    except Conflict as error:
        flash(conflicts.told(error), "warn")
    except NotFound:
        abort(404)
    else:
        flash(gettext("Approved as %(number)s.", number=row.number))
    return redirect(url_for("planning.budget_document", document_id=document_id))


@blueprint.post("/budget/<int:document_id>/remove")
def budget_remove(document_id: int) -> ResponseReturnValue:
    """Remove a draft."""
    try:
        budget_desk.discard(here().office, document_id, author())
    except Conflict as error:
        flash(conflicts.told(error), "warn")
        return redirect(url_for("planning.budget_document", document_id=document_id))
    except NotFound:
        abort(404)
    flash(gettext("The draft was removed."))
    return redirect(url_for("planning.budget"))


@blueprint.get("/budget/<int:document_id>/file/<extension>")
def budget_file(document_id: int, extension: str) -> ResponseReturnValue:
    """A file of a version; while it is being made, back to the page that shows how far it is."""
    context = here()
    try:
        with context.database.read() as connection:
            found = budget_desk.file_of(connection, document_id, extension)
    except (NotFound, InvalidValue, ConfigurationError):
        abort(404)
    if found is None:
        with context.database.write() as connection:
            plan_store.ask(connection, plan_store.RENDER, str(document_id), author().name, context.now_s)
        flash(gettext("The files are being made; they are here within seconds."))
        return redirect(url_for("planning.budget_document", document_id=document_id))
    response = Response(found.content, content_type=TYPES[extension])
    response.headers.set("Content-Disposition", "attachment", filename=found.name)
    response.headers["Cache-Control"] = "no-store"
    return response


@short_links.get("/trace/<beginning>/<mark>")
def trace(beginning: str, mark: str) -> ResponseReturnValue:
    """What a figure's short link leads to: its line among the traces of its version."""
    with here().database.read() as connection:
        row = budget_store.by_hash(connection, beginning.lower()) if len(beginning) >= 8 else None
    if row is None:
        abort(404)
    return redirect(url_for("planning.budget_document", document_id=row.id) + f"#{mark}")
