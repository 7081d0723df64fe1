"""Use case: a log-in. Who is it, what does he get, and the attributes that say so in the gateway's own words.

Credentials are checked elsewhere (verify.py); here stands what follows once they are known to be right or wrong.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from typing import TypeVar

from netquota.domain.deciding import Asking, Decision, LiveSession
from netquota.domain.enforcement import SessionIdentity, spread_interim
from netquota.domain.people import Subscriber, username_key
from netquota.domain.places import Ability, Nas
from netquota.domain.policy import Code, Reason, Rule
from netquota.services.class_token import ClassSigner
from netquota.services.facts import Place, Policy, decision_for, family_of, site_for
from netquota.services.live import STALE_INTERVALS, LiveFigures, LivePerson
from radius.codec import attribute
from radius.families import accept_attributes

CLASS = 25
Key = TypeVar("Key")
Value = TypeVar("Value")
SAME_RECORD_S = 60
LONGEST_SHORTENED_S = 60  # by so much a remembered decision may shorten the plan's session timeout
MOST_DEVICES = 64  # of one person, of which answers are remembered
REFUSED_FOR_S = 5  # a refusal is worth remembering only against a gateway that asks in a loop


@dataclass(slots=True)
class LoginPlace:
    """Where a log-in comes from, as its packet says; `rate_works`, `ends`: what was learnt of CoA at that gateway."""

    nas: Nas
    gateway: str
    mac: str
    called_station: str
    port: str
    username: str = ""
    rate_works: Ability = Ability.LEARN
    vlan: int | None = None
    ends: Ability = Ability.LEARN


@dataclass(frozen=True, slots=True)
class Asked:
    """A log-in that asks for an exact grant: who, where, what was decided so far from live figures.

    `number` tells log-ins apart; the session brings it back in its Class, which ties it to what was reserved.
    """

    number: int
    subscriber: Subscriber
    place: LoginPlace
    site_id: int | None
    decision: Decision


@dataclass(frozen=True, slots=True)
class Remembered:
    """A person's last decision, what it rested on and until when it holds.

    Beside it when it was last recorded by MAC (epoch s), and its attributes by (User-Name, MAC).
    """

    key: tuple[object, ...]
    until_s: int
    decision: Decision
    site_id: int | None
    recorded: dict[str, int]
    encoded: dict[tuple[str, str], tuple[bytes, int]]


class Authorizer:
    """Decides log-ins from policy and live figures; remembers each person's last decision while its facts hold."""

    def __init__(self, policy: Policy, live: LiveFigures, signer: ClassSigner) -> None:
        self.policy = policy
        self.live = live
        self._signer = signer
        self._nonces = count(int.from_bytes(os.urandom(7), "big"))  # told apart, not guarded: the signature does that

    def who(self, nas: Nas, username: str) -> Subscriber | None:
        """The subscriber of a User-Name, its realm cut off where the client's list names it; None if unknown."""
        return subscriber_named(self.policy, username, nas.realms)

    def decide(self, subscriber: Subscriber, place: LoginPlace, person: LivePerson, now_s: int) -> Decision:
        """The decision for a log-in of this person there, now."""
        site = site_for(
            self.policy.snapshot, subscriber, place.nas, place.gateway, place.called_station, place.port, place.vlan
        )
        pools = tuple(self.live.pools.get(quota.id) for quota in subscriber.opd.pools)
        mac = place.mac if person.sessions else ""
        site_id = 0 if site is None else site.id
        key = (self.policy.number, place.nas.id, site_id, place.rate_works, place.ends, mac, pools)
        held = person.decided
        if isinstance(held, Remembered) and held.key == key and now_s < held.until_s:
            return held.decision
        sessions = person.sessions.values()
        at = Place(place.nas, site, place.rate_works, place.ends)
        decision = decision_for(
            self.policy, subscriber, at, person.figures, self.live.pools, sessions, Asking(place.mac), now_s
        )
        until_s = self._holds_until(subscriber, decision, tuple(sessions), now_s)
        person.decided = Remembered(key, until_s, decision, None if site is None else site.id, {}, {})
        return decision

    def _holds_until(
        self, subscriber: Subscriber, decision: Decision, sessions: tuple[LiveSession, ...], now_s: int
    ) -> int:
        """The first moment (epoch s) at which the same facts could give another answer."""
        calendar = self.policy.calendar
        ends = [now_s + (3600 if decision.accepted else REFUSED_FOR_S)]
        ends += [calendar.period(quota, now_s)[1] for quota in subscriber.quotas]
        ends += [s.last_news_s + STALE_INTERVALS * s.interim_s + 1 for s in sessions if not s.is_stale(now_s)]
        if (edge_s := calendar.hours(subscriber.schedule, now_s).edge_s) is not None:
            ends.append(edge_s)
        if decision.until_s is not None:
            ends.append(decision.until_s)
        longest_s = max(0 if subscriber.plan is None else subscriber.plan.session_timeout_s or 0,
                        self.policy.longest_session_s)  # fmt: skip
        if decision.ends_at_s is not None and (left_s := decision.ends_at_s - now_s) <= longest_s:
            ends.append(now_s + max(1, min(LONGEST_SHORTENED_S, left_s // 10)))  # it may count from the log-in
        return min(ends)

    @staticmethod
    def worth_recording(person: LivePerson, mac: str, now_s: int) -> bool:
        """Whether this log-in says anything new: the same answer to the same device is recorded once a minute."""
        held = person.decided
        if not isinstance(held, Remembered):
            return True
        if now_s - held.recorded.get(mac, 0) < SAME_RECORD_S:
            return False
        _remember(held.recorded, mac, now_s)
        return True

    def grant(self, subscriber: Subscriber, place: LoginPlace, person: LivePerson, now_s: int) -> bytes:
        """The attributes of the accept that decide() just gave this person, with the signed Class.

        Session-Timeout counts from now; without one the octets are remembered, for a phone asks many times a day.
        """
        held = person.decided
        if not isinstance(held, Remembered):
            raise TypeError("decide() comes first")
        decision = held.decision
        device = (place.username, place.mac)
        encoded = held.encoded.get(device)
        if encoded is None:
            encoded = self._encoded(place, decision, now_s)
            if decision.ends_at_s is None:
                _remember(held.encoded, device, encoded)
        return self._with_class(encoded, subscriber, held.site_id, decision, self.number(), now_s)

    def number(self) -> int:
        """A number that tells a log-in apart from every other; its Class carries it."""
        return next(self._nonces)

    def site_decided_for(self, person: LivePerson) -> int | None:
        """The site of the decision that decide() just gave this person."""
        held = person.decided
        return held.site_id if isinstance(held, Remembered) else None

    def grant_reserved(self, asked: Asked, decision: Decision, now_s: int) -> bytes:
        """The attributes of an accept whose grant was reserved for this log-in; nothing of it is remembered."""
        encoded = self._encoded(asked.place, decision, now_s)
        return self._with_class(encoded, asked.subscriber, asked.site_id, decision, asked.number, now_s)

    def _with_class(
        self, encoded: tuple[bytes, int], subscriber: Subscriber, site_id: int | None, decision: Decision, number: int,
        now_s: int,
    ) -> bytes:  # fmt: skip
        attributes, interim_s = encoded
        token = self._signer.token(
            subscriber.id, site_id, decision.rate, decision.octet_cap, now_s, interim_s, number, decision.cause
        )  # fmt: skip
        return attributes + attribute(CLASS, token)

    @staticmethod
    def _encoded(place: LoginPlace, decision: Decision, now_s: int) -> tuple[bytes, int]:
        seconds_left = None if decision.ends_at_s is None else max(1, decision.ends_at_s - now_s)
        interim_s = spread_interim(decision.interim_s, SessionIdentity(place.username, mac=place.mac))
        return accept_attributes(family_of(place.nas), decision, seconds_left, interim_s), interim_s


def _remember(kept: dict[Key, Value], key: Key, value: Value) -> None:
    """Keep it; beyond what a person's devices need all is forgotten, as names and addresses are the sender's choice."""
    if len(kept) >= MOST_DEVICES:
        kept.clear()
    kept[key] = value


def subscriber_named(policy: Policy, username: str, realms: Sequence[str]) -> Subscriber | None:
    r"""Who a User-Name names: a username or a NIP, with or without one of the client's realm suffixes.

    A Windows `DOMAIN\user` is the user (RFC 2759 §4): the domain is the client's setting, often its own machine's name.
    """
    key = username_key(username)
    snapshot = policy.snapshot
    found = snapshot.subscribers.find(key)
    if found is not None:
        return found
    if (guest := snapshot.guest_of(key)) is not None:
        return guest
    key = key.rpartition("\\")[2]
    for realm in realms:
        if key.endswith(realm):
            key = key[: -len(realm)]
            break
    return snapshot.subscribers.find(key) or (snapshot.by_nip(key) if key.isdecimal() else None)


def refused(code: Code, source: str = "") -> Decision:
    """A refusal that no policy was asked for: unknown name or wrong password."""
    return Decision(False, (Reason(Rule.CREDENTIAL, code, source),), cause=code)
