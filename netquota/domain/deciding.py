"""decide(): what a subscriber gets at a site at a moment, and why (model.md, Deciding). Pure.

Order: account, OPD, plan, devices, hours, rate (override > window > plan), ceiling, quotas, floor. Each step gives reasons
or refuses; the brake (pause) lifts devices, hours, ceilings and quotas, never the account's own state.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from netquota.domain.people import Status, Subscriber
from netquota.domain.places import Site
from netquota.domain.policy import AtDeviceLimit, Code, Decision, Plan, Reason, Rule
from netquota.domain.quota import Action, LedgerFigure, Quota, QuotaState, Strictness, remaining, state
from netquota.domain.units import Rate

UNLIMITED = Rate(10**9, 10**9)  # "no limit" is a real, high rate: some gateways need one at log-in (nas.md)


@dataclass(frozen=True, slots=True)
class Hours:
    """The plan's schedule at a moment: the window in force (None: none), its rate, and when that changes (epoch s)."""

    window: str | None = None
    rate: Rate | None = None
    edge_s: int | None = None


NO_SCHEDULE = Hours()


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
    """Who asks: a log-in (no session yet) or a running session, from which device."""

    mac: str = ""
    session_id: int | None = None


@dataclass(frozen=True, slots=True)
class Circumstances:
    """All that a decision rests on besides the person and the place; `paused_until_s` set = the brake is on."""

    now_s: int
    hours: Hours = NO_SCHEDULE
    figures: Mapping[int, LedgerFigure] | None = None
    sessions: Sequence[LiveSession] = ()
    asking: Asking = Asking()
    can_change_rate: bool = True
    can_cap: bool = False
    paused: bool = False
    paused_until_s: int | None = None
    floor_bps: int = 256_000


def decide(subscriber: Subscriber, site: Site | None, facts: Circumstances) -> Decision:
    """The decision for a log-in or a running session. Pure; the same facts give the same answer."""
    reasons: list[Reason] = []
    plan = subscriber.plan
    refusal = _account(subscriber, facts.now_s, reasons)
    if refusal is None and plan is None:
        refusal = Reason(Rule.PLAN, Code.NO_PLAN, subscriber.opd.code)
    if refusal is not None or plan is None:
        return _refused(reasons, refusal)
    room = _Room()
    if not facts.paused:
        refusal = _devices(plan, facts, reasons, room) or _hours(plan, facts, reasons)
        if refusal is not None:
            return _refused(reasons, refusal)
    rate = _rate(subscriber, plan, facts, reasons)
    if facts.paused:
        reasons.append(Reason(Rule.PAUSE, Code.PAUSED, until_s=facts.paused_until_s))
        return _accepted(subscriber, plan, facts, reasons, room, _Limits(rate))
    rate = _ceiling(site, rate, reasons)
    limits, refusal = _quotas(subscriber.quotas, rate, facts, reasons)
    if refusal is not None:
        return _refused(reasons, refusal)
    return _accepted(subscriber, plan, facts, reasons, room, limits)


@dataclass(slots=True)
class _Room:
    ends: tuple[int, ...] = ()
    replaces: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class _Limits:
    """What the quotas leave: rate, octets under the gateway's cap, octets to the nearest line, and until when."""

    rate: Rate
    cap: int | None = None
    cap_until_s: int | None = None
    to_line: int | None = None
    until_s: int | None = None
    cause: Code | None = None


def _refused(reasons: list[Reason], refusal: Reason | None) -> Decision:
    if refusal is None:
        refusal = Reason(Rule.ACCOUNT, Code.UNKNOWN)
    return Decision(False, (*reasons, refusal), until_s=refusal.until_s, cause=refusal.code)


def _account(subscriber: Subscriber, now_s: int, reasons: list[Reason]) -> Reason | None:
    """The account's own state, then the OPD's: a refusal, or None with the reason noted."""
    if subscriber.status is not Status.ACTIVE:
        code = Code.SUSPENDED if subscriber.status is Status.SUSPENDED else Code.LEFT
        return Reason(Rule.ACCOUNT, code, subscriber.username, note=subscriber.status_why)
    begins, ends = subscriber.valid_from_s, subscriber.valid_until_s
    if begins is not None and now_s < begins:
        return Reason(Rule.ACCOUNT, Code.NOT_YET_VALID, subscriber.username, until_s=begins)
    if ends is not None and now_s >= ends:
        return Reason(Rule.ACCOUNT, Code.EXPIRED, subscriber.username, until_s=ends)
    reasons.append(Reason(Rule.ACCOUNT, Code.ACTIVE, subscriber.username, until_s=ends))
    if subscriber.opd.status is not Status.ACTIVE:
        return Reason(Rule.OPD, Code.OPD_SUSPENDED, subscriber.opd.code)
    return None


