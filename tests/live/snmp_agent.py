"""Debian's snmpd as a gateway: its own interfaces, read by v2c and v3, on a port of loopback."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.live.workers import free_port, until

COMMUNITY, USER, AUTH_KEY, PRIVACY_KEY = "kota-baca", "netquota", "kunci-sandi-1", "kunci-rahasia-2"


@dataclass
class Agent:
    """A running snmpd."""

    port: int
    process: subprocess.Popen[bytes]

    def octets(self, interface: str) -> tuple[int, int]:
        """What the kernel counted on an interface: received, sent."""
        folder = Path("/sys/class/net") / interface / "statistics"
        return int((folder / "rx_bytes").read_text()), int((folder / "tx_bytes").read_text())


@contextmanager
def snmpd(place: Path, port: int = 0, address: str = "127.0.0.1", asks: str = "127.0.0.1") -> Iterator[Agent]:
    """An agent that answers COMMUNITY (from the address `asks`) and USER; port 0: a free one."""
    port = port or free_port()
    place.mkdir(parents=True, exist_ok=True)
    configuration = place / "snmpd.conf"
    configuration.write_text(
        "interface_replace_old yes\n"  # else a card that went away is told of for five minutes more
        f"agentaddress udp:{address}:{port}\n"
        f"rocommunity {COMMUNITY} {asks}\nrocommunity {COMMUNITY} {address}\n"
        f"rouser {USER} priv\n"
        f"createUser {USER} SHA {AUTH_KEY} AES {PRIVACY_KEY}\n",
        encoding="utf-8",
    )
    command = ["/usr/sbin/snmpd", "-f", "-C", "-c", str(configuration), "-Lf", str(place / "snmpd.log"), "-I", "-smux"]
    environment = {"SNMP_PERSISTENT_DIR": str(place / "kept"), "MIBS": "", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
    process = subprocess.Popen(command, env=environment)
    try:
        until(lambda: _answers(address, port), "snmpd answers")
        yield Agent(port, process)
    finally:
        process.terminate()
        process.wait(10)


def _answers(address: str, port: int) -> bool:
    """Whether a question by v2c for sysUpTime is answered."""
    name = bytes([0x06, 8, 0x2B, 6, 1, 2, 1, 1, 3, 0])
    binding = _tlv(0x30, _tlv(0x30, name + b"\x05\x00"))
    question = _tlv(0xA0, b"\x02\x01\x01\x02\x01\x00\x02\x01\x00" + binding)
    packet = _tlv(0x30, b"\x02\x01\x01" + _tlv(0x04, COMMUNITY.encode()) + question)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.settimeout(0.5)
        line.connect((address, port))
        try:
            line.send(packet)
            return bool(line.recv(2048))
        except OSError:
            return False


def _tlv(kind: int, body: bytes) -> bytes:
    return bytes([kind, len(body)]) + body
