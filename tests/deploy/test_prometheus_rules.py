"""The alarms watch what the program really exports."""

from __future__ import annotations

import ast
import re
from typing import Any

import yaml
from deploy.compose_file import ROOT

METRICS = {"Counter", "Gauge", "Histogram", "Summary"}


def exported() -> dict[str, set[str]]:
    """Name -> labels of every metric the sources make, as Prometheus sees it."""
    found: dict[str, set[str]] = {}
    for file in (ROOT / "bot").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            match node:
                case ast.Call(ast.Name(kind), [ast.Constant(str(name)), _, *labels]) if kind in METRICS:
                    found[name] = set(ast.literal_eval(labels[0])) if labels else set()
    return found


def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load((ROOT / "deploy" / "prometheus-rules.yml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def test_every_metric_in_a_rule_is_exported() -> None:
    """A renamed metric or label would silence its alarm."""
    metrics = exported()
    used = set()
    for rule in rules():
        for name, labels in re.findall(r"\b(dingdong_\w+)(?:\{([^}]*)\})?", rule["expr"]):
            assert name in metrics, rule["alert"]
            assert set(re.findall(r"(\w+)=", labels)) <= metrics[name], rule["alert"]
            used.add(name)
    assert len(used) > 3


def test_every_alarm_says_what_to_do() -> None:
    """Whoever is woken reads what happened, how urgent it is and where to look; each alarm is named once."""
    alerts = [rule["alert"] for rule in rules()]
    assert len(alerts) == len(set(alerts))
    for rule in rules():
        assert rule["labels"]["severity"] in {"page", "ticket"}, rule["alert"]
        assert {"summary", "do"} == set(rule["annotations"]), rule["alert"]


def test_the_operators_page_names_only_metrics_that_exist() -> None:
    """docs/operating.md points at metrics an operator will find."""
    page = (ROOT / "docs" / "operating.md").read_text()
    named = set(re.findall(r"\b(dingdong_\w+)", page))
    assert named
    assert named <= exported().keys()
