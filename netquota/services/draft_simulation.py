"""What a draft would have done to the use that was measured: last week for a preview, day by day in shadow.

An office's ceiling is tried on its sites' samples (visitors included), a plan's or a person's rate on people's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from netquota.domain.people import Opd
from netquota.domain.periods import start_of
from netquota.domain.policy import Plan
from netquota.domain.samples import BIN_S, PERSON, SITE
from netquota.domain.units import Rate, parse_rate
from netquota.planning.draft_effect import Hit, LinkEffect, Measured, hit, link_effect
from netquota.services.facts import Policy
from netquota.services.shift import Shift
from netquota.services.usage import SETTLED_S
from netquota.storage import bin_store, draft_store
from netquota.storage.database import Connection
from netquota.storage.draft_store import Changes, DayHit, Draft, DraftState
from netquota.storage.usage_report import Source

WEEK_S = 7 * 86_400
MOST_PEOPLE = 20_000


@dataclass(frozen=True, slots=True)
class Simulated:
    """What a draft would have done in [from_s, to_s): to offices and people that it touches, and to links."""

    from_s: int
    to_s: int
    offices: tuple[Hit, ...]
    people: tuple[Hit, ...]
    links: tuple[LinkEffect, ...]

    @property
    def people_cut(self) -> int:
        """People who would have met the new limit."""
        return sum(each.cut_bins > 0 for each in self.people)


def simulate(connection: Connection, policy: Policy, draft: Draft, from_s: int, to_s: int) -> Simulated:
    """Try a draft on the samples of whole bins in [from_s, to_s)."""
    ceilings = _ceilings(draft.changes)
    down = {opd.code: _measured(connection, policy, opd, ceilings, from_s, to_s) for opd in _touched(policy, ceilings)}
    hits = tuple(hit(each) for code, each in sorted(down.items()) if code in ceilings)
    people = tuple(_people(connection, policy, draft.changes, from_s, to_s))
    return Simulated(from_s, to_s, hits, people, tuple(_links(policy, ceilings, down)))


def last_week(connection: Connection, policy: Policy, draft: Draft, now_s: int) -> Simulated:
    """Try a draft on the last seven days."""
    to_s = (now_s - SETTLED_S) // BIN_S * BIN_S
    return simulate(connection, policy, draft, to_s - WEEK_S, to_s)


def look_at_shadows(shift: Shift, _due_s: int) -> str:
    """The job: note what each draft in shadow would have done on the days that are over; end those that are through."""
    with shift.reading() as (_, connection):
        running = draft_store.drafts(connection, [DraftState.SHADOW])
    days = 0
    for draft in running:
        days += _look(shift, draft)
        if draft.shadow_until_s is not None and shift.now_s >= draft.shadow_until_s:
            with shift.step() as (_, connection):
                draft_store.move(connection, draft.id, {"state": DraftState.DRAFT, "outcome": "shadow is through"})
    return f"{len(running)} drafts in shadow, {days} days looked at"


def _look(shift: Shift, running: Draft) -> int:
    zone = shift.office.zone
    first = datetime.fromtimestamp(running.shadow_from_s or shift.now_s, zone).date()
    with shift.reading() as (_, connection):
        draft, seen = draft_store.get(connection, running.id), draft_store.last_day(connection, running.id)
    day = max(first, date.fromisoformat(seen) + timedelta(days=1)) if seen else first
    looked = 0
    while (end_s := _start(day + timedelta(days=1), shift)) <= shift.now_s - SETTLED_S:
        with shift.reading() as (_, connection):
            found = simulate(connection, shift.policy, draft, _start(day, shift), end_s)
        hits = [
            DayHit(day.isoformat(), each.name, each.bins, each.cut_bins, each.cut_octets, each.freed_bins)
            for each in (*found.offices, *(one for one in found.people if one.cut_bins))
        ]
        with shift.step() as (_, connection):
            draft_store.put_hits(connection, draft.id, hits or [DayHit(day.isoformat(), "", 0, 0, 0, 0)])
        day, looked = day + timedelta(days=1), looked + 1
    return looked


def _start(day: date, shift: Shift) -> int:
    return start_of(day, shift.office.zone)


def _ceilings(changes: Changes) -> dict[str, int | None]:
    """Office -> its drafted ceiling to the user (bit/s); None = none."""
    return {
        key: parse_rate(values["ceiling"], "ceiling").down_bps if values["ceiling"] else None
        for (kind, key), values in changes.items()
        if kind == "opd" and "ceiling" in values
    }


def _touched(policy: Policy, ceilings: Mapping[str, int | None]) -> list[Opd]:
    """The offices whose ceilings change, and those on the same links, which the links' sums need."""
    links = {
        site.link.id for site in policy.snapshot.sites.values() if site.link is not None and site.host.code in ceilings
    }
    beside = {
        site.host.code for site in policy.snapshot.sites.values() if site.link is not None and site.link.id in links
    }
    return [opd for opd in policy.snapshot.opds.values() if opd.code in beside or opd.code in ceilings]


