"""A RADIUS worker's parts, put together from settings: database, policy, engine, desk, bookkeeper, CoA client."""

from __future__ import annotations

import os
import random
import socket
from collections.abc import Callable
from dataclasses import dataclass, field

from netquota.clock import Clock
from netquota.domain.quota import QuotaSubject
from netquota.domain.share_round import Headroom
from netquota.errors import NetquotaError
from netquota.ldap_directory import directory_of
from netquota.logging import SparseLog, get_logger
from netquota.secrets import Keyring
from netquota.services.authorize import Authorizer
from netquota.services.class_token import class_signer
from netquota.services.desk_work import DeskWork
from netquota.services.directory import DirectoryDesk
from netquota.services.facts import Policy
from netquota.services.live import LiveFigures
from netquota.services.tokens import TokenDesk
from netquota.services.verify import PasswordMemory, SlowCheck
from netquota.settings import Settings
from netquota.storage.database import Database, open_database
from netquota.storage.gateway_store import worker_name
from netquota.storage.ledger_store import PARTS_A_WRITER
from netquota.storage.nas_table import NasTable
from netquota.storage.policy_store import load_snapshot
from radius.bookkeeper import Bookkeeper
from radius.duplicates import Limits
from radius.dynauth import DynauthSockets
from radius.dynauth_core import DynauthCore, Pace
from radius.engine import Engine, Exchange
from radius.login_desk import DeskRules, LoginDesk

AWAY_TOLD_EVERY_S = 5.0

log = get_logger("radius")


@dataclass(slots=True)
class Parts:
    """The parts that the packet loop drives; `use` puts a newer policy in place."""

    policy: Policy
    live: LiveFigures
    authorizer: Authorizer
    engine: Engine
    desk: LoginDesk
    bookkeeper: Bookkeeper
    dynauth: DynauthSockets
    database: Database
    personal_quotas: set[int] = field(default_factory=set[int])
    told_signing: set[int] = field(default_factory=set[int])

    def use(self, policy: Policy) -> None:
        """Decide from this policy from now on."""
        self.policy = policy
        self.authorizer.policy = policy
        self.personal_quotas = _personal(policy)
        self.live.forget_all()


def _personal(policy: Policy) -> set[int]:
    return {quota.id for quota in policy.snapshot.quotas.values() if quota.subject is QuotaSubject.PERSON}


def assembled(
    settings: Settings,
    index: int,
    clock: Clock,
    send: Callable[[Exchange, bytes], None],
    wake: Callable[[], None],
    watch: Callable[[socket.socket], None],
) -> Parts:
    """All parts of worker `index`, with policy loaded. Raises `ConfigurationError`, `StorageUnavailable`."""
    database, keyring = open_database(settings.database.url, by_key=True), Keyring.load(settings.security.key_file)
    floor_bps = settings.enforcement.throttle_floor_bps
    longest_s = settings.enforcement.longest_session_without_coa_s
    headroom = Headroom(settings.enforcement.headroom_permille, settings.enforcement.headroom_floors)
    with database.read() as connection:
        policy = Policy.of(load_snapshot(connection, keyring, settings.city.zone), floor_bps, longest_s, headroom)
    live, signer = LiveFigures(), class_signer(keyring)
    desk_work = DeskWork(database, keyring, settings.city.zone, floor_bps, _database_away(clock))
    desk_work.most_gateways = settings.radius.gateways_per_client
    desk_work.worker = worker_name(socket.gethostname(), os.getpid(), index)
    mine = policy.for_another_thread()
    part = index * PARTS_A_WRITER
    bookkeeper = Bookkeeper(database, mine, desk_work, signer, clock, desk_work.worker, wake, part)
    with database.read() as connection:
        bookkeeper.gateways.read(connection)
    limits = Limits(keep_s=settings.radius.duplicate_window_s)
    engine = Engine(NasTable(policy.snapshot.nas_by_id.values()).find, limits)
    authorizer = Authorizer(policy, live, signer)
    radius = settings.radius
    memory = PasswordMemory(keyring, radius.password_memory_entries, radius.password_memory_s)
    told = settings.directory
    directory = DirectoryDesk(directory_of(told), keyring, told.keep_s, told.timeout_s)
    slow = SlowCheck(keyring, TokenDesk(database, keyring, settings.portal.token_lifetime_s), database, directory)
    rules = DeskRules(
        radius.reject_delay_s, settings.city.language, settings.city.zone, radius.password_workers,
        radius.gateways_per_client, settings.city.help_contact,
    )  # fmt: skip
    desk = LoginDesk(engine, authorizer, memory, slow, bookkeeper, rules, send, wake, clock.monotonic)
    tries = (radius.coa_give_up_s + 1).bit_length() - 1  # 1 + 2 + 4 ... seconds between them
    core = DynauthCore(
        Pace(radius.coa_pace_per_gateway_s, max(1, tries), window=radius.coa_window_per_gateway), _jitter
    )
    dynauth = DynauthSockets(core, *_own_addresses(radius.bind), opened=watch)
    return Parts(policy, live, authorizer, engine, desk, bookkeeper, dynauth, database, _personal(policy))


def _database_away(clock: Clock) -> Callable[[NetquotaError], None]:
    """Tells that the database does not answer, now and then."""
    sparse = SparseLog(log, AWAY_TOLD_EVERY_S)

    def tell(error: NetquotaError) -> None:
        told = "the database does not answer; gateways repeat what is not recorded"
        sparse.warning(told, cause=type(error).__name__, source="database", now_s=clock.monotonic(), problem=str(error))

    return tell


def _jitter() -> float:
    """A share of the waiting time to add (RFC 5080 §2.2.1)."""
    return random.uniform(-0.1, 0.1)  # noqa: S311 (spreads repetitions, guards nothing)


def _own_addresses(bind: tuple[str, ...]) -> tuple[str, str]:
    """The addresses that CoA leaves from: those we listen on, since some gateways take orders from no other."""
    ipv4 = [address for address in bind if ":" not in address]
    ipv6 = [address for address in bind if ":" in address]
    return (ipv4[0] if len(ipv4) == 1 else "0.0.0.0"), (ipv6[0] if len(ipv6) == 1 else "::")
