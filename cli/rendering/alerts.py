"""Alerts, silences and rules as people read them."""

from collections.abc import Iterable, Iterator
from zoneinfo import ZoneInfo

from rich.console import RenderableType
from shadower.alerts.v1 import alerts_service_pb2 as pb
from shadower.alerts.v1.alert_pb2 import Alert, AlertChange, AlertState, AlertTransition, Silence
from shadower.alerts.v1.alert_rule_pb2 import KeptAlertRule, Severity

from cli.rendering.tables import facts, note, table, zoned
from cli.rendering.values import count, known, labels, real, time, time_if, word

STATE = "ALERT_STATE_"


def alerts_view(answer: pb.ListAlertsResponse, zone: ZoneInfo) -> Iterator[RenderableType]:
    headings = ("id", "since", "severity", "state", "rule", "group", ">value", ">expected")
    yield table(headings, (_row(one, zone) for one in answer.alerts))
    yield zoned(zone)


def _row(one: Alert, zone: ZoneInfo) -> tuple[str, ...]:
    return (
        one.alert_id,
        time(one.pending_time, zone),
        word(Severity, one.severity, "SEVERITY_"),
        word(AlertState, one.state, STATE),
        one.rule_name or one.rule_id,
        labels(one.group),
        known(one, "value", real),
        known(one, "expected", real),
    )


def changed_view(
    answer: pb.AcknowledgeAlertResponse | pb.ResolveAlertResponse, zone: ZoneInfo
) -> Iterator[RenderableType]:
    yield facts(_facts(answer.alert, zone))
    yield zoned(zone)


def alert_view(answer: pb.GetAlertResponse, zone: ZoneInfo) -> Iterator[RenderableType]:
    yield facts(_facts(answer.alert, zone))
    yield ""
    yield table(
        ("time", "change", ">value", "by", "note"),
        (_transition(one, zone) for one in answer.history),
    )
    yield zoned(zone)


def _facts(one: Alert, zone: ZoneInfo) -> Iterator[tuple[str, str]]:
    yield "id", one.alert_id
    yield "rule", f"{one.rule_name} ({one.rule_id})"
    yield "severity", word(Severity, one.severity, "SEVERITY_")
    yield "state", word(AlertState, one.state, STATE)
    yield "group", labels(one.group)
    yield "value", known(one, "value", real)
    yield "expected", known(one, "expected", real)
    for name in ("pending_time", "trigger_time", "acknowledge_time", "resolve_time"):
        yield name.replace("_", " "), time_if(one, name, zone)
    yield "acknowledged by", one.acknowledged_by
    yield "resolved by", one.resolved_by


def _transition(one: AlertTransition, zone: ZoneInfo) -> tuple[str, ...]:
    change = word(AlertChange, one.change, "ALERT_CHANGE_")
    return time(one.occur_time, zone), change, known(one, "value", real), one.subject, one.note


def silence_view(answer: pb.CreateSilenceResponse, zone: ZoneInfo) -> Iterator[RenderableType]:
    yield from _silences([answer.silence], zone)


def silences_view(answer: pb.ListSilencesResponse, zone: ZoneInfo) -> Iterator[RenderableType]:
    yield from _silences(answer.silences, zone)


def _silences(told: Iterable[Silence], zone: ZoneInfo) -> Iterator[RenderableType]:
    rows = (
        (
            one.silence_id,
            time(one.start_time, zone),
            time(one.end_time, zone),
            ", ".join(one.rule_ids) or "all",
            labels(one.group),
            one.reason,
            one.created_by,
        )
        for one in told
    )
    yield table(("id", "from", "to", "rules", "group", "reason", "by"), rows)
    yield zoned(zone)


def rules_view(answer: pb.ListRulesResponse, zone: ZoneInfo) -> Iterator[RenderableType]:
    headings = ("id", "name", "severity", "measure", "condition", "judged until", "state")
    yield table(headings, (_rule(one, zone) for one in answer.rules))
    yield zoned(zone)


def applied_view(
    told: Iterable[tuple[KeptAlertRule, str]], zone: ZoneInfo
) -> Iterator[RenderableType]:
    headings = ("id", "name", "severity", "measure", "condition", "applied")
    yield table(headings, ((*_rule(one, zone)[:5], outcome) for one, outcome in told))


def preview_view(answer: pb.PreviewRuleResponse, zone: ZoneInfo) -> Iterator[RenderableType]:
    """Those that stayed pending would not have been told."""
    headings = ("held from", "told", "over", "group", ">value", ">expected")
    yield table(headings, (_previewed(one, zone) for one in answer.alerts))
    more = ", of which these are the first" if answer.truncated else ""
    yield note(
        f"{count(len(answer.alerts))} alerts{more}; judged {count(answer.judgements)} times,"
        f" as of {time(answer.as_of, zone)} ({zone.key})"
    )


def _previewed(one: Alert, zone: ZoneInfo) -> tuple[str, ...]:
    return (
        time(one.pending_time, zone),
        time_if(one, "trigger_time", zone),
        time_if(one, "resolve_time", zone),
        labels(one.group),
        known(one, "value", real),
        known(one, "expected", real),
    )


def _rule(one: KeptAlertRule, zone: ZoneInfo) -> tuple[str, ...]:
    rule = one.rule
    return (
        one.rule_id,
        rule.name,
        word(Severity, rule.severity, "SEVERITY_"),
        rule.metric or "an aggregation",
        rule.WhichOneof("condition") or "",
        time_if(one, "judged_until", zone),
        "disabled" if rule.disabled else one.failure_reason or "on",
    )
