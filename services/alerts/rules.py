"""From the contract's rules to those that can be judged."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from types import MappingProxyType
from typing import Any

from google.protobuf.json_format import MessageToDict, ParseDict
from shadower.alerts.v1 import alert_rule_pb2 as pb

from services.alerts.rule import (
    Absence,
    Anomaly,
    Change,
    Comparator,
    Condition,
    Direction,
    Escalation,
    Pattern,
    Question,
    Rule,
    Shape,
    Threshold,
)
from services.runtime.faults import FieldViolation, invalid_fields
from services.runtime.times import from_duration
from services.translation import requests
from services.translation.aggregations import aggregation
from services.warehouse.queries.aggregation import Function
from services.warehouse.queries.labels import dimension, tag
from services.warehouse.queries.registry import BUILT_IN, Kind
from services.warehouse.queries.sources import EXECUTIONS, Points

USUAL_INTERVAL = timedelta(minutes=5)
USUAL_COOLDOWN = timedelta(minutes=60)
USUAL_SENSITIVITY = 2.5
LONGEST_OF_MANY = timedelta(days=1)
COUNTS = (Kind.COUNT, Kind.DISTINCT_COUNT)
REFERENCES: Mapping[int, timedelta] = MappingProxyType(
    {
        pb.REFERENCE_PREVIOUS_HOUR: timedelta(hours=1),
        pb.REFERENCE_PREVIOUS_DAY: timedelta(days=1),
        pb.REFERENCE_PREVIOUS_WEEK: timedelta(days=7),
    }
)


def write(message: pb.AlertRule) -> dict[str, Any]:
    """As it is kept."""
    return MessageToDict(message, preserving_proto_field_name=True)


def read(definition: Mapping[str, Any]) -> pb.AlertRule:
    """What a later version has added is passed over."""
    return ParseDict(dict(definition), pb.AlertRule(), ignore_unknown_fields=True)


def check(message: pb.AlertRule, known_types: Sequence[str]) -> None:
    """Raises InvalidArgument for what the contract's own rules cannot say. `known_types` are those
    of the metric points that the workspace has."""
    found = [*_of_measure(message, known_types), *_of_groups(message), *_of_times(message)]
    if found:
        raise invalid_fields(*found)


def rule_of(rule_id: str, message: pb.AlertRule) -> Rule:
    interval = _time(message, "evaluation_interval", USUAL_INTERVAL)
    renotify = message.HasField("renotify_interval")
    return Rule(
        rule_id=rule_id,
        name=message.name,
        severity=message.severity,
        question=_question(message),
        condition=_condition(message),
        window=_time(message, "window", interval),
        interval=interval,
        data_delay=_time(message, "data_delay", timedelta()),
        for_duration=_time(message, "for_duration", timedelta()),
        cooldown=_time(message, "cooldown", USUAL_COOLDOWN),
        renotify_interval=from_duration(message.renotify_interval) if renotify else None,
        renotify_limit=message.renotify_limit,
        escalation=tuple(
            Escalation(from_duration(level.delay), tuple(level.recipients))
            for level in message.escalation
        ),
    )


def _time(message: Any, field: str, usual: timedelta) -> timedelta:
    return from_duration(getattr(message, field)) if message.HasField(field) else usual


def _is_of_points(message: pb.AlertRule) -> bool:
    return bool(message.aggregation.metric_type)


def _question(message: pb.AlertRule) -> Question:
    if _is_of_points(message):
        metrics = (message.aggregation.metric_type,)
        asked = aggregation(message.aggregation)
        return Question(
            asked.measure(metrics),
            Points(metrics),
            requests.fact_filter(message.filter),
            [tag(key) for key in message.group_by_tags],
            asked.function is Function.COUNT,
        )
    measure, counts = _measure_of_executions(message)
    labels = [dimension(name) for name in requests.dimensions(message.group_by)]
    return Question(measure, EXECUTIONS, requests.fact_filter(message.filter), labels, counts)


def _measure_of_executions(message: pb.AlertRule) -> Any:
    if message.metric:
        metric = BUILT_IN[message.metric]
        return metric.measure, metric.kind in COUNTS
    asked = aggregation(message.aggregation)
    return asked.measure(()), asked.function in (Function.COUNT, Function.DISTINCT)


def _condition(message: pb.AlertRule) -> Condition:
    match message.WhichOneof("condition"):
        case "threshold":
            comparator = Comparator(_word(pb.Comparator, message.threshold.comparator))
            return Threshold(comparator, message.threshold.threshold)
        case "change":
            return _change(message.change)
        case "absence":
            return Absence()
        case "anomaly":
            sensitivity = message.anomaly.sensitivity or USUAL_SENSITIVITY
            return Anomaly(sensitivity, _direction(message.anomaly.direction))
        case _:
            return Pattern(Shape(_word(pb.PatternShape, message.pattern.shape)))


def _change(message: pb.ChangeCondition) -> Change:
    is_percent = message.WhichOneof("amount") == "percent"
    return Change(
        reference=REFERENCES[message.reference],
        direction=_direction(message.direction),
        amount=message.percent if is_percent else message.absolute,
        is_percent=is_percent,
    )


def _direction(number: int) -> Direction:
    return Direction(_word(pb.ChangeDirection, number))


PREFIXES = MappingProxyType(
    {
        pb.Comparator: "COMPARATOR_",
        pb.ChangeDirection: "CHANGE_DIRECTION_",
        pb.PatternShape: "PATTERN_SHAPE_",
    }
)


def _word(enum: Any, number: int) -> str:
    name: str = enum.Name(number)
    return name.removeprefix(PREFIXES[enum]).lower()


def _of_measure(message: pb.AlertRule, known_types: Sequence[str]) -> list[FieldViolation]:
    if message.metric and message.metric not in BUILT_IN:
        return [FieldViolation("rule.metric", f"there is no metric {message.metric}")]
    asked = message.aggregation.metric_type
    if asked and asked not in known_types:
        told = f"the workspace has no metric points of type {asked}"
        return [FieldViolation("rule.aggregation.metric_type", told)]
    return []


def _of_groups(message: pb.AlertRule) -> list[FieldViolation]:
    if not _is_of_points(message):
        wrong = {"group_by_tags": message.group_by_tags, "filter.tags": message.filter.tags}
        return [
            FieldViolation(f"rule.{n}", "executions have no tags") for n, on in wrong.items() if on
        ]
    wrong_ones = {
        "group_by": bool(message.group_by),
        "filter": requests.narrows_executions(message.filter),
    }
    said = "metric points have tags only"
    return [FieldViolation(f"rule.{name}", said) for name, on in wrong_ones.items() if on]


def _of_times(message: pb.AlertRule) -> list[FieldViolation]:
    found = []
    rule = rule_times(message)
    if message.WhichOneof("condition") in ("anomaly", "pattern") and rule > LONGEST_OF_MANY:
        found.append(FieldViolation("rule.window", "is longer than a day"))
    if 0 < message.anomaly.sensitivity < 1:
        found.append(FieldViolation("rule.anomaly.sensitivity", "is below 1"))
    delays = [from_duration(level.delay) for level in message.escalation]
    for number in range(1, len(delays)):
        if delays[number] <= delays[number - 1]:
            field = f"rule.escalation[{number}].delay"
            found.append(FieldViolation(field, "is not longer than that of the level before"))
    return found


def rule_times(message: pb.AlertRule) -> timedelta:
    """The window of a rule."""
    return _time(message, "window", _time(message, "evaluation_interval", USUAL_INTERVAL))
