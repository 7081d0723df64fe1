"""Use case: what a running session has against what it should have. The one way to enforce.

Each open session carries what was last applied to it. reconcile() decides anew and writes an order where desired and
applied differ; running it twice changes nothing. A crossed quota, an edge, a change only name the sessions to look at.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from netquota.domain.deciding import Asking, Decision
from netquota.domain.enforcement import SessionIdentity, desired_state
from netquota.domain.landing import Landing, is_noise
from netquota.domain.people import Subscriber
from netquota.domain.policy import Code
from netquota.domain.quota import LedgerFigure
from netquota.domain.units import Rate
from netquota.services.approach import landings_of
from netquota.services.facts import Place, Policy, can_change_rate, can_end, can_raise_cap, decision_for
from netquota.services.gateways import GatewayBook
from netquota.services.live import LivePerson, load
from netquota.services.reasons import reasons_json
from netquota.services.renewals import Caps
from netquota.storage.database import Connection
from netquota.storage.ledger_store import Page
from netquota.storage.order_store import NewOrder, OrderKind, write_orders
from netquota.storage.session_row import SessionRow, StandingOrder


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What reconcile() found: sessions it decided for, and the sessions for which orders were written."""

    looked_at: int
    ordered: tuple[int, ...]


def reconcile(
    page: Page,
    connection: Connection,
    policy: Policy,
    gateways: GatewayBook,
    rows: Sequence[SessionRow],
    now_ms: int,
    shares: Mapping[int, Rate] | None = None,
    cause_ms: int | None = None,
) -> Reconciled:
    """Decide anew for these open sessions and write orders where that differs from what they have.

    `shares`: what a round over a shared ceiling gives them, which alone may raise a session there. `cause_ms`: when
    the packet or change that names these sessions arrived (epoch ms), now where nothing did.
    """
    open_rows = [row for row in rows if row.is_open and row.employee_id is not None]
    if not open_rows:
        return Reconciled(0, ())
    caps = Caps(connection, writes=True)
    wanted = differing(page, policy, gateways, open_rows, now_ms, shares, caps)
    return Reconciled(len(open_rows), tuple(write_orders(connection, wanted, now_ms, cause_ms)))


def differing(
    page: Page,
    policy: Policy,
    gateways: GatewayBook,
    rows: Sequence[SessionRow],
    now_ms: int,
    shares: Mapping[int, Rate] | None = None,
    caps: Caps | None = None,
) -> list[NewOrder]:
    """The orders that these open sessions should get.

    Nothing is written, so that a reading page will do; but for leases, where `caps` may write (None: left as they are).
    """
    now_s = now_ms // 1000
    people = _people(policy, rows)
    live, pools = load(page, list(people.values()), now_s)
    figures = {figure.quota_id: figure for figure in pools}
    ids = {row.id for row in rows}.union(*(person.sessions for person in live.values()))
    standing = page.standing_orders(sorted(ids))
    leaving = {session_id for session_id, order in standing.items() if order.kind == OrderKind.DISCONNECT}
    for person in live.values():
        for session_id in leaving.intersection(person.sessions):
            del person.sessions[session_id]  # it makes room already
    wanted: list[NewOrder] = []
    found: list[tuple[SessionRow, Subscriber, Place]] = []
    for row in rows:
        place = place_of(policy, gateways, row)
        if row.id in leaving or row.employee_id is None or place is None:
            continue
        subscriber = people.get(row.employee_id)
        if subscriber is None:
            wanted.append(_disconnect(row, Code.UNKNOWN, "[]"))
        else:
            found.append((row, subscriber, place))
    if caps is not None:
        caps.open(policy, found, now_s)
    near = landings_of(page, policy, found, live, figures, lambda row: place_of(policy, gateways, row), now_s)
    for row, subscriber, place in found:
        heading = _heading_for(standing.get(row.id))
        share = None if shares is None else shares.get(row.id)
        share = share or kept_share(policy, place, row, heading)
        person, landing = live[subscriber.id], near.get(row.id)
        decision = decide_running(policy, subscriber, place, person, figures, row, now_s, share, landing)
        cap = row.applied_cap if caps is None else caps.wanted(row, subscriber, decision)
        order = order_for(row, decision, place, now_s, heading, cap, policy.floor_bps)
        if order is not None:
            wanted.append(order)
    return wanted


def _people(policy: Policy, rows: Sequence[SessionRow]) -> dict[int, Subscriber]:
    by_id = policy.snapshot.subscriber_by_id
    found = {row.employee_id: by_id.get(row.employee_id) for row in rows if row.employee_id is not None}
    return {employee_id: person for employee_id, person in found.items() if person is not None}


def _heading_for(order: StandingOrder | None) -> Rate | None:
    """The rate that an order under way brings: a decision for another must replace it, also where it is the present."""
    if order is None or order.down_bps is None or order.up_bps is None:
        return None
    return Rate(order.down_bps, order.up_bps)


