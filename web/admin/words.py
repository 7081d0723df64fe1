"""Codes of the inside as words of the pages: states, orders and their ends, dropped packets, coming events."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import LazyString, gettext
from flask_babel import lazy_gettext as _

from netquota.domain.policy import Code, Reason
from netquota.services import words as sentences
from netquota.services.reasons import reasons_from_json
from netquota.services.report import Coming
from netquota.storage.order_store import OrderKind, OrderState
from netquota.storage.report_store import OrderLine
from netquota.storage.session_report import LastOrder, OpenSession, SessionState
from web import formatting, moments
from web.components import Mood
from web.context import here
from web.rendering import current_language

_RECENT_MS = 600_000
_SESSION_STATES: dict[SessionState, tuple[Mood, LazyString]] = {
    SessionState.UNANSWERED: (Mood.BAD, _("limit not taken")),
    SessionState.SILENT: (Mood.SILENT, _("silent")),
    SessionState.SLOWED: (Mood.SLOW, _("slowed")),
    SessionState.AT_LIMIT: (Mood.WARN, _("at the limit")),
    SessionState.USUAL: (Mood.PLAIN, _("usual")),
}
_LIMIT_CAUSES: dict[str, LazyString] = {
    Code.QUOTA_THROTTLED: _("the quota is spent"),
    Code.QUOTA_STEP: _("a line of the quota was passed"),
    Code.QUOTA_LANDING: _("what is left is to last until the next report"),
    Code.WINDOW_RATE: _("the schedule's window"),
    Code.PLAN_RATE: _("the plan"),
    Code.OVERRIDE_RATE: _("a personal limit"),
    Code.BOOST_RATE: _("an extra of the office"),
    Code.EVENT_RATE: _("an extra of an event"),
    Code.EVENT_CUT: _("a cut by an event"),
    Code.TURN_RATE: _("the bonus of a turn"),
    Code.CEILING_CAPS: _("the site's ceiling"),
    Code.SHARE_OF_CEILING: _("a share of the site's ceiling"),
    Code.CIRCUIT_RATE: _("the whole ceiling of the site"),
    Code.PAUSED: _("enforcement is paused"),
}
_ERROR_CAUSES: dict[int, LazyString] = {
    201: _("the session was removed, something of it is left"),
    202: _("the packet was invalid"),
    401: _("the gateway does not know an attribute"),
    402: _("an attribute is missing"),
    403: _("it is another gateway than it was told"),
    404: _("the request is invalid"),
    405: _("the gateway does not offer this"),
    406: _("the gateway does not know this extension"),
    407: _("a value is invalid"),
    501: _("the gateway's settings forbid it"),
    502: _("a proxy does not know the way"),
    503: _("the gateway no longer has this session"),
    504: _("the session cannot be ended"),
    505: _("a proxy failed"),
    506: _("the gateway has no resources left"),
    507: _("the gateway asks for a new log-in instead"),
    508: _("several sessions match; the gateway takes one only"),
}
_DROPPED: dict[str, LazyString] = {
    "secret_mismatch_suspected": _("The shared secret is probably wrong on one side"),
    "malformed": _("The packet breaks the protocol"),
    "wrong_code": _("A kind of packet that this port does not take"),
    "wrong_authenticator": _("The shared secret is wrong on one side"),
    "wrong_message_authenticator": _("The signature is wrong: check the shared secret"),
    "no_message_authenticator": _("The packet is not signed, but must be (Message-Authenticator)"),
    "eap_without_message_authenticator": _("An EAP log-in is not signed, but must be"),
    "proxy_state_without_message_authenticator": _("A proxied log-in is not signed, but must be"),
    "wrong_attribute_length": _("An attribute has a wrong length"),
    "repeated_attribute": _("An attribute stands there twice"),
    "forbidden_attribute": _("An attribute that must not stand there"),
    "too_many_gateways": _("More gateways' names than the setting radius.gateways_per_client allows"),
    "no_nas_identification": _("The gateway does not say who it is"),
    "no_user_name": _("The user name is missing"),
    "bad_user_name": _("The user name cannot be read"),
    "no_credential": _("The password is missing"),
    "several_credentials": _("More than one kind of password"),
    "mschap_of_wrong_form": _("An MS-CHAP answer of a wrong form"),
    "lan_manager_response_only": _("An answer by the old LAN Manager hash alone"),
    "no_status_type": _("Accounting does not say of what kind it is"),
    "no_session_id": _("Accounting does not say of which session it is"),
}


def session_states() -> list[tuple[str, str]]:
    """The states to filter by."""
    return [(state.value, str(_SESSION_STATES[state][1])) for state in SessionState]


def limit_cause(code: str) -> str:
    """What set a session's limit, in few words; empty where it is not known."""
    return str(_LIMIT_CAUSES.get(code, ""))


