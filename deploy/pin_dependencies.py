"""Resolve the dependencies anew: `make lock` writes constraints*.txt with hashes and the same pins into pyproject.toml.

constraints.txt is what running from a checkout needs, constraints-dev.txt adds what `make test` and `make check` use.
Options are handed on: `make lock ARGS=--upgrade`.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FILES = {"constraints.txt": "build", "constraints-dev.txt": "dev"}
RESOLVE = ("uv", "pip", "compile", "pyproject.toml", "--quiet", "--universal", "--python-version=3.11")
WRITE = ("--generate-hashes", "--no-header", "--no-annotate")
TABLE = re.compile(r"^constraint-dependencies = \[(?:\]|.*?^\])$", re.MULTILINE | re.DOTALL)


def pins(constraints: str) -> list[str]:
    """`name==version` with its marker, without hashes, in the file's order."""
    return [
        line.removesuffix("\\").strip() for line in constraints.splitlines() if line and not line.startswith((" ", "#"))
    ]


def constraint_table(constraints: str) -> str:
    """The pins as the value that stands under [tool.uv]."""
    rows = "".join(f'    "{pin}",\n' for pin in pins(constraints))
    return f"constraint-dependencies = [\n{rows}]"


def main() -> None:
    """Write the three files; the dev file is resolved under the first one's pins so that both agree."""
    project = ROOT / "pyproject.toml"
    project.write_text(TABLE.sub("constraint-dependencies = []", project.read_text()))
    for name, extra in FILES.items():
        under = ["--constraint=constraints.txt"] if name != "constraints.txt" else []
        command = [*RESOLVE, *WRITE, *under, f"--extra={extra}", f"--output-file={name}", *sys.argv[1:]]
        subprocess.run(command, cwd=ROOT, check=True)
    table = constraint_table((ROOT / "constraints-dev.txt").read_text())
    project.write_text(TABLE.sub(table, project.read_text()))


if __name__ == "__main__":
    main()
