"""Accounts: what a guest is called where people look, and until when his voucher is good."""

from __future__ import annotations

import pytest

from netquota.domain.people import AccountKind, Opd, Subscriber, guest_name

DAY_S = 86_400
NOW = 1_800_000_000
OPD = Opd(1, "DISDIK", "Dinas Pendidikan")


def guest(valid_until_s: int | None, valid_for_s: int | None) -> Subscriber:
    return Subscriber(
        7, "h7kq2mzx9bdt", "Rapat", OPD, None, "employee", valid_until_s=valid_until_s, kind=AccountKind.GUEST,
        batch_id=17, valid_for_s=valid_for_s,
    )  # fmt: skip


def test_a_guest_is_called_by_batch_and_first_group_and_a_person_by_his_name() -> None:
    assert guest(None, None).known_as == guest_name(17, "h7kq2mzx9bdt") == "V-17-h7kq"
    assert Subscriber(8, "siti", "Siti", OPD, None, "opd").known_as == "siti"


@pytest.mark.parametrize(
    ("until_s", "for_s", "good_until_s"),
    [
        (NOW + 90 * DAY_S, DAY_S, NOW + DAY_S),  # not used yet: its time runs from now
        (NOW + 3600, DAY_S, NOW + 3600),  # not used until too late
        (NOW + DAY_S, None, NOW + DAY_S),  # in use, or good until a date
        (None, None, None),
    ],
)
def test_a_voucher_is_good_from_its_first_use_on_but_no_longer_than_the_account(
    until_s: int | None, for_s: int | None, good_until_s: int | None
) -> None:
    assert guest(until_s, for_s).good_until_s(NOW) == good_until_s
