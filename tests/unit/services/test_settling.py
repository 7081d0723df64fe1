"""Stories of accounting reports: what each adds, whose it is, and which sessions begin and end by it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from netquota.domain.counters import CounterRule, Kind
from netquota.domain.people import Opd, Subscriber
from netquota.domain.periods import Period, PeriodKind
from netquota.domain.places import Nas, ProviderLink, Site
from netquota.domain.policy import Plan
from netquota.domain.quota import Action, Direction, Quota, QuotaSubject
from netquota.domain.units import Rate
from netquota.services.calendar import Calendar
from netquota.services.class_token import Granted
from netquota.services.settling import BIN_S, Entry, Settled, Settlement
from netquota.storage.ledger_store import LINK, PERSON, SITE
from netquota.storage.session_row import SessionRow
from radius.families.reports import AccountingReport, ReportStatus

WIB = ZoneInfo("Asia/Jakarta")
NOON = int(datetime(2026, 5, 4, 5, tzinfo=UTC).timestamp())  # in Jakarta
MIDNIGHT = NOON + 12 * 3600
GIB4 = 1 << 32
MONTH_Q, DAY_DOWN_Q, POOL_Q = 1, 2, 3


def quota(number: int, subject: QuotaSubject, direction: Direction, kind: PeriodKind) -> Quota:
    return Quota(number, f"q{number}", subject, direction, Period(kind, WIB), 10**9, action=Action.NOTIFY)


OPD = Opd(5, "DINKES", "Kesehatan", pools=(quota(POOL_Q, QuotaSubject.OPD, Direction.UP, PeriodKind.MONTH),))
PLAN = Plan(
    1, "staf", "Staf", Rate(10**7, 10**6),
    quotas=(
        quota(MONTH_Q, QuotaSubject.PERSON, Direction.TOTAL, PeriodKind.MONTH),
        quota(DAY_DOWN_Q, QuotaSubject.PERSON, Direction.DOWN, PeriodKind.DAY),
    ),
)  # fmt: skip
SITI = Subscriber(7, "siti", "Siti", OPD, PLAN, "opd")
BUDI = Subscriber(8, "budi", "Budi", OPD, PLAN, "opd")
NAS = Nas(1, "gw", "10.0.0.1", b"secret", "mikrotik")
SITE_1 = Site(3, "Lantai 1", OPD, ProviderLink(4, "A", "P", Rate(10**9, 10**9)))
CLASS = b"class of siti"


def granted(down_bps: int = 10**7) -> Granted:
    return Granted(7, 3, down_bps, 10**6, None, NOON, 120, 12345678)


def entry(
    status: str, at_s: int, octets: tuple[int, int] = (0, 0), session_s: int | None = None, **given: Any
) -> Entry:
    """A report of Siti's session `s1` at gateway 1; `octets` (up, down) of 64 bits; `given` overrides what it says."""
    fields: dict[str, Any] = {
        "gateway": "gw", "acct_session_id": "s1", "username": "siti", "mac": "AA:AA:AA:AA:AA:AA", "framed_ip": "",
        "called_station": "", "nas_port": "", "class_token": None, "input_octets": octets[0] % GIB4,
        "output_octets": octets[1] % GIB4, "input_gigawords": octets[0] // GIB4, "output_gigawords": octets[1] // GIB4,
        "session_time_s": session_s, "delay_s": 0, "event_timestamp_s": at_s, "arrival_s": at_s, "terminate_cause": "",
    }  # fmt: skip
    known: dict[str, Any] = {
        "subscriber": SITI,
        "site": SITE_1,
        "granted": None,
        "rule": CounterRule(),
        "gateway_id": 1,
    }
    for name, value in given.items():
        (fields if name in fields else known)[name] = value
    report = AccountingReport(status=ReportStatus(status), **fields)
    gateway_id = known.pop("gateway_id")
    return Entry(report, NAS, gateway_id, at_s, fields["arrival_s"], **known)


