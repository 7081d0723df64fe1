"""Whatever the paths do to the reports of many sessions, samples and ledger hold each octet once (model.md)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from itertools import accumulate
from random import Random
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from netquota.domain.counters import NEVER_FALLS
from netquota.domain.people import Opd, Subscriber
from netquota.domain.periods import Period, PeriodKind
from netquota.domain.places import Nas, ProviderLink, Site
from netquota.domain.policy import Plan
from netquota.domain.quota import Action, Direction, Quota, QuotaSubject, measured
from netquota.domain.units import Octets2, Rate
from netquota.services.calendar import Calendar
from netquota.services.settling import BIN_S, Entry, Settlement
from netquota.storage.ledger_store import LINK, PERSON, SITE
from netquota.storage.session_row import SessionRow
from radius.families.reports import AccountingReport, ReportStatus

WORD = 1 << 32
BEGIN_S = 1_777_900_000
WIB = ZoneInfo("Asia/Jakarta")
DAY, WEEK = Period(PeriodKind.DAY, WIB), Period(PeriodKind.WEEK, WIB)

POOL = Quota(3, "pool", QuotaSubject.OPD, Direction.TOTAL, WEEK, 10**9, action=Action.NOTIFY)
OPD = Opd(5, "DINKES", "Kesehatan", pools=(POOL,))
OWN = (
    Quota(1, "down", QuotaSubject.PERSON, Direction.DOWN, DAY, 10**9, action=Action.NOTIFY),
    Quota(2, "up", QuotaSubject.PERSON, Direction.UP, WEEK, 10**9, action=Action.NOTIFY),
)
PLAN = Plan(1, "staf", "Staf", Rate(10**7, 10**6), quotas=OWN)
PEOPLE = {number: Subscriber(number, f"p{number}", "P", OPD, PLAN, "opd") for number in (1, 2)}
SITES = {
    number: Site(number, f"s{number}", OPD, ProviderLink(9, "A", "P", Rate(10**9, 10**9))) for number in (1, 2)
}  # fmt: skip


@dataclass(frozen=True)
class Told:
    """A session as its gateway tells of it, oldest report first."""

    person: int
    gateway: int
    total: Octets2
    entries: list[Entry]


def _entry(key: tuple[int, int, int], total: Octets2, session_s: int, event_s: int, status: str) -> Entry:
    person, gateway, number = key
    report = AccountingReport(
        ReportStatus(status), f"gw{gateway}", f"id{number}", f"p{person}", f"mac{person}", "", "", "", None,
        total.input % WORD, total.output % WORD, total.input // WORD, total.output // WORD, session_s, 0, event_s,
        event_s, "",
    )  # fmt: skip
    nas = Nas(1, "nas", "10.0.0.1", b"", "mikrotik")
    return Entry(report, nas, gateway, event_s, event_s, PEOPLE[person], SITES[gateway], None, NEVER_FALLS)


STEPS = st.lists(
    st.tuples(st.integers(0, 2**34), st.integers(0, 2**34), st.integers(1, 100_000)), min_size=1, max_size=5
)  # fmt: skip


@st.composite
def sessions(draw: st.DrawFn) -> list[Told]:
    """Some sessions of two people at two gateways that give the same ids; each id only once for a person there."""
    keys = draw(
        st.lists(
            st.tuples(st.integers(1, 2), st.integers(1, 2), st.integers(1, 2)), min_size=1, max_size=5, unique=True
        )
    )
    told: list[Told] = []
    for key in keys:
        steps = draw(STEPS)
        begin_s = BEGIN_S + draw(st.integers(0, 200_000))
        ups, downs, times = (list(accumulate(column)) for column in zip(*steps, strict=True))
        totals = [Octets2(up, down) for up, down in zip(ups, downs, strict=True)]
        statuses = ["interim"] * (len(steps) - 1) + [draw(st.sampled_from(["interim", "stop"]))]
        entries = [
            _entry(key, total, at_s, begin_s + at_s, status)
            for total, at_s, status in zip(totals, times, statuses, strict=True)
        ]
        start = _entry(key, Octets2(0, 0), 0, begin_s, "start")
        told.append(Told(key[0], key[1], totals[-1], [start, *entries]))
    return told


class Books:
    """What a database would hold; each batch reads the rows anew."""

    def __init__(self) -> None:
        self.rows: dict[int, SessionRow] = {}
        self.ledger: Counter[tuple[int, int]] = Counter()
        self.samples: Counter[tuple[int, int, str]] = Counter()

    def count(self, batch: list[Entry]) -> None:
        settlement = Settlement([replace(row) for row in self.rows.values()], Calendar({}, set()), PEOPLE)
        for entry in batch:
            settlement.settle(entry)
        settled = settlement.settled
        self.rows |= settled.touched
        for row in settled.new:
            row.id = len(self.rows) + 1
            self.rows[row.id] = row
        for charge in settled.charges:
            assert charge.octets > 0
            assert charge.period_start_s < charge.period_end_s
            self.ledger[charge.quota_id, charge.subject_id] += charge.octets
        for (kind, subject, bin_s), (down, up) in settled.samples.items():
            assert bin_s % BIN_S == 0
            self.samples[kind, subject, "down"] += down
            self.samples[kind, subject, "up"] += up


def _sum(told: list[Told], *, person: int | None = None, gateway: int | None = None) -> Octets2:
    chosen = [t.total for t in told if person in (None, t.person) and gateway in (None, t.gateway)]
    return sum(chosen, Octets2(0, 0))


def _check(books: Books, told: list[Told]) -> None:
    for person in PEOPLE:
        total = _sum(told, person=person)
        assert (books.samples[PERSON, person, "up"], books.samples[PERSON, person, "down"]) == (
            total.input,
            total.output,
        )
        for quota in OWN:
            assert books.ledger[quota.id, person] == measured(quota.direction, total)
    for site in SITES:
        total = _sum(told, gateway=site)
        assert (books.samples[SITE, site, "up"], books.samples[SITE, site, "down"]) == (total.input, total.output)
    everything = _sum(told)
    assert (books.samples[LINK, 9, "up"], books.samples[LINK, 9, "down"]) == (everything.input, everything.output)
    assert books.ledger[POOL.id, OPD.id] == everything.total


@given(sessions(), st.integers(0, 2**32), st.integers(1, 8))
def test_reports_in_any_order_doubled_and_in_any_batches_count_the_largest_totals_once(
    told: list[Told], seed: int, batch_size: int
) -> None:
    disturbed = Random(seed)
    sent = [entry for session in told for entry in session.entries]
    arrived = [*sent, *disturbed.choices(sent, k=len(sent) // 2)]
    disturbed.shuffle(arrived)
    books = Books()
    for at in range(0, len(arrived), batch_size):
        books.count(arrived[at : at + batch_size])
    _check(books, told)
    assert len(books.rows) == len(told)


@given(sessions(), st.integers(0, 2**32), st.integers(1, 8))
def test_ids_used_again_after_a_reboot_count_each_incarnation_once(
    told: list[Told], seed: int, batch_size: int
) -> None:
    """The old ones' reports come in any order, and some again among those of the new ones."""
    disturbed = Random(seed)
    old = [entry for session in told for entry in session.entries]
    reboot_s = max(entry.event_s for entry in old) + 60
    fresh = [_moved(session, reboot_s) for session in told]
    new = [entry for session in fresh for entry in session.entries[1:]]
    disturbed.shuffle(old)
    late = [*new, *disturbed.choices(old, k=3)]
    disturbed.shuffle(late)
    arrived = [*old, *(session.entries[0] for session in fresh), *late]
    books = Books()
    for at in range(0, len(arrived), batch_size):
        books.count(arrived[at : at + batch_size])
    _check(books, [*told, *fresh])
    assert len(books.rows) == 2 * len(told)


def _moved(session: Told, begin_s: int) -> Told:
    """The same session once more, from another moment on."""
    shift_s = begin_s - session.entries[0].event_s
    entries = [
        replace(
            entry,
            event_s=entry.event_s + shift_s,
            arrival_s=entry.arrival_s + shift_s,
            report=replace(entry.report, event_timestamp_s=entry.event_s + shift_s),
        )
        for entry in session.entries
    ]
    return replace(session, entries=entries)
