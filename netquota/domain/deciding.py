"""decide(): what a subscriber gets at a site at a moment, and why (model.md, Deciding). Pure.

Order: account, OPD, plan, devices, hours, rate (override > window > plan), ceiling, quotas with their floor. Each step
gives reasons or refuses; the brake (pause) lifts devices, hours, ceilings and quotas, never the account's own state.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from netquota.domain.enforcement import LEAST_INTERIM_S
from netquota.domain.events import OfficeEvent, cut, next_turn
from netquota.domain.landing import Landing, landing_rate
from netquota.domain.people import AccountKind, Status, Subscriber
from netquota.domain.places import Site, Way
from netquota.domain.policy import AtDeviceLimit, Code, Decision, Plan, Reason, Rule
from netquota.domain.quota import Action, LedgerFigure, Quota, QuotaState, Strictness, remaining, state, step_reached
from netquota.domain.schedule import Schedule
from netquota.domain.units import Burst, Rate


@dataclass(frozen=True, slots=True)
class Hours:
    """A schedule at a moment: the window in force (None: none), its rate, and when that changes (epoch s)."""

    window: str | None = None
    rate: Rate | None = None
    edge_s: int | None = None


NO_SCHEDULE = Hours()


@dataclass(frozen=True, slots=True)
class OwnTurn:
    """A group in which a subscriber takes turns, at a moment: whether the turn is his, and until when that holds.

    `bonus`: at least this rate (bit/s) while it is, None where a turn gives something else. `edge_s` (epoch s): the end
    of his turn, or the begin of his next one, None where none is in sight. `is_chosen`: whose the next turn is
    shows when it begins, at `edge_s`.
    """

    key: str
    is_his: bool
    bonus: Rate | None = None
    edge_s: int | None = None
    is_chosen: bool = False


@dataclass(frozen=True, slots=True)
class LiveSession:
    """A running session of the subscriber as the rule of simultaneous sessions sees it; instants in epoch seconds."""

    id: int
    mac: str
    started_s: int
    last_news_s: int
    interim_s: int = 300

    def is_stale(self, now_s: int) -> bool:
        """Silent for three interim intervals: its Stop was lost (model.md, Counting)."""
        return now_s - self.last_news_s > 3 * self.interim_s


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks: a log-in (no session yet) or a running session, from which device.

    `share`: what it has of the ceiling that the site's sessions share (bit/s), None where that is not known yet.
    `landings`: its part of what quotas have left, by quota, where that would not last until the next count.
    """

    mac: str = ""
    session_id: int | None = None
    share: Rate | None = None
    landings: Mapping[int, Landing] | None = None


@dataclass(frozen=True, slots=True)
class Circumstances:
    """All that a decision rests on besides the person and the place; `paused_until_s` set = the brake is on.

    `exhausted`: quotas of which nothing can be granted, since other sessions hold what is left. `longest_s`: how long a
    session may run where nothing reaches it any more, None where something does.
    """

    now_s: int
    hours: Hours = NO_SCHEDULE
    figures: Mapping[int, LedgerFigure] | None = None
    sessions: Sequence[LiveSession] = ()
    asking: Asking = Asking()
    can_change_rate: bool = True
    can_cap: bool = False
    can_raise_cap: bool = False
    longest_s: int | None = None
    exhausted: frozenset[int] = frozenset()
    paused: bool = False
    paused_until_s: int | None = None
    floor_bps: int = 256_000
    turns: Sequence[OwnTurn] = ()
    events: Sequence[OfficeEvent] = ()


