"""What a process leaves behind when it crashes: nothing of what it held in memory."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from netquota.domain.places import Nas
from netquota.storage.snapshot import Credential
from radius.methods import Pap
from radius.screening import Peer

_CRASHES = """
import os, resource
from netquota.lifeline import leave_no_core_dump
resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
leave_no_core_dump()
print(resource.getrlimit(resource.RLIMIT_CORE), flush=True)
os.abort()
"""


def run(program: str, folder: Path) -> subprocess.CompletedProcess[str]:
    env = {"PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, "-c", program]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)


def test_a_crash_leaves_no_core_dump(tmp_path: Path) -> None:
    done = run(_CRASHES, tmp_path)
    assert done.returncode == -signal.SIGABRT
    assert done.stdout.strip() == "(1, 1)"
    assert list(tmp_path.iterdir()) == []


def test_a_limit_that_forbids_dumps_already_is_kept(tmp_path: Path) -> None:
    done = run(_CRASHES.replace("resource.RLIM_INFINITY", "0"), tmp_path)
    assert done.stdout.strip() == "(0, 0)"


def test_values_that_hold_secrets_do_not_show_them() -> None:
    secret = "s3cr3t-of-the-gateway"
    shown = [
        repr(Nas(1, "gw", "10.0.0.1", secret.encode(), "mikrotik")), repr(Peer(secret.encode())),
        repr(Credential(secret, secret.encode())), repr(Pap(secret.encode())),
    ]  # fmt: skip
    assert not any(secret in text for text in shown)
