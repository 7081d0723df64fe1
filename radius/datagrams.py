"""Many datagrams by one system call (recvmmsg, sendmmsg of Linux), over a socket that is open already.

Python's own calls take one each, and give the interpreter away for each: where another thread waits for it, that is
two changes of threads a packet, which cost more than the packet.
"""

from __future__ import annotations

import ctypes
import socket
import struct
from collections.abc import Sequence
from typing import Final

MOST_AT_ONCE: Final = 64
LONGEST: Final = 4097  # one more than RFC 2865 allows, so that what is too long shows itself
_LONGEST_NAME: Final = 28  # struct sockaddr_in6
_MOST_NAMES: Final = 4096  # remembered; a gateway has a few source ports

Address = tuple[str, int]
"""Where a datagram came from: address and port."""

_IPV4 = struct.Struct("=H2s4s8x")  # family, port, address
_IPV6 = struct.Struct("=H2s4s16sI")  # family, port, flow, address, scope


class _Vector(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


class _Header(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_void_p), ("name_length", ctypes.c_uint32), ("vectors", ctypes.c_void_p),
        ("vector_count", ctypes.c_size_t), ("control", ctypes.c_void_p), ("control_length", ctypes.c_size_t),
        ("flags", ctypes.c_int),
    )  # fmt: skip


class _Message(ctypes.Structure):
    _fields_ = (("header", _Header), ("length", ctypes.c_uint32))


_libc = ctypes.CDLL(None, use_errno=True)
_WORD = 4
_WORDS = ctypes.sizeof(_Message) // _WORD  # of a message
_LENGTH = _Message.length.offset // _WORD
_NAME_LENGTH = _Header.name_length.offset // _WORD
_SIZE_OCTETS = ctypes.sizeof(ctypes.c_size_t)


class _Batch:
    """Room for a batch: messages, each with a name (socket address) and one stretch of octets."""

    def __init__(self) -> None:
        most = MOST_AT_ONCE
        self.messages = (_Message * most)()
        vectors = (_Vector * most)()
        octets, names = ctypes.create_string_buffer(most * LONGEST), ctypes.create_string_buffer(most * _LONGEST_NAME)
        for index in range(most):
            vectors[index] = _Vector(ctypes.addressof(octets) + index * LONGEST, LONGEST)
            self.messages[index].header = _Header(
                ctypes.addressof(names) + index * _LONGEST_NAME, _LONGEST_NAME,
                ctypes.addressof(vectors) + index * ctypes.sizeof(_Vector), 1, None, 0, 0,
            )  # fmt: skip
        self._kept = vectors, octets, names  # the messages point into them
        self.octets, self.names = memoryview(octets).cast("B"), memoryview(names).cast("B")
        self.words = memoryview(self.messages).cast("B").cast("I")
        self.fresh = bytes(self.words)
        self.sizes = memoryview(vectors).cast("B").cast("Q" if _SIZE_OCTETS == 8 else "I")


class Datagrams:
    """A non-blocking UDP socket, read and written in batches. For one thread."""

    def __init__(self, channel: socket.socket) -> None:
        self.channel = channel
        self._family = channel.family
        self._incoming, self._outgoing = _Batch(), _Batch()
        self._addresses: dict[bytes, Address] = {}
        self._names: dict[Address, bytes] = {}

    def fileno(self) -> int:
        """For a selector."""
        return self.channel.fileno()

    def close(self) -> None:
        """Close the socket."""
        self.channel.close()

    def receive(self) -> list[tuple[bytes, Address]]:
        """What has come, at most a batch, each with its sender; empty where nothing waits."""
        batch = self._incoming
        batch.words.cast("B")[:] = batch.fresh  # the lengths of names go in and out
        count = _libc.recvmmsg(self.channel.fileno(), batch.messages, MOST_AT_ONCE, socket.MSG_DONTWAIT, None)
        if count <= 0:  # nothing there, or an ICMP error about an earlier answer
            return []
        octets, names, known = batch.octets, batch.names, self._addresses
        found: list[tuple[bytes, Address]] = []
        lengths = batch.words[_LENGTH::_WORDS].tolist()
        name_lengths = batch.words[_NAME_LENGTH::_WORDS].tolist()
        for index in range(count):
            at, name_at = index * LONGEST, index * _LONGEST_NAME
            name = bytes(names[name_at : name_at + name_lengths[index]])
            address = known.get(name) or self._meet(name)
            found.append((bytes(octets[at : at + lengths[index]]), address))
        return found

    def send(self, answers: Sequence[tuple[bytes, Address]]) -> None:
        """Send these in order; one that cannot leave is left out, since whoever asked asks again."""
        for first in range(0, len(answers), MOST_AT_ONCE):
            self._send(answers[first : first + MOST_AT_ONCE])

    def _send(self, answers: Sequence[tuple[bytes, Address]]) -> None:
        batch = self._outgoing
        for index, (octets, address) in enumerate(answers):
            name = self._names.get(address) or self._name(address)
            at, name_at = index * LONGEST, index * _LONGEST_NAME
            batch.octets[at : at + len(octets)] = octets
            batch.names[name_at : name_at + len(name)] = name
            batch.sizes[2 * index + 1] = len(octets)  # each a base and a length
            batch.words[index * _WORDS + _NAME_LENGTH] = len(name)
        left = 0
        while left < len(answers):
            rest = ctypes.byref(batch.messages, left * ctypes.sizeof(_Message))
            sent = _libc.sendmmsg(self.channel.fileno(), rest, len(answers) - left, socket.MSG_DONTWAIT)
            left += max(1, sent)

    def _meet(self, name: bytes) -> Address:
        """The sender of this socket address, remembered in both directions."""
        if len(self._addresses) >= _MOST_NAMES:
            self._addresses.clear()
            self._names.clear()
        if self._family == socket.AF_INET6:
            _, port, _, host, _ = _IPV6.unpack(name)
        else:
            _, port, host = _IPV4.unpack(name)
        address = (socket.inet_ntop(self._family, host), int.from_bytes(port))
        self._addresses[name] = address
        self._names[address] = name
        return address

    def _name(self, address: Address) -> bytes:
        host, port = socket.inet_pton(self._family, address[0]), address[1].to_bytes(2)
        if self._family == socket.AF_INET6:
            return _IPV6.pack(self._family, port, bytes(4), host, 0)
        return _IPV4.pack(self._family, port, host)
