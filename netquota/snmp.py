"""Reads interfaces' counters by SNMP (v2c, v3): many gateways at once, each bounded in time, none waits for another.

IF-MIB by RFC 2863: a name (ifName) is looked up in the gateway's table once; then one request brings the counters of 64
bits and the name beside them, so that a table that was put in another order is noticed. Only reading, never writing.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final, Protocol, cast

from netquota.clock import Clock
from netquota.errors import NetquotaError
from netquota.logging import get_logger
from netquota.services.interfaces import Answer, Asked, Counters
from netquota.storage.interface_store import SnmpAccess

AT_ONCE: Final = 32
TIMEOUT_S: Final = 2.0
RETRIES: Final = 1
DEADLINE_S: Final = 12.0
"""Most that one gateway may take with all its requests."""
LOOK_UP_S: Final = 0.25
"""How often it is looked whether the process is to end."""
ROWS_AT_ONCE: Final = 40
MOST_ROWS: Final = 4000
INTERFACES_AT_ONCE: Final = 6
_UP_TIME: Final = "1.3.6.1.2.1.1.3.0"
_NAME: Final = "1.3.6.1.2.1.31.1.1.1.1"
_HC_IN, _HC_OUT = "1.3.6.1.2.1.31.1.1.1.6", "1.3.6.1.2.1.31.1.1.1.10"
_HIGH_SPEED: Final = "1.3.6.1.2.1.31.1.1.1.15"
_IN, _OUT = "1.3.6.1.2.1.2.2.1.10", "1.3.6.1.2.1.2.2.1.16"

AUTH: Final = {"none": "usmNoAuthProtocol", "md5": "usmHMACMD5AuthProtocol", "sha": "usmHMACSHAAuthProtocol",
               "sha256": "usmHMAC192SHA256AuthProtocol", "sha512": "usmHMAC384SHA512AuthProtocol"}  # fmt: skip
PRIVACY: Final = {"none": "usmNoPrivProtocol", "des": "usmDESPrivProtocol", "aes": "usmAesCfb128Protocol",
                  "aes256": "usmAesCfb256Protocol"}  # fmt: skip
"""What the settings of a gateway call them -> what the library does."""

log = get_logger("snmp")


class Silent(NetquotaError):
    """The gateway did not answer, or not sensibly."""


class Decrypts(Protocol):
    """What opens the secrets at rest (netquota.secrets)."""

    def decrypt(self, token: bytes) -> bytes:
        """The plain octets of what was encrypted."""
        ...


_Found = list[tuple[str, Any]]
_Request = Callable[[Sequence[str]], Awaitable[_Found]]


@dataclass(frozen=True, slots=True)
class _Line:
    """The two questions that are asked of one gateway: these objects; the rows that follow this one."""

    get: _Request
    following: _Request


def read(asked: Sequence[Asked], secrets: Decrypts, clock: Clock, stopping: threading.Event) -> dict[int, Answer]:
    """Ask all these clients at once; an answer for each, by client. Bounded in time, however many are silent.

    Those under way when `stopping` is set are left out.
    """
    return asyncio.run(_read_all(asked, secrets, clock, stopping)) if asked else {}


async def _read_all(
    asked: Sequence[Asked], secrets: Decrypts, clock: Clock, stopping: threading.Event
) -> dict[int, Answer]:
    turns, lines = asyncio.Semaphore(AT_ONCE), _Lines(secrets)

    async def one(each: Asked) -> Answer:
        async with turns:
            return await _read_one(each, lines, clock)

    asking = {asyncio.create_task(one(each)): each.access.nas_id for each in asked}
    waiting: set[asyncio.Task[Answer]] = set(asking)
    try:
        while waiting and not stopping.is_set():
            _, waiting = await asyncio.wait(waiting, timeout=LOOK_UP_S)
    finally:
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        lines.close()
    return {nas_id: task.result() for task, nas_id in asking.items() if not task.cancelled()}


async def _read_one(asked: Asked, lines: _Lines, clock: Clock) -> Answer:
    where = f"{asked.access.address} port {asked.access.port}"
    try:
        async with asyncio.timeout(DEADLINE_S):
            line = await lines.to(asked.access)
            return await _interfaces(asked, line, clock)
    except Silent as error:
        problem = f"SNMP: {error} ({where})"
    except TimeoutError:
        problem = f"SNMP: the gateway takes too long ({where})"
    except NetquotaError as error:
        problem = f"SNMP: {error}"
    except Exception as error:  # noqa: BLE001 (a door's edge: one gateway's odd answer must not hide the others')
        log.warning("a gateway cannot be read", nas=asked.access.nas, problem=type(error).__name__)
        problem = f"SNMP: the gateway answers something else ({type(error).__name__}, {where})"
    return Answer(int(clock.now().timestamp()), {}, problem=problem)


async def _interfaces(asked: Asked, line: _Line, clock: Clock) -> Answer:
    """The counters of all names; a name that is not where it was is looked up again."""
    found, ticks = await _at(line, {name: asked.known[name] for name in asked.names if name in asked.known})
    at_s = int(clock.now().timestamp())
    missing = [name for name in asked.names if name not in found]
    if missing:
        places = await _places(line)
        again, ticks = await _at(line, {name: places[name] for name in asked.names if name in places})
        found, at_s = again, int(clock.now().timestamp())
    return Answer(at_s, found, ticks)


async def _places(line: _Line) -> dict[str, int]:
    """The whole table of names: name -> row."""
    found: dict[str, int] = {}
    at, prefix = _NAME, _NAME + "."
    while len(found) < MOST_ROWS:
        rows = await line.following([at])
        inside = [(oid, value) for oid, value in rows if oid.startswith(prefix)]
        found.update({_text(value): int(oid.rpartition(".")[2]) for oid, value in inside})
        if len(inside) < len(rows) or not rows or rows[-1][0] == at:
            break
        at = rows[-1][0]
    return found


async def _at(line: _Line, places: Mapping[str, int]) -> tuple[dict[str, Counters], int | None]:
    """The counters of the rows that still have these names, and the gateway's up-time."""
    found: dict[str, Counters] = {}
    ticks: int | None = None
    names = sorted(places)
    for at in range(0, max(1, len(names)), INTERFACES_AT_ONCE):
        part = names[at : at + INTERFACES_AT_ONCE]
        columns = (_NAME, _HC_IN, _HC_OUT, _HIGH_SPEED)
        values = dict(await line.get([_UP_TIME, *(f"{column}.{places[n]}" for n in part for column in columns)]))
        ticks = _number(values.get(_UP_TIME))
        narrow = [n for n in part if _number(values.get(f"{_HC_IN}.{places[n]}")) is None]
        if narrow:  # an old gateway: 32 bits alone
            values |= dict(await line.get([f"{column}.{places[n]}" for n in narrow for column in (_IN, _OUT)]))
        for name in part:
            counters = _counters(values, places[name], 32 if name in narrow else 64)
            if counters is not None and _text(values.get(f"{_NAME}.{places[name]}")) == name:
                found[name] = counters
    return found, ticks


