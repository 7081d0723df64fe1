"""What a simulated gateway really sent, and what was acknowledged: the checker's side of the comparison.

Octets stand here as they flowed (from the user, to the user), whatever the packets made of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TextIO

Entry = dict[str, Any]


class TruthLog:
    """Entries in the order of events; each accounting packet has one `sent` and at most one `acked`.

    They stay in memory, or go to a file where there is one, so that a long rehearsal does not grow.
    """

    def __init__(self, file: TextIO | None = None) -> None:
        self.entries: list[Entry] = []
        self._serial = 0
        self._file = file

    def sent(self, now: float, facts: Entry) -> int:
        """A packet was made; its number, for `acknowledged`."""
        self._serial += 1
        self._keep({"event": "sent", "serial": self._serial, "at": now, **facts})
        return self._serial

    def acknowledged(self, serial: int, now: float) -> None:
        """The server answered that packet."""
        self._keep({"event": "acked", "serial": serial, "at": now})

    def noted(self, event: str, now: float, facts: Entry) -> None:
        """Something else happened: a log-in's answer, an order obeyed, a reboot."""
        self._keep({"event": event, "at": now, **facts})

    def _keep(self, entry: Entry) -> None:
        if self._file is None:
            self.entries.append(entry)
        else:
            self._file.write(line_of(entry))

    def write(self, path: Path) -> None:
        """One JSON object a line."""
        with path.open("w", encoding="utf-8") as file:
            file.writelines(map(line_of, self.entries))


def line_of(entry: Entry) -> str:
    """One JSON object."""
    return json.dumps(entry, ensure_ascii=False) + "\n"


def truth_of(path: Path) -> Iterator[Entry]:
    """The entries of one file, one after the other: it may be larger than memory."""
    with path.open(encoding="utf-8") as file:
        yield from map(json.loads, file)


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
