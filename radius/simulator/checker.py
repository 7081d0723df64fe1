"""Truth against the books: invariants A, B, C and E of reliability.md §2. Pure; rows come as dictionaries.

D, that the limits in force follow from the ledger, needs the rules themselves: netquota/services/rehearsal.py has it.
What a gateway sent but never saw acknowledged may or may not be counted: it widens the bounds, never breaks them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

Row = Mapping[str, Any]
_BIN_S: Final = 300
_DIRECTIONS: Final = ("input", "output")
_OPEN_STATES: Final = frozenset({"pending", "sent"})


@dataclass(frozen=True, slots=True)
class Violation:
    """A promise that does not hold: which rule, whose, what was found and what the truth allows."""

    rule: str
    subject: str
    found: object
    allowed: object

    def __str__(self) -> str:
        return f"{self.rule}: {self.subject}: found {self.found}, allowed {self.allowed}"


@dataclass(frozen=True, slots=True)
class Books:
    """What the database holds, in names instead of ids.

    samples: kind (person | site), subject (username | site name), bin_s, down, up. sessions: gateway,
    acct_session_id, username, mac. ledger: quota, subject, direction (total | down | up), period_start_s,
    period_end_s, used. orders: id, state, ended_ms.
    """

    samples: Sequence[Row] = ()
    sessions: Sequence[Row] = ()
    ledger: Sequence[Row] = ()
    orders: Sequence[Row] = ()

    def since(self, before: Books) -> Books:
        """What was added to `before`: for a database that held something already."""
        sessions, orders = {_key(row) for row in before.sessions}, {row["id"] for row in before.orders}
        return Books(
            _added(self.samples, before.samples, ("kind", "subject", "bin_s"), ("down", "up")),
            [row for row in self.sessions if _key(row) not in sessions],
            _added(self.ledger, before.ledger, ("quota", "subject", "direction", "period_start_s"), ("used",)),
            [row for row in self.orders if row["id"] not in orders],
        )


def _key(row: Row) -> tuple[object, ...]:
    return row["gateway"], row["acct_session_id"], row["username"], row["mac"]


def _added(now: Sequence[Row], before: Sequence[Row], key: Sequence[str], sums: Sequence[str]) -> list[Row]:
    """Rows whose sums differ, with the difference."""
    held = {tuple(row[name] for name in key): row for row in before}
    found: list[Row] = []
    for row in now:
        old = held.get(tuple(row[name] for name in key))
        grown = {name: row[name] - (old[name] if old else 0) for name in sums}
        if old is None or any(grown.values()):
            found.append({**row, **grown})
    return found


@dataclass(frozen=True, slots=True)
class Places:
    """Who belongs where: gateway → site name, ledger subject → usernames. What is left out stands for itself."""

    sites: Mapping[str, str] = field(default_factory=dict[str, str])
    members: Mapping[str, Collection[str]] = field(default_factory=dict[str, Collection[str]])


@dataclass(slots=True)
class _Segment:
    """One run of counters between resets: the largest totals that were acknowledged, and that were sent at all."""

    gateway: str
    username: str
    acked: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_DIRECTIONS, 0))
    sent: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_DIRECTIONS, 0))
    first_s: int = 1 << 62
    last_s: int = 0


def check(truth: Iterable[Row], books: Books, places: Places | None = None) -> list[Violation]:
    """Everything that does not hold, empty when all is well. Call it at rest: nothing on its way or in a queue.

    The truth is read once and not kept, so it may come from a file larger than memory.
    """
    found = _read(truth)
    segments = list(found.segments.values())
    places = places or Places()
    return [
        *_samples_add_up(segments, books, places),
        *_ledger_adds_up(segments, books, places),
        *_sessions_have_a_cause(found.told, books),
        *_bins_have_a_cause(segments, books),
        *_orders_have_one_end(books),
    ]


class FallWatch:
    """Rule C: shown totals may only grow; `found` holds each that fell."""

    def __init__(self) -> None:
        self.found: list[Violation] = []
        self._highest: dict[str, int] = {}

    def saw(self, subject: str, total: int) -> None:
        """A total as it was shown, after all that were shown before."""
        highest = self._highest.get(subject, 0)
        if total < highest:
            self.found.append(Violation("C", subject, total, f"at least {highest}"))
        self._highest[subject] = max(total, highest)


def never_fell(shown: Iterable[tuple[str, int]]) -> list[Violation]:
    """Rule C: (subject, total) in the order in which they were shown; a total lower than one before is a violation."""
    watch = FallWatch()
    for subject, total in shown:
        watch.saw(subject, total)
    return watch.found


@dataclass(slots=True)
class _Evidence:
    """What the truth comes to: runs of counters, and which (gateway, session id, username) were told of."""

    segments: dict[tuple[str, int, int], _Segment] = field(default_factory=dict[tuple[str, int, int], _Segment])
    told: set[tuple[str, str, str]] = field(default_factory=set[tuple[str, str, str]])


def _read(truth: Iterable[Row]) -> _Evidence:
    found = _Evidence()
    waiting: dict[object, tuple[_Segment, int, int]] = {}
    for entry in truth:
        if entry["event"] == "acked":
            if (answered := waiting.pop(entry["serial"], None)) is not None:
                segment, received, flowed = answered
                segment.acked["input"] = max(segment.acked["input"], received)
                segment.acked["output"] = max(segment.acked["output"], flowed)
        elif entry["event"] == "sent" and "incarnation" in entry:
            key = (entry["gateway"], entry["incarnation"], entry["segment"])
            segment = found.segments.setdefault(key, _Segment(entry["gateway"], entry["username"]))
            _widen(segment, entry)
            found.told.add((entry["gateway"], entry["session"], entry["username"]))
            waiting[entry["serial"]] = (segment, entry["input"], entry["output"])
    return found


def _widen(segment: _Segment, entry: Row) -> None:
    """Take in a report. A wrong clock is believed until it proves to be wrong for good: either time may be found."""
    ahead_s = entry.get("ahead_s", 0)
    segment.first_s = min(segment.first_s, entry["event_s"] - entry["session_time"] + min(0, ahead_s))
    segment.last_s = max(segment.last_s, entry["event_s"] + max(0, ahead_s))
    for direction in _DIRECTIONS:
        segment.sent[direction] = max(segment.sent[direction], entry[direction])


def _bounds(segments: Iterable[_Segment], direction: str) -> tuple[int, int]:
    """(least, most) octets that may be counted: `direction` is down, up or total."""
    counted = {"down": ("output",), "up": ("input",)}.get(direction, _DIRECTIONS)
    chosen = list(segments)
    least = sum(segment.acked[one] for segment in chosen for one in counted)
    return least, sum(segment.sent[one] for segment in chosen for one in counted)


def _outside(rule: str, subject: str, found: int, bounds: tuple[int, int]) -> Iterator[Violation]:
    least, most = bounds
    if not least <= found <= most:
        yield Violation(rule, subject, found, least if least == most else f"{least} to {most}")


def _samples_add_up(segments: Sequence[_Segment], books: Books, places: Places) -> Iterator[Violation]:
    """A: per subject and direction, samples add up to the largest acknowledged totals."""
    sums: dict[tuple[str, str, str], int] = defaultdict(int)
    for row in books.samples:
        for direction in ("down", "up"):
            sums[row["kind"], row["subject"], direction] += row[direction]
    truth: dict[tuple[str, str], list[_Segment]] = defaultdict(list)
    for segment in segments:
        truth["person", segment.username].append(segment)
        truth["site", places.sites.get(segment.gateway, segment.gateway)].append(segment)
    kinds = {row["kind"] for row in books.samples} | {"person"}
    wanted = {(kind, subject, way) for kind, subject in truth if kind in kinds for way in ("down", "up")}
    known = {key for key in sums if key[0] in ("person", "site")}
    for kind, subject, direction in sorted(wanted | known):
        bounds = _bounds(truth.get((kind, subject), ()), direction)
        yield from _outside("A", f"{kind} {subject} {direction}", sums[kind, subject, direction], bounds)


def _ledger_adds_up(segments: Sequence[_Segment], books: Books, places: Places) -> Iterator[Violation]:
    """A: per quota and subject, ledger rows add up; B: a row holds no more than what flowed within its reach."""
    sums: dict[tuple[str, str, str], int] = defaultdict(int)
    for row in books.ledger:
        sums[row["quota"], row["subject"], row["direction"]] += row["used"]
        subject = f"ledger {row['quota']} {row['subject']} from {row['period_start_s']}"
        touching = [
            segment
            for segment in _of(segments, row["subject"], places)
            if segment.first_s < row["period_end_s"] and segment.last_s >= row["period_start_s"]
        ]
        yield from _outside("B", subject, row["used"], (0, _bounds(touching, row["direction"])[1]))
    for (quota, subject, direction), used in sorted(sums.items()):
        bounds = _bounds(_of(segments, subject, places), direction)
        yield from _outside("A", f"ledger {quota} {subject} {direction}", used, bounds)


def _of(segments: Iterable[_Segment], subject: str, places: Places) -> list[_Segment]:
    people = places.members.get(subject, (subject,))
    return [segment for segment in segments if segment.username in people]


def _sessions_have_a_cause(told: Collection[tuple[str, str, str]], books: Books) -> Iterator[Violation]:
    """B: no session that no gateway told of."""
    for row in books.sessions:
        key = (row["gateway"], row["acct_session_id"], row["username"])
        if key not in told:
            yield Violation("B", f"session {key}", "a row", "no row")


def _bins_have_a_cause(segments: Sequence[_Segment], books: Books) -> Iterator[Violation]:
    """B: no sample outside the time in which its person had a session."""
    spans: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for segment in segments:
        spans[segment.username].append((segment.first_s, segment.last_s))
    for row in books.samples:
        if row["kind"] != "person" or not (row["down"] or row["up"]):
            continue
        begin, end = row["bin_s"], row["bin_s"] + _BIN_S
        if not any(first < end and last >= begin for first, last in spans[row["subject"]]):
            yield Violation("B", f"sample {row['subject']} at {begin}", row["down"] + row["up"], 0)


def _orders_have_one_end(books: Books) -> Iterator[Violation]:
    """E: at rest each order has its end."""
    for row in books.orders:
        if row["state"] in _OPEN_STATES or row["ended_ms"] is None:
            yield Violation("E", f"order {row['id']}", row["state"], "an end")
