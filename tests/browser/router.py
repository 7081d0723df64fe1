"""A gateway's own web server, played by the test: it sends phones to the portal and logs them in by RADIUS.

As MikroTik's HotSpot (PAP, or CHAP with its octal-escaped challenge) or as CoovaChilli's UAM do it.
"""

from __future__ import annotations

import html
import os
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import md5
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlencode, urlsplit

from radius import tables as t
from radius.authenticity import response_fault
from radius.client_parts import Status, number
from radius.codec import Code, Packet, attribute, parse, request
from radius.methods import pap
from radius.simulator.packets import text
from tests.browser.stack import CHILLI, UAM_SECRET, Stack

MIKROTIK = "gw-balaikota"
WANTED = "/berita"
CHAP_ID, CHAP_CHALLENGE = b"\x9d", bytes(range(0xF0, 0x100)) + b"\\Z"
UAM_CHALLENGE = bytes(range(16))
_PAGE = """<!doctype html><html lang=id><title>{title}</title><meta name=viewport content="width=device-width">
<h1>{title}</h1>{body}"""


@dataclass
class Router:
    """One phone's gateway. `asked`: what came to its log-in page, in order; `wanted`: what the phone wanted to see."""

    stack: Stack
    name: str
    mac: str
    ip: str
    chap: bool = False
    wanted: str | None = None
    asked: list[dict[str, str]] = field(default_factory=list)
    answers: list[Packet] = field(default_factory=list)
    port: int = 0
    _running: dict[str, bytes] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def is_chilli(self) -> bool:
        return self.name == CHILLI

    @property
    def logged_in(self) -> bool:
        """Whether its last question was answered by an accept."""
        return bool(self.answers) and self.answers[-1].code == Code.ACCESS_ACCEPT

    def portal_address(self, **further: str) -> str:
        """Where it sends a phone that is not logged in."""
        if not self.is_chilli:
            return f"{self.stack.url}/portal/login?{urlencode(self.mikrotik_fields() | further)}"
        fields = {
            "res": "notyet", "uamip": "127.0.0.1", "uamport": str(self.port), "challenge": UAM_CHALLENGE.hex(),
            "called": "02-00-00-00-03-01", "mac": self.mac.replace(":", "-"), "ip": self.ip, "nasid": self.name,
            "sessionid": "5f3a", "userurl": self.wanted or "", **further,
        }  # fmt: skip
        plain = f"{self.stack.url}/portal/login?{urlencode(fields)}"
        return f"{plain}&md={md5(plain.encode() + UAM_SECRET.encode(), usedforsecurity=False).hexdigest().upper()}"

    def mikrotik_fields(self) -> dict[str, str]:
        """What its login.html forwards."""
        return {
            "mac": self.mac, "ip": self.ip, "username": "", "link-login-only": f"{self.url}/login",
            "link-orig": self.wanted or "", "error": "",
            "chap-id": _octal(CHAP_ID) if self.chap else "",
            "chap-challenge": _octal(CHAP_CHALLENGE) if self.chap else "",
            "identity": self.name, "server-name": "hotspot1",
        }  # fmt: skip

    def logged_in_by(self, query: Mapping[str, str]) -> str:
        """Somebody comes to its log-in page: ask RADIUS; where the browser is sent."""
        self.asked.append(dict(query))
        packet = self._ask(self.stack.settings.radius.auth_port, self._access_request(query))
        self.answers.append(packet)
        if packet.code != Code.ACCESS_ACCEPT:
            said = packet.text(t.REPLY_MESSAGE) or ""
            return self.portal_address(**({"res": "failed", "reply": said} if self.is_chilli else {"error": said}))
        body = text(t.USER_NAME, query["username"]) + self._where() + attribute(t.CLASS, packet.get(t.CLASS) or b"")
        session = f"r{self.port:05}{len(self.answers)}"
        self._running[session] = body + text(t.ACCT_SESSION_ID, session)
        self._report(session, Status.START)
        return query.get("userurl" if self.is_chilli else "dst") or f"{self.url}/status"

    def _access_request(self, query: Mapping[str, str]) -> bytes:
        authenticator = os.urandom(16)
        body = text(t.USER_NAME, query["username"]) + self._credential(query, authenticator) + self._where()
        return request(Code.ACCESS_REQUEST, len(self.answers), body, self._secret, authenticator)

    def _credential(self, query: Mapping[str, str], authenticator: bytes) -> bytes:
        if self.is_chilli:
            challenge = md5(UAM_CHALLENGE + UAM_SECRET.encode(), usedforsecurity=False).digest()
            answer = b"\0" + bytes.fromhex(query["response"])
        elif self.chap:
            challenge, answer = CHAP_CHALLENGE, CHAP_ID + bytes.fromhex(query["password"])
        else:
            return attribute(t.USER_PASSWORD, pap.hide(query["password"].encode(), self._secret, authenticator))
        return attribute(t.CHAP_PASSWORD, answer) + attribute(t.CHAP_CHALLENGE, challenge)

    def log_everybody_out(self) -> None:
        """Whoever it let in is gone."""
        for session in self._running:
            self._report(session, Status.STOP)
        self._running.clear()

    def _report(self, session: str, status: Status) -> None:
        body = number(t.ACCT_STATUS_TYPE, status) + self._running[session]
        packet = request(Code.ACCOUNTING_REQUEST, status, body, self._secret, message_authenticator=False)
        self._ask(self.stack.settings.radius.acct_port, packet)

    def _where(self) -> bytes:
        return (
            text(t.NAS_IDENTIFIER, self.name)
            + text(t.CALLING_STATION_ID, self.mac)
            + text(t.CALLED_STATION_ID, "hotspot1")
            + attribute(t.FRAMED_IP_ADDRESS, socket.inet_aton(self.ip))
        )

    def _ask(self, port: int, datagram: bytes) -> Packet:
        bind = next(one.bind for one in self.stack.city.gateways if one.nas == self.name)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as channel:
            channel.bind((bind, 0))
            channel.settimeout(10)
            channel.sendto(datagram, ("127.0.0.1", port))
            packet = parse(channel.recv(4097))
        assert response_fault(packet, parse(datagram), self._secret) is None
        return packet

    @property
    def _secret(self) -> bytes:
        return self.stack.clients[self.name].secret


