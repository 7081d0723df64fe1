"""One rehearsal from beginning to end: its city, its secrets, the run, what is told afterwards."""

from __future__ import annotations

import gc
import resource
import secrets
import signal
import tempfile
import threading
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Final

import click

from netquota.cli.desk import office_of
from netquota.cli.failures import Exit
from netquota.cli.output import print_json, print_pairs
from netquota.cli.simulate_verify import Verdict, Verifier
from netquota.domain.units import format_octets
from netquota.errors import ConfigurationError, NotFound
from netquota.services import rehearsal as city
from netquota.storage.policy_store import load_snapshot
from radius.simulator.rehearsal import Place, alive, on_the_network, places, residents
from radius.simulator.runner import Server
from radius.simulator.settings import Obedience
from radius.simulator.status_client import answers
from radius.simulator.tally import ACCEPTED, Tally
from radius.simulator.truth import TruthLog, truth_of

if TYPE_CHECKING:
    from netquota.domain.places import Nas
    from netquota.secrets import Keyring
    from netquota.services.office import Office
    from netquota.settings import Settings
    from radius.simulator.city import Town
    from radius.simulator.life import Life
    from radius.simulator.scenario import Scenario

_GRACE_S: Final = 60.0
_ORDERS_END_S: Final = 60.0
_SOCKETS_EACH: Final = 3
_LATE_MS: Final = 250.0


@dataclass(frozen=True, slots=True)
class Choices:
    """What the caller wants beside the run; `quiet`: no progress on standard error."""

    truth: Path | None = None
    verify: bool = False
    make_city: bool = False
    quiet: bool = True


@dataclass(slots=True)
class Outcome:
    """What came of it. `missing`: packets that this machine could not send."""

    tally: Tally
    took_s: float
    missing: int
    processor_s: float
    verdict: Verdict | None = None
    unacknowledged: int = 0

    @property
    def exit_code(self) -> int:
        """1 where the books differ, 3 where the server answered nothing at all."""
        if not self.tally.answers:
            return Exit.UNREACHABLE
        return Exit.FAILED if self.verdict is not None and self.verdict.violations else Exit.DONE


def describe(scenario: Scenario, as_json: bool) -> None:
    """What a scenario holds."""
    facts: dict[str, object] = {
        "name": scenario.name, "gateways": scenario.gateway_count, "people": len(list(residents(scenario))),
        "devices": scenario.device_count, "seconds": round(scenario.duration_s), "seed": scenario.seed,
        "speed": scenario.speed, "groups": {group.name: f"{group.count} x {group.family}" for group in scenario.groups},
    }  # fmt: skip
    if as_json:
        print_json(facts)
        return
    groups = ", ".join(f"{group.count} {group.family} ({group.name})" for group in scenario.groups)
    print_pairs([*((name, value) for name, value in facts.items() if name != "groups"), ("groups", groups)])


def make_city(scenario: Scenario, settings: Settings, keyring: Keyring | None, quiet: bool) -> None:
    """Make the scenario's city in the empty database. Raises `ConfigurationError`, `InvalidValue`."""
    with office_of(settings, keyring) as office:
        began = time.monotonic()
        made = city.make(office, city.Wanted(scenario.city, map(_client, places(scenario)), _people(scenario)),
                         scenario.password)  # fmt: skip
    _say(f"made a city of {made} people in {time.monotonic() - began:.1f} s", quiet)


def _client(place: Place) -> dict[str, str]:
    return {
        "name": place.name, "address": place.address, "family": place.family, "opd": place.opd,
        "secret": place.secret or secrets.token_hex(12), "coa_port": str(place.coa_port or ""),
        "octets_reversed": "" if place.octets_reversed is None else "yes" if place.octets_reversed else "no",
    }  # fmt: skip


def _people(scenario: Scenario) -> Generator[Mapping[str, str]]:
    for one in residents(scenario):
        yield {"username": one.username, "name": one.username, "opd": one.opd, "plan": one.plan}


def answering(scenario: Scenario, settings: Settings, within_s: float) -> bool:
    """Whether both doors answer the first gateway."""
    with office_of(settings) as office:
        found = _secrets_of(scenario, office)
    place, server = next(places(scenario)), _server(scenario, settings)
    doors = (server.authentication_port, server.accounting_port)
    return all(answers(server.host, port, found[place.name], within_s, place.address) for port in doors)


