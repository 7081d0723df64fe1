"""The worker's second thread: everything that touches the database, so that the packet loop never waits for a disk.

Group commit: reports that arrive while a transaction is under way form the next batch; nothing waits for a timer when
idle. Results go back through `outbox`; the packet loop is woken by the `wake` that it gave.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from netquota.clock import Clock
from netquota.domain.counters import CounterRule
from netquota.domain.people import Subscriber
from netquota.domain.policy import Decision
from netquota.domain.quota import LedgerFigure
from netquota.errors import NetquotaError, NotFound, StorageUnavailable
from netquota.logging import SparseLog, get_logger
from netquota.services import guessing
from netquota.services.account import Counted, count
from netquota.services.admission import Asked
from netquota.services.authorize import subscriber_named
from netquota.services.class_token import ClassSigner
from netquota.services.desk_work import DeskWork, Heard, Tick
from netquota.services.facts import Policy, site_for
from netquota.services.gateways import GatewayBook
from netquota.services.guessing import Tried
from netquota.services.live import LivePerson, load
from netquota.services.macs import account_of_mac
from netquota.services.reserve import reserve
from netquota.services.session_memory import SessionMemory
from netquota.services.settling import Entry
from netquota.storage.alarm_report import TOO_MANY_GATEWAYS
from netquota.storage.database import Database, Entangled
from netquota.storage.ledger_store import Books
from netquota.storage.order_store import Ended, Order
from netquota.storage.record_store import DecisionRow
from radius.engine import Accounting
from radius.failures import INTERNAL, place_of
from radius.families import FAMILIES

MOST_IN_BATCH = 512
IDLE_S = 0.1  # how long a change made elsewhere may stay unseen when no packet comes
FAILED_PAUSE_S = 0.2
STANDS_STILL_S = 5.0
"""A database that has answered nothing for so long is away; until then it is only slow, and waited for."""
RECORDS_EVERY_S = 0.5
DECIDED_KEPT_S = 5.0  # longer than a change of policy takes to be noticed
MOST_DECIDED = 1000  # batches
MOST_CROWDED = 10_000
CROWDED_S = 60.0
FOREIGN_CLASS = "class_not_ours"  # P8: treated as absent

log = get_logger("radius")


@dataclass(frozen=True, slots=True)
class BatchDone:
    """Reports that are in the books now, and what that changed; `counted` None: they are not taken, and `why`."""

    requests: list[Accounting]
    counted: Counted | None
    why: str = "not_recorded"


@dataclass(frozen=True, slots=True)
class FiguresRead:
    """Live figures that log-ins wait for, by employee id; `pools` of their OPDs. `found` None: could not be read."""

    asked: list[int]
    found: dict[int, LivePerson] | None
    pools: list[LedgerFigure]


@dataclass(frozen=True, slots=True)
class Reserved:
    """Log-ins whose exact grant stands in the database now; `decided` None: it could not be reserved.

    `is_away`: because the database is away, not because others were in the way.
    """

    asked: list[Asked]
    decided: list[Decision] | None
    is_away: bool = True


@dataclass(frozen=True, slots=True)
class PolicyChanged:
    """A newer policy to decide from."""

    policy: Policy


@dataclass(frozen=True, slots=True)
class OrdersDue:
    """Orders that this worker is to send."""

    orders: list[Order]


@dataclass(frozen=True, slots=True)
class ClaimsKept:
    """The claims were prolonged. `lost`: gateways for which another worker sends from now on."""

    lost: list[int]


@dataclass(frozen=True, slots=True)
class EndsWritten:
    """The ends of these orders stand in the books: they will not be due again."""

    order_ids: list[int]


@dataclass(frozen=True, slots=True)
class Forget:
    """People whose figures somebody else changed; None = everybody."""

    people: list[int] | None
    pools: Sequence[LedgerFigure] = ()


T = TypeVar("T")

Result = BatchDone | FiguresRead | Reserved | PolicyChanged | OrdersDue | ClaimsKept | EndsWritten | Forget


@dataclass(slots=True)
class Inbox:
    """What the packet loop hands over; appended by it, taken by the bookkeeper."""

    accounting: deque[Accounting] = field(default_factory=deque[Accounting])
    figures: deque[Subscriber] = field(default_factory=deque[Subscriber])
    reserving: deque[Asked] = field(default_factory=deque[Asked])
    records: deque[DecisionRow] = field(default_factory=deque[DecisionRow])
    tried: deque[Tried] = field(default_factory=deque[Tried])
    ends: deque[Ended] = field(default_factory=deque[Ended])
    sent: deque[tuple[int, int]] = field(default_factory=deque[tuple[int, int]])  # (order, epoch ms)
    end_sessions: deque[tuple[int, ...]] = field(default_factory=deque[tuple[int, ...]])
    signing: deque[int] = field(default_factory=deque[int])
    problems: deque[dict[tuple[int, str], int]] = field(default_factory=deque[dict[tuple[int, str], int]])

    def __bool__(self) -> bool:
        return bool(
            self.accounting or self.figures or self.reserving or self.ends or self.sent or self.end_sessions
            or self.signing or self.problems
        )  # fmt: skip


class Bookkeeper(threading.Thread):
    """One thread, one writer. `put` after appending to `inbox`; `stop` finishes what was taken and ends."""

    def __init__(
        self,
        database: Database,
        policy: Policy,
        desk: DeskWork,
        signer: ClassSigner,
        clock: Clock,
        worker: str,
        wake: Callable[[], None],
        part: int = 0,
    ) -> None:
        super().__init__(name="bookkeeper", daemon=True)
        self.inbox = Inbox()
        self.outbox: deque[Result] = deque()
        self.gateways = GatewayBook()
        self._books = Books(database, part)
        self._memory = SessionMemory()
        self._desk = desk
        self._policy = policy
        self._signer = signer
        self._clock = clock
        self._worker = worker
        self._wake = wake
        self._work = threading.Event()
        self._stopping = False
        self._recorded_s = 0.0
        self._heard: dict[int, Heard] = {}
        self._decided: deque[tuple[float, tuple[int, ...]]] = deque(maxlen=MOST_DECIDED)  # when, for which sessions
        self._foreign_classes: dict[int, int] = {}
        self._answered_s = clock.monotonic()  # when the database did what it was asked, for the last time
        self._crowded: dict[tuple[int, str], float] = {}  # names that were one too many, until when they are not asked
        self._failure: NetquotaError | None = None  # of a commit that was left; written by its thread
        self._told = SparseLog(log)

    def put(self) -> None:
        """There is something in the inbox."""
        self._work.set()

    def is_only_slow(self, now_s: float) -> bool:
        """Whether the database still answers, late as it may be. `now_s` of the clock's monotonic seconds."""
        return now_s - self._answered_s < STANDS_STILL_S

    def stop(self) -> None:
        """Finish what is in the inbox, then end; join() waits for it."""
        self._stopping = True
        self._work.set()

    def run(self) -> None:
        """The thread's life."""
        while True:
            self._work.wait(IDLE_S)
            self._work.clear()
            stopping = self._stopping
            self._turn()
            if stopping and not (self.inbox or self.inbox.records):
                self._books.close()
                self._desk.close(self._worker)
                return

    def _turn(self) -> None:
        try:
            self._read_figures()
            self._reserve()
            self._count_batch()
            self._write_the_rest()
            self._look_around()
        except StorageUnavailable as error:
            if not isinstance(error, Entangled):
                self._answered_s = -STANDS_STILL_S
            self._desk.unavailable(error)
            self._pause()
        except Exception as error:  # noqa: BLE001 (a door's edge: this thread is the worker's only writer)
            self._tell("internal error in the books; what was taken is lost", place_of(error), INTERNAL)
            self._pause()

    def _answered(self) -> None:
        self._answered_s = self._clock.monotonic()

    def _pause(self) -> None:
        """The database is away: a moment's rest, but no longer than until somebody asks for figures."""
        threading.Event().wait(FAILED_PAUSE_S)

    def _tell(self, event: str, cause: str, source: str) -> None:
        self._told.warning(event, cause=cause, source=source, now_s=self._clock.monotonic())

    def _say(self, result: Result) -> None:
        self.outbox.append(result)
        self._wake()

    def _now_s(self) -> int:
        return int(self._clock.now().timestamp())

    def _now_ms(self) -> int:
        return int(self._clock.now().timestamp() * 1000)

    # -- log-ins ------------------------------------------------------------------------------------------------

    def _read_figures(self) -> None:
        wanted = _taken(self.inbox.figures, MOST_IN_BATCH)
        if not wanted:
            return
        by_id = self._policy.snapshot.subscriber_by_id
        people = {person.id: by_id.find(person.id) or person for person in wanted}  # who asked may know older quotas
        try:
            with self._books.reading() as page:
                found, pools = load(page, list(people.values()), self._now_s())
        except StorageUnavailable:
            self._say(FiguresRead(list(people), None, []))
            raise
        self._answered()
        self._say(FiguresRead(list(people), found, pools))

    def _reserve(self) -> None:
        """Grants that must be exact, all that wait in one transaction; the accepts leave after it."""
        asked = _taken(self.inbox.reserving, MOST_IN_BATCH)
        if not asked:
            return
        try:
            decided = reserve(self._books, self._policy, asked, self._now_s())
        except Entangled:  # the gateways ask again
            self._say(Reserved(asked, None, is_away=False))
            return
        except StorageUnavailable:
            self._say(Reserved(asked, None))
            raise
        self._answered()
        self._say(Reserved(asked, decided))

    # -- accounting ---------------------------------------------------------------------------------------------

    def _count_batch(self) -> None:
        self._take_failure()
        requests = self._admitted(_taken(self.inbox.accounting, MOST_IN_BATCH))
        if requests:
            self._count(requests)
        if self.inbox.accounting:
            self._work.set()

    def _count(self, requests: list[Accounting]) -> None:
        try:
            counted = self._counted(requests)  # said to be done by then, or when its commit has ended
        except Entangled as error:  # once more with each by itself: one may be what the database never takes
            self._count_apart(requests, error)
            return
        except StorageUnavailable:
            self._say(BatchDone(requests, None))
            raise
        except Exception as error:  # noqa: BLE001 (a door's edge: what the database cannot hold ends no worker)
            self._count_apart(requests, error)
            return
        self._answered()
        self._desk.sharing.saw(counted.rows, counted.decided, self._now_ms())
        self._decided.append((self._clock.monotonic(), counted.decided))
        if counted.ordered:
            self._say(OrdersDue(self._desk.due_orders(self._worker, self._now_ms())))

    def _take_failure(self) -> None:
        """A commit that was left came to nothing: what is remembered since may be wrong, and is read anew."""
        failure, self._failure = self._failure, None
        if failure is None:
            return
        self._memory.clear()
        if isinstance(failure, StorageUnavailable):
            raise failure
        self._tell("reports cannot be recorded", type(failure).__name__, "database")

    def _committed(
        self, requests: list[Accounting], records: list[DecisionRow], counted: Counted, error: NetquotaError | None
    ) -> None:
        """A batch is in the books, or not; may be called in the thread that commits."""
        if error is not None:
            self._failure = error
            self.inbox.records.extendleft(reversed(records))
        self._say(BatchDone(requests, counted if error is None else None))

    def _count_apart(self, requests: list[Accounting], error: Exception) -> None:
        """A report that cannot be recorded stays unanswered, and keeps no other from being counted."""
        if len(requests) == 1:
            self._tell("a report cannot be recorded", place_of(error), requests[0].exchange.nas.name)
            self._say(BatchDone(requests, None))
            return
        left = deque(requests)
        try:
            while left:
                self._count([left.popleft()])
        except StorageUnavailable:
            self._say(BatchDone(list(left), None))
            raise

    def _admitted(self, requests: list[Accounting]) -> list[Accounting]:
        """The reports of gateways that are known or may be; the others stay unanswered and are counted as dropped."""
        try:
            self._make_gateways(requests)
        except StorageUnavailable:
            self._say(BatchDone(requests, None))
            raise
        except Exception as error:  # noqa: BLE001 (a door's edge: a client that is gone by now keeps nobody waiting)
            self._count_apart(requests, error)
            return []
        crowded = [request for request in requests if _name_of(request) in self._crowded] if self._crowded else []
        if not crowded:
            return requests
        self._say(BatchDone(crowded, None, TOO_MANY_GATEWAYS))
        return [request for request in requests if _name_of(request) not in self._crowded]

    def _counted(self, requests: list[Accounting]) -> Counted:
        entries = [self._entry(request) for request in requests]
        records = _taken(self.inbox.records, 4 * MOST_IN_BATCH)
        also = self._desk.write_records(records) if records else None
        with _unless_away((self.inbox.records, records)):
            return count(
                self._books, self._policy, self.gateways, entries, self._worker, self._now_ms(), also, self._memory,
                self._arrival_ms(requests), partial(self._committed, requests, records),
            )  # fmt: skip

    def _arrival_ms(self, requests: Sequence[Accounting]) -> int:
        """When the oldest of the reports arrived, by the wall clock (epoch ms)."""
        oldest_s = min(request.exchange.received_s for request in requests)
        return self._now_ms() - int(max(0.0, self._clock.monotonic() - oldest_s) * 1000)

    def _make_gateways(self, requests: Sequence[Accounting]) -> None:
        now_s = self._clock.monotonic()
        if self._crowded:
            self._crowded = {name: until_s for name, until_s in self._crowded.items() if until_s > now_s}
        seen = {_name_of(r): r.exchange.address[0] for r in requests}
        missing = self.gateways.missing(seen) - self._crowded.keys()
        if not missing:
            return
        with self._books.page() as (_, connection):
            self._desk.make_gateways(connection, {name: seen[name] for name in missing}, self._now_s())
        with self._books.page() as (_, connection):  # known only once they are there to stay
            self.gateways.read(connection)
            self._desk.claim(connection, [g.id for n in missing if (g := self.gateways.named(*n))], self._now_s())
        if len(self._crowded) < MOST_CROWDED:
            crowded = [n for n in missing if self.gateways.is_one_too_many(*n, self._desk.most_gateways, self._now_s())]
            self._crowded |= dict.fromkeys(crowded, now_s + CROWDED_S)

    def _entry(self, request: Accounting) -> Entry:
        report, nas = request.report, request.exchange.nas
        gateway = self.gateways.named(nas.id, report.gateway)
        if gateway is None:
            raise NotFound("gateway", f"{nas.name}/{report.gateway}", "it was removed meanwhile")
        event_s, clock_changed = self.gateways.event_time(gateway, report)
        if clock_changed:
            self._desk.clock_changed(gateway)
        self._heard[gateway.id] = Heard(report.arrival_s, report.arrival_s, request.exchange.address[0])
        snapshot = self._policy.snapshot
        granted = self._signer.granted(report.class_token)
        if granted is None and report.class_token is not None:
            self._foreign_classes[nas.id] = self._foreign_classes.get(nas.id, 0) + 1
        subscriber = None if granted is None else snapshot.subscriber_by_id.find(granted.employee_id)
        if subscriber is None and report.username:
            subscriber = subscriber_named(self._policy, report.username, nas.realms) or account_of_mac(
                self._policy, nas, report.gateway, report.username
            )
        family = FAMILIES[nas.family]
        site = site_for(snapshot, subscriber, nas, report.gateway, report.called_station, report.nas_port, report.vlan)
        rule = CounterRule(family.wraps_32bit, family.resets_on_coa)
        return Entry(report, nas, gateway.id, event_s, report.arrival_s, subscriber, site, granted, rule)

    # -- the rest -----------------------------------------------------------------------------------------------

    def _write_the_rest(self) -> None:
        """Notes without a batch to ride on, ends of orders and what follows from them, sessions that make room."""
        inbox = self.inbox
        self._write_records()
        self._write_notes()
        ends, sent = _taken(inbox.ends, MOST_IN_BATCH), _taken(inbox.sent, MOST_IN_BATCH)
        leaving = _taken(inbox.end_sessions, MOST_IN_BATCH)
        making_room = [session_id for ids in leaving for session_id in ids]
        if not (ends or sent or making_room):
            return
        with (
            _unless_away((inbox.ends, ends), (inbox.sent, sent), (inbox.end_sessions, leaving)),
            self._books.page() as (page, connection),
        ):
            rows = self._desk.after_orders(
                page, connection, self._policy, self.gateways, ends, sent, making_room, self._now_ms()
            )
        self._memory.forget(rows)
        if ends:
            self._say(EndsWritten([end.order_id for end in ends]))
        if ends or making_room:
            self._say(Forget(sorted({row.employee_id for row in rows if row.employee_id is not None})))
            self._say(OrdersDue(self._desk.due_orders(self._worker, self._now_ms())))

    def _write_records(self) -> None:
        """Records that no batch took along: seldom and many at once, for nobody waits for them."""
        now_s = self._clock.monotonic()
        if now_s - self._recorded_s < RECORDS_EVERY_S and not self._stopping:
            return
        self._recorded_s = now_s
        if self._foreign_classes:
            counted, self._foreign_classes = self._foreign_classes, {}
            self.inbox.problems.append({(nas_id, FOREIGN_CLASS): count for nas_id, count in counted.items()})
        while records := _taken(self.inbox.records, 4 * MOST_IN_BATCH):
            with _unless_away((self.inbox.records, records)), self._books.page() as (_, connection):
                self._desk.write_records(records)(connection)
        while tried := _taken(self.inbox.tried, MOST_IN_BATCH):
            with _unless_away((self.inbox.tried, tried)), self._books.page() as (_, connection):
                guessing.note(connection, tried)

    def _write_notes(self) -> None:
        """What clients showed of themselves; apart from the ends of orders, which nothing here may undo."""
        inbox = self.inbox
        signing, problems = _taken(inbox.signing, MOST_IN_BATCH), _taken(inbox.problems, MOST_IN_BATCH)
        if signing or problems:
            with (
                _unless_away((inbox.signing, signing), (inbox.problems, problems)),
                self._books.page() as (_, connection),
            ):
                self._desk.note(connection, signing, problems, self._now_s())

    def _look_around(self) -> None:
        """What happened elsewhere: policy, other workers' figures, orders to send."""
        tick: Tick = self._desk.look_around(self._policy, self.gateways, self._worker, self._heard, self._now_ms())
        if tick.looked:
            self._answered()
        if tick.heard_written:
            self._heard = {}
        if tick.policy is not None:
            self._policy = tick.policy
            self._say(PolicyChanged(tick.policy.for_another_thread()))
            self._look_again()
        if tick.forget_all or tick.forget:
            self._say(Forget(None if tick.forget_all else tick.forget, tick.pools))
        if tick.heard_written:
            self._say(ClaimsKept(tick.lost))
        if tick.orders:
            self._say(OrdersDue(tick.orders))

    def _look_again(self) -> None:
        """Sessions decided for by the policy of before while it changed: who changed it may not have seen them."""
        since_s = self._clock.monotonic() - DECIDED_KEPT_S
        lately = sorted({session_id for at_s, ids in self._decided if at_s >= since_s for session_id in ids})
        self._decided.clear()
        if lately:
            with self._books.page() as (page, connection):
                self._desk.look_again(page, connection, self._policy, self.gateways, lately, self._now_ms())


@contextmanager
def _unless_away(*taken: tuple[deque[Any], list[Any]]) -> Generator[None]:
    """What was taken from these queues goes back to their front where the database does not take it now."""
    try:
        yield
    except StorageUnavailable:
        for queue, items in taken:
            queue.extendleft(reversed(items))
        raise


def _name_of(request: Accounting) -> tuple[int, str]:
    """(client id, identifier) of the gateway that reports."""
    return request.exchange.nas.id, request.report.gateway


def _taken(queue: deque[T], most: int) -> list[T]:
    taken: list[T] = []
    while queue and len(taken) < most:
        taken.append(queue.popleft())
    return taken