def _devices(plan: Plan, facts: Circumstances, reasons: list[Reason], room: _Room) -> Reason | None:
    """Simultaneous sessions: the same MAC replaces its own, stale ones do not count, at the limit the plan says."""
    asking = facts.asking
    others = [s for s in facts.sessions if s.id != asking.session_id and not s.is_stale(facts.now_s)]
    same = [s for s in others if asking.mac and s.mac == asking.mac]
    if asking.session_id is None:
        room.replaces = tuple(s.id for s in same)
    others = [s for s in others if s not in same]
    if len(others) < plan.simultaneous:
        code = Code.DEVICES_REPLACED if same and asking.session_id is None else Code.DEVICES_FREE
        reasons.append(Reason(Rule.DEVICES, code, plan.key, used=len(others) + 1, limit=plan.simultaneous))
        return None
    return _too_many(plan, facts, others, reasons, room)


def _too_many(
    plan: Plan, facts: Circumstances, others: list[LiveSession], reasons: list[Reason], room: _Room
) -> Reason | None:
    full = Reason(Rule.DEVICES, Code.DEVICES_FULL, plan.key, used=len(others), limit=plan.simultaneous)
    asking = facts.asking
    if plan.at_limit is AtDeviceLimit.REFUSE or plan.simultaneous < 1:
        own = next((s for s in facts.sessions if s.id == asking.session_id), None)
        earlier = others if own is None else [s for s in others if (s.started_s, s.id) < (own.started_s, own.id)]
        if len(earlier) >= plan.simultaneous:
            return full
        reasons.append(replace(full, code=Code.DEVICES_FREE, used=len(earlier) + 1))
        return None
    longest_idle = sorted(others, key=lambda s: (s.last_news_s, s.id))
    room.ends = tuple(s.id for s in longest_idle[: len(others) - plan.simultaneous + 1])
    reasons.append(replace(full, code=Code.DEVICES_END_IDLE))
    return None


def _hours(plan: Plan, facts: Circumstances, reasons: list[Reason]) -> Reason | None:
    if plan.schedule is None:
        return None
    hours = facts.hours
    if hours.window is None and plan.hours_only:
        return Reason(Rule.SCHEDULE, Code.OUTSIDE_HOURS, plan.schedule.key, until_s=hours.edge_s)
    if hours.window is not None and hours.rate is None:
        reasons.append(Reason(Rule.SCHEDULE, Code.ACTIVE, hours.window, until_s=hours.edge_s))
    return None


def _rate(subscriber: Subscriber, plan: Plan, facts: Circumstances, reasons: list[Reason]) -> Rate:
    """Employee override > the window in force > the plan's rate; those overruled stay in the story."""
    until_s = subscriber.override_until_s
    override = subscriber.override if until_s is None or facts.now_s < until_s else None
    window = None if facts.paused else facts.hours.rate
    source = f"{subscriber.plan_source}:{plan.key}"
    reasons.append(Reason(Rule.PLAN, Code.PLAN_RATE, source, plan.rate, in_force=override is None and window is None))
    if window is not None:
        name, edge_s = facts.hours.window or "", facts.hours.edge_s
        reasons.append(Reason(Rule.SCHEDULE, Code.WINDOW_RATE, name, window, until_s=edge_s, in_force=override is None))
    if override is not None:
        note = subscriber.override_why
        reasons.append(Reason(Rule.OVERRIDE, Code.OVERRIDE_RATE, subscriber.username, override, until_s=until_s, note=note))
    return override or window or plan.rate


def _lower(a: Rate, b: Rate) -> Rate:
    return Rate(min(a.down_bps, b.down_bps), min(a.up_bps, b.up_bps))


def _ceiling(site: Site | None, rate: Rate, reasons: list[Reason]) -> Rate:
    """The site's own ceiling and its host OPD's; a person never gets more than the place has."""
    if site is None:
        return rate
    for source, ceiling in ((site.host.code, site.host.ceiling), (site.name, site.ceiling)):
        if ceiling is None:
            continue
        capped = _lower(rate, ceiling)
        code = Code.CEILING_ABOVE if capped == rate else Code.CEILING_CAPS
        reasons.append(Reason(Rule.CEILING, code, source, ceiling, in_force=capped != rate))
        rate = capped
    return rate


def _quotas(
    quotas: Sequence[Quota], rate: Rate, facts: Circumstances, reasons: list[Reason]
) -> tuple[_Limits, Reason | None]:
    """What each quota leaves: the strictest throttle, the smallest cap; a spent one that disconnects refuses."""
    limits = _Limits(rate)
    refusal: Reason | None = None
    for quota in quotas:
        figure = facts.figures.get(quota.id) if facts.figures else None
        if figure is None:
            continue
        reason = _quota_reason(quota, figure)
        if reason.code is Code.QUOTA_SPENT:
            if refusal is None or (reason.until_s or 0) > (refusal.until_s or 0):
                refusal = reason
            continue
        reasons.append(reason)
        limits = _with_quota(limits, quota, figure, reason, facts)
    if limits.cause is Code.QUOTA_THROTTLED:
        limits = _held_over_floor(limits, rate, facts.floor_bps, reasons)
    return limits, refusal


