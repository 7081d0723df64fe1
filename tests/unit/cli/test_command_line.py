"""The command line itself: quick help, exit codes, one line for an error, no traceback."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import click
import pytest

from netquota import cli
from netquota.cli import COMMANDS, config
from netquota.cli.failures import told
from netquota.errors import ConfigurationError, Conflict, InvalidValue, NotFound, StorageUnavailable
from netquota.settings import known_keys

ROOT = Path(__file__).resolve().parents[3]
HEAVY = {"alembic", "argon2", "cryptography", "flask", "pydantic", "radius", "rich", "sqlalchemy", "structlog", "web"}


def run(*arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "netquota.cli", *arguments]
    plain = {"PATH": "/usr/bin:/bin", "NETQUOTA_CONFIG": "", **env}
    return subprocess.run(command, check=False, cwd=ROOT, env=plain, capture_output=True, text=True, timeout=30)


def test_help_lists_every_command_and_loads_none() -> None:
    code = "import sys; from netquota.cli.failures import told; from netquota import cli; told(cli.root, ['--help'])\n"
    code += "print('LOADED', *{name.partition('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    text, _, loaded = done.stdout.partition("LOADED")
    assert [name for name in COMMANDS if f"\n  {name} " not in text] == []
    assert HEAVY & set(loaded.split()) == set()


def test_help_is_there_within_three_tenths_of_a_second() -> None:
    took: list[float] = []
    for _ in range(5):
        began = time.monotonic()
        assert run("--help").returncode == 0
        took.append(time.monotonic() - began)
    assert min(took) < 0.3


@pytest.mark.parametrize(("name", "target"), [(name, target) for name, (target, _) in COMMANDS.items()])
def test_every_command_is_where_the_table_says(name: str, target: str) -> None:
    assert importlib.util.find_spec(target.partition(":")[0]) is not None
    context = click.Context(cli.root)
    assert isinstance(cli.root.get_command(context, name), click.Command)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InvalidValue("rate", "10X", "write 10M"), 2),
        (ConfigurationError("radius.auth_port 1812 is taken"), 2),
        (NotFound("OPD", "XYZ"), 1),
        (Conflict("changed by another"), 1),
        (StorageUnavailable("database is away"), 3),
        (click.UsageError("no such option"), 2),
        (click.Abort(), 1),
    ],
)
def test_exit_code_says_whose_turn_it_is(error: Exception, code: int, capsys: pytest.CaptureFixture[str]) -> None:
    @click.command()
    def failing() -> None:
        raise error

    assert told(failing, []) == code
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "Traceback" not in printed.err


def test_a_command_may_choose_its_exit_code() -> None:
    @click.command()
    @click.pass_context
    def partly(ctx: click.Context) -> None:
        ctx.exit(3)

    assert told(partly, []) == 3


def test_unexpected_error_is_one_line_with_a_reference_that_is_found_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NETQUOTA_CONFIG", "")
    monkeypatch.setenv("NETQUOTA_STATE_DIR", str(tmp_path))

    @click.command()
    def broken() -> None:
        raise KeyError("postgresql://u:hush@h/d")

    assert told(broken, []) == 1
    printed = capsys.readouterr().err
    assert printed.count("\n") == 1
    assert "Traceback" not in printed
    reference = printed.split("unexpected error ")[1].split()[0]
    kept = (tmp_path / "errors.log").read_text()
    assert reference in kept
    assert "Traceback" in kept
    assert "hush" not in kept + printed


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--set", "radius.auth_prot=1", "config", "check"], "did you mean radius.auth_port?"),
        (["--set", "nonsense", "config", "check"], "KEY=VALUE"),
        (["--config", "/nowhere.toml", "config", "check"], "/nowhere.toml cannot be read"),
        (["config", "chekc"], "chekc"),
        (["confgi"], "confgi"),
    ],
)
def test_wrong_input_is_told_and_exits_with_two(arguments: list[str], words: str) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_option_goes_before_everything_else() -> None:
    done = run("--set", "web.port=8099", "config", "show", "--json", NETQUOTA_WEB__PORT="8098")
    assert json.loads(done.stdout)["web.port"] == 8099


def test_show_tells_every_key_and_hides_passwords_unless_asked() -> None:
    url = "postgresql://netquota:hush@db/netquota"
    shown = run("config", "show", "--redacted", "--json", NETQUOTA_DATABASE__URL=url)
    assert sorted(json.loads(shown.stdout)) == sorted(known_keys())
    assert "hush" not in shown.stdout
    assert "hush" in run("config", "show", "--with-passwords", NETQUOTA_DATABASE__URL=url).stdout


def test_example_is_valid_toml() -> None:
    assert tomllib.loads(run("config", "example").stdout)


def test_check_names_file_and_key(tmp_path: Path) -> None:
    done = run("config", "check", NETQUOTA_STATE_DIR=str(tmp_path))
    assert done.returncode == 0
    assert str(tmp_path / "netquota.key") in done.stdout
    (tmp_path / "netquota.key").write_text("nothing")
    (tmp_path / "netquota.key").chmod(0o644)
    refused = run("config", "check", NETQUOTA_STATE_DIR=str(tmp_path))
    assert refused.returncode == 2
    assert "chmod 600" in refused.stderr


def test_config_is_a_group_of_its_own() -> None:
    assert set(config.config.commands) == {"check", "show", "example"}
