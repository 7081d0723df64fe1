"""`netquota application follow` tells what gateways measured of an application, or why nothing is."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from netquota.domain.samples import APPLICATION
from tests.unit.cli.conftest import Run

ADDED = ("application", "add", "SIAK", "--name", "SIAK", "--opd", "DISKOMINFO", "--function", "uji")


def test_follow_tells_the_measured_use_or_why_there_is_none(small_city: Run, state_dir: Path) -> None:
    assert small_city(*ADDED, "--address", "siak.kota.go.id").code == 0
    assert "measured: not reported" in small_city("application", "follow", "SIAK").out
    assert json.loads(small_city("application", "follow", "SIAK", "--json").out)["measured"]["figures"] is None
    bin_s = int(datetime.now(UTC).timestamp() - 3600) // 300 * 300
    with sqlite3.connect(state_dir / "netquota.sqlite") as books:
        books.execute(
            "INSERT INTO usage_sample (kind, subject_id, bin_s, down, up) VALUES (?, 1, ?, 900, 90)",
            (APPLICATION, bin_s),
        )
    told = small_city("application", "follow", "SIAK").out
    assert "900 octets down, 90 up" in told
    found = json.loads(small_city("application", "follow", "SIAK", "--json").out)["measured"]
    assert (found["state"], found["figures"]["down_octets"]) == ("measured", 900)
