"""Which moments of a rule are to be judged, and what is known of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from shadower.alerts.v1.alert_rule_pb2 import AlertRule

from services.alerts.observations import Observations
from services.alerts.observing import observe
from services.alerts.rule import Rule
from services.alerts.rules import read, rule_of
from services.alerts.running import OLDEST, course, moments_between
from services.warehouse.alerts.rules import Judged, KeptRule
from services.warehouse.database import Session
from services.warehouse.facts.changes import earliest_touched


@dataclass(frozen=True)
class Work:
    """A rule, and what is known of the moments in which it is judged."""

    kept: KeptRule
    message: AlertRule
    rule: Rule
    moments: Sequence[datetime]
    seen: Observations
    judged: Judged


async def look(session: Session, kept: KeptRule, most: int) -> Work | None:
    """None if the facts are not complete enough to judge anything."""
    message = read(kept.definition)
    rule = rule_of(kept.rule_id, message)
    if session.complete_until is None:
        return None
    complete = session.complete_until - rule.data_delay
    behind = max(kept.judged_until, complete - OLDEST)
    new = list(moments_between(rule, behind, complete))
    if not new:
        return None
    since = await _changed(session, kept)
    ahead = course(kept, behind, since, session.revision, has_room=len(new) <= most)
    moments = [*moments_between(rule, ahead.start, behind), *new[:most]][:most]
    seen = await observe(session, rule, moments)
    judged = _judged(rule, behind, moments[-1], session, ahead.revision)
    return Work(kept, message, rule, moments, seen, judged)


def _judged(
    rule: Rule, behind: datetime, last: datetime, session: Session, revision: int
) -> Judged:
    """If there was too much that came late, the rest of that comes first when it is judged next."""
    if last <= behind:
        return Judged(behind, revision, last, session.as_of)
    return Judged(last, revision, None, last + rule.interval + rule.data_delay)


async def _changed(session: Session, kept: KeptRule) -> datetime | None:
    """The earliest time of which facts have come, or changed, since the rule was judged."""
    if session.revision == kept.judged_revision:
        return None
    return await earliest_touched(session, kept.judged_revision)