def decide(subscriber: Subscriber, site: Site | None, facts: Circumstances) -> Decision:
    """The decision for a log-in or a running session. Pure; the same facts give the same answer."""
    reasons: list[Reason] = []
    plan = subscriber.plan
    refusal = _account(subscriber, facts.now_s, reasons) or _line(subscriber, site)
    if refusal is not None or plan is None:
        return _refused(reasons, refusal or Reason(Rule.PLAN, Code.NO_PLAN, subscriber.opd.code))
    room = _Room()
    if not facts.paused:
        refusal = _devices(plan, facts, reasons, room) or _hours(subscriber.schedule, plan, facts, reasons)
        if refusal is not None:
            return _refused(reasons, refusal)
    rate = _with_events(_rate(subscriber, plan, facts, reasons), subscriber, facts, reasons)
    if facts.paused:
        reasons.append(Reason(Rule.PAUSE, Code.PAUSED, until_s=facts.paused_until_s))
        return _in_group(_accepted(subscriber, plan, facts, reasons, room, _Limits(rate, rate)), site)
    ceilings = _ceilings(site)
    rate = _shared(_capped(rate, ceilings, reasons), site, facts.asking, reasons)
    limits, refusal = _quotas(subscriber.quotas, rate, facts, reasons)
    if refusal is not None:
        return _refused(reasons, refusal)
    limits = replace(limits, most=_most(ceilings), shared=site is not None and site.is_shared)
    return _in_group(_accepted(subscriber, plan, facts, reasons, room, limits), site)


@dataclass(slots=True)
class _Room:
    ends: tuple[int, ...] = ()
    replaces: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class _Limits:
    """What ceilings and quotas leave: rate, octets under the gateway's cap, octets to the nearest line, until when.

    `full` is the rate before the quotas; `most` the lowest ceiling, None without one, that a burst may not pass either;
    `shared`: the ceiling is shared among running sessions, so that a burst would be others' loss.
    """

    rate: Rate
    full: Rate
    most: Rate | None = None
    shared: bool = False
    cap: int | None = None
    cap_until_s: int | None = None
    to_line: int | None = None
    until_s: int | None = None


def _refused(reasons: list[Reason], refusal: Reason) -> Decision:
    until_s = None if refusal.code is Code.EXPIRED else refusal.until_s  # what has passed changes nothing any more
    return Decision(False, (*reasons, refusal), until_s=until_s, cause=refusal.code)


def _account(subscriber: Subscriber, now_s: int, reasons: list[Reason]) -> Reason | None:
    """The account's own state, then the OPD's: a refusal, or None with the reason noted."""
    if subscriber.status is not Status.ACTIVE:
        code = Code.SUSPENDED if subscriber.status is Status.SUSPENDED else Code.LEFT
        return Reason(Rule.ACCOUNT, code, subscriber.known_as, note=subscriber.status_why)
    begins, ends = subscriber.valid_from_s, subscriber.valid_until_s
    if begins is not None and now_s < begins:
        return Reason(Rule.ACCOUNT, Code.NOT_YET_VALID, subscriber.known_as, until_s=begins)
    if ends is not None and now_s >= ends:
        return Reason(Rule.ACCOUNT, Code.EXPIRED, subscriber.known_as, until_s=ends)
    reasons.append(Reason(Rule.ACCOUNT, Code.ACTIVE, subscriber.known_as, until_s=ends))
    if subscriber.opd.status is not Status.ACTIVE:
        return Reason(Rule.OPD, Code.OPD_SUSPENDED, subscriber.opd.code)
    return None


def _line(subscriber: Subscriber, site: Site | None) -> Reason | None:
    """An office's line is good at its own site alone, and for a ceiling that somebody set."""
    if subscriber.kind is not AccountKind.CIRCUIT:
        return None
    if site is None or site.id != subscriber.site_id:
        return Reason(Rule.ACCOUNT, Code.ELSEWHERE, subscriber.known_as)
    return Reason(Rule.PLAN, Code.NO_CEILING, site.name) if subscriber.plan is None else None


def _in_group(decision: Decision, site: Site | None) -> Decision:
    """The session goes into the queue that the gateway holds for the site, where that is how it is limited."""
    return decision if site is None or site.way is not Way.GROUP else replace(decision, group=site.group)


def _devices(plan: Plan, facts: Circumstances, reasons: list[Reason], room: _Room) -> Reason | None:
    """Simultaneous sessions: the same MAC replaces its own, stale ones do not count, at the limit the plan says."""
    asking = facts.asking
    own = None
    others: list[LiveSession] = []
    for session in facts.sessions:
        if session.id == asking.session_id:
            own = session
        elif not session.is_stale(facts.now_s):
            others.append(session)
    same = [s.id for s in others if asking.mac and s.mac == asking.mac]
    others = [s for s in others if s.id not in same]
    if asking.session_id is None:
        room.replaces = tuple(same)
    if len(others) < plan.simultaneous:
        code = Code.DEVICES_REPLACED if room.replaces else Code.DEVICES_FREE
        reasons.append(Reason(Rule.DEVICES, code, plan.key, used=len(others) + 1, limit=plan.simultaneous))
        return None
    if own is None:
        return _one_more(plan, others, reasons, room)
    return _one_of_too_many(plan, own, others, facts.now_s, reasons)


