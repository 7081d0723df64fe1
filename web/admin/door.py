"""The blueprint of the admin's pages, and what its views share: paging, sorting, who changes what, undo."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime
from typing import Final, cast

from flask import Blueprint, current_app, request
from markupsafe import Markup, escape
from wtforms import StringField

from netquota.domain.nip import format_nip
from netquota.errors import InvalidValue
from netquota.services.measures import Measures
from netquota.services.office import Author
from web import moments
from web.auth import person
from web.auth.rights import may_change, may_open
from web.components import Column, Pager
from web.context import here
from web.preferences import link_with
from web.rendering import current_language

blueprint = Blueprint("admin", __name__)
PAGE_ROWS: Final = 25
MOST_PAGES: Final = 10_000
_MEASURES = "netquota.measures"
_lock = threading.Lock()


def measures() -> Measures:
    """The process's memory of long measures (P95)."""
    with _lock:
        return cast(Measures, current_app.extensions.setdefault(_MEASURES, Measures()))


def author(why: str = "") -> Author:
    """Who sits here, as one who changes something."""
    return person.present().author(why.strip())


def may(endpoint: str) -> bool:
    """Whether the person may open an endpoint: for buttons that would lead nowhere."""
    return may_open(person.present().admin.role, endpoint)


def may_edit(kind: str, *fields: str) -> bool:
    """Whether the person may make and change things of a kind (and set these fields)."""
    return may_change(person.present().admin.role, kind, fields)


def role() -> str:
    """The signed-in person's role."""
    return person.present().admin.role


def weekday(number: int) -> str:
    """The short name of a weekday, Monday 0."""
    return moments.weekday_short(date(2026, 1, 5 + number), here().zone, current_language())


def nip_text(digits: str | None) -> str:
    """`19860926 201505 1 001`; empty where there is none."""
    return format_nip(digits) if digits else ""


def page_number() -> int:
    """`?page=`, from 1."""
    asked = request.args.get("page", "1")
    return min(MOST_PAGES, max(1, int(asked))) if asked.isdecimal() and len(asked) < 8 else 1


def argument(name: str, most: int = 120) -> str:
    """A query argument, trimmed and cut."""
    return request.args.get(name, "").strip()[:most]


def pager(total: int, page: int, note: str = "", size: int = PAGE_ROWS) -> Pager:
    """The line under a table of this page's rows."""
    first = min(total, (page - 1) * size + 1)
    last = min(total, page * size)
    return Pager(
        first, last, total,
        link_with(page=str(page - 1)) if page > 1 else None,
        link_with(page=str(page + 1)) if last < total else None,
        note,
    )  # fmt: skip


def sorted_column(
    label: str, name: str, current: str, *, number: bool = False, css: str = "", arrow: str = ""
) -> Column:
    """A heading that sorts: the first click ascending (figures: descending), the second the other way."""
    state = "ascending" if current == name else "descending" if current == f"-{name}" else ""
    following = {"ascending": f"-{name}", "descending": name}.get(state, f"-{name}" if number else name)
    return Column(label, number, link_with(sort=following, page="1"), state, css, arrow)


def is_part() -> bool:
    """Whether htmx asks for a part of the page alone."""
    return "HX-Request" in request.headers


def instant(epoch_s: float | None) -> datetime | None:
    """An aware moment from epoch seconds, for the filters of moments."""
    return None if epoch_s is None else datetime.fromtimestamp(epoch_s, UTC)


def link(url: str, text: str) -> Markup:
    """A link to stand in a sentence."""
    return Markup('<a href="{}">{}</a>').format(url, text)


def sentence(text: str, **values: object) -> Markup:
    """A translated text with `%(name)s` filled in by links or plain values, all else escaped."""
    return escape(text) % values


def local_date(text: str) -> date | None:
    """A date as a date field sends it; None where it is none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def text_of(control: StringField) -> str:
    """What was typed, trimmed."""
    return (control.data or "").strip()


def date_of(control: StringField) -> date | None:
    """The date that was typed or picked; None where it is empty. Raises `InvalidValue`."""
    text = text_of(control)
    day = local_date(text)
    if text and day is None:
        raise InvalidValue(control.name, text, "write the date as 2026-12-31")
    return day
