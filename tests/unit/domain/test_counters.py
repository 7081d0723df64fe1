"""The known answers for counters, and the rules between them."""

import pytest

from netquota.domain.counters import NEVER_FALLS, CounterRule, Kind, Report, Totals, judge, nearest_incarnation
from netquota.domain.units import Octets2, Rate

WORD = 2**32
WRAPS = CounterRule(wraps_32bit=True)
RESETS = CounterRule(resets=True)
BOTH = CounterRule(wraps_32bit=True, resets=True)
Figures = tuple[int, int | None, int, int]


def before(octets: int, gigawords: int | None, session_s: int, event_s: int) -> Totals:
    total = octets + WORD * (gigawords or 0)
    return Totals(total, total, session_s, event_s)


def report(octets: int, gigawords: int | None, session_s: int, event_s: int) -> Report:
    return Report(octets, octets, gigawords, gigawords, session_s, event_s)


@pytest.mark.parametrize(
    ("previous", "packet", "rules", "counts", "kind"),
    [
        ((1000, 0, 60, 60), (1500, 0, 120, 120), (NEVER_FALLS, WRAPS, RESETS, BOTH), 500, Kind.GREW),
        ((1500, 0, 120, 120), (1500, 0, 120, 120), (NEVER_FALLS, WRAPS, RESETS, BOTH), 0, Kind.REPEAT),
        ((1500, 0, 120, 120), (1000, 0, 60, 60), (NEVER_FALLS, WRAPS, RESETS, BOTH), 0, Kind.LATE),
        ((4294967000, 0, 600, 600), (1000, 1, 660, 660), (NEVER_FALLS, RESETS), 1296, Kind.GREW),
        ((4294967000, None, 600, 600), (1000, None, 660, 660), (WRAPS, BOTH), 1296, Kind.WRAP),
        ((1000000000, None, 600, 600), (1000, None, 610, 610), (BOTH,), 1000, Kind.RESET),
        ((500000, 0, 300, 300), (20000, 0, 360, 360), (RESETS,), 20000, Kind.RESET),
        ((500000, 0, 300, 300), (20000, 0, 360, 360), (NEVER_FALLS,), 0, Kind.FELL),
        ((500000, 0, 300, 300), (400000, 0, 300, 300), (RESETS,), 0, Kind.LATE),
        ((500000, 0, 300, 300), (700, 0, 10, 900), (NEVER_FALLS, WRAPS, RESETS, BOTH), 700, Kind.NEW_INCARNATION),
        ((7, 2, 300, 300), (9, None, 360, 360), (NEVER_FALLS,), 2, Kind.GREW),
        ((0, 0, 0, 0), (0, 3, 60, 60), (NEVER_FALLS, WRAPS, RESETS, BOTH), 12884901888, Kind.GREW),
    ],
)
def test_a_report_counts_as_the_table_says(
    previous: Figures, packet: Figures, rules: tuple[CounterRule, ...], counts: int, kind: Kind
) -> None:
    for rule in rules:
        verdict = judge(before(*previous), report(*packet), rule)
        assert (verdict.delta, verdict.kind) == (Octets2(counts, counts), kind)


def test_any_first_packet_counts_whole() -> None:
    verdict = judge(None, Report(5, 7, None, 1, 300, 1000))
    assert (verdict.delta, verdict.kind) == (Octets2(5, 7 + WORD), Kind.FIRST)
    assert verdict.totals == Totals(5, 7 + WORD, 300, 1000)


@pytest.mark.parametrize(
    ("previous", "packet", "rule", "kept"),
    [
        ((1000, 0, 60, 60), (1500, 0, 120, 120), NEVER_FALLS, Totals(1500, 1500, 120, 120)),
        ((1500, 0, 120, 120), (1000, 0, 60, 60), NEVER_FALLS, Totals(1500, 1500, 120, 120)),
        ((4294967000, None, 600, 600), (1000, None, 660, 660), WRAPS, Totals(WORD + 1000, WORD + 1000, 660, 660)),
        ((7, 2, 300, 300), (9, None, 360, 360), NEVER_FALLS, Totals(2 * WORD + 9, 2 * WORD + 9, 360, 360)),
        ((7, 2, 300, 300), (5, None, 360, 360), RESETS, Totals(5, 5, 360, 360)),
        ((500000, 0, 300, 300), (20000, 0, 360, 360), NEVER_FALLS, Totals(20000, 20000, 360, 360)),
        ((7, 2, 300, 300), (700, None, 10, 900), NEVER_FALLS, Totals(700, 700, 10, 900)),
        (
            (7, 0, 300, 300),
            (9, 0, 360, 290),
            NEVER_FALLS,
            Totals(9, 9, 360, 300),
        ),  # a clock set back is no news from then
    ],
)
def test_what_is_remembered_is_the_base_of_the_next_difference(
    previous: Figures, packet: Figures, rule: CounterRule, kept: Totals
) -> None:
    assert judge(before(*previous), report(*packet), rule).totals == kept