def _one_more(plan: Plan, others: list[LiveSession], reasons: list[Reason], room: _Room) -> Reason | None:
    """A log-in beyond the limit is refused, or makes room by ending those that were silent longest."""
    full = Reason(Rule.DEVICES, Code.DEVICES_FULL, plan.key, used=len(others), limit=plan.simultaneous)
    if plan.at_limit is AtDeviceLimit.REFUSE or plan.simultaneous < 1:
        return full
    longest_idle = sorted(others, key=lambda s: (s.last_news_s, s.id))
    room.ends = tuple(s.id for s in longest_idle[: len(others) - plan.simultaneous + 1])
    reasons.append(replace(full, code=Code.DEVICES_END_IDLE))
    return None


def _one_of_too_many(
    plan: Plan, own: LiveSession, others: list[LiveSession], now_s: int, reasons: list[Reason]
) -> Reason | None:
    """A running session asks whether it is the one to go: the newest where the plan refuses, else the longest idle.

    Each session of the person comes to the same ranking, so that just the surplus ends, however they are looked at.
    """
    if plan.at_limit is AtDeviceLimit.REFUSE:
        code, before = Code.DEVICES_FULL, [s for s in others if (s.started_s, s.id) < (own.started_s, own.id)]
    else:
        code, before = Code.DEVICES_END_IDLE, [s for s in others if (s.last_news_s, s.id) > (own.last_news_s, own.id)]
    if len(before) >= plan.simultaneous and not own.is_stale(now_s):
        return Reason(Rule.DEVICES, code, plan.key, used=len(others) + 1, limit=plan.simultaneous)
    reasons.append(Reason(Rule.DEVICES, Code.DEVICES_FREE, plan.key, used=len(before) + 1, limit=plan.simultaneous))
    return None


def _hours(schedule: Schedule | None, plan: Plan, facts: Circumstances, reasons: list[Reason]) -> Reason | None:
    if schedule is None:
        return None
    hours = facts.hours
    if hours.window is None and plan.hours_only:
        return Reason(Rule.SCHEDULE, Code.OUTSIDE_HOURS, schedule.key, until_s=hours.edge_s)
    if hours.window is not None and hours.rate is None:
        reasons.append(Reason(Rule.SCHEDULE, Code.WITHIN_HOURS, hours.window, until_s=hours.edge_s))
    return None


def _override(subscriber: Subscriber, now_s: int) -> Rate | None:
    """The personal limit, while it is in force."""
    until_s = subscriber.override_until_s
    return subscriber.override if until_s is None or now_s < until_s else None


def _boost(subscriber: Subscriber, now_s: int) -> Rate | None:
    """The office's boost, while it is in force."""
    until_s = subscriber.opd.boost_until_s
    return subscriber.opd.boost if until_s is None or now_s < until_s else None


def _rate(subscriber: Subscriber, plan: Plan, facts: Circumstances, reasons: list[Reason]) -> Rate:
    """Employee override > the window in force > the plan's rate; those overruled stay in the story."""
    if subscriber.kind is AccountKind.CIRCUIT:
        reasons.append(Reason(Rule.CEILING, Code.CIRCUIT_RATE, plan.name, plan.rate))
        return plan.rate
    override = _override(subscriber, facts.now_s)
    window = None if facts.paused else facts.hours.rate
    source = f"{subscriber.plan_source}:{plan.key}"
    reasons.append(Reason(Rule.PLAN, Code.PLAN_RATE, source, plan.rate, in_force=override is None and window is None))
    if window is not None:
        name, edge_s = facts.hours.window or "", facts.hours.edge_s
        reasons.append(Reason(Rule.SCHEDULE, Code.WINDOW_RATE, name, window, until_s=edge_s, in_force=override is None))
    if override is not None:
        until_s, note = subscriber.override_until_s, subscriber.override_why
        whose = subscriber.known_as
        reasons.append(Reason(Rule.OVERRIDE, Code.OVERRIDE_RATE, whose, override, until_s=until_s, note=note))
        return override
    rate = _boosted(window or plan.rate, subscriber, facts.now_s, reasons)
    return _in_turn(rate, facts.turns, reasons)


