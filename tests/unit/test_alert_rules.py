"""Alerts fire when they must and keep quiet when they must, as Prometheus's own tool says."""

import os
import re
import shutil
import subprocess
from typing import Any

import pytest
import yaml

from tests.support.stack import ROOT

RULES = ROOT / "observability" / "rules"
TESTS = ROOT / "tests" / "observability" / "alerts.yaml"


def promtool(*arguments: str) -> str:
    program = shutil.which("promtool")
    if program is None:
        assert "CI" not in os.environ, "promtool is missing"
        pytest.skip("promtool of Debian's package prometheus is not installed")
    done = subprocess.run(
        [program, *arguments], capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def alerts() -> list[dict[str, Any]]:
    files = [yaml.safe_load(file.read_text()) for file in sorted(RULES.glob("*.yaml"))]
    rules = [rule for file in files for group in file["groups"] for rule in group["rules"]]
    return [rule for rule in rules if "alert" in rule]


def test_rules_are_right_and_do_what_they_should() -> None:
    checked = promtool("check", "rules", *map(str, sorted(RULES.glob("*.yaml"))))
    assert checked.count("SUCCESS") == 3
    assert "SUCCESS" in promtool("test", "rules", str(TESTS))


def test_every_alert_says_what_is_wrong_and_what_to_do() -> None:
    runbooks = (ROOT / "docs" / "operations" / "runbooks.md").read_text()
    headings = re.findall(r"^## (\w+)$", runbooks, re.MULTILINE)
    found = alerts()
    assert {rule["alert"] for rule in found} == set(headings)
    for rule in found:
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert rule["annotations"].keys() == {"summary", "description", "runbook_url"}
        place = f"docs/operations/runbooks.md#{rule['alert'].lower()}"
        assert rule["annotations"]["runbook_url"] == place


def test_every_alert_is_tested() -> None:
    text = TESTS.read_text()
    assert not {rule["alert"] for rule in alerts() if rule["alert"] not in text}
