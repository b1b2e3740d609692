"""Alerts as people handle them."""

from dataclasses import replace
from uuid import UUID

from services.alerts.events import event
from services.warehouse.alerts.alerts import (
    Alert,
    Transition,
    get_alert,
    note_transitions,
    save_alerts,
)
from services.warehouse.bus.publishing import publish
from services.warehouse.database import Session


async def acknowledge(session: Session, alert_id: UUID, by: str, note: str) -> Alert:
    """Raises NotFound."""
    alert = await get_alert(session, alert_id, to_change=True)
    if alert.state != "triggered":
        return alert
    known = replace(alert, state="acknowledged", acknowledged_at=session.as_of, acknowledged_by=by)
    return await _changed(session, known, Transition("acknowledged", subject=by, note=note))


async def resolve(session: Session, alert_id: UUID, by: str, note: str) -> Alert:
    """Raises NotFound."""
    alert = await get_alert(session, alert_id, to_change=True)
    if alert.state not in ("triggered", "acknowledged"):
        return alert
    over = alert.resolved(session.as_of, by)
    return await _changed(session, over, Transition("resolved", subject=by, note=note))


async def _changed(session: Session, alert: Alert, said: Transition) -> Alert:
    await save_alerts(session, [alert])
    await note_transitions(session, [(alert.alert_id, said)])
    told = event(alert, said)
    if told is not None:
        await publish(session, told)
    return alert
