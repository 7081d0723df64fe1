"""Lists from a spreadsheet: uploaded, their columns matched, tried row by row, applied whole or not at all, undone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _

from netquota.errors import Conflict, InvalidValue
from netquota.services.catalogue import KINDS
from netquota.services.imports import applying, running
from netquota.services.imports.applying import UNDO_S, HasFaults, MustAsk
from netquota.services.imports.headings import HEADINGS
from netquota.services.imports.judging import Judged, Line, Outcome, Whole
from netquota.services.imports.matching import importable_fields
from netquota.services.imports.running import Choices, Import
from netquota.sheets import Unreadable
from netquota.storage.import_store import Run, State
from web import conflicts, remedies
from web.admin import labels
from web.admin.door import argument, author, blueprint, may_edit, role
from web.admin.exporting import file_of
from web.auth.csrf import takes_files
from web.auth.rights import Role, settable
from web.components import Mood, Tile
from web.context import here
from web.frame import open_menu
from web.rendering import current_language

SHOWN = 200
SOME = 20
_WHOLE = {
    Whole.NOBODY: _("the list adds and changes; nobody leaves by it"),
    Whole.OFFICES: _("whoever is missing of the OPDs that it names has left"),
    Whole.CITY: _("whoever is missing of the whole city has left"),
}
OUTCOMES = {
    Outcome.CREATE: _("new"), Outcome.CHANGE: _("change"), Outcome.SAME: _("stay the same"),
    Outcome.RETIRE: _("leave"), Outcome.ERROR: _("wrong"),
}  # fmt: skip
STATES = {
    State.OPEN: (Mood.INFO, _("not applied")), State.APPLIED: (Mood.OK, _("applied")),
    State.UNDONE: (Mood.PLAIN, _("taken back")),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ColumnChoice:
    """A column of the file: its heading, what stands in it, and which field it is taken for (empty: none)."""

    at: int
    heading: str
    examples: str
    field: str


@dataclass(frozen=True, slots=True)
class Told:
    """One row in words: what becomes of it and from what to what."""

    line: Line
    outcome: object
    changes: list[tuple[str, str, str]]


@blueprint.get("/imports")
def imports() -> str:
    """The form to upload a list, and the newest imports."""
    return _front()


@blueprint.post("/imports")
@takes_files
def import_upload() -> ResponseReturnValue:
    """Read a file and keep it; then its columns are looked at."""
    kind, file = request.form.get("kind", ""), request.files.get("file")
    if kind not in _kinds():
        abort(403)
    if file is None or not file.filename:
        return _front(kind, gettext("Choose a file.")), 400
    rules, name = here().settings.imports, file.filename.replace("\\", "/").rsplit("/", 1)[-1][:120]
    try:
        number = running.upload(here().office, kind, name, file.read(), author(), running.limits_of(rules))
    except Unreadable as error:
        return _front(kind, remedies.told(str(error))), 400
    running.as_before(here().office, number, author(), _allowed(kind))
    return redirect(url_for("admin.one_import", number=number))


@blueprint.get("/import-blank/<kind>")
def import_blank(kind: str) -> ResponseReturnValue:
    """An empty list with the headings that are known at once."""
    if kind not in _kinds():
        abort(404)
    fields = [name for name in importable_fields(KINDS[kind], _allowed(kind)) if name in HEADINGS[kind]]
    titles = [HEADINGS[kind][name][0] for name in fields]
    return file_of(f"{kind}", gettext("Blank list: %(kind)s", kind=labels.kind(kind)), titles, [])


@blueprint.get("/imports/<int:number>")
def one_import(number: int) -> ResponseReturnValue:
    """One import: what its columns are, what it would do, what is wrong; afterwards what it did."""
    return _page(number)


@blueprint.post("/import-columns/<int:number>")
def import_columns(number: int) -> ResponseReturnValue:
    """Keep how the list is understood."""
    run = running.told(here().office, number, whose())
    whole, sheet = request.form.get("whole", ""), request.form.get("sheet", "")
    said = {at: request.form[f"c{at}"] for at in range(200) if f"c{at}" in request.form}
    is_other = sheet != Choices.of(run.choices).sheet and "seen_sheet" in request.form
    chosen = Choices(sheet, None if is_other else said, Whole(whole) if whole in set(Whole) else Whole.NOBODY)
    running.choose(here().office, number, chosen)
    return redirect(url_for("admin.one_import", number=number, _anchor="outcome"))


@blueprint.post("/import-apply/<int:number>")
def import_apply(number: int) -> ResponseReturnValue:
    """Do it, all or nothing; where many would leave, their number must be typed."""
    leaving = request.form.get("leaving", "").strip()
    meant = int(leaving) if leaving.isdecimal() and len(leaving) < 9 else None

    def act() -> None:
        one = _opened(number, strict=True)
        applied = running.applied(
            here().office, one, _grace(), author(request.form.get("why", "")), leaving_meant=meant
        )
        here().changed()
        counts = applied.judged.counts
        flash(gettext(
            "Applied: %(new)s new, %(changed)s changed, %(left)s left.", new=counts[Outcome.CREATE],
            changed=counts[Outcome.CHANGE], left=counts[Outcome.RETIRE],
        ))  # fmt: skip

    return _done(number, act)


@blueprint.post("/import-undo/<int:number>")
def import_undo(number: int) -> ResponseReturnValue:
    """Take it back, whole, within a day."""
    running.told(here().office, number, whose())

    def act() -> None:
        rows = applying.undo(here().office, number, author(gettext("Import %(number)s taken back", number=number)))
        here().changed()
        flash(gettext("Taken back: %(rows)s rows are as before.", rows=rows))

    return _done(number, act)


@blueprint.get("/import-file/<int:number>")
def import_file(number: int) -> ResponseReturnValue:
    """The rows of the file with what becomes of each, or the wrong ones alone (`?rows=wrong`), to be corrected."""
    one = _opened(number, strict=True)
    judged = running.tried(here().office, one, _grace())
    only = argument("rows") == "wrong"
    made = running.result_rows(one, judged, current_language(), only_faults=only, say=remedies.told)
    return file_of(f"import-{number}", one.run.file, made.columns, made.rows)


def _done(number: int, act: Callable[[], None]) -> ResponseReturnValue:
    try:
        act()
    except MustAsk as error:
        problem = gettext(
            "%(leaving)s of %(all)s people would leave. Type that number if this is meant; nothing was changed yet.",
            leaving=error.judged.leaving, all=error.judged.covered,
        )  # fmt: skip
        return _page(number, problem), 409
    except HasFaults:
        return _page(number, gettext("Some rows are wrong, so nothing was changed. Correct them first.")), 409
    except Conflict as error:
        return _page(number, conflicts.told(error)), 409
    return redirect(url_for("admin.one_import", number=number))


def _front(kind: str = "", problem: str = "") -> str:
    runs = running.latest(here().office, whose())
    kinds = [(name, labels.kind(name)) for name in _kinds()]
    chosen = kind or argument("kind")
    return render_template(
        "admin/imports.html", runs=runs, kinds=kinds, kind=chosen, problem=problem, states=STATES,
        most_megabytes=here().settings.imports.most_megabytes,
    )  # fmt: skip


def _page(number: int, problem: str = "") -> ResponseReturnValue:
    open_menu("imports")
    run = running.told(here().office, number, whose())
    if run.state is not State.OPEN:
        return _past(run, problem)
    judged, wrong = None, ""
    one = _opened(number, strict=False)
    try:
        judged = running.tried(here().office, _opened(number, strict=True), _grace())
    except InvalidValue as error:
        wrong = f"{error.field}: {remedies.told(error.remedy)}"
    return render_template(
        "admin/import.html", run=run, columns=_columns(one), fields=_field_choices(run.kind), wrong=wrong,
        sheets=[sheet.name for sheet in running.sheets_of(run)], sheet=one.matched.sheet.name, choices=one.choices,
        wholes=list(_WHOLE.items()) if run.kind == "employee" else [], problem=problem,
        unknown=[one.matched.headings[at] for at in one.matched.unknown], **_outcome(run.kind, judged),
    )  # fmt: skip


def _outcome(kind: str, judged: Judged | None) -> dict[str, object]:
    """What trying it showed, for the page."""
    if judged is None:
        return {"judged": None}
    moods = {Outcome.ERROR: Mood.BAD, Outcome.RETIRE: Mood.WARN}
    tiles = [
        Tile(
            str(words),
            str(judged.counts[each]),
            mood=moods.get(each, Mood.PLAIN) if judged.counts[each] else Mood.PLAIN,
        )
        for each, words in OUTCOMES.items()
        if kind == "employee" or each is not Outcome.RETIRE
    ]
    faults = [(fault, remedies.told(fault.remedy)) for fault in judged.faults[:SHOWN]]
    told = {each: _some(kind, judged, each) for each in (Outcome.RETIRE, Outcome.CHANGE, Outcome.CREATE)}
    return {
        "judged": judged, "tiles": tiles, "faults": faults, "more_faults": len(judged.faults) - len(faults),
        "told": [(OUTCOMES[each], judged.counts[each], rows) for each, rows in told.items() if rows],
        "graced": sum(line.has_grace for line in judged.lines), "grace_days": _grace(),
        "does": len(judged.lines) - judged.counts[Outcome.SAME],
    }  # fmt: skip


def _some(kind: str, judged: Judged, outcome: Outcome) -> list[Told]:
    lines = [line for line in judged.lines if line.outcome is outcome][:SOME]
    return [
        Told(
            line, OUTCOMES[line.outcome],
            [(labels.short(kind, name), labels.value(line.before.get(name, "")), labels.value(text))
             for name, text in line.after.items()],
        )
        for line in lines
    ]  # fmt: skip


def _past(run: Run, problem: str) -> str:
    undo_until_s = (run.applied_s or 0) + UNDO_S
    may_undo = run.state is State.APPLIED and here().now_s <= undo_until_s and bool(run.done)
    counts = [(words, run.counts.get(str(each), 0)) for each, words in OUTCOMES.items() if each is not Outcome.ERROR]
    return render_template(
        "admin/import_past.html", run=run, states=STATES, may_undo=may_undo, undo_until_s=undo_until_s, problem=problem,
        tiles=[Tile(str(words), str(number)) for words, number in counts],
    )  # fmt: skip


def _columns(one: Import) -> list[ColumnChoice]:
    found: list[ColumnChoice] = []
    for at, heading in enumerate(one.matched.headings):
        seen = dict.fromkeys(row.at(at)[:40] for row in one.matched.rows[:50] if row.at(at))
        said = (one.choices.columns or {}).get(at)
        field = one.matched.fields.get(at, "") if said is None else said
        found.append(ColumnChoice(at, heading, ", ".join(list(seen)[:2]), field))
    return found


def _field_choices(kind: str) -> list[tuple[str, str]]:
    own = {"_contract_ends": gettext("Contract ends"), "_moves_on": gettext("Moves on (day)")}
    names = importable_fields(KINDS[kind], _allowed(kind))
    return [(name, own.get(name) or labels.short(kind, name)) for name in names]


def _opened(number: int, *, strict: bool) -> Import:
    office, actor = here().office, whose()
    run = running.told(office, number, actor)
    return running.opened(office, number, actor, _allowed(run.kind), strict=strict)


def _kinds() -> list[str]:
    return [name for name in HEADINGS if may_edit(name) or role() == Role.AUDITOR]


def _allowed(kind: str) -> list[str] | None:
    """The fields that the person may set; None = all."""
    if role() != Role.OPD_OPERATOR:
        return None
    return settable(role(), kind, [each.name for each in KINDS[kind].fields])


def whose() -> str | None:
    """Whose imports he may see: an operator his own."""
    return author().name if role() == Role.OPD_OPERATOR else None


def _grace() -> int:
    return here().settings.imports.contract_grace_days
