"""The Class attribute tells what was granted, and nothing that is not ours (reliability.md P8)."""

from __future__ import annotations

import pytest

from netquota.domain.units import Rate
from netquota.services.class_token import ClassSigner, Granted

SIGNER = ClassSigner(b"k" * 32)
GRANTED = Granted(7, 3, 10**9, 10**7, 5 * 10**12, 1_800_000_000, 300, 2**64 - 1)


def token_of(granted: Granted) -> bytes:
    rate = Rate(granted.down_bps, granted.up_bps)
    rest = granted.octet_cap, granted.granted_s, granted.interim_s, granted.nonce
    return SIGNER.token(granted.employee_id, granted.site_id, rate, *rest)


@pytest.mark.parametrize(
    "granted",
    [
        GRANTED,
        Granted(2**32 - 1, None, 0, 0, None, 0, 60, 0),
        Granted(1, 1, 10**13, 10**13, 0, 1, 344, 0),
    ],
)
def test_what_is_granted_comes_back_whole(granted: Granted) -> None:
    token = token_of(granted)
    assert len(token) == 61
    assert SIGNER.granted(token) == granted


@pytest.mark.parametrize("at", range(61))
def test_a_token_altered_anywhere_is_as_if_absent(at: int) -> None:
    token = bytearray(token_of(GRANTED))
    token[at] ^= 1
    assert SIGNER.granted(bytes(token)) is None


@pytest.mark.parametrize("token", [None, b"", b"nq1", b"x" * 61, token_of(GRANTED)[:-1], token_of(GRANTED) + b"0"])
def test_what_is_not_ours_is_as_if_absent(token: bytes | None) -> None:
    assert SIGNER.granted(token) is None


def test_another_key_does_not_read_it() -> None:
    assert ClassSigner(b"j" * 32).granted(token_of(GRANTED)) is None
