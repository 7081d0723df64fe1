"""One box for everything: people, offices, gateways, running sessions by address or session number."""

from __future__ import annotations

from dataclasses import dataclass

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from netquota.domain.people import Opd
from netquota.domain.places import Nas
from netquota.services import allocate, sight
from netquota.services.allocate import Record, Wanted
from netquota.storage.session_report import SessionFilter, open_sessions
from web.admin import sessions
from web.admin.door import argument, blueprint, may
from web.admin.helping import terms_with
from web.admin.sessions import Row
from web.context import here

_MOST = 10


@dataclass(frozen=True, slots=True)
class Found:
    """What matches, at most ten of each."""

    people: tuple[Record, ...] = ()
    opds: tuple[Opd, ...] = ()
    clients: tuple[Nas, ...] = ()
    rows: tuple[Row, ...] = ()

    @property
    def only(self) -> str | None:
        """The address of the one thing that matches; None where there are none or several."""
        pages = [url_for("admin.employee", username=record.key) for record in self.people]
        pages += [url_for("admin.opd", code=each.code) for each in self.opds]
        pages += [url_for("admin.gateway", name=each.name) for each in self.clients]
        named = {record.key for record in self.people}
        pages += [
            url_for("admin.session", session_id=row.session.id) for row in self.rows if row.session.login not in named
        ]
        return pages[0] if len(pages) == 1 else None


@blueprint.get("/search")
def search() -> ResponseReturnValue:
    """What matches `?q=`; a single hit is opened at once."""
    text = argument("q")
    found = _found(text) if text else Found()
    if found.only is not None:
        return redirect(found.only)
    return render_template("admin/search.html", q=text, found=found, terms=terms_with(text) if text else [])


def _found(text: str) -> Found:
    return Found(_people(text), _opds(text.lower()), _clients(text.lower()), _sessions(text))


def _people(text: str) -> tuple[Record, ...]:
    if not may("admin.employee"):
        return ()
    digits = "".join(letter for letter in text if letter not in " .-")
    wanted = Wanted({}, "name", 1, _MOST, digits if digits.isdecimal() else text)
    return allocate.listing(here().office, "employee", wanted).records


def _opds(text: str) -> tuple[Opd, ...]:
    known = sight.offices(here().policy.snapshot, here().scope)
    return tuple(each for each in known if text in each.code.lower() or text in each.name.lower())[:_MOST]


def _clients(text: str) -> tuple[Nas, ...]:
    if not may("admin.gateway"):
        return ()
    known = here().policy.snapshot.nas_by_id.values()
    return tuple(each for each in known if text in each.name.lower() or text in each.address)[:_MOST]


def _sessions(text: str) -> tuple[Row, ...]:
    context = here()
    if not may("admin.session"):
        return ()
    wanted = SessionFilter(search=text, size=_MOST, scope=context.scope)
    with context.database.read() as connection:
        page = open_sessions(connection, wanted, context.now_s)
        return tuple(sessions.table_rows(connection, page))
