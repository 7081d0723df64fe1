"""`netquota nas config`: whole, masked unless secrets are asked for, and noted when they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.cli.conftest import Run
from tests.unit.services.routeros_syntax import checked

SECRET = "rahasia-sekali-123"


@pytest.fixture
def settled(small_city: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("NETQUOTA_WEB__PUBLIC_URL", "https://netquota.kota.go.id")
    monkeypatch.setenv("NETQUOTA_GATEWAYS__SERVER_ADDRESSES", "10.10.0.1")
    monkeypatch.setenv("NETQUOTA_GATEWAYS__ALWAYS_REACHABLE", "absensi.kota.go.id")
    return small_city


def test_configuration_is_masked_and_reads_soundly(settled: Run) -> None:
    done = settled("nas", "config", "gw1")
    assert done.code == 0, done.err
    assert SECRET not in done.out + done.err
    checked(done.out)
    assert "max-limit=25000000/50000000" in done.out
    assert 'dst-host="absensi.kota.go.id"' in done.out
    assert "--show-secret" in done.err


def test_secrets_are_shown_on_request_and_the_trail_notes_it(settled: Run) -> None:
    assert SECRET in settled("nas", "config", "gw1", "--show-secret", "--routeros", "6").out
    assert "show_secret" in settled("audit", "list").out


def test_files_are_written_for_the_owner_alone(settled: Run, tmp_path: Path) -> None:
    folder = tmp_path / "files"
    done = settled("nas", "config", "gw1", "--format", "ocserv", "--show-secret", "--output", str(folder))
    assert done.code == 0, done.err
    written = {path.name for path in folder.iterdir()}
    assert {"dictionary", "ocserv.conf", "radiusclient.conf", "servers"} <= written
    assert ("limit.sh" in written) == ("/limit.sh" in (folder / "ocserv.conf").read_text())
    assert SECRET in (folder / "servers").read_text()
    assert (folder / "servers").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("gw9",), "gw1"), (("gw1", "--format", "junos"), "routeros"),
        (("gw1", "--tunnel-address", "10.99.0.7"), "prefix"), (("gw1", "--tunnel-address", "10.99.0.7/24"), "tunnel"),
    ],
)  # fmt: skip
def test_a_mistake_says_what_helps(settled: Run, options: tuple[str, ...], told: str) -> None:
    done = settled("nas", "config", *options)
    assert done.code != 0
    assert told in done.err
