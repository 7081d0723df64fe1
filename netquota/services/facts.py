"""From policy, ledger and place to the facts that decide() takes: the one place where they are gathered.

Log-in, the first accounting packet, reconcile, explain and the portal all ask here, so that they tell the same story.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import count

from netquota.domain.deciding import Asking, Circumstances, Decision, LiveSession, decide
from netquota.domain.fallback import Fallback, fallback
from netquota.domain.matching import Arrival, asks_for_nothing, fits, nearest_site
from netquota.domain.people import AccountKind, Subscriber
from netquota.domain.places import Ability, Nas, Site
from netquota.domain.quota import LedgerFigure
from netquota.domain.share_round import USUAL_HEADROOM, Headroom
from netquota.services.calendar import Calendar
from netquota.services.live import subject_id
from netquota.storage.snapshot import Snapshot
from radius.families import FAMILIES, Family

_numbers = count(1)
LONGEST_SESSION_S = 1800


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy snapshot with its calendar: what one worker decides from until something changes."""

    snapshot: Snapshot
    calendar: Calendar
    floor_bps: int
    longest_session_s: int = LONGEST_SESSION_S
    headroom: Headroom = USUAL_HEADROOM
    number: int = field(default_factory=_numbers.__next__)
    """Never given twice in a process: what was decided by an older policy is told by it."""

    @classmethod
    def of(
        cls,
        snapshot: Snapshot,
        floor_bps: int,
        longest_session_s: int = LONGEST_SESSION_S,
        headroom: Headroom = USUAL_HEADROOM,
    ) -> Policy:
        """The policy of a snapshot; `floor_bps` is the least that a throttle leaves, in bit/s.

        `longest_session_s`: how long a session runs at most where neither CoA nor Disconnect reaches it; `headroom`:
        what shared ceilings keep free for newcomers.
        """
        plans = {plan.key: plan for plan in snapshot.plans.values()}
        return cls(
            snapshot,
            Calendar(plans, snapshot.holidays, snapshot.rules.rotations, snapshot.rules.events),
            floor_bps,
            longest_session_s,
            headroom,
        )

    def newer(self, snapshot: Snapshot) -> Policy:
        """The policy of a newer snapshot, under the same settings."""
        return Policy.of(snapshot, self.floor_bps, self.longest_session_s, self.headroom)

    def for_another_thread(self) -> Policy:
        """The same policy with a calendar of its own: a calendar remembers, and is not shared between threads."""
        return self.newer(self.snapshot)


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody is: the client, what is known of the gateway behind it, and the site."""

    nas: Nas
    site: Site | None
    gateway_rate_works: Ability = Ability.LEARN
    gateway_ends: Ability = Ability.LEARN


def site_of(
    snapshot: Snapshot, nas: Nas, gateway: str, called_station: str, port: str, vlan: int | None = None
) -> Site | None:
    """The site that matches most closely (domain.matching); None where the client has none."""
    sites = snapshot.sites_of_nas(nas.id)
    if len(sites) == 1 and asks_for_nothing(sites[0]):
        return sites[0]
    return nearest_site(sites, Arrival(gateway, called_station, port, vlan))


def site_for(
    snapshot: Snapshot,
    subscriber: Subscriber | None,
    nas: Nas,
    gateway: str,
    called_station: str,
    port: str,
    vlan: int | None = None,
) -> Site | None:
    """The site where this subscriber is: a line's is its own, if that is behind this gateway; a person's by match."""
    if subscriber is None or subscriber.kind is not AccountKind.CIRCUIT:
        return site_of(snapshot, nas, gateway, called_station, port, vlan)
    own = None if subscriber.site_id is None else snapshot.sites.get(subscriber.site_id)
    if own is None or own.nas_id != nas.id or (own.match_gateway and not fits(own.match_gateway, gateway)):
        return None
    return own


def family_of(nas: Nas) -> Family:
    """The family row of a client."""
    return FAMILIES[nas.family]


def can_change_rate(place: Place) -> bool:
    """Whether a rate can be pushed to a running session there: by the admin's word, the family's, what was learnt."""
    said = place.nas.can_coa_rate
    if said is Ability.LEARN:
        said = family_of(place.nas).can_coa_rate
    if said is Ability.LEARN:
        said = place.gateway_rate_works
    return said is not Ability.NO


def can_end(place: Place) -> bool:
    """Whether a running session can be ended there: by the admin's word, the family's, what was learnt."""
    said = place.nas.can_disconnect
    if said is Ability.LEARN:
        said = family_of(place.nas).can_disconnect
    if said is Ability.LEARN:
        said = place.gateway_ends
    return said is not Ability.NO


def fallback_of(place: Place) -> Fallback:
    """What is done there instead of what the gateway cannot do."""
    return fallback(can_change_rate(place), can_end(place))


def can_raise_cap(place: Place) -> bool:
    """Whether a running session can be given more octets there: by CoA alone, as answers to reports carry no limits."""
    return family_of(place.nas).can_raise_cap is Ability.YES and can_change_rate(place)


def figures_now(
    subscriber: Subscriber,
    held: Mapping[int, LedgerFigure],
    pools: Mapping[int, LedgerFigure],
    calendar: Calendar,
    now_s: int,
) -> dict[int, LedgerFigure]:
    """A figure for each of the subscriber's quotas: the held one, or an untouched one where its period is new."""
    figures: dict[int, LedgerFigure] = {}
    for quota in subscriber.quotas:
        figure = held.get(quota.id) or pools.get(quota.id)
        if figure is None or not figure.period_start_s <= now_s < figure.period_end_s:
            start_s, end_s = calendar.period(quota, now_s)
            figure = LedgerFigure(quota.id, subject_id(quota.subject, subscriber), start_s, end_s, 0, 0, 0)
        figures[quota.id] = figure
    return figures


