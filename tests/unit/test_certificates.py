"""When a certificate ends, asked of real TLS servers on loopback: trusted by nobody, of another name, not there."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from netquota import outbound
from netquota.services import certificates

UNTIL = datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC)


@contextmanager
def tls_server(folder: Path) -> Iterator[int]:
    """A port on which a self-signed certificate until UNTIL is shown."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "kota")])
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(UNTIL - timedelta(days=3650)).not_valid_after(UNTIL)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    file = folder / "both.pem"
    plain = serialization.NoEncryption()
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
        + made.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_serve, args=(listener, context), daemon=True)
        thread.start()
        yield int(listener.getsockname()[1])
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(10)


def _serve(listener: socket.socket, context: ssl.SSLContext) -> None:
    while True:
        try:
            line, _ = listener.accept()
        except OSError:
            return
        with suppress(OSError), context.wrap_socket(line, server_side=True) as secure:
            secure.recv(1)


def test_its_end_is_read_though_nobody_trusts_it(tmp_path: Path) -> None:
    with tls_server(tmp_path) as port:
        until_s, problem = outbound.certificate_end("127.0.0.1", port)
    assert until_s == int(UNTIL.timestamp())
    assert "self" in problem.lower()


def test_a_host_that_does_not_answer_is_said_with_its_name() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = int(listener.getsockname()[1])
    with pytest.raises(outbound.NotReached, match=r"127\.0\.0\.1"):
        outbound.certificate_end("127.0.0.1", port, timeout_s=2)
    found = certificates.seen("127.0.0.1", port, 1)
    assert found.until_s is None
    assert "127.0.0.1" in found.problem


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://netquota.kota.go.id", ("netquota.kota.go.id", 443)),
        ("https://10.8.0.2:8443/x", ("10.8.0.2", 8443)),
        ("http://netquota.kota.go.id", None),
        ("", None),
    ],
)
def test_only_https_has_a_certificate(url: str, address: tuple[str, int] | None) -> None:
    assert certificates.address_of(url) == address
