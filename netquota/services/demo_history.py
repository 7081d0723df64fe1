"""The sample city's past week, written as if it had been counted: decisions, closed sessions, samples, ledger.

It is played through in the order of time, so that each log-in is decided on what was used by then, and every octet of a
session stands in the samples and in the ledger exactly once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from zoneinfo import ZoneInfo

from netquota.domain.deciding import Asking, Decision
from netquota.domain.people import Subscriber
from netquota.domain.places import Nas, Site
from netquota.domain.policy import Code
from netquota.domain.quota import LedgerFigure, measured
from netquota.domain.units import Octets2, Rate
from netquota.services.authorize import refused
from netquota.services.demo_people import DemoPerson
from netquota.services.demo_use import BIN_S, Stay, stays, taken
from netquota.services.facts import Place, Policy, decision_for
from netquota.services.live import subject_id
from netquota.services.reasons import reasons_json
from netquota.storage import gateway_store
from netquota.storage.database import Connection
from netquota.storage.ledger_store import LINK, PERSON, SITE, charges_in_order, page_on
from netquota.storage.record_store import DecisionRow, write_records
from netquota.storage.session_row import Charge, Leaves, SessionRow

DAYS = 7
_WRONG_PASSWORD_SHARE = 0.02
_WRONG_USER_SHARE = 0.005
_ENDED = "User-Request"
_NOBODY = "history"


@dataclass(slots=True)
class History:
    """What the week left behind; `used` is each person's octets of the week, by username."""

    sessions: list[SessionRow] = field(default_factory=list[SessionRow])
    charges: dict[tuple[int, int, int], Charge] = field(default_factory=dict[tuple[int, int, int], Charge])
    samples: dict[tuple[int, int, int], Octets2] = field(default_factory=dict[tuple[int, int, int], Octets2])
    records: list[DecisionRow] = field(default_factory=list[DecisionRow])
    used: dict[str, int] = field(default_factory=dict[str, int])

    def write(self, connection: Connection) -> None:
        """Into the books, in the caller's transaction."""
        page = page_on(connection)
        page.insert_sessions(self.sessions)
        samples = [(*key, both.output, both.input) for key, both in sorted(self.samples.items())]
        page.write([], Leaves(charges_in_order(self.charges.values()), samples))
        write_records(connection, self.records)


@dataclass(frozen=True, slots=True)
class _Running:
    """A session under way, who has it, what he may have, and the dice of its traffic."""

    row: SessionRow
    subscriber: Subscriber
    limit: Rate
    random: Random