def circumstances(
    policy: Policy,
    subscriber: Subscriber,
    place: Place,
    figures: Mapping[int, LedgerFigure],
    sessions: Iterable[LiveSession],
    asking: Asking,
    now_s: int,
    exhausted: frozenset[int] = frozenset(),
) -> Circumstances:
    """Everything that the decision rests on, at `now_s`."""
    paused, paused_until_s = _pause(policy.snapshot, place.nas, now_s)
    hours = policy.calendar.hours(subscriber.schedule, now_s)
    return Circumstances(
        now_s,
        hours,
        figures,
        tuple(sessions),
        asking,
        can_change_rate=can_change_rate(place),
        can_cap=family_of(place.nas).can_cap is Ability.YES,
        can_raise_cap=can_raise_cap(place),
        longest_s=policy.longest_session_s if fallback_of(place) is Fallback.NEXT_LOGIN else None,
        exhausted=exhausted,
        paused=paused,
        paused_until_s=paused_until_s,
        floor_bps=policy.floor_bps,
        turns=policy.calendar.turns(subscriber, now_s),
        events=policy.calendar.events(subscriber.opd.id, now_s),
    )


def _pause(snapshot: Snapshot, nas: Nas, now_s: int) -> tuple[bool, int | None]:
    for pause in snapshot.pauses:
        mine = pause.nas_id is None or pause.nas_id == nas.id
        if mine and (pause.until_s is None or now_s < pause.until_s):
            return True, pause.until_s
    return False, None


def decision_for(
    policy: Policy,
    subscriber: Subscriber,
    place: Place,
    held: Mapping[int, LedgerFigure],
    pools: Mapping[int, LedgerFigure],
    sessions: Iterable[LiveSession],
    asking: Asking,
    now_s: int,
    exhausted: frozenset[int] = frozenset(),
) -> Decision:
    """decide() on what is held: the whole way from figures to the answer. `exhausted`: quotas with nothing to grant."""
    figures = figures_now(subscriber, held, pools, policy.calendar, now_s)
    facts = circumstances(policy, subscriber, place, figures, sessions, asking, now_s, exhausted)
    return decide(subscriber, place.site, facts)
