"""Alert rules and dashboards that ship name only metrics and labels that there are; promtool takes the rules."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from netquota.metrics import Metrics

ROOT = Path(__file__).resolve().parents[2]
RULES = ROOT / "deploy" / "prometheus" / "alerts.yml"
BOARDS = sorted((ROOT / "deploy" / "grafana").glob("*.json"))
METRIC = re.compile(r"\bnetquota_\w+")
MATCHER = re.compile(r"(netquota_\w+)\{([^}]*)\}")
SUFFIXES = ("_total", "_bucket", "_sum", "_count")


def exposed() -> dict[str, set[str]]:
    """The labels of every metric of ours, by the name under which Prometheus knows it."""
    found: dict[str, set[str]] = {}
    for collector in list(Metrics().registry._collector_to_names):  # type: ignore[attr-defined]
        labels = set(getattr(collector, "_labelnames", ()) or getattr(collector, "_labels", ()))
        label = getattr(collector, "_label", None)
        labels |= {label, "le"} if isinstance(label, str) else set()
        for family in collector.collect():
            for suffix in ("", *SUFFIXES):
                found[family.name + suffix] = labels
    return found


def known(expression: str) -> None:
    """All metrics and labels of an expression are there."""
    there = exposed()
    for name in METRIC.findall(expression):
        assert name in there, f"{name} in {expression}"
    for name, matchers in MATCHER.findall(expression):
        labels = set(re.findall(r"(\w+)\s*[=!]", matchers))
        assert labels <= there[name], f"{labels - there[name]} of {name}"


def rules() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"][0]["rules"]
    return found


def test_every_metric_and_label_that_an_alert_asks_for_is_exposed() -> None:
    assert len(rules()) >= 12
    for rule in rules():
        known(rule["expr"])


def test_every_alert_has_its_runbook() -> None:
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    for rule in rules():
        assert f"### {rule['alert']}\n" in text
        assert rule["annotations"]["runbook"] == f"docs/operations.md#{rule['alert'].lower()}"
        assert rule["labels"]["severity"] in ("warning", "critical")


@pytest.mark.needs("prometheus")
def test_promtool_takes_the_rules(tmp_path: Path) -> None:
    checked = subprocess.run(["promtool", "check", "rules", str(RULES)], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert f"{len(rules())} rules found" in checked.stdout


@pytest.mark.needs("prometheus")
def test_alerts_rise_when_they_should_and_only_then(tmp_path: Path) -> None:
    series = {
        'netquota_link_p95_bytes_per_second{link="A",direction="down"}': "11000000x120",
        'netquota_link_capacity_bytes_per_second{link="A",direction="down"}': "12000000x120",
        'netquota_link_p95_bytes_per_second{link="B",direction="down"}': "1000000x120",
        'netquota_link_capacity_bytes_per_second{link="B",direction="down"}': "12000000x120",
        'netquota_backup_trial_succeeded{job="backup_trial"}': "1x30 0x90",
        'netquota_backup_trial_timestamp_seconds{job="backup_trial"}': "0x120",
        'netquota_link_probe_answered_ratio{link="A",by="server"}': "1x60 0.2x60",
    }
    values = [{"series": name, "values": steps} for name, steps in series.items()]
    expected = (
        ("LinkP95High", "90m", {"link": "A", "direction": "down", "severity": "warning"}),
        ("BackupUnusable", "30m", None),
        ("BackupUnusable", "60m", {"job": "backup_trial", "severity": "critical"}),
        ("LinkFarEndAway", "60m", None),
        ("LinkFarEndAway", "90m", {"link": "A", "by": "server", "severity": "critical"}),
    )
    asked = [
        {"eval_time": at, "alertname": name, "exp_alerts": [] if labels is None else [{"exp_labels": labels}]}
        for name, at, labels in expected
    ]
    annotations = {rule["alert"]: rule["annotations"] for rule in rules()}
    for one in asked:
        for alert in one["exp_alerts"]:  # type: ignore[attr-defined]
            labels = alert["exp_labels"]
            texts = annotations[str(one["alertname"])]
            alert["exp_annotations"] = {
                name: re.sub(r"\{\{ \$labels\.(\w+) \}\}", lambda m, labels=labels: labels[m[1]], text)
                for name, text in texts.items()
            }
    plan = {"rule_files": [str(RULES)], "evaluation_interval": "1m",
            "tests": [{"interval": "1m", "input_series": values, "alert_rule_test": asked}]}  # fmt: skip
    (tmp_path / "plan.yml").write_text(yaml.safe_dump(plan), encoding="utf-8")
    command = ["promtool", "test", "rules", str(tmp_path / "plan.yml")]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def expressions(board: dict[str, Any]) -> Iterator[str]:
    for panel in board["panels"]:
        yield from (target["expr"] for target in panel["targets"])
    yield from (one["query"] for one in board["templating"]["list"] if one["type"] == "query")


@pytest.mark.parametrize("path", BOARDS, ids=lambda path: path.stem)
def test_dashboards_ask_for_what_there_is(path: Path) -> None:
    board = json.loads(path.read_text(encoding="utf-8"))
    assert board["uid"] == f"netquota-{path.stem}"
    assert board["templating"]["list"][0] | {"label": "", "current": {}} == {
        "name": "datasource", "type": "datasource", "query": "prometheus", "label": "", "current": {},
    }  # fmt: skip
    for expression in expressions(board):
        known(expression)
    asked = set(re.findall(r"\$(\w+)", " ".join(expressions(board))))
    assert asked <= {one["name"] for one in board["templating"]["list"]}
    ids = [panel["id"] for panel in board["panels"]]
    assert len(ids) == len(set(ids))


def test_dashboards_lay_no_panel_over_another() -> None:
    for path in BOARDS:
        taken: set[tuple[int, int]] = set()
        for panel in json.loads(path.read_text(encoding="utf-8"))["panels"]:
            place = panel["gridPos"]
            cells = {(x, y) for x in range(place["x"], place["x"] + place["w"])
                     for y in range(place["y"], place["y"] + place["h"])}  # fmt: skip
            assert not cells & taken, (path.stem, panel["title"])
            assert max(x for x, _ in cells) < 24
            taken |= cells


def test_a_metric_that_is_gone_is_noticed() -> None:
    with pytest.raises(AssertionError):
        known("netquota_nothing_total > 1")
    with pytest.raises(AssertionError):
        known('netquota_sessions_active{user="budi"}')
