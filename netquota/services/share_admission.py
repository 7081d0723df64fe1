"""Use case: a log-in under a shared ceiling begins at once, with a rate that keeps the sum.

The rate is promised durably under the ceiling's lock before the accept leaves; the session's first report takes the
promise over, and one whose session never speaks runs out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from netquota.domain.policy import Code, Decision, Reason, Rule
from netquota.domain.share_round import Ceiling, Member, start
from netquota.domain.units import Rate
from netquota.services.admission import Asked, Desk
from netquota.services.enforce import place_of
from netquota.services.facts import Policy, can_change_rate
from netquota.services.gateways import GatewayBook
from netquota.services.settling import Entry
from netquota.services.share_pool import (
    Due,
    Reading,
    SharedPlace,
    ceiling_of,
    members,
    parts_of_site,
    read,
    shared_places,
)
from netquota.storage.database import Connection
from netquota.storage.session_row import SessionRow
from netquota.storage.share_store import Reservation, drop_reservations, lock_ceiling, reserve

PATIENCE_S = 60
"""Beyond its first interim interval, how long a session may need to be heard of."""
LONGEST_PROMISE_S = 3600 + PATIENCE_S


def admit(desk: Desk, asked: Sequence[Asked]) -> list[Decision]:
    """The decisions with the rates that these log-ins begin with; refused, to try again, where nothing is free."""
    decided = [one.decision for one in asked]
    places = shared_places(desk.policy.snapshot)
    of_site = {site_id: place for place in places.values() for site_id in place.sites}
    under: dict[int, list[int]] = {}
    for index, one in enumerate(asked):
        if one.decision.needs_grant and one.site_id in of_site:
            under.setdefault(of_site[one.site_id].opd.id, []).append(index)
    if not under:
        return decided
    book = GatewayBook()
    book.read(desk.connection)
    for opd_id in sorted(under):  # all who lock several ceilings do it in this order
        found = _admitted(desk, book, places[opd_id], [asked[index] for index in under[opd_id]])
        for index, decision in zip(under[opd_id], found, strict=True):
            decided[index] = decision
    return decided


def _admitted(desk: Desk, book: GatewayBook, place: SharedPlace, asked: Sequence[Asked]) -> list[Decision]:
    lock_ceiling(desk.connection, place.opd.id)
    reading = read(desk.page, desk.connection, place, desk.now_s * 1000)
    anew = {(one.subscriber.id, one.place.mac) for one in asked if one.place.mac}
    gone = [one.number for one in reading.promised if (one.employee_id, one.mac) in anew]
    drop_reservations(desk.connection, gone)
    promised = [one for one in reading.promised if one.number not in gone]
    room = _Room(desk, book, replace(reading, promised=promised))
    decided = [room.admitted(one) for one in asked]
    reserve(desk.connection, room.promised)
    return decided


class _Room:
    """What is free under a ceiling while log-ins of one batch take of it, one after another."""

    def __init__(self, desk: Desk, book: GatewayBook, reading: Reading) -> None:
        self._desk, self._book, self._reading = desk, book, reading
        self._members = members(reading, lambda row: _likely_due(desk.policy, book, row))
        self.promised: list[Reservation] = []

    def admitted(self, one: Asked) -> Decision:
        """The decision with the rate that it begins with; that is taken from what is free."""
        reading = self._reading
        site_id = one.site_id or 0
        opd = reading.place.opd
        parts = parts_of_site(self._desk.policy, reading, site_id)
        rate = start(self._ceiling(), self._others(one), one.decision.rate, parts, one.subscriber.share_weight)
        if rate is None:
            refusal = Reason(Rule.CEILING, Code.CEILING_FULL, opd.code, opd.ceiling)
            return Decision(False, (*one.decision.reasons, refusal), cause=refusal.code)
        until_s = self._desk.now_s + one.decision.interim_s * 23 // 20 + PATIENCE_S  # with the jitter of the interval
        promise = Reservation(one.number, opd.id, site_id, one.subscriber.id, one.place.mac, rate, until_s)
        self.promised.append(promise)
        self._reading = replace(reading, promised=[*reading.promised, promise])
        return begun_with(one.decision, rate, opd.code)

    def _ceiling(self) -> Ceiling:
        return ceiling_of(self._desk.policy, self._reading)

    def _others(self, one: Asked) -> list[Member]:
        """The running sessions but the device's own at that gateway, in whose place the new one comes."""
        gateway = self._book.named(one.place.nas.id, one.place.gateway)
        own = {
            row.id
            for row in self._reading.rows
            if gateway is not None and one.place.mac and (row.gateway_id, row.mac) == (gateway.id, one.place.mac)
        }
        return [member for member in self._members if member.id not in own]


def begun_with(decision: Decision, rate: Rate, source: str) -> Decision:
    """The decision with what the ceiling leaves to begin with (bit/s)."""
    capped = decision.rate.capped_by(rate)
    lowers = capped != decision.rate
    reason = Reason(Rule.CEILING, Code.SHARE_OF_CEILING, source, rate, in_force=lowers)
    cause = reason.code if lowers else decision.cause
    return replace(decision, rate=capped, reasons=(*decision.reasons, reason), cause=cause)


def _likely_due(policy: Policy, book: GatewayBook, row: SessionRow) -> Due | None:
    """What a running session is due without the sharing, near enough to start another beside it: by its plan."""
    place = place_of(policy, book, row)
    person = None if row.employee_id is None else policy.snapshot.subscriber_by_id.find(row.employee_id)
    if place is None or place.site is None or person is None or person.plan is None or not can_change_rate(place):
        return None
    rate = person.override or person.plan.rate
    return Due(rate if place.site.limit is None else rate.capped_by(place.site.limit), person.share_weight)


def take_over(connection: Connection, entries: Iterable[Entry], now_s: int) -> None:
    """These reports' sessions speak: what was promised to their log-ins is theirs, and counted as such."""
    drop_reservations(
        connection,
        (
            entry.granted.nonce
            for entry in entries
            if entry.granted is not None
            and entry.site is not None
            and entry.site.is_shared
            and now_s - entry.granted.granted_s <= LONGEST_PROMISE_S
        ),
    )
