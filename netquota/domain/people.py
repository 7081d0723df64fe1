"""Employees and offices as the rules see them: values read from policy, never from a row.

Who somebody is decides plan, quota and status; where somebody is decides ceiling and link (places.py).
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from netquota.domain.policy import Plan
from netquota.domain.quota import Quota
from netquota.domain.schedule import Schedule
from netquota.domain.units import Rate


class Status(StrEnum):
    """State of an account or office."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    LEFT = "left"


class AccountKind(StrEnum):
    """Who logs in: somebody, the line of a whole office, a thing without a person, or a guest with a voucher."""

    PERSON = "person"
    CIRCUIT = "circuit"
    DEVICE = "device"
    GUEST = "guest"


GUEST_GROUP: Final = 4


def bare(code: str) -> str:
    """A code as it is compared, however it was written: without blanks and dashes, in small letters."""
    return "".join(letter for letter in code.lower() if letter.isalnum())


def guest_name(batch_id: int, code: str) -> str:
    """What a guest is called wherever people look, `V-17-h7kq`: his batch and the first group of his code."""
    return f"V-{batch_id}-{code[:GUEST_GROUP]}"


@dataclass(frozen=True, slots=True)
class Opd:
    """An office of the city government; rates in bit/s are shared by all sessions at its sites.

    `boost`: each of its people gets at least this rate until `boost_until_s` (None: until somebody changes it).
    """

    id: int
    code: str
    name: str
    status: Status = Status.ACTIVE
    ceiling: Rate | None = None
    guaranteed: Rate | None = None
    weight: int = 1
    priority: int = 2
    default_plan: Plan | None = None
    pools: tuple[Quota, ...] = ()
    boost: Rate | None = None
    boost_until_s: int | None = None
    boost_why: str = ""
    schedule: Schedule | None = None


@dataclass(frozen=True, slots=True)
class Subscriber:
    """An employee as one who is limited. `plan` is his own, else the OPD's default; None refuses log-in.

    A circuit is the line of the site `site_id`: its plan is the site's ceiling. `mac_login`: the hardware address that
    proves who it is, None = none does. `batch_id`: of the vouchers among which a guest's is; `valid_for_s`: so long
    it is good from its first use on, None once that was.
    """

    id: int
    username: str
    name: str
    opd: Opd
    plan: Plan | None
    plan_source: str
    status: Status = Status.ACTIVE
    nip: str | None = None
    language: str = "id"
    valid_from_s: int | None = None
    valid_until_s: int | None = None
    override: Rate | None = None
    override_until_s: int | None = None
    override_why: str = ""
    own_quotas: tuple[Quota, ...] = ()
    status_why: str = ""
    kind: AccountKind = AccountKind.PERSON
    site_id: int | None = None
    mac_login: str | None = None
    own_schedule: Schedule | None = None
    batch_id: int | None = None
    valid_for_s: int | None = None

    def good_until_s(self, first_used_s: int) -> int | None:
        """The epoch second at which the account ends; one that counts from its first use, if that is then."""
        if self.valid_for_s is None:
            return self.valid_until_s
        begun_s = first_used_s + self.valid_for_s
        return begun_s if self.valid_until_s is None else min(begun_s, self.valid_until_s)

    @property
    def known_as(self) -> str:
        """The user name as staff see it, on pages and in files: a guest's code is his credential and stays his."""
        return self.username if self.batch_id is None else guest_name(self.batch_id, self.username)

    @property
    def schedule(self) -> Schedule | None:
        """The nearest schedule: his own, else his office's, else his plan's; None for a line, which has none."""
        if self.kind is AccountKind.CIRCUIT or self.plan is None:
            return None
        return self.own_schedule or self.opd.schedule or self.plan.schedule

    @property
    def quotas(self) -> tuple[Quota, ...]:
        """Every quota his traffic is charged to: his own in place of the plan's, and the OPD's pools."""
        plans = self.plan.quotas if self.plan is not None else ()
        return (self.own_quotas or plans) + self.opd.pools

    @property
    def share_weight(self) -> int:
        """How much of a ceiling that is shared and short each of his sessions gets, beside those of others."""
        return 1 if self.plan is None else self.plan.weight


def username_key(name: str) -> str:
    """The form in which user names are compared: NFC, without regard to case (RFC 8265 §3.3)."""
    if name.isascii():
        return name.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
