"""Debian's slapd with a few people, for tests: on loopback, with TLS of a test CA, gone at the end."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from netquota.settings import Directory
from tests.live.certificates import certified
from tests.live.workers import free_port, until

BASE = "dc=kota,dc=go,dc=id"
ADMIN, ADMIN_PASSWORD = f"cn=admin,{BASE}", "rahasia-direktori"
_CONF = """include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
pidfile {folder}/slapd.pid
modulepath /usr/lib/ldap
moduleload back_mdb
TLSCertificateFile {certificate}
TLSCertificateKeyFile {key}
TLSCACertificateFile {authority}
database mdb
suffix "{base}"
rootdn "{admin}"
rootpw {password}
directory {folder}/data
access to attrs=userPassword by anonymous auth by * none
access to * by dn="{admin}" write by * none
"""


@dataclass
class Slapd:
    """A running server: `url` in clear, `tls_url` by TLS; `stop` and `go_on` freeze it."""

    port: int
    tls_port: int
    authority: Path
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        return f"ldap://localhost:{self.port}"

    @property
    def tls_url(self) -> str:
        return f"ldaps://localhost:{self.tls_port}"

    def settings(self, **more: object) -> Directory:
        """Settings that search for a person and bind as him."""
        told = {
            "url": self.tls_url, "ca_file": str(self.authority), "bind_dn": ADMIN, "bind_password": ADMIN_PASSWORD,
            "base_dn": f"ou=people,{BASE}", "timeout_s": 2, **more,
        }  # fmt: skip
        return Directory.model_validate(told)

    def hang(self) -> None:
        """It takes connections and says nothing."""
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self.process.send_signal(signal.SIGCONT)


@contextmanager
def slapd(folder: Path, people: str) -> Iterator[Slapd]:
    """A directory with these entries (LDIF below ou=people)."""
    pair = certified(folder, "localhost")
    (folder / "data").mkdir()
    conf = folder / "slapd.conf"
    conf.write_text(
        _CONF.format(
            folder=folder, certificate=pair.chain, key=pair.key, authority=pair.authority, base=BASE,
            admin=ADMIN, password=ADMIN_PASSWORD,
        )
    )  # fmt: skip
    ldif = f"dn: {BASE}\nobjectClass: dcObject\nobjectClass: organization\no: Kota\ndc: kota\n\n"
    ldif += f"dn: ou=people,{BASE}\nobjectClass: organizationalUnit\nou: people\n\n{people}"
    subprocess.run(["/usr/sbin/slapadd", "-f", conf], input=ldif.encode(), check=True, capture_output=True)
    port, tls_port = free_port(), free_port()
    addresses = f"ldap://127.0.0.1:{port}/ ldaps://127.0.0.1:{tls_port}/"
    command = ["/usr/sbin/slapd", "-f", str(conf), "-h", addresses, "-d", "0"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, "LANG": "C"})
    server = Slapd(port, tls_port, pair.authority, process)
    asked = ["ldapwhoami", "-x", "-H", f"ldap://127.0.0.1:{port}"]
    try:
        until(lambda: subprocess.run(asked, capture_output=True, check=False).returncode == 0, "slapd answers", 20)
        yield server
    finally:
        server.go_on()
        process.terminate()
        process.wait(10)
        shutil.rmtree(folder / "data", ignore_errors=True)