def _boosted(rate: Rate, subscriber: Subscriber, now_s: int, reasons: list[Reason]) -> Rate:
    """At least what the office's people were given for a time."""
    boost, opd = _boost(subscriber, now_s), subscriber.opd
    if boost is None:
        return rate
    boosted = rate.at_least(boost)
    found = Reason(Rule.OVERRIDE, Code.BOOST_RATE, opd.code, boost, until_s=opd.boost_until_s, note=opd.boost_why)
    reasons.append(replace(found, in_force=boosted != rate))
    return boosted


def _in_turn(rate: Rate, turns: Sequence[OwnTurn], reasons: list[Reason]) -> Rate:
    """At least the bonus of each group whose turn it is; the others say when his comes."""
    for turn in turns:
        if not turn.is_his:
            code = Code.TURN_CHOSEN if turn.is_chosen else Code.TURN_WAITS
            reasons.append(Reason(Rule.ROTATION, code, turn.key, until_s=turn.edge_s))
        elif turn.bonus is None:
            reasons.append(Reason(Rule.ROTATION, Code.TURN_OWN, turn.key, until_s=turn.edge_s))
        else:
            higher = rate.at_least(turn.bonus)
            found = Reason(Rule.ROTATION, Code.TURN_RATE, turn.key, turn.bonus, until_s=turn.edge_s)
            reasons.append(replace(found, in_force=higher != rate))
            rate = higher
    return rate


def _with_events(rate: Rate, subscriber: Subscriber, facts: Circumstances, reasons: list[Reason]) -> Rate:
    """At least what events give his office's people; then what cuts leave, also of a personal limit.

    Not for a line, whose rate is the ceiling, which events change by themselves; the brake lifts cuts.
    """
    if subscriber.kind is AccountKind.CIRCUIT:
        return rate
    running = [each for each in facts.events if each.holds(facts.now_s)]
    for each in running:
        if each.bonus is not None and _override(subscriber, facts.now_s) is None:
            higher = rate.at_least(each.bonus)
            found = Reason(Rule.EVENT, Code.EVENT_RATE, each.key, each.bonus, until_s=each.until_s, note=each.why)
            reasons.append(replace(found, in_force=higher != rate))
            rate = higher
    for each in running:
        if each.leaves_permille is not None and not facts.paused:
            rate = cut(rate, each.leaves_permille, facts.floor_bps)
            reasons.append(Reason(Rule.EVENT, Code.EVENT_CUT, each.key, rate, until_s=each.until_s, note=each.why))
    return rate


def _ceilings(site: Site | None) -> list[tuple[str, Rate]]:
    """(whose, rate) of the host OPD's ceiling and the site's own, where there are any."""
    if site is None:
        return []
    found = ((site.host.code, site.host.ceiling), (site.name, site.ceiling))
    return [(source, ceiling) for source, ceiling in found if ceiling is not None]


def _capped(rate: Rate, ceilings: Sequence[tuple[str, Rate]], reasons: list[Reason]) -> Rate:
    """A person never gets more than the place has."""
    for source, ceiling in ceilings:
        capped = rate.capped_by(ceiling)
        code = Code.CEILING_ABOVE if capped == rate else Code.CEILING_CAPS
        reasons.append(Reason(Rule.CEILING, code, source, ceiling, in_force=capped != rate))
        rate = capped
    return rate


def _shared(rate: Rate, site: Site | None, asking: Asking, reasons: list[Reason]) -> Rate:
    """A session's part of a ceiling that running sessions share (model.md, Sharing an OPD's ceiling)."""
    if site is None or not site.is_shared or asking.share is None:
        return rate
    capped = rate.capped_by(asking.share)
    source = site.host.code
    reasons.append(Reason(Rule.CEILING, Code.SHARE_OF_CEILING, source, asking.share, in_force=capped != rate))
    return capped


def _most(ceilings: Sequence[tuple[str, Rate]]) -> Rate | None:
    most: Rate | None = None
    for _, ceiling in ceilings:
        most = ceiling if most is None else most.capped_by(ceiling)
    return most