def kept_share(policy: Policy, place: Place, row: SessionRow, heading: Rate | None = None) -> Rate | None:
    """The most that a session under a shared ceiling gets outside of a round: what it has, or is about to have.

    None where no ceiling is shared. Only a round, which holds the ceiling's lock, knows whether there is room for more.
    """
    if place.site is None or not place.site.is_shared:
        return None
    return heading or applied_rate(row) or Rate(policy.floor_bps, policy.floor_bps)


def place_of(policy: Policy, gateways: GatewayBook, row: SessionRow) -> Place | None:
    """Where a running session is; None where its client was removed."""
    gateway = gateways.of_id(row.gateway_id)
    nas = None if gateway is None else policy.snapshot.nas_by_id.get(gateway.nas_id)
    if gateway is None or nas is None:
        return None
    sites = policy.snapshot.sites_of_nas(nas.id)
    return Place(nas, next((site for site in sites if site.id == row.site_id), None), gateway.rate_works, gateway.ends)


def decide_running(
    policy: Policy,
    subscriber: Subscriber,
    place: Place,
    person: LivePerson,
    pools: dict[int, LedgerFigure],
    row: SessionRow,
    now_s: int,
    share: Rate | None = None,
    landings: Mapping[int, Landing] | None = None,
) -> Decision:
    """The decision for a session that runs already.

    `share`: what it has of a shared ceiling, bit/s; `landings`: its part of what quotas have left, near their lines.
    """
    asking = Asking(row.mac, row.id, share, landings)
    return decision_for(policy, subscriber, place, person.figures, pools, person.sessions.values(), asking, now_s)


def order_for(
    row: SessionRow,
    decision: Decision,
    place: Place,
    now_s: int,
    heading: Rate | None = None,
    cap: int | None = None,
    floor_bps: int = 0,
) -> NewOrder | None:
    """The order that brings a session to its decision; None where it has it, or where nothing can be done there.

    `heading`: the rate that an order under way brings, None without one. `cap`: the octets that it may use from its
    start, as reserved for it. `floor_bps`: what is left to who should be ended where the gateway ends nobody.

    What the gateway cannot do is done in another way (`domain.fallback`): a lower rate by ending the session, which
    logs in again; an end by the floor's rate; where neither reaches the session, it waits for the next log-in.
    """
    if not decision.accepted:
        if can_end(place):
            return _disconnect(row, decision.cause, reasons_json(decision.reasons))
        decision = replace(decision, accepted=True, rate=Rate(floor_bps, floor_bps))
    applied = heading or applied_rate(row)
    more = cap is not None and cap != row.applied_cap and can_raise_cap(place)
    if applied is not None and not more and _is_same(applied, decision):
        return None
    if not can_change_rate(place):
        if applied is None or applied == applied.capped_by(decision.rate):
            return None  # not known is taken as granted at log-in: ending it would go on for ever
        if not can_end(place):
            return None
        return _disconnect(row, decision.cause, reasons_json(decision.reasons))
    elapsed_s = max(0, now_s - row.started_s)
    seconds_left = None if decision.ends_at_s is None else decision.ends_at_s - now_s
    desired = desired_state(decision, seconds_left, identity(row), elapsed_s)
    desired = replace(desired, octet_cap=cap if can_raise_cap(place) else row.applied_cap)
    return NewOrder(
        row.id,
        row.gateway_id,
        row.employee_id,
        OrderKind.COA,
        decision.rate.down_bps,
        decision.rate.up_bps,
        desired.to_json(),
        decision.cause,
        reasons_json(decision.reasons),
    )


def _is_same(applied: Rate, decision: Decision) -> bool:
    """Whether a session has its rate; on a landing about so, for that changes with each report."""
    return applied == decision.rate or (decision.cause is Code.QUOTA_LANDING and is_noise(applied, decision.rate))


def applied_rate(row: SessionRow) -> Rate | None:
    """The rate that the session has, as granted at log-in or acknowledged since (bit/s); None = not known."""
    if row.applied_down_bps is None or row.applied_up_bps is None:
        return None
    return Rate(row.applied_down_bps, row.applied_up_bps)


def identity(row: SessionRow) -> SessionIdentity:
    """How the gateway knows the session."""
    return SessionIdentity(
        row.username, row.acct_session_id, row.framed_ip, row.mac, row.nas_port, row.called_station, row.class_token,
        audit_session_id=row.audit_session_id,
    )  # fmt: skip


def _disconnect(row: SessionRow, code: Code, reasons: str) -> NewOrder:
    return NewOrder(row.id, row.gateway_id, row.employee_id, OrderKind.DISCONNECT, None, None, "{}", code, reasons)


def disconnect_sessions(
    connection: Connection, rows: Sequence[SessionRow], code: Code, reasons: str, now_ms: int
) -> list[int]:
    """Order these sessions' end (an admin's wish, a device that makes room). The sessions ordered for."""
    return write_orders(connection, [_disconnect(row, code, reasons) for row in rows if row.is_open], now_ms)
