"""One Access-Request and its answer, for `netquota radtest` where radclient is missing."""

from __future__ import annotations

import os
import socket
import time
from dataclasses import dataclass, field
from typing import Final

from netquota.errors import Malformed
from radius import tables as t
from radius.authenticity import response_fault
from radius.codec import LONGEST, Code, Packet, attribute, parse, request
from radius.simulator import packets
from radius.simulator.mschap_client import server_is_proven
from radius.simulator.readable import code_name, readable
from radius.simulator.sessions import Device, Method

_LOGIN: Final = 1


@dataclass(frozen=True, slots=True)
class Question:
    """Who asks whom. `mac` and `called_station` may be empty; `nas_identifier` names the gateway to the server.

    `source`: our own address to ask from (empty: the system's choice); the server knows its clients by it.
    """

    username: str
    password: str = field(repr=False)
    secret: bytes = field(repr=False)
    host: str = "127.0.0.1"
    port: int = 1812
    method: Method = Method.PAP
    nas_identifier: str = "radtest"
    mac: str = ""
    called_station: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: None where nothing did. `seconds` from the last sending; `ignored` answers were not believed.

    `proven`: the server showed that it knows the password, too; None where the way to log in proves nothing.
    """

    packet: Packet | None
    seconds: float
    tries: int
    ignored: int = 0
    proven: bool | None = None

    @property
    def accepted(self) -> bool:
        """Whether it is an Access-Accept."""
        return self.packet is not None and self.packet.code == Code.ACCESS_ACCEPT

    def lines(self) -> list[str]:
        """The answer for people, as radclient shows it."""
        if self.packet is None:
            note = f"; {self.ignored} answers were not signed with this secret" if self.ignored else ""
            return [f"No answer after {self.tries} tries{note}"]
        heading = f"{code_name(self.packet.code)} after {self.seconds * 1000:.1f} ms"
        return [heading, *(f"\t{line}" for line in readable(self.packet)), *self._proof()]

    def _proof(self) -> list[str]:
        if self.proven is None:
            return []
        right = "proved that it knows the password; its keys are right"
        return [f"The server {right if self.proven else 'did not prove that it knows the password'}"]


def access_request(question: Question, identifier: int, entropy: bytes) -> bytes:
    """The request's octets; `entropy` 33 octets of randomness."""
    authenticator = entropy[:16]
    device = Device(question.username, question.password, question.mac, question.method)
    body = (
        packets.text(t.USER_NAME, question.username)
        + packets.credential(device, question.secret, authenticator, entropy[16:33])
        + packets.number(t.SERVICE_TYPE, _LOGIN)
        + attribute(t.NAS_IDENTIFIER, question.nas_identifier.encode())
        + packets.text(t.CALLING_STATION_ID, question.mac)
        + packets.text(t.CALLED_STATION_ID, question.called_station)
    )
    return request(Code.ACCESS_REQUEST, identifier, body, question.secret, authenticator)


def radtest(question: Question, wait_s: float = 3.0, tries: int = 3) -> Answer:
    """Ask, repeat unchanged where no answer comes, and give the answer. Raises `OSError` for a host that is none."""
    entropy = os.urandom(34)
    datagram = access_request(question, entropy[33], entropy)
    family, _, _, _, address = socket.getaddrinfo(question.host, question.port, type=socket.SOCK_DGRAM)[0]
    ignored = 0
    with socket.socket(family, socket.SOCK_DGRAM) as channel:
        if question.source:
            channel.bind((question.source, 0))
        channel.connect(address)
        for attempt in range(1, tries + 1):
            sent_at = time.monotonic()
            found, unbelieved = _exchange(channel, datagram, question.secret, sent_at + wait_s)
            ignored += unbelieved
            if found is not None:
                proven = server_is_proven(parse(datagram), found, question.password, question.secret)
                return Answer(found, time.monotonic() - sent_at, attempt, ignored, proven)
    return Answer(None, wait_s, tries, ignored)


def _exchange(channel: socket.socket, datagram: bytes, secret: bytes, until: float) -> tuple[Packet | None, int]:
    """The answer that can be believed, and how many others came first. A refused port is silence."""
    asked, ignored = parse(datagram), 0
    try:
        channel.send(datagram)
    except OSError:
        return None, 0
    while (left := until - time.monotonic()) > 0:
        channel.settimeout(left)
        try:
            found = parse(channel.recv(LONGEST + 1))
        except Malformed:
            ignored += 1
            continue
        except OSError:
            return None, ignored
        if response_fault(found, asked, secret) is None:
            return found, ignored
        ignored += 1
    return None, ignored