def test_growth_after_what_fell_counts_from_the_new_base() -> None:
    fell = judge(before(500000, 0, 300, 300), report(20000, 0, 360, 360))
    assert judge(fell.totals, report(20700, 0, 420, 420)).delta == Octets2(700, 700)


def test_a_counter_that_wraps_again_and_again_is_followed() -> None:
    totals, counted = before(4294967000, None, 600, 600), 0
    for at_s, octets in ((660, 1000), (1260, 4294967000), (1320, 1000)):
        verdict = judge(totals, report(octets, None, at_s, at_s), WRAPS)
        totals, counted = verdict.totals, counted + verdict.delta.input
    assert counted == 1296 + 4294966000 + 1296
    assert totals.has_gigawords


@pytest.mark.parametrize(
    ("limit", "kind"),
    [
        (Rate(24_000_000, 24_000_000), Kind.WRAP),  # 1.5 x 24 Mbit/s x 960 s = 4.32 GB
        (Rate(23_000_000, 24_000_000), Kind.FELL),  # judged as a whole: the way down could not
        (None, Kind.WRAP),
    ],
)
def test_a_wrap_must_be_possible_at_the_limit_in_force(limit: Rate | None, kind: Kind) -> None:
    verdict = judge(before(100_000, None, 40, 40), report(99_999, None, 1000, 1000), WRAPS, limit)
    assert verdict.kind is kind


def test_a_wrap_is_judged_with_the_limit_of_its_own_direction() -> None:
    upload_wrapped = Report(99_999, 100_000, None, None, 1000, 1000)
    assert judge(before(100_000, None, 40, 40), upload_wrapped, WRAPS, Rate(1, 24_000_000)).kind is Kind.WRAP
    assert judge(before(100_000, None, 40, 40), upload_wrapped, WRAPS, Rate(24_000_000, 1)).kind is Kind.FELL


@pytest.mark.parametrize(
    ("rule", "input_counts", "kind"),
    [(WRAPS, WORD - 480_000, Kind.WRAP), (RESETS, 20_000, Kind.RESET), (NEVER_FALLS, 0, Kind.FELL)],
)
def test_the_direction_that_did_not_fall_counts_its_difference(
    rule: CounterRule, input_counts: int, kind: Kind
) -> None:
    verdict = judge(Totals(500_000, 500_000, 300, 300), Report(20_000, 500_900, None, None, 900, 900), rule)
    assert (verdict.delta, verdict.kind) == (Octets2(input_counts, 900), kind)


def test_a_stop_in_the_same_second_may_still_grow() -> None:
    verdict = judge(before(500, 0, 60, 60), report(700, 0, 60, 60))
    assert (verdict.delta, verdict.kind) == (Octets2(200, 200), Kind.GREW)


def test_an_idle_session_is_news_without_octets() -> None:
    verdict = judge(before(500, 0, 60, 60), report(500, 0, 120, 120))
    assert (verdict.delta, verdict.kind, verdict.totals.event_s) == (Octets2(0, 0), Kind.GREW, 120)


@pytest.mark.parametrize(
    ("session_s", "event_s", "kind"),
    [
        (10, 310, Kind.NEW_INCARNATION),  # began in the second of the last news
        (11, 310, Kind.LATE),  # began before it
        (0, 300, Kind.LATE),  # no later than it
    ],
)
def test_an_incarnation_is_new_only_when_it_began_after_the_last_news(session_s: int, event_s: int, kind: Kind) -> None:
    assert judge(before(500, 0, 300, 300), report(700, 0, session_s, event_s)).kind is kind


@pytest.mark.parametrize(
    ("session_s", "event_s", "index"),
    [
        (305, 305, 0),  # the old one's last words, come late
        (60, 950, 1),
        (0, 891, 1),  # its Start, a second off
        (10, 5000, 1),  # a third one is judged against the newest
    ],
)
def test_a_report_is_judged_against_the_incarnation_it_belongs_to(session_s: int, event_s: int, index: int) -> None:
    known = [before(500_000, 0, 300, 300), before(700, 0, 10, 900)]
    assert nearest_incarnation(known, report(1, 0, session_s, event_s)) == index
