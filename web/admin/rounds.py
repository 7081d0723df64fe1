"""Assessment rounds (*tinjauan*): opened, looked through office by office, sent as sheets, answered, concluded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import Field as Control
from wtforms import SelectChoice, SelectField, StringField
from wtforms.validators import InputRequired, Length

from netquota.domain.rounds import Conclusion, Move, Reply
from netquota.domain.units import exact_rate, parse_rate
from netquota.errors import Conflict, InvalidValue, NotFound
from netquota.services import rounds as desk
from netquota.services.allocation_board import Method
from netquota.services.rounds import Opened, Shown
from netquota.storage import plan_store
from netquota.storage.round_store import Line
from web import conflicts
from web.admin.allocation import METHODS
from web.admin.door import argument, author, blueprint, date_of, page_number, pager, text_of
from web.admin.round_words import CONCLUSIONS, GROUNDS, MOVES, REPLIES, STATES, facts_of
from web.auth.forms import refusal
from web.context import here
from web.frame import open_menu

ROWS = 25
USUAL_DAYS, DUE_IN_DAYS = 91, 14
_NONE = "none"
_NEEDED = InputRequired(_("Please fill this in."))


class RoundForm(FlaskForm):
    """A round as it is opened."""

    name = StringField(_("Name"), [_NEEDED, Length(max=120)])
    first = StringField(_("Measured from"), [_NEEDED, Length(max=10)])
    last = StringField(_("Measured to"), [_NEEDED, Length(max=10)])
    due = StringField(_("Answers by"), [_NEEDED, Length(max=10)])
    method = SelectField(
        _("What divides each link"),
        choices=[SelectChoice(str(one), words) for one, words in METHODS.items()],
        default=Method.USE,
    )
    why = StringField(_("Why"), [Length(max=200)])


class AdjustForm(FlaskForm):
    """Another proposal."""

    rate = StringField(_("Ceiling to propose, down/up"), [Length(max=40)])
    why = StringField(_("Why"), [_NEEDED, Length(max=400)])


class ConcludeForm(FlaskForm):
    """What the ICT office concludes."""

    conclusion = SelectField(
        _("Conclusion"), choices=[SelectChoice(str(one), words) for one, (_mood, words) in CONCLUSIONS.items()]
    )
    note = StringField(_("Note"), [Length(max=400)])


class AnswerForm(FlaskForm):
    """What the office answers."""

    reply = SelectField(
        _("Your answer"),
        choices=[
            SelectChoice(str(Reply.AGREES), _("We agree")),
            SelectChoice(str(Reply.REMARKS), _("We have a remark")),
        ],
    )
    remark = StringField(_("Remark"), [Length(max=1000)])


@blueprint.get("/rounds")
def rounds() -> str:
    """The rounds in sight, the newest first."""
    found, page = desk.listing(here().office), page_number()
    return render_template(
        "admin/rounds.html", rows=found[(page - 1) * ROWS : page * ROWS], pages=pager(len(found), page, size=ROWS),
        states=STATES, today=here().office.today,
    )  # fmt: skip


@blueprint.route("/new-round", methods=["GET", "POST"])
def round_new() -> ResponseReturnValue:
    """Open a round; by default the last quarter of a year."""
    open_menu("rounds")
    today, form = here().office.today, RoundForm()
    if not form.is_submitted():
        form.first.data = (today - timedelta(days=USUAL_DAYS)).isoformat()
        form.last.data = (today - timedelta(days=1)).isoformat()
        form.due.data = (today + timedelta(days=DUE_IN_DAYS)).isoformat()
    if not form.validate_on_submit():
        return render_template("admin/round_new.html", form=form), 400 if form.is_submitted() else 200
    try:
        days = _day(form.first), _day(form.last), _day(form.due)
        wanted = Opened(text_of(form.name), *days, Method(form.method.data))
        number = desk.begin(here().office, wanted, author(text_of(form.why)))
    except InvalidValue as error:
        _blame(form, error)
        return render_template("admin/round_new.html", form=form), 400
    flash(gettext("The round is open; its offices are being measured."))
    return redirect(url_for("admin.round", number=number))


@blueprint.get("/rounds/<int:number>", endpoint="round")
def one_round(number: int) -> ResponseReturnValue:
    """A round's offices: `?move=`, `?reply=`, `?conclusion=`; what can be done with all of them."""
    return _page(number)


