"""Use case: interfaces of sites and links are measured, whoever read them: the server by SNMP, or the gateway itself.

Hotspot accounting never hears of VPNs, servers and circuits, so capacity figures stand on these. What two readings tell
is domain.interfaces' affair; who asks gateways is a door's (`Instruments`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from netquota.domain.interfaces import Faces, Growth, Reading, ReadingKind, in_bins, is_coarse, judge, rates
from netquota.domain.matching import fits
from netquota.domain.samples import BIN_S, late_hours
from netquota.errors import NetquotaError
from netquota.services import addresses
from netquota.services.gateway_tokens import token_of
from netquota.services.shift import Shift, in_parts
from netquota.storage import gateway_store, gateway_token_store, interface_store, sample_marks, uptime_store
from netquota.storage.database import Connection, Database
from netquota.storage.interface_store import Held, Key, Probe, Reach, SnmpAccess, Wanted
from netquota.storage.ledger_store import Page, page_on

SNMP, PUSH = "snmp", "push"
SERVER, GATEWAY = "server", "gateway"
NO_INTERFACE: Final = "the gateway has no interface of this name"
NO_WAY: Final = "the gateway is asked by nobody: set up SNMP there, or let it report its interfaces"
STOPPED: Final = "its reports have stopped"
UNNAMED: Final = "several gateways are behind this client: its report must name its own (?gateway=NAME)"
IMPLAUSIBLE: Final = "its counter changed by more than the interface carries; this interval was not counted"
CLIENTS_IN_STEP: Final = 8
STALE_S: Final = 3 * BIN_S
"""A rate older than this says nothing of now."""
LATELY_S: Final = 86_400
"""Gateways that were heard within this time are behind their client now."""


@dataclass(frozen=True, slots=True)
class Counters:
    """What a gateway said of one interface: octets so far, its place in the table, the width and the speed."""

    input: int
    output: int
    if_index: int | None = None
    bits: int = 64
    speed_bps: int | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a gateway said when it was asked, or by itself: its up-time in 1/100 s, its interfaces by name.

    `problem`: why it said nothing; empty where it answered.
    """

    at_s: int
    interfaces: Mapping[str, Counters]
    up_ticks: int | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """Which interfaces of which client to ask for by SNMP; `known` are their places in its table, by name."""

    access: SnmpAccess
    names: tuple[str, ...]
    known: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Echo:
    """How often an address was asked and answered; microseconds, None where nothing came back."""

    sent: int
    received: int
    round_trip_us: int | None = None
    longest_us: int | None = None


class Instruments(Protocol):
    """The doors through which the clock looks out: each call is bounded in time, however many are silent."""

    def read(self, asked: Sequence[Asked]) -> Mapping[int, Answer]:
        """Ask all these clients at once by SNMP; an answer for each, by client."""
        ...

    def ping(self, addresses: Sequence[str]) -> Mapping[str, Echo]:
        """Ask all these addresses at once; those that cannot be asked from here are left out."""
        ...

    def stop(self) -> None:
        """The process ends: let who waits for answers return at once."""
        ...


# -- what was said becomes samples ----------------------------------------------------------------------------------


def take(
    connection: Connection, wanted: Sequence[Wanted], answer: Answer, by: str, now_s: int, gateway: str = ""
) -> int:
    """Count what a client's interfaces carried since they were read last. How many were counted.

    Each growth, its samples and the reading that it rests on are one transaction, so nothing counts twice. An interface
    is read one way, of one `gateway` (as it named itself): while that is fresh, others are left aside; SNMP goes first.
    What comes another way is another counter.
    """
    page, counted = page_on(connection), 0
    known = interface_store.held(connection, [one.key for one in wanted], lock=True)
    after: list[Held] = []
    for one in wanted:
        before = _of_now(one, known.get(one.key))
        found = answer.interfaces.get(one.interface)
        is_same = (before.by, before.gateway) == (by, gateway)
        if not is_same and _is_fresh(before, now_s) and (by == PUSH or found is None):
            continue
        if found is None:
            after.append(_failed(before, answer.problem or NO_INTERFACE, now_s))
            continue
        reading = Reading(
            answer.at_s, found.input, found.output, answer.up_ticks, found.if_index, found.bits, found.speed_bps
        )
        growth = judge(before.last if is_same else None, reading)
        counted += growth.is_counted
        _put_samples(connection, page, one, growth, now_s)
        after.append(replace(_read(before, one, reading, growth, now_s), by=by, gateway=gateway))
    interface_store.put(connection, after)
    return counted


def _of_now(one: Wanted, held: Held | None) -> Held:
    """What is kept; begun anew where another interface, client or gateway is named by now."""
    if held is not None and (held.interface, held.nas_id) == (one.interface, one.nas_id):
        is_meant = not (one.gateway and held.gateway) or fits(one.gateway, held.gateway)
        if is_meant:
            return held
    return Held(one.kind, one.subject_id, one.interface, one.nas_id)


