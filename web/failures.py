"""What a person is told when something fails: what happened, which value, what to do; a code that the log knows too.

A traceback goes to the log alone. The portal's people get the portal's own page.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from flask import Flask, Response, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import LazyString, gettext
from flask_babel import lazy_gettext as _
from werkzeug.exceptions import HTTPException

from netquota.errors import Conflict, InvalidValue, NetquotaError, NotFound, StorageUnavailable
from netquota.logging import get_logger
from web import conflicts
from web.admin import labels
from web.api.v1 import problems
from web.auth.forms import as_sentence, refusal
from web.portal import answers
from web.portal.pages import ErrorPage

log = get_logger("web")
_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # none that is read for another
_FROM = 500


@dataclass(frozen=True, slots=True)
class Failure:
    """What the page says. `code` is set where the log holds more."""

    status: int
    title: str
    what: str
    remedy: str
    field: str = ""
    value: str = ""
    code: str = ""


_Said = tuple[LazyString, LazyString, LazyString]
_BY_STATUS: dict[int, _Said] = {
    400: (_("That request cannot be used"), _("Something in it is missing or not as expected."),
          _("Go back, reload the page and try again.")),
    401: (_("Please log in"), _("Your session has ended."), _("Log in again; what was saved is kept.")),
    403: (_("This page is not open to you"), _("Your role does not include it."),
          _("Ask a network admin if you need it.")),
    404: (_("There is no such page"), _("It may have been renamed or removed."), _("Use the menu or the search.")),
    405: (_("That cannot be done here"), _("The page does not take this kind of request."),
          _("Go back and use the page's own buttons.")),
    413: (_("That is too large"), _("More was sent than this page takes."), _("Send less, or in parts.")),
    426: (_("This page is open by https alone"), _("What you type here could be read by others on the way."),
          _("Open it by its https address. For a trial an admin may set web.plain_http.")),
    429: (_("Too many at once"), _("More people are logging in than can be checked."), _("Try again in a moment.")),
    500: (_("The page failed to load"), _("Employees' internet is not affected."), _("Try again.")),
    503: (_("The database does not answer"), _("Nothing was changed. Employees' internet is not affected."),
          _("Try again in a minute.")),
}  # fmt: skip
_SOUGHT: dict[str, LazyString] = {
    "budget request": _("Budget request"), "ceiling grant": _("Addition to a ceiling"), "change": _("Change"),
    "draft": _("Draft"), "file": _("File"), "import": _("Import"), "job": _("Job"), "list": _("List"),
    "notice": _("Notice"), "outage of link": _("Outage of the link"), "request": _("Request"), "round": _("Round"),
    "session": _("Session"), "sheet": _("Sheet"), "step of": _("Known step of"), "study of": _("Study of"),
    "samples of": _("Samples of"), "task": _("Task"), "token": _("Token"), "voucher": _("Voucher"),
    "running session of": _("Running session of"), "backup": _("Copy of the database"),
}  # fmt: skip
_BY_ERROR: tuple[tuple[type[NetquotaError], int], ...] = (
    (InvalidValue, 400),
    (NotFound, 404),
    (Conflict, 409),
    (StorageUnavailable, 503),
)


def install(app: Flask) -> None:
    """Answer every failure by a page."""
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(NetquotaError, _ours)
    app.register_error_handler(Exception, _unexpected)


def reference() -> str:
    """A code such as `K7-42F`, to be quoted to us."""
    drawn = [secrets.choice(_LETTERS) for _place in range(5)]
    return "".join(drawn[:2]) + "-" + "".join(drawn[2:])


def told(error: NetquotaError) -> Failure:
    """One of our own errors as a page says it."""
    status = next((code for kind, code in _BY_ERROR if isinstance(error, kind)), 500)
    if isinstance(error, InvalidValue):
        what = gettext("A value cannot be used.")
        return Failure(status, gettext("Please correct"), what, refusal(error), error.field, str(error.value))
    if isinstance(error, NotFound):
        what = gettext("What you asked for does not exist.")
        sought = str(_SOUGHT.get(error.kind) or labels.kind(error.kind))
        return Failure(status, gettext("Not found"), what, as_sentence(error.remedy), sought, str(error.key))
    if isinstance(error, Conflict):
        return Failure(
            status,
            gettext("It cannot be done as things stand"),
            conflicts.told(error),
            gettext("Reload and try again."),
        )
    return _of_status(status, logged(error))


def _http(error: HTTPException) -> ResponseReturnValue:
    if error.response is not None or error.code is None or error.code < 400:
        return error.get_response()
    code = logged(error) if error.code >= _FROM else ""
    if problems.is_api():
        return problems.of(error, code)
    failure = _of_status(error.code, code)
    if error.code == 400 and error.description and type(error).description != error.description:
        failure = Failure(400, failure.title, error.description, failure.remedy)
    response = _page(failure)
    for name, value in error.get_headers():
        if name in {"Allow", "Retry-After", "Upgrade"}:
            response.headers[name] = value
    return response


def _ours(error: NetquotaError) -> ResponseReturnValue:
    return _page(told(error))


def _unexpected(error: Exception) -> ResponseReturnValue:
    code = logged(error)
    try:
        return _page(_of_status(500, code))
    except Exception as second:  # noqa: BLE001 - the page that tells of a failure may fail for the same cause
        logged(second)
        return make_response(f"netquota: {code}", 500, {"Content-Type": "text/plain; charset=utf-8"})


def logged(error: Exception) -> str:
    """Write a failure to the log; the code under which it stands there."""
    code = reference()
    log.error("page failed", reference=code, path=request.path, method=request.method, exc_info=error)
    return code


def _of_status(status: int, code: str) -> Failure:
    title, what, remedy = _BY_STATUS.get(status, _BY_STATUS[500 if status >= _FROM else 400])
    return Failure(status, str(title), str(what), str(remedy), code=code)


def _page(failure: Failure) -> Response:
    if answers.is_portal():
        page = ErrorPage(
            answers.our_office(), answers.language(), failure.title, failure.what, failure.remedy, code=failure.code
        )
        return answers.answer(page, failure.status)
    part = request.headers.get("HX-Request-Type") == "partial"
    template = "errors/part.html" if part else "errors/page.html"
    return make_response(render_template(template, failure=failure), failure.status)
