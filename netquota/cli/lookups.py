"""Finds what a command names in the policy snapshot; each tells what there is instead."""

from __future__ import annotations

from netquota.domain.people import Opd
from netquota.errors import NotFound
from netquota.storage.snapshot import Snapshot


def opd_named(snapshot: Snapshot, code: str) -> Opd:
    """The office of a code, whatever its capitals. Raises `NotFound`."""
    for opd in snapshot.opds.values():
        if opd.code.casefold() == code.strip().casefold():
            return opd
    raise NotFound("opd", code, f"there are {', '.join(sorted(opd.code for opd in snapshot.opds.values()))}")
