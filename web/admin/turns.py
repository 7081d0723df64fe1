"""A rotation group: whose turn it is, was and will be as a calendar; two turns to come change hands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import SelectChoice, SelectField, StringField
from wtforms.validators import Length

from netquota.domain.periods import start_of
from netquota.domain.rotation import MemberKind, Rotation
from netquota.errors import InvalidValue
from netquota.services import allocate
from netquota.services import turns as use_cases
from netquota.services.allocate import Record
from netquota.services.turn_choice import waits_for
from netquota.services.turns import CalendarTurn
from web import moments
from web.admin.door import argument, author, blueprint, instant, local_date
from web.auth.forms import refusal
from web.context import here
from web.rendering import current_language

_PAST_DAYS, _SHOWN_DAYS, _SWAPPED_DAYS = 14, 70, 120
_DAY_S = 86_400


class SwapForm(FlaskForm):
    """Two turns, by the epoch second at which each begins, and why."""

    one = SelectField(_("This turn"), validate_choice=False)
    other = SelectField(_("changes with this one"), validate_choice=False)
    why = StringField(_("Why"), [Length(max=200)], render_kw={"required": True})


@dataclass(frozen=True, slots=True)
class GroupNow:
    """A group as its list shows it: whose turn it is (None: nobody's) until when (epoch s), and who comes next."""

    group: Rotation
    now: CalendarTurn | None
    following: CalendarTurn | None


def groups_now() -> list[GroupNow]:
    """Every group with the running turn and the next."""
    snapshot, now_s = here().policy.snapshot, here().now_s
    found: list[GroupNow] = []
    with here().database.read() as connection:
        for group in sorted(snapshot.rules.rotations, key=lambda each: each.key):
            told = use_cases.calendar(connection, snapshot, group, now_s, now_s + 366 * _DAY_S, most=2)
            running = told[0] if told and told[0].turn.start_s <= now_s else None
            later = [each for each in told if each.turn.start_s > now_s]
            found.append(GroupNow(group, running, later[0] if later else None))
    return found


@blueprint.get("/rotation/<path:key>")
def turns(key: str) -> str:
    """The group's calendar around now, or from a day on."""
    return _page(key, None)


@blueprint.post("/rotation/<path:key>/swap")
def turns_swap(key: str) -> ResponseReturnValue:
    """Let two turns to come change hands."""
    form = _swap_form(_group(key))
    if not form.validate_on_submit():
        return _page(key, form), 400
    try:
        use_cases.swap(here().office, key, _moment(form.one), _moment(form.other), author(str(form.why.data or "")))
    except InvalidValue as error:
        where = {"turn": form.other, "why": form.why}.get(error.field, form.one)
        where.errors = [refusal(error)]
        return _page(key, form), 400
    here().changed()
    flash(gettext("The two turns changed hands."))
    return redirect(url_for("admin.turns", key=key))


def _group(key: str) -> Rotation:
    return use_cases.rotation_named(here().policy.snapshot, key)


def _page(key: str, form: SwapForm | None) -> str:
    group, zone = _group(key), here().zone
    record: Record = allocate.get(here().office, "rotation", group.key)
    first = local_date(argument("from", 10)) or here().office.today - timedelta(days=_PAST_DAYS)
    first = min(max(first, date(2000, 1, 1)), date(2100, 1, 1))
    from_s = start_of(first, zone)
    snapshot = here().policy.snapshot
    with here().database.read() as connection:
        found = use_cases.calendar(connection, snapshot, group, from_s, from_s + _SHOWN_DAYS * _DAY_S)
        waits = waits_for(connection, snapshot, group, here().now_s)
    return render_template(
        "admin/turns.html", group=group, record=record, turns=found, now_s=here().now_s, instant=instant,
        form=form or _swap_form(group), queue=use_cases.queue(snapshot, group, here().now_s), waits=waits,
        earlier=(first - timedelta(days=_SHOWN_DAYS)).isoformat(),
        later=(first + timedelta(days=_SHOWN_DAYS)).isoformat(), is_office=group.of is MemberKind.OPD,
    )  # fmt: skip


def _swap_form(group: Rotation) -> SwapForm:
    snapshot, now_s = here().policy.snapshot, here().now_s
    with here().database.read() as connection:
        told = use_cases.calendar(connection, snapshot, group, now_s, now_s + _SWAPPED_DAYS * _DAY_S, most=60)
    choices = [
        SelectChoice(str(each.turn.start_s), f"{_stamp(each.turn.start_s)}: {each.member}")
        for each in told
        if each.turn.start_s > now_s
    ]
    form = SwapForm()
    form.one.choices = form.other.choices = choices
    return form


def _stamp(at_s: int) -> str:
    return moments.stamp(instant(at_s), here().zone, current_language())


def _moment(control: SelectField) -> int:
    text = str(control.data or "")
    if not text.isdecimal() or len(text) > 12:
        raise InvalidValue(control.name, text[:20], "choose a turn")
    return int(text)
