"""Use case: vouchers made with what they need and the ICT office gives: a guest plan, an office's allowance."""

from __future__ import annotations

from dataclasses import dataclass

from netquota.services import allocate, vouchers
from netquota.services.office import Author, Office
from netquota.services.vouchers import Wish
from netquota.storage.database import Connection
from netquota.storage.voucher_store import Batch


@dataclass(frozen=True, slots=True)
class Needs:
    """What is given with a batch: `plan_rate`, a new guest plan of the wish's key; `allowance`, the office's.

    Both are texts as the fields of plans and OPDs take them; empty: as it stands.
    """

    plan_rate: str = ""
    allowance: str = ""


def make_with(office: Office, wish: Wish, needs: Needs, by: Author) -> Batch:
    """Make a batch and what it needs, all of it or nothing. Raises as `vouchers.make` and `allocate.add`."""
    return vouchers.make(office, wish, by, lambda connection: _give(connection, office, wish, needs, by))


def _give(connection: Connection, office: Office, wish: Wish, needs: Needs, by: Author) -> None:
    if needs.plan_rate:
        plan = {"key": wish.plan, "name": wish.plan, "rate": needs.plan_rate, "for_guests": "yes"}
        allocate.add_within(connection, office, "plan", plan, by)
    if needs.allowance:
        allocate.change_within(connection, office, "opd", wish.opd, {"guests": needs.allowance}, by)
