"""Passwords of people: argon2id, and what a new one must not be (OWASP ASVS 5, NIST SP 800-63B).

No composition rules and no forced change: length, and not what a guesser tries first.
"""

from __future__ import annotations

import importlib
import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import Type

from netquota.errors import InvalidValue

MINIMUM_CHARACTERS = 8
MAXIMUM_OCTETS = 128
"""What a User-Password attribute can carry (RFC 2865 §5.2)."""
_SHORTEST_PART = 4
_SHORTEST_COMMON = 5
_NIP_DIGITS = 18

# OWASP's minimum, so that an office's morning fits two cores; the parameters stand in each hash.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1, hash_len=32, salt_len=16, type=Type.ID)

_WORDS = frozenset(
    """
    password passw0rd sandi katasandi rahasia admin administrator welcome selamat pagi siang malam merdeka garuda
    indonesia pancasila nusantara pegawai kantor dinas pemkot pemda diskominfo hotspot internet wifi mikrotik router
    netquota jakarta bandung surabaya sayang cinta bismillah alhamdulillah doraemon naruto bintang matahari keluarga
    iloveyou letmein monkey dragon football princess sunshine superman batman master shadow
    sayangku cintaku anakku istriku suamiku mamah papah allah muhammad assalamualaikum basmalah insyaallah
    pemkab pemprov walikota bupati bendahara sekretaris kepala operator korpri proklamasi semangat sukses bahagia
    persib persija arema persebaya juara komputer terserah ganti gantisandi sandibaru passwordbaru lupa rumahku
    """.split()
)
_RUNS = (
    "01234567890123456789",
    "98765432109876543210",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
)
_TAILS = re.compile(r"[\W\d_]+$")
_SWAPS = str.maketrans("013457@$!", "oleastasi")


def hash_password(password: str) -> str:
    """An argon2id hash with its salt and parameters; takes some 20 ms and 19 MiB."""
    return _HASHER.hash(normal(password))


def verify_password(stored: str, password: str | bytes) -> bool:
    """Whether the password is the one behind the hash; False also for a hash that cannot be read."""
    try:
        text = password.decode() if isinstance(password, bytes) else password
        return _HASHER.verify(stored, normal(text))
    except (VerificationError, InvalidHashError, UnicodeDecodeError):
        return False


def needs_rehash(stored: str) -> bool:
    """Whether the hash was made with other parameters than today's; hash anew after the next good log-in."""
    return _HASHER.check_needs_rehash(stored)


DUMMY_HASH = "$argon2id$v=19$m=19456,t=2,p=1$bmV0cXVvdGEtbm8tb25lIQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
"""Verified against where no such user exists, so that both cost the same; no password has it."""


def normal(password: str) -> str:
    """NFC, as two keyboards may send the same letter in two ways (RFC 8265 §4)."""
    return unicodedata.normalize("NFC", password)


def check_new_password(password: str, about: Iterable[str] = ()) -> None:
    """Raise `InvalidValue` for a password that is short, usual, or holds what is known of its owner.

    `about`: NIP, username, name, office … of the owner; each part of four characters or more is looked for, and the
    birth date that a NIP begins with, as people write it.
    """
    text = normal(password)
    if len(text) < MINIMUM_CHARACTERS:
        raise _refusal(f"use at least {MINIMUM_CHARACTERS} characters; a few words together are easy to remember")
    if len(text.encode()) > MAXIMUM_OCTETS:
        raise _refusal(f"use at most {MAXIMUM_OCTETS} octets; gateways carry no more")
    if any(unicodedata.category(letter) == "Cc" for letter in text):
        raise _refusal("leave out control characters")
    if is_usual(text):
        raise _refusal("it is among the first that a guesser tries; put a few words together that only you would")
    plain = _letters_and_digits(text)
    if any(part in plain for part in _telling_parts(about)):
        raise _refusal("it holds your NIP, name or another thing known of you; use something nobody knows of you")


def of_office(code: str, name: str) -> tuple[str, str]:
    """What is looked for of somebody's office: its code, and its name as one word (its words alone are everybody's)."""
    return code, "".join(name.split())


def is_usual(password: str) -> bool:
    """Whether it is a run of keys, one thing repeated, or a usual word or password with figures and signs around it."""
    lowered = password.casefold()
    if any(lowered in run or lowered[::-1] in run for run in _RUNS) or _repeats(lowered):
        return True
    readable = {lowered, lowered.translate(_SWAPS), _TAILS.sub("", lowered), _TAILS.sub("", lowered).translate(_SWAPS)}
    return any(_is_only_words(candidate) for candidate in readable)


def _is_only_words(text: str) -> bool:
    """Whether at most two usual words make up the whole, whatever the figures and signs at either end."""
    core = text.strip("0123456789 !@#$%^&*()-_=+.,?")
    if not core or core in _WORDS or text in _common() or (len(core) >= _SHORTEST_COMMON and core in _common()):
        return True
    return any(core.removeprefix(word) in _WORDS for word in _WORDS if core.startswith(word))


@lru_cache(1)
def _common() -> frozenset[str]:
    """The 30,000 passwords most used in the world, as zxcvbn has them; 15 MB, loaded when the first one is chosen."""
    lists: Any = importlib.import_module("zxcvbn.frequency_lists")
    return frozenset(lists.FREQUENCY_LISTS["passwords"])


def _repeats(text: str) -> bool:
    return any(text == (text[:size] * len(text))[: len(text)] for size in range(1, len(text) // 2 + 1))


def _telling_parts(about: Iterable[str]) -> Iterator[str]:
    for known in about:
        for part in {_letters_and_digits(known), *map(_letters_and_digits, known.split())}:
            if len(part) >= _SHORTEST_PART:
                yield part
            if len(part) == _NIP_DIGITS and part.isdecimal():
                yield from _birth_dates(part)


def _birth_dates(nip: str) -> Iterator[str]:
    """The date that a NIP begins with, year or day first, with two digits of the year or four."""
    year, month, day = nip[:4], nip[4:6], nip[6:8]
    for known in (year, year[2:]):
        yield known + month + day
        yield day + month + known


def _letters_and_digits(text: str) -> str:
    return "".join(letter for letter in normal(text).casefold() if letter.isalnum())


def _refusal(remedy: str) -> InvalidValue:
    return InvalidValue("password", "***", remedy)
