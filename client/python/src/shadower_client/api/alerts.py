"""Of shadower.alerts.v1.

Made from the contract by tools/client, and not to be edited.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ClassVar

from shadower.alerts.v1 import alerts_service_pb2

from shadower_client.api import (
    aggregates,
    common,
)
from shadower_client.calling import Caller
from shadower_client.calling_async import AsyncCaller
from shadower_client.frames import Table
from shadower_client.interval import Interval
from shadower_client.message import Message, OpenEnum, named
from shadower_client.method import Method
from shadower_client.pages import AsyncPages, Pages


@named("shadower.alerts.v1.Severity")
class Severity(OpenEnum):
    """How bad it is."""

    UNSPECIFIED = 0
    """Not set; refused."""
    INFO = 1
    """Good to know."""
    WARNING = 2
    """Somebody should look at it today."""
    CRITICAL = 3
    """Somebody should look at it now."""
    EMERGENCY = 4
    """Everything else can wait."""


@named("shadower.alerts.v1.Comparator")
class Comparator(OpenEnum):
    """How a value stands to a threshold."""

    UNSPECIFIED = 0
    """Not set; refused."""
    ABOVE = 1
    """>"""
    BELOW = 2
    """<"""
    AT_LEAST = 3
    """>="""
    AT_MOST = 4
    """<="""
    EQUAL = 5
    """=="""
    NOT_EQUAL = 6
    """!="""


@named("shadower.alerts.v1.Reference")
class Reference(OpenEnum):
    """What a change is measured against."""

    UNSPECIFIED = 0
    """Not set; refused."""
    PREVIOUS_HOUR = 1
    """The window that ended an hour before."""
    PREVIOUS_DAY = 2
    """The window that ended 24 hours before."""
    PREVIOUS_WEEK = 3
    """The window that ended seven days before."""


@named("shadower.alerts.v1.ChangeDirection")
class ChangeDirection(OpenEnum):
    """Which way a value must have gone."""

    UNSPECIFIED = 0
    """Not set; refused."""
    RISE = 1
    """Up."""
    FALL = 2
    """Down."""
    EITHER = 3
    """Up or down."""


@named("shadower.alerts.v1.PatternShape")
class PatternShape(OpenEnum):
    """A shape that values of successive windows make."""

    UNSPECIFIED = 0
    """Not set; refused."""
    INCREASING_ERRORS = 1
    """A count or a rate of errors that grows: no window has less than the one before, and the
    last has at least 1.5 times as much as the first, and more.
    """
    DECREASING_PERFORMANCE = 2
    """A duration, or another measure of which less is better, that grows: the same."""
    SPIKE = 3
    """The last window has more than twice the mean of those before it, if that is above zero."""
    FLAT_LINE = 4
    """All windows have the same value."""


@named("shadower.alerts.v1.AlertState")
class AlertState(OpenEnum):
    """How far an alert is."""

    UNSPECIFIED = 0
    """Not set; refused."""
    PENDING = 1
    """The condition holds, and not for long enough yet, or the last alert of the group was
    resolved a short time ago. If it ends before that, the alert is gone, as if it had never
    been.
    """
    TRIGGERED = 2
    """It was told, unless a silence keeps it quiet."""
    ACKNOWLEDGED = 3
    """Somebody takes care of it: it is not told again."""
    RESOLVED = 4
    """It is over."""


@named("shadower.alerts.v1.AlertChange")
class AlertChange(OpenEnum):
    """What happened to an alert."""

    UNSPECIFIED = 0
    """Not set."""
    PENDING = 1
    """The condition began to hold."""
    TRIGGERED = 2
    """It was triggered."""
    NOTIFIED = 3
    """It was told, or told again: an event alert.triggered was published."""
    ESCALATED = 4
    """It was due on a level of escalation, and an event alert.triggered with that level was
    published.
    """
    ACKNOWLEDGED = 5
    """Somebody acknowledged it."""
    RESOLVED = 6
    """The condition did not hold any more, or somebody resolved it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdCondition(Message):
    """The value of the window stands so to a threshold."""

    PROTO: ClassVar[str] = "shadower.alerts.v1.ThresholdCondition"
    comparator: Comparator
    """How it stands. Required."""
    threshold: float = 0.0
    """The threshold, in the metric's unit; a finite number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeCondition(Message):
    """The value of the window differs so much from that of an earlier window of the same
    length.
    """

    PROTO: ClassVar[str] = "shadower.alerts.v1.ChangeCondition"
    reference: Reference
    """Which earlier window. Required."""
    direction: ChangeDirection
    """Which way. Required."""
    percent: float | None = None
    """In per cent of the earlier value, above 0. Nothing is told against an earlier value of
    zero.
    """
    absolute: float | None = None
    """In the metric's unit, above 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AbsenceCondition(Message):
    """The window has no value, or a count of zero. Groups are those that had one within the 24
    hours before the window; a group that has been silent for longer is not told about any
    more.
    """

    PROTO: ClassVar[str] = "shadower.alerts.v1.AbsenceCondition"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnomalyCondition(Message):
    """The value of the window is unusual: more than so many deviations from what is usual.
    Usual is the median of the windows around the same hour of the week in the eight weeks
    before, and a deviation the first quartile of the differences between any two of them,
    scaled to the standard deviation of normally distributed values (Qn), times 1 + 2.5 /
    their number. With fewer than ten such windows: the mean and the standard deviation of
    the 24 hours before. With fewer than ten of those, nothing is told. A deviation is never
    taken to be less than 5 % of what is usual, and of counts than the square root of what
    is usual, or 1.
    """

    PROTO: ClassVar[str] = "shadower.alerts.v1.AnomalyCondition"
    sensitivity: float = 0.0
    """So many deviations are too many: 1 to 5; if 0, 2.5."""
    direction: ChangeDirection
    """Which way. Required."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PatternCondition(Message):
    """The values of the windows of 30 minutes, or of three windows if those are longer, make a
    shape. Windows without a value are left out; of fewer than three, nothing is told.
    """

    PROTO: ClassVar[str] = "shadower.alerts.v1.PatternCondition"
    shape: PatternShape
    """The shape. Required."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationLevel(Message):
    """Whom to tell, and when, if nobody has acknowledged an alert."""

    PROTO: ClassVar[str] = "shadower.alerts.v1.EscalationLevel"
    delay: timedelta
    """So long after the alert was triggered: up to 7 days, longer than the level before."""
    recipients: Sequence[str]
    """Names of those to tell on this level alone: 1 to 20, each of at most 256 characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRule(Message):
    """When to tell of what. A rule is judged at the multiples of its interval since 1970, each
    as soon as the facts are complete up to there, about the window that ends there.
    """

    PROTO: ClassVar[str] = "shadower.alerts.v1.AlertRule"
    name: str
    """What people call it: 1 to 256 characters."""
    metric: str | None = None
    """A metric that every workspace has, such as "error_rate"; see MetricsService.ListMetrics."""
    aggregation: aggregates.Aggregation | None = None
    """A function over a field of executions, or over a type of metric points that the
    workspace has.
    """
    filter: common.Filter | None = None
    """Which facts count: tags of metric points, everything else of executions."""
    group_by: Sequence[common.Dimension] = ()
    """At most 4 dimensions of executions; the rule is then judged for each group by itself."""
    group_by_tags: Sequence[str] = ()
    """At most 4 keys of tags of metric points; likewise."""
    window: timedelta | None = None
    """The window that is judged: 1 minute to 7 days, of an anomaly or a pattern to 1 day. If
    not set, as long as evaluation_interval.
    """
    threshold: ThresholdCondition | None = None
    """The value passes a threshold."""
    change: ChangeCondition | None = None
    """The value has changed."""
    absence: AbsenceCondition | None = None
    """There is nothing."""
    anomaly: AnomalyCondition | None = None
    """The value is unusual."""
    pattern: PatternCondition | None = None
    """The values make a shape."""
    severity: Severity
    """How bad it is. Required."""
    for_duration: timedelta | None = None
    """For so long it must be so, at each judgement, before an alert is triggered: up to 7
    days. If not set, not at all.
    """
    evaluation_interval: timedelta | None = None
    """How often it is judged: 1 minute to 1 day. If not set, 5 minutes."""
    cooldown: timedelta | None = None
    """For so long after an alert was resolved there is no other one of the same group: up to 7
    days. What lasts longer than that is told then. If not set, 60 minutes.
    """
    renotify_interval: timedelta | None = None
    """After so long an alert that nobody acknowledged is told again: 1 minute to 7 days. If
    not set, it is told once.
    """
    renotify_limit: int = 0
    """At most how often it is told again: 0 to 1000; 0 is any number of times."""
    data_delay: timedelta | None = None
    """How long facts may take to be recorded, beyond what the platform itself knows to be
    under way: up to 1 day. A window is judged so much later. If not set, not at all.
    """
    labels: Mapping[str, str] = field(default_factory=dict)
    """What is told along with it: at most 32."""
    runbook_url: str = ""
    """What to do about it: an address of http or https, at most 2048 characters; may be empty."""
    escalation: Sequence[EscalationLevel] = ()
    """At most 8 levels."""
    disabled: bool = False
    """Whether it is not judged for now. Its open alerts stay as they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAlertRule(Message):
    """A rule as it is kept."""

    PROTO: ClassVar[str] = "shadower.alerts.v1.KeptAlertRule"
    rule_id: str = ""
    """Its id in the workspace."""
    rule: AlertRule
    """What it says."""
    etag: str = ""
    """Another one after each change; see UpdateRule."""
    create_time: datetime | None = None
    """When it was made."""
    update_time: datetime | None = None
    """When it was last changed."""
    updated_by: str = ""
    """The subject of who last changed it."""
    judged_until: datetime | None = None
    """Up to where it has been judged."""
    due_time: datetime | None = None
    """When it is judged next; absent if it is disabled."""
    failure_reason: str = ""
    """Why it could not be judged last time, as an ErrorReason without its prefix; empty if it
    could.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert(Message):
    """What a rule found about one group."""

    PROTO: ClassVar[str] = "shadower.alerts.v1.Alert"
    alert_id: str = ""
    """Its id in the workspace."""
    rule_id: str = ""
    """The rule."""
    rule_name: str = ""
    """The rule's name when it was found."""
    severity: Severity = Severity.UNSPECIFIED
    """The rule's severity when it was found."""
    group: Mapping[str, str] = field(default_factory=dict)
    """The group: label → value. Empty for a rule without groups."""
    state: AlertState = AlertState.UNSPECIFIED
    """How far it is."""
    value: float | None = None
    """The last value that was judged, in the metric's unit; absent where there was none."""
    expected: float | None = None
    """What the value was compared with: the threshold, the earlier value, or what is usual."""
    pending_time: datetime | None = None
    """The end of the first window of which the condition held."""
    trigger_time: datetime | None = None
    """The end of the window by which it was triggered; absent before."""
    acknowledge_time: datetime | None = None
    """When it was acknowledged; absent if it was not."""
    acknowledged_by: str = ""
    """The subject of who acknowledged it."""
    resolve_time: datetime | None = None
    """When it was resolved, by the clock of windows if by itself; absent before."""
    resolved_by: str = ""
    """The subject of who resolved it; empty if it resolved by itself."""
    judge_time: datetime | None = None
    """The end of the last window that was judged."""
    notifications: int = 0
    """How often it was told; 0 if it was kept quiet."""
    escalation_level: int = 0
    """The levels of escalation that it has reached, from 1; 0 before the first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertTransition(Message):
    """An entry of an alert's history."""

    PROTO: ClassVar[str] = "shadower.alerts.v1.AlertTransition"
    change: AlertChange = AlertChange.UNSPECIFIED
    """What happened."""
    occur_time: datetime | None = None
    """When it was written down."""
    judge_time: datetime | None = None
    """The end of the window that made it happen; absent if somebody did."""
    value: float | None = None
    """The value of that window; absent where there was none."""
    subject: str = ""
    """The subject of who did it; empty if nobody."""
    note: str = ""
    """What it was done with, or the level of escalation; may be empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence(Message):
    """A time in which alerts are not told."""

    PROTO: ClassVar[str] = "shadower.alerts.v1.Silence"
    silence_id: str = ""
    """Its id in the workspace."""
    rule_ids: tuple[str, ...] = ()
    """The rules that it is about; all of the workspace if empty, as for maintenance."""
    group: Mapping[str, str] = field(default_factory=dict)
    """The groups that it is about: those that have all of these labels; all if empty."""
    start_time: datetime
    """When it begins."""
    end_time: datetime | None = None
    """When it ends. An alert that is open then is told."""
    reason: str = ""
    """Why."""
    created_by: str = ""
    """The subject of who made it."""
    create_time: datetime | None = None
    """When it was made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateRuleResponse(Message):
    """What is kept."""

    PROTO: ClassVar[str] = "shadower.alerts.v1.CreateRuleResponse"
    rule: KeptAlertRule
    """The rule, as it is kept now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GetRuleResponse(Message):
    """A rule."""

    PROTO: ClassVar[str] = "shadower.alerts.v1.GetRuleResponse"
    rule: KeptAlertRule
    """The rule, as it is kept now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRulesResponse(Message, Table):
    """A page of rules."""

    PROTO: ClassVar[str] = "shadower.alerts.v1.ListRulesResponse"
    ITEMS: ClassVar[str] = "rules"
    rules: tuple[KeptAlertRule, ...] = ()
    """By their ids."""
    next_page_token: str = ""
    """Where to go on; empty at the end."""
    as_of: datetime
    """Everything committed by this moment is regarded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateRuleResponse(Message):
    """What is kept."""

    PROTO: ClassVar[str] = "shadower.alerts.v1.UpdateRuleResponse"
    rule: KeptAlertRule
    """The rule, as it is kept now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteRuleResponse(Message):
    """The rule is not there any more."""

    PROTO: ClassVar[str] = "shadower.alerts.v1.DeleteRuleResponse"


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewRuleResponse(Message, Table):
    """What there would have been."""

    PROTO: ClassVar[str] = "shadower.alerts.v1.PreviewRuleResponse"
    ITEMS: ClassVar[str] = "alerts"
    alerts: tuple[Alert, ...] = ()
    """The alerts in the order in which they began to hold, at most 1,000, without ids; also
    those that stayed pending up to the end.
    """
    judgements: int = 0
    """How often it was judged."""
    truncated: bool = False
    """Whether there were more than 1,000 alerts."""
    as_of: datetime
    """Everything committed by this moment is regarded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluateRulesResponse(Message):
    """What was done."""

    PROTO: ClassVar[str] = "shadower.alerts.v1.EvaluateRulesResponse"
    judged: int = 0
    """Rules that were judged by this call."""
    judgements: int = 0
    """Windows that were judged, of all rules."""
    incomplete: int = 0
    """Rules that were due, and whose facts were not complete yet: they are tried again by a
    later call.
    """
    failed: int = 0
    """Rules that could not be judged; see failure_reason of each."""
    remaining: int = 0
    """Rules that are still due: call again at once if there are any."""
    triggered: int = 0
    """Alerts that were triggered."""
    resolved: int = 0
    """Alerts that were resolved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListAlertsResponse(Message, Table):
    """A page of alerts."""

    PROTO: ClassVar[str] = "shadower.alerts.v1.ListAlertsResponse"
    ITEMS: ClassVar[str] = "alerts"
    alerts: tuple[Alert, ...] = ()
    """Those that began to hold last first."""
    next_page_token: str = ""
    """Where to go on; empty at the end."""
    as_of: datetime
    """Everything committed by this moment is regarded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GetAlertResponse(Message, Table):
    """An alert."""

    PROTO: ClassVar[str] = "shadower.alerts.v1.GetAlertResponse"
    ITEMS: ClassVar[str] = "history"
    alert: Alert
    """The alert, as it is now."""
    history: tuple[AlertTransition, ...] = ()
    """Its history, the latest 500 entries, the earliest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AcknowledgeAlertResponse(Message):
    """The alert."""

    PROTO: ClassVar[str] = "shadower.alerts.v1.AcknowledgeAlertResponse"
    alert: Alert
    """The alert, as it is now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolveAlertResponse(Message):
    """The alert."""

    PROTO: ClassVar[str] = "shadower.alerts.v1.ResolveAlertResponse"
    alert: Alert
    """The alert, as it is now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateSilenceResponse(Message):
    """What is kept."""

    PROTO: ClassVar[str] = "shadower.alerts.v1.CreateSilenceResponse"
    silence: Silence
    """The silence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListSilencesResponse(Message, Table):
    """A page of silences."""

    PROTO: ClassVar[str] = "shadower.alerts.v1.ListSilencesResponse"
    ITEMS: ClassVar[str] = "silences"
    silences: tuple[Silence, ...] = ()
    """By their ids."""
    next_page_token: str = ""
    """Where to go on; empty at the end."""
    as_of: datetime
    """Everything committed by this moment is regarded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteSilenceResponse(Message):
    """The silence is not there any more."""

    PROTO: ClassVar[str] = "shadower.alerts.v1.DeleteSilenceResponse"


