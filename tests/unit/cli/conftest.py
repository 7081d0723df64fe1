"""An installation in a folder of its own, and commands run in this process against it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from netquota import cli
from netquota.cli.failures import told
from netquota.secrets import create_key_file


@dataclass(frozen=True)
class Done:
    """How a command ended and what it printed."""

    code: int
    out: str
    err: str

    @property
    def rows(self) -> list[list[str]]:
        """The lines of a table, without its heading."""
        return [line.split("\t") for line in self.out.splitlines()[1:]]


Run = Callable[..., Done]


@pytest.fixture
def state_dir(tmp_path: Path, sqlite_template: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of an installation with an empty database of the newest schema."""
    shutil.copyfile(sqlite_template, tmp_path / "netquota.sqlite")
    create_key_file(tmp_path / "netquota.key")
    monkeypatch.setenv("NETQUOTA_CONFIG", "")
    monkeypatch.setenv("NETQUOTA_STATE_DIR", str(tmp_path))
    return tmp_path


@pytest.fixture
def netquota(state_dir: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs `netquota …`."""

    def run(*arguments: str) -> Done:
        capsys.readouterr()
        code = int(told(cli.root, list(arguments)))
        printed = capsys.readouterr()
        return Done(code, printed.out, printed.err)

    return run


@pytest.fixture
def small_city(netquota: Run) -> Run:
    """One office, plan, gateway, site and employee, made by the commands themselves."""
    for line in (
        "plan add staf --name Staf --rate 10M/2M",
        "opd add DISKOMINFO --name Kominfo --ceiling 50M/25M --plan staf",
        "nas add gw1 --address 10.0.0.1 --family mikrotik --secret rahasia-sekali-123",
        "site add Kantor --opd DISKOMINFO --nas gw1",
        "employee add budi --name Budi --nip 198609262015051001 --opd DISKOMINFO --password kelapa-7-perahu",
    ):
        done = netquota(*line.split())
        assert done.code == 0, done.err
    return netquota
