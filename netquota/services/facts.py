"""From policy, ledger and place to the facts that decide() takes: the one place where they are gathered.

Log-in, the first accounting packet, reconcile, explain and the portal all ask here, so that they tell the same story.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import count

from netquota.domain.deciding import NO_SCHEDULE, Asking, Circumstances, Decision, LiveSession, decide
from netquota.domain.people import Subscriber
from netquota.domain.places import Ability, Nas, Site
from netquota.domain.quota import LedgerFigure
from netquota.services.calendar import Calendar
from netquota.services.live import subject_id
from netquota.storage.snapshot import Snapshot
from radius.families import FAMILIES, Family

_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy snapshot with its calendar: what one worker decides from until something changes."""

    snapshot: Snapshot
    calendar: Calendar
    floor_bps: int
    number: int = field(default_factory=_numbers.__next__)
    """Never given twice in a process: what was decided by an older policy is told by it."""

    @classmethod
    def of(cls, snapshot: Snapshot, floor_bps: int) -> Policy:
        """The policy of a snapshot; `floor_bps` is the least that a throttle leaves, in bit/s."""
        plans = {plan.key: plan for plan in snapshot.plans.values()}
        return cls(snapshot, Calendar(plans, snapshot.holidays), floor_bps)

    def for_another_thread(self) -> Policy:
        """The same policy with a calendar of its own: a calendar remembers, and is not shared between threads."""
        return Policy.of(self.snapshot, self.floor_bps)


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody is: the client, what is known of the gateway behind it, and the site."""

    nas: Nas
    site: Site | None
    gateway_rate_works: Ability = Ability.LEARN


def site_of(snapshot: Snapshot, nas: Nas, gateway: str, called_station: str, port: str) -> Site | None:
    """The site that matches most closely; None where the client has none."""
    sites = snapshot.sites_of_nas(nas.id)
    if len(sites) == 1 and not (sites[0].match_gateway or sites[0].match_called_station or sites[0].match_port):
        return sites[0]
    best, most = None, -1
    for site in sites:
        wanted = ((site.match_gateway, gateway), (site.match_called_station, called_station), (site.match_port, port))
        given = [(text, seen) for text, seen in wanted if text]
        if len(given) > most and all(text == seen for text, seen in given):
            best, most = site, len(given)
    return best


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
) -> Circumstances:
    """Everything that the decision rests on, at `now_s`."""
    paused, paused_until_s = _pause(policy.snapshot, place.nas, now_s)
    hours = NO_SCHEDULE if subscriber.plan is None else policy.calendar.hours(subscriber.plan, now_s)
    return Circumstances(
        now_s,
        hours,
        figures,
        tuple(sessions),
        asking,
        can_change_rate=can_change_rate(place),
        can_cap=family_of(place.nas).can_cap is Ability.YES,
        paused=paused,
        paused_until_s=paused_until_s,
        floor_bps=policy.floor_bps,
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
) -> Decision:
    """decide() on what is held: the whole way from figures to the answer."""
    figures = figures_now(subscriber, held, pools, policy.calendar, now_s)
    return decide(subscriber, place.site, circumstances(policy, subscriber, place, figures, sessions, asking, now_s))