@blueprint.post("/round-act/<int:number>")
def round_act(number: int) -> ResponseReturnValue:
    """Measure anew, send, remind, conclude the rest as proposed, close, discard: as the button says."""
    office, by, act = here().office, author(request.form.get("why", "")[:200]), request.form.get("act", "")
    acts: dict[str, Callable[[], str]] = {
        "measure": lambda: _after(
            desk.measure_again(office, number, by), gettext("The offices are being measured anew.")
        ),
        "send": lambda: gettext("%(count)s sheets are with the offices.", count=desk.send(office, number, by)),
        "remind": lambda: _reminded(desk.remind(office, number, by)),
        "rest": lambda: gettext("%(count)s offices concluded.", count=desk.conclude_rest(office, number, by)),
        "close": lambda: _closed(desk.close(office, number, by)),
        "discard": lambda: _after(desk.discard(office, number, by), gettext("The round is forgotten.")),
    }
    if act not in acts:
        abort(404)
    try:
        told = acts[act]()
    except (Conflict, InvalidValue) as error:
        return _page(number, _problem(error), 409)
    except NotFound:
        abort(404)
    flash(told)
    return redirect(url_for("admin.rounds") if act == "discard" else url_for("admin.round", number=number))


@blueprint.post("/round-draft/<int:number>")
def round_draft(number: int) -> ResponseReturnValue:
    """Make a draft of what is concluded to change."""
    try:
        draft = desk.make_draft(here().office, number, author(request.form.get("why", "")[:200]))
    except (Conflict, InvalidValue) as error:
        return _page(number, _problem(error), 409)
    except NotFound:
        abort(404)
    flash(gettext("The draft is made; nothing is in force yet."))
    return redirect(url_for("admin.draft", number=draft))


@blueprint.get("/rounds/<int:number>/<path:code>")
def round_line(number: int, code: str) -> ResponseReturnValue:
    """An office's sheet, with the forms of whoever looks at it."""
    return _sheet(number, code)


@blueprint.post("/round-adjust/<int:number>/<path:code>")
def round_adjust(number: int, code: str) -> ResponseReturnValue:
    """Propose another ceiling; empty: what the figures propose."""
    form, office = AdjustForm(), here().office
    if not form.validate_on_submit():
        return _sheet(number, code, form, 400)

    def act() -> str:
        typed = text_of(form.rate)
        rate = parse_rate(typed, "rate") if typed else None
        desk.adjust(office, number, code, rate, author(text_of(form.why)))
        return gettext("The proposal to %(opd)s was adjusted.", opd=code)

    return _done(number, code, form, act)


@blueprint.post("/round-conclude/<int:number>/<path:code>")
def round_conclude(number: int, code: str) -> ResponseReturnValue:
    """Note the ICT office's conclusion."""
    form, office = ConcludeForm(), here().office
    if not form.validate_on_submit():
        return _sheet(number, code, form, 400)

    def act() -> str:
        desk.conclude(office, number, code, Conclusion(form.conclusion.data), author(text_of(form.note)))
        return gettext("The conclusion on %(opd)s was noted.", opd=code)

    return _done(number, code, form, act)


@blueprint.post("/round-answer/<int:number>/<path:code>")
def round_answer(number: int, code: str) -> ResponseReturnValue:
    """The office answers."""
    form, office = AnswerForm(), here().office
    if not form.validate_on_submit():
        return _sheet(number, code, form, 400)

    def act() -> str:
        desk.answer(office, number, code, Reply(form.reply.data), text_of(form.remark), author(text_of(form.remark)))
        return gettext("The answer of %(opd)s was noted.", opd=code)

    return _done(number, code, form, act)


@blueprint.get("/round-sheets/<int:number>")
def round_sheets(number: int) -> str:
    """All sheets in sight, one after another, to print."""
    open_menu("rounds")
    found = found_round(number)
    return render_template(
        "admin/round_sheets.html", of=found.round, lines=[(line, facts_of(line)) for line in found.lines], moves=MOVES,
    )  # fmt: skip


def found_round(number: int) -> Shown:
    """The round of a number; 404 for one that is not in sight."""
    try:
        return desk.opened(here().office, number)
    except NotFound:
        abort(404)


