"""Use case: a log-in. Who is it, what does he get, and the attributes that say so in the gateway's own words.

Credentials are checked elsewhere (verify.py); here stands what follows once they are known to be right or wrong.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from netquota.domain.deciding import Asking, Decision, LiveSession
from netquota.domain.enforcement import SessionIdentity, spread_interim
from netquota.domain.people import Subscriber, username_key
from netquota.domain.places import Nas
from netquota.domain.policy import Code, Reason, Rule
from netquota.services.class_token import ClassSigner, Granted
from netquota.services.facts import Place, Policy, decision_for, family_of, site_of
from netquota.services.live import STALE_INTERVALS, LiveFigures, LivePerson
from radius.codec import attribute
from radius.families import accept_attributes

CLASS = 25
REFUSED_FOR_S = 5  # a refusal is worth remembering only against a gateway that asks in a loop


@dataclass(frozen=True, slots=True)
class LoginPlace:
    """Where a log-in comes from, as its packet says."""

    nas: Nas
    gateway: str
    mac: str
    called_station: str
    port: str
    username: str = ""


@dataclass(frozen=True, slots=True)
class Remembered:
    """A person's last decision, what it rested on, until when it holds, and its attributes by (User-Name, MAC)."""

    key: tuple[object, ...]
    until_s: int
    decision: Decision
    site_id: int | None
    encoded: dict[tuple[str, str], tuple[bytes, int]]


class Authorizer:
    """Decides log-ins from policy and live figures; remembers each person's last decision while its facts hold."""

    def __init__(self, policy: Policy, live: LiveFigures, signer: ClassSigner) -> None:
        self.policy = policy
        self.live = live
        self._signer = signer

    def who(self, nas: Nas, username: str) -> Subscriber | None:
        """The subscriber of a User-Name, its realm cut off where the client's list names it; None if unknown."""
        found = self.policy.snapshot.subscribers.get(username_key(username))
        if found is None and nas.realms:
            key = username_key(username)
            for realm in nas.realms:
                if key.endswith(realm):
                    return self.policy.snapshot.subscribers.get(key[: -len(realm)])
        return found

    def decide(self, subscriber: Subscriber, place: LoginPlace, person: LivePerson, now_s: int) -> Decision:
        """The decision for a log-in of this person there, now."""
        site = site_of(self.policy.snapshot, place.nas, place.gateway, place.called_station, place.port)
        pools = tuple(self.live.pools.get(quota.id) for quota in subscriber.opd.pools)
        mac = place.mac if person.sessions else ""
        key = (id(self.policy), id(subscriber), place.nas.id, 0 if site is None else site.id, mac, pools)
        held = person.decided
        if isinstance(held, Remembered) and held.key == key and now_s < held.until_s:
            return held.decision
        at = Place(place.nas, site)
        sessions = person.sessions.values()
        decision = decision_for(
            self.policy, subscriber, at, person.figures, self.live.pools, sessions, Asking(place.mac), now_s
        )
        until_s = self._holds_until(subscriber, decision, tuple(sessions), now_s)
        person.decided = Remembered(key, until_s, decision, None if site is None else site.id, {})
        return decision

    def _holds_until(
        self, subscriber: Subscriber, decision: Decision, sessions: tuple[LiveSession, ...], now_s: int
    ) -> int:
        """The first moment (epoch s) at which the same facts could give another answer."""
        calendar = self.policy.calendar
        ends = [now_s + (3600 if decision.accepted else REFUSED_FOR_S)]
        ends += [calendar.period(quota, now_s)[1] for quota in subscriber.quotas]
        ends += [s.last_news_s + STALE_INTERVALS * s.interim_s + 1 for s in sessions if not s.is_stale(now_s)]
        if subscriber.plan is not None and (edge_s := calendar.hours(subscriber.plan, now_s).edge_s) is not None:
            ends.append(edge_s)
        if decision.until_s is not None:
            ends.append(decision.until_s)
        return min(ends)

    def grant(self, subscriber: Subscriber, place: LoginPlace, person: LivePerson, now_s: int) -> bytes:
        """The attributes of the accept that decide() just gave this person, with the signed Class.

        Session-Timeout counts from now; without one the octets are remembered, for a phone asks many times a day.
        """
        held = person.decided
        if not isinstance(held, Remembered):
            raise TypeError("decide() comes first")
        decision = held.decision
        device = (place.username, place.mac)
        attributes, interim_s = held.encoded.get(device) or self._encoded(place, held, now_s)
        if decision.ends_at_s is None:
            held.encoded[device] = attributes, interim_s
        token = self._signer.token(
            Granted(
                subscriber.id, held.site_id, decision.rate.down_bps, decision.rate.up_bps, decision.octet_cap, now_s,
                interim_s, os.urandom(8),
            )
        )
        return attributes + attribute(CLASS, token)

    @staticmethod
    def _encoded(place: LoginPlace, held: Remembered, now_s: int) -> tuple[bytes, int]:
        decision = held.decision
        seconds_left = None if decision.ends_at_s is None else max(1, decision.ends_at_s - now_s)
        interim_s = spread_interim(decision.interim_s, SessionIdentity(place.username, mac=place.mac))
        return accept_attributes(family_of(place.nas), decision, seconds_left, interim_s), interim_s


def refused(code: Code, source: str = "") -> Decision:
    """A refusal that no policy was asked for: unknown name or wrong password."""
    return Decision(False, (Reason(Rule.CREDENTIAL, code, source),), cause=code)
