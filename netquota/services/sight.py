"""What somebody with a scope finds in policy: his offices and their people; all else does not exist for him.

Rows of things, sessions, orders and refusals are kept apart by their queries (`Office.scope`, the filters' `scope`).
"""

from __future__ import annotations

from netquota.domain.people import Opd, Subscriber
from netquota.domain.scope import Scope
from netquota.errors import NotFound
from netquota.services.explain import subscriber_of
from netquota.storage.snapshot import Snapshot


def person(snapshot: Snapshot, scope: Scope, key: str) -> Subscriber:
    """The person of a NIP or username. Raises `NotFound`, also for one of another office."""
    found = subscriber_of(snapshot, key)
    if not scope.covers(found.opd.id):
        raise NotFound("employee", key)
    return found


def offices(snapshot: Snapshot, scope: Scope) -> list[Opd]:
    """The offices in sight, by code."""
    return sorted((opd for opd in snapshot.opds.values() if scope.covers(opd.id)), key=lambda opd: opd.code)


def office_named(snapshot: Snapshot, scope: Scope, code: str) -> Opd:
    """The office of a code. Raises `NotFound`, also for one that is not in sight."""
    for opd in offices(snapshot, scope):
        if opd.code == code:
            return opd
    raise NotFound("opd", code)
