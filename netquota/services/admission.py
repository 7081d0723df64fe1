"""The desk at which log-ins get what must be exact; its steps are leases.py (octets) and share.py (rates)."""

from __future__ import annotations

from dataclasses import dataclass

from netquota.services.authorize import Asked
from netquota.services.facts import Policy
from netquota.storage.database import Connection
from netquota.storage.ledger_store import Page

__all__ = ["Asked", "Desk"]


@dataclass(frozen=True, slots=True)
class Desk:
    """What a step works with: one transaction, policy, and the moment (epoch s)."""

    page: Page
    connection: Connection
    policy: Policy
    now_s: int
