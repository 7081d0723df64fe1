"""A certificate authority of the tests' own, and a server's certificate by it."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Certified:
    """Where a server's chain and key lie, and what a client trusts."""

    chain: Path
    key: Path
    authority: Path

    @property
    def trusted(self) -> ssl.SSLContext:
        """A client's view: this authority alone."""
        return ssl.create_default_context(cafile=str(self.authority))


def certified(folder: Path, name: str) -> Certified:
    """A certificate for a name by a fresh authority, written to `folder`."""
    authority_key, server_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    authority = _signed("CA of the tests", authority_key, None, authority_key)
    server = _signed(name, server_key, authority, authority_key)
    found = Certified(folder / "chain.pem", folder / "key.pem", folder / "ca.pem")
    pem = serialization.Encoding.PEM
    found.authority.write_bytes(authority.public_bytes(pem))
    found.chain.write_bytes(server.public_bytes(pem) + authority.public_bytes(pem))
    found.key.write_bytes(
        server_key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return found


def _signed(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: x509.Certificate | None,
    issuer_key: ec.EllipticCurvePrivateKey,
) -> x509.Certificate:
    subject, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]), datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject if issuer is None else issuer.subject)
        .public_key(key.public_key()).serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=2))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
    )  # fmt: skip
    if issuer is not None:
        made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    return made.sign(issuer_key, hashes.SHA256())