CREATE_RULE = Method(
    "/shadower.alerts.v1.AlertsService/CreateRule",
    alerts_service_pb2.CreateRuleRequest,
    alerts_service_pb2.CreateRuleResponse,
    KeptAlertRule,
    is_idempotent=True,
    unwrap="rule",
)

GET_RULE = Method(
    "/shadower.alerts.v1.AlertsService/GetRule",
    alerts_service_pb2.GetRuleRequest,
    alerts_service_pb2.GetRuleResponse,
    KeptAlertRule,
    is_idempotent=True,
    unwrap="rule",
)

LIST_RULES = Method(
    "/shadower.alerts.v1.AlertsService/ListRules",
    alerts_service_pb2.ListRulesRequest,
    alerts_service_pb2.ListRulesResponse,
    ListRulesResponse,
    is_idempotent=True,
)

UPDATE_RULE = Method(
    "/shadower.alerts.v1.AlertsService/UpdateRule",
    alerts_service_pb2.UpdateRuleRequest,
    alerts_service_pb2.UpdateRuleResponse,
    KeptAlertRule,
    is_idempotent=True,
    unwrap="rule",
)

DELETE_RULE = Method(
    "/shadower.alerts.v1.AlertsService/DeleteRule",
    alerts_service_pb2.DeleteRuleRequest,
    alerts_service_pb2.DeleteRuleResponse,
    type(None),
    is_idempotent=True,
)

