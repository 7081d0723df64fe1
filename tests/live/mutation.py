"""Random and mutated RADIUS requests: structure-aware, half of them signed anew, so that they pass the first doors."""

from __future__ import annotations

import hmac
from hashlib import md5
from random import Random

from radius import codec
from radius import tables as t
from radius.codec import Code, attribute, integer_octets, vendor_attribute
from radius.methods import chap, pap

_ZEROS = bytes(16)
_NUMBERS = (0, 1, 59, 2**31 - 1, 2**31, 2**32 - 1)


class Mutator:
    """Makes datagrams for one secret. `names` and `password` are users whose log-ins may be right."""

    def __init__(self, seed: int, secret: bytes, names: list[str], password: str, vectors: list[bytes]) -> None:
        self.random = Random(seed)
        self._secret, self._names, self._password, self._vectors = secret, names, password.encode(), vectors

    def datagram(self) -> tuple[bytes, bool]:
        """One request, and whether it is for the accounting port."""
        draw = self.random.random()
        if draw < 0.05:
            return self.random.randbytes(self.random.choice((0, 1, 19, 20, 60, 300, 4096, 4200))), draw < 0.025
        if draw < 0.15:
            return self._mutated_octets(self.random.choice(self._vectors)), self.random.random() < 0.5
        is_report = self.random.random() < 0.6
        datagram = self._report() if is_report else self._login()
        for _ in range(self.random.choice((0, 1, 1, 2, 4))):
            datagram = self._mutated(datagram)
        if self.random.random() < 0.6:
            datagram = self._signed(datagram)
        return datagram, is_report if self.random.random() < 0.97 else not is_report

    def _login(self) -> bytes:
        random, authenticator = self.random, self.random.randbytes(16)
        if random.random() < 0.1:
            return codec.request(Code.STATUS_SERVER, self._identifier(), b"", self._secret, authenticator)
        if random.random() < 0.5:
            proof = attribute(t.USER_PASSWORD, pap.hide(self._password, self._secret, authenticator))
        else:
            answer = b"\1" + chap.respond(1, self._password, authenticator)
            proof = attribute(t.CHAP_PASSWORD, answer)
        body = self._shuffled([self._name(), proof, *self._place()])
        signed = random.random() < 0.8
        return codec.request(Code.ACCESS_REQUEST, self._identifier(), body, self._secret, authenticator, signed)

    def _report(self) -> bytes:
        number = self._number
        parts = [
            attribute(t.ACCT_STATUS_TYPE, integer_octets(self.random.choice((1, 2, 3, 3, 3, 3, 7, 8, 9, 15)))),
            attribute(t.ACCT_SESSION_ID, b"%x" % self.random.randrange(200)),
            self._name(),
            *self._place(),
            attribute(t.ACCT_SESSION_TIME, integer_octets(self.random.randrange(100_000))),
            attribute(t.ACCT_INPUT_OCTETS, number()),
            attribute(t.ACCT_OUTPUT_OCTETS, number()),
            attribute(t.ACCT_INPUT_GIGAWORDS, integer_octets(self.random.randrange(3))),
            attribute(t.EVENT_TIMESTAMP, number()),
        ]
        return codec.request(
            Code.ACCOUNTING_REQUEST, self._identifier(), self._shuffled(parts), self._secret, None,
            self.random.random() < 0.3,
        )  # fmt: skip

    def _place(self) -> list[bytes]:
        return [
            attribute(t.NAS_IDENTIFIER, self.random.choice((b"gw", b"gw2", "kantor é".encode(), b"a\0b"))),
            attribute(t.CALLING_STATION_ID, self.random.choice((b"02-00-00-00-00-01", b"x" * 253, b"\xff\xfe", b""))),
            attribute(t.FRAMED_IP_ADDRESS, bytes((10, 5, 0, self.random.randrange(256)))),
            vendor_attribute(14988, 8, b"10M/10M"),
            attribute(t.PROXY_STATE, self.random.randbytes(self.random.randrange(20))),
        ][: self.random.randrange(1, 6)]

    def _name(self) -> bytes:
        return attribute(t.USER_NAME, self.random.choice([*self._names, "siapa", "x" * 253, "é"]).encode()[:253])

    def _number(self) -> bytes:
        return integer_octets(self.random.choice((*_NUMBERS, self.random.randrange(2**32))))

    def _identifier(self) -> int:
        return self.random.randrange(256)

    def _shuffled(self, parts: list[bytes]) -> bytes:
        self.random.shuffle(parts)
        return b"".join(parts)

    def _mutated(self, datagram: bytes) -> bytes:
        """One change that knows where attributes begin, the length in the header set right."""
        parts = _parts(datagram[20:])
        at = self.random.randrange(len(parts)) if parts else 0
        match self.random.randrange(8) if parts else 7:
            case 0:
                del parts[at]
            case 1:
                parts.insert(at, parts[self.random.randrange(len(parts))])
            case 2:
                parts[at] = bytes((self.random.randrange(256),)) + parts[at][1:]
            case 3:
                parts[at] = parts[at][:1] + bytes((self.random.randrange(256),)) + parts[at][2:]
            case 4:
                parts[at] = attribute(parts[at][0], self.random.randbytes(self.random.randrange(40)))
            case 5:
                parts.append(
                    attribute(self.random.randrange(1, 256), self.random.randbytes(self.random.randrange(254)))
                )
            case 6:
                parts += [attribute(t.PROXY_STATE, bytes(253))] * self.random.randrange(16)
            case _:
                return self._mutated_octets(datagram)
        return _with_length(datagram[:20] + b"".join(parts)[:4076])

    def _mutated_octets(self, datagram: bytes) -> bytes:
        changed = bytearray(datagram)
        for _ in range(self.random.randrange(1, 4)):
            if changed:
                changed[self.random.randrange(len(changed))] = self.random.randrange(256)
        if self.random.random() < 0.2:
            del changed[self.random.randrange(len(changed) + 1) :]
        return bytes(changed)

    def _signed(self, datagram: bytes) -> bytes:
        """With every signature made right again, where there is room for one."""
        if len(datagram) < 20:
            return datagram
        is_report = datagram[0] == Code.ACCOUNTING_REQUEST
        packet = bytearray(datagram)
        if is_report:
            packet[4:20] = _ZEROS
        at = 20
        while at + 2 <= len(packet) and packet[at + 1] >= 2:
            if packet[at] == t.MESSAGE_AUTHENTICATOR and packet[at + 1] == 18 and at + 18 <= len(packet):
                packet[at + 2 : at + 18] = _ZEROS
                packet[at + 2 : at + 18] = hmac.digest(self._secret, packet, "md5")
                break
            at += packet[at + 1]
        if is_report:
            packet[4:20] = md5(bytes(packet) + self._secret, usedforsecurity=False).digest()
        return bytes(packet)


def _parts(body: bytes) -> list[bytes]:
    """The attributes, as far as they can be told apart."""
    parts, at = [], 0
    while at + 2 <= len(body) and body[at + 1] >= 2:
        parts.append(body[at : at + body[at + 1]])
        at += body[at + 1]
    return parts


def _with_length(datagram: bytes) -> bytes:
    return datagram[:2] + len(datagram).to_bytes(2) + datagram[4:]
