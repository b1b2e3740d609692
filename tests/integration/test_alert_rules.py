"""Rules as people make, change and delete them."""

from datetime import datetime
from typing import Any

import pytest

from tests.support.alerts import (
    RULE_ID,
    Watch,
    at,
    failures,
    rule,
)
from tests.support.errors import refused


async def test_rules_are_kept_against_lost_updates(watch: Watch) -> None:
    made = (await watch.call("CreateRule", rule_id=RULE_ID, rule=rule())).rule
    assert made.rule == rule()
    again = (await watch.call("CreateRule", rule_id=RULE_ID, rule=rule())).rule
    assert again.etag == made.etag
    other = rule(name="Runs fail often")
    found = await refused(watch.call("CreateRule", rule_id=RULE_ID, rule=other))
    assert (found.code.name, found.reason) == ("ALREADY_EXISTS", "ALERT_RULE_EXISTS")
    changed = (await watch.call("UpdateRule", rule_id=RULE_ID, rule=other, etag=made.etag)).rule
    assert (changed.rule, changed.etag != made.etag) == (other, True)
    third = rule(name="Runs fail again")
    found = await refused(watch.call("UpdateRule", rule_id=RULE_ID, rule=third, etag=made.etag))
    assert (found.reason, found.metadata["etag"]) == ("ALERT_RULE_CHANGED", changed.etag)
    assert (await watch.call("GetRule", rule_id=RULE_ID)).rule == changed
    await watch.call("DeleteRule", rule_id=RULE_ID)
    await watch.call("DeleteRule", rule_id=RULE_ID)
    found = await refused(watch.call("GetRule", rule_id=RULE_ID))
    assert (found.code.name, found.reason) == ("NOT_FOUND", "ALERT_RULE_NOT_FOUND")


async def test_rules_and_alerts_come_in_pages(watch: Watch, start: datetime) -> None:
    await watch.client.record(failures(at(start, *range(1, 180))))
    for number in range(5):
        await watch.make(start, f"rule-{number}")
    await watch.evaluate()
    for rpc, items in (("ListRules", "rules"), ("ListAlerts", "alerts")):
        token, seen = "", []
        while True:
            page = await watch.call(rpc, page_size=2, page_token=token)
            seen += [one.rule_id for one in getattr(page, items)]
            if not (token := page.next_page_token):
                break
        assert sorted(seen) == [f"rule-{number}" for number in range(5)]


async def test_a_deleted_rule_leaves_nothing_open(watch: Watch, start: datetime) -> None:
    await watch.client.record(failures(at(start, *range(1, 180))))
    await watch.make(start)
    await watch.evaluate()
    await watch.call("DeleteRule", rule_id=RULE_ID)
    assert await watch.alerts() == []
    [alert] = await watch.alerts("resolved")
    assert alert.resolved_by == "tester"
    assert (await watch.evaluate()).judged == 0


async def test_a_disabled_rule_leaves_nothing_open(watch: Watch, start: datetime) -> None:
    await watch.client.record(failures(at(start, *range(1, 180))))
    made = await watch.make(start)
    await watch.evaluate()
    disabled = rule(disabled=True)
    await watch.call("UpdateRule", rule_id=RULE_ID, rule=disabled, etag=made.etag)
    [alert] = await watch.alerts("resolved")
    found = (await watch.call("GetAlert", alert_id=alert.alert_id)).history
    assert found[-1].note == "the rule was disabled"
    assert await watch.alerts() == []


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "not a number": ({"threshold": {"comparator": 1, "threshold": float("nan")}}, "threshold"),
    "endless": ({"threshold": {"comparator": 1, "threshold": float("inf")}}, "threshold"),
    "no comparator": ({"threshold": {"threshold": 1}}, "comparator"),
    "unknown metric": ({"metric": "no_such_metric"}, "rule.metric"),
    "unknown points": (
        {"aggregation": {"metric_type": "nobody.records.it", "function": 3}},
        "rule.aggregation.metric_type",
    ),
    "unknown group": ({"group_by": [99]}, "rule.group_by[0]"),
    "tags of runs": ({"group_by_tags": ["queue"]}, "rule.group_by_tags"),
    "too often": ({"evaluation_interval": {"seconds": 30}}, "rule.evaluation_interval"),
    "half minutes": ({"evaluation_interval": {"seconds": 90}}, "rule.evaluation_interval"),
    "script": ({"runbook_url": "javascript:alert(1)"}, "rule.runbook_url"),
    "file": ({"runbook_url": "file:///etc/passwd"}, "rule.runbook_url"),
    "no severity": ({"severity": 0}, "rule.severity"),
    "no change": ({"change": {"reference": 1, "direction": 1, "percent": 0}}, "percent"),
    "anomaly of a week": (
        {"anomaly": {"direction": 1}, "window": {"seconds": 604800}},
        "rule.window",
    ),
    "too sensitive": ({"anomaly": {"direction": 1, "sensitivity": 0.5}}, "sensitivity"),
    "levels that fall": (
        {
            "escalation": [
                {"delay": {"seconds": seconds}, "recipients": ["a"]} for seconds in (600, 300)
            ]
        },
        "rule.escalation[1].delay",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_bad_rules_are_refused(watch: Watch, case: str) -> None:
    said, field = REFUSED[case]
    found = await refused(watch.call("CreateRule", rule_id=RULE_ID, rule=rule(**said)))
    assert (found.code.name, found.reason) == ("INVALID_ARGUMENT", "VALIDATION_FAILED")
    assert any(field in name for name in found.fields), found.fields
    assert list((await watch.call("ListRules")).rules) == []
