"""The allocation board: a link among its offices, proposals by method beside what holds, made into a draft."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _

from netquota.domain.units import exact_rate, parse_rate
from netquota.errors import Conflict, InvalidValue
from netquota.services import allocation_board, drafts
from netquota.services.allocation_board import Board, Method
from web import conflicts, remedies
from web.admin.door import argument, author, blueprint, measures
from web.context import here

METHODS = {
    Method.HEADCOUNT: _("by headcount"), Method.USE: _("by measured use (P95)"), Method.WEIGHT: _("by weight"),
}  # fmt: skip


@blueprint.get("/allocation")
def allocation() -> str:
    """`?link=` one of them, `?method=` whose proposal fills the fields."""
    return _page()


@blueprint.post("/allocation")
def allocation_draft() -> ResponseReturnValue:
    """Make a draft of the ceilings that differ; nothing is in force by it."""
    shown = _board(request.form.get("link", ""))
    if shown is None:
        return redirect(url_for("admin.allocation"))
    try:
        wanted = _wanted(shown)
        if not wanted:
            return _page(gettext("Nothing is different from what holds.")), 400
        name = request.form.get("name", "").strip() or gettext("Division of %(link)s", link=shown.link.name)
        number = drafts.make(here().office, name, wanted, author(request.form.get("why", "")))
    except InvalidValue as error:
        return _page(f"{error.field.removeprefix('c_')}: {remedies.told(error.remedy)}"), 400
    except Conflict as error:
        return _page(conflicts.told(error)), 409
    flash(gettext("The draft is made; nothing is in force yet."))
    return redirect(url_for("admin.draft", number=number))


def _wanted(shown: Board) -> list[tuple[str, str, dict[str, str]]]:
    """The offices whose typed ceiling is another than theirs. Raises `InvalidValue`."""
    found: list[tuple[str, str, dict[str, str]]] = []
    for seat in shown.seats:
        text = request.form.get(f"c_{seat.opd.code}", "").strip()
        rate = parse_rate(text, f"c_{seat.opd.code}") if text else None
        if rate != seat.opd.ceiling:
            found.append(("opd", seat.opd.code, {"ceiling": "" if rate is None else exact_rate(rate)}))
    return found


def _page(problem: str = "") -> str:
    every = _boards()
    shown = _board(request.values.get("link", "")) or (every[0] if every else None)
    asked = argument("method")
    method = Method(asked) if asked in set(Method) else None
    return render_template(
        "admin/allocation.html", boards=every, board=shown, methods=list(METHODS.items()), method=method,
        filled={} if shown is None else _filled(shown, method), problem=problem,
        name=request.form.get("name", ""), why=request.form.get("why", ""),
    )  # fmt: skip


def _filled(shown: Board, method: Method | None) -> dict[str, str]:
    """What stands in the fields: as typed, as proposed, or as it is."""
    found: dict[str, str] = {}
    for seat in shown.seats:
        typed = request.form.get(f"c_{seat.opd.code}")
        proposed = None if method is None else seat.proposed.get(method)
        if typed is not None:
            found[seat.opd.code] = typed
        elif proposed is not None:
            found[seat.opd.code] = exact_rate(shown.rate(proposed))
        else:
            found[seat.opd.code] = "" if seat.opd.ceiling is None else exact_rate(seat.opd.ceiling)
    return found


def _boards() -> list[Board]:
    context = here()
    with context.database.read() as connection:
        return allocation_board.boards_now(connection, context.policy, measures(), context.now_s)


def _board(name: str) -> Board | None:
    return next((each for each in _boards() if each.link.name == name), None)
