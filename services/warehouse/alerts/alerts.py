"""Alerts by workspace, and the history of each."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from services.runtime.faults import NotFound
from services.warehouse.database import Session
from services.warehouse.sql import Queries

QUERIES = Queries(__file__)
MOST_TOLD = 500


@dataclass(frozen=True)
class Alert:
    """What a rule found about one group, in the order of the table's columns."""

    alert_id: UUID
    rule_id: str
    rule_name: str
    severity: int
    group_key: str
    group_labels: Mapping[str, str]
    state: str
    value: float | None
    expected: float | None
    pending_at: datetime
    triggered_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str
    resolved_at: datetime | None
    resolved_by: str
    judged_at: datetime
    held_at: datetime
    notifications: int
    notified_at: datetime | None
    escalation_level: int

    @property
    def is_told(self) -> bool:
        """Whether anybody may have heard of it."""
        return self.notifications > 0 or self.escalation_level > 0

    def resolved(self, at: datetime, by: str = "") -> "Alert":
        return replace(self, state="resolved", resolved_at=at, resolved_by=by)


@dataclass(frozen=True)
class Transition:
    """What happened to an alert; by whom, or by which window."""

    change: str
    judged_at: datetime | None = None
    value: float | None = None
    subject: str = ""
    note: str = ""
    occurred_at: datetime | None = None
    """Unknown before it is written down."""


@dataclass(frozen=True)
class AlertQuery:
    """Which alerts are asked for."""

    states: Sequence[str]
    rule_id: str
    limit: int
    after: tuple[datetime, UUID] | None = None


async def open_alerts(session: Session, rule_id: str) -> dict[str, Alert]:
    """By the keys of their groups. They are the transaction's to change."""
    rows = await session.connection.fetch(QUERIES["open"], session.workspace_id, rule_id)
    return {row["group_key"]: _alert(row) for row in rows}


async def ended_groups(session: Session, rule_id: str, since: datetime) -> dict[str, datetime]:
    """When their last alerts were over."""
    rows = await session.connection.fetch(QUERIES["ended"], session.workspace_id, rule_id, since)
    return {row["group_key"]: row["ended_at"] for row in rows}


async def save_alerts(session: Session, alerts: Iterable[Alert]) -> None:
    rows = [(session.workspace_id, *_values(alert)) for alert in alerts]
    if rows:
        await session.connection.executemany(QUERIES["save"], rows)


async def forget_pending(session: Session, ids: Sequence[UUID]) -> None:
    if ids:
        await session.connection.execute(QUERIES["forget"], session.workspace_id, list(ids))


async def note_transitions(session: Session, noted: Iterable[tuple[UUID, Transition]]) -> None:
    rows = [
        (session.workspace_id, alert_id, t.change, t.judged_at, t.value, t.subject, t.note)
        for alert_id, t in noted
    ]
    if rows:
        await session.connection.executemany(QUERIES["note"], rows)


async def get_alert(session: Session, alert_id: UUID, *, to_change: bool = False) -> Alert:
    """Raises NotFound."""
    query = QUERIES["get_to_change" if to_change else "get"]
    row = await session.connection.fetchrow(query, session.workspace_id, alert_id)
    if row is None:
        raise NotFound(
            "ALERT_NOT_FOUND",
            f"the workspace has no alert {alert_id}",
            metadata={"alertId": str(alert_id)},
        )
    return _alert(row)


async def list_alerts(session: Session, query: AlertQuery) -> list[Alert]:
    place = query.after or (None, None)
    rows = await session.connection.fetch(
        QUERIES["list"],
        session.workspace_id,
        list(query.states),
        query.rule_id,
        *place,
        query.limit,
    )
    return [_alert(row) for row in rows]


async def history_of(session: Session, alert_id: UUID) -> list[Transition]:
    rows = await session.connection.fetch(
        QUERIES["history"], session.workspace_id, alert_id, MOST_TOLD
    )
    return [Transition(**dict(row)) for row in rows]


def _alert(row: Any) -> Alert:
    return Alert(**dict(row))


def _values(alert: Alert) -> tuple[Any, ...]:
    return astuple(replace(alert, group_labels=dict(alert.group_labels)))
