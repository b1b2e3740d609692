"""Rules as their owners make and change them."""

from datetime import datetime

from shadower.alerts.v1.alert_rule_pb2 import AlertRule

from services.alerts.events import event
from services.alerts.rules import check, read, rule_of, write
from services.alerts.running import next_moment
from services.runtime.faults import AlreadyExists
from services.translation.ids import etag_of
from services.warehouse.alerts.alerts import (
    Transition,
    forget_pending,
    note_transitions,
    open_alerts,
    save_alerts,
)
from services.warehouse.alerts.rules import (
    KeptRule,
    NewRule,
    create_rule,
    delete_rule,
    find_rule,
    get_rule,
    get_rule_to_change,
    replace_rule,
    take_turn,
)
from services.warehouse.bus.publishing import publish
from services.warehouse.database import Session
from services.warehouse.queries.workspace import fetch_metric_types


async def check_rule(session: Session, message: AlertRule) -> None:
    """Raises InvalidArgument."""
    is_of_points = bool(message.aggregation.metric_type)
    check(message, await fetch_metric_types(session) if is_of_points else ())


async def make_rule(session: Session, rule_id: str, message: AlertRule, by: str) -> KeptRule:
    """Raises AlreadyExists or ResourceExhausted."""
    await take_turn(session)
    known = await find_rule(session, rule_id)
    if known is None:
        await create_rule(session, _new(rule_id, message, by, session.as_of))
        return await get_rule(session, rule_id)
    if read(known.definition) != message:
        raise AlreadyExists(
            "ALERT_RULE_EXISTS",
            f"there is a rule {rule_id} that says something else",
            metadata={"ruleId": rule_id},
        )
    return known


async def change_rule(
    session: Session, rule_id: str, message: AlertRule, etag: str, by: str
) -> KeptRule:
    """Raises NotFound or AlreadyExists."""
    known = await get_rule_to_change(session, rule_id)
    if read(known.definition) == message:
        return known
    if etag != etag_of(known):
        raise AlreadyExists(
            "ALERT_RULE_CHANGED",
            f"rule {rule_id} was changed since",
            metadata={"ruleId": rule_id, "etag": etag_of(known)},
        )
    # What an enabled rule has not been judged about yet is judged by what it says now.
    until = known.judged_until if known.is_enabled else session.as_of
    await replace_rule(session, _new(rule_id, message, by, until))
    if message.disabled:
        await _end_alerts(session, rule_id, by, "the rule was disabled")
    return await get_rule(session, rule_id)


async def drop_rule(session: Session, rule_id: str, by: str) -> None:
    """Its open alerts are over."""
    await delete_rule(session, rule_id)
    await _end_alerts(session, rule_id, by, "the rule was deleted")


async def _end_alerts(session: Session, rule_id: str, by: str, why: str) -> None:
    """Nobody judges them any more."""
    opened = (await open_alerts(session, rule_id)).values()
    await forget_pending(session, [one.alert_id for one in opened if one.state == "pending"])
    over = [one.resolved(session.as_of, by) for one in opened if one.state != "pending"]
    said = Transition("resolved", subject=by, note=why)
    await save_alerts(session, over)
    await note_transitions(session, [(one.alert_id, said) for one in over])
    for one in over:
        told = event(one, said)
        if told is not None:
            await publish(session, told)


def _new(rule_id: str, message: AlertRule, by: str, judged_until: datetime) -> NewRule:
    rule = rule_of(rule_id, message)
    return NewRule(
        rule_id=rule_id,
        definition=write(message),
        updated_by=by,
        is_enabled=not message.disabled,
        judged_until=judged_until,
        due_at=next_moment(rule, judged_until) + rule.data_delay,
    )