def _is_fresh(held: Held, now_s: int) -> bool:
    return held.last is not None and now_s - held.last.at_s <= STALE_S


def _failed(held: Held, problem: str, now_s: int) -> Held:
    since_s = held.problem_s if held.problem else now_s
    return replace(held, problem=problem, problem_s=since_s)


def _read(held: Held, one: Wanted, reading: Reading, growth: Growth, now_s: int) -> Held:
    if growth.kind is ReadingKind.LATE:
        return held
    down_bps, up_bps = rates(growth, one.faces) if growth.is_counted else (None, None)
    sums = [sum(octets) for octets in zip((0, 0), *(each[1:] for each in in_bins(growth, one.faces)), strict=True)]
    kept = _failed(held, IMPLAUSIBLE, now_s) if growth.kind is ReadingKind.JUMP else replace(
        held, problem="", problem_s=None
    )  # fmt: skip
    return replace(
        kept, last=reading, now_down_bps=down_bps, now_up_bps=up_bps, total_down=held.total_down + sums[0],
        total_up=held.total_up + sums[1],
    )  # fmt: skip


def _put_samples(connection: Connection, page: Page, one: Wanted, growth: Growth, now_s: int) -> None:
    rows = [(one.kind, one.subject_id, *each) for each in in_bins(growth, one.faces)]
    if rows:
        page.add_samples(rows)
        keys = [row[:3] for row in rows]
        sample_marks.note(connection, keys if is_coarse(growth) else (), late_hours(keys, now_s))


def known_interfaces(database: Database, nas_id: int) -> dict[Faces, str]:
    """The interface of a gateway to each side, as its sites and links name it; left out where they name several."""
    with database.read() as connection:
        named = [(one.faces, one.interface) for one in interface_store.wanted(connection) if one.nas_id == nas_id]
    found: dict[Faces, str] = {}
    for faces in Faces:
        names = {interface for side, interface in named if side is faces}
        if len(names) == 1:
            found[faces] = names.pop()
    return found


def _by_client(wanted: Iterable[Wanted]) -> dict[int, list[Wanted]]:
    found: dict[int, list[Wanted]] = {}
    for one in wanted:
        found.setdefault(one.nas_id, []).append(one)
    return found


# -- the clock asks -------------------------------------------------------------------------------------------------


def read_interfaces(shift: Shift, instruments: Instruments | None) -> str:
    """Ask every client that has SNMP for its interfaces, all at once, and the far ends of links by ping.

    A rehearsal, and a process without instruments, asks nobody.
    """
    with shift.reading() as (_, connection):
        wanted = interface_store.wanted(connection)
        access = interface_store.snmp_access(connection)
        known = interface_store.held(connection)
        probes = interface_store.probes(connection)
    gone = sorted(known.keys() - {one.key for one in wanted})
    clients = _by_client(wanted)
    asked = [_asked(access[nas_id], of_client, known) for nas_id, of_client in clients.items() if nas_id in access]
    if shift.rehearsal or instruments is None:
        return f"{len(asked)} gateways and {len(probes)} far ends would be asked"
    answers = instruments.read(asked)
    counted = 0
    for part in in_parts(sorted(answers), CLIENTS_IN_STEP):
        with shift.step() as (_, connection):
            for nas_id in part:
                counted += take(connection, clients[nas_id], answers[nas_id], SNMP, shift.now_s)
    addresses.let_go(shift)
    _see_to_others(shift, {nas_id: of for nas_id, of in clients.items() if nas_id not in access}, known, gone)
    answered = sum(1 for answer in answers.values() if not answer.problem)
    heard = _ping(shift, instruments, probes)
    return (
        f"{answered} of {len(asked)} gateways answered, {counted} interfaces counted, {heard} of {len(probes)} far ends"
        " answered"
    )


def _asked(access: SnmpAccess, wanted: Sequence[Wanted], known: Mapping[Key, Held]) -> Asked:
    places: dict[str, int] = {}
    for one in wanted:
        held = known.get(one.key)
        last = None if held is None or held.interface != one.interface else held.last
        if last is not None and last.if_index is not None:
            places[one.interface] = last.if_index
    return Asked(access, tuple(sorted({one.interface for one in wanted})), places)


