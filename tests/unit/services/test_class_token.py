"""The Class attribute tells what was granted, and nothing that is not ours (reliability.md P8)."""

from __future__ import annotations

import hashlib
import struct
from dataclasses import replace
from pathlib import Path

import pytest

from netquota.domain.policy import Code
from netquota.domain.units import Rate
from netquota.services.class_token import CAUSES, ClassSigner, Granted

SIGNER = ClassSigner(b"k" * 32)
GRANTED = Granted(7, 3, 10**9, 10**7, 5 * 10**12, 1_800_000_000, 300, 2**64 - 1)


def token_of(granted: Granted) -> bytes:
    rate = Rate(granted.down_bps, granted.up_bps)
    rest = granted.octet_cap, granted.granted_s, granted.interim_s, granted.nonce
    return SIGNER.token(granted.employee_id, granted.site_id, rate, *rest, granted.cause)


@pytest.mark.parametrize(
    "granted",
    [
        GRANTED,
        Granted(2**32 - 1, None, 0, 0, None, 0, 60, 0),
        Granted(1, 1, 10**13, 10**13, 0, 1, 344, 0),
        *(replace(GRANTED, cause=cause) for cause in CAUSES),
    ],
)
def test_what_is_granted_comes_back_whole(granted: Granted) -> None:
    token = token_of(granted)
    assert len(token) == 62
    assert SIGNER.granted(token) == granted


@pytest.mark.parametrize("at", range(62))
def test_a_token_altered_anywhere_is_as_if_absent(at: int) -> None:
    token = bytearray(token_of(GRANTED))
    token[at] ^= 1
    assert SIGNER.granted(bytes(token)) is None


@pytest.mark.parametrize("token", [None, b"", b"nq1", b"x" * 62, token_of(GRANTED)[:-1], token_of(GRANTED) + b"0"])
def test_what_is_not_ours_is_as_if_absent(token: bytes | None) -> None:
    assert SIGNER.granted(token) is None


def test_another_key_does_not_read_it() -> None:
    assert ClassSigner(b"j" * 32).granted(token_of(GRANTED)) is None


def test_a_token_of_a_release_that_told_no_cause_is_read_still() -> None:
    body = struct.pack(">3sIIQQqIHQ", b"nq1", 7, 3, 10**9, 10**7, 5 * 10**12, 1_800_000_000, 300, 2**64 - 1)
    assert SIGNER.granted(body + hashlib.blake2b(body, digest_size=12, key=b"k" * 32).digest()) == GRANTED


def test_a_cause_that_tokens_cannot_say_is_not_told() -> None:
    assert SIGNER.granted(token_of(replace(GRANTED, cause=Code.ACTIVE))) == GRANTED


def test_numbers_of_causes_stay_what_they_are() -> None:
    # tokens outlive an upgrade: a number that was given never means another cause
    assert CAUSES[:4] == (None, Code.QUOTA_THROTTLED, Code.QUOTA_STEP, Code.QUOTA_LANDING)
    assert len(set(CAUSES)) == len(CAUSES) == 13


def test_tokens_of_other_keys_are_read_once_these_are_known() -> None:
    known: list[bytes] = []
    reader = ClassSigner(b"j" * 32, lambda: known)
    assert reader.granted(token_of(GRANTED)) is None
    known.append(b"k" * 32)
    assert reader.granted(token_of(GRANTED)) == GRANTED


def test_whoever_reads_tokens_reads_those_of_every_key() -> None:
    """A reader of the newest key alone takes running sessions' tokens for another server's once a key was added."""
    root = Path(__file__).parents[3]
    sources = [path for package in ("netquota", "radius", "web") for path in (root / package).rglob("*.py")]
    made = [path.name for path in sources if "ClassSigner(" in path.read_text(encoding="utf-8")]
    assert made == ["class_token.py"]
