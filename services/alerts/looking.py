"""Which moments of a rule are to be judged, and what is known of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from shadower.alerts.v1.alert_rule_pb2 import AlertRule

from services.alerts.conditions import windows_at
from services.alerts.observations import Observations
from services.alerts.observing import observe
from services.alerts.rule import Rule
from services.alerts.rules import read, rule_of
from services.alerts.running import OLDEST, Run, course, moments_between
from services.warehouse.alerts.rules import Judged, KeptRule
from services.warehouse.database import Session
from services.warehouse.facts.changes import earliest_touched
from services.warehouse.queries.interval import Interval


@dataclass(frozen=True)
class Work:
    """A rule, and what is known of the moments in which it is judged."""

    kept: KeptRule
    message: AlertRule
    rule: Rule
    moments: Sequence[datetime]
    seen: Observations
    judged: Judged
    is_quiet: bool
    """Whether there is nothing to keep or to tell, if no alert of it is open."""


class Looking:
    """At rules of one workspace, in one transaction. What several of them ask is asked once."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._seen: dict[tuple[bytes, frozenset[Interval]], Observations] = {}
        self._touched: dict[int, datetime | None] = {session.revision: None}

    async def look(self, kept: KeptRule, most: int) -> Work | None:
        """None if the facts are not complete enough to judge anything."""
        message = read(kept.definition)
        rule = rule_of(kept.rule_id, message)
        if self._session.complete_until is None:
            return None
        complete = self._session.complete_until - rule.data_delay
        behind = max(kept.judged_until, complete - OLDEST)
        new = list(moments_between(rule, behind, complete))
        if not new:
            return None
        since = await self._changed(kept.judged_revision)
        ahead = course(kept, behind, since, self._session.revision, has_room=len(new) <= most)
        moments = [*moments_between(rule, ahead.start, behind), *new[:most]][:most]
        seen = await self._observe(message, rule, moments)
        judged = self._judged(rule, behind, moments[-1], ahead.revision)
        return Work(kept, message, rule, moments, seen, judged, _is_quiet(rule, seen, moments))

    @property
    def values(self) -> int:
        """How many have been seen."""
        return sum(len(groups) for seen in self._seen.values() for groups in seen.values.values())

    async def _changed(self, revision: int) -> datetime | None:
        """The earliest time of which facts have come, or changed, since a revision."""
        if revision not in self._touched:
            self._touched[revision] = await earliest_touched(self._session, revision)
        return self._touched[revision]

    async def _observe(
        self, message: AlertRule, rule: Rule, moments: Sequence[datetime]
    ) -> Observations:
        windows = frozenset(one for moment in moments for one in windows_at(rule, moment))
        asked = (_question(message), windows)
        if asked not in self._seen:
            self._seen[asked] = await observe(self._session, rule, moments)
        return self._seen[asked]

    def _judged(self, rule: Rule, behind: datetime, last: datetime, revision: int) -> Judged:
        """If there was too much that came late, the rest of that comes first the next time."""
        if last <= behind:
            return Judged(behind, revision, last, self._session.as_of)
        return Judged(last, revision, None, last + rule.interval + rule.data_delay)


def _is_quiet(rule: Rule, seen: Observations, moments: Sequence[datetime]) -> bool:
    run = Run(rule)
    run.judge(rule, seen, moments)
    return not run.happened


def _question(message: AlertRule) -> bytes:
    """What of a rule is asked about each window."""
    asked = AlertRule(
        metric=message.metric,
        filter=message.filter,
        group_by=message.group_by,
        group_by_tags=message.group_by_tags,
    )
    if message.HasField("aggregation"):
        asked.aggregation.CopyFrom(message.aggregation)
    return asked.SerializeToString(deterministic=True)