def filtered(lines: Sequence[Line]) -> list[Line]:
    """Those that the address asks for."""
    move, reply, conclusion = (argument(name, 12) for name in ("move", "reply", "conclusion"))
    return [
        line
        for line in lines
        if move in {"", line.move}
        and reply in {"", line.reply or _NONE}
        and conclusion in {"", line.conclusion or _NONE}
    ]


def address_of(number: int, code: str, host: str) -> str:
    """Where an office answers to its sheet."""
    base = here().settings.web.public_url or host.rstrip("/")
    return base + url_for("admin.round_line", number=number, code=code)


def _page(number: int, problem: str = "", status: int = 200) -> ResponseReturnValue:
    open_menu("rounds")
    found, page = found_round(number), page_number()
    lines = filtered(found.lines)
    with here().database.read() as connection:
        task = plan_store.newest_task(connection, plan_store.ASSESS, str(number))
    return render_template(
        "admin/round.html", of=found.round, counts=found.counts, rows=lines[(page - 1) * ROWS : page * ROWS],
        pages=pager(len(lines), page, size=ROWS), states=STATES, moves=MOVES, replies=REPLIES, conclusions=CONCLUSIONS,
        grounds=GROUNDS, asked={name: argument(name, 12) for name in ("move", "reply", "conclusion")}, none=_NONE,
        task=task if task is not None and task.state != "done" else None, problem=problem, methods=METHODS,
        changed=sum(line.conclusion is Conclusion.CHANGED for line in found.lines),
        moved={move: sum(line.move is move for line in found.lines) for move in Move},
    ), status  # fmt: skip


def _sheet(
    number: int, code: str, form: FlaskForm | None = None, status: int = 200, problem: str = ""
) -> ResponseReturnValue:  # fmt: skip
    open_menu("rounds")
    found = found_round(number)
    line = next((each for each in found.lines if each.opd == code), None)
    if line is None:
        abort(404)
    codes = [each.opd for each in found.lines]
    at = codes.index(code)
    shown = {
        "adjusting": AdjustForm(formdata=None, rate=exact_rate(line.rate) if line.rate else ""),
        "concluding": ConcludeForm(formdata=None, conclusion=line.conclusion or line.usual_conclusion),
        "answering": AnswerForm(formdata=None, reply=line.reply, remark=line.remark),
    }
    if form is not None:
        names = {AdjustForm: "adjusting", ConcludeForm: "concluding", AnswerForm: "answering"}
        shown[names[type(form)]] = form
    return render_template(
        "admin/round_line.html", of=found.round, line=line, facts_by_part=facts_of(line), moves=MOVES, replies=REPLIES,
        conclusions=CONCLUSIONS, states=STATES, problem=problem, before=codes[at - 1] if at else None,
        after=codes[at + 1] if at + 1 < len(codes) else None, **shown,
    ), status  # fmt: skip


def _day(control: StringField) -> date:
    day = date_of(control)
    if day is None:
        raise InvalidValue(control.name, "", "give a date such as 2026-12-31")
    return day


def _done(number: int, code: str, form: FlaskForm, act: Callable[[], str]) -> ResponseReturnValue:
    try:
        told = act()
    except InvalidValue as error:
        _blame(form, error)
        return _sheet(number, code, form, 400)
    except Conflict as error:
        return _sheet(number, code, form, 409, conflicts.told(error))
    except NotFound:
        abort(404)
    flash(told)
    return redirect(url_for("admin.round_line", number=number, code=code))


def _problem(error: Conflict | InvalidValue) -> str:
    return refusal(error) if isinstance(error, InvalidValue) else conflicts.told(error)


def _blame(form: FlaskForm, error: InvalidValue) -> None:
    controls: dict[str, Control] = {control.name: control for control in form}
    controls.get(error.field, next(iter(controls.values()))).errors = [refusal(error)]


def _after(_done: None, told: str) -> str:
    return told


def _reminded(codes: Sequence[str]) -> str:
    if not codes:
        return gettext("Nobody was reminded: all have answered, or were reminded today.")
    return gettext("Reminded: %(names)s.", names=", ".join(codes))


def _closed(passed: Sequence[str]) -> str:
    if not passed:
        return gettext("The round is closed.")
    return gettext("The round is closed; in the budget plan: %(numbers)s.", numbers=", ".join(passed))
