"""Why somebody's internet is slow, as far as can be seen from here: his own limit, his office's, or a cause elsewhere.

Pure. The order of the findings is the order in which a person should look: what stops everything first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from netquota.domain.policy import Code
from netquota.domain.units import Rate

FULL_PERMILLE: Final = 900
"""From here on a link or a ceiling is felt: queues grow before the last tenth is used."""
AT_LIMIT_PERMILLE: Final = 950
LOSSY_PERMILLE: Final = 100
LATE_MS: Final = 10_000
_OWN_QUOTA: Final = frozenset({Code.QUOTA_THROTTLED, Code.QUOTA_LANDING, Code.QUOTA_STEP})
OF_CEILING: Final = frozenset({Code.SHARE_OF_CEILING, Code.CEILING_CAPS, Code.CEILING_FULL})
"""Codes of a limit that comes from an office's or a site's ceiling."""


class Cause(StrEnum):
    """What makes it slow."""

    GATEWAY_SILENT = "gateway_silent"
    PROVIDER_DOWN = "provider_down"
    PROVIDER_LOSSY = "provider_lossy"
    LINK_FULL = "link_full"
    REFUSED = "refused"
    OFFLINE = "offline"
    ORDER_UNANSWERED = "order_unanswered"
    SESSION_SILENT = "session_silent"
    OPD_FULL = "opd_full"
    OWN_QUOTA = "own_quota"
    CUT = "cut"
    SHARE = "share"
    OWN_LIMIT = "own_limit"
    NOT_HERE = "not_here"


ELSEWHERE: Final = frozenset(
    {Cause.GATEWAY_SILENT, Cause.PROVIDER_DOWN, Cause.PROVIDER_LOSSY, Cause.LINK_FULL, Cause.ORDER_UNANSWERED}
)
"""Causes that no limit of the person's or his office's would mend."""


@dataclass(frozen=True, slots=True)
class Flow:
    """What flows through something now, against the most that it lets pass; bit/s."""

    name: str
    now: Rate
    most: Rate

    @property
    def permille(self) -> int:
        """How full the fuller direction is."""
        pairs = ((self.now.down_bps, self.most.down_bps), (self.now.up_bps, self.most.up_bps))
        return max((now * 1000 // most for now, most in pairs if most), default=0)


@dataclass(frozen=True, slots=True)
class Cut:
    """A session has less than its plan gives: both rates, by which code, and whose rule (a natural key, or nothing)."""

    has: Rate
    plan: Rate
    code: Code | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What is known of one session (or of somebody who is not online) and of the way to the internet from there.

    `silent_s`: seconds since the gateway's last packet, where that is too long; `probe`: (asked, answered) of what is
    at the link's other end, lately; `order_ms`: how long the newest order has been without effect; `quiet_s`:
    since when the session did not report, where that is too long; `code`: what its limit rests on; `cut`: where that
    is under the plan's rate. None: not known.
    """

    online: bool
    accepted: bool = True
    gateway: str = ""
    silent_s: int | None = None
    probe: tuple[int, int] | None = None
    link: Flow | None = None
    office: Flow | None = None
    own: Flow | None = None
    order_ms: int | None = None
    quiet_s: int | None = None
    code: Code | None = None
    cut: Cut | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One cause: of what (a gateway's, link's or office's name), since when (s), how much of how much (bit/s).

    `cut`: what the session has instead of its plan's rate, where that is the cause.
    """

    cause: Cause
    name: str = ""
    for_s: int | None = None
    flow: Flow | None = None
    cut: Cut | None = None

    @property
    def is_elsewhere(self) -> bool:
        """Whether no limit would mend it."""
        return self.cause in ELSEWHERE


def findings(seen: Circumstances) -> tuple[Finding, ...]:
    """Every cause that can be seen, the gravest first; `NOT_HERE` alone where nothing is in the way."""
    found = (*_way(seen), *_session(seen), *_limits(seen))
    return found or (Finding(Cause.NOT_HERE, seen.gateway),)


def _way(seen: Circumstances) -> Iterator[Finding]:
    """What is wrong between the gateway and the internet."""
    if seen.silent_s is not None:
        yield Finding(Cause.GATEWAY_SILENT, seen.gateway, seen.silent_s)
    link = "" if seen.link is None else seen.link.name
    asked, answered = seen.probe or (0, 0)
    if asked and not answered:
        yield Finding(Cause.PROVIDER_DOWN, link)
    elif asked and (asked - answered) * 1000 >= asked * LOSSY_PERMILLE:
        yield Finding(Cause.PROVIDER_LOSSY, link)
    if seen.link is not None and seen.link.permille >= FULL_PERMILLE:
        yield Finding(Cause.LINK_FULL, link, flow=seen.link)


def _session(seen: Circumstances) -> Iterator[Finding]:
    """What is wrong with the session itself."""
    if not seen.accepted:
        yield Finding(Cause.REFUSED)
    elif not seen.online:
        yield Finding(Cause.OFFLINE)
    if seen.order_ms is not None and seen.order_ms >= LATE_MS:
        yield Finding(Cause.ORDER_UNANSWERED, seen.gateway, seen.order_ms // 1000)
    if seen.quiet_s is not None and seen.silent_s is None:
        yield Finding(Cause.SESSION_SILENT, seen.gateway, seen.quiet_s)


def _limits(seen: Circumstances) -> Iterator[Finding]:
    """Which limit is felt."""
    if seen.office is not None and seen.office.permille >= FULL_PERMILLE:
        yield Finding(Cause.OPD_FULL, seen.office.name, flow=seen.office)
    if seen.code in _OWN_QUOTA:
        yield Finding(Cause.OWN_QUOTA, flow=seen.own, cut=seen.cut)
        return
    if seen.cut is not None:
        yield Finding(Cause.CUT, seen.cut.source, cut=seen.cut)
    if seen.own is not None and seen.own.permille >= AT_LIMIT_PERMILLE:
        if seen.code in OF_CEILING:
            yield Finding(Cause.SHARE, flow=seen.own)
        elif seen.cut is None:
            yield Finding(Cause.OWN_LIMIT, flow=seen.own)
