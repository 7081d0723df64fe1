"""ocserv and openconnect of Debian on hosts of their own: a gateway that nobody here wrote, and an employee's laptop.

laptop --- outside [gateway: ocserv] inside --- [server: netquota, and the internet]
"""

from __future__ import annotations

import base64
import hashlib
import json
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.live.city import PASSWORD, SECRET
from tests.live.netns import Namespace, Network, run
from tests.live.workers import until

SERVER, INSIDE, OUTSIDE, LAPTOP = "10.91.0.1", "10.91.0.2", "10.92.0.1", "10.92.0.2"
NETWORK = "10.91.0.0/24"
PORT = 4443
PAYLOAD_SHARE = 1420 / 1472
"""What of a full packet in the tunnel iperf3 counts: TCP's payload."""
VPN_SECRET = SECRET.replace(" ", "-")
"""radcli's file knows no blanks in a secret."""
ROOT = Path(__file__).parents[2]
_RADIUSCLIENT = """
nas-identifier {identifier}
authserver {server}
acctserver {server}
servers {folder}/servers
dictionary {folder}/dictionary
default_realm
radius_timeout 5
radius_retries 2
bindaddr {inside}
"""
_OCSERV = """
auth = "radius[config={folder}/radiusclient.conf,groupconfig=true]"
acct = "radius[config={folder}/radiusclient.conf,groupconfig=true]"
listen-host = {outside}
tcp-port = {port}
socket-file = {folder}/ocserv.socket
pid-file = {folder}/ocserv.pid
occtl-socket-file = {folder}/occtl.socket
use-occtl = true
isolate-workers = false
run-as-user = root
run-as-group = root
server-cert = {folder}/cert.pem
server-key = {folder}/key.pem
max-clients = 16
max-same-clients = 4
rate-limit-ms = 0
keepalive = 300
dpd = 90
max-ban-score = 0
auth-timeout = 30
cookie-timeout = 30
stats-report-time = 3600
try-mtu-discovery = false
device = vpns
ipv4-network = 10.93.0.0
ipv4-netmask = 255.255.255.0
route = 10.91.0.0/255.255.255.0
ping-leases = false
connect-script = {root}/deploy/ocserv/limit.sh
disconnect-script = {root}/deploy/ocserv/limit.sh
cisco-client-compat = true
log-level = 3
"""
_SCRIPT = """#!/bin/sh
[ "$reason" = connect ] || exit 0
ip link set dev "$TUNDEV" up mtu "${INTERNAL_IP4_MTU:-1400}"
ip addr add "$INTERNAL_IP4_ADDRESS/32" dev "$TUNDEV"
ip route replace {network} dev "$TUNDEV" src "$INTERNAL_IP4_ADDRESS" mtu "${INTERNAL_IP4_MTU:-1400}"
"""


