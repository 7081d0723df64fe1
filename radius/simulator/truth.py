"""What a simulated gateway really sent, and what was acknowledged: the checker's side of the comparison.

Octets stand here as they flowed (from the user, to the user), whatever the packets made of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

Entry = dict[str, Any]


class TruthLog:
    """Entries in the order of events, in memory; each accounting packet has one `sent` and at most one `acked`."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self._serial = 0

    def sent(self, now: float, facts: Entry) -> int:
        """A packet was made; its number, for `acknowledged`."""
        self._serial += 1
        self.entries.append({"event": "sent", "serial": self._serial, "at": now, **facts})
        return self._serial

    def acknowledged(self, serial: int, now: float) -> None:
        """The server answered that packet."""
        self.entries.append({"event": "acked", "serial": serial, "at": now})

    def noted(self, event: str, now: float, facts: Entry) -> None:
        """Something else happened: a log-in's answer, an order obeyed, a reboot."""
        self.entries.append({"event": event, "at": now, **facts})

    def write(self, path: Path) -> None:
        """One JSON object a line."""
        with path.open("w", encoding="utf-8") as file:
            file.writelines(json.dumps(entry, ensure_ascii=False) + "\n" for entry in self.entries)


def read_truth(paths: Iterable[Path]) -> list[Entry]:
    """The entries of several gateways' files, each with its own serial numbers kept apart."""
    entries: list[Entry] = []
    for number, path in enumerate(paths):
        with path.open(encoding="utf-8") as file:
            for line in file:
                entry: Entry = json.loads(line)
                if "serial" in entry:
                    entry["serial"] = f"{number}:{entry['serial']}"
                entries.append(entry)
    return entries
