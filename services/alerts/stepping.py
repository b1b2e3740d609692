"""From one judgement of a group to the next: what becomes of its alert. Pure.

pending → triggered → acknowledged → resolved. What is told follows from the alert alone.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from services.alerts.conditions import Verdict
from services.alerts.rule import Telling
from services.warehouse.alerts.alerts import Alert, Transition

UNKNOWN_FOR = timedelta(hours=24)
"""So long after nothing is known of a group any more, its alert is over."""
UNKNOWN = "nothing is known of it any more"


@dataclass(frozen=True)
class Moment:
    """When a group is judged, and what was so before."""

    time: datetime
    is_latest: bool = True
    """Whether no later one is judged at once. What was missed is told, but not again and again."""
    ended_at: datetime | None = None
    """When the last alert of the group was over."""
    is_silenced: bool = False


@dataclass(frozen=True)
class Step:
    """The alert as it is then, and what happened. A pending one that comes to nothing is gone."""

    alert: Alert | None
    transitions: tuple[Transition, ...] = ()


def step(
    rule: Telling, alert: Alert | None, verdict: Verdict, moment: Moment, begin: Callable[[], Alert]
) -> Step:
    """`begin` makes the pending alert of the group, if one begins."""
    if _was_judged(alert, moment):
        return Step(alert)
    if alert is None:
        if not verdict.holds:
            return Step(None)
        return _pending(rule, begin(), verdict, moment, _said("pending", verdict, moment))
    if alert.state == "pending":
        return _pending(rule, alert, verdict, moment) if verdict.holds else Step(None)
    return _open(rule, _judged(alert, verdict, moment), verdict, moment)


def began(rule: Telling, alert_id: UUID, key: str, labels: dict[str, str], time: datetime) -> Alert:
    """The alert of a group in the moment in which the condition begins to hold."""
    return Alert(
        alert_id=alert_id,
        rule_id=rule.rule_id,
        rule_name=rule.name,
        severity=rule.severity,
        group_key=key,
        group_labels=labels,
        state="pending",
        value=None,
        expected=None,
        pending_at=time,
        triggered_at=None,
        acknowledged_at=None,
        acknowledged_by="",
        resolved_at=None,
        resolved_by="",
        judged_at=time,
        held_at=time,
        notifications=0,
        notified_at=None,
        escalation_level=0,
    )


def _was_judged(alert: Alert | None, moment: Moment) -> bool:
    before = moment.ended_at if alert is None else alert.judged_at
    return before is not None and moment.time <= before


def _judged(alert: Alert, verdict: Verdict, moment: Moment) -> Alert:
    held_at = moment.time if verdict.holds else alert.held_at
    seen = replace(alert, judged_at=moment.time, held_at=held_at)
    return seen if verdict.holds is None else _with_values(seen, verdict)


def _with_values(alert: Alert, verdict: Verdict) -> Alert:
    return replace(alert, value=verdict.value, expected=verdict.expected)


def _pending(
    rule: Telling, alert: Alert, verdict: Verdict, moment: Moment, *said: Transition
) -> Step:
    alert = _judged(alert, verdict, moment)
    is_long_enough = moment.time - alert.pending_at >= rule.for_duration
    cool_at = moment.ended_at and moment.ended_at + rule.cooldown
    if not is_long_enough or (cool_at is not None and moment.time < cool_at):
        return Step(alert, said)
    alert = replace(alert, state="triggered", triggered_at=moment.time)
    told = _told(rule, alert, verdict, moment)
    return Step(
        told.alert, (*said, _said("triggered", verdict, moment, verdict.reason), *told.transitions)
    )


def _open(rule: Telling, alert: Alert, verdict: Verdict, moment: Moment) -> Step:
    if verdict.holds:
        return _told(rule, alert, verdict, moment)
    if verdict.holds is None and moment.time - alert.held_at < UNKNOWN_FOR:
        return Step(alert)
    note = verdict.reason if verdict.holds is False else UNKNOWN
    return Step(alert.resolved(moment.time), (_said("resolved", verdict, moment, note),))


def _told(rule: Telling, alert: Alert, verdict: Verdict, moment: Moment) -> Step:
    """Nobody is told of what is silenced or taken care of."""
    if alert.state != "triggered" or moment.is_silenced:
        return Step(alert)
    said: list[Transition] = []
    if _is_to_be_told(rule, alert, moment):
        alert = replace(alert, notifications=alert.notifications + 1, notified_at=moment.time)
        said.append(_said("notified", verdict, moment, str(alert.notifications)))
    for level in _levels_reached(rule, alert, moment):
        alert = replace(alert, escalation_level=level)
        said.append(_said("escalated", verdict, moment, str(level)))
    return Step(alert, tuple(said))


def _is_to_be_told(rule: Telling, alert: Alert, moment: Moment) -> bool:
    if alert.notified_at is None:
        return True
    if rule.renotify_interval is None or not moment.is_latest:
        return False
    has_room = rule.renotify_limit == 0 or alert.notifications <= rule.renotify_limit
    return has_room and moment.time - alert.notified_at >= rule.renotify_interval


def _levels_reached(rule: Telling, alert: Alert, moment: Moment) -> list[int]:
    """Those that are due and not reached before."""
    if alert.triggered_at is None or not moment.is_latest:
        return []
    since = moment.time - alert.triggered_at
    return [
        number
        for number, level in enumerate(rule.escalation, start=1)
        if number > alert.escalation_level and since >= level.delay
    ]


def _said(change: str, verdict: Verdict, moment: Moment, note: str = "") -> Transition:
    return Transition(change, judged_at=moment.time, value=verdict.value, note=note)
