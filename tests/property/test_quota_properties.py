"""Division loses no octet, a pool's leases never pass its quota, carried lots keep within their cap."""

from dataclasses import replace
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from netquota.domain.carrying import Lot, carry_over, prorate
from netquota.domain.periods import Period, PeriodKind
from netquota.domain.quota import (
    Action,
    Direction,
    Lease,
    Quota,
    QuotaSubject,
    charge,
    grant,
    split,
)
from netquota.domain.units import (
    MOST_BPS,
    MOST_OCTETS,
    Rate,
    exact_bps,
    exact_octets,
    exact_rate,
    parse_bps,
    parse_octets,
    parse_rate,
)

DAILY = Quota(
    id=1,
    key="daily",
    subject=QuotaSubject.OPD,
    direction=Direction.TOTAL,
    period=Period(PeriodKind.DAY, ZoneInfo("Asia/Jakarta")),
    octets=1000,
    action=Action.NOTIFY,
)


@given(
    st.integers(0, 2**60),
    st.integers(0, 10**6),
    st.integers(0, 10**5),
    st.lists(st.integers(0, 11 * 10**5)).map(sorted),
)
def test_pieces_add_up_and_none_is_off_by_more_than_one(
    octets: int, from_s: int, lasts_s: int, edges: list[int]
) -> None:
    to_s = from_s + lasts_s
    pieces = split(octets, from_s, to_s, sorted(set(edges)))
    assert sum(piece for _, piece in pieces) == octets
    starts = [start for start, _ in pieces]
    assert starts == sorted(set(starts))
    for (start, piece), end in zip(pieces, [*starts[1:], to_s], strict=True):
        assert abs(piece * max(lasts_s, 1) - octets * (end - start if lasts_s else 1)) < max(lasts_s, 1)


@given(st.lists(st.integers(0, 2**40)), st.integers(0, 1000))
def test_reduced_counting_over_many_reports_equals_one(reports: list[int], permille: int) -> None:
    charged, rest = 0, 0
    for octets in reports:
        counted, rest = charge(octets, permille, rest)
        charged += counted
    assert (charged, rest) == charge(sum(reports), permille, 0)


@given(
    st.integers(0, 10**10),
    st.integers(1, 10**9),
    st.lists(
        st.tuples(st.sampled_from(("starts", "reports", "stops")), st.integers(0, 5), st.integers(0, 1000)), max_size=60
    ),
)
def test_ended_sessions_and_caps_never_pass_the_quota(
    quota: int, min_grant: int, events: list[tuple[str, int, int]]
) -> None:
    ended = 0
    leases: dict[int, Lease] = {}
    used: dict[int, int] = {}
    for event, session, permille in events:
        if event == "starts" and session not in leases:
            leases[session], used[session] = Lease(0, 0, 0), 0
        elif session not in leases:
            continue
        # The gateway keeps its session within the cap.
        used[session] += leases[session].unused(used[session]) * permille // 1000
        if event == "stops":
            ended += used.pop(session)
            del leases[session]
        elif leases[session].is_due(used[session]):
            out = sum(lease.unused(used[name]) for name, lease in leases.items())
            granted = grant(quota, ended + sum(used.values()), out, len(leases), min_grant)
            leases[session] = leases[session].renewed(used[session], granted)
        assert ended + sum(lease.cap for lease in leases.values()) <= quota


@given(
    st.integers(0, 2000),
    st.integers(0, 1000),
    st.integers(0, 3000),
    st.integers(0, 4),
    st.lists(st.integers(0, 6000), min_size=1, max_size=10),
)
def test_carried_lots_keep_within_the_cap_and_no_octet_appears(
    octets: int, share: int, cap: int, kept: int, uses: list[int]
) -> None:
    quota = replace(DAILY, carry_share_permille=share, carry_cap_octets=cap, carry_kept_periods=kept)
    lots: tuple[Lot, ...] = ()
    for used in uses:
        entitled = octets + sum(lot.octets for lot in lots)
        closed = carry_over(quota, octets, used, lots)
        assert closed.over == max(0, used - entitled)
        assert closed.carried_in <= min(cap, max(0, entitled - used) - closed.expired)
        assert all(lot.octets > 0 and 1 <= lot.periods_left <= kept for lot in closed.lots)
        lots = closed.lots


@given(st.integers(0, 10**12), st.integers(0, 10**12), st.integers(1, 10**8), st.integers(0, 10**8))
def test_a_prorated_quota_lies_between_the_old_and_the_new(old: int, new: int, lasts_s: int, changed_s: int) -> None:
    assert min(old, new) <= prorate(old, new, 0, lasts_s, changed_s) <= max(old, new)


@given(st.integers(1, MOST_BPS), st.integers(1, MOST_BPS), st.integers(1, MOST_OCTETS))
def test_exact_text_is_read_back_as_the_same_number(down: int, up: int, octets: int) -> None:
    assert parse_bps(exact_bps(down)) == down
    assert parse_rate(exact_rate(Rate(down, up))) == Rate(down, up)
    assert parse_octets(exact_octets(octets)) == octets
