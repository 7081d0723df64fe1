"""Reads a file that somebody sent, in a process of its own with limits of time, memory and rows."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import Any, cast

from netquota.sheets.sheet import Cells, Sheet, Unreadable


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of the machine a file may cost: octets as sent and as unpacked, rows, seconds, octets of memory."""

    largest: int = 10 * 1024 * 1024
    unpacked: int = 150 * 1024 * 1024
    rows: int = 20_000
    seconds: int = 30
    memory: int = 1024 * 1024 * 1024


def read(content: bytes, limits: Limits | None = None) -> list[Sheet]:
    """The sheets of a CSV or XLSX file that hold anything. Raises `Unreadable`, which says what to do."""
    limits = limits or Limits()
    if not content.strip():
        raise Unreadable("the file is empty; choose another")
    if len(content) > limits.largest:
        raise Unreadable(f"the file is larger than {limits.largest // 1024**2} MB; divide it, or leave sheets out")
    answer = _asked(content, limits)
    if "refused" in answer:
        raise Unreadable(f"the file cannot be read: {answer['refused']}")
    sheets = [_sheet(each) for each in cast("list[dict[str, Any]]", answer["sheets"])]
    found = [sheet for sheet in sheets if sheet.rows]
    if not found:
        raise Unreadable("the file holds no rows; choose another")
    return found


def _asked(content: bytes, limits: Limits) -> dict[str, Any]:
    """What the process answered; one that dies or takes too long is a file that cannot be used."""
    bounds = (limits.rows, limits.unpacked, limits.seconds, limits.memory)
    command = [sys.executable, "-m", "netquota.sheets.parser", *(str(bound) for bound in bounds)]
    environment = {"PATH": os.defpath, "PYTHONPATH": os.environ.get("PYTHONPATH", ""), "LANG": "C.UTF-8"}
    try:
        done = subprocess.run(
            command, input=content, capture_output=True, timeout=limits.seconds, env=environment, check=False
        )
    except subprocess.TimeoutExpired:
        raise Unreadable(_TOO_MUCH) from None
    try:
        return cast("dict[str, Any]", json.loads(done.stdout))
    except ValueError:
        raise Unreadable(_TOO_MUCH) from None


_TOO_MUCH = "the file takes too much time or memory to read; save the one sheet that is wanted as CSV"


def _sheet(found: dict[str, Any]) -> Sheet:
    rows = (Cells(int(number), tuple(texts)) for number, texts in found["rows"])
    return Sheet(str(found["name"]), tuple(rows))
