"""The sockets and the clock around a gateway: RADIUS both ways, and the loop that lets time pass."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import cast

from netquota_gateway.gateway import Answer, Gateway
from netquota_gateway.orders import OrderDesk
from netquota_gateway.sessions import Moment, Session
from netquota_gateway.settings import Radius

_LEAST_PAUSE_S = 0.001


def now() -> Moment:
    """This moment by both clocks."""
    return Moment(time.monotonic(), time.time())


class _Port(asyncio.DatagramProtocol):
    """One socket; datagrams from anybody but `expected` (None: whoever looks for himself) are passed over."""

    def __init__(self, expected: tuple[str, int] | None, take: Callable[[bytes, tuple[str, int]], None]) -> None:
        self._expected, self._take = expected, take
        self.transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if self._expected is None or addr[:2] == self._expected:
            self._take(data, addr)

    def error_received(self, exc: Exception) -> None:
        """Nobody there: silence tells it as well."""

    def send(self, datagram: bytes, address: tuple[str, int]) -> None:
        """Send, or let it be lost where there is no way."""
        if self.transport is not None:
            self.transport.sendto(datagram, address)


class Doors:
    """One gateway at work. What asks for something of it (page, control socket) does so through here."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        self._desk = OrderDesk(gateway)
        radius = gateway.settings.radius
        server = str(radius.server)
        self._auth, self._acct = (server, radius.auth_port), (server, radius.acct_port)
        self._questions = _Port(self._auth, self._answered)
        self._reports = _Port(self._acct, self._acknowledged)
        self._orders = _Port(None, self._ordered)
        self._awake = asyncio.Event()
        self._stopping = False

    async def open(self) -> None:
        """Bind the sockets. Raises `OSError` where our address is not ours or a port is taken."""
        loop = asyncio.get_running_loop()
        radius: Radius = self.gateway.settings.radius
        source = str(radius.source)
        for port, number in ((self._questions, 0), (self._reports, 0), (self._orders, radius.coa_port)):
            await loop.create_datagram_endpoint(lambda port=port: port, local_addr=(source, number))

    async def run(self) -> None:
        """Let time pass until `stop`."""
        while not self._stopping:
            self._send()
            pause_s = max(_LEAST_PAUSE_S, self.gateway.next_due_s() - time.monotonic())
            try:
                await asyncio.wait_for(self._awake.wait(), pause_s)
            except TimeoutError:
                continue
            self._awake.clear()

    async def finish(self, within_s: float) -> None:
        """End all sessions and give the server some seconds to take the reports; the rest waits on disk."""
        self.gateway.stop(now())
        until_s = time.monotonic() + within_s
        while len(self.gateway.reports) and time.monotonic() < until_s:
            self._send()
            await asyncio.sleep(0.02)

    def stop(self) -> None:
        """Let `run` return."""
        self._stopping = True
        self._awake.set()

    async def log_in(self, ip: str, username: str, password: str) -> Answer:
        """Log a device in; how it ended."""
        done: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self.gateway.log_in(
            ip, username, password, now(), lambda answer: None if done.done() else done.set_result(answer)
        )
        self._awake.set()
        return await done

    def log_out(self, ip: str) -> bool:
        """Log a device out; whether it was in."""
        found = self.gateway.log_out(ip, now())
        self._awake.set()
        return found

    def report(self, ip: str) -> bool:
        """Have an Interim-Update sent at once; whether there is such a session."""
        session = self.session(ip)
        if session is not None:
            self.gateway.report_now(session, now())
            self._awake.set()
        return session is not None

    def session(self, ip: str) -> Session | None:
        """Who is logged in at this address."""
        return self.gateway.hotspot.sessions.get(ip)

    def hardware_address(self, ip: str) -> str:
        """Of the device at this address; empty where the kernel knows none."""
        return self.gateway.hotspot.kernel.hardware_address(ip) or ""

    def _send(self) -> None:
        questions, reports = self.gateway.poll(now())
        for datagram in questions:
            self._questions.send(datagram, self._auth)
        for datagram in reports:
            self._reports.send(datagram, self._acct)

    def _answered(self, datagram: bytes, _source: tuple[str, int]) -> None:
        self.gateway.answered(datagram, now())
        self._awake.set()

    def _acknowledged(self, datagram: bytes, _source: tuple[str, int]) -> None:
        self.gateway.acknowledged(datagram, now())
        self._awake.set()

    def _ordered(self, datagram: bytes, source: tuple[str, int]) -> None:
        answer = self._desk.answer(datagram, source[0], now())
        if answer is not None:
            self._orders.send(answer, source)
        self._awake.set()
