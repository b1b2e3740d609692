"""What is told on the event bus of an alert."""

from typing import Any

from shadower.alerts.v1.alert_rule_pb2 import AlertRule, Severity

from services.alerts.rule import Rule
from services.warehouse.alerts.alerts import Alert, Transition
from services.warehouse.bus.publishing import Published

TYPES = {
    "notified": "alert.triggered",
    "escalated": "alert.triggered",
    "acknowledged": "alert.acknowledged",
    "resolved": "alert.resolved",
}


def event(alert: Alert, transition: Transition) -> Published | None:
    """None if there is nothing to tell, or nobody who has heard of it before."""
    if transition.change not in TYPES or (transition.change == "resolved" and not alert.is_told):
        return None
    return Published(TYPES[transition.change], _data(alert))


def event_by_rule(
    rule: Rule, message: AlertRule, alert: Alert, transition: Transition
) -> Published | None:
    """The same with what the rule says about whom to tell, and of what to do."""
    told = event(alert, transition)
    if told is None:
        return None
    data = {**told.data, "labels": dict(message.labels), "runbookUrl": message.runbook_url}
    if transition.change == "escalated":
        level = rule.escalation[int(transition.note) - 1]
        data |= {"escalationLevel": int(transition.note), "recipients": list(level.recipients)}
    return Published(told.type, data)


def _data(alert: Alert) -> dict[str, Any]:
    """As JSON writes the contract's Alert, but for what is not known."""
    return {
        "alertId": str(alert.alert_id),
        "ruleId": alert.rule_id,
        "ruleName": alert.rule_name,
        "severity": Severity.Name(Severity.ValueType(alert.severity)),
        "group": dict(alert.group_labels),
        "state": f"ALERT_STATE_{alert.state.upper()}",
        "value": alert.value,
        "expected": alert.expected,
        "pendingTime": alert.pending_at.isoformat(),
        "judgeTime": alert.judged_at.isoformat(),
        "notifications": alert.notifications,
    }
