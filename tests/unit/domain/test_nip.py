"""The known answers for NIPs; today is taken as 1 July 2026."""

from datetime import date

import pytest

from netquota.domain.nip import Sex, format_nip, parse_nip
from netquota.errors import InvalidValue

TODAY = date(2026, 7, 1)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("198609262015051001", "19860926 201505 1 001"),
        ("1986.0926.201505.1001", "19860926 201505 1 001"),
        ("19860926 201505-1 001", "19860926 201505 1 001"),
        ("199608182022212003", "19960818 202221 2 003"),
        ("199608182026212003", "19960818 202621 2 003"),  # PPPK carry no month: this year is not the future
        ("200001012026071001", "20000101 202607 1 001"),
    ],
)
def test_a_nip_is_read_and_shown_in_groups(text: str, shown: str) -> None:
    nip = parse_nip(text, TODAY)
    assert str(nip) == format_nip(nip.digits) == shown
    assert nip.digits == shown.replace(" ", "")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("198602302015051001", "no such birth date"),
        ("203001012015051001", "no such birth date"),
        ("198609262015131001", "no such month of appointment"),
        ("198609262015001001", "no such month of appointment"),
        ("198609262015301001", "no such month of appointment"),
        ("198609262015053001", "sex digit must be 1 or 2"),
        ("198609262015051000", "serial starts at 001"),
        ("198609262027011001", "appointed in the future"),
        ("198609262026081001", "appointed in the future"),
        ("198609262027211001", "appointed in the future"),
        ("198609261980051001", "appointed before birth"),
        ("19860926201505100", "18 digits needed"),
        ("1986092620150510011", "18 digits needed"),
        ("19860926201505100A", "18 digits needed"),
        ("19860926201505100١", "18 digits needed"),
        ("", "18 digits needed"),
    ],
)
def test_a_wrong_nip_is_refused_in_words(text: str, told: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        parse_nip(text, TODAY, field="NIP")
    assert (refused.value.field, refused.value.value, refused.value.remedy) == ("NIP", text, told)


def test_a_nip_tells_birth_appointment_and_sex() -> None:
    servant, contract = parse_nip("198609262015051001", TODAY), parse_nip("199608182022212003", TODAY)
    assert (servant.born, servant.appointed, servant.sex, servant.is_pppk) == (
        date(1986, 9, 26),
        (2015, 5),
        Sex.MALE,
        False,
    )
    assert (contract.born, contract.appointed, contract.sex, contract.is_pppk) == (
        date(1996, 8, 18),
        (2022, None),
        Sex.FEMALE,
        True,
    )
