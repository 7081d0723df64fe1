"""Known steps of an office or link: confirmed and removed on its page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from flask import abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from netquota.errors import InvalidValue, NotFound
from netquota.planning.forecast import LevelShift
from netquota.services.planning import steps
from web.admin.door import author, local_date
from web.auth.forms import refusal
from web.context import here
from web.planning.door import blueprint
from web.planning.measures import subject_page

WORDS = ("link", "opd")


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed into the form of a step, and what is wrong with it."""

    day: str
    percent: str
    note: str
    problem: str = ""


@blueprint.post("/steps")
def step_add() -> ResponseReturnValue:
    """Confirm a step; the studies are asked for anew."""
    word, key = _whose()
    typed = Typed(*(request.form.get(name, "").strip()[:400] for name in ("day", "percent", "note")))
    try:
        step = LevelShift(_day(typed.day), _permille(typed.percent), typed.note)
        steps.confirm(here().office, word, key, step, author(typed.note))
    except InvalidValue as error:
        return subject_page(word, key, Typed(typed.day, typed.percent, typed.note, refusal(error))), 400
    except NotFound:
        abort(404)
    flash(gettext("The step is kept; the studies are being computed anew."))
    return _back(word, key)


@blueprint.post("/steps/remove")
def step_remove() -> ResponseReturnValue:
    """Remove a step."""
    word, key = _whose()
    day = local_date(request.form.get("day", ""))
    try:
        if day is None:
            abort(400)
        steps.forget(here().office, word, key, day, author())
    except NotFound:
        abort(404)
    flash(gettext("The step was removed; the studies are being computed anew."))
    return _back(word, key)


def _whose() -> tuple[str, str]:
    word, key = request.form.get("kind", ""), request.form.get("key", "")[:120]
    if word not in WORDS:
        abort(400)
    return word, key


def _back(word: str, key: str) -> ResponseReturnValue:
    return redirect(url_for(f"planning.{word}", key=key))


def _day(text: str) -> date:
    day = local_date(text)
    if day is None:
        raise InvalidValue("day", text, "write the date as 2026-12-31")
    return day


def _permille(text: str) -> int:
    """Per cent more or less, as people type it, in thousandths of what it was."""
    refused = InvalidValue("percent", text, "give per cent, such as 20 or -15")
    bare = text.replace("%", "").replace(",", ".").replace("\N{MINUS SIGN}", "-").strip()
    try:
        permille = 1000 + round(10 * float(bare))
    except (ValueError, OverflowError):
        raise refused from None
    if permille < 1:
        raise refused
    return permille
