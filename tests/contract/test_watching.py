"""watch/ and docs/admin/watch.md: alerts and panels use metrics that exist, and each alert is explained and tried."""

import json
import re
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "admin" / "watch.md").read_text()
ALERTS = ROOT / "watch" / "alerts.yml"
TESTS = ROOT / "watch" / "alerts_test.yml"
DASHBOARD = json.loads((ROOT / "watch" / "grafana-dashboard.json").read_text())
HISTOGRAM_ENDINGS = ("_bucket", "_sum", "_count")


def metrics_of_page():
    """{name: (type, labels)} of the table."""
    rows = re.findall(r"^\| `(\w+)` \| (counter|gauge|histogram) \|(.*?)\| ", PAGE, re.M)
    return {name: (kind, set(re.findall(r"`(\w+)`", labels))) for name, kind, labels in rows}


METRICS = metrics_of_page()


def series():
    """{name of a series: labels} as an expression may use it."""
    names = {}
    for name, (kind, labels) in METRICS.items():
        if kind == "histogram":
            names.update({name + ending: labels | ({"le"} if ending == "_bucket" else set()) for ending in HISTOGRAM_ENDINGS})
        else:
            names[name] = labels
    return {**names, "up": set()}


def rules():
    return [rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]]


def expressions():
    for rule in rules():
        yield pytest.param(rule["expr"], id=rule["alert"])
    for panel in DASHBOARD["panels"]:
        for target in panel.get("targets", []):
            yield pytest.param(target["expr"], id=f"{panel['title']}-{target['refId']}")


def check_expression(expression):
    """What is wrong with it, by the metrics of the page."""
    known = series()
    target_labels = {"instance", "job"}
    for name in re.findall(r"\b(?:parlor|process)_\w+|\bup\b", expression):
        if name not in known:
            yield f"there is no {name}"
    for name, selector in re.findall(r"\b((?:parlor|process)_\w+|up)\{([^}]*)\}", expression):
        for label in re.findall(r"(\w+)\s*(?:=~|!=|!~|=)", selector):
            if label not in known.get(name, set()) | target_labels:
                yield f"{name} has no label {label}"
    used = set().union(*(known.get(n, set()) for n in re.findall(r"\b(?:parlor|process)_\w+", expression)), target_labels)
    for labels in re.findall(r"\b(?:by|ignoring|on)\s*\(([^)]*)\)", expression):
        for label in labels.replace(" ", "").split(","):
            if label not in used:
                yield f"nothing has a label {label}"


def test_the_table_is_found():
    assert len(METRICS) > 50
    assert METRICS["parlor_http_requests_total"] == ("counter", {"pool", "method", "route", "status"})


@pytest.mark.parametrize("expression", expressions())
def test_expressions_use_metrics_that_exist(expression):
    assert list(check_expression(expression)) == []


@pytest.mark.parametrize("wrong", ["parlor_nothing > 0", 'parlor_ready{colour="red"}', "sum by (colour) (parlor_ready)"])
def test_a_wrong_expression_is_seen(wrong):
    assert list(check_expression(wrong)) != []


def test_every_metric_is_on_the_dashboard():
    shown = " ".join(target["expr"] for panel in DASHBOARD["panels"] for target in panel.get("targets", []))
    assert [name for name in METRICS if name not in shown] == []


def test_promtool_reads_the_expressions_of_the_dashboard(tmp_path):
    rules = [{"record": "x", "expr": target["expr"].replace("$__rate_interval", "5m"), "labels": {"number": f"{panel['id']}{target['refId']}"}}
             for panel in DASHBOARD["panels"] for target in panel.get("targets", [])]
    file = tmp_path / "panels.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))
    done = subprocess.run(["promtool", "check", "rules", str(file)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def test_panels_do_not_overlap_and_have_ids_of_their_own():
    panels = DASHBOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    cells = [(x, y) for p in panels for g in [p["gridPos"]]
             for x in range(g["x"], g["x"] + g["w"]) for y in range(g["y"], g["y"] + g["h"])]
    assert len(set(cells)) == len(cells)
    assert max(x for x, _ in cells) < 24


def test_every_alert_is_explained_and_nothing_else_is():
    explained = re.findall(r"^### (\w+)$", PAGE[PAGE.index("## The alerts"):], re.M)
    assert explained == [rule["alert"] for rule in rules()]
    assert {rule["labels"]["severity"] for rule in rules()} == {"page", "ticket"}


def test_every_alert_is_tried_both_ways():
    tried = {(test["alert_rule_test"][0]["alertname"], bool(test["alert_rule_test"][0]["exp_alerts"]))
             for test in yaml.safe_load(TESTS.read_text())["tests"]}
    assert tried == {(rule["alert"], fires) for rule in rules() for fires in (True, False)}


@pytest.mark.parametrize("command", [["check", "rules", ALERTS.name], ["test", "rules", TESTS.name]], ids=["check", "test"])
def test_promtool_agrees(command):
    done = subprocess.run(["promtool", *command], cwd=ALERTS.parent, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
