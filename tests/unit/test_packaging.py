"""What is pinned, what ships, and what `make test` says when a package is missing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import hatch_build
from deploy.pin_dependencies import pins

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
FILES = ("constraints.txt", "constraints-dev.txt")


@pytest.mark.parametrize("name", FILES)
def test_constraints_carry_a_hash_for_each_pin_and_no_host(name: str) -> None:
    text = (ROOT / name).read_text()
    entries = text.replace("\\\n", " ").splitlines()
    assert [entry for entry in entries if "--hash=sha256:" not in entry or "==" not in entry] == []
    assert "://" not in text


def test_uv_obeys_the_same_pins() -> None:
    run, dev = (pins((ROOT / name).read_text()) for name in FILES)
    assert PROJECT["tool"]["uv"]["constraint-dependencies"] == dev
    assert {pin.partition(" ;")[0] for pin in run} <= {pin.partition(" ;")[0] for pin in dev}


def test_lock_of_browser_assets_has_hashes_and_no_host() -> None:
    text = (ROOT / "package-lock.json").read_text()
    assert "://" not in text
    assert text.count('"integrity"') == text.count('"node_modules/')


def without_node(folder: Path, **env: str) -> subprocess.CompletedProcess[str]:
    for name in ("hatch_build.py", "package.json", "package-lock.json"):
        shutil.copy(ROOT / name, folder)
    command = [sys.executable, "-S", "-I", "hatch_build.py", "assets"]  # -S: not even the Python package with node
    return subprocess.run(command, check=False, cwd=folder, env={"PATH": "", **env}, capture_output=True, text=True)


def test_build_without_node_says_what_to_do(tmp_path: Path) -> None:
    done = without_node(tmp_path)
    assert done.returncode == 1
    assert "NETQUOTA_SKIP_ASSETS=1" in done.stderr
    assert "Traceback" not in done.stderr


def test_assets_may_be_left_out_and_that_is_said(tmp_path: Path) -> None:
    done = without_node(tmp_path, NETQUOTA_SKIP_ASSETS="1")
    assert done.returncode == 0
    assert "NETQUOTA_SKIP_ASSETS is set" in done.stdout


def test_assets_that_are_there_are_not_fetched_again(tmp_path: Path) -> None:
    vendor = tmp_path / hatch_build.VENDOR
    vendor.mkdir(parents=True)
    for name in hatch_build.VENDORED.values():
        (vendor / name).touch()
    (vendor / hatch_build.STAMP).write_text(hatch_build.lock_digest(ROOT))
    assert without_node(tmp_path).returncode == 0
    (vendor / "htmx.min.js").unlink()
    assert without_node(tmp_path).returncode == 1


def test_translations_are_compiled_when_they_are_newer(tmp_path: Path) -> None:
    po = tmp_path / "web/translations/id/LC_MESSAGES/messages.po"
    po.parent.mkdir(parents=True)
    header = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'
    po.write_text(header + 'msgid "Quota"\nmsgstr "Kuota"\n')
    hatch_build.compile_translations(tmp_path)
    compiled = po.with_suffix(".mo")
    assert b"Kuota" in compiled.read_bytes()
    os.utime(compiled, (1, 1))
    hatch_build.compile_translations(tmp_path)
    assert compiled.stat().st_mtime > 1


def packages(folder: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """The script where one thing is missing and apt is not there."""
    (folder / "deploy").mkdir()
    shutil.copy(ROOT / "deploy/test-packages.sh", folder / "deploy")
    rows = "coreutils cat tests of everything\npostgresql /nowhere/*/initdb storage tests on PostgreSQL\n"
    (folder / "deploy/debian-packages-test.txt").write_text("# comment\n" + rows)
    programs = folder / "bin"
    programs.mkdir()
    for program in ("cat", "cut", "dirname", "grep", "id", "paste", "sh"):
        (programs / program).symlink_to(shutil.which(program) or f"/bin/{program}")
    command = [programs / "sh", folder / "deploy/test-packages.sh"]
    return subprocess.run(command, check=False, env={"PATH": str(programs), **env}, capture_output=True, text=True)


def test_missing_package_is_named_with_its_tests_and_left_out(tmp_path: Path) -> None:
    done = packages(tmp_path)
    assert (done.returncode, done.stdout) == (0, "postgresql\n")
    assert "NOT RUN: storage tests on PostgreSQL" in done.stderr
    assert "apt-get install postgresql" in done.stderr


def test_missing_package_is_a_failure_in_ci(tmp_path: Path) -> None:
    done = packages(tmp_path, CI="true")
    assert (done.returncode, done.stdout) == (1, "")