def _see_to_others(
    shift: Shift, others: Mapping[int, Sequence[Wanted]], known: Mapping[Key, Held], gone: Sequence[Key]
) -> None:
    """Interfaces at clients without SNMP whose reports do not come; and those that nobody names any more."""
    silent = [one for of_client in others.values() for one in of_client]
    silent = [one for one in silent if _late(one, known.get(one.key), shift.now_s)]
    if silent or gone:
        with shift.step() as (_, connection):
            # gateways report meanwhile: what they said since is not written over
            by_now = interface_store.held(connection, [one.key for one in silent], lock=True)
            late = [found for one in silent if (found := _late(one, by_now.get(one.key), shift.now_s))]
            interface_store.put(connection, [one for one in late if one.key in by_now])
            interface_store.put(connection, [one for one in late if one.key not in by_now], over=False)
            interface_store.forget(connection, gone)


def _late(one: Wanted, kept: Held | None, now_s: int) -> Held | None:
    """What is to be kept of an interface whose reports do not come; None where they do, or that is told already."""
    held = _of_now(one, kept)
    if held.problem or _is_fresh(held, now_s):
        return None
    return _failed(held, NO_WAY if held.last is None else STOPPED, now_s)


def _ping(shift: Shift, instruments: Instruments, probes: Sequence[Probe]) -> int:
    at_s = shift.now_s // BIN_S * BIN_S
    echoes = instruments.ping(sorted({probe.address for probe in probes}))
    found = [_reach(probe.link_id, at_s, SERVER, echoes[probe.address]) for probe in probes if probe.address in echoes]
    if found:
        with shift.step() as (_, connection):
            interface_store.add_reach(connection, found)
    return sum(1 for one in found if one.received)


def _reach(link_id: int, bin_s: int, by: str, echo: Echo) -> Reach:
    return Reach(link_id, bin_s, by, echo.sent, echo.received, echo.round_trip_us, echo.longest_us)


# -- the gateway tells ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Told:
    """What a gateway reported by itself: its interfaces, by address how links' far ends answered it, and by host what
    flowed from and to applications so far."""

    answer: Answer
    echoes: Mapping[str, Echo]
    hosts: Mapping[str, addresses.Octets] = field(default_factory=dict[str, addresses.Octets])


@dataclass(frozen=True, slots=True)
class Questions:
    """What a gateway is to report: interfaces by name, addresses to ping, hosts of applications to count."""

    interfaces: tuple[str, ...]
    addresses: tuple[str, ...]
    hosts: tuple[str, ...]


class UnknownToken(NetquotaError):
    """The token opens nothing."""


def asked_of(database: Database, token: str, gateway: str) -> Questions:
    """What the gateway behind a token is to report. Raises `UnknownToken`."""
    with database.read() as connection:
        nas_id = _client_of(connection, token)
        wanted = _of_gateway(connection, nas_id, gateway)
        far_ends = {probe.address for probe in interface_store.probes(connection) if probe.nas_id == nas_id}
        hosts = tuple(addresses.asked(connection))
    return Questions(tuple(sorted({one.interface for one in wanted})), tuple(sorted(far_ends)), hosts)


def pushed(database: Database, token: str, gateway: str, told: Told, address: str, now_s: int) -> int:
    """A gateway reports; what it says counts as if it had been asked. How many interfaces and hosts were counted.

    `gateway`: its identifier, where several are behind one client; `address`: where the report came from. What nobody
    asked for is ignored, and one of several gateways that does not name itself counts for none of them.
    Raises `UnknownToken`.
    """
    with database.read() as connection:
        _client_of(connection, token)
    with database.write() as connection:
        found = token_of(connection, token)
        if found is None:
            raise UnknownToken("this token is not good")
        gateway_token_store.used(connection, found.id, address, now_s)
        uptime_store.note_client(connection, found.nas_id, now_s, gateway)
        probes = [probe for probe in interface_store.probes(connection) if probe.nas_id == found.nas_id]
        bin_s = now_s // BIN_S * BIN_S
        interface_store.add_reach(
            connection,
            [_reach(p.link_id, bin_s, GATEWAY, told.echoes[p.address]) for p in probes if p.address in told.echoes],
        )
        if not gateway and gateway_store.count_heard(connection, found.nas_id, now_s - LATELY_S) > 1:
            told = Told(Answer(told.answer.at_s, {}, problem=UNNAMED), {})
        answer, source = told.answer, addresses.Source(found.nas_id, gateway)
        counted = take(connection, _of_gateway(connection, found.nas_id, gateway), answer, PUSH, now_s, gateway)
        return counted + addresses.take(connection, source, told.hosts, answer.up_ticks, answer.at_s)


def _client_of(connection: Connection, token: str) -> int:
    found = token_of(connection, token)
    if found is None:
        raise UnknownToken("this token is not good")
    return found.nas_id


def _of_gateway(connection: Connection, nas_id: int, gateway: str) -> list[Wanted]:
    """The interfaces at a client that this gateway of it has: a site that names another gateway is not meant."""
    return [
        one
        for one in interface_store.wanted(connection)
        if one.nas_id == nas_id and not (one.gateway and gateway and not fits(one.gateway, gateway))
    ]
