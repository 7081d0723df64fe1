"""Measuring an assessment round: each office's use over the round's days beside its limits and what it says it needs.

It takes a third of a second for each office and quarter of a year, so the process that plans does it; what was found is
kept with the round, and stays what the offices were shown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from netquota.domain.people import Opd
from netquota.domain.requests import OPEN
from netquota.domain.rounds import LEAST_COVERAGE_PERMILLE, RoundState, Use, proposed
from netquota.domain.samples import OPD
from netquota.errors import InvalidValue
from netquota.services.allocation_board import Board, Method, board
from netquota.services.facts import Policy
from netquota.services.office import Office
from netquota.services.planning.computing import Progress
from netquota.services.planning.figures import Measured
from netquota.services.planning.measured import measure
from netquota.services.planning.subjects import Named, every
from netquota.services.planning.tasks import Doer
from netquota.storage import application_store, plan_policy, request_store, round_store
from netquota.storage.application_store import OfficeRecord
from netquota.storage.database import Connection
from netquota.storage.plan_policy import PlannedOpd
from netquota.storage.request_store import Request
from netquota.storage.round_store import Round

PolicyOf = Callable[[Connection], Policy]


@dataclass(frozen=True, slots=True)
class _Said:
    """What offices say that they need, by office id."""

    records: Mapping[int, OfficeRecord]
    requests: Mapping[int, Sequence[Request]]


def assessing(office: Office, policy_of: PolicyOf) -> Doer:
    """Who measures the round that a task names."""
    return lambda subject, progress: assess(office, policy_of, int(subject), progress)


def assess(office: Office, policy_of: PolicyOf, round_id: int, progress: Progress) -> int:
    """Measure every active office, propose, and keep it with the round; how many. Raises `NotFound`.

    None is where the sheets were sent, before or meanwhile: what the offices were shown stays.
    """
    with office.database.read() as connection:
        of = round_store.get(connection, round_id)
        if of.state is not RoundState.PREPARED:
            return 0
        policy, opds = policy_of(connection), plan_policy.opds(connection)
        said = _said(connection)
        subjects = {each.subject.id: each for each in every(connection, OPD)}
    found: dict[int, Use] = {}
    for at, opd in enumerate(opds):
        progress(at, len(opds), opd.code)
        with office.database.read() as connection:
            plain = _plain(opd, policy.snapshot.opds[opd.id], said)
            found[opd.id] = _use(connection, office, of, subjects.get(opd.id), plain)
    shared = _shared(policy, of, opds, found)
    with office.database.write() as connection:
        now = round_store.get(connection, round_id, lock=True)
        if now.state is not RoundState.PREPARED:
            return 0
        round_store.put(connection, round_id, [(opd_id, use, proposed(use)) for opd_id, use in shared.items()])
        round_store.move(connection, round_id, {"measured_s": office.now_s})
    progress(len(opds), len(opds), "")
    return len(opds)


def _said(connection: Connection) -> _Said:
    requests: dict[int, list[Request]] = {}
    for one in request_store.requests(connection, states=OPEN):
        if one.employee_id is None and one.wanted is not None:
            requests.setdefault(one.opd_id, []).append(one)
    return _Said({one.opd_id: one for one in application_store.board(connection)}, requests)


def _plain(opd: PlannedOpd, limits: Opd, said: _Said) -> Use:
    """What is known of an office without any measuring."""
    ceiling, guaranteed = limits.ceiling, limits.guaranteed
    record, requests = said.records.get(opd.id), said.requests.get(opd.id, ())
    return Use(
        opd.people,
        None if ceiling is None else ceiling.down_bps, None if ceiling is None else ceiling.up_bps,
        None if guaranteed is None else guaranteed.down_bps, None if guaranteed is None else guaranteed.up_bps,
        applications=0 if record is None else record.applications,
        needed_down_bps=0 if record is None else record.need.down_bps,
        needed_up_bps=0 if record is None else record.need.up_bps,
        requests=tuple(one.number for one in requests),
        asked_down_bps=sum(one.wanted.down_bps for one in requests if one.wanted is not None),
        asked_up_bps=sum(one.wanted.up_bps for one in requests if one.wanted is not None),
    )  # fmt: skip


def _use(connection: Connection, office: Office, of: Round, named: Named | None, plain: Use) -> Use:
    """With what was measured, where it has a site."""
    if named is None or not named.subject.members:
        return plain
    try:
        found = measure(connection, named, of.first, of.last, office.zone, office.now_s)
    except InvalidValue:  # no bin of these days has settled
        return plain
    return _measured(plain, found)


def _measured(plain: Use, found: Measured) -> Use:
    """With what was measured in office hours; nothing but the coverage where under half of them is known."""
    part = found.office
    covered = 1000 * part.usable // part.expected if part.expected else 0
    share = part.at_limit_share
    known = replace(plain, coverage_permille=covered)
    if covered < LEAST_COVERAGE_PERMILLE:
        return known
    hidden = next(each for each in found.hidden if each.direction == "down")
    return replace(
        known, p95_down_bps=part.p95_down_bps, p95_up_bps=part.p95_up_bps, peak_down_bps=part.peak_down_bps,
        busy_hour=None if found.busy is None else found.busy.hour,
        busy_bps=None if found.busy is None else found.busy.mean_bps,
        at_limit_permille=None if share is None else 1000 * part.at_limit // part.bounded,
        unused_permille=part.unused_permille, hidden_bps=hidden.p95_bps, hidden_low_bps=hidden.low_bps,
        hidden_high_bps=hidden.high_bps, finding=hidden.finding,
    )  # fmt: skip


def _shared(policy: Policy, of: Round, opds: Sequence[PlannedOpd], found: Mapping[int, Use]) -> dict[int, Use]:
    """With what the division of each office's main link gives it, by the round's method and the use just measured."""
    people = {opd.id: opd.people for opd in opds}
    p95 = {opd_id: use.p95_down_bps for opd_id, use in found.items()}
    boards: dict[int, Board] = {
        link_id: board(policy, link, people, p95) for link_id, link in policy.snapshot.links.items()
    }
    shared: dict[int, Use] = {}
    for opd in opds:
        at = None if opd.link_id is None else boards.get(opd.link_id)
        shared[opd.id] = found[opd.id] if at is None else _at_link(found[opd.id], at, opd.id, Method(of.method))
    return shared


def _at_link(use: Use, at: Board, opd_id: int, method: Method) -> Use:
    seat = next((each for each in at.seats if each.opd.id == opd_id), None)
    down_bps = None if seat is None else seat.proposed.get(method)
    if down_bps is None:
        return replace(use, link=at.link.name)
    rate = at.rate(down_bps)
    return replace(use, link=at.link.name, share_down_bps=rate.down_bps, share_up_bps=rate.up_bps)
