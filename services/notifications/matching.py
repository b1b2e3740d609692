"""Who is told of what. Pure."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from shadower.ingest.v1.event_pb2 import EventType
from shadower.notifications.v1.target_pb2 import Target

from services.notifications.definitions import kind_of
from services.notifications.notice import ENDS, SEVERITIES, Happened


def told(
    happened: Happened, targets: Mapping[str, Target], told_before: Collection[str]
) -> Sequence[str]:
    """The ids of those that are told; `told_before` are those that were told that it began."""
    able = {one: target for one, target in targets.items() if _understands(target, happened)}
    if happened.names_recipients:
        return [one for one in dict.fromkeys(happened.recipients) if one in able]
    return [
        target_id
        for target_id, target in able.items()
        if _wants_type(target, happened.type)
        and (_follows(happened, target_id, told_before) or _wants(target, happened))
    ]


def _understands(target: Target, happened: Happened) -> bool:
    return happened.is_alert or kind_of(target) != "pager_duty"


def _follows(happened: Happened, target_id: str, told_before: Collection[str]) -> bool:
    return happened.type in ENDS and target_id in told_before


def _wants_type(target: Target, event_type: str) -> bool:
    number = EventType.Value(f"EVENT_TYPE_{event_type.replace('.', '_').upper()}")
    return not target.event_types or number in target.event_types


def _wants(target: Target, happened: Happened) -> bool:
    if target.only_as_recipient:
        return False
    if not happened.is_alert:
        # Whoever is told of a report can open it, so that is asked for by name.
        return bool(target.event_types) and not (target.rule_ids or target.labels)
    return (
        _severity(happened) >= target.least_severity
        and (not target.rule_ids or happened.data.get("ruleId") in target.rule_ids)
        and target.labels.items() <= _labels(happened.data).items()
    )


def _severity(happened: Happened) -> int:
    return SEVERITIES.index(happened.severity) if happened.severity in SEVERITIES else 0


def _labels(data: Mapping[str, Any]) -> dict[str, str]:
    """Those of the rule and of the group."""
    found: dict[str, str] = {}
    for name in ("group", "labels"):
        part = data.get(name)
        if isinstance(part, Mapping):
            found |= {str(key): str(value) for key, value in part.items()}
    return found
