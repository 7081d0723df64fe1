"""What to log of an error that nobody foresaw: its kind and its place, never its text, which may hold user data."""

from __future__ import annotations

from traceback import extract_tb

INTERNAL = "internal_error"


def place_of(error: BaseException) -> str:
    """`KeyError in decide, deciding.py:42`: enough to find it."""
    frames = extract_tb(error.__traceback__)
    at = f" in {frames[-1].name}, {frames[-1].filename.rpartition('/')[2]}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{at}"