def _counters(values: Mapping[str, Any], place: int, bits: int) -> Counters | None:
    columns = (_HC_IN, _HC_OUT) if bits == 64 else (_IN, _OUT)
    octets = [_number(values.get(f"{column}.{place}")) for column in columns]
    if octets[0] is None or octets[1] is None:
        return None
    speed = _number(values.get(f"{_HIGH_SPEED}.{place}"))
    return Counters(octets[0], octets[1], place, bits, speed * 1_000_000 if speed else None)


def _number(value: Any) -> int | None:
    """The value of a counter; None for "no such object", which the library gives as an empty text."""
    try:
        return int(value)
    except (TypeError, ValueError):
        return None


def _text(value: Any) -> str:
    return "" if value is None else bytes(value).decode("utf-8", "replace").rstrip("\0")


class _Lines:
    """What the library needs to ask: one dispatcher for all of v2c, one engine for each set of v3's names and keys."""

    def __init__(self, secrets: Decrypts) -> None:
        self._secrets = secrets
        self._dispatcher: Any = None
        self._engines: dict[tuple[str, ...], Any] = {}

    async def to(self, access: SnmpAccess) -> _Line:
        """The line to a client. Raises `NetquotaError` where a secret cannot be opened, `Silent` for a bad address."""
        return await (self._v3(access) if access.version == "3" else self._v2c(access))

    def close(self) -> None:
        """Give the sockets back."""
        if self._dispatcher is not None:
            self._dispatcher.transport_dispatcher.close_dispatcher()
        for engine in self._engines.values():
            engine.close_dispatcher()

    def _opened(self, token: bytes | None) -> str:
        return "" if token is None else self._secrets.decrypt(token).decode()

    async def _v2c(self, access: SnmpAccess) -> _Line:
        v1: Any = import_module("pysnmp.hlapi.v1arch.asyncio")  # half a second, where nobody asks for it; untyped

        if self._dispatcher is None:
            self._dispatcher = v1.SnmpDispatcher()
        to = await _target(v1, access)
        community = v1.CommunityData(self._opened(access.community_encrypted), mpModel=1)
        return _line(v1, (self._dispatcher, community, to))

    async def _v3(self, access: SnmpAccess) -> _Line:
        v3: Any = import_module("pysnmp.hlapi.v3arch.asyncio")  # half a second, where nobody asks for it; untyped

        keys = [self._opened(token) for token in (access.auth_password_encrypted, access.privacy_password_encrypted)]
        auth = access.auth if keys[0] else "none"
        privacy = access.privacy if keys[1] and auth != "none" else "none"
        who = (access.user, auth, privacy, *keys)
        if who not in self._engines:
            self._engines[who] = v3.SnmpEngine()
        user = v3.UsmUserData(
            access.user, keys[0] if auth != "none" else None, keys[1] if privacy != "none" else None,
            getattr(v3, AUTH[auth]), getattr(v3, PRIVACY[privacy]),
        )  # fmt: skip
        return _line(v3, (self._engines[who], user, await _target(v3, access), v3.ContextData()))


