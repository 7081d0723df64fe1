"""Use case: somebody, or a whole office, gets more octets of a quota, or its count begins anew. Audited, at once.

What is given for the running period stands in its ledger row and ends with it; what is given until a moment is a lot.
A higher rate for a time is a change of policy (`override` of an employee, `boost` of an office), which ends by itself.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from netquota.domain.carrying import Lot
from netquota.domain.people import Opd, Subscriber
from netquota.domain.quota import LedgerFigure, Quota, QuotaSubject
from netquota.domain.units import format_octets
from netquota.errors import InvalidValue, NotFound
from netquota.services.facts import Policy
from netquota.services.live import subject_id
from netquota.services.office import Author, Office, needed
from netquota.storage import audit_store, lot_store
from netquota.storage.database import Connection
from netquota.storage.feed_store import publish
from netquota.storage.grant_store import add_granted, forgive, locked_figures
from netquota.storage.policy_store import record_change

MOST_OCTETS = 10**15


@dataclass(frozen=True, slots=True)
class Given:
    """What was given: the quota, to whom (username or OPD code), and how the ledger row stands after it."""

    quota: Quota
    to: str
    figure: LedgerFigure


def grant_octets(
    office: Office, policy: Policy, quota_key: str, whom: Subscriber | Opd, octets: int, by: Author,
    *, until: datetime | None = None, dry_run: bool = False,
) -> Given:  # fmt: skip
    """Give so many octets more (negative: take back what was given) in the running period of a quota.

    `until`: usable until that moment, also past the period's end; what is not used by then is gone. Raises
    `InvalidValue` without a reason, for 0 or too many, for more taken back than was given, or a moment that has passed;
    `NotFound` where the quota is not charged for that person or office.
    """
    check_grant(octets, by)
    until_s = None if until is None else int(until.timestamp())
    if until_s is not None and (octets < 0 or until_s <= office.now_s):
        raise InvalidValue("until", str(until), "give more, until a moment to come")
    try:
        with office.database.write() as connection:
            found = grant_octets_within(connection, office, policy, quota_key, whom, octets, by, until_s=until_s)
            if dry_run:
                raise _Tried(found)
    except _Tried as tried:
        return tried.given
    return found


def check_grant(octets: int, by: Author) -> None:
    """Raise `InvalidValue` without a reason, or for octets that nobody gives."""
    needed(by)
    if not 0 < abs(octets) <= MOST_OCTETS:
        raise InvalidValue("octets", octets, "give more than nothing, and at most 1 PB")


def grant_octets_within(
    connection: Connection, office: Office, policy: Policy, quota_key: str, whom: Subscriber | Opd, octets: int,
    by: Author, *, until_s: int | None = None,
) -> Given:  # fmt: skip
    """`grant_octets` in a transaction of the caller's."""
    check_grant(octets, by)

    def act(quota: Quota, before: LedgerFigure) -> LedgerFigure:
        if before.granted + octets < 0:
            raise InvalidValue("octets", octets, "take back no more than was given")
        if until_s is None:
            return add_granted(connection, before, octets)
        lot = Lot(octets, until_s=until_s, used_at=before.used)
        bounds = before.period_start_s, before.period_end_s
        lot_store.give(connection, quota.id, before.subject_id, bounds, lot)
        record_change(connection, "grant", None, office.now_s)
        return replace(before, carried_in=before.carried_in + octets)

    return _changed(connection, office, policy, quota_key, whom, by, "grant", act)


def reset_count(
    office: Office, policy: Policy, quota_key: str, whom: Subscriber | Opd, by: Author, *, dry_run: bool = False
) -> Given:
    """Begin to count anew in the running period: what was used of a quota so far is forgiven, not forgotten.

    Raises `InvalidValue` without a reason, `NotFound` as `grant_octets`.
    """
    needed(by)
    try:
        with office.database.write() as connection:
            found = _changed(
                connection, office, policy, quota_key, whom, by, "reset", lambda _, before: forgive(connection, before)
            )
            if dry_run:
                raise _Tried(found)
    except _Tried as tried:
        return tried.given
    return found


class _Tried(Exception):
    """A dry run: what was written is taken back."""

    def __init__(self, given: Given) -> None:
        self.given = given


Act = Callable[[Quota, LedgerFigure], LedgerFigure]


def _changed(
    connection: Connection, office: Office, policy: Policy, quota_key: str, whom: Subscriber | Opd, by: Author,
    action: str, act: Act,
) -> Given:  # fmt: skip
    """Change one ledger row while it is locked; sessions follow, workers are told, the audit trail says it."""
    quota, subject, to = _charged(quota_key, whom)
    key, kind = (quota.id, subject), "employee" if isinstance(whom, Subscriber) else "opd"
    before = locked_figures(connection, {key: policy.calendar.period(quota, office.now_s)})[key]
    after = act(quota, before)
    office.on_change(connection, kind, [whom.id], office.now_s)
    told = sorted({person.id for person in _people(policy, whom)})[:1]  # an office's pools are read through any
    if told:
        publish(connection, "office", json.dumps(told), office.now_s)
    audit_store.append(
        connection, actor=by.name, action=action, kind=kind, key=to, why=by.why, now_s=office.now_s,
        before={quota.key: _told(action, before)}, after={quota.key: _told(action, after)},
    )  # fmt: skip
    return Given(quota, to, after)


def _charged(quota_key: str, whom: Subscriber | Opd) -> tuple[Quota, int, str]:
    """The quota, whose ledger row it is, and his name."""
    if isinstance(whom, Opd):
        quotas, to = whom.pools, whom.code
    else:
        quotas, to = whom.quotas, whom.known_as
    quota = next((quota for quota in quotas if quota.key == quota_key), None)
    if quota is None:
        raise NotFound(f"quota of {to}", quota_key, f"there are {', '.join(q.key for q in quotas) or 'none'}")
    if isinstance(whom, Opd):
        return quota, whom.id, to
    if quota.subject is QuotaSubject.OPD:
        raise InvalidValue("quota", quota_key, f"it is shared; give it to the office {whom.opd.code}")
    return quota, subject_id(quota.subject, whom), to


def _people(policy: Policy, whom: Subscriber | Opd) -> list[Subscriber]:
    if isinstance(whom, Subscriber):
        return [whom]
    return [person for person in policy.snapshot.subscriber_by_id.values() if person.opd.id == whom.id]


def _told(action: str, figure: LedgerFigure) -> str:
    return format_octets(figure.used if action == "reset" else figure.granted + figure.carried_in, "en")
