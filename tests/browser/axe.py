"""axe-core, which finds what a screen reader or weak eyes stumble over; fetched by npm into build/, by its hash."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from pathlib import Path
from typing import Any, Final

from hatch_build import run_npm
from tests.browser.chrome import Browser

_FOLDER = Path(__file__).parent / "axe"
_KEPT = Path(__file__).parents[2] / "build" / "browser-tests"
_RUN: Final = """
var done = arguments[arguments.length - 1];
axe.run(document, {resultTypes: ['violations'], preload: false, runOnly: arguments[0]}).then(
  function (found) { done(found.violations); },
  function (error) { done([{id: String(error), impact: 'critical', nodes: []}]); });
"""
RULES: Final = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")


def axe_source() -> str:
    """The script's text. Raises `hatch_build.AssetsMissing` where it is neither here nor to be fetched."""
    digest = hashlib.sha256((_FOLDER / "package-lock.json").read_bytes()).hexdigest()[:16]
    kept = _KEPT / f"axe-{digest}.js"
    if not kept.is_file():
        with tempfile.TemporaryDirectory(prefix="netquota-axe-") as folder:
            work = Path(folder)
            for name in ("package.json", "package-lock.json"):
                shutil.copy(_FOLDER / name, work)
            run_npm(work)
            _KEPT.mkdir(parents=True, exist_ok=True)
            fresh = kept.with_suffix(f".{work.name}")  # two test processes may fetch at once
            shutil.copyfile(work / "node_modules/axe-core/axe.min.js", fresh)
            fresh.replace(kept)
    return kept.read_text(encoding="utf-8")


def serious_findings(page: Browser, source: str, rules: tuple[str, ...] = RULES) -> list[str]:
    """What axe finds serious or critical on the page as it stands: rule, where, why."""
    if not page.ask("return Boolean(window.axe)"):
        page.ask(source)
    found: list[dict[str, Any]] = page.driver.execute_async_script(_RUN, list(rules))  # type: ignore[no-untyped-call]
    return [_told(one) for one in found if one["impact"] in ("serious", "critical")]


def _told(finding: dict[str, Any]) -> str:
    places = ", ".join(str(node["target"][0]) for node in finding["nodes"][:4])
    why = finding["nodes"][0]["failureSummary"].replace("\n", " ") if finding["nodes"] else ""
    return f"axe {finding['id']} ({finding['impact']}): {places}: {why}"