def _quotas(
    quotas: Sequence[Quota], rate: Rate, facts: Circumstances, reasons: list[Reason]
) -> tuple[_Limits, Reason | None]:
    """What each quota leaves: the strictest throttle, the smallest cap; a spent one that disconnects refuses.

    Of several that refuse, the one that refills last says until when.
    """
    limits = _Limits(rate, rate)
    refusal: Reason | None = None
    for quota in quotas:
        figure = facts.figures.get(quota.id) if facts.figures else None
        if figure is None:
            continue
        reason = _quota_reason(quota, figure, quota.id in facts.exhausted)
        if reason.code not in _REFUSING:
            limits = _with_quota(limits, quota, figure, reason, facts, reasons)
        elif refusal is None or (reason.until_s or 0) > (refusal.until_s or 0):
            reasons.extend(() if refusal is None else (refusal,))
            refusal = reason
        else:
            reasons.append(reason)
    return limits, refusal


_OPEN = {QuotaState.REMAINING: Code.QUOTA_LEFT, QuotaState.WARNED: Code.QUOTA_WARNED}
_SPENT = {
    Action.DISCONNECT: Code.QUOTA_SPENT,
    Action.THROTTLE: Code.QUOTA_THROTTLED,
    Action.NOTIFY: Code.QUOTA_NOTIFIED,
}
_REFUSING = frozenset({Code.QUOTA_SPENT, Code.QUOTA_HELD})


def _quota_reason(quota: Quota, figure: LedgerFigure, exhausted: bool) -> Reason:
    found = state(quota, figure)
    spent = found is QuotaState.SPENT or exhausted
    code = _SPENT[quota.action] if spent else _OPEN[found]
    if code is Code.QUOTA_SPENT and found is not QuotaState.SPENT:
        code = Code.QUOTA_HELD
    used, entitled, until_s = figure.used, figure.entitled(quota), figure.period_end_s
    return Reason(Rule.QUOTA, code, quota.key, None, used, entitled, until_s, in_force=spent)


def _with_quota(
    limits: _Limits, quota: Quota, figure: LedgerFigure, reason: Reason, facts: Circumstances, reasons: list[Reason]
) -> _Limits:
    step = step_reached(quota, figure)
    if reason.code is Code.QUOTA_THROTTLED and quota.throttle is not None:
        throttle = quota.throttle if step is None else quota.throttle.capped_by(step.rate)
        return _throttled(limits, throttle, reason, facts.floor_bps, reasons)
    if step is not None:
        limits = _throttled(limits, step.rate, replace(reason, code=Code.QUOTA_STEP), facts.floor_bps, reasons)
    if step is None or reason.code is Code.QUOTA_NOTIFIED:
        reasons.append(reason)
    if reason.code is Code.QUOTA_NOTIFIED:
        return limits
    left = remaining(quota, figure)
    limits = replace(limits, to_line=left if limits.to_line is None else min(left, limits.to_line))
    if quota.strictness is Strictness.HARD and facts.can_cap:
        cap = left if limits.cap is None else min(left, limits.cap)
        return replace(limits, cap=cap, cap_until_s=_sooner(limits.cap_until_s, figure.period_end_s))
    return _landed(limits, quota, reason, facts, reasons)


def _landed(
    limits: _Limits, quota: Quota, reason: Reason, facts: Circumstances, reasons: list[Reason]
) -> _Limits:  # fmt: skip
    """The rate at which what is left lasts until the next count (landing.py); not under what a spent quota leaves."""
    landing = None if facts.asking.landings is None else facts.asking.landings.get(quota.id)
    if landing is None:
        return limits
    floor = Rate(facts.floor_bps, facts.floor_bps)
    floor = floor if quota.throttle is None else floor.at_least(quota.throttle)
    rate = landing_rate(limits.rate, quota.direction, landing, floor)
    if rate == limits.rate:
        return limits
    until_s = facts.now_s + landing.interval_s
    reasons.append(replace(reason, code=Code.QUOTA_LANDING, rate=rate, until_s=until_s, in_force=True))
    return replace(limits, rate=rate)


