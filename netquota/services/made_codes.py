"""Codes and passwords that are made up for people to type once: short groups of letters that cannot be misread."""

from __future__ import annotations

import secrets
from typing import Final

_LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"
_A_GROUP: Final = 4


def made_code(groups: int) -> str:
    """So many groups of four letters and digits (20 bits each), apart by dashes: `h7kq-2mzx-9bdt`."""
    return "-".join("".join(secrets.choice(_LETTERS) for _letter in range(_A_GROUP)) for _group in range(groups))
