"""The dynauth client over real sockets on loopback, IPv4 and IPv6."""

import select
import socket
from collections.abc import Iterator

import pytest

from radius import tables as t
from radius.codec import Code, attribute, parse, reply
from radius.dynauth import DynauthSockets
from radius.dynauth_core import DynauthCore, Order, OrderKind, Outcome, Pace, Result

SECRET = b"a secret of sixteen"


def listener(family: socket.AddressFamily, host: str) -> socket.socket:
    gateway = socket.socket(family, socket.SOCK_DGRAM)
    gateway.bind((host, 0))
    gateway.settimeout(5)
    return gateway


@pytest.fixture(params=["127.0.0.1", "::1"])
def gateway(request: pytest.FixtureRequest) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in request.param else socket.AF_INET
    with listener(family, request.param) as found:
        yield found


def order_to(gateway: socket.socket, session: int = 1) -> Order:
    host, port = gateway.getsockname()[:2]
    name = attribute(t.USER_NAME, b"siti")
    return Order(session, session, 1, OrderKind.COA, host, port, SECRET, name, 1_760_000_000)


def answered(client: DynauthSockets, now: float) -> list[Outcome]:
    ready, _, _ = select.select(client.filenos, [], [], 5)
    return [outcome for fileno in ready for outcome in client.read(fileno, now)]


def test_order_goes_out_and_its_answer_comes_in(gateway: socket.socket) -> None:
    opened: list[socket.socket] = []
    core = DynauthCore()
    with DynauthSockets(core, opened=opened.append) as client:
        assert client.submit(order_to(gateway), 0.0) == []
        assert client.sockets == opened
        datagram, source = gateway.recvfrom(4096)
        gateway.sendto(reply(Code.COA_ACK, parse(datagram), b"", SECRET), source)
        [outcome] = answered(client, 0.1)
        assert (outcome.result, outcome.order_id) == (Result.ACK, 1)
        assert client.next_due(0.1) is None
    assert client.filenos == []


def test_many_outstanding_orders_use_several_source_ports(gateway: socket.socket) -> None:
    with DynauthSockets(DynauthCore(Pace(per_second=1000, window=300))) as client:
        sources: set[int] = set()
        for session in range(257):
            client.submit(order_to(gateway, session), session * 0.002)
            sources.add(gateway.recvfrom(4096)[1][1])
        assert len(sources) == len(client.filenos) == 2


def test_gateway_that_is_not_there_ends_in_silence(gateway: socket.socket) -> None:
    order = order_to(gateway)
    gateway.close()
    with DynauthSockets(DynauthCore()) as client:
        client.submit(order, 0.0)
        client.pump(1.0)
        client.pump(3.0)
        assert [outcome.result for outcome in client.pump(7.0)] == [Result.SILENT]
        assert client.read(client.filenos[0], 7.0) == []


def test_order_that_cannot_leave_ends_in_silence_and_is_counted(gateway: socket.socket) -> None:
    with DynauthSockets(DynauthCore(), bind_ipv4="192.0.2.1", bind_ipv6="2001:db8::1") as client:
        client.submit(order_to(gateway), 0.0)
        client.pump(1.0)
        client.pump(3.0)
        assert [outcome.result for outcome in client.pump(7.0)] == [Result.SILENT]
        assert client.send_errors.total() == 3
