"""Use case: something happened that people are told of. Written in the transaction of its cause, once.

Who is told, how and in which words is seen to later (notice_addressing.py); here nobody waits for a look-up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from netquota.domain.notices import KINDS, Topic
from netquota.domain.quota import LedgerFigure, Quota, QuotaSubject
from netquota.storage import notice_store
from netquota.storage.database import Connection
from netquota.storage.notice_store import Notice

WHOLE = 1000
_TOPICS = {
    QuotaSubject.PERSON: (Topic.QUOTA_WARNED, Topic.QUOTA_SPENT),
    QuotaSubject.OPD: (Topic.POOL_WARNED, Topic.POOL_SPENT),
}


@dataclass(frozen=True, slots=True)
class LinePassed:
    """What was used passed a line (thousandths, 1000 = spent) of a quota."""

    quota: Quota
    figure: LedgerFigure
    line: int


def tell_of_quotas(connection: Connection, passed: Sequence[LinePassed], now_s: int) -> None:
    """Write what is to be told of the lines that a batch of reports passed, in its own transaction."""
    if passed:
        notice_store.write(connection, [_of_quota(each, now_s) for each in passed])


def tell(connection: Connection, key: str, topic: Topic, facts: dict[str, object], now_s: int) -> bool:
    """Write one notice; False where the same cause was told before."""
    return notice_store.write(connection, [Notice(key, topic, facts, now_s, now_s + KINDS[topic].lives_s)]) > 0


def _of_quota(passed: LinePassed, now_s: int) -> Notice:
    """A line counts once a period, and again where the period was granted more meanwhile."""
    quota, figure = passed.quota, passed.figure
    entitled = figure.entitled(quota)
    key = f"quota:{quota.id}:{figure.subject_id}:{figure.period_start_s}:{passed.line}:{entitled}"
    topic = _TOPICS[quota.subject][passed.line >= WHOLE]
    slow = quota.throttle
    facts: dict[str, object] = {
        "quota_id": quota.id, "subject_id": figure.subject_id, "line": passed.line, "used": figure.used,
        "entitled": entitled, "period_end_s": figure.period_end_s, "action": quota.action,
        "rate": None if slow is None else [slow.down_bps, slow.up_bps],
    }  # fmt: skip
    until_s = min(figure.period_end_s, now_s + KINDS[topic].lives_s)
    return Notice(key, topic, facts, now_s, max(until_s, now_s + 1))