@dataclass
class Tunnel:
    """An openconnect that runs, and what it says."""

    process: subprocess.Popen[Any]
    log: Path
    host: Namespace
    device: str

    @property
    def said(self) -> str:
        return self.log.read_text(errors="replace")

    @property
    def is_up(self) -> bool:
        """Whether what goes to the server takes this tunnel."""
        return self.process.poll() is None and f"dev {self.device}" in self.host.run("ip", "route", "show", NETWORK)

    def close(self) -> None:
        """Hang up as a user does."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        self.process.wait(15)


@dataclass
class VpnOffice:
    """The hosts; `start` runs ocserv."""

    network: Network
    folder: Path
    server: Namespace
    gateway: Namespace
    laptop: Namespace
    identifier: str = "vpn"
    _count: int = field(default=0)
    _ports: int = field(default=5200)

    def start(self) -> None:
        """Write its files, run ocserv, wait until it listens."""
        facts = {
            "folder": self.folder, "server": SERVER, "inside": INSIDE, "outside": OUTSIDE, "port": PORT,
            "identifier": self.identifier, "root": ROOT,
        }  # fmt: skip
        for name, text in (
            ("radiusclient.conf", _RADIUSCLIENT.format(**facts)),
            ("servers", f"{SERVER} {VPN_SECRET}\n"),
            ("ocserv.conf", _OCSERV.format(**facts)),
            ("dictionary", _dictionary()),
            ("connected", _SCRIPT.replace("{network}", NETWORK)),
        ):
            (self.folder / name).write_text(text)
        (self.folder / "connected").chmod(0o755)
        self._pin = _certificate(self.folder)
        log = (self.folder / "ocserv.log").open("ab")
        process = self.gateway.start(
            "ocserv", "-f", "-d", "3", "-c", str(self.folder / "ocserv.conf"), stdout=log, stderr=log
        )
        until(lambda: self._listens(process), "ocserv listens", 20, 0.05)

    def _listens(self, process: subprocess.Popen[Any]) -> bool:
        assert process.poll() is None, self.said
        return str(PORT) in self.gateway.run("ss", "-Hltn")

    @property
    def said(self) -> str:
        return (self.folder / "ocserv.log").read_text(errors="replace")

    def dial(self, username: str, password: str = PASSWORD) -> Tunnel:
        """Start openconnect; whether it comes up is to be seen."""
        self._count += 1
        device = f"vpn{self._count}"
        log = self.folder / f"openconnect{self._count}.log"
        output = log.open("ab")
        process = self.laptop.start(
            "openconnect", "--protocol=anyconnect", "--non-inter", "--passwd-on-stdin", f"--user={username}",
            f"--interface={device}", f"--servercert=pin-sha256:{self._pin}", f"--script={self.folder}/connected",
            "--no-dtls", "--reconnect-timeout=1", f"https://{OUTSIDE}:{PORT}",
            stdin=subprocess.PIPE, stdout=output, stderr=output,
        )  # fmt: skip
        assert process.stdin is not None
        process.stdin.write(f"{password}\n".encode())
        process.stdin.close()
        return Tunnel(process, log, self.laptop, device)

    def connect(self, username: str) -> Tunnel:
        """Dial and wait until the tunnel is the way to the server."""
        tunnel = self.dial(username)

        def up() -> bool:
            assert tunnel.process.poll() is None, tunnel.said + self.said
            return tunnel.is_up

        until(up, "the tunnel is up", 20, 0.05)
        return tunnel

    def measure(self, seconds: int, *, upload: bool = False) -> float:
        """The rate that iperf3's receiver measures through the tunnel after its first second, in bit/s of payload."""
        self._ports += 1
        self.server.start("iperf3", "-s", "-1", "-p", str(self._ports), "-B", SERVER)
        until(lambda: str(self._ports) in self.server.run("ss", "-Hltn"), "iperf3 listens", 5, 0.02)
        command = ["iperf3", "-c", SERVER, "-p", str(self._ports), "-J", "-t", str(seconds), "-O", "1"]
        report = self.laptop.run(*command, *([] if upload else ["-R"]), timeout_s=seconds + 20)
        return float(json.loads(report)["end"]["sum_received"]["bits_per_second"])


@contextmanager
def vpn_office(folder: Path) -> Iterator[VpnOffice]:
    """The hosts and their cables; ocserv is not started yet."""
    with Network() as network:
        server, gateway, laptop = network.host("vserver"), network.host("vgw"), network.host("laptop")
        network.join(gateway, "inside", server, "eth0")
        network.join(gateway, "outside", laptop, "eth0")
        for host, device, address in (
            (server, "eth0", f"{SERVER}/24"),
            (gateway, "inside", f"{INSIDE}/24"),
            (gateway, "outside", f"{OUTSIDE}/24"),
            (laptop, "eth0", f"{LAPTOP}/24"),
        ):
            host.address(device, address)
        server.route("10.93.0.0/24", INSIDE)
        gateway.run("sysctl", "-qw", "net.ipv4.ip_forward=1")
        yield VpnOffice(network, folder, server, gateway, laptop)


def require_tun() -> None:
    """Make the device through which tunnels come, where it is missing."""
    if not Path("/dev/net/tun").exists():
        Path("/dev/net").mkdir(exist_ok=True)
        run("mknod", "-m", "666", "/dev/net/tun", "c", "10", "200")


def _dictionary() -> str:
    """radcli's own, with the vendor that its package leaves out: without it the limit vanishes silently."""
    folder = Path("/etc/radcli")
    return (folder / "dictionary").read_text() + (folder / "dictionary.roaringpenguin").read_text()


def _certificate(folder: Path) -> str:
    """A key and certificate for the gateway; the pin by which a client knows it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "vpn.example")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=2))
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    encoding = serialization.Encoding
    (folder / "cert.pem").write_bytes(made.public_bytes(encoding.PEM))
    private = key.private_bytes(encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "key.pem").write_bytes(private)
    public = key.public_key().public_bytes(encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha256(public).digest()).decode()