@dataclass
class Books:
    """The rows, ledger and samples as a database would hold them between batches."""

    rows: list[SessionRow] = field(default_factory=list[SessionRow])
    ledger: Counter[tuple[int, int, int]] = field(default_factory=Counter[tuple[int, int, int]])
    samples: Counter[tuple[int, int, int]] = field(default_factory=Counter[tuple[int, int, int]])
    kinds: list[Kind] = field(default_factory=list[Kind])
    people: dict[int, Subscriber] = field(default_factory=lambda: {7: SITI, 8: BUDI})
    last: Settled = field(default_factory=Settled)

    def count(self, *entries: Entry) -> list[Kind]:
        """One batch; the verdicts of its reports."""
        held = [replace(row) for row in self.rows]
        settlement = Settlement(held, Calendar({}, set()), self.people)
        for one in entries:
            settlement.settle(one)
        self.last = settlement.settled
        kept = {row.id: row for row in self.rows} | self.last.touched
        for row in self.last.new:
            row.id = len(kept) + 1
            kept[row.id] = row
        self.rows = sorted(kept.values(), key=lambda row: (row.incarnation_s, row.id))
        for charge in self.last.charges:
            self.ledger[charge.quota_id, charge.subject_id, charge.period_start_s] += charge.octets
        for (kind, subject, bin_s), (down, up) in self.last.samples.items():
            self.samples[kind, subject, bin_s] += down + up
        self.kinds += self.last.kinds
        return self.last.kinds

    def used(self, quota_id: int, subject_id: int = 7) -> int:
        return sum(n for (quota, subject, _), n in self.ledger.items() if (quota, subject) == (quota_id, subject_id))

    def sampled(self, kind: int, subject: int) -> int:
        return sum(n for (of, who, _), n in self.samples.items() if (of, who) == (kind, subject))

    def one(self) -> SessionRow:
        (row,) = self.rows
        return row


def story(*reports: Entry, one_batch: bool) -> Books:
    books = Books()
    for batch in [reports] if one_batch else [(one,) for one in reports]:
        books.count(*batch)
    return books


START = entry("start", NOON, session_s=0, class_token=CLASS, granted=granted())
FIRST = entry("interim", NOON + 60, (100, 1000), 60)
SECOND = entry("interim", NOON + 120, (300, 3000), 120)
STOP = entry("stop", NOON + 150, (400, 4000), 150, terminate_cause="User-Request")


@pytest.mark.parametrize("one_batch", [True, False])
@pytest.mark.parametrize(
    "reports",
    [
        (START, FIRST, SECOND, STOP),
        (START, FIRST, FIRST, FIRST, SECOND, STOP),
        (START, SECOND, FIRST, STOP),  # an older packet late
        (START, FIRST, STOP, SECOND, STOP),
        (FIRST, START, SECOND, STOP, START),
        (FIRST, SECOND, STOP),  # the Start was lost
        (STOP,),
        (STOP, START, FIRST, SECOND),
    ],
)
def test_whatever_the_path_does_a_session_counts_once(reports: Sequence[Entry], one_batch: bool) -> None:
    books = story(*reports, one_batch=one_batch)
    row = books.one()
    assert (row.counted_input, row.counted_output) == (400, 4000)
    assert (row.started_s, row.last_event_s, row.ended_s) == (NOON, NOON + 150, NOON + 150)
    assert (books.used(MONTH_Q), books.used(DAY_DOWN_Q), books.used(POOL_Q, 5)) == (4400, 4000, 400)
    assert [books.sampled(*of) for of in ((PERSON, 7), (SITE, 3), (LINK, 4))] == [4400] * 3


def test_the_same_interim_three_times_is_a_repeat_that_changes_no_total() -> None:
    books = story(START, FIRST, FIRST, FIRST, one_batch=False)
    assert books.kinds == [Kind.FIRST, Kind.GREW, Kind.REPEAT, Kind.REPEAT]
    assert books.last.charges == []
    assert books.last.samples == {}