def _throttled(limits: _Limits, throttle: Rate, reason: Reason, floor_bps: int, reasons: list[Reason]) -> _Limits:
    """The rate that a spent quota leaves, never under the floor, so that the city's own applications stay usable.

    A throttle that lowers nothing further is told, but is not in force.
    """
    floor = Rate(floor_bps, floor_bps).capped_by(limits.full)
    held = throttle.at_least(floor)
    rate = limits.rate.capped_by(held)
    lowers = rate != limits.rate
    reasons.append(replace(reason, rate=held, in_force=lowers))
    if held != throttle:
        reasons.append(Reason(Rule.FLOOR, Code.FLOOR_HOLDS, rate=floor, in_force=lowers))
    until_s = _sooner(limits.until_s, reason.until_s) if lowers else limits.until_s
    return replace(limits, rate=rate, until_s=until_s)


def _sooner(a: int | None, b: int | None) -> int | None:
    return b if a is None else a if b is None else min(a, b)


def _accepted(
    subscriber: Subscriber, plan: Plan, facts: Circumstances, reasons: list[Reason], room: _Room, limits: _Limits
) -> Decision:
    rate_until = _rate_until(subscriber, facts, limits)
    closing = facts.hours.edge_s if plan.hours_only and not facts.paused else None
    cap_until_s = None if facts.can_raise_cap else limits.cap_until_s
    ends_at = _sooner(_sooner(subscriber.valid_until_s, closing), cap_until_s)
    if not facts.can_change_rate:
        ends_at = _sooner(ends_at, rate_until)
    longest_s = _sooner(plan.session_timeout_s, facts.longest_s)
    if longest_s is not None:
        ends_at = _sooner(ends_at, facts.now_s + longest_s)
    return Decision(
        True, tuple(reasons), limits.rate, _burst(plan, limits), limits.cap,
        until_s=_sooner(_sooner(rate_until, subscriber.valid_until_s), limits.cap_until_s),
        ends_at_s=ends_at, idle_timeout_s=plan.idle_timeout_s, interim_s=_interim(plan, limits),
        plan_key=plan.key, cause=_cause(reasons), ends=room.ends, replaces=room.replaces,
        needs_grant=limits.cap is not None or limits.shared,
    )  # fmt: skip


def _rate_until(subscriber: Subscriber, facts: Circumstances, limits: _Limits) -> int | None:
    """The next moment at which the rate changes by itself: a quota refills, a window or an override ends, the brake."""
    until_s = limits.until_s
    if subscriber.override is not None and _override(subscriber, facts.now_s) is not None:
        until_s = _sooner(until_s, subscriber.override_until_s)
    if _boost(subscriber, facts.now_s) is not None:
        until_s = _sooner(until_s, subscriber.opd.boost_until_s)
    if subscriber.kind is not AccountKind.CIRCUIT:
        until_s = _sooner(until_s, next_turn(facts.events, facts.now_s))
    if subscriber.kind is not AccountKind.CIRCUIT and _override(subscriber, facts.now_s) is None:
        for turn in facts.turns:
            until_s = _sooner(until_s, turn.edge_s if turn.bonus is not None else None)
    if facts.paused:
        return _sooner(until_s, facts.paused_until_s)
    return until_s if subscriber.schedule is None else _sooner(until_s, facts.hours.edge_s)


def _burst(plan: Plan, limits: _Limits) -> Burst | None:
    """The plan's burst, where its whole rate is given and no ceiling lies under the burst."""
    if plan.burst is None or limits.rate != plan.rate or limits.shared:
        return None
    within = limits.most is None or plan.burst.rate.capped_by(limits.most) == plan.burst.rate
    return plan.burst if within else None


def _cause(reasons: list[Reason]) -> Code:
    """The code that says most of an acceptance: the last rule in force that set a rate."""
    if reasons[-1].code is Code.PAUSED:
        return Code.PAUSED
    setting = [r.code for r in reasons if r.in_force and r.rate is not None and r.rule is not Rule.FLOOR]
    return setting[-1] if setting else Code.ACTIVE


def _interim(plan: Plan, limits: _Limits) -> int:
    """Seconds between reports: a quarter of the time in which the nearest line could be reached at the full rate."""
    least = max(LEAST_INTERIM_S, plan.interim_min_s)
    speed_bps = limits.rate.down_bps + limits.rate.up_bps
    if limits.to_line is None or speed_bps <= 0:
        return max(least, plan.interim_max_s)
    return max(least, min(plan.interim_max_s, limits.to_line * 8 // speed_bps // 4))
