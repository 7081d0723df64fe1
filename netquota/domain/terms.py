"""Terms of use: editions with the day from which each stands; the newest that has begun is the one to accept."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Terms:
    """An edition; `from_day` a local date (ISO), `text_en` empty where there is no English one."""

    id: int
    edition: str
    from_day: str
    text: str
    text_en: str = ""


def standing_terms(editions: Iterable[Terms], today: date) -> Terms | None:
    """The edition that stands on a local day; None before the first one. Of two from one day, the later made."""
    begun = [each for each in editions if each.from_day <= today.isoformat()]
    return max(begun, key=lambda each: (each.from_day, each.id), default=None)
