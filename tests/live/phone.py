"""A phone's captive window without a browser: plain HTTP, no cookie, no script; it follows what a window follows."""

from __future__ import annotations

import re
import socket
import ssl
from dataclasses import dataclass
from html import unescape
from html.parser import HTMLParser
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection
from urllib.parse import urlencode, urljoin, urlsplit

CAPTIVE_IOS = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"
)
MOST_STEPS = 8


class Form(HTMLParser):
    """The first form of a page whose action holds a text: where it goes, with which fields."""

    def __init__(self, page: str, action: str) -> None:
        super().__init__()
        self.action: str | None = None
        self.fields: dict[str, str] = {}
        self._wanted, self._inside = action, False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form" and self.action is None and self._wanted in found.get("action", ""):
            self.action, self._inside = found["action"], True
        elif self._inside and tag in {"input", "button"} and found.get("name"):
            checkable = found.get("type") in {"checkbox", "radio"}
            if not checkable or "checked" in found:
                self.fields[found["name"]] = found.get("value", "on" if checkable else "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False


class NamedHTTPS(HTTPSConnection):
    """By TLS to a name, at an address that no DNS told."""

    def __init__(self, name: str, port: int, wait_s: float, trusted: ssl.SSLContext | None, address: str) -> None:
        super().__init__(name, port, timeout=wait_s, context=trusted)
        self._address = address

    def connect(self) -> None:
        plain = socket.create_connection((self._address, self.port), self.timeout)
        context: ssl.SSLContext = self._context  # type: ignore[attr-defined]
        self.sock = context.wrap_socket(plain, server_hostname=self.host)


@dataclass
class Seen:
    """A page as it arrived: its address, status, text; `steps` every address on the way to it."""

    address: str
    status: int
    text: str
    steps: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """What a person reads, blanks as one."""
        body = re.sub(r"<(style|title)>.*?</\1>", "", self.text, flags=re.DOTALL)
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


@dataclass
class Phone:
    """Opens addresses and sends forms; `through` is the address to connect to, whatever the name (there is no DNS)."""

    through: dict[str, str]
    trusted: ssl.SSLContext | None = None
    agent: str = CAPTIVE_IOS
    wait_s: float = 15.0

    def open(self, address: str) -> Seen:
        """The page at an address, after every redirect and refresh."""
        return self._follow("GET", address, "")

    def send(self, page: Seen, action: str = "", **typed: str) -> Seen:
        """Fill in a form of the page and send it; what follows then."""
        form = Form(page.text, action)
        assert form.action is not None, f"no form to {action!r} on {page.address}: {page.words}"
        body = urlencode({**form.fields, **typed})
        return self._follow("POST", urljoin(page.address, form.action), body)

    def _follow(self, method: str, address: str, body: str) -> Seen:
        steps: list[str] = []
        while len(steps) < MOST_STEPS:
            steps.append(address)
            answer = self._ask(method, address, body)
            text = answer.read().decode()
            if answer.status in {301, 302, 303, 307} and answer.headers["Location"]:
                method, body = ("GET", "") if answer.status != 307 else (method, body)
                address = urljoin(address, answer.headers["Location"])
                continue
            refresh = re.search(r'http-equiv="refresh" content="\d+;url=([^"]+)"', text)
            if refresh is None:
                return Seen(address, answer.status, text, tuple(steps))
            method, body, address = "GET", "", urljoin(address, unescape(refresh.group(1)))
        raise AssertionError(f"it goes round and round: {steps}")

    def _ask(self, method: str, address: str, body: str) -> HTTPResponse:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
        target = self.through.get(host, host)
        if parts.scheme == "https":
            connection: HTTPConnection = NamedHTTPS(host, port, self.wait_s, self.trusted, target)
        else:
            connection = HTTPConnection(target, port, timeout=self.wait_s)
        headers = {"Host": parts.netloc, "User-Agent": self.agent}
        if method == "POST":
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request(method, path, body or None, headers)
        return connection.getresponse()
