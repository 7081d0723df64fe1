"""Taking over measurements of before netquota into the samples of a link or site, so that the first plan need not wait.

What stands in the books already is never added to: bins that have a sample are left out, so taking a file over twice
changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from netquota.domain.periods import Period, PeriodKind
from netquota.domain.quota import split
from netquota.domain.samples import BIN_S, COARSE_AFTER_S, HOUR_S, INTERFACE_OF, LINK, SITE
from netquota.errors import InvalidValue
from netquota.services.office import Author, Office
from netquota.services.planning.past_readings import Reading, readings, wanders_h
from netquota.services.planning.subjects import one
from netquota.services.rolling import day_of
from netquota.storage import audit_store, past_store, rollup_store
from netquota.storage.database import Connection

MOST_WANDER_H = 3
ACCOUNTED = frozenset({"radacct"})
"""Forms of sessions: they stand for accounting; the others for the interface."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What was taken over, or would be: bins that are new, bins that stood there, octets of the new ones, their span.

    `wanders_h`: hours by which the daily low moved, over three: the file's clock is not to be trusted.
    """

    readings: int
    bins: int
    known: int
    down: int
    up: int
    from_s: int
    to_s: int
    coarse: int
    wanders_h: int


def take_over(
    office: Office, kind: str, key: str, form: str, content: bytes, by: Author, *, step_s: int = BIN_S,
    swapped: bool = False, dry_run: bool = False, trust_clock: bool = False,
) -> Taken:  # fmt: skip
    """Take a file over into a link's or site's samples. `swapped`: its in is towards the provider.

    Raises `InvalidValue` for a file that cannot be read, lies ahead of now, or whose daily low wanders (unless
    `trust_clock`); `NotFound`.
    """
    if kind not in {"link", "site"}:
        raise InvalidValue("kind", kind, "name link or site: offices are measured by their sites")
    found = readings(form, content, office.zone, step_s)
    if not found:
        raise InvalidValue("file", "", "nothing in it can be taken over")
    if found[-1].to_s > office.now_s + BIN_S:
        raise InvalidValue("file", found[-1].to_s, "it reaches beyond now: check its time zone")
    wander = wanders_h(found, office.zone)
    if wander > MOST_WANDER_H and not trust_clock and not dry_run:
        raise InvalidValue(
            "file", f"{wander} h", "its daily low wanders: samples are missing without a gap; say --trust-clock if not"
        )
    bins, coarse = _binned(found, swapped)
    with office.database.write() as connection:
        named = one(connection, kind, key)
        of_kind = {"link": LINK, "site": SITE}[kind]
        sampled = of_kind if form in ACCOUNTED else INTERFACE_OF[of_kind]
        known = past_store.bins_there(connection, sampled, named.subject.id, min(bins), max(bins) + BIN_S)
        fresh = {at: octets for at, octets in bins.items() if at not in known}
        taken = _taken(found, bins, fresh, coarse, wander)
        if not dry_run and fresh:
            _write(connection, office.zone, sampled, named.subject.id, fresh, coarse)
            _audit(connection, office, f"{kind} {key}", taken, by)
    return taken


def _binned(found: Sequence[Reading], swapped: bool) -> tuple[dict[int, tuple[int, int]], set[int]]:
    """Octets by bin, to the octet, and the bins that a long reading says little of."""
    bins: dict[int, tuple[int, int]] = {}
    coarse: set[int] = set()
    for each in found:
        first = each.from_s // BIN_S * BIN_S
        edges = range(first, each.to_s + BIN_S, BIN_S)
        down, up = (each.up, each.down) if swapped else (each.down, each.up)
        pieces = zip(split(down, each.from_s, each.to_s, edges), split(up, each.from_s, each.to_s, edges), strict=True)
        for (at, got), (_, sent) in pieces:
            start = at // BIN_S * BIN_S
            held = bins.get(start, (0, 0))
            bins[start] = held[0] + got, held[1] + sent
            if each.to_s - each.from_s > COARSE_AFTER_S:
                coarse.add(start)
    return bins, coarse


def _taken(
    found: Sequence[Reading], bins: dict[int, tuple[int, int]], fresh: dict[int, tuple[int, int]], coarse: set[int],
    wander: int,
) -> Taken:  # fmt: skip
    down, up = (sum(octets[way] for octets in fresh.values()) for way in (0, 1))
    return Taken(
        len(found), len(fresh), len(bins) - len(fresh), down, up, min(bins), max(bins) + BIN_S,
        len(coarse & fresh.keys()), wander if wander > MOST_WANDER_H else 0,
    )  # fmt: skip


def _write(
    connection: Connection, zone: ZoneInfo, kind: int, subject_id: int, fresh: dict[int, tuple[int, int]],
    coarse: set[int],
) -> None:  # fmt: skip
    """Samples with their sums by hour and day; what is younger than the last roll-up is summed by the clock."""
    first, last = min(fresh) // HOUR_S * HOUR_S, max(fresh) // HOUR_S * HOUR_S + HOUR_S
    past_store.add_bins(connection, kind, subject_id, fresh, coarse & fresh.keys())
    rollup_store.roll_hours(connection, kind, [subject_id], first, last)
    rolled, days = rollup_store.days_rolled_to(connection) or 0, Period(PeriodKind.DAY, zone)
    at_s = first
    while at_s < min(last, rolled):
        start_s, end_s = day_of(days, at_s)
        rollup_store.roll_day(connection, kind, [subject_id], start_s, end_s)
        at_s = end_s


def _audit(connection: Connection, office: Office, key: str, taken: Taken, by: Author) -> None:
    after = {"bins": taken.bins, "down": taken.down, "up": taken.up, "from_s": taken.from_s, "to_s": taken.to_s}
    audit_store.append(
        connection, actor=by.name, action="import", kind="samples", key=key, before={}, after=after, why=by.why,
        now_s=office.now_s,
    )  # fmt: skip
