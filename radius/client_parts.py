"""What whoever asks a RADIUS server writes alike: the gateway of ours and the simulated ones."""

from __future__ import annotations

from enum import IntEnum

from radius.codec import attribute, integer_octets


class Status(IntEnum):
    """Acct-Status-Type (RFC 2866 §5.1)."""

    START = 1
    STOP = 2
    INTERIM = 3
    ON = 7
    OFF = 8


def number(kind: int, value: int) -> bytes:
    """An integer attribute."""
    return attribute(kind, integer_octets(value))
