"""P95, volume and completeness by OPD, site and link: measured by the clock, read by pages, metrics and exports.

A month of a city is half a million bins, so pages read what the clock made of them. A city whose clock has not measured
yet (a new one) is measured by the page itself, and that is kept for ten minutes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from threading import Lock
from zoneinfo import ZoneInfo

from netquota.domain.periods import Period, PeriodKind, current
from netquota.domain.samples import BIN_S, INTERFACE_OF, LINK, OPD, SITE
from netquota.services.shift import Shift
from netquota.services.usage import MEASURED_SHARE, MONTH_S, SETTLED_S, Percentiles, Sources, Subject, rate_bps, sources
from netquota.storage import measure_store, policy_subjects, rollup_store, usage_report
from netquota.storage.database import Connection
from netquota.storage.measure_store import INTERFACE, LATELY, SESSIONS, Measure
from netquota.storage.usage_report import Source

KINDS = (OPD, SITE, LINK)
STILL_YOUNG_S = 3 * 86_400
"""So long after a month's end it is measured anew, as reports may still come."""
STALE_S = 3 * 3600
KEPT_S = 600
COUNTED_S = 60
"""So long a count over everybody stands: in a city of 20,000 people it takes a fifth of a second."""
_Bounds = tuple[int, int]


def measure_city(shift: Shift, zone: ZoneInfo) -> str:
    """Measure the last 30 days, the running month, and months that are over and were not measured to their end."""
    with shift.reading() as (_, connection):
        everyone = subjects(connection)
        spans = _spans(connection, shift.now_s, zone, everyone)
    for span, bounds in spans.items():
        for subject in everyone:
            with shift.reading() as (_, connection):
                found = list(measured(connection, subject, span, bounds, shift.now_s))
            with shift.step() as (_, connection):
                measure_store.put(connection, found)
    return f"{len(everyone)} subjects measured over {', '.join(spans)}"


def subjects(connection: Connection) -> list[Subject]:
    """Every OPD, site and link."""
    hosted = usage_report.sites_by_opd(connection)
    opds = [Subject(OPD, opd_id, tuple(hosted.get(opd_id, ()))) for opd_id in policy_subjects.ids(connection, OPD)]
    others = [Subject(kind, one, (one,)) for kind in (SITE, LINK) for one in policy_subjects.ids(connection, kind)]
    return opds + others


def measured(
    connection: Connection, subject: Subject, span: str, bounds: _Bounds, now_s: int
) -> Iterator[Measure]:  # fmt: skip
    """What a span comes to for a subject: by its sessions, and by its interface where that was read."""
    told = sources(connection, subject.sampled_as, subject.members, *bounds)
    if subject.kind == OPD:
        yield _made(connection, subject, span, SESSIONS if told.sessions else INTERFACE, told, bounds, now_s)
        return
    by_sessions = Sources((Source(subject.kind, subject.id),), ())
    yield _made(connection, subject, span, SESSIONS, by_sessions, bounds, now_s)
    if usage_report.measured(connection, subject.kind, [subject.id], *bounds):
        by_interface = Sources((), (Source(INTERFACE_OF[subject.kind], subject.id),))
        yield _made(connection, subject, span, INTERFACE, by_interface, bounds, now_s)


def _made(
    connection: Connection, subject: Subject, span: str, source: int, told: Sources, bounds: _Bounds, now_s: int
) -> Measure:
    # numpy is loaded only where something is measured
    from netquota.planning.percentile import both_percentiles  # noqa: PLC0415
    from netquota.planning.samples import State  # noqa: PLC0415
    from netquota.services.sampled import bins_for  # noqa: PLC0415

    bins = bins_for(connection, subject, *bounds, told)
    down, up = both_percentiles(bins)
    return Measure(
        subject.kind, subject.id, span, source, None if down is None else rate_bps(down),
        None if up is None else rate_bps(up), int(bins.down.sum()), int(bins.up.sum()),
        int((bins.state == State.VALID).sum()), int((bins.state == State.COARSE).sum()), len(bins), now_s,
    )  # fmt: skip


def lately(now_s: int) -> _Bounds:
    """The last 30 days whose bins have settled."""
    to_s = (now_s - SETTLED_S) // BIN_S * BIN_S
    return to_s - MONTH_S, to_s


