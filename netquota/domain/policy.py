"""Plans, decisions and their reasons: the values that decide() takes and gives.

A reason is a code with figures, never a sentence; words in two languages are made from it at the edge.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from netquota.domain.quota import Quota
from netquota.domain.schedule import Schedule
from netquota.domain.units import Burst, Rate


class AtDeviceLimit(StrEnum):
    """What a log-in beyond the simultaneous sessions does."""

    REFUSE = "refuse"
    END_IDLE = "end_idle"


@dataclass(frozen=True, slots=True)
class Plan:
    """A named set of rate limit (bit/s), quotas and session rules (seconds).

    `remember_days`: so long a device that logged in at the portal logs in again by itself; 0: never.
    `weight`: the part of each of its sessions where an office's ceiling is shared and short, beside those of others.
    """

    id: int
    key: str
    name: str
    rate: Rate
    burst: Burst | None = None
    quotas: tuple[Quota, ...] = ()
    schedule: Schedule | None = None
    session_timeout_s: int | None = None
    idle_timeout_s: int | None = 900
    simultaneous: int = 3
    at_limit: AtDeviceLimit = AtDeviceLimit.END_IDLE
    interim_min_s: int = 60
    interim_max_s: int = 300
    hours_only: bool = False
    remember_days: int = 7
    for_guests: bool = False
    weight: int = 1


class Rule(StrEnum):
    """The rules of a decision, in the order in which they are asked (model.md, Deciding)."""

    ACCOUNT = "account"
    OPD = "opd"
    PLAN = "plan"
    DEVICES = "devices"
    SCHEDULE = "schedule"
    OVERRIDE = "override"
    ROTATION = "rotation"
    EVENT = "event"
    CEILING = "ceiling"
    QUOTA = "quota"
    FLOOR = "floor"
    PAUSE = "pause"
    CREDENTIAL = "credential"


class Code(StrEnum):
    """What a rule found. The words for each stand in netquota.services.words, in both languages."""

    ACTIVE = "active"
    UNKNOWN = "unknown"
    WRONG_PASSWORD = "wrong_password"  # noqa: S105 - a code, no password
    SUSPENDED = "suspended"
    LEFT = "left"
    NOT_YET_VALID = "not_yet_valid"
    EXPIRED = "expired"
    OPD_SUSPENDED = "opd_suspended"
    NO_PLAN = "no_plan"
    NO_CEILING = "no_ceiling"
    ELSEWHERE = "elsewhere"
    CIRCUIT_RATE = "circuit_rate"
    DEVICES_FREE = "devices_free"
    DEVICES_REPLACED = "devices_replaced"
    DEVICES_END_IDLE = "devices_end_idle"
    DEVICES_FULL = "devices_full"
    OUTSIDE_HOURS = "outside_hours"
    WITHIN_HOURS = "within_hours"
    WINDOW_RATE = "window_rate"
    PLAN_RATE = "plan_rate"
    OVERRIDE_RATE = "override_rate"
    BOOST_RATE = "boost_rate"
    TURN_RATE = "turn_rate"
    TURN_OWN = "turn_own"
    TURN_WAITS = "turn_waits"
    TURN_CHOSEN = "turn_chosen"
    EVENT_RATE = "event_rate"
    EVENT_CUT = "event_cut"
    CEILING_ABOVE = "ceiling_above"
    CEILING_CAPS = "ceiling_caps"
    SHARE_OF_CEILING = "share_of_ceiling"
    CEILING_FULL = "ceiling_full"
    QUOTA_LEFT = "quota_left"
    QUOTA_WARNED = "quota_warned"
    QUOTA_THROTTLED = "quota_throttled"
    QUOTA_SPENT = "quota_spent"
    QUOTA_NOTIFIED = "quota_notified"
    QUOTA_HELD = "quota_held"
    QUOTA_STEP = "quota_step"
    QUOTA_LANDING = "quota_landing"
    FLOOR_HOLDS = "floor_holds"
    PAUSED = "paused"
    TRY_LATER = "try_later"
    TOO_MANY_GATEWAYS = "too_many_gateways"
    HELD_OFF = "held_off"
    ENDED_BY_ADMIN = "ended_by_admin"
    ENDED_BY_OWNER = "ended_by_owner"


@dataclass(frozen=True, slots=True)
class Reason:
    """One step of a decision: which rule, whose (a natural key), what it gave, whether it was overruled.

    `rate` in bit/s; `used` and `limit` in octets or devices; `until_s` epoch seconds UTC at which this step may change.
    """

    rule: Rule
    code: Code
    source: str = ""
    rate: Rate | None = None
    used: int | None = None
    limit: int | None = None
    until_s: int | None = None
    in_force: bool = True
    note: str = ""


_NO_RATE = Rate(0, 0)


@dataclass(frozen=True, slots=True)
class Decision:
    """What a log-in or a running session gets, and why; `cause` is the one code that says most of it.

    `rate` bit/s (never None when accepted); `octet_cap` total octets that may still flow from now, None = no cap;
    `until_s` the next moment (epoch seconds) at which the decision would change by itself, None = never;
    `ends_at_s` the moment (epoch seconds) by which the session must end, from which Session-Timeout is made;
    `ends` ids of the caller's own sessions that make room (asked for by `devices`), to be disconnected;
    `needs_grant`: at a log-in it holds only once the database has given it (services.reserve).
    """

    accepted: bool
    reasons: tuple[Reason, ...]
    rate: Rate = _NO_RATE
    burst: Burst | None = None
    octet_cap: int | None = None
    until_s: int | None = None
    ends_at_s: int | None = None
    idle_timeout_s: int | None = None
    interim_s: int = 300
    group: str | None = None
    plan_key: str = ""
    cause: Code = Code.ACTIVE
    ends: tuple[int, ...] = ()
    replaces: tuple[int, ...] = ()
    needs_grant: bool = False

    @property
    def refusal(self) -> Reason | None:
        """The reason that refused, None where the decision accepts."""
        return None if self.accepted else self.reasons[-1]
