"""The Class attribute tells what was granted, and nothing that is not ours (reliability.md P8)."""

from __future__ import annotations

import pytest

from netquota.services.class_token import ClassSigner, Granted

SIGNER = ClassSigner(b"k" * 32)
GRANTED = Granted(7, 3, 10**9, 10**7, 5 * 10**12, 1_800_000_000, 300, b"12345678")


@pytest.mark.parametrize(
    "granted",
    [
        GRANTED,
        Granted(2**32 - 1, None, 0, 0, None, 0, 60, bytes(8)),
        Granted(1, 1, 10**13, 10**13, 0, 1, 344, bytes(8)),
    ],
)
def test_what_is_granted_comes_back_whole(granted: Granted) -> None:
    token = SIGNER.token(granted)
    assert len(token) == 60
    assert SIGNER.granted(token) == granted


@pytest.mark.parametrize("at", range(60))
def test_a_token_altered_anywhere_is_as_if_absent(at: int) -> None:
    token = bytearray(SIGNER.token(GRANTED))
    token[at] ^= 1
    assert SIGNER.granted(bytes(token)) is None


@pytest.mark.parametrize(
    "token", [None, b"", b"nq1", b"x" * 60, SIGNER.token(GRANTED)[:-1], SIGNER.token(GRANTED) + b"0"]
)
def test_what_is_not_ours_is_as_if_absent(token: bytes | None) -> None:
    assert SIGNER.granted(token) is None


def test_another_key_does_not_read_it() -> None:
    assert ClassSigner(b"j" * 32).granted(SIGNER.token(GRANTED)) is None
