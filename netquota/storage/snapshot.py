"""Policy in memory: what log-ins, counting and pages decide from, as it stood at one moment. No SQL here.

Employees are held as plain rows and become `Subscriber`s when first asked for, so that 100,000 of them load in seconds
and a changed plan or office costs nothing until somebody of it comes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import NamedTuple, cast

from netquota.domain.people import Opd, Status, Subscriber
from netquota.domain.places import Nas, ProviderLink, Site
from netquota.domain.policy import Plan
from netquota.domain.quota import Quota
from netquota.domain.schedule import Schedule
from netquota.domain.units import Rate


@dataclass(frozen=True, slots=True)
class Credential:
    """What a password is checked against: argon2id hash, and the encrypted text where CHAP is wanted."""

    password_hash: str | None = field(repr=False)
    password_encrypted: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Pause:
    """A brake that was pulled: no enforcement at one client (None: the whole city) until epoch second `until_s`."""

    id: int
    nas_id: int | None
    who: str
    why: str
    from_s: int
    until_s: int | None


class EmployeeRow(NamedTuple):
    """The columns of an employee that decisions need, in the order in which they are read."""

    id: int
    username: str
    username_key: str
    nip: str | None
    name: str
    opd_id: int
    language: str
    status: str
    status_why: str
    valid_from_s: int | None
    valid_until_s: int | None
    plan_id: int | None
    override_down_bps: int | None
    override_up_bps: int | None
    override_until_s: int | None
    override_why: str
    password_hash: str | None
    password_encrypted: bytes | None


PlainRow = tuple[object, ...]  # an EmployeeRow as a bare tuple: half the memory, and nothing for the collector to walk


@dataclass(frozen=True, slots=True, eq=False)
class Roster:
    """All employees as plain rows, with the ways to find one."""

    rows: dict[int, PlainRow]
    id_by_name: dict[str, int]
    id_by_nip: dict[str, int]

    def changed(self, ids: Iterable[int], rows: Iterable[PlainRow]) -> Roster:
        """The roster with the employees of `ids` taken out and `rows` put in."""
        after = Roster(self.rows.copy(), self.id_by_name.copy(), self.id_by_nip.copy())
        for employee_id in ids:
            after.drop(employee_id)
        for row in rows:
            after.put(row)
        return after

    def put(self, row: PlainRow) -> None:
        """Enter a row; only while the roster is being made."""
        entry = EmployeeRow._make(row)
        self.rows[entry.id] = row
        self.id_by_name[entry.username_key] = entry.id
        if entry.nip is not None:
            self.id_by_nip[entry.nip] = entry.id

    def drop(self, employee_id: int) -> None:
        """Take a row out; only while the roster is being made."""
        row = self.rows.pop(employee_id, None)
        if row is None:
            return
        entry = EmployeeRow._make(row)
        self.id_by_name.pop(entry.username_key, None)
        if entry.nip is not None:
            self.id_by_nip.pop(entry.nip, None)


@dataclass(frozen=True, slots=True, eq=False)
class Rules:
    """Everything but the employees: few rows, read anew as a whole when any of them changes. Keys are row ids."""

    nas_by_id: Mapping[int, Nas]
    uam_secrets: Mapping[int, bytes] = field(repr=False)
    sites: Mapping[int, Site]
    opds: Mapping[int, Opd]
    plans: Mapping[int, Plan]
    links: Mapping[int, ProviderLink]
    schedules: Mapping[int, Schedule]
    quotas: Mapping[int, Quota]
    own_quotas: Mapping[int, tuple[Quota, ...]]
    holidays: frozenset[date]
    pauses: tuple[Pause, ...]


class SubscribersById(Mapping[int, Subscriber]):
    """Subscribers by row id, made from roster and rules when first asked for and the same object from then on."""

    __slots__ = ("_made", "_roster", "_rules")

    def __init__(self, roster: Roster, rules: Rules, made: dict[int, Subscriber] | None = None) -> None:
        self._roster, self._rules = roster, rules
        self._made: dict[int, Subscriber] = {} if made is None else made

    def __getitem__(self, employee_id: int) -> Subscriber:
        made = self._made.get(employee_id)
        if made is None:
            made = self._made[employee_id] = _subscriber(EmployeeRow._make(self._roster.rows[employee_id]), self._rules)
        return made

    def find(self, employee_id: int) -> Subscriber | None:
        """As `get`, without an exception where there is none."""
        return self._made.get(employee_id) or (self[employee_id] if employee_id in self._roster.rows else None)

    def __iter__(self) -> Iterator[int]:
        return iter(self._roster.rows)

    def __len__(self) -> int:
        return len(self._roster.rows)

    def made_without(self, ids: Iterable[int]) -> dict[int, Subscriber]:
        """A copy of what was made already, without some: what a changed roster may go on with."""
        kept = self._made.copy()
        for employee_id in ids:
            kept.pop(employee_id, None)
        return kept


class SubscribersByName(Mapping[str, Subscriber]):
    """The same subscribers by `username_key`, or by another text that names one."""

    __slots__ = ("_by_id", "_ids")

    def __init__(self, ids: Mapping[str, int], by_id: SubscribersById) -> None:
        self._ids, self._by_id = ids, by_id

    def __getitem__(self, key: str) -> Subscriber:
        return self._by_id[self._ids[key]]

    def find(self, key: str) -> Subscriber | None:
        """As `get`, which each packet would pay an exception's price for."""
        employee_id = self._ids.get(key)
        return None if employee_id is None else self._by_id[employee_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._ids)

    def __len__(self) -> int:
        return len(self._ids)


