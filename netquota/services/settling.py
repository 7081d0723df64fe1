"""Accounting reports against the sessions they belong to: what is counted, which rows change. No I/O.

One batch is settled in the order of arrival; the result is the rows to write and the octets to add, each once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from netquota.domain.counters import WORD, CounterRule, Kind, Report, Totals, Verdict, judge, nearest_incarnation
from netquota.domain.people import Subscriber
from netquota.domain.places import Nas, Site
from netquota.domain.quota import charge, measured, split, split_both
from netquota.domain.samples import BIN_S, COARSE_AFTER_S
from netquota.domain.units import Octets2, Rate
from netquota.services.calendar import Calendar
from netquota.services.class_token import Granted
from netquota.services.live import subject_id
from netquota.storage.ledger_store import LINK, PERSON, SITE, SessionKey
from netquota.storage.session_row import Charge, SessionRow
from radius.families.reports import AccountingReport, ReportStatus

SHORTEST_FOR_RATE_S = 5
LONGEST_SPAN_S = 31 * 86_400
"""What a session seen late has used is spread over no more than this: its session time may be nonsense."""
MOST_GIGAWORDS = 1 << 22
"""16 PB: a counter beyond it is a gateway's fault (a negative one, mostly), and sums would leave 64 bits."""
DEFAULT_INTERIM_S, LONGEST_INTERIM_S = 300, 3600
ROUNDING_S = 10
"""How far two reports of one session may disagree on when it began, by whole seconds and slow clocks."""
MAC_LENGTH = 64
STALE, RESTARTED, REUSED = "stale", "gateway restarted", "session id reused"
_INFERRED = frozenset({STALE, RESTARTED, REUSED})

SampleKey = tuple[int, int, int]  # kind, subject, bin start


@dataclass(slots=True)  # made for each packet: freezing it would take longer than filling it
class Entry:
    """One report with what the worker knows of it before the books are opened; epoch seconds."""

    report: AccountingReport
    nas: Nas
    gateway_id: int
    event_s: int
    arrival_s: int
    subscriber: Subscriber | None
    site: Site | None
    granted: Granted | None
    rule: CounterRule


@dataclass(slots=True)
class Settled:
    """What a batch changes: rows by state, octets by ledger row and sample, sessions seen for the first time.

    `capped`: log-ins that were granted an octet cap and are heard of now, with the session that came of each;
    `restarted`: new sessions with an id that another had, by which their gateway must have begun anew; `coarse`: bins
    over which a report's octets were spread that says little of each.
    """

    new: list[SessionRow] = field(default_factory=list[SessionRow])
    touched: dict[int, SessionRow] = field(default_factory=dict[int, SessionRow])
    charges: list[Charge] = field(default_factory=list[Charge])
    samples: dict[SampleKey, list[int]] = field(default_factory=dict[SampleKey, list[int]])
    reopened: list[SessionRow] = field(default_factory=list[SessionRow])
    restarted: list[SessionRow] = field(default_factory=list[SessionRow])
    ended: list[SessionRow] = field(default_factory=list[SessionRow])
    capped: list[tuple[SessionRow, Granted]] = field(default_factory=list[tuple[SessionRow, Granted]])
    coarse: set[SampleKey] = field(default_factory=set[SampleKey])
    kinds: list[Kind] = field(default_factory=list[Kind])

    def end(self, row: SessionRow, at_s: int, cause: str) -> None:
        """End a session at an epoch second; nothing flows any more. One that has ended ends so instead."""
        if row.is_open:
            self.ended.append(row)
        row.ended_s, row.end_cause = max(at_s, row.started_s), cause
        row.now_down_bps = row.now_up_bps = None

    def changed(self) -> list[SessionRow]:
        """Every row that was read or made, once."""
        return [*self.touched.values(), *self.new]