async def _target(library: Any, access: SnmpAccess) -> Any:
    kind = library.Udp6TransportTarget if ":" in access.address else library.UdpTransportTarget
    try:
        return await kind.create((access.address, access.port), timeout=TIMEOUT_S, retries=RETRIES)
    except Exception:  # noqa: BLE001 (the library's own error, of no public class)
        raise Silent("set snmp_address to one address of the gateway") from None


def _line(library: Any, first: tuple[Any, ...]) -> _Line:
    def named(oids: Sequence[str]) -> Iterator[Any]:
        return (library.ObjectType(library.ObjectIdentity(oid)) for oid in oids)

    async def get(oids: Sequence[str]) -> _Found:
        return _checked(await library.get_cmd(*first, *named(oids), lookupMib=False))

    async def following(oids: Sequence[str]) -> _Found:
        return _checked(await library.bulk_cmd(*first, 0, ROWS_AT_ONCE, *named(oids), lookupMib=False))

    return _Line(get, following)


def _checked(answer: tuple[Any, Any, Any, Any]) -> _Found:
    problem, status, _, rows = answer
    if problem:
        raise Silent(_told(str(problem)))
    if int(status or 0):
        raise Silent(f"the gateway refuses: error {int(status)}")
    return [(str(row[0]), row[1]) for row in cast("Sequence[tuple[Any, Any]]", rows)]


def _told(problem: str) -> str:
    text = problem.lower()
    if "timeout" in text or "no snmp response" in text:
        return "no answer; the gateway is away, or takes no questions from here with this community or user"
    if any(word in text for word in ("digest", "user", "security", "decrypt", "authori", "key")):
        return f"name, password or kind of protection is not the gateway's ({problem})"
    return problem
