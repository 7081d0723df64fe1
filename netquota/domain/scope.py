"""Whose rows somebody may see and change: those of some offices, or everybody's. It stands in the queries."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scope:
    """The offices (row ids of OPDs) that somebody is confined to; None = all."""

    opd_ids: frozenset[int] | None = None

    @property
    def is_all(self) -> bool:
        """Whether nothing is hidden."""
        return self.opd_ids is None

    def covers(self, opd_id: int | None) -> bool:
        """Whether what belongs to this office (None: to none) may be seen."""
        return self.opd_ids is None or (opd_id is not None and opd_id in self.opd_ids)


EVERYTHING = Scope()