class Credentials(Mapping[int, Credential]):
    """Credentials by employee's row id."""

    __slots__ = ("_roster",)

    def __init__(self, roster: Roster) -> None:
        self._roster = roster

    def __getitem__(self, employee_id: int) -> Credential:
        row = EmployeeRow._make(self._roster.rows[employee_id])
        return Credential(row.password_hash, row.password_encrypted)

    def password_hash(self, employee_id: int) -> str | None:
        """The hash alone, which each log-in asks for."""
        row = self._roster.rows.get(employee_id)
        return None if row is None else cast("str | None", row[-2])

    def find(self, employee_id: int) -> Credential | None:
        """As `get`: the last two columns of the row as they stand."""
        row = self._roster.rows.get(employee_id)
        return None if row is None else Credential(cast("str | None", row[-2]), cast("bytes | None", row[-1]))

    def __iter__(self) -> Iterator[int]:
        return iter(self._roster.rows)

    def __len__(self) -> int:
        return len(self._roster.rows)


@dataclass(frozen=True, slots=True)
class Version:
    """Up to which change a snapshot knows: highest id, and on PostgreSQL what may still be committed behind it.

    `horizon` is the oldest transaction that was under way (0 on SQLite, where ids are committed in order), `seen` the
    ids of changes from that transaction on that were read already.
    """

    number: int
    horizon: int = 0
    seen: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """Policy as it stood at one moment; never changed, a newer one takes its place. Keys are row ids but of names."""

    at: Version
    rules: Rules = field(repr=False)
    roster: Roster = field(repr=False)
    subscribers: SubscribersByName = field(repr=False)
    subscriber_by_id: SubscribersById = field(repr=False)
    credentials: Credentials = field(repr=False)
    nas_by_id: Mapping[int, Nas] = field(repr=False)
    sites: Mapping[int, Site] = field(repr=False)
    opds: Mapping[int, Opd] = field(repr=False)
    plans: Mapping[int, Plan] = field(repr=False)
    links: Mapping[int, ProviderLink] = field(repr=False)
    schedules: Mapping[int, Schedule] = field(repr=False)
    quotas: Mapping[int, Quota] = field(repr=False)
    holidays: frozenset[date] = field(repr=False)
    pauses: tuple[Pause, ...] = field(repr=False)
    _sites_of_nas: Mapping[int, tuple[Site, ...]] = field(repr=False)

    @property
    def version(self) -> int:
        """The highest change that this snapshot knows."""
        return self.at.number

    def sites_of_nas(self, nas_id: int) -> tuple[Site, ...]:
        """The sites behind a client, by id; none where it has none."""
        return self._sites_of_nas.get(nas_id, ())

    def uam_secret(self, nas_id: int) -> bytes | None:
        """The hotspot's own secret (CoovaChilli's UAM) of a client, decrypted."""
        return self.rules.uam_secrets.get(nas_id)

    def by_nip(self, nip: str) -> Subscriber | None:
        """The subscriber of a NIP's 18 digits."""
        employee_id = self.roster.id_by_nip.get(nip)
        return None if employee_id is None else self.subscriber_by_id[employee_id]

    def moved_to(self, at: Version) -> Snapshot:
        """The same policy, known up to a later change."""
        return replace(self, at=at)

    def with_employees(self, at: Version, ids: Iterable[int], rows: Iterable[PlainRow]) -> Snapshot:
        """The policy after the employees of `ids` were changed to `rows` (left out: removed)."""
        ids = tuple(ids)
        return assemble(at, self.rules, self.roster.changed(ids, rows), self.subscriber_by_id.made_without(ids))


def assemble(at: Version, rules: Rules, roster: Roster, made: dict[int, Subscriber] | None = None) -> Snapshot:
    """A snapshot of rules and roster; `made` are subscribers that both still hold for."""
    by_id = SubscribersById(roster, rules, made)
    sites: dict[int, list[Site]] = {}
    for site in rules.sites.values():
        if site.nas_id is not None:
            sites.setdefault(site.nas_id, []).append(site)
    return Snapshot(
        at, rules, roster, SubscribersByName(roster.id_by_name, by_id), by_id, Credentials(roster),
        rules.nas_by_id, rules.sites, rules.opds, rules.plans, rules.links, rules.schedules, rules.quotas,
        rules.holidays, rules.pauses, {nas_id: tuple(found) for nas_id, found in sites.items()},
    )  # fmt: skip


def _subscriber(row: EmployeeRow, rules: Rules) -> Subscriber:
    opd = rules.opds[row.opd_id]
    own = None if row.plan_id is None else rules.plans.get(row.plan_id)
    return Subscriber(
        id=row.id, username=row.username, name=row.name, opd=opd,
        plan=own or opd.default_plan, plan_source="employee" if own else "opd",
        status=Status(row.status), nip=row.nip, language=row.language,
        valid_from_s=row.valid_from_s, valid_until_s=row.valid_until_s,
        override=rate_of(row.override_down_bps, row.override_up_bps),
        override_until_s=row.override_until_s, override_why=row.override_why,
        own_quotas=rules.own_quotas.get(row.id, ()), status_why=row.status_why,
    )  # fmt: skip


def rate_of(down_bps: int | None, up_bps: int | None) -> Rate | None:
    """A rate from its two columns; None where they are empty."""
    return None if down_bps is None or up_bps is None else Rate(down_bps, up_bps)
