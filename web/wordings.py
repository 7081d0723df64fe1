"""Texts of the services found by pattern, and told in the page's language with the figures and names in them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from flask_babel import LazyString


class Wordings:
    """Patterns of whole English texts, each with its words in the catalogue; the first that fits tells."""

    def __init__(self, patterns: Iterable[tuple[str, LazyString]]) -> None:
        self._found = tuple((re.compile(pattern), words) for pattern, words in patterns)

    def told(self, text: str) -> str | None:
        """The text in the page's language; None where no pattern fits."""
        for pattern, words in self._found:
            found = pattern.fullmatch(text)
            if found is not None:
                return str(words) % found.groupdict()
        return None
