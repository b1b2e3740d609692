"""From what is kept of rules, alerts and silences to the contract's messages."""

from shadower.alerts.v1 import alert_pb2 as pb
from shadower.alerts.v1.alert_rule_pb2 import KeptAlertRule, Severity

from services.alerts.rules import read
from services.runtime.times import optional_timestamp, to_timestamp
from services.translation.ids import etag_of
from services.warehouse.alerts.alerts import Alert, Transition
from services.warehouse.alerts.rules import KeptRule
from services.warehouse.alerts.silences import Silence


def kept_rule(kept: KeptRule) -> KeptAlertRule:
    return KeptAlertRule(
        rule_id=kept.rule_id,
        rule=read(kept.definition),
        etag=etag_of(kept),
        create_time=to_timestamp(kept.created_at),
        update_time=to_timestamp(kept.updated_at),
        updated_by=kept.updated_by,
        judged_until=to_timestamp(kept.judged_until),
        due_time=to_timestamp(kept.due_at) if kept.is_enabled else None,
        failure_reason=kept.failure_reason,
    )


def alert(kept: Alert) -> pb.Alert:
    return pb.Alert(
        alert_id=str(kept.alert_id),
        rule_id=kept.rule_id,
        rule_name=kept.rule_name,
        severity=Severity.ValueType(kept.severity),
        group=kept.group_labels,
        state=pb.AlertState.Value(f"ALERT_STATE_{kept.state.upper()}"),
        value=kept.value,
        expected=kept.expected,
        pending_time=to_timestamp(kept.pending_at),
        trigger_time=optional_timestamp(kept.triggered_at),
        acknowledge_time=optional_timestamp(kept.acknowledged_at),
        acknowledged_by=kept.acknowledged_by,
        resolve_time=optional_timestamp(kept.resolved_at),
        resolved_by=kept.resolved_by,
        judge_time=to_timestamp(kept.judged_at),
        notifications=kept.notifications,
        escalation_level=kept.escalation_level,
    )


def previewed(kept: Alert) -> pb.Alert:
    """It has no id, since it is kept nowhere."""
    told = alert(kept)
    told.ClearField("alert_id")
    return told


def transition(kept: Transition) -> pb.AlertTransition:
    return pb.AlertTransition(
        change=pb.AlertChange.Value(f"ALERT_CHANGE_{kept.change.upper()}"),
        occur_time=optional_timestamp(kept.occurred_at),
        judge_time=optional_timestamp(kept.judged_at),
        value=kept.value,
        subject=kept.subject,
        note=kept.note,
    )


def silence(kept: Silence) -> pb.Silence:
    return pb.Silence(
        silence_id=kept.silence_id,
        rule_ids=kept.rule_ids,
        group=kept.group_labels,
        start_time=to_timestamp(kept.starts_at),
        end_time=to_timestamp(kept.ends_at),
        reason=kept.reason,
        created_by=kept.created_by,
        create_time=optional_timestamp(kept.created_at),
    )