class Player:
    """Plays the week through. `gateways`: row id of each gateway, by its name."""

    def __init__(self, policy: Policy, gateways: Mapping[str, int], zone: ZoneInfo, seed: int) -> None:
        self.history = History()
        self._policy, self._gateways, self._zone, self._seed = policy, gateways, zone, seed
        self._random = Random(seed)  # noqa: S311 (repeatable, not secret)
        self._nas = {nas.name: nas for nas in policy.snapshot.nas_by_id.values()}
        self._sites = {site.name: site for site in policy.snapshot.sites.values()}

    def play(self, people: Sequence[DemoPerson], from_s: int, until_s: int) -> History:
        """Everything that happened in [from_s, until_s), both on the edge of a bin (epoch seconds)."""
        waiting = stays(people, from_s, until_s, self._zone, self._seed)[::-1]
        running: list[_Running] = []
        for bin_s in range(from_s, until_s, BIN_S):
            running = [one for one in running if one.row.ended_s != bin_s]
            while waiting and waiting[-1].start_s <= bin_s:
                begun = self._log_in(waiting.pop())
                running.extend(() if begun is None else (begun,))
            hour = datetime.fromtimestamp(bin_s, UTC).astimezone(self._zone).hour
            for one in running:
                self._count(one, taken(one.random, hour, one.limit), bin_s)
        return self.history

    def _log_in(self, stay: Stay) -> _Running | None:
        subscriber = self._policy.snapshot.subscribers[stay.person.username]
        decision = self._decide(stay, subscriber)
        if not decision.accepted:
            return None
        random = Random(f"{self._seed}:{stay.person.username}:{stay.start_s}")  # noqa: S311
        return _Running(self._session(stay, subscriber, decision), subscriber, decision.rate, random)

    def _decide(self, stay: Stay, subscriber: Subscriber) -> Decision:
        """The decision of this log-in, sometimes after a slip of the fingers, noted as a gateway's request is."""
        nas, site = self._place(stay)
        at_s = stay.start_s
        slip = self._random.random()
        if slip < _WRONG_PASSWORD_SHARE:
            code = Code.UNKNOWN if slip < _WRONG_USER_SHARE else Code.WRONG_PASSWORD
            self._note(stay, None if code is Code.UNKNOWN else subscriber, refused(code, subscriber.username), at_s)
            at_s += 20
        figures = {
            quota.id: self._figure(quota.id, subject_id(quota.subject, subscriber), at_s) for quota in subscriber.quotas
        }
        held = {quota_id: figure for quota_id, figure in figures.items() if figure is not None}
        decision = decision_for(
            self._policy, subscriber, Place(nas, site), held, held, (), Asking(stay.person.mac), at_s
        )
        self._note(stay, subscriber, decision, at_s)
        return decision

    def _place(self, stay: Stay) -> tuple[Nas, Site]:
        return self._nas[stay.person.site.nas], self._sites[stay.person.site.name]

    def _figure(self, quota_id: int, subject: int, at_s: int) -> LedgerFigure | None:
        start_s, end_s = self._policy.calendar.period(self._policy.snapshot.quotas[quota_id], at_s)
        charge = self.history.charges.get((quota_id, subject, start_s))
        return None if charge is None else LedgerFigure(quota_id, subject, start_s, end_s, charge.octets)

    def _note(self, stay: Stay, subscriber: Subscriber | None, decision: Decision, at_s: int) -> None:
        nas, _ = self._place(stay)
        username = stay.person.username if subscriber is not None else stay.person.username.replace(".", "")
        self.history.records.append(
            DecisionRow(
                at_s, decision.accepted, None if subscriber is None else subscriber.id, username, nas.id, nas.name,
                stay.person.mac, decision.cause, reasons_json(decision.reasons),
            )
        )  # fmt: skip

    def _session(self, stay: Stay, subscriber: Subscriber, decision: Decision) -> SessionRow:
        nas, site = self._place(stay)
        number = len(self.history.sessions) + 1
        row = SessionRow(
            0, self._gateways[nas.name], f"{0x40000000 + number:08x}", subscriber.username, stay.person.mac,
            stay.start_s, subscriber.id, site.id, site.host.id, None if site.link is None else site.link.id,
            f"10.9.{number // 250 % 250}.{number % 250 + 2}", stay.person.site.called_station or "hotspot1", "", None,
            stay.start_s, stay.end_s, stay.end_s, stay.end_s, _ENDED, stay.end_s - stay.start_s,
            interim_s=BIN_S, applied_down_bps=decision.rate.down_bps, applied_up_bps=decision.rate.up_bps,
            applied_cap=decision.octet_cap, applied_code=decision.cause,
        )  # fmt: skip
        self.history.sessions.append(row)
        return row

    def _count(self, one: _Running, octets: Octets2, bin_s: int) -> None:
        history, row, subscriber = self.history, one.row, one.subscriber
        row.input_octets = row.counted_input = row.counted_input + octets.input
        row.output_octets = row.counted_output = row.counted_output + octets.output
        history.used[row.username] = history.used.get(row.username, 0) + octets.total
        for kind, subject in ((PERSON, row.employee_id), (SITE, row.site_id), (LINK, row.link_id)):
            if subject is not None:
                held = history.samples.get((kind, subject, bin_s))
                history.samples[kind, subject, bin_s] = octets if held is None else held + octets
        for quota in subscriber.quotas:
            start_s, end_s = self._policy.calendar.period(quota, bin_s)
            key = (quota.id, subject_id(quota.subject, subscriber), start_s)
            held = history.charges.get(key)
            before = 0 if held is None else held.octets
            history.charges[key] = Charge(*key, end_s, before + measured(quota.direction, octets))


def note_gateways(
    connection: Connection, names: Iterable[tuple[int, str, str]], from_s: int, until_s: int
) -> dict[str, int]:
    """Make the gateways (client id, name, address) as heard from and until these epoch seconds; row ids by name."""
    wanted = {(nas_id, name): address for nas_id, name, address in names}
    gateway_store.ensure_gateways(connection, wanted, from_s)
    found = {
        row.identifier: row.id for row in gateway_store.gateways(connection) if (row.nas_id, row.identifier) in wanted
    }
    packets = {found[name]: (until_s, until_s, address) for (_, name), address in wanted.items()}
    gateway_store.heard(connection, packets, _NOBODY, from_s)
    gateway_store.release(connection, _NOBODY)
    return found
