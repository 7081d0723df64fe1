"""`serve` before anything runs: one clear line for what is in the way; key and database made where there are none."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from netquota.cli.desk import office_of
from netquota.cli.preparation import prepare
from netquota.cli.serve import children
from netquota.errors import ConfigurationError
from netquota.instance_lock import only_instance
from netquota.secrets import create_key_file
from netquota.services.allocate import add
from netquota.services.office import Author
from netquota.settings import Settings, as_environment, load

ROOT = Path(__file__).resolve().parents[3]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    ports = {
        "radius.auth_port": free_port(),
        "radius.acct_port": free_port(),
        "web.port": free_port(),
        "metrics.port": 0,
    }
    given = {"state_dir": tmp_path, "radius.bind": "127.0.0.1", **ports}
    return load(env={"NETQUOTA_CONFIG": ""}, overrides=given)


@pytest.fixture
def refused(settings: Settings) -> Callable[[], str]:
    """Runs `serve`, which is to refuse; gives the one line that it says."""

    def run() -> str:
        command = [sys.executable, "-m", "netquota.cli", "serve"]
        env = {"PATH": "/usr/bin:/bin", **as_environment(settings)}
        done = subprocess.run(command, check=False, cwd=ROOT, env=env, capture_output=True, text=True, timeout=30)
        assert done.returncode == 2
        assert done.stderr.count("\n") == 1
        return done.stderr

    return run


def test_taken_port_is_one_line_that_names_the_setting(settings: Settings, refused: Callable[[], str]) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", settings.radius.auth_port))
        line = refused()
    assert f"radius.auth_port {settings.radius.auth_port} is taken on 127.0.0.1" in line


def test_second_instance_is_one_line(settings: Settings, refused: Callable[[], str]) -> None:
    with only_instance(settings.state_dir):
        assert "already runs with state_dir" in refused()


def test_missing_key_of_a_database_with_data_is_one_line_and_no_new_key(
    settings: Settings, refused: Callable[[], str]
) -> None:
    prepare(settings)
    settings.security.key_file.unlink()
    assert f"security.key_file {settings.security.key_file} is missing" in refused()
    assert not settings.security.key_file.exists()


def test_key_of_another_database_is_one_line(settings: Settings, refused: Callable[[], str]) -> None:
    secrets = prepare(settings)
    with office_of(settings, secrets) as office:
        add(office, "nas", {"name": "gw1", "address": "10.0.0.1", "family": "mikrotik"}, Author("uji"))
    settings.security.key_file.unlink()
    create_key_file(settings.security.key_file)
    assert "security.key_file is not the key of this database" in refused()


def test_first_start_makes_key_and_schema_and_the_next_one_keeps_them(settings: Settings) -> None:
    sealed = prepare(settings).encrypt(b"secret")
    assert prepare(settings).decrypt(sealed) == b"secret"
    assert settings.security.key_file.stat().st_mode & 0o777 == 0o600


def test_a_given_key_is_taken_for_an_empty_database(settings: Settings) -> None:
    sealed = prepare(settings).encrypt(b"secret")
    (settings.state_dir / "netquota.sqlite").unlink()
    assert prepare(settings).decrypt(sealed) == b"secret"


def test_key_that_others_may_read_stops_the_start(settings: Settings) -> None:
    prepare(settings)
    settings.security.key_file.chmod(0o644)
    with pytest.raises(ConfigurationError, match="chmod 600"):
        prepare(settings)


def test_each_process_is_a_child_with_the_very_same_settings(tmp_path: Path) -> None:
    overrides = {"state_dir": tmp_path, "radius.workers": 2, "city.name": "Kota Uji"}
    settings = load(env={"NETQUOTA_CONFIG": ""}, overrides=overrides)
    kept = children(settings)
    assert [child.name for child in kept] == ["radius-0", "radius-1", "web", "scheduler"]
    assert kept[1].command[1:] == ("-m", "netquota.cli", "radius", "--index", "1")
    assert all(load(env=child.env) == settings for child in kept)
