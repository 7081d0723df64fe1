"""The known answers for leases: one pool of 1 GB, two sessions, no overshoot."""

import pytest

from netquota.domain.quota import Lease, default_min_grant, grant

QUOTA, MIN_GRANT = 1_000_000_000, 50_000_000
NO_LEASE = Lease(0, 0, 0)

# event, session, its octets, and then: used in all, leased out, free before, granted, cap sent (None: nothing is sent)
TABLE = [
    ("starts", "A", 0, 0, 0, 1_000_000_000, 500_000_000, 500_000_000),
    ("starts", "B", 0, 0, 500_000_000, 500_000_000, 166_666_666, 166_666_666),
    ("reports", "A", 300_000_000, 300_000_000, 366_666_666, 333_333_334, None, None),
    ("reports", "A", 400_000_000, 400_000_000, 266_666_666, 333_333_334, 111_111_111, 611_111_111),
    ("reports", "B", 140_000_001, 540_000_001, 237_777_776, 222_222_223, 74_074_074, 240_740_740),
    ("stops", "A", 500_000_001, 640_000_002, 100_740_739, 259_259_259, None, None),
    ("reports", "B", 230_000_000, 730_000_001, 10_740_740, 259_259_259, 129_629_629, 370_370_369),
    ("reports", "B", 360_000_000, 860_000_001, 10_370_369, 129_629_630, 64_814_815, 435_185_184),
    ("reports", "B", 425_000_000, 925_000_001, 10_185_184, 64_814_815, 50_000_000, 485_185_184),
    ("reports", "B", 476_000_000, 976_000_001, 9_185_184, 14_814_815, 14_814_815, 499_999_999),
    ("reports", "B", 499_999_999, 1_000_000_000, 0, 0, 0, None),
    ("starts", "C", 0, 1_000_000_000, 0, 0, 0, None),
]


def test_a_pool_is_leased_out_as_the_table_says() -> None:
    leases: dict[str, Lease] = {}
    used: dict[str, int] = {}
    for event, session, octets, used_in_all, leased_out, free, granted, cap in TABLE:
        used[session] = octets
        if event == "stops":
            del leases[session]
        elif event == "starts":
            leases[session] = NO_LEASE
        out = sum(lease.unused(used[name]) for name, lease in leases.items())
        assert (sum(used.values()), out) == (used_in_all, leased_out)
        assert QUOTA - used_in_all - leased_out == free
        if event == "stops" or not leases[session].is_due(octets):
            assert granted is None
            continue
        assert grant(QUOTA, used_in_all, leased_out, len(leases), MIN_GRANT) == granted
        renewed = leases[session].renewed(octets, granted)
        assert (renewed.cap if granted else None) == cap
        leases[session] = renewed


def test_nothing_is_granted_below_zero() -> None:
    assert grant(QUOTA, 990_000_000, 20_000_000, 1, MIN_GRANT) == 0


@pytest.mark.parametrize(("used", "is_due"), [(1000, False), (1079, False), (1080, True), (1100, True)])
def test_a_lease_is_due_at_80_percent_of_its_last_grant(used: int, is_due: bool) -> None:
    assert Lease(cap=1100, last_grant=100, used_at_grant=1000).is_due(used) is is_due


def test_the_least_grant_lasts_two_intervals() -> None:
    assert default_min_grant(10_000_000, 300) == 750_000_000
    assert default_min_grant(64_000, 300) == 10_000_000
