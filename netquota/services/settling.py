"""Accounting reports against the sessions they belong to: what is counted, which rows change. No I/O.

One batch is settled in the order of arrival; the result is the rows to write and the octets to add, each once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from netquota.domain.counters import CounterRule, Kind, Report, Totals, judge, nearest_incarnation
from netquota.domain.people import Subscriber
from netquota.domain.places import Nas, Site
from netquota.domain.quota import measured, split, split_both
from netquota.domain.units import Octets2, Rate
from netquota.services.calendar import Calendar
from netquota.services.class_token import Granted
from netquota.services.live import subject_id
from netquota.storage.ledger_store import LINK, PERSON, SITE
from netquota.storage.session_row import Charge, SessionRow
from radius.families.reports import AccountingReport, ReportStatus

BIN_S = 300
SHORTEST_FOR_RATE_S = 5

SampleKey = tuple[int, int, int]  # kind, subject, bin start


@dataclass(frozen=True, slots=True)
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
    """What a batch changes: rows by state, octets by ledger row and sample, sessions seen for the first time."""

    new: list[SessionRow] = field(default_factory=list[SessionRow])
    touched: dict[int, SessionRow] = field(default_factory=dict[int, SessionRow])
    charges: list[Charge] = field(default_factory=list[Charge])
    samples: dict[SampleKey, list[int]] = field(default_factory=dict[SampleKey, list[int]])
    kinds: list[Kind] = field(default_factory=list[Kind])

    def changed(self) -> list[SessionRow]:
        """Every row that was read or made, once."""
        return [*self.touched.values(), *self.new]


class Settlement:
    """The sessions of one batch, by key, and what the batch does to them."""

    def __init__(self, rows: Sequence[SessionRow], calendar: Calendar) -> None:
        self._calendar = calendar
        self._rows: dict[tuple[int, str], list[SessionRow]] = {}
        self._of_gateway: dict[int, list[SessionRow]] = {}
        self.settled = Settled()
        for row in rows:
            self._take(row)

    def _take(self, row: SessionRow) -> None:
        held = self._rows.setdefault((row.gateway_id, row.acct_session_id), [])
        if not any(other is row or (row.id and other.id == row.id) for other in held):
            held.append(row)
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
                _end(row, entry.event_s, "gateway restarted")
                self._touch(row)

    def _session_report(self, entry: Entry) -> None:
        report = entry.report
        mine = [row for row in self._rows.get((entry.gateway_id, report.acct_session_id), ()) if _same(row, report)]
        counters = _counters(entry, mine)
        row = mine[nearest_incarnation([_totals(row) for row in mine], counters)] if mine else None
        verdict = judge(None if row is None else _totals(row), counters, entry.rule, _limit(row))
        self.settled.kinds.append(verdict.kind)
        if row is None or verdict.kind is Kind.NEW_INCARNATION:
            if row is not None and row.is_open:
                _end(row, row.last_event_s, "session id reused")
                self._touch(row)
            row = _opened(entry, verdict.totals)
            from_s = row.started_s
            self._take(row)
            self.settled.new.append(row)
        else:
            from_s = row.last_event_s
            self._touch(row)
        self._apply(row, entry, verdict.delta, verdict.totals, from_s, verdict.kind)

    def _touch(self, row: SessionRow) -> None:
        if row.id:
            self.settled.touched[row.id] = row

    def _apply(
        self, row: SessionRow, entry: Entry, delta: Octets2, totals: Totals, from_s: int, kind: Kind
    ) -> None:
        row.last_arrival_s = max(row.last_arrival_s, entry.arrival_s)
        if kind is Kind.LATE or kind is Kind.REPEAT:
            _ended_by(row, entry)
            return
        row.input_octets, row.output_octets = totals.input, totals.output
        row.session_time_s, row.last_event_s = totals.session_time_s, totals.event_s
        row.counted_input += delta.input
        row.counted_output += delta.output
        row.framed_ip = entry.report.framed_ip or row.framed_ip
        row.flag = kind.value if kind is Kind.FELL else row.flag
        if totals.event_s - from_s >= SHORTEST_FOR_RATE_S:
            row.now_down_bps = delta.output * 8 // (totals.event_s - from_s)
            row.now_up_bps = delta.input * 8 // (totals.event_s - from_s)
        if row.ended_s is not None and row.end_cause == "stale" and entry.report.status is not ReportStatus.STOP:
            row.ended_s, row.end_cause = None, ""  # it speaks again (model.md, Counting)
        _ended_by(row, entry)
        if delta.input or delta.output:
            self._sample(row, delta, from_s, totals.event_s)
            if entry.subscriber is not None:
                self._charge(entry.subscriber, delta, from_s, totals.event_s)

    def _sample(self, row: SessionRow, delta: Octets2, from_s: int, to_s: int) -> None:
        subjects = ((PERSON, row.employee_id), (SITE, row.site_id), (LINK, row.link_id))
        samples = self.settled.samples
        for start_s, piece in split_both(delta, from_s, to_s, range(from_s // BIN_S * BIN_S + BIN_S, to_s, BIN_S)):
            for kind, subject in subjects:
                if subject is None:
                    continue
                held = samples.setdefault((kind, subject, start_s // BIN_S * BIN_S), [0, 0])
                held[0] += piece.output
                held[1] += piece.input

    def _charge(self, subscriber: Subscriber, delta: Octets2, from_s: int, to_s: int) -> None:
        for quota in subscriber.quotas:
            octets = measured(quota.direction, delta)
            subject = subject_id(quota.subject, subscriber)
            for start_s, piece in split(octets, from_s, to_s, self._calendar.edges(quota, from_s, to_s)):
                period = self._calendar.period(quota, start_s)
                self.settled.charges.append(Charge(quota.id, subject, *period, piece))


def _same(row: SessionRow, report: AccountingReport) -> bool:
    """Whether a report speaks of the row's session; what it leaves out is matched by Class (RFC 5080 §2.3.1)."""
    if report.class_token is not None and report.class_token == row.class_token:
        return True
    same_name = not report.username or report.username == row.username
    return same_name and (not report.mac or not row.mac or report.mac == row.mac)