def _measured(
    connection: Connection, policy: Policy, opd: Opd, ceilings: Mapping[str, int | None], from_s: int, to_s: int
) -> Measured:  # fmt: skip
    sites = [site.id for site in policy.snapshot.sites.values() if site.host.id == opd.id]
    number = max(0, (to_s - from_s) // BIN_S)
    found = bin_store.octets(connection, [Source(SITE, site_id) for site_id in sites], from_s, number)
    old = None if opd.ceiling is None else opd.ceiling.down_bps
    return Measured(opd.code, found.down, old, ceilings.get(opd.code, old))


def _links(policy: Policy, ceilings: Mapping[str, int | None], down: Mapping[str, Measured]) -> Iterator[LinkEffect]:
    """Each link with an office whose ceiling changes; an office on several links counts where its first site is."""
    home: dict[str, str] = {}
    for site in sorted(policy.snapshot.sites.values(), key=lambda site: site.id):
        if site.link is not None:
            home.setdefault(site.host.code, site.link.name)
    for name in sorted({home[code] for code in ceilings if code in home}):
        yield link_effect(name, [each for code, each in sorted(down.items()) if home.get(code) == name])


def _people(
    connection: Connection, policy: Policy, changes: Changes, from_s: int, to_s: int
) -> Iterator[Hit]:  # fmt: skip
    for (kind, key), values in changes.items():
        if kind == "plan" and values.get("rate"):
            plan = _plan_named(policy, key)
            whose = [] if plan is None else draft_store.people_of_plan(connection, plan.id)[:MOST_PEOPLE]
            yield from _over(connection, whose, parse_rate(values["rate"], "rate"), from_s, to_s)
        elif kind == "employee" and (rate := _of_person(policy, values)) is not None:
            person = next((one for one in policy.snapshot.subscribers.values() if one.username == key), None)
            whose = [] if person is None else [(person.id, person.username)]
            yield from _over(connection, whose, rate, from_s, to_s)


def _of_person(policy: Policy, values: Mapping[str, str]) -> Rate | None:
    """The rate that a draft gives one person, by himself or by another plan."""
    if values.get("override"):
        return parse_rate(values["override"], "override")
    plan = _plan_named(policy, values.get("plan", ""))
    return None if plan is None else plan.rate


def _plan_named(policy: Policy, key: str) -> Plan | None:
    return next((plan for plan in policy.snapshot.plans.values() if plan.key == key), None)


def _over(
    connection: Connection, whose: Sequence[tuple[int, str]], rate: Rate, from_s: int, to_s: int
) -> Iterator[Hit]:  # fmt: skip
    if not whose:
        return
    most = rate.down_bps * BIN_S // 8, rate.up_bps * BIN_S // 8
    found = draft_store.over(connection, PERSON, [person_id for person_id, _ in whose], from_s, to_s, most)
    for person_id, username in whose:
        bins, cut, octets = found.get(person_id, (0, 0, 0))
        yield Hit(username, bins, cut, octets, 0)
