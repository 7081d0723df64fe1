"""Orders between their rows and the wire: whom to ask, how the gateway knows the session, what it shall have. Pure."""

from __future__ import annotations

from netquota.domain.enforcement import Desired, OrderKind, SessionIdentity
from netquota.domain.places import Nas
from netquota.storage.order_store import Ended, Order, OrderState
from radius import dynauth_core as wire
from radius.families import coa_attributes, family_named, identifiers

_ENDS = {
    wire.Result.ACK: OrderState.ACKNOWLEDGED,
    wire.Result.NAK: OrderState.REFUSED,
    wire.Result.SILENT: OrderState.GIVEN_UP,
    wire.Result.SUPERSEDED: OrderState.SUPERSEDED,
}


def wire_order(order: Order, nas: Nas, event_s: int) -> wire.Order:
    """The order as it goes to the gateway: to the client's CoA address, else where its packets come from.

    Raises `InvalidValue` where it cannot be put into a packet or there is no address.
    """
    family = family_named(nas.family)
    session = SessionIdentity(
        order.username,
        order.acct_session_id,
        order.framed_ip,
        order.mac,
        order.nas_port,
        order.called_station,
        order.class_token,
        order.gateway,
        order.audit_session_id,
    )
    attributes = identifiers(family, session)
    if order.kind is OrderKind.COA:
        attributes += coa_attributes(family, Desired.from_json(order.desired))
    address = nas.coa_address or order.gateway_address or nas.address.partition("/")[0]
    port = nas.coa_port or family.coa_port
    ids = order.id, order.session_id, order.gateway_id
    pace, bare = nas.coa_per_second, family.bare_orders
    return wire.Order(*ids, order.kind, address, port, nas.secret, attributes, event_s, pace, bare)


def ended(outcome: wire.Outcome, now_ms: int) -> Ended:
    """How the order ended, for its row."""
    sent_ms = None if outcome.tries == 0 else now_ms - int(outcome.seconds * 1000)
    words = {wire.Result.SILENT: "no answer", wire.Result.SUPERSEDED: "a newer order replaces it"}
    result = outcome.cause_name or words.get(outcome.result, "")
    return Ended(outcome.order_id, _ENDS[outcome.result], outcome.tries, sent_ms, now_ms, outcome.error_cause, result)