def test_a_session_is_open_until_its_stop_and_shows_its_last_rate() -> None:
    books = story(START, FIRST, one_batch=True)
    row = books.one()
    assert (row.is_open, row.now_down_bps, row.now_up_bps) == (True, 1000 * 8 // 60, 100 * 8 // 60)
    books.count(STOP)
    row = books.one()
    assert (row.is_open, row.end_cause, row.now_down_bps) == (False, "User-Request", None)


def test_the_class_tells_what_the_log_in_granted() -> None:
    row = story(START, one_batch=True).one()
    assert (row.applied_down_bps, row.applied_up_bps, row.interim_s) == (10**7, 10**6, 120)


def test_a_new_log_in_within_the_session_brings_its_own_limits() -> None:
    books = story(START, FIRST, one_batch=False)
    again = replace(granted(), down_bps=512_000)
    books.count(entry("interim", NOON + 120, (300, 3000), 120, class_token=b"another", granted=again))
    row = books.one()
    assert (row.class_token, row.applied_down_bps) == (b"another", 512_000)


# -- lost Stop -----------------------------------------------------------------------------------------------------


def test_a_session_found_stale_that_speaks_again_is_open_again_and_its_growth_counts() -> None:
    books = story(START, FIRST, one_batch=False)
    books.rows[0].ended_s, books.rows[0].end_cause = NOON + 60, "stale"
    books.count(entry("interim", NOON + 4000, (300, 3000), 4000))
    row = books.one()
    assert (row.is_open, row.end_cause, row.counted_output) == (True, "", 3000)


@pytest.mark.parametrize(
    ("apart_s", "kept_s"),
    [
        (60, 120),  # more often than asked for
        (300, 300),  # RouterOS without radius-interim-update=received: by its own profile
        (40_000, 3600),  # an outage of ours, not its habit
    ],
)
def test_a_gateway_that_reports_as_it_likes_is_silent_by_its_own_interval(apart_s: int, kept_s: int) -> None:
    """Else its sessions would be closed as stale and opened again between any two reports."""
    books = story(START, one_batch=True)
    books.count(entry("interim", NOON + apart_s, (1, 1), apart_s, class_token=CLASS, granted=granted()))
    assert books.one().interim_s == kept_s
    books.count(entry("interim", NOON + apart_s + 120, (2, 2), apart_s + 120, class_token=CLASS, granted=granted()))
    assert books.one().interim_s == 120


def test_a_late_stop_of_a_stale_session_tells_its_true_end() -> None:
    books = story(START, FIRST, one_batch=False)
    books.rows[0].ended_s, books.rows[0].end_cause = NOON + 60, "stale"
    books.count(STOP)
    row = books.one()
    assert (row.ended_s, row.end_cause, row.counted_output) == (NOON + 150, "User-Request", 4000)


def test_a_repeat_does_not_wake_a_stale_session() -> None:
    books = story(START, FIRST, one_batch=False)
    books.rows[0].ended_s, books.rows[0].end_cause = NOON + 60, "stale"
    books.count(FIRST)
    assert not books.one().is_open


# -- restarts ------------------------------------------------------------------------------------------------------


def restart(at_s: int, **given: Any) -> Entry:
    return entry("on", at_s, acct_session_id="boot", username="", mac="", subscriber=None, **given)


def test_a_restart_ends_what_its_gateway_had_open_and_nothing_of_others() -> None:
    books = story(START, FIRST, replace(FIRST, gateway_id=2), one_batch=False)
    books.count(restart(NOON + 100))
    mine, others = sorted(books.rows, key=lambda row: row.gateway_id)
    assert (mine.ended_s, mine.end_cause, mine.counted_output) == (NOON + 100, "gateway restarted", 1000)
    assert others.is_open


@pytest.mark.parametrize("one_batch", [True, False])
def test_a_restart_told_again_later_ends_no_session_that_began_since(one_batch: bool) -> None:
    fresh = entry("start", NOON + 110, session_s=0, acct_session_id="s2")
    again = replace(restart(NOON + 100), arrival_s=NOON + 200)
    books = story(START, FIRST, restart(NOON + 100), fresh, again, one_batch=one_batch)
    assert {row.acct_session_id: row.is_open for row in books.rows} == {"s1": False, "s2": True}


def test_a_session_that_outlived_the_restart_is_open_again_when_it_grows() -> None:
    """The gateway's RADIUS client restarted, not its sessions; or the packet came again without its time."""
    books = story(START, FIRST, restart(NOON + 100), SECOND, one_batch=False)
    assert (books.one().is_open, books.one().counted_output) == (True, 3000)


def test_a_report_from_before_the_restart_counts_and_wakes_nothing() -> None:
    books = story(START, FIRST, restart(NOON + 200), SECOND, one_batch=False)
    assert (books.one().end_cause, books.one().counted_output) == ("gateway restarted", 3000)


@pytest.mark.parametrize("one_batch", [True, False])
def test_a_session_id_used_again_after_a_reboot_is_another_incarnation(one_batch: bool) -> None:
    second = [
        entry("start", NOON + 500, session_s=0),
        entry("interim", NOON + 560, (50, 500), 60),
        replace(STOP),  # the old one's last words, late: counted to the old one
        entry("interim", NOON + 620, (60, 600), 120),
    ]
    books = story(START, FIRST, *second, one_batch=one_batch)
    old, new = books.rows
    assert (old.incarnation_s, old.counted_output, old.ended_s) == (NOON, 4000, NOON + 150)
    assert (new.incarnation_s, new.counted_output, new.is_open) == (NOON + 500, 600, True)
    assert books.used(DAY_DOWN_Q) == 4600


@pytest.mark.parametrize("one_batch", [True, False])
def test_a_log_in_after_the_restart_is_online_though_its_session_id_was_used_and_never_counted(one_batch: bool) -> None:
    again = entry("start", NOON + 90, session_s=0, class_token=b"class after it", granted=granted())
    books = story(START, entry("on", NOON + 60, acct_session_id=""), again, again, one_batch=one_batch)
    before, after = books.rows
    assert (before.end_cause, before.last_arrival_s) == ("gateway restarted", NOON)
    assert after.is_open
    assert after.started_s == NOON + 90


@pytest.mark.parametrize("one_batch", [True, False])
def test_an_older_incarnation_that_nobody_knew_counts_to_itself_and_is_over(one_batch: bool) -> None:
    """Its only report waited in a queue until after the next one of its id had spoken."""
    new = [entry("interim", NOON + 560, (50, 500), 60), entry("interim", NOON + 620, (60, 600), 120)]
    books = story(new[0], replace(STOP, arrival_s=NOON + 600), new[1], one_batch=one_batch)
    old, young = books.rows
    assert (old.counted_output, old.is_open) == (4000, False)
    assert (young.counted_output, young.is_open) == (600, True)


# -- who -----------------------------------------------------------------------------------------------------------

NAMELESS: dict[str, Any] = {"username": "", "mac": "", "subscriber": None}


@pytest.mark.parametrize(
    "given",
    [
        NAMELESS | {"class_token": CLASS, "subscriber": SITI},
        NAMELESS,  # neither name nor Class: the gateway and the session id tell (RFC 5080 §2.3.1)
        {"mac": ""},
        {"username": "", "subscriber": None},
        {"username": "", "mac": "BB:BB:BB:BB:BB:BB", "class_token": CLASS},
    ],
)
def test_what_a_report_leaves_out_is_known_from_its_session(given: dict[str, Any]) -> None:
    books = story(START, entry("interim", NOON + 60, (100, 1000), 60, **given), STOP, one_batch=False)
    assert books.one().employee_id == 7
    assert (books.used(MONTH_Q), books.sampled(PERSON, 7)) == (4400, 4400)


def test_another_person_or_device_with_the_same_session_id_is_another_session() -> None:
    other_person = entry("interim", NOON + 60, (1, 2), 60, username="budi", mac="BB:BB:BB:BB:BB:BB", subscriber=BUDI)
    other_device = entry("interim", NOON + 60, (3, 4), 60, mac="CC:CC:CC:CC:CC:CC")
    books = story(START, other_person, other_device, one_batch=True)
    assert sorted(row.counted_output for row in books.rows) == [0, 2, 4]
    assert (books.used(MONTH_Q), books.used(MONTH_Q, 8)) == (7, 3)


def test_a_session_is_paid_by_whose_it_is_also_when_policy_changed_his_name() -> None:
    books = story(START, entry("interim", NOON + 60, (100, 1000), 60, subscriber=BUDI), one_batch=False)
    assert (books.used(MONTH_Q), books.used(MONTH_Q, 8)) == (1100, 0)


def test_a_session_that_was_nobodys_becomes_his_with_all_that_it_counted() -> None:
    books = story(entry("interim", NOON + 60, (100, 1000), 60, **NAMELESS), one_batch=True)
    assert (books.sampled(SITE, 3), books.sampled(LINK, 4), books.ledger.total()) == (1100, 1100, 0)
    books.count(SECOND)
    assert (books.used(MONTH_Q), books.sampled(PERSON, 7), books.sampled(SITE, 3)) == (3300, 3300, 3300)


def test_people_who_are_not_in_the_policy_are_still_sampled() -> None:
    gone = {"subscriber": None, "granted": replace(granted(), employee_id=99), "class_token": b"x"}
    books = story(entry("interim", NOON + 60, (100, 1000), 60, **gone), one_batch=True)
    assert (books.sampled(PERSON, 99), books.sampled(SITE, 3), books.ledger.total()) == (1100, 1100, 0)


# -- when ----------------------------------------------------------------------------------------------------------


def test_a_report_across_midnight_and_bins_adds_up_exactly() -> None:
    began = MIDNIGHT - 400
    books = story(
        entry("start", began, session_s=0), entry("interim", began + 1000, (1, 1001), 1000), one_batch=False
    )  # fmt: skip
    days = {start: octets for (number, _, start), octets in books.ledger.items() if number == DAY_DOWN_Q}
    assert days == {MIDNIGHT - 86400: 400, MIDNIGHT: 601}  # 400.4 and 600.6 s' worth
    bins = {bin_s: n for (kind, _, bin_s), n in books.samples.items() if kind == PERSON}
    assert list(bins) == [MIDNIGHT - 600, MIDNIGHT - 300, MIDNIGHT, MIDNIGHT + 300]
    assert sum(bins.values()) == 1002
    assert all(bin_s % BIN_S == 0 for bin_s in bins)


def test_what_has_no_duration_falls_on_its_moment_and_an_edge_belongs_to_the_later_day() -> None:
    books = story(entry("stop", MIDNIGHT, (0, 500), 0), one_batch=True)
    assert books.ledger[DAY_DOWN_Q, 7, MIDNIGHT] == 500
    assert books.samples[PERSON, 7, MIDNIGHT] == 500


def test_a_session_time_that_is_nonsense_does_not_spread_over_a_century() -> None:
    books = story(entry("interim", NOON, (0, 10**6), 0xFFFFFFFF), one_batch=True)
    assert books.sampled(PERSON, 7) == books.used(DAY_DOWN_Q) == 10**6
    assert len(books.samples) < 30_000


# -- counters ------------------------------------------------------------------------------------------------------


def words(status: str, at_s: int, octets: int, session_s: int, **given: Any) -> Entry:
    """A report without gigawords."""
    return entry(status, at_s, (0, octets), session_s, input_gigawords=None, output_gigawords=None, **given)


def test_a_counter_that_wraps_is_followed_at_a_rate_that_could_be() -> None:
    wraps = CounterRule(wraps_32bit=True)
    books = story(
        words("interim", NOON + 600, GIB4 - 1000, 600, rule=wraps),
        words("interim", NOON + 660, 296, 660, rule=wraps),
        one_batch=False,
    )
    assert books.kinds == [Kind.FIRST, Kind.WRAP]
    assert books.one().counted_output == GIB4 + 296


def test_a_total_that_falls_without_a_reason_counts_nothing_and_raises_a_flag() -> None:
    books = story(FIRST, entry("interim", NOON + 120, (100, 10), 120), one_batch=False)
    assert (books.kinds[-1], books.one().flag, books.used(MONTH_Q)) == (Kind.FELL, "fell", 1100)


def test_gigawords_that_cannot_be_are_not_counted_and_do_not_end_the_session() -> None:
    minus_one = entry("interim", NOON + 120, (300, 3000), 120, input_gigawords=0xFFFFFFFF, input_octets=0xFFFFFFFF)
    books = story(START, FIRST, minus_one, one_batch=False)
    assert (books.one().flag, books.used(MONTH_Q), books.one().last_event_s) == (
        "impossible counters",
        1100,
        NOON + 120,
    )
    books.count(STOP)
    assert books.used(MONTH_Q) == 4400


def test_reports_without_session_time_count_by_their_event_time() -> None:
    reports = [
        entry("start", NOON), entry("interim", NOON + 60, (100, 1000)), entry("interim", NOON + 60, (100, 1000)),
        entry("interim", NOON + 120, (300, 3000)), entry("stop", NOON + 150, (400, 4000)),
    ]  # fmt: skip
    books = story(*reports, one_batch=False)
    assert (books.one().counted_output, books.one().ended_s) == (4000, NOON + 150)
