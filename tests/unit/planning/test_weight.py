"""What computes plans is heavy: neither the RADIUS worker nor the command line's start may load it."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("numpy", "scipy", "pandas", "statsmodels", "matplotlib", "docx", "docxtpl", "xlsxwriter", "typst")


def loaded_by(module: str) -> list[str]:
    program = f"import sys, {module}; print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    return eval(done.stdout)  # noqa: S307 - a list we printed ourselves


@pytest.mark.parametrize("module", ["radius.server", "netquota.cli"])
def test_the_worker_and_the_command_line_start_without_what_plans(module: str) -> None:
    assert loaded_by(module) == []


def test_measuring_and_dividing_need_numpy_alone() -> None:
    modules = (
        "netquota.planning.limits, netquota.planning.division, netquota.planning.scenario, netquota.planning.effect"
    )
    assert loaded_by(modules) == ["numpy"]
