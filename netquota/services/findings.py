"""What a check of `netquota doctor` found: how bad, about what, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Mark(StrEnum):
    """How it stands."""

    OK = "ok"
    WARN = "warn"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding; `remedy` is empty where nothing needs to be done."""

    mark: Mark
    about: str
    found: str
    remedy: str = ""


def ok(about: str, found: str) -> Finding:
    """Nothing to do."""
    return Finding(Mark.OK, about, found)


def warn(about: str, found: str, remedy: str) -> Finding:
    """Somebody should look at it."""
    return Finding(Mark.WARN, about, found, remedy)


def bad(about: str, found: str, remedy: str) -> Finding:
    """It keeps people out, or what is used uncounted."""
    return Finding(Mark.BAD, about, found, remedy)
