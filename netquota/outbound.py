"""HTTP calls that the server makes to others: bounded in time and size, never redirected, never to a private network.

The address that was checked is the address that is connected to, so that a name cannot change its meaning in between.
"""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
import json
import socket
import ssl
import threading
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from cryptography import x509

from netquota.errors import NetquotaError

TIMEOUT_S: Final = 10.0
DEADLINE_S: Final = 30.0
LARGEST_ANSWER: Final = 64 * 1024
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")


class NotReached(NetquotaError):
    """The other side did not answer in time, or not sensibly."""


class NotAllowed(NetquotaError):
    """The address is of a private network, or no web address at all."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: status, the headers that matter, the body's beginning."""

    status: int
    retry_after_s: int | None
    body: bytes

    def json(self) -> object:
        """The body as JSON; None where it is none."""
        try:
            return json.loads(self.body or b"null")
        except ValueError:
            return None


def post_json(
    url: str, body: bytes, headers: Mapping[str, str], *, private: bool, timeout_s: float = TIMEOUT_S,
    deadline_s: float = DEADLINE_S,
) -> Answer:  # fmt: skip
    """POST a JSON body. `private`: addresses of private networks may be called.

    `timeout_s` bounds each wait, `deadline_s` the whole. Raises `NotReached`, `NotAllowed`; neither tells the path,
    which may hold a token.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    secure = parts.scheme == "https"
    if parts.scheme not in {"http", "https"} or not host:
        raise NotAllowed("the address should begin with https:// and name a host")
    port = parts.port or (443 if secure else 80)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        line = _connected(host, port, secure, private, timeout_s)
        with contextlib.closing(line), _cut_at(line, deadline_s):
            connection = http.client.HTTPConnection(host, port, timeout=timeout_s)
            connection.sock = line
            connection.request("POST", path, body, {"Content-Type": "application/json", **headers})
            return _read(connection.getresponse())
    except (OSError, http.client.HTTPException, UnicodeError) as error:
        raise NotReached(f"{host} does not answer: {_told(error)}") from None


def certificate_end(host: str, port: int, timeout_s: float = TIMEOUT_S) -> tuple[int, str]:
    """When the certificate that a host shows ends (epoch seconds, UTC), and why it is not trusted (empty: it is).

    Raises `NotReached`. The address is the city's own, so one of a private network is right.
    """
    try:
        return _certificate_end(host, port, timeout_s, ssl.create_default_context()), ""
    except ssl.SSLCertVerificationError as error:
        problem = error.verify_message
    except (OSError, UnicodeError) as error:
        raise NotReached(f"{host} does not answer: {_told(error)}") from None
    blind = ssl.create_default_context()
    blind.check_hostname, blind.verify_mode = False, ssl.CERT_NONE  # nothing is sent; its end alone is read
    try:
        return _certificate_end(host, port, timeout_s, blind), problem
    except (OSError, UnicodeError) as error:
        raise NotReached(f"{host} does not answer: {_told(error)}") from None


def _certificate_end(host: str, port: int, timeout_s: float, context: ssl.SSLContext) -> int:
    with (
        socket.create_connection((host, port), timeout_s) as line,
        context.wrap_socket(line, server_hostname=host) as secure,
    ):
        shown = secure.getpeercert(binary_form=True)
    if shown is None:
        raise OSError("no certificate")
    return int(x509.load_der_x509_certificate(shown).not_valid_after_utc.timestamp())


def is_private(address: str) -> bool:
    """Whether an IP address is of no public network: private, loopback, link-local, reserved; also inside IPv6."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour or (found.teredo[1] if found.teredo else None)
        if found in _NAT64:
            inner = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        if inner is not None:
            found = inner
    return not found.is_global or found.is_multicast


def cut(line: socket.socket) -> None:
    """End a connection under another thread's hands: what waits on it fails at once."""
    with contextlib.suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def _cut_at(line: socket.socket, deadline_s: float) -> Generator[None]:
    timer = threading.Timer(deadline_s, cut, (line,))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _connected(host: str, port: int, secure: bool, private: bool, timeout_s: float) -> socket.socket:
    """A line to the first address of the host that takes one; all of them must be allowed."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(info[4][0]) for info in found))
    if not private and any(is_private(address) for address in addresses):
        raise NotAllowed(f"{host} is of a private network; set notices.private_addresses to allow it")
    problem: OSError = OSError("no address")
    for address in addresses:
        try:
            line = socket.create_connection((address, port), timeout_s)
        except OSError as error:
            problem = error
            continue
        return ssl.create_default_context().wrap_socket(line, server_hostname=host) if secure else line
    raise problem


def _read(response: http.client.HTTPResponse) -> Answer:
    body = response.read(LARGEST_ANSWER)
    asked = (response.getheader("Retry-After") or "").strip()
    return Answer(response.status, int(asked) if asked.isdecimal() and len(asked) < 7 else None, body)


def _told(error: Exception) -> str:
    """What went wrong, without what was sent."""
    if isinstance(error, TimeoutError):
        return "it takes too long"
    text = error.strerror if isinstance(error, OSError) else None
    return text or type(error).__name__
