"""`netquota portal export`: the hotspot's pages on disk, or why there are none."""

from __future__ import annotations

from pathlib import Path

import pytest

from netquota.services.hotspot_pages import NAMES
from tests.unit.cli.conftest import Run


def test_the_pages_of_a_mikrotik_are_written_in_both_languages(
    small_city: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NETQUOTA_WEB__PUBLIC_URL", "https://netquota.kota.go.id")
    folder = tmp_path / "pages"
    done = small_city("portal", "export", "--nas", "gw1", "--output", str(folder))
    assert done.code == 0, done.err
    written = {str(path.relative_to(folder)) for path in folder.rglob("*.*")}
    assert written == {*NAMES, *(f"en/{name}" for name in NAMES)}
    assert 'action="https://netquota.kota.go.id/portal/login"' in (folder / "login.html").read_text()


@pytest.mark.parametrize(
    ("nas", "family", "url", "told"),
    [
        ("gw9", "", "https://netquota.kota.go.id", "gw9"),
        ("gw1", "", "", "web.public_url"),
        ("gw2", "chilli", "https://netquota.kota.go.id", "netquota nas config gw2"),
    ],
)
def test_a_mistake_says_what_helps(
    small_city: Run, monkeypatch: pytest.MonkeyPatch, nas: str, family: str, url: str, told: str
) -> None:
    monkeypatch.setenv("NETQUOTA_WEB__PUBLIC_URL", url)
    if family:
        assert small_city("nas", "add", nas, "--address", "10.9.9.9", "--family", family).code == 0
    done = small_city("portal", "export", "--nas", nas)
    assert done.code != 0
    assert told in done.err
