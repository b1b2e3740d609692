"""Alerts of a rule as they are when it is judged, and as they are afterwards."""

from collections.abc import Callable
from datetime import timedelta

from services.alerts.rule import Telling
from services.alerts.running import OLDEST, Run
from services.warehouse.alerts.alerts import (
    Alert,
    Transition,
    ended_groups,
    forget_pending,
    note_transitions,
    open_alerts,
    save_alerts,
)
from services.warehouse.alerts.silences import silences_of_now
from services.warehouse.bus.publishing import Published, publish
from services.warehouse.database import Session

LONGEST_COOLDOWN = timedelta(days=8)


async def run_from_what_is(session: Session, rule: Telling) -> Run:
    since = session.as_of - OLDEST - LONGEST_COOLDOWN
    return Run(
        rule,
        open=await open_alerts(session, rule.rule_id),
        ended=await ended_groups(session, rule.rule_id, since),
        silences=await silences_of_now(session, rule.rule_id),
    )


async def keep(
    session: Session, run: Run, event: Callable[[Alert, Transition], Published | None]
) -> None:
    """What is kept and what is told is committed together."""
    # Those that are over make room first: a group has one open alert.
    await save_alerts(session, [*run.closed, *run.open.values()])
    await forget_pending(session, list(run.gone))
    await note_transitions(session, ((alert.alert_id, one) for alert, one in run.lasting))
    for alert, transition in run.lasting:
        told = event(alert, transition)
        if told is not None:
            await publish(session, told)
