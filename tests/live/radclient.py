"""Debian's radclient as a gateway: attributes as a shell user writes them, its answer as attributes again."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass

from tests.live.city import SECRET

_RECEIVED = re.compile(r"^Received (\S+) Id", re.MULTILINE)
_ATTRIBUTE = re.compile(r"^\t(\S+) = (.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Said:
    """What radclient printed: the code of the answer (empty: none came), its attributes in order."""

    code: str
    attributes: list[tuple[str, str]]
    output: str

    def get(self, name: str) -> str | None:
        """The attribute's value as printed, quotes taken off."""
        found = [value for key, value in self.attributes if key == name]
        return found[0].strip('"') if found else None

    @property
    def names(self) -> set[str]:
        return {name for name, _ in self.attributes}


def radclient(
    port: int, command: str, source: str, attributes: Mapping[str, str | int], wait_s: float = 3, tries: int = 1
) -> Said:
    """One request of `command` (auth, acct, status) from a source address, as `echo … | radclient` sends it."""
    lines = [f"Packet-Src-IP-Address = {source}", *(f"{key} = {_quoted(value)}" for key, value in attributes.items())]
    program = ["radclient", "-x", "-r", str(tries), "-t", str(wait_s), f"127.0.0.1:{port}", command, SECRET]
    found = subprocess.run(program, check=False, input="\n".join(lines).encode(), capture_output=True, timeout=60)
    output = found.stdout.decode() + found.stderr.decode()
    received = _RECEIVED.search(output)
    if received is None:
        return Said("", [], output)
    return Said(received[1], _ATTRIBUTE.findall(output[received.end() :]), output)


def _quoted(value: str | int) -> str:
    bare = isinstance(value, int) or value.startswith("0x") or re.fullmatch(r"[A-Z][a-zA-Z-]*|[\d.]+", value)
    return str(value) if bare else f'"{value}"'
