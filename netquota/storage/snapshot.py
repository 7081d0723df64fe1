"""Policy in memory: what log-ins, counting and pages decide from, as it stood at one moment. No SQL here.

Employees are held as plain rows and become `Subscriber`s when first asked for, so that 100,000 of them load in seconds
and a changed plan or office costs nothing until somebody of it comes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import NamedTuple, cast

from netquota.domain.events import OfficeEvent
from netquota.domain.people import GUEST_GROUP, AccountKind, Opd, Status, Subscriber
from netquota.domain.places import Nas, ProviderLink, Site
from netquota.domain.policy import Plan
from netquota.domain.quota import Quota
from netquota.domain.reachable import Reachable
from netquota.domain.rotation import Rotation
from netquota.domain.schedule import Schedule
from netquota.domain.terms import Terms
from netquota.domain.units import Rate
from netquota.domain.ways import circuit_plan

DIRECTORY = "directory"


@dataclass(frozen=True, slots=True)
class Credential:
    """What a password is checked against: argon2id hash; the encrypted text where CHAP is wanted; else its NT hash.

    `directory`: none of these, a directory elsewhere.
    The NT hash is as good as the password (MS-CHAP), so it, too, is kept encrypted; another directory gave it.
    """

    password_hash: str | None = field(repr=False)
    password_encrypted: bytes | None = field(repr=False)
    nt_hash_encrypted: bytes | None = field(default=None, repr=False)
    directory: bool = False

    @property
    def mark(self) -> str | None:
        """What a password that was right is remembered with: another one, and it is forgotten."""
        return DIRECTORY if self.directory else self.password_hash


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
    schedule_id: int | None
    override_down_bps: int | None
    override_up_bps: int | None
    override_until_s: int | None
    override_why: str
    kind: str
    site_id: int | None
    mac_login: str | None
    valid_for_s: int | None
    batch_id: int | None
    directory: bool
    password_hash: str | None
    password_encrypted: bytes | None
    nt_hash_encrypted: bytes | None


_SCHEDULE_ID = EmployeeRow._fields.index("schedule_id")
PlainRow = tuple[object, ...]  # an EmployeeRow as a bare tuple: half the memory, and nothing for the collector to walk


@dataclass(frozen=True, slots=True, eq=False)
class Roster:
    """All employees as plain rows, with the ways to find one."""

    rows: dict[int, PlainRow]
    id_by_name: dict[str, int]
    id_by_nip: dict[str, int]
    id_by_mac: dict[str, int] = field(default_factory=dict[str, int])

    def changed(self, ids: Iterable[int], rows: Iterable[PlainRow]) -> Roster:
        """The roster with the employees of `ids` taken out and `rows` put in."""
        after = Roster(self.rows.copy(), self.id_by_name.copy(), self.id_by_nip.copy(), self.id_by_mac.copy())
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
        if entry.mac_login is not None:
            self.id_by_mac[entry.mac_login] = entry.id

    def drop(self, employee_id: int) -> None:
        """Take a row out; only while the roster is being made."""
        row = self.rows.pop(employee_id, None)
        if row is None:
            return
        entry = EmployeeRow._make(row)
        self.id_by_name.pop(entry.username_key, None)
        if entry.nip is not None:
            self.id_by_nip.pop(entry.nip, None)
        if entry.mac_login is not None:
            self.id_by_mac.pop(entry.mac_login, None)


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
    grant_ends: tuple[int, ...] = ()
    """When octets that were granted until a moment end (epoch s), ascending."""
    reachable: tuple[Reachable, ...] = ()
    """The city's own applications that everybody reaches, by name."""
    terms: tuple[Terms, ...] = ()
    """Terms of use, every edition."""
    rotations: tuple[Rotation, ...] = ()
    """Groups that take turns."""
    events: tuple[OfficeEvent, ...] = ()
    """More or less for sets of offices until a moment, by their begin."""
    outages: frozenset[int] = frozenset()
    """The outages of links that are on (row ids); sites are served by other links already."""


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
        return Credential(row.password_hash, row.password_encrypted, row.nt_hash_encrypted, bool(row.directory))

    def mark(self, employee_id: int) -> str | None:
        """What a password is remembered with, which each log-in asks for."""
        row = self._roster.rows.get(employee_id)
        if row is None:
            return None
        return DIRECTORY if row[-4] else cast("str | None", row[-3])

    def find(self, employee_id: int) -> Credential | None:
        """As `get`: the last three columns of the row as they stand."""
        row = self._roster.rows.get(employee_id)
        if row is None:
            return None
        return Credential(*cast("tuple[str | None, bytes | None, bytes | None]", row[-3:]), bool(row[-4]))

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

    @property
    def schedules_in_use(self) -> tuple[Schedule, ...]:
        """The schedules that somebody has, by a plan, an office or himself; by key."""
        owners = (*self.plans.values(), *self.opds.values())
        used = {each.schedule.key: each.schedule for each in owners if each.schedule is not None}
        used |= {self.schedules[own_id].key: self.schedules[own_id] for own_id in self.people_by_schedule()}
        return tuple(used[key] for key in sorted(used))

    def people_by_schedule(self) -> Mapping[int, int]:
        """How many people have which schedule of their own, by the schedule's id."""
        found = Counter(row[_SCHEDULE_ID] for row in self.roster.rows.values())
        return {schedule_id: count for schedule_id, count in found.items() if isinstance(schedule_id, int)}

    def uam_secret(self, nas_id: int) -> bytes | None:
        """The hotspot's own secret (CoovaChilli's UAM) of a client, decrypted."""
        return self.rules.uam_secrets.get(nas_id)

    def by_nip(self, nip: str) -> Subscriber | None:
        """The subscriber of a NIP's 18 digits."""
        employee_id = self.roster.id_by_nip.get(nip)
        return None if employee_id is None else self.subscriber_by_id[employee_id]

    def guest_of(self, text: str) -> Subscriber | None:
        """The guest whose voucher's code is written with dashes or blanks."""
        code = text.replace("-", "").replace(" ", "")
        found = None if code == text else self.subscribers.find(code)
        return found if found is not None and found.kind is AccountKind.GUEST else None

    def guest_named(self, name: str) -> Subscriber | None:
        """The guest whom staff see as `V-17-h7kq`; None where nobody, or more than one, is called that."""
        group = name.strip().lower().rpartition("-")[2]
        if len(group) != GUEST_GROUP:
            return None
        names = self.roster.id_by_name.items()
        near = (self.subscriber_by_id[number] for code, number in names if code[:GUEST_GROUP] == group)
        found = [each for each in near if each.batch_id is not None and each.known_as.lower() == name.strip().lower()]
        return found[0] if len(found) == 1 else None

    def by_mac(self, mac: str) -> Subscriber | None:
        """The account that a hardware address (`AA:BB:CC:DD:EE:FF`) may log in to."""
        employee_id = self.roster.id_by_mac.get(mac)
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
    opd, kind = rules.opds[row.opd_id], AccountKind(row.kind)
    own = None if row.plan_id is None else rules.plans.get(row.plan_id)
    plan, source = own or opd.default_plan, "employee" if own else "opd"
    if kind is AccountKind.CIRCUIT:
        site = None if row.site_id is None else rules.sites.get(row.site_id)
        opd = opd if site is None else site.host
        plan, source = None if site is None else circuit_plan(site), "site"
    if row.valid_for_s is not None and plan is not None:  # a voucher before its first use
        plan = replace(plan, session_timeout_s=min(plan.session_timeout_s or row.valid_for_s, row.valid_for_s))
    return Subscriber(
        id=row.id, username=row.username, name=row.name, opd=opd, plan=plan, plan_source=source,
        status=Status(row.status), nip=row.nip, language=row.language,
        valid_from_s=row.valid_from_s, valid_until_s=row.valid_until_s,
        override=rate_of(row.override_down_bps, row.override_up_bps),
        override_until_s=row.override_until_s, override_why=row.override_why,
        own_quotas=rules.own_quotas.get(row.id, ()), status_why=row.status_why,
        kind=kind, site_id=row.site_id, mac_login=row.mac_login, batch_id=row.batch_id,
        valid_for_s=row.valid_for_s,
        own_schedule=None if row.schedule_id is None else rules.schedules.get(row.schedule_id),
    )  # fmt: skip


def rate_of(down_bps: int | None, up_bps: int | None) -> Rate | None:
    """A rate from its two columns; None where they are empty."""
    return None if down_bps is None or up_bps is None else Rate(down_bps, up_bps)
