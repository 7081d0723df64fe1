"""Each package of the web door can be imported first: the command line needs the API's document alone."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize("name", ["web.api.v1.document", "web.admin", "web.planning", "web.portal", "web.auth"])
def test_a_package_is_imported_by_itself(name: str) -> None:
    done = subprocess.run([sys.executable, "-c", f"import {name}"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
