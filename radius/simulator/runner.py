"""Simulated gateways on real sockets: one selector loop drives any number, each with its own ports.

Time comes from the clock that is passed in; the loop waits by it, so a test may run a day in a second. Only gateways
that have something to do are looked at, so that a city of hundreds costs what its packets cost.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from heapq import heappop, heappush
from selectors import EVENT_READ, DefaultSelector
from types import TracebackType
from typing import Final

from radius.codec import LONGEST
from radius.simulator.nas import Door, SimulatedNas
from radius.simulator.obeying import OrderDesk
from radius.simulator.tally import Durations
from radius.simulator.weather import Climate, Weather

_LONGEST_WAIT_S: Final = 0.25
_MOST_AT_ONCE: Final = 128


@dataclass(frozen=True, slots=True)
class Server:
    """Where the RADIUS server listens."""

    host: str = "127.0.0.1"
    authentication_port: int = 1812
    accounting_port: int = 1813

    def address(self, door: Door) -> tuple[str, int]:
        """(host, port) of a door."""
        return self.host, self.authentication_port if door is Door.AUTHENTICATION else self.accounting_port


class Station:
    """One gateway's sockets: a source port for each door, and the port on which it takes orders.

    `bind` is the gateway's own address; `coa_port` 0 takes any free one (see the attribute afterwards). `weather`: its
    own, else the runner's.
    """

    def __init__(
        self,
        nas: SimulatedNas,
        server: Server,
        bind: str = "127.0.0.1",
        coa_port: int = 0,
        weather: Weather | None = None,
    ) -> None:
        self.nas, self.server, self.weather = nas, server, weather
        self.due: float | None = None
        self.desk = OrderDesk(nas)
        self.doors = {door: _socket(bind, 0) for door in Door}
        self.orders = _socket(bind, coa_port)
        self.coa_port: int = self.orders.getsockname()[1]

    def close(self) -> None:
        """Close its sockets."""
        for channel in (*self.doors.values(), self.orders):
            channel.close()


class Runner:
    """Drives stations, in the caller's thread (`run`, `step`) or in one of its own (`start`, `stop`).

    Touch the gateways of a running runner only inside `with runner.lock`.
    """

    def __init__(
        self,
        stations: Sequence[Station],
        clock: Callable[[], float] = time.time,
        climate: Climate | None = None,
        seed: int = 0,
    ) -> None:
        self.stations = list(stations)
        self.lock = threading.RLock()
        self.errors = 0
        self._clock = clock
        self._weather = Weather(climate or Climate(), seed)
        self.late = Durations()
        self._touched: dict[int, Station] = dict(enumerate(self.stations))
        self._agenda: list[tuple[float, int]] = []
        self._air: list[tuple[float, int, Callable[[float], None]]] = []
        self._serial = 0
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._selector = DefaultSelector()
        for number, station in enumerate(self.stations):
            station.nas.on_work = partial(self._touched.setdefault, number, station)
            for door, channel in station.doors.items():
                self._selector.register(channel, EVENT_READ, (station, door))
            self._selector.register(station.orders, EVENT_READ, (station, None))

    def __enter__(self) -> Runner:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Drive the stations in a thread of its own."""
        self._thread = threading.Thread(target=self.run, name="simulator", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the loop and close the sockets."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(timeout=5)
        self._selector.close()
        for station in self.stations:
            station.close()

    def run(self) -> None:
        """Drive the stations until `stop`."""
        while not self._stopping.is_set():
            self.step()

    def step(self, longest_wait_s: float = _LONGEST_WAIT_S) -> None:
        """Send what is due, wait for datagrams, take them in."""
        with self.lock:
            wait_s = self._send_due(self._clock())
        for key, _ in self._selector.select(max(0.0, min(longest_wait_s, wait_s))):
            station, door = key.data
            with self.lock:
                self._read(station, door, key.fileobj)

    def _send_due(self, now: float) -> float:
        """Let every gateway act that has a reason to; seconds until one has again."""
        while self._agenda and self._agenda[0][0] <= now:
            due, number = heappop(self._agenda)
            if self.stations[number].due == due:
                self.late.add(now - due)
                self.stations[number].due = None
                self._touched[number] = self.stations[number]
        while self._touched:
            number, station = self._touched.popitem()
            self._drive(number, station, now)
        while self._air and self._air[0][0] <= now:
            heappop(self._air)[2](now)
        moments = [heap[0][0] for heap in (self._agenda, self._air) if heap]
        return 0.0 if self._touched else min(moments, default=now + _LONGEST_WAIT_S) - now

    def _drive(self, number: int, station: Station, now: float) -> None:
        for datagram in station.nas.poll(now):
            channel, address = station.doors[datagram.door], station.server.address(datagram.door)
            self._carry(station, now, self._sending(channel, datagram.datagram, address))
        due = station.nas.next_due()
        if due is not None and due != station.due:
            heappush(self._agenda, (due, number))
        station.due = due

    def _read(self, station: Station, door: Door | None, channel: object) -> None:
        assert isinstance(channel, socket.socket)  # noqa: S101 (what was registered)
        for _ in range(_MOST_AT_ONCE):
            try:
                datagram, source = channel.recvfrom(LONGEST + 1)
            except OSError:
                return
            if door is None:
                deliver = partial(self._take_order, station, datagram, source)
            else:
                deliver = self._receiving(station.nas, door, datagram)
            self._carry(station, self._clock(), deliver)

    def _take_order(self, station: Station, datagram: bytes, source: tuple[str, int], now: float) -> None:
        answer = station.desk.answer(datagram, f"{source[0]}:{source[1]}", now)
        if answer is None:
            return
        send = self._sending(station.orders, answer, source)
        delay_s = station.nas.quirks.answer_delay_s
        if delay_s:
            self._put_in_air(now + delay_s, send)
        else:
            self._carry(station, now, send)

    def _carry(self, station: Station, now: float, deliver: Callable[[float], None]) -> None:
        for arrival in (station.weather or self._weather).arrivals(now):
            if arrival <= now:
                deliver(now)
            else:
                self._put_in_air(arrival, deliver)

    def _put_in_air(self, arrival: float, deliver: Callable[[float], None]) -> None:
        self._serial += 1
        heappush(self._air, (arrival, self._serial, deliver))

    def _sending(self, channel: socket.socket, datagram: bytes, address: tuple[str, int]) -> Callable[[float], None]:
        def send(_now: float) -> None:
            try:
                channel.sendto(datagram, address)
            except OSError:
                self.errors += 1

        return send

    @staticmethod
    def _receiving(nas: SimulatedNas, door: Door, datagram: bytes) -> Callable[[float], None]:
        return lambda now: nas.received(door, datagram, now)


def _socket(bind: str, port: int) -> socket.socket:
    channel = socket.socket(socket.AF_INET6 if ":" in bind else socket.AF_INET, socket.SOCK_DGRAM)
    channel.setblocking(False)
    try:
        channel.bind((bind, port))
    except OSError:
        channel.close()
        raise
    return channel
