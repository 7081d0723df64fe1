"""The steps by which a reported application is followed, how alike two are, and who has reported."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netquota.domain.applications import (
    OUTCOMES,
    Described,
    Outcome,
    Progress,
    Reporting,
    Step,
    Taken,
    check_step,
    reporting,
    similar,
    similarity_permille,
    standing,
)
from netquota.domain.units import Rate
from netquota.errors import InvalidValue

DAY = date(2026, 7, 1)


def taken(step: Step, outcome: Outcome, **more: object) -> Taken:
    return replace(Taken(step, outcome, DAY, "rina"), **more)  # pyright: ignore[reportArgumentType]


SERVES = taken(Step.VERIFY, Outcome.SERVES_TASK)
ADVISED = taken(Step.ADVISE, Outcome.ADVISED, note="pakai SPBE")
HELD = taken(Step.SOCIALISE, Outcome.HELD, material="panduan.pdf")
USED = taken(Step.EVALUATE, Outcome.USED, users=40)
SHARE = taken(Step.PROVIDE, Outcome.SHARE, rate=Rate(10, 5), review_on=date(2027, 1, 1))


@pytest.mark.parametrize(
    ("steps", "progress", "following"),
    [
        ([], Progress.REPORTED, Step.VERIFY),
        ([SERVES], Progress.FOLLOWED, Step.ADVISE),
        ([SERVES, ADVISED, HELD], Progress.FOLLOWED, Step.EVALUATE),
        ([taken(Step.VERIFY, Outcome.DUPLICATE, note="sama dengan SIAK")], Progress.RETURNED, Step.VERIFY),
        ([SERVES, ADVISED, HELD, USED, SHARE], Progress.DONE, None),
        ([SERVES, ADVISED, HELD, USED, replace(SHARE, review_on=DAY)], Progress.REVIEW_DUE, Step.EVALUATE),
        ([SERVES, ADVISED, SERVES], Progress.FOLLOWED, Step.ADVISE),  # verified anew: the walk begins again
    ],
)
def test_progress_follows_from_the_steps(steps: list[Taken], progress: Progress, following: Step | None) -> None:
    found = standing(steps, DAY)
    assert (found.progress, found.next_step) == (progress, following)


@pytest.mark.parametrize(
    ("before", "step", "field"),
    [
        ([], ADVISED, "step"),  # verify first
        ([SERVES], HELD, "step"),  # advise first
        ([taken(Step.VERIFY, Outcome.NOT_THE_TASK, note="bukan tugasnya")], ADVISED, "step"),
        ([SERVES, ADVISED], replace(HELD, material=""), "material"),
        ([], taken(Step.VERIFY, Outcome.DUPLICATE), "note"),
        ([], replace(SERVES, outcome=Outcome.USED), "outcome"),
        ([SERVES, ADVISED, HELD, USED], replace(SHARE, rate=None), "rate"),
        ([SERVES, ADVISED, HELD, USED], replace(SHARE, review_on=None), "review_on"),
        ([SERVES, ADVISED, HELD, USED], replace(SHARE, review_on=DAY), "review_on"),
        ([SERVES, ADVISED, HELD, USED], replace(SHARE, until=DAY), "until"),
    ],
)
def test_step_that_cannot_follow_is_refused_with_its_field(before: list[Taken], step: Taken, field: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        check_step(step, standing(before, DAY))
    assert refused.value.field == field


@given(st.lists(st.sampled_from([SERVES, ADVISED, HELD, USED, SHARE]), max_size=12))
def test_whatever_is_allowed_keeps_the_order_of_steps(wanted: list[Taken]) -> None:
    steps: list[Taken] = []
    for step in wanted:
        try:
            check_step(step, standing(steps, DAY))
        except InvalidValue:
            continue
        steps.append(step)
        order = [one for one in Step if one in standing(steps, DAY).taken]
        assert order == list(Step)[: len(order)]


def test_every_step_has_outcomes_and_no_outcome_two_steps() -> None:
    outcomes = [outcome for step in Step for outcome in OUTCOMES[step]]
    assert sorted(outcomes) == sorted(Outcome)


SIAK = Described("SIAK", "DISDUKCAPIL", "Sistem Informasi Administrasi Kependudukan", "kartu keluarga, KTP")
ADMINDUK = Described("ADM", "KEC-BTR", "Aplikasi Administrasi Kependudukan Kecamatan", "KTP")
ABSEN = Described("ABSEN", "BKPSDM", "Absensi Online", "kehadiran pegawai")


@pytest.mark.parametrize(
    ("one", "other", "permille"),
    [
        (SIAK, SIAK, 1000),
        (SIAK, ADMINDUK, 500),  # administrasi, kependudukan, ktp of kartu, keluarga, kecamatan too
        (SIAK, ABSEN, 0),
        (SIAK, Described("X", "Y", "Sistem Informasi", "aplikasi"), 0),  # only words that everyone uses
    ],
)
def test_likeness_counts_the_words_that_tell_something(one: Described, other: Described, permille: int) -> None:
    assert similarity_permille(one, other) == similarity_permille(other, one) == permille


def test_similar_ones_come_most_alike_first_without_itself() -> None:
    nearer = Described("K2", "DINSOS", "Administrasi Kependudukan KTP", "kartu keluarga")
    assert [(score, one.code) for score, one in similar(SIAK, [ABSEN, ADMINDUK, SIAK, nearer])] == [
        (1000, "K2"),
        (500, "ADM"),
    ]


@pytest.mark.parametrize(
    ("count", "none", "found"),
    [
        (2, False, Reporting.REPORTED),
        (0, True, Reporting.NONE),
        (0, False, Reporting.SILENT),
        (1, True, Reporting.REPORTED),
    ],
)
def test_who_reported_follows_from_the_record(count: int, none: bool, found: Reporting) -> None:
    assert reporting(count, none) is found
