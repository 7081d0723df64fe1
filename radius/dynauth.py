"""The sockets under the CoA and Disconnect client: the server's selector loop drives them, the core decides.

Source ports are opened when needed, one for each 256 outstanding orders at a gateway, for IPv4 and IPv6 apart.
"""

from __future__ import annotations

import socket
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Final

from radius.codec import LONGEST
from radius.dynauth_core import DynauthCore, Order, Outcome, Outgoing

MOST_AT_ONCE: Final = 256
"""Datagrams read before the loop gets its turn again."""


class DynauthSockets:
    """Sends what the core wants sent, gives it what comes in. Non-blocking; not for several threads.

    `bind_ipv4`, `bind_ipv6`: the address that gateways know as their server (some take orders from no other).
    `opened` is called with each new socket, to register it for reading. `send_errors` counts what could not leave.
    """

    def __init__(
        self,
        core: DynauthCore,
        bind_ipv4: str = "0.0.0.0",
        bind_ipv6: str = "::",
        opened: Callable[[socket.socket], None] | None = None,
    ) -> None:
        self.core = core
        self.send_errors: Counter[str] = Counter()
        self._bind = {socket.AF_INET: bind_ipv4, socket.AF_INET6: bind_ipv6}
        self._opened = opened
        self._sockets: dict[tuple[int, int], socket.socket] = {}  # (source, address family)
        self._sources: dict[int, int] = {}  # file number: source

    def __enter__(self) -> DynauthSockets:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def filenos(self) -> list[int]:
        """The file numbers to watch for reading."""
        return list(self._sources)

    @property
    def sockets(self) -> list[socket.socket]:
        """The open sockets, for a selector."""
        return list(self._sockets.values())

    def submit(self, order: Order, now: float) -> list[Outcome]:
        """Take an order and send what may leave at once; gives what ended by it. Raises `TooLong`, `InvalidValue`."""
        superseded = self.core.submit(order, now)
        return ([] if superseded is None else [superseded]) + self.pump(now)

    def pump(self, now: float) -> list[Outcome]:
        """Send what is due; gives the orders that ended in silence."""
        datagrams, outcomes = self.core.poll(now)
        for one in datagrams:
            self._send(one)
        return outcomes

    def read(self, fileno: int, now: float) -> list[Outcome]:
        """Read what has come in on this file number; gives the orders that it ended."""
        source = self._sources.get(fileno)
        channel = next((one for one in self._sockets.values() if one.fileno() == fileno), None)
        if source is None or channel is None:
            return []
        outcomes: list[Outcome] = []
        for _ in range(MOST_AT_ONCE):
            try:
                datagram, address = channel.recvfrom(LONGEST + 1)
            except BlockingIOError:
                break
            except OSError:  # an ICMP error of an earlier datagram: the order is repeated, then silent
                continue
            outcome = self.core.received(source, (address[0], address[1]), datagram, now)
            if outcome is not None:
                outcomes.append(outcome)
        return outcomes

    def next_due(self, now: float) -> float | None:
        """When `pump` will have something to do; None while nothing is under way."""
        return self.core.next_due(now)

    def close(self) -> None:
        """Close all sockets; orders under way are left to the next holder."""
        for channel in self._sockets.values():
            channel.close()
        self._sockets.clear()
        self._sources.clear()

    def _send(self, one: Outgoing) -> None:
        """A datagram that cannot leave counts as lost on the way: it is repeated like any other."""
        family = socket.AF_INET6 if ":" in one.address else socket.AF_INET
        try:
            channel = self._sockets.get((one.source, family)) or self._open(one.source, family)
            channel.sendto(one.datagram, (one.address, one.port))
        except OSError as error:
            self.send_errors[error.__class__.__name__] += 1

    def _open(self, source: int, family: socket.AddressFamily) -> socket.socket:
        channel = socket.socket(family, socket.SOCK_DGRAM)
        channel.setblocking(False)
        if family == socket.AF_INET6:
            with suppress(OSError):
                channel.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        try:
            channel.bind((self._bind[family], 0))
        except OSError:
            channel.close()
            raise
        self._sockets[source, family] = channel
        self._sources[channel.fileno()] = source
        if self._opened is not None:
            self._opened(channel)
        return channel
