"""When limits are not enforced: what a gateway's reports, log-ins and orders tell, as alarms. Pure; epoch seconds.

An alarm is a function of how it stands: it goes by itself once the gateway recovers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from netquota.domain.places import Ability

LATE_INTERVALS: Final = 2
STARTS_WITHIN_S: Final = 300
LOGIN_COUNTS_S: Final = 86_400
CLAIMED_WITHIN_S: Final = 30
DROPS_COUNT_S: Final = 900
UNANSWERED: Final = 3
ORDERS_LATE_S: Final = 60


class AlarmCause(StrEnum):
    """Why limits are not enforced at a gateway, the gravest first."""

    NO_WORKER = "no_worker"
    ACCOUNTING_SILENT = "accounting_silent"
    NO_INTERIMS = "no_interims"
    WRONG_SECRET = "wrong_secret"  # noqa: S105 - a cause, no secret
    TOO_MANY_GATEWAYS = "too_many_gateways"
    COA_FAILING = "coa_failing"
    ORDERS_LATE = "orders_late"


@dataclass(frozen=True, slots=True)
class GatewayFacts:
    """How one gateway stands. None = never. `sessions`: open ones older than two of their intervals, `late` of them
    silent for as long; `login_s` the last accepted log-in; `oldest_s` the oldest open order; `dropped_s` the last
    packet with a wrong secret, of its client, `crowded_s` the last of a gateway too many.
    """

    nas: str
    gateway: str
    last_accounting_s: int | None = None
    login_s: int | None = None
    sessions: int = 0
    late: int = 0
    newest_report_s: int | None = None
    orders: int = 0
    oldest_s: int | None = None
    claimed_until_s: int | None = None
    unanswered: int = 0
    coa_rate: Ability = Ability.LEARN
    coa_rate_since_s: int | None = None
    disconnect: Ability = Ability.LEARN
    disconnect_since_s: int | None = None
    dropped_s: int | None = None
    crowded_s: int | None = None


@dataclass(frozen=True, slots=True)
class Alarm:
    """Limits are not enforced at a gateway; `number` of orders or sessions concerned, `since_s` where it is known.

    `is_mild`: another way is taken meanwhile (`domain.fallback`).
    """

    nas: str
    gateway: str
    cause: AlarmCause
    since_s: int | None
    number: int = 0
    is_mild: bool = False


Found = tuple[int | None, int] | None
"""(since, number), None where all is well."""


def alarms(facts: Sequence[GatewayFacts], now_s: int, orders_late_s: int = ORDERS_LATE_S) -> list[Alarm]:
    """All alarms of a moment, the gravest cause first, the oldest of each first."""
    found = [alarm for one in facts for alarm in _of(one, now_s, orders_late_s)]
    order = list(AlarmCause)
    return sorted(found, key=lambda a: (a.is_mild, order.index(a.cause), a.since_s or 0, a.nas, a.gateway))


def _of(one: GatewayFacts, now_s: int, orders_late_s: int) -> Iterator[Alarm]:
    for cause, rule in _RULES.items():
        found = rule(one, now_s)
        if found is not None:
            yield Alarm(one.nas, one.gateway, cause, *found)
    unable = [s for a, s in _abilities(one) if a is Ability.NO and s is not None]
    if one.unanswered >= UNANSWERED or unable:
        mild = bool(unable)
        yield Alarm(one.nas, one.gateway, AlarmCause.COA_FAILING, min(unable, default=None), one.unanswered, mild)
    if one.oldest_s is not None and now_s - one.oldest_s > orders_late_s and _no_worker(one, now_s) is None:
        yield Alarm(one.nas, one.gateway, AlarmCause.ORDERS_LATE, one.oldest_s, one.orders)


def _abilities(one: GatewayFacts) -> tuple[tuple[Ability, int | None], ...]:
    return (one.coa_rate, one.coa_rate_since_s), (one.disconnect, one.disconnect_since_s)


def _no_worker(one: GatewayFacts, now_s: int) -> Found:
    """Orders wait, and nobody holds the gateway who could send them."""
    is_held = one.claimed_until_s is not None and one.claimed_until_s > now_s
    if one.oldest_s is None or is_held or now_s - one.oldest_s <= CLAIMED_WITHIN_S:
        return None
    return one.oldest_s, one.orders


def _accounting_silent(one: GatewayFacts, now_s: int) -> Found:
    """Somebody logged in, and no report came since: not even the Start."""
    if one.login_s is None or not STARTS_WITHIN_S < now_s - one.login_s < LOGIN_COUNTS_S:
        return None
    if one.last_accounting_s is not None and one.last_accounting_s >= one.login_s:
        return None
    return one.last_accounting_s or one.login_s, 0


def _no_interims(one: GatewayFacts, now_s: int) -> Found:
    """Sessions run, and all of them have been silent for two intervals."""
    _ = now_s
    return (one.newest_report_s, one.sessions) if one.sessions and one.late == one.sessions else None


def _wrong_secret(one: GatewayFacts, now_s: int) -> Found:
    """Its packets are dropped, as the secret of one side is wrong."""
    return None if one.dropped_s is None or now_s - one.dropped_s > DROPS_COUNT_S else (one.dropped_s, 0)


def _too_many_gateways(one: GatewayFacts, now_s: int) -> Found:
    """Its client names more gateways than it may: what the others report is not taken."""
    return None if one.crowded_s is None or now_s - one.crowded_s > DROPS_COUNT_S else (one.crowded_s, 0)


_RULES: dict[AlarmCause, Callable[[GatewayFacts, int], Found]] = {
    AlarmCause.NO_WORKER: _no_worker,
    AlarmCause.ACCOUNTING_SILENT: _accounting_silent,
    AlarmCause.NO_INTERIMS: _no_interims,
    AlarmCause.WRONG_SECRET: _wrong_secret,
    AlarmCause.TOO_MANY_GATEWAYS: _too_many_gateways,
}
