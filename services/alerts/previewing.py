"""What a rule would have found: the same judgements, kept nowhere."""

from dataclasses import dataclass, replace
from datetime import datetime

from services.alerts.observing import observe
from services.alerts.rule import Rule
from services.alerts.running import Run, moments_between
from services.runtime.faults import InvalidArgument
from services.warehouse.alerts.alerts import Alert
from services.warehouse.database import Session
from services.warehouse.queries.interval import Interval

MOST_JUDGEMENTS = 2016
MOST_ALERTS = 1_000


@dataclass(frozen=True)
class Preview:
    """The alerts that there would have been, in the order in which they began."""

    alerts: list[Alert]
    judgements: int
    is_truncated: bool


async def preview(session: Session, rule: Rule, asked: Interval) -> Preview:
    """Raises InvalidArgument, also if a window that would be judged is not kept any more."""
    until = min(asked.end, session.as_of)
    _check_length(rule, asked.start, until)
    moments = list(moments_between(rule, asked.start, until))
    judged = {Interval(moment - rule.window, moment) for moment in moments}
    run = Run(rule)
    run.judge(rule, await observe(session, rule, moments, judged), moments)
    found = sorted([*run.closed, *run.open.values()], key=lambda one: one.pending_at)
    alerts = [replace(one, notifications=0) for one in found[:MOST_ALERTS]]
    return Preview(alerts, len(moments), len(found) > MOST_ALERTS)


def _check_length(rule: Rule, start: datetime, until: datetime) -> None:
    if (until - start) // rule.interval > MOST_JUDGEMENTS:
        raise InvalidArgument(
            "PREVIEW_TOO_LONG",
            f"the rule would be judged more than {MOST_JUDGEMENTS} times; shorten the interval",
            metadata={"limit": str(MOST_JUDGEMENTS)},
        )