def run(scenario: Scenario, settings: Settings, choices: Choices) -> Outcome:
    """Play it. Raises `ConfigurationError` where an address is not ours, `NotFound` for a gateway nobody knows."""
    needs_books = choices.verify or choices.make_city or any(group.secret is None for group in scenario.groups)
    if choices.make_city:
        make_city(scenario, settings, None, choices.quiet)
    if not needs_books:
        own = {place.name: (place.secret or "").encode() for place in places(scenario)}
        return _play(scenario, settings, choices, own, None)
    with office_of(settings) as office:
        verifier = _verifier(scenario, settings, office) if choices.verify else None
        return _play(scenario, settings, choices, _secrets_of(scenario, office), verifier)


def _verifier(scenario: Scenario, settings: Settings, office: Office) -> Verifier:
    obeying = {group.name for group in scenario.groups if group.coa.answers is Obedience.OBEYS}
    return Verifier(
        office, settings.enforcement.throttle_floor_bps, {one.username for one in residents(scenario)},
        {place.name for place in places(scenario)},
        {place.name for place in places(scenario) if place.name.rpartition("-")[0] in obeying},
    )  # fmt: skip


def _secrets_of(scenario: Scenario, office: Office) -> dict[str, bytes]:
    """Each gateway's secret: the scenario's, else that of the client with its address in the database."""
    with office.database.read() as connection:
        clients = list(load_snapshot(connection, office.secrets, office.zone).nas_by_id.values())
    exact = {nas.address: nas for nas in clients}
    found: dict[str, bytes] = {}
    for place in places(scenario):
        if place.secret is not None:
            found[place.name] = place.secret.encode()
            continue
        nas = exact.get(place.address) or _within(clients, place.address)
        if nas is None:
            raise NotFound(
                "gateway",
                f"{place.name} ({place.address})",
                "register it with `netquota nas add`, or use --with-server",
            )
        found[place.name] = nas.secret
    return found


def _within(clients: list[Nas], address: str) -> Nas | None:
    """The client with the narrowest network around this address."""
    around = [nas for nas in clients if ip_address(address) in ip_network(nas.address)]
    return max(around, key=lambda nas: ip_network(nas.address).prefixlen, default=None)


def _server(scenario: Scenario, settings: Settings) -> Server:
    return scenario.server or Server("127.0.0.1", settings.radius.auth_port, settings.radius.acct_port)


def _play(
    scenario: Scenario, settings: Settings, choices: Choices, found: Mapping[str, bytes], verifier: Verifier | None
) -> Outcome:
    _allow_sockets(scenario.gateway_count * _SOCKETS_EACH)
    offset = datetime.now(UTC).astimezone(settings.city.zone).utcoffset()
    utc_offset_s = 0 if offset is None else int(offset.total_seconds())
    tally = Tally()
    with _truth(choices) as path, path.open("w", encoding="utf-8") as file:
        life = alive(scenario, found, TruthLog(file), tally, utc_offset_s)
        town = _opened(scenario, settings, life)
        if verifier is not None:
            verifier.begin()
        began, processor = time.monotonic(), time.process_time()
        _live(town, scenario, choices, verifier)
        outcome = Outcome(
            tally, time.monotonic() - began, town.runner.errors, time.process_time() - processor,
            unacknowledged=life.unacknowledged,
        )  # fmt: skip
        tally.late = town.runner.late
        for nas in life.gateways.values():
            tally.repeated.update(nas.repeated)
        file.flush()
        if verifier is not None:
            verifier.wait_for_orders(_ORDERS_END_S)
            outcome.verdict = verifier.verdict(truth_of(path))
    return outcome


def _opened(scenario: Scenario, settings: Settings, life: Life) -> Town:
    try:
        return on_the_network(scenario, life, _server(scenario, settings), time.time, _GRACE_S)
    except OSError as error:
        raise ConfigurationError(
            f"an address of the simulated gateways cannot be opened ({error.strerror}): give addresses of this machine "
            "(127.0.0.0/8 always are) on whose CoA port nothing listens"
        ) from None


