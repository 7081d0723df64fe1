"""Many datagrams by one system call: nothing lost, nothing mixed up, whoever cannot be reached in nobody's way."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from radius.datagrams import LONGEST, MOST_AT_ONCE, Datagrams

WITHIN_S = 5


@pytest.fixture(params=[("127.0.0.1", socket.AF_INET), ("::1", socket.AF_INET6)], ids=["ipv4", "ipv6"])
def served(request: pytest.FixtureRequest) -> Iterator[Datagrams]:
    address, family = request.param
    channel = socket.socket(family, socket.SOCK_DGRAM)
    channel.setblocking(False)
    channel.bind((address, 0))
    datagrams = Datagrams(channel)
    yield datagrams
    datagrams.close()


def _peer(served: Datagrams) -> socket.socket:
    peer = socket.socket(served.channel.family, socket.SOCK_DGRAM)
    peer.settimeout(WITHIN_S)
    peer.bind((served.channel.getsockname()[0], 0))
    peer.connect(served.channel.getsockname()[:2])
    return peer


def test_what_waits_comes_in_order_at_most_a_batch_at_once_each_with_its_sender(served: Datagrams) -> None:
    with _peer(served) as one, _peer(served) as other:
        for number in range(MOST_AT_ONCE + 5):
            (other if number % 3 else one).send(bytes([number]) * (number + 1))
        first, second = served.receive(), served.receive()
        assert (len(first), len(second), served.receive()) == (MOST_AT_ONCE, 5, [])
        for number, (octets, address) in enumerate([*first, *second]):
            assert octets == bytes([number]) * (number + 1)
            assert address == (other if number % 3 else one).getsockname()[:2]


def test_what_is_too_long_shows_itself_and_what_is_empty_comes_too(served: Datagrams) -> None:
    with _peer(served) as peer:
        for size in (LONGEST + 900, 0, 4096):
            peer.send(b"x" * size)
        assert [len(octets) for octets, _ in served.receive()] == [LONGEST, 0, 4096]


def test_answers_go_to_whom_they_are_for_whatever_their_number(served: Datagrams) -> None:
    with _peer(served) as one, _peer(served) as other:
        one.send(b"?")
        ((_, known),) = served.receive()
        unknown = other.getsockname()[:2]
        count = 2 * MOST_AT_ONCE + 7
        served.send([(b"%d" % number, known if number % 2 else unknown) for number in range(count)])
        for peer, numbers in ((other, range(0, count, 2)), (one, range(1, count, 2))):
            assert [peer.recv(100) for _ in numbers] == [b"%d" % number for number in numbers]


def test_an_answer_that_cannot_leave_is_left_out_alone(served: Datagrams) -> None:
    with _peer(served) as peer:
        there = peer.getsockname()[:2]
        nowhere = (there[0], 0)  # no port: the system refuses it
        served.send([(b"1", there), (b"2", nowhere), (b"3", nowhere), (b"4", there)])
        assert [peer.recv(100), peer.recv(100)] == [b"1", b"4"]


def test_no_more_senders_are_remembered_than_fit(served: Datagrams, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("radius.datagrams._MOST_NAMES", 2)
    peers = [_peer(served) for _ in range(5)]
    for peer in peers:
        peer.send(b"?")
    found = served.receive()
    served.send([(octets + b"!", address) for octets, address in found])
    assert [peer.recv(10) for peer in peers] == [b"?!"] * 5
    for peer in peers:
        peer.close()