def session_state(session: OpenSession, now_ms: int) -> tuple[Mood, str]:
    """A running session's state: the result of a recent order first, else what stands out."""
    order = session.order
    if order is not None and (order.ended_ms is None or now_ms - order.ended_ms < _RECENT_MS):
        told = order_result(order.kind, order.state, order.took_ms, order.error_cause, short=True)
        if order.state is not OrderState.SUPERSEDED:
            return told
    mood, text = _SESSION_STATES[session.state(now_ms // 1000)]
    return mood, str(text)


def order_result(
    kind: OrderKind, state: OrderState, took_ms: int | None, error_cause: int | None, *, short: bool = False
) -> tuple[Mood, str]:
    """How an order stands or ended."""
    match state:
        case OrderState.PENDING | OrderState.SENT:
            return Mood.INFO, gettext("waiting") if short else gettext("waiting for the gateway")
        case OrderState.ACKNOWLEDGED:
            took = formatting.number((took_ms or 0) / 1000, current_language(), 1)
            if kind is OrderKind.DISCONNECT:
                return Mood.OK, gettext("ended %(seconds)s s", seconds=took)
            return Mood.OK, gettext("taken %(seconds)s s", seconds=took)
        case OrderState.REFUSED:
            why = error_words(error_cause)
            return Mood.BAD, gettext("refused") if short or not why else gettext("refused: %(why)s", why=why)
        case OrderState.GIVEN_UP:
            return Mood.BAD, gettext("no answer")
        case OrderState.SUPERSEDED:
            return Mood.PLAIN, gettext("a newer order took its place")


def error_words(error_cause: int | None) -> str:
    """A gateway's Error-Cause (RFC 5176 §3.5) in words, with its number."""
    if error_cause is None:
        return ""
    return f"{_ERROR_CAUSES.get(error_cause, gettext('unknown cause'))} ({error_cause})"


def order_does(kind: OrderKind, down_bps: int | None, up_bps: int | None) -> str:
    """What an order asks for."""
    if kind is OrderKind.DISCONNECT:
        return gettext("end the session")
    pair = formatting.rate_pair(down_bps, up_bps, current_language())
    return gettext("speed %(rate)s Mbit/s", rate=pair)


def order_line(order: OrderLine) -> tuple[Mood, str]:
    """How an order of a list stands or ended."""
    took = None if order.ended_ms is None else order.ended_ms - order.created_ms
    return order_result(order.kind, order.state, took, order.error_cause)


def last_order(order: LastOrder) -> tuple[Mood, str]:
    """How the last order of a session stands or ended."""
    return order_result(order.kind, order.state, order.took_ms, order.error_cause)


def reason(found: Reason) -> str:
    """A reason as a sentence."""
    return sentences.sentence(found, current_language(), here().zone)


def last_reason(text: str) -> str:
    """The sentence of the last of the reasons kept as JSON: what a refusal says."""
    found: Sequence[Reason] = reasons_from_json(text)
    return reason(found[-1]) if found else ""


def dropped(cause: str) -> str:
    """Why packets of a client were dropped."""
    known = _DROPPED.get(cause.partition(":")[0])
    return cause if known is None else f"{known}{cause[len(cause.partition(':')[0]) :]}"


def coming(event: Coming) -> str:
    """What will change by itself."""
    if event.kind == "quota":
        return gettext("Quota %(key)s refills", key=event.key)
    if event.kind == "event":
        return gettext("%(key)s begins or ends", key=event.key)
    if event.kind == "rotation":
        return gettext("The turn in %(key)s goes on", key=event.key)
    return gettext("Schedule %(key)s turns", key=event.key)


def ago(now_s: int, then_s: int | None) -> str:
    """How long ago, in words; a dash where it never was."""
    return formatting.UNKNOWN if then_s is None else moments.duration(max(0, now_s - then_s), current_language())