PREVIEW_RULE = Method(
    "/shadower.alerts.v1.AlertsService/PreviewRule",
    alerts_service_pb2.PreviewRuleRequest,
    alerts_service_pb2.PreviewRuleResponse,
    PreviewRuleResponse,
    is_idempotent=True,
)

LIST_ALERTS = Method(
    "/shadower.alerts.v1.AlertsService/ListAlerts",
    alerts_service_pb2.ListAlertsRequest,
    alerts_service_pb2.ListAlertsResponse,
    ListAlertsResponse,
    is_idempotent=True,
)

GET_ALERT = Method(
    "/shadower.alerts.v1.AlertsService/GetAlert",
    alerts_service_pb2.GetAlertRequest,
    alerts_service_pb2.GetAlertResponse,
    GetAlertResponse,
    is_idempotent=True,
)

ACKNOWLEDGE_ALERT = Method(
    "/shadower.alerts.v1.AlertsService/AcknowledgeAlert",
    alerts_service_pb2.AcknowledgeAlertRequest,
    alerts_service_pb2.AcknowledgeAlertResponse,
    Alert,
    is_idempotent=True,
    unwrap="alert",
)

RESOLVE_ALERT = Method(
    "/shadower.alerts.v1.AlertsService/ResolveAlert",
    alerts_service_pb2.ResolveAlertRequest,
    alerts_service_pb2.ResolveAlertResponse,
    Alert,
    is_idempotent=True,
    unwrap="alert",
)