def _quota_reason(quota: Quota, figure: LedgerFigure) -> Reason:
    found = state(quota, figure)
    codes = {QuotaState.REMAINING: Code.QUOTA_LEFT, QuotaState.WARNED: Code.QUOTA_WARNED}
    spent = {Action.DISCONNECT: Code.QUOTA_SPENT, Action.THROTTLE: Code.QUOTA_THROTTLED, Action.NOTIFY: Code.QUOTA_NOTIFIED}
    code = spent[quota.action] if found is QuotaState.SPENT else codes[found]
    return Reason(
        Rule.QUOTA, code, quota.key, quota.throttle if code is Code.QUOTA_THROTTLED else None,
        figure.used, figure.entitled(quota), figure.period_end_s, in_force=code not in codes.values(),
    )


def _with_quota(limits: _Limits, quota: Quota, figure: LedgerFigure, reason: Reason, facts: Circumstances) -> _Limits:
    if reason.code is Code.QUOTA_THROTTLED and quota.throttle is not None:
        return replace(
            limits, rate=_lower(limits.rate, quota.throttle), cause=Code.QUOTA_THROTTLED,
            until_s=_sooner(limits.until_s, figure.period_end_s),
        )
    if reason.code is Code.QUOTA_NOTIFIED:
        return limits
    left = remaining(quota, figure)
    limits = replace(limits, to_line=left if limits.to_line is None else min(left, limits.to_line))
    if quota.strictness is Strictness.HARD and facts.can_cap and (limits.cap is None or left < limits.cap):
        limits = replace(limits, cap=left, cap_until_s=_sooner(limits.cap_until_s, figure.period_end_s))
    return limits


def _held_over_floor(limits: _Limits, full: Rate, floor_bps: int, reasons: list[Reason]) -> _Limits:
    """A throttle never goes under the floor, so that the city's own applications stay usable."""
    floor = Rate(min(floor_bps, full.down_bps), min(floor_bps, full.up_bps))
    held = Rate(max(limits.rate.down_bps, floor.down_bps), max(limits.rate.up_bps, floor.up_bps))
    if held != limits.rate:
        reasons.append(Reason(Rule.FLOOR, Code.FLOOR_HOLDS, rate=floor))
    return replace(limits, rate=held)


def _sooner(a: int | None, b: int | None) -> int | None:
    return b if a is None else a if b is None else min(a, b)


def _accepted(
    subscriber: Subscriber, plan: Plan, facts: Circumstances, reasons: list[Reason], room: _Room, limits: _Limits
) -> Decision:
    closing = facts.hours.edge_s if plan.hours_only and not facts.paused else None
    rate_until = _sooner(limits.until_s, facts.hours.edge_s if plan.schedule is not None else None)
    rate_until = _sooner(rate_until, subscriber.override_until_s)
    rate_until = _sooner(rate_until, facts.paused_until_s if facts.paused else None)
    ends_at = _sooner(_sooner(subscriber.valid_until_s, closing), limits.cap_until_s)
    if not facts.can_change_rate:
        ends_at = _sooner(ends_at, rate_until)
    if plan.session_timeout_s is not None:
        ends_at = _sooner(ends_at, facts.now_s + plan.session_timeout_s)
    return Decision(
        True, tuple(reasons), limits.rate, plan.burst if limits.rate == plan.rate else None, limits.cap,
        until_s=_sooner(_sooner(rate_until, subscriber.valid_until_s), limits.cap_until_s),
        ends_at_s=ends_at, idle_timeout_s=plan.idle_timeout_s, interim_s=_interim(plan, limits),
        plan_key=plan.key, cause=_cause(reasons), ends=room.ends, replaces=room.replaces,
    )


def _cause(reasons: list[Reason]) -> Code:
    """The code that says most of an acceptance: the last rule in force that set a rate."""
    setting = [r.code for r in reasons if r.in_force and r.rate is not None and r.rule is not Rule.FLOOR]
    return Code.PAUSED if reasons[-1].code is Code.PAUSED else setting[-1] if setting else Code.ACTIVE


def _interim(plan: Plan, limits: _Limits) -> int:
    """Seconds between reports: a quarter of the time in which the nearest line could be reached at the full rate."""
    speed = max(limits.rate.down_bps, limits.rate.up_bps)
    if limits.to_line is None or speed <= 0:
        return plan.interim_max_s
    return max(plan.interim_min_s, min(plan.interim_max_s, limits.to_line * 8 // speed // 4))
