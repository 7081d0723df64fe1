"""A look at one's own quota lives in a session of ours (web_session); its token stands in links and forms, signed.

It holds for the address that it was begun from and ends with a new password. What a gateway carries in the clear after
a log-in is a hand-over instead: good for one opening within a minute, then exchanged.
"""

from __future__ import annotations

from flask import request, url_for

from netquota.domain.people import AccountKind, Subscriber
from netquota.errors import InvalidValue
from netquota.storage import web_session_store
from netquota.storage.web_session_store import Limits, WebSession
from web.auth.person import remote_address
from web.context import Context
from web.portal import answers, state
from web.portal.state import Visit

HAND_OVER_S = 59  # shorter than any visit may be (portal.form_lifetime_s), so that one is never taken for the other


def begun(context: Context, employee_id: int, mac: str = "", logout_url: str = "") -> str:
    """Begin a visit; the address (a path) at which it is seen."""
    visit = begun_visit(context, employee_id, mac, logout_url)
    return url_for("kuota.show", s=state.sealed_visit(context.keyring, visit))


def begun_visit(context: Context, employee_id: int, mac: str = "", logout_url: str = "") -> Visit:
    """Begin a visit of somebody whose password was right."""
    return Visit(_session(context, employee_id, _limits(context)), mac, logout_url)


def handed_over(context: Context, employee_id: int, mac: str, logout_url: str) -> str:
    """An address (a path) that begins a visit when it is opened for the first time."""
    visit = Visit(_session(context, employee_id, _hand_over(context)), mac, logout_url)
    return url_for("kuota.show", h=state.sealed_visit(context.keyring, visit))


def taken_over(context: Context, text: str) -> str | None:
    """Exchange a hand-over; the visit's address, None where it was used, is too old, or comes from elsewhere."""
    found = _found(context, text, _hand_over(context))
    if found is None or not _is_hand_over(found[1]):
        return None
    visit, session = found
    with context.database.write() as connection:
        if not web_session_store.end(connection, session.digest):
            return None
    return begun(context, session.person_id, visit.mac, visit.logout_url)


def seen(context: Context, text: str) -> tuple[Visit, Subscriber] | None:
    """The visit of a link or form and whose it is; None where it does not hold any more."""
    found = _found(context, text, _limits(context))
    if found is None or _is_hand_over(found[1]):
        return None
    visit, session = found
    if web_session_store.is_due(session, context.now_s):
        with context.database.write() as connection:
            web_session_store.seen(connection, session, context.now_s)
    person = context.policy.snapshot.subscriber_by_id.get(session.person_id)
    return None if person is None else (visit, person)


def visitor(context: Context) -> tuple[Visit, Subscriber] | None:
    """The visit that this request's link or form carries, and whose it is; None where it does not hold."""
    text = request.values.get(state.FIELD)
    return None if text is None else seen(context, text)


def employee_visitor(context: Context) -> tuple[Visit, Subscriber] | None:
    """The same, where it is an employee's: a guest has no password, and asks for no more."""
    found = visitor(context)
    return found if found is not None and found[1].kind is AccountKind.PERSON else None


def address(context: Context, visit: Visit) -> str:
    """The quota page of a visit, a path; in the language that was asked for."""
    return url_for("kuota.show", s=state.sealed_visit(context.keyring, visit), **answers.chosen_language())


def ended(context: Context, visit: Visit) -> None:
    """The token is good for nothing from now on."""
    with context.database.write() as connection:
        session = web_session_store.find(connection, visit.token, context.now_s, _limits(context))
        if session is not None:
            web_session_store.end(connection, session.digest)


def _found(context: Context, text: str, limits: Limits) -> tuple[Visit, WebSession] | None:
    try:
        visit = state.opened_visit(context.keyring, text)
    except InvalidValue:
        return None
    with context.database.read() as connection:
        session = web_session_store.find(connection, visit.token, context.now_s, limits)
    if session is None or session.kind != "employee" or session.address != remote_address()[:45]:
        return None
    return visit, session


def _session(context: Context, employee_id: int, limits: Limits) -> str:
    with context.database.write() as connection:
        token, _ = web_session_store.begin(
            connection, "employee", employee_id, context.now_s, limits,
            address=remote_address(), agent=request.user_agent.string,
        )  # fmt: skip
    return token


def _limits(context: Context) -> Limits:
    return Limits(context.settings.web.session_idle_s, context.settings.portal.form_lifetime_s)


def _hand_over(context: Context) -> Limits:
    return Limits(context.settings.web.session_idle_s, HAND_OVER_S)


def _is_hand_over(session: WebSession) -> bool:
    return session.expires_s - session.created_s == HAND_OVER_S