def _octal(octets: bytes) -> str:
    """As RouterOS writes octets that do not print."""
    return "".join(chr(one) if 32 <= one < 127 and one != 0x5C else f"\\{one:03o}" for one in octets)


@contextmanager
def running_router(router: Router) -> Iterator[Router]:
    """Serve the gateway's pages until the end of the block."""

    class Pages(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            match parts.path:
                case "/login" | "/logon":
                    self._go(router.logged_in_by(dict(parse_qsl(parts.query, keep_blank_values=True))))
                case "/":
                    self._say("Hotspot", _forwarding(router))
                case "/favicon.ico":
                    self.send_response(204)
                    self.end_headers()
                case path:
                    self._say(path.strip("/"))

        def _go(self, address: str) -> None:
            self.send_response(302)
            self.send_header("Location", address)
            self.end_headers()

        def _say(self, title: str, body: str = "") -> None:
            page = _PAGE.format(title=title, body=body).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(page)))
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    router.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, name=router.name, daemon=True)
    thread.start()
    try:
        yield router
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
        router.log_everybody_out()


def _forwarding(router: Router) -> str:
    """MikroTik's login.html as we generate it: a form that sends itself, with a button for phones without script."""
    fields = "".join(
        f"<input type=hidden name='{name}' value='{html.escape(value, quote=True)}'>"
        for name, value in router.mikrotik_fields().items()
    )
    form = f"<form method=post action='{router.stack.url}/portal/login'>{fields}<button>Masuk</button></form>"
    return f"{form}<script>document.forms[0].submit()</script>"
