"""Gateways that do nothing but answer orders, each on an address of its own; they note when each datagram came."""

from __future__ import annotations

import selectors
import socket
import struct
import threading
from bisect import bisect_left
from dataclasses import dataclass, field
from types import TracebackType

from radius.codec import Code, parse, reply

_ACKS = {Code.COA_REQUEST: Code.COA_ACK, Code.DISCONNECT_REQUEST: Code.DISCONNECT_ACK}


_TIMESTAMPS = 35  # SO_TIMESTAMPNS: the kernel notes when a datagram came, however late this thread gets its turn


def came_s(notes: list[tuple[int, int, bytes]]) -> float:
    """Epoch seconds, by the kernel."""
    seconds, nanoseconds = struct.unpack("qq", notes[0][2][:16])
    return float(seconds) + nanoseconds / 1e9


@dataclass
class Taker:
    """One gateway: where it listens, whether it answers, when orders came (epoch seconds)."""

    name: str
    address: str
    secret: bytes
    answers: bool = True
    came_s: list[float] = field(default_factory=list)
    channel: socket.socket = field(init=False)

    def __post_init__(self) -> None:
        self.channel = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.channel.bind((self.address, 0))
        self.channel.setblocking(False)
        self.channel.setsockopt(socket.SOL_SOCKET, _TIMESTAMPS, 1)

    @property
    def port(self) -> int:
        return int(self.channel.getsockname()[1])

    def take(self) -> None:
        while True:
            try:
                datagram, notes, _, source = self.channel.recvmsg(4096, 128)
            except BlockingIOError:
                return
            self.came_s.append(came_s(notes))
            request = parse(datagram)
            if self.answers:
                self.channel.sendto(reply(_ACKS[Code(request.code)], request, b"", self.secret), source)

    @property
    def most_in_a_second(self) -> int:
        """The most datagrams that came in any second, wherever it begins."""
        came = sorted(self.came_s)
        return max((bisect_left(came, begin + 1) - at for at, begin in enumerate(came)), default=0)


class Takers:
    """All of them, in one thread."""

    def __init__(self, takers: list[Taker]) -> None:
        self.takers = takers
        self._selector = selectors.DefaultSelector()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        for taker in takers:
            self._selector.register(taker.channel, selectors.EVENT_READ, taker)

    def __enter__(self) -> Takers:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        self._thread.join(5)
        for taker in self.takers:
            taker.channel.close()

    def _run(self) -> None:
        while not self._stopping.is_set():
            for key, _ in self._selector.select(0.1):
                key.data.take()