CREATE_SILENCE = Method(
    "/shadower.alerts.v1.AlertsService/CreateSilence",
    alerts_service_pb2.CreateSilenceRequest,
    alerts_service_pb2.CreateSilenceResponse,
    Silence,
    is_idempotent=True,
    unwrap="silence",
)

LIST_SILENCES = Method(
    "/shadower.alerts.v1.AlertsService/ListSilences",
    alerts_service_pb2.ListSilencesRequest,
    alerts_service_pb2.ListSilencesResponse,
    ListSilencesResponse,
    is_idempotent=True,
)

DELETE_SILENCE = Method(
    "/shadower.alerts.v1.AlertsService/DeleteSilence",
    alerts_service_pb2.DeleteSilenceRequest,
    alerts_service_pb2.DeleteSilenceResponse,
    type(None),
    is_idempotent=True,
)


class AlertsApi:
    """Keeps rules, judges them as far as facts are complete, and keeps the alerts that come of
    it. What it finds it tells on the event bus: alert.triggered, alert.acknowledged and
    alert.resolved.
    """

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def create_rule(
        self,
        rule_id: str,
        rule: AlertRule,
        *,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> KeptAlertRule:
        """Makes a rule under an id that the caller chooses. To make the same again changes
        nothing. ALERT_RULE_EXISTS if the id is that of a rule that says something else;
        ALERTS_FULL if the workspace has 1,000 rules; VALIDATION_FAILED for a metric that there
        is not, and whatever else cannot be judged.

        :param rule_id: The rule's id: 1 to 63 small letters, digits, - and _.
        :param rule: What it says.
        """
        return self._caller.unary(
            CREATE_RULE, {"rule_id": rule_id, "rule": rule}, workspace, timeout
        )

    def get_rule(
        self, rule_id: str, *, workspace: str | None = None, timeout: float | None = None
    ) -> KeptAlertRule:
        """Returns a rule. ALERT_RULE_NOT_FOUND if there is none.

        :param rule_id: The rule's id: 1 to 63 small letters, digits, - and _.
        """
        return self._caller.unary(GET_RULE, {"rule_id": rule_id}, workspace, timeout)

    def list_rules(
        self,
        *,
        page_size: int | None = None,
        page_token: str | None = None,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> Pages[ListRulesResponse, KeptAlertRule]:
        """Lists the rules of the workspace by their ids.

        :param page_size: At most so many: 1 to 500; if 0, 50.
        :param page_token: next_page_token of the page before.
        """
        return self._caller.pages(
            LIST_RULES,
            {"page_size": page_size, "page_token": page_token},
            workspace,
            timeout,
            "rules",
        )

    def update_rule(
        self,
        rule_id: str,
        rule: AlertRule,
        etag: str,
        *,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> KeptAlertRule:
        """Lets a rule say something else from now on. Alerts that are open stay, and are judged by
        it; if it is disabled, they are resolved. ALERT_RULE_NOT_FOUND; ALERT_RULE_CHANGED if
        somebody else was faster: if the etag is not that of the rule, and the rule does not say
        the same already.

        :param rule_id: The rule's id: 1 to 63 small letters, digits, - and _.
        :param rule: What it says.
        :param etag: The etag of what is to be replaced. Required.
        """
        return self._caller.unary(
            UPDATE_RULE, {"rule_id": rule_id, "rule": rule, "etag": etag}, workspace, timeout
        )

    def delete_rule(
        self, rule_id: str, *, workspace: str | None = None, timeout: float | None = None
    ) -> None:
        """Deletes a rule, if there is one, with its pending alerts. Its other open alerts are
        resolved, and stay to be looked at.

        :param rule_id: The rule's id: 1 to 63 small letters, digits, - and _.
        """
        return self._caller.unary(DELETE_RULE, {"rule_id": rule_id}, workspace, timeout)

    def preview_rule(
        self,
        rule: AlertRule,
        *,
        interval: Interval | None = None,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> PreviewRuleResponse:
        """Judges a rule that need not be kept over times past, as it would have been judged then
        with the facts of now, and tells what alerts there would have been. Silences are not
        regarded. PREVIEW_TOO_LONG if that takes more than 2,016 judgements.

        :param rule: What it says.
        :param interval: The times of judgement, in the past. If not set, the day up to now.
        """
        return self._caller.unary(
            PREVIEW_RULE, {"rule": rule, "interval": interval}, workspace, timeout
        )

    def list_alerts(
        self,
        *,
        states: Sequence[AlertState] | None = None,
        rule: str | None = None,
        page_size: int | None = None,
        page_token: str | None = None,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> Pages[ListAlertsResponse, Alert]:
        """Lists alerts, those that began to hold last first.

        :param states: In which states; if empty, triggered and acknowledged ones.
        :param rule: Of which rule, by its id; if empty, of all. In "shadower-system" those of
            jobs that have failed are of "shadower.jobs".
        :param page_size: At most so many: 1 to 500; if 0, 50.
        :param page_token: next_page_token of the page before.
        """
        return self._caller.pages(
            LIST_ALERTS,
            {"states": states, "rule": rule, "page_size": page_size, "page_token": page_token},
            workspace,
            timeout,
            "alerts",
        )

    def get_alert(
        self, alert_id: str, *, workspace: str | None = None, timeout: float | None = None
    ) -> GetAlertResponse:
        """Returns an alert and its history. ALERT_NOT_FOUND if there is none.

        :param alert_id: The alert.
        """
        return self._caller.unary(GET_ALERT, {"alert_id": alert_id}, workspace, timeout)

    def acknowledge_alert(
        self,
        alert_id: str,
        *,
        note: str | None = None,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> Alert:
        """Says that somebody takes care of a triggered alert. One in another state stays as it is.
        ALERT_NOT_FOUND if there is none.

        :param alert_id: The alert.
        :param note: What to say about it, at most 1024 characters.
        """
        return self._caller.unary(
            ACKNOWLEDGE_ALERT, {"alert_id": alert_id, "note": note}, workspace, timeout
        )

    def resolve_alert(
        self,
        alert_id: str,
        *,
        note: str | None = None,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> Alert:
        """Says that an alert is over that was triggered or acknowledged. One in another state
        stays as it is. If its condition still holds after the cooldown, there is another one.
        ALERT_NOT_FOUND if there is none.

        :param alert_id: The alert.
        :param note: What to say about it, at most 1024 characters.
        """
        return self._caller.unary(
            RESOLVE_ALERT, {"alert_id": alert_id, "note": note}, workspace, timeout
        )

    def create_silence(
        self,
        silence_id: str,
        start_time: datetime,
        end_time: datetime,
        *,
        rule_ids: Sequence[str] | None = None,
        group: Mapping[str, str] | None = None,
        reason: str | None = None,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> Silence:
        """Keeps alerts quiet for a time, under an id that the caller chooses. To make the same
        again changes nothing. SILENCE_EXISTS if the id is that of another one; ALERTS_FULL if
        the workspace has 1,000.

        :param silence_id: The silence's id: 1 to 63 small letters, digits, - and _.
        :param rule_ids: The rules that it is about; all of the workspace if empty. At most 100.
        :param group: The groups that it is about: those that have all of these labels; all if
            empty. At most 8.
        :param start_time: When it begins. Required; before 2200.
        :param end_time: When it ends. Required; before 2200.
        :param reason: Why, at most 1024 characters.
        """
        return self._caller.unary(
            CREATE_SILENCE,
            {
                "silence_id": silence_id,
                "rule_ids": rule_ids,
                "group": group,
                "start_time": start_time,
                "end_time": end_time,
                "reason": reason,
            },
            workspace,
            timeout,
        )

    def list_silences(
        self,
        *,
        page_size: int | None = None,
        page_token: str | None = None,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> Pages[ListSilencesResponse, Silence]:
        """Lists the silences of the workspace by their ids, also those that are over.

        :param page_size: At most so many: 1 to 500; if 0, 50.
        :param page_token: next_page_token of the page before.
        """
        return self._caller.pages(
            LIST_SILENCES,
            {"page_size": page_size, "page_token": page_token},
            workspace,
            timeout,
            "silences",
        )

    def delete_silence(
        self, silence_id: str, *, workspace: str | None = None, timeout: float | None = None
    ) -> None:
        """Takes a silence back, if there is one.

        :param silence_id: The silence's id: 1 to 63 small letters, digits, - and _.
        """
        return self._caller.unary(DELETE_SILENCE, {"silence_id": silence_id}, workspace, timeout)


class AsyncAlertsApi:
    """Keeps rules, judges them as far as facts are complete, and keeps the alerts that come of
    it. What it finds it tells on the event bus: alert.triggered, alert.acknowledged and
    alert.resolved.
    """

    def __init__(self, caller: AsyncCaller) -> None:
        self._caller = caller

    async def create_rule(
        self,
        rule_id: str,
        rule: AlertRule,
        *,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> KeptAlertRule:
        """Makes a rule under an id that the caller chooses. To make the same again changes
        nothing. ALERT_RULE_EXISTS if the id is that of a rule that says something else;
        ALERTS_FULL if the workspace has 1,000 rules; VALIDATION_FAILED for a metric that there
        is not, and whatever else cannot be judged.

        :param rule_id: The rule's id: 1 to 63 small letters, digits, - and _.
        :param rule: What it says.
        """
        return await self._caller.unary(
            CREATE_RULE, {"rule_id": rule_id, "rule": rule}, workspace, timeout
        )

    async def get_rule(
        self, rule_id: str, *, workspace: str | None = None, timeout: float | None = None
    ) -> KeptAlertRule:
        """Returns a rule. ALERT_RULE_NOT_FOUND if there is none.

        :param rule_id: The rule's id: 1 to 63 small letters, digits, - and _.
        """
        return await self._caller.unary(GET_RULE, {"rule_id": rule_id}, workspace, timeout)

    def list_rules(
        self,
        *,
        page_size: int | None = None,
        page_token: str | None = None,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> AsyncPages[ListRulesResponse, KeptAlertRule]:
        """Lists the rules of the workspace by their ids.

        :param page_size: At most so many: 1 to 500; if 0, 50.
        :param page_token: next_page_token of the page before.
        """
        return self._caller.pages(
            LIST_RULES,
            {"page_size": page_size, "page_token": page_token},
            workspace,
            timeout,
            "rules",
        )

    async def update_rule(
        self,
        rule_id: str,
        rule: AlertRule,
        etag: str,
        *,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> KeptAlertRule:
        """Lets a rule say something else from now on. Alerts that are open stay, and are judged by
        it; if it is disabled, they are resolved. ALERT_RULE_NOT_FOUND; ALERT_RULE_CHANGED if
        somebody else was faster: if the etag is not that of the rule, and the rule does not say
        the same already.

        :param rule_id: The rule's id: 1 to 63 small letters, digits, - and _.
        :param rule: What it says.
        :param etag: The etag of what is to be replaced. Required.
        """
        return await self._caller.unary(
            UPDATE_RULE, {"rule_id": rule_id, "rule": rule, "etag": etag}, workspace, timeout
        )

    async def delete_rule(
        self, rule_id: str, *, workspace: str | None = None, timeout: float | None = None
    ) -> None:
        """Deletes a rule, if there is one, with its pending alerts. Its other open alerts are
        resolved, and stay to be looked at.

        :param rule_id: The rule's id: 1 to 63 small letters, digits, - and _.
        """
        return await self._caller.unary(DELETE_RULE, {"rule_id": rule_id}, workspace, timeout)

    async def preview_rule(
        self,
        rule: AlertRule,
        *,
        interval: Interval | None = None,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> PreviewRuleResponse:
        """Judges a rule that need not be kept over times past, as it would have been judged then
        with the facts of now, and tells what alerts there would have been. Silences are not
        regarded. PREVIEW_TOO_LONG if that takes more than 2,016 judgements.

        :param rule: What it says.
        :param interval: The times of judgement, in the past. If not set, the day up to now.
        """
        return await self._caller.unary(
            PREVIEW_RULE, {"rule": rule, "interval": interval}, workspace, timeout
        )

    def list_alerts(
        self,
        *,
        states: Sequence[AlertState] | None = None,
        rule: str | None = None,
        page_size: int | None = None,
        page_token: str | None = None,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> AsyncPages[ListAlertsResponse, Alert]:
        """Lists alerts, those that began to hold last first.

        :param states: In which states; if empty, triggered and acknowledged ones.
        :param rule: Of which rule, by its id; if empty, of all. In "shadower-system" those of
            jobs that have failed are of "shadower.jobs".
        :param page_size: At most so many: 1 to 500; if 0, 50.
        :param page_token: next_page_token of the page before.
        """
        return self._caller.pages(
            LIST_ALERTS,
            {"states": states, "rule": rule, "page_size": page_size, "page_token": page_token},
            workspace,
            timeout,
            "alerts",
        )

    async def get_alert(
        self, alert_id: str, *, workspace: str | None = None, timeout: float | None = None
    ) -> GetAlertResponse:
        """Returns an alert and its history. ALERT_NOT_FOUND if there is none.

        :param alert_id: The alert.
        """
        return await self._caller.unary(GET_ALERT, {"alert_id": alert_id}, workspace, timeout)

    async def acknowledge_alert(
        self,
        alert_id: str,
        *,
        note: str | None = None,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> Alert:
        """Says that somebody takes care of a triggered alert. One in another state stays as it is.
        ALERT_NOT_FOUND if there is none.

        :param alert_id: The alert.
        :param note: What to say about it, at most 1024 characters.
        """
        return await self._caller.unary(
            ACKNOWLEDGE_ALERT, {"alert_id": alert_id, "note": note}, workspace, timeout
        )

    async def resolve_alert(
        self,
        alert_id: str,
        *,
        note: str | None = None,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> Alert:
        """Says that an alert is over that was triggered or acknowledged. One in another state
        stays as it is. If its condition still holds after the cooldown, there is another one.
        ALERT_NOT_FOUND if there is none.

        :param alert_id: The alert.
        :param note: What to say about it, at most 1024 characters.
        """
        return await self._caller.unary(
            RESOLVE_ALERT, {"alert_id": alert_id, "note": note}, workspace, timeout
        )

    async def create_silence(
        self,
        silence_id: str,
        start_time: datetime,
        end_time: datetime,
        *,
        rule_ids: Sequence[str] | None = None,
        group: Mapping[str, str] | None = None,
        reason: str | None = None,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> Silence:
        """Keeps alerts quiet for a time, under an id that the caller chooses. To make the same
        again changes nothing. SILENCE_EXISTS if the id is that of another one; ALERTS_FULL if
        the workspace has 1,000.

        :param silence_id: The silence's id: 1 to 63 small letters, digits, - and _.
        :param rule_ids: The rules that it is about; all of the workspace if empty. At most 100.
        :param group: The groups that it is about: those that have all of these labels; all if
            empty. At most 8.
        :param start_time: When it begins. Required; before 2200.
        :param end_time: When it ends. Required; before 2200.
        :param reason: Why, at most 1024 characters.
        """
        return await self._caller.unary(
            CREATE_SILENCE,
            {
                "silence_id": silence_id,
                "rule_ids": rule_ids,
                "group": group,
                "start_time": start_time,
                "end_time": end_time,
                "reason": reason,
            },
            workspace,
            timeout,
        )

    def list_silences(
        self,
        *,
        page_size: int | None = None,
        page_token: str | None = None,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> AsyncPages[ListSilencesResponse, Silence]:
        """Lists the silences of the workspace by their ids, also those that are over.

        :param page_size: At most so many: 1 to 500; if 0, 50.
        :param page_token: next_page_token of the page before.
        """
        return self._caller.pages(
            LIST_SILENCES,
            {"page_size": page_size, "page_token": page_token},
            workspace,
            timeout,
            "silences",
        )

    async def delete_silence(
        self, silence_id: str, *, workspace: str | None = None, timeout: float | None = None
    ) -> None:
        """Takes a silence back, if there is one.

        :param silence_id: The silence's id: 1 to 63 small letters, digits, - and _.
        """
        return await self._caller.unary(
            DELETE_SILENCE, {"silence_id": silence_id}, workspace, timeout
        )