def month_bounds(month: str, zone: ZoneInfo) -> _Bounds:
    """A local month such as 2026-11: its start and its end."""
    first = datetime.fromisoformat(f"{month}-01").replace(hour=12, tzinfo=zone)
    return current(Period(PeriodKind.MONTH, zone), first)


def _spans(connection: Connection, now_s: int, zone: ZoneInfo, everyone: Sequence[Subject]) -> dict[str, _Bounds]:
    """The spans that are due, by name: what is over for good was measured once after it had settled."""
    made = measure_store.made(connection)
    spans = {LATELY: lately(now_s)}
    for month in _months(connection, now_s, zone, everyone):
        start_s, end_s = month_bounds(month, zone)
        if made.get(month, 0) < end_s + STILL_YOUNG_S:
            spans[month] = start_s, min(end_s, lately(now_s)[1])
    return {span: bounds for span, bounds in spans.items() if bounds[0] < bounds[1]}


def _months(connection: Connection, now_s: int, zone: ZoneInfo, everyone: Sequence[Subject]) -> list[str]:
    """All local months from the first sample to now."""
    firsts = [
        rollup_store.first_bin(connection, kind, [one.id for one in everyone if one.kind == kind])
        for kind in (SITE, LINK)
    ]
    first_s = min((first for first in firsts if first is not None), default=now_s)
    at, last = (datetime.fromtimestamp(at_s, UTC).astimezone(zone) for at_s in (first_s, now_s))
    found: list[str] = []
    while (at.year, at.month) <= (last.year, last.month):
        found.append(f"{at:%Y-%m}")
        at = at.replace(day=1) + timedelta(days=32)
    return found


def chosen(found: Sequence[Measure]) -> dict[int, Measure]:
    """Of one kind and span, each subject's figure: by its interface, where that was read enough."""
    best: dict[int, Measure] = {}
    for one in found:
        share = (one.valid + one.coarse) / one.expected if one.expected else 0.0
        if one.subject_id not in best or (one.source == INTERFACE and share >= MEASURED_SHARE):
            best[one.subject_id] = one
    return best


def percentiles_of(one: Measure) -> Percentiles:
    """As pages show them."""
    share = min(1.0, one.valid / one.expected) if one.expected else 0.0
    return Percentiles(one.p95_down_bps, one.p95_up_bps, share, one.source == INTERFACE)


class Measures:
    """P95 of the last 30 days by OPD, site and link; and what is counted over everybody, once a minute."""

    def __init__(self) -> None:
        self._lock, self._counting = Lock(), Lock()
        self._found: dict[int, tuple[int, Mapping[int, Percentiles]]] = {}
        self._spent: tuple[int, int] | None = None

    def of_opds(self, connection: Connection, now_s: int) -> Mapping[int, Percentiles]:
        """By host OPD's id; an office without any use is left out."""
        return self._of(OPD, connection, now_s)

    def of_links(self, connection: Connection, now_s: int) -> Mapping[int, Percentiles]:
        """By link's id; a link without any use is left out."""
        return self._of(LINK, connection, now_s)

    def of_sites(self, connection: Connection, now_s: int) -> Mapping[int, Percentiles]:
        """By site's id; a site without any use is left out."""
        return self._of(SITE, connection, now_s)

    def spent(self, now_s: int, count: Callable[[], int]) -> int:
        """How many people have used up a quota, counted anew after a minute: open overviews ask every ten seconds."""
        with self._counting:
            if self._spent is None or not self._spent[0] <= now_s < self._spent[0] + COUNTED_S:
                self._spent = now_s, count()
            return self._spent[1]

    def _of(self, kind: int, connection: Connection, now_s: int) -> Mapping[int, Percentiles]:
        kept = chosen(measure_store.of_span(connection, LATELY, [kind]))
        if kept and max(one.made_s for one in kept.values()) > now_s - STALE_S:
            return {subject_id: percentiles_of(one) for subject_id, one in kept.items() if one.down or one.up}
        with self._lock:
            held = self._found.get(kind)
            if held is None or not held[0] <= now_s < held[0] + KEPT_S:
                held = self._found[kind] = now_s, _measured_now(connection, kind, now_s)
            return held[1]


def _measured_now(connection: Connection, kind: int, now_s: int) -> dict[int, Percentiles]:
    bounds, found = lately(now_s), list[Measure]()
    for subject in subjects(connection):
        if subject.kind == kind:
            found += measured(connection, subject, LATELY, bounds, now_s)
    return {key: percentiles_of(one) for key, one in chosen(found).items() if one.down or one.up}
