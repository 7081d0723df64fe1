"""Real servers that take notices, for tests: mail with STARTTLS and passwords, HTTP; and ones that hang."""

from __future__ import annotations

import email
import email.policy
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from netquota.ports import free_port

USER, PASSWORD = "netquota", "kata sandi surel"


@dataclass
class Mailbox:
    """A mail server on loopback: what it took, and how it answers to a recipient."""

    port: int = 0
    letters: list[EmailMessage] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    """By recipient: what RCPT is answered, such as `550 5.1.1 no such user`."""

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        answer = self.answers.get(address)
        if answer is None:
            envelope.rcpt_tos.append(address)
        return answer or "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.content
        assert isinstance(content, bytes)
        letter = email.message_from_bytes(content, policy=email.policy.default)
        assert isinstance(letter, EmailMessage)
        self.letters.append(letter)
        return "250 Message accepted"

    def texts(self) -> list[str]:
        """The letters' texts."""
        return [letter.get_content().replace("\r\n", "\n") for letter in self.letters]


class _Login:
    def __call__(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, data: LoginPassword) -> AuthResult:
        good = data.login == USER.encode() and data.password == PASSWORD.encode()
        return AuthResult(success=good, handled=good)


class _Secure(Controller):
    """Takes mail only after STARTTLS and a log-in."""

    def __init__(self, handler: Mailbox, context: ssl.SSLContext) -> None:
        self._context = context
        super().__init__(handler, hostname="127.0.0.1", port=free_port())

    def factory(self) -> SMTP:
        return SMTP(
            self.handler, tls_context=self._context, require_starttls=True, authenticator=_Login(), auth_required=True
        )


@contextmanager
def mail_server(folder: Path | None = None) -> Iterator[Mailbox]:
    """A mail server; with `folder` it wants STARTTLS and a password, and its CA lies there as `ca.pem`."""
    box = Mailbox()
    controller: Controller = (
        Controller(box, hostname="127.0.0.1", port=free_port())
        if folder is None
        else _Secure(box, server_context(folder))
    )
    controller.start()
    try:
        box.port = controller.port
        yield box
    finally:
        controller.stop()


def server_context(folder: Path) -> ssl.SSLContext:
    """TLS for 127.0.0.1 and localhost by a certificate of its own, which is written to `ca.pem`."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    certificate, private = folder / "ca.pem", folder / "key.pem"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, private)
    return context


@dataclass
class Call:
    """One HTTP call as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def document(self) -> Any:
        return json.loads(self.body)


@dataclass
class Receiver:
    """An HTTP server on loopback: the calls it got, and how it answers the next ones (then 200)."""

    port: int = 0
    calls: list[Call] = field(default_factory=list)
    answers: list[tuple[int, dict[str, str], bytes]] = field(default_factory=list)
    usual: bytes = b"{}"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def http_receiver() -> Iterator[Receiver]:
    """An HTTP server that notes what it is sent."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.calls.append(Call(self.path, dict(self.headers), body))
            status, headers, content = receiver.answers.pop(0) if receiver.answers else (200, {}, receiver.usual)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_said: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def hanging_server(trickle: bytes = b"") -> Iterator[int]:
    """A port that takes connections and never says anything sensible: nothing, or one octet after the other."""
    listener = socket.create_server(("127.0.0.1", 0))
    stop = threading.Event()
    lines: list[socket.socket] = []

    def accept() -> None:
        while not stop.is_set():
            try:
                line, _ = listener.accept()
            except OSError:
                return
            lines.append(line)
            if trickle:
                threading.Thread(target=drip, args=(line,), daemon=True).start()

    def drip(line: socket.socket) -> None:
        while not stop.wait(0.05):
            try:
                line.sendall(trickle)
            except OSError:
                return

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield int(listener.getsockname()[1])
    finally:
        stop.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for line in lines:
            line.close()
        thread.join()
