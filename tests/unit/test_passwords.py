"""Passwords: how they are hashed, and which new ones are refused."""

from __future__ import annotations

import unicodedata

import pytest

from netquota.errors import InvalidValue
from netquota.passwords import (
    DUMMY_HASH,
    check_new_password,
    hash_password,
    needs_rehash,
    of_office,
    verify_password,
)

STORED = hash_password("kuda laut biru tua")
OWNER = (
    "199001012020121001", "budi.santoso", "Budi Santoso Wijaya", "1990-01-01", *of_office("DINKES", "Dinas Kesehatan")
)  # fmt: skip


def test_only_the_password_opens_its_hash() -> None:
    assert verify_password(STORED, "kuda laut biru tua")
    assert verify_password(STORED, b"kuda laut biru tua")
    assert not verify_password(STORED, "kuda laut biru")
    assert not verify_password(STORED, b"\xff\xfe")


def test_hash_is_argon2id_at_owasps_minimum_and_salted() -> None:
    assert STORED.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert hash_password("kuda laut biru tua") != STORED


def test_the_same_letters_from_another_keyboard_are_the_same_password() -> None:
    stored = hash_password(unicodedata.normalize("NFD", "café di pojok"))
    assert verify_password(stored, unicodedata.normalize("NFC", "café di pojok"))


def test_a_hash_of_other_parameters_is_to_be_made_anew() -> None:
    assert not needs_rehash(STORED)
    assert needs_rehash(STORED.replace("t=2", "t=1"))


@pytest.mark.parametrize("stored", ["", "plain text", "$argon2id$v=19$broken"])
def test_an_unreadable_hash_opens_to_nobody(stored: str) -> None:
    assert not verify_password(stored, "")


def test_the_dummy_costs_what_a_real_hash_costs_and_opens_to_nobody() -> None:
    assert not needs_rehash(DUMMY_HASH)
    assert not verify_password(DUMMY_HASH, "")


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("pendek7", "at least 8"),
        ("a b" * 50, "at most 128"),
        ("kuda\x00laut biru", "control characters"),
        ("katasandi", "guesser"),
        ("P@ssw0rd123", "guesser"),
        ("Rahasia2026!", "guesser"),
        ("indonesiamerdeka", "guesser"),
        ("12345678", "guesser"),
        ("qwertyuiop", "guesser"),
        ("aaaaaaaaaa", "guesser"),
        ("abcabcabcabc", "guesser"),
        ("2026-01-01", "guesser"),
        ("trustno1", "guesser"),  # of the list of the world
        ("Trustno1!", "guesser"),
        ("mountain2026", "guesser"),
        ("1q2w3e4r5t", "guesser"),
        ("sayangku99", "guesser"),
        ("GantiSandi1", "guesser"),
        ("saya199001012020121001", "known of you"),
        ("lahir 01011990 ya", "known of you"),  # the birth date out of the NIP
        ("lahir 010190 ya", "known of you"),
        ("tahun 19900101", "known of you"),
        ("dinkes hebat sekali", "known of you"),
        ("Dinas Kesehatan satu", "known of you"),
        ("ini Budi.Santoso lho", "known of you"),
        ("WIJAYA di lantai dua", "known of you"),
    ],
)
def test_a_guessable_password_is_refused_with_a_remedy_and_not_repeated(password: str, words: str) -> None:
    with pytest.raises(InvalidValue, match=words) as caught:
        check_new_password(password, OWNER)
    assert password not in str(caught.value)


@pytest.mark.parametrize(
    "password", ["kuda laut biru tua", "T7#mangga-pojok", "langit sore", "4 ekor kucing oranye", "kesehatan jiwa raga"]
)
def test_what_nobody_guesses_is_taken_without_rules_of_composition(password: str) -> None:
    check_new_password(password, OWNER)