class Settlement:
    """The sessions of one batch, by key, and what the batch does to them; `people` by id pay for their sessions."""

    def __init__(
        self, rows: Sequence[SessionRow], calendar: Calendar, people: Mapping[int, Subscriber] | None = None
    ) -> None:
        self._calendar = calendar
        self._people: Mapping[int, Subscriber] = {} if people is None else people
        self._rows: dict[SessionKey, list[SessionRow]] = {}
        self._of_gateway: dict[int, list[SessionRow]] = {}
        self.settled = Settled()
        for row in rows:
            self._take(row)

    def sessions(self) -> Mapping[SessionKey, list[SessionRow]]:
        """All rows of each key, read and made, the oldest incarnation first."""
        return self._rows

    def _take(self, row: SessionRow) -> None:
        held = self._rows.setdefault((row.gateway_id, row.acct_session_id), [])
        if any(row.id and other.id == row.id for other in held):
            return
        held.append(row)
        if len(held) > 1:
            held.sort(key=_age)  # nearest_incarnation() wants them oldest first
        self._of_gateway.setdefault(row.gateway_id, []).append(row)

    def settle(self, entry: Entry) -> None:
        """Settle one report; the order of calls is the order of arrival."""
        match entry.report.status:
            case ReportStatus.START | ReportStatus.INTERIM | ReportStatus.STOP:
                self._session_report(entry)
            case ReportStatus.ON | ReportStatus.OFF:
                self._gateway_restarted(entry)
            case ReportStatus.OTHER:
                pass

    def _gateway_restarted(self, entry: Entry) -> None:
        """Accounting-On/Off ends what the gateway had open before it, with what was last counted (RFC 2866 §5.1)."""
        for row in self._of_gateway.get(entry.gateway_id, ()):
            if row.is_open and row.last_event_s <= entry.event_s and row.started_s < entry.event_s:
                self.settled.end(row, entry.event_s, RESTARTED)
                self._touch(row)

    def _session_report(self, entry: Entry) -> None:
        report = entry.report
        mine = [row for row in self._rows.get((entry.gateway_id, report.acct_session_id), ()) if _same(row, report)]
        counters = _counters(entry, mine)
        row = _incarnation(mine, counters)
        if row is not None and _begins_anew(row, entry):
            row = None
        impossible = _is_impossible(counters)
        if impossible:
            counters = _without_growth(counters, row)
        verdict = judge(None if row is None else _totals(row), counters, entry.rule, _limit(row))
        self.settled.kinds.append(verdict.kind)
        if row is None or verdict.kind is Kind.NEW_INCARNATION:
            if row is not None and row.is_open:
                self.settled.end(row, row.last_event_s, REUSED)
                self._touch(row)
            row = self._open(entry, verdict.totals, mine)
            from_s = row.started_s
        else:
            from_s = row.last_event_s
            self._touch(row)
            self._know_better(row, entry)
        if impossible:
            row.flag = "impossible counters"
        self._apply(row, entry, verdict, from_s)

    def _open(self, entry: Entry, totals: Totals, mine: Sequence[SessionRow]) -> SessionRow:
        row = _opened(entry, totals)
        if any(row.incarnation_s < other.incarnation_s for other in mine):
            self.settled.end(row, row.last_event_s, REUSED)  # its id is another's by now
        others = self._rows.get((row.gateway_id, row.acct_session_id), ())
        if any(row.started_s > other.started_s and (other.is_open or other.end_cause == REUSED) for other in others):
            self.settled.restarted.append(row)
        self._take(row)
        self.settled.new.append(row)
        return row

    def _touch(self, row: SessionRow) -> None:
        if row.id:
            self.settled.touched[row.id] = row

    def _know_better(self, row: SessionRow, entry: Entry) -> None:
        """Whose it is, where nobody knew: what it counted until now becomes his."""
        if row.employee_id is None and entry.subscriber is not None:
            row.employee_id = entry.subscriber.id
            counted = Octets2(row.counted_input, row.counted_output)
            if counted.total:
                from_s = max(row.started_s, row.last_event_s - LONGEST_SPAN_S)
                self._sample(((PERSON, row.employee_id),), counted, from_s, row.last_event_s)
                self._charge(entry.subscriber, counted, from_s, row.last_event_s)

    def _apply(self, row: SessionRow, entry: Entry, verdict: Verdict, from_s: int) -> None:
        row.last_arrival_s = max(row.last_arrival_s, entry.arrival_s)
        if verdict.kind is Kind.LATE or verdict.kind is Kind.REPEAT:
            self._stop(row, entry)
            return
        delta, to_s = verdict.delta, verdict.totals.event_s
        if entry.granted is not None and entry.granted.octet_cap is not None and _is_first_of(row, entry, verdict):
            self.settled.capped.append((row, entry.granted))
        _write_totals(row, entry, verdict, to_s - from_s)
        if _reopened_by(row, entry):
            self.settled.reopened.append(row)
        self._stop(row, entry)
        if delta.input or delta.output:
            from_s = max(from_s, to_s - LONGEST_SPAN_S)
            subjects = ((PERSON, row.employee_id), (SITE, row.site_id), (LINK, row.link_id))
            self._sample([(kind, subject) for kind, subject in subjects if subject is not None], delta, from_s, to_s)
            payer = self._payer(row, entry)
            if payer is not None:
                self._charge(payer, delta, from_s, to_s, row.reach_octets)

    def _stop(self, row: SessionRow, entry: Entry) -> None:
        """A Stop ends its session at its own moment, unless it is an older one come late."""
        report = entry.report
        if report.status is not ReportStatus.STOP or not (row.is_open or row.end_cause in _INFERRED):
            return
        if report.session_time_s is None or report.session_time_s >= row.session_time_s:
            self.settled.end(row, max(row.last_event_s, entry.event_s), report.terminate_cause or "stop")

    def _payer(self, row: SessionRow, entry: Entry) -> Subscriber | None:
        """Whose session it is, also where the report names nobody or somebody else."""
        if entry.subscriber is not None and entry.subscriber.id == row.employee_id:
            return entry.subscriber
        return None if row.employee_id is None else self._people.get(row.employee_id)

    def _sample(self, subjects: Iterable[tuple[int, int]], delta: Octets2, from_s: int, to_s: int) -> None:
        samples, is_coarse = self.settled.samples, to_s - from_s > COARSE_AFTER_S
        for start_s, piece in split_both(delta, from_s, to_s, range(from_s // BIN_S * BIN_S + BIN_S, to_s, BIN_S)):
            if not (piece.input or piece.output):
                continue
            for kind, subject in subjects:
                held = samples.setdefault((kind, subject, start_s // BIN_S * BIN_S), [0, 0])
                held[0] += piece.output
                held[1] += piece.input
                if is_coarse:
                    self.settled.coarse.add((kind, subject, start_s // BIN_S * BIN_S))

    def _charge(
        self, subscriber: Subscriber, delta: Octets2, from_s: int, to_s: int, reach_octets: int = 0
    ) -> None:  # fmt: skip
        for quota in subscriber.quotas:
            octets = measured(quota.direction, delta)
            subject = subject_id(quota.subject, subscriber)
            edges = self._calendar.edges(quota, from_s, to_s)
            if quota.reduced is not None:
                edges = sorted({*edges, *self._calendar.counted_edges(quota, from_s, to_s)})
            for start_s, piece in split(octets, from_s, to_s, edges):
                if piece:
                    period = self._calendar.period(quota, start_s)
                    counted, rest = piece, 0
                    if quota.reduced is not None:
                        counted, rest = charge(piece, self._calendar.counted_permille(quota, start_s), 0)
                    self.settled.charges.append(Charge(quota.id, subject, *period, counted, reach_octets, rest))


def _age(row: SessionRow) -> tuple[int, int]:
    return row.incarnation_s, row.id or WORD  # one that has no number yet is the youngest


def _same(row: SessionRow, report: AccountingReport) -> bool:
    """Whether a report speaks of the row's session; what it leaves out is matched by Class (RFC 5080 §2.3.1)."""
    if report.class_token is not None and report.class_token == row.class_token:
        return True
    same_name = not report.username or not row.username or report.username == row.username
    return same_name and (not report.mac or not row.mac or report.mac[:MAC_LENGTH] == row.mac)


def _totals(row: SessionRow) -> Totals:
    return Totals(row.input_octets, row.output_octets, row.session_time_s, row.last_event_s)


def _limit(row: SessionRow | None) -> Rate | None:
    if row is None or row.applied_down_bps is None or row.applied_up_bps is None:
        return None
    # a limit that was lowered since the last report was higher during a part of what this one tells of
    return Rate(
        max(row.applied_down_bps, row.now_down_bps or 0),
        max(row.applied_up_bps, row.now_up_bps or 0),
    )


def _counters(entry: Entry, mine: Sequence[SessionRow]) -> Report:
    report = entry.report
    session_time_s = report.session_time_s
    if session_time_s is None:  # left out: as long as the newest incarnation that began before it
        begun = [row.incarnation_s for row in mine if row.incarnation_s <= entry.event_s]
        session_time_s = entry.event_s - max(begun) if begun and report.status is not ReportStatus.START else 0
    return Report(
        report.input_octets,
        report.output_octets,
        report.input_gigawords,
        report.output_gigawords,
        session_time_s,
        entry.event_s,
    )


def _incarnation(mine: Sequence[SessionRow], counters: Report) -> SessionRow | None:
    """The incarnation that a report belongs to; None: the first word of a session, perhaps of one before all these."""
    if not mine:
        return None
    row = mine[0] if len(mine) == 1 else mine[nearest_incarnation([_totals(row) for row in mine], counters)]
    began_later = counters.event_s + ROUNDING_S < row.last_event_s - row.session_time_s
    return None if began_later and counters.session_time_s else row


def _begins_anew(row: SessionRow, entry: Entry) -> bool:
    """Whether it starts a session after the row's ended, by another log-in (its Class): ids begin again at a restart.

    By its counters alone a session that never reported before its gateway restarted is the same: both stand at 0.
    """
    report = entry.report
    if report.status is not ReportStatus.START or row.ended_s is None or entry.event_s < row.ended_s:
        return False
    return None not in (report.class_token, row.class_token) and report.class_token != row.class_token


def _is_impossible(counters: Report) -> bool:
    return (counters.input_gigawords or 0) >= MOST_GIGAWORDS or (counters.output_gigawords or 0) >= MOST_GIGAWORDS


def _without_growth(counters: Report, row: SessionRow | None) -> Report:
    """The report as if it had told no octets: what cannot be counted is not counted, but the session lives."""
    if row is None or counters.session_time_s < row.session_time_s:
        return replace(counters, input_octets=0, output_octets=0, input_gigawords=None, output_gigawords=None)
    up, down = divmod(row.input_octets, WORD), divmod(row.output_octets, WORD)
    return replace(counters, input_octets=up[1], output_octets=down[1], input_gigawords=up[0], output_gigawords=down[0])


def _write_totals(row: SessionRow, entry: Entry, verdict: Verdict, elapsed_s: int) -> None:
    report, totals, delta = entry.report, verdict.totals, verdict.delta
    row.input_octets, row.output_octets = totals.input, totals.output
    row.session_time_s, row.last_event_s = totals.session_time_s, totals.event_s
    row.gigawords_seen = row.gigawords_seen or report.input_gigawords is not None
    row.counted_input += delta.input
    row.counted_output += delta.output
    row.framed_ip = report.framed_ip or row.framed_ip
    row.audit_session_id = report.audit_session_id or row.audit_session_id
    if verdict.kind is Kind.FELL:
        row.flag = verdict.kind.value
    if elapsed_s >= SHORTEST_FOR_RATE_S:
        row.now_down_bps = delta.output * 8 // elapsed_s
        row.now_up_bps = delta.input * 8 // elapsed_s
    granted = entry.granted
    if verdict.kind not in (Kind.FIRST, Kind.NEW_INCARNATION):
        wanted_s = DEFAULT_INTERIM_S if granted is None else granted.interim_s
        row.interim_s = min(max(wanted_s, elapsed_s), LONGEST_INTERIM_S)  # some gateways keep to their own
    if granted is not None and report.class_token != row.class_token:  # logged in anew within its session
        row.class_token, row.applied_cap = report.class_token, granted.octet_cap
        row.applied_down_bps, row.applied_up_bps = granted.down_bps, granted.up_bps
        row.applied_code = granted.cause or ""


def _opened(entry: Entry, totals: Totals) -> SessionRow:
    """The row of a session seen for the first time: what its accept granted comes back in the Class."""
    report, granted, site = entry.report, entry.granted, entry.site
    employee_id = granted.employee_id if granted is not None else None
    if entry.subscriber is not None:
        employee_id = entry.subscriber.id
    link = None if site is None else site.link
    return SessionRow(
        0,
        entry.gateway_id,
        report.acct_session_id,
        report.username,
        report.mac[:MAC_LENGTH],
        totals.began_s,
        employee_id,
        None if site is None else site.id,
        None if site is None else site.host.id,
        None if link is None else link.id,
        report.framed_ip,
        report.called_station,
        report.nas_port,
        report.class_token,
        totals.began_s,
        totals.event_s,
        entry.arrival_s,
        interim_s=DEFAULT_INTERIM_S if granted is None else granted.interim_s,
        applied_down_bps=None if granted is None else granted.down_bps,
        applied_up_bps=None if granted is None else granted.up_bps,
        applied_cap=None if granted is None else granted.octet_cap,
        audit_session_id=report.audit_session_id,
        applied_code="" if granted is None else granted.cause or "",
    )


def _is_first_of(row: SessionRow, entry: Entry, verdict: Verdict) -> bool:
    """Whether a report is the first word of its log-in: of a session just opened, or logged in anew."""
    began = verdict.kind is Kind.FIRST or verdict.kind is Kind.NEW_INCARNATION
    return began or entry.report.class_token != row.class_token


def _reopened_by(row: SessionRow, entry: Entry) -> bool:
    """Whether it speaks again: news from after its end was inferred (model.md, Counting); a Stop ends it all the same.

    After a restart only a session that lived on can have grown: a new one of the same id began again at 0.
    """
    if row.ended_s is None or entry.report.status is ReportStatus.STOP:
        return False
    lives = row.end_cause == STALE or (row.end_cause == RESTARTED and row.last_event_s > row.ended_s)
    if lives:
        row.ended_s, row.end_cause = None, ""
    return lives
