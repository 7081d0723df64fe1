"""Whether a RADIUS server answers: Status-Server (RFC 5997), asked again until it does or the time is over."""

from __future__ import annotations

import os
import socket
import time

from netquota.errors import Malformed
from radius import tables as t
from radius.authenticity import response_fault
from radius.codec import LONGEST, Code, attribute, parse, request

_TRY_S = 0.5


def answers(host: str, port: int, secret: bytes, within_s: float, source: str = "") -> bool:
    """Whether the server at this port (log-ins or accounting) answers within so many seconds.

    `source`: our address, by which it knows its clients; empty: the system's choice.
    """
    until = time.monotonic() + within_s
    while (left := until - time.monotonic()) > 0:
        if _asked_once(host, port, secret, min(_TRY_S, left), source):
            return True
    return False


def _asked_once(host: str, port: int, secret: bytes, wait_s: float, source: str) -> bool:
    entropy = os.urandom(17)
    body = attribute(t.NAS_IDENTIFIER, b"status")
    datagram = request(Code.STATUS_SERVER, entropy[16], body, secret, entropy[:16])
    began = time.monotonic()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as channel:
        channel.settimeout(wait_s)
        try:
            if source:
                channel.bind((source, 0))
            channel.connect((host, port))
            channel.send(datagram)
            return response_fault(parse(channel.recv(LONGEST + 1)), parse(datagram), secret) is None
        except (OSError, Malformed):  # a refused port says so at once: do not ask in a loop
            time.sleep(max(0.0, wait_s - (time.monotonic() - began)))
            return False
