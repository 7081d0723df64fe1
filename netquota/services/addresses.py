"""Use cases of measuring reported applications: gateways count what flows between users and an application's hosts.

Each gateway's counters are its own; their growth (domain.interfaces) becomes samples of the application, summed over
hosts and gateways. What a page tells of it is application_use's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from netquota.domain.interfaces import LONGEST_GAP_S, Faces, Growth, Reading, ReadingKind, in_bins, is_coarse, judge
from netquota.domain.measured_hosts import MOST_HOSTS, hosts_of
from netquota.domain.samples import APPLICATION, late_hours
from netquota.services.shift import Shift
from netquota.storage import address_store, sample_marks
from netquota.storage.address_store import Key, Standing
from netquota.storage.database import Connection
from netquota.storage.ledger_store import page_on

Octets = tuple[int, int]
"""So far from a host to the users (down), and from them to it (up)."""


class Source(NamedTuple):
    """Which gateway says it: the client's id, and how the gateway names itself."""

    nas_id: int
    gateway: str


class Counted(NamedTuple):
    """What passed between two readings of one of an application's hosts."""

    application_id: int
    growth: Growth


def asked(connection: Connection) -> dict[str, tuple[int, ...]]:
    """The hosts to be counted, at most `MOST_HOSTS`, in the order of their applications' codes; whose each is (ids)."""
    found: dict[str, tuple[int, ...]] = {}
    for application_id, address in address_store.addressed(connection):
        for host in hosts_of(address):
            if host in found or len(found) < MOST_HOSTS:
                found[host] = (*found.get(host, ()), application_id)
    return found


def take(connection: Connection, source: Source, told: Mapping[str, Octets], up_ticks: int | None, now_s: int) -> int:
    """Count what a gateway says of hosts, as of `now_s`; how many of them grew. What nobody asked for is ignored.

    Growth, samples and the readings they rest on are one transaction, and those are locked: nothing counts twice.
    """
    wanted = {host: of for host, of in asked(connection).items() if host in told} if told else {}
    if not wanted:
        return 0
    known = address_store.standings(connection, *source)
    after: list[Standing] = []
    counted: list[Counted] = []
    hosts: set[str] = set()
    for application_id, host in sorted((one, host) for host, of in wanted.items() for one in of):
        reading = Reading(now_s, *told[host], up_ticks)
        before = known.get((application_id, host))
        growth = judge(None if before is None else before.last, reading)
        if growth.kind is not ReadingKind.LATE:
            after.append(Standing(application_id, host, *source, reading))
        if growth.is_counted:
            counted.append(Counted(application_id, growth))
            hosts.add(host)
    _put_samples(connection, counted, now_s)
    address_store.put(connection, after)
    return len(hosts)


def _put_samples(connection: Connection, counted: list[Counted], now_s: int) -> None:
    """All at once, in the order of their keys: two gateways that report at the same time do not lock each other out."""
    sums: dict[tuple[int, int, int], Octets] = {}
    coarse: set[tuple[int, int, int]] = set()
    for application_id, growth in counted:
        for bin_s, down, up in in_bins(growth, Faces.PROVIDER):
            key = APPLICATION, application_id, bin_s
            so_far = sums.get(key, (0, 0))
            sums[key] = so_far[0] + down, so_far[1] + up
            if is_coarse(growth):
                coarse.add(key)
    if sums:
        page_on(connection).add_samples([(*key, *sums[key]) for key in sorted(sums)])
        sample_marks.note(connection, coarse, late_hours(sorted(sums), now_s))


def let_go(shift: Shift) -> None:
    """Forget the readings of hosts that nobody asks for any more, and those so old that a counter begins anew."""
    before_s = shift.now_s - LONGEST_GAP_S
    with shift.reading() as (_, connection):
        is_due = _gone(connection) or address_store.has_older(connection, before_s)
    if is_due:
        with shift.step() as (_, connection):
            address_store.forget(connection, _gone(connection))
            address_store.forget_older(connection, before_s)


def _gone(connection: Connection) -> set[Key]:
    wanted = {(application_id, host) for host, of in asked(connection).items() for application_id in of}
    return address_store.kept(connection) - wanted