def _totals(row: SessionRow) -> Totals:
    return Totals(row.input_octets, row.output_octets, row.session_time_s, row.last_event_s)


def _limit(row: SessionRow | None) -> Rate | None:
    if row is None or row.applied_down_bps is None or row.applied_up_bps is None:
        return None
    return Rate(row.applied_down_bps, row.applied_up_bps)


def _counters(entry: Entry, mine: Sequence[SessionRow]) -> Report:
    report = entry.report
    session_time_s = report.session_time_s
    if session_time_s is None:  # left out: as long as the newest incarnation that began before it
        begun = [row.incarnation_s for row in mine if row.incarnation_s <= entry.event_s]
        session_time_s = entry.event_s - max(begun) if begun and report.status is not ReportStatus.START else 0
    return Report(
        report.input_octets, report.output_octets, report.input_gigawords, report.output_gigawords,
        session_time_s, entry.event_s,
    )


def _opened(entry: Entry, totals: Totals) -> SessionRow:
    """The row of a session seen for the first time: what its accept granted comes back in the Class."""
    report, granted, site = entry.report, entry.granted, entry.site
    employee_id = granted.employee_id if granted is not None else None
    if entry.subscriber is not None:
        employee_id = entry.subscriber.id
    link = None if site is None else site.link
    return SessionRow(
        0, entry.gateway_id, report.acct_session_id, report.username, report.mac, totals.began_s, employee_id,
        None if site is None else site.id, None if site is None else site.host.id, None if link is None else link.id,
        report.framed_ip, report.called_station, report.nas_port, report.class_token, totals.began_s, totals.event_s,
        entry.arrival_s,
        interim_s=300 if granted is None else granted.interim_s,
        applied_down_bps=None if granted is None else granted.down_bps,
        applied_up_bps=None if granted is None else granted.up_bps,
        applied_cap=None if granted is None else granted.octet_cap,
    )


def _ended_by(row: SessionRow, entry: Entry) -> None:
    """A Stop ends its session at its own moment, unless it is an older one come late."""
    report = entry.report
    if report.status is not ReportStatus.STOP or not row.is_open:
        return
    if report.session_time_s is None or report.session_time_s >= row.session_time_s:
        _end(row, max(row.last_event_s, entry.event_s), report.terminate_cause or "stop")


def _end(row: SessionRow, at_s: int, cause: str) -> None:
    row.ended_s, row.end_cause = max(at_s, row.started_s), cause
    row.now_down_bps = row.now_up_bps = None