def _live(town: Town, scenario: Scenario, choices: Choices, verifier: Verifier | None) -> None:
    """Until its time is over, or Ctrl-C; then everybody leaves in good order."""
    stop = threading.Event()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    earlier = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
    _say(f"{scenario.name}: {scenario.gateway_count} gateways, {scenario.device_count} devices, "
         f"{scenario.duration_s:.0f} s; Ctrl-C ends it sooner", choices.quiet)  # fmt: skip
    gc.freeze()  # thousands of long-lived objects would be looked through again and again
    try:
        town.run(stop, scenario.duration_s, None if verifier is None else verifier.at_rest)
    finally:
        for number, handler in earlier.items():
            signal.signal(number, handler)


@contextmanager
def _truth(choices: Choices) -> Generator[Path]:
    """The truth's file: the one that was named, else one that is gone afterwards."""
    if choices.truth is not None:
        yield choices.truth
        return
    with tempfile.TemporaryDirectory(prefix="netquota-truth-") as folder:
        yield Path(folder) / "truth.jsonl"


def _allow_sockets(wanted: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = wanted + 100
    if soft < needed <= hard or hard == resource.RLIM_INFINITY:
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, needed), hard))
    elif hard < needed:
        raise ConfigurationError(f"{wanted} sockets are needed and {hard} files may be open; raise `ulimit -n`")


def _say(words: str, quiet: bool) -> None:
    if not quiet:
        click.echo(words, err=True)


def report(scenario: Scenario, outcome: Outcome, as_json: bool) -> None:
    """The summary."""
    tally = outcome.tally
    if as_json:
        verdict = None if outcome.verdict is None else [str(one) for one in outcome.verdict.violations]
        own: dict[str, object] = {
            "name": scenario.name, "seed": scenario.seed, "gateways": scenario.gateway_count,
            "seconds": round(outcome.took_s, 1), "processor_seconds": round(outcome.processor_s, 1),
            "unacknowledged": outcome.unacknowledged, "unsent": outcome.missing,
        }  # fmt: skip
        print_json({**own, **tally.as_table(), "violations": verdict})
        return
    print_pairs(_pairs(scenario, outcome))
    for line in outcome.verdict.lines() if outcome.verdict is not None else ():
        click.echo(line)


def _pairs(scenario: Scenario, outcome: Outcome) -> Generator[tuple[str, object]]:
    tally = outcome.tally
    yield "rehearsal", f"{scenario.name}, seed {scenario.seed}, {outcome.took_s:.0f} s"
    yield (
        "sessions",
        f"{tally.most_online} at once at most, on {scenario.gateway_count} gateways; {tally.reboots} reboots",
    )
    refused = sum(tally.logins.values()) - tally.logins[ACCEPTED]
    yield "log-ins", f"{tally.logins[ACCEPTED]} accepted, {refused} not"
    for cause, count in tally.logins.most_common():
        if cause != ACCEPTED:
            yield "  not", f"{count} x {cause}"
    for status, made in tally.made.items():
        yield f"  {status}", f"{made} told, {tally.acknowledged[status]} acknowledged"
    yield "repeated", ", ".join(f"{count} {door}" for door, count in tally.repeated.items())
    orders = ", ".join(f"{count} {kind} {answer}" for (kind, answer), count in sorted(tally.orders.items()))
    yield "orders", orders or "none came"
    told, held = tally.octets_told, tally.octets_acknowledged
    yield "octets", f"{told} told ({format_octets(told, 'en')}), {held} acknowledged"
    for door, durations in tally.answers.items():
        found = durations.told()
        yield f"{door} answers", f"p50 {found['p50_ms']} ms, p99 {found['p99_ms']} ms, longest {found['longest_ms']} ms"
    late = tally.late.told()
    busy = outcome.processor_s / max(outcome.took_s, 0.001)
    yield "own events", f"late by p50 {late['p50_ms']} ms, p99 {late['p99_ms']} ms; {busy:.0%} of a core"
    if float(late["p99_ms"]) > _LATE_MS:
        yield "  limit", "this machine is too slow for the scenario: answer times above are its own, too"
    if outcome.unacknowledged or outcome.missing:
        yield "  open", f"{outcome.unacknowledged} reports without answer, {outcome.missing} packets not sent"
