"""Policies of retention: what is set, the usual, and what that comes to."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from google.protobuf.json_format import MessageToDict, ParseDict
from shadower.upkeep.v1.retention_pb2 import RetentionPolicy

from services.runtime.faults import FieldViolation, invalid_fields
from services.warehouse.rollups.levels import Level
from services.warehouse.rollups.spans import to_microseconds, to_time

USUAL = MappingProxyType(
    {
        "executions_days": 90,
        "metric_points_days": 90,
        "events_days": 90,
        "hour_rollups_days": 180,
        "day_rollups_days": 730,
        "alert_history_days": 180,
        "checks_days": 90,
        "audit_days": 2555,
    }
)
ROLLED_UP = ("executions_days", "metric_points_days")


def read(policy: Mapping[str, Any]) -> RetentionPolicy:
    """What a later version has added is passed over."""
    return ParseDict(dict(policy), RetentionPolicy(), ignore_unknown_fields=True)


def write(policy: RetentionPolicy) -> dict[str, Any]:
    """As it is kept."""
    return MessageToDict(policy, preserving_proto_field_name=True)


def effective(of_platform: RetentionPolicy, of_workspace: RetentionPolicy) -> RetentionPolicy:
    """Nothing is absent. What others leave out, the platform may have set otherwise: facts are
    never kept longer than what is made of them."""
    found = RetentionPolicy(**USUAL)
    found.MergeFrom(of_platform)
    found.MergeFrom(of_workspace)
    hours = max(found.hour_rollups_days, found.executions_days, found.metric_points_days)
    found.hour_rollups_days = hours
    found.day_rollups_days = max(found.day_rollups_days, hours)
    return found


def check(of_platform: RetentionPolicy, of_workspace: RetentionPolicy) -> None:
    """Raises InvalidArgument if something would be kept longer than what stands for it."""
    asked = RetentionPolicy(**USUAL)
    asked.MergeFrom(of_platform)
    asked.MergeFrom(of_workspace)
    found = list(_contradictions(asked))
    if found:
        raise invalid_fields(*found)


def _contradictions(asked: RetentionPolicy) -> Iterator[FieldViolation]:
    for name in ROLLED_UP:
        if getattr(asked, name) > asked.hour_rollups_days:
            yield FieldViolation(f"policy.{name}", "must not be more than hour_rollups_days")
    if asked.hour_rollups_days > asked.day_rollups_days:
        yield FieldViolation("policy.hour_rollups_days", "must not be more than day_rollups_days")


def bound(now: datetime, days: int, level: Level = Level.DAY) -> datetime:
    """What lies before it is older than so many days. On the boundary of a cell."""
    return to_time(level.floor(to_microseconds(now - timedelta(days=days))))
