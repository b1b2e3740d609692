"""All groups of a rule through successive judgements: of what is, or would have been. Pure."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from services.alerts.conditions import Verdict, judge
from services.alerts.observations import Observations
from services.alerts.rule import Rule, Telling
from services.alerts.stepping import Moment, began, step
from services.runtime.times import EPOCH
from services.warehouse.alerts.alerts import Alert, Transition
from services.warehouse.alerts.silences import Silence


def moments_between(rule: Rule, after: datetime, until: datetime) -> Iterator[datetime]:
    """The multiples of the rule's interval since 1970, behind one time and up to another."""
    number = (after - EPOCH) // rule.interval + 1
    while (moment := EPOCH + number * rule.interval) <= until:
        yield moment
        number += 1


def next_moment(rule: Rule, after: datetime) -> datetime:
    return next(moments_between(rule, after, after + rule.interval))


@dataclass
class Run:
    """The alerts of a rule while it is judged, and what happened to them."""

    rule: Telling
    open: dict[str, Alert] = field(default_factory=dict)
    """By the keys of their groups."""
    ended: dict[str, datetime] = field(default_factory=dict)
    """When the last alert of a group was over."""
    silences: Sequence[Silence] = ()
    new_id: Callable[[], UUID] = uuid4
    happened: list[tuple[Alert, Transition]] = field(default_factory=list)
    """With the alert as it was then."""
    closed: list[Alert] = field(default_factory=list)
    gone: set[UUID] = field(default_factory=set)
    """Pending ones that came to nothing."""

    def judge(self, rule: Rule, seen: Observations, moments: Sequence[datetime]) -> None:
        for time in moments:
            verdicts = judge(rule, seen, time, self.open.keys())
            for key, verdict in verdicts.items():
                labels = seen.labels.get(key, {})
                self.step(key, labels, verdict, time, is_latest=time == moments[-1])

    def step(
        self,
        key: str,
        labels: Mapping[str, str],
        verdict: Verdict,
        time: datetime,
        *,
        is_latest: bool = True,
    ) -> None:
        """Of a group that was judged; its alert, if one is open, knows its labels itself."""
        before = self.open.pop(key, None)
        labels = dict(before.group_labels if before else labels)
        moment = Moment(time, is_latest, self.ended.get(key), self._is_silenced(labels))
        taken = step(
            self.rule,
            before,
            verdict,
            moment,
            lambda: began(self.rule, self.new_id(), key, dict(labels), time),
        )
        if taken.alert is None:
            self.gone |= {before.alert_id} if before else set()
            return
        self.happened += [(taken.alert, one) for one in taken.transitions]
        self._keep(key, taken.alert)

    def _keep(self, key: str, alert: Alert) -> None:
        if alert.state == "resolved":
            self.closed.append(alert)
            self.ended[key] = alert.judged_at
        else:
            self.open[key] = alert

    def _is_silenced(self, labels: Mapping[str, str]) -> bool:
        return any(silence.covers(labels) for silence in self.silences)

    @property
    def lasting(self) -> list[tuple[Alert, Transition]]:
        """What happened to alerts that have come to something, or may still."""
        return [(alert, one) for alert, one in self.happened if alert.alert_id not in self.gone]

    def count(self, change: str) -> int:
        return sum(one.change == change for _, one in self.lasting)


OLDEST = timedelta(hours=24)
"""Nobody is told of what was so long ago."""
LATE = timedelta(hours=1)
"""So long ago may be what late facts change. What came even later is seen by who looks."""


def late_start(
    judged_until: datetime, judged_from: datetime, left: datetime | None, since: datetime | None
) -> datetime:
    """From where on moments are judged once more, because facts of then have come: since it was
    judged last, or before that, and there was too much to do at once."""
    start = judged_until if left is None else max(left, judged_until - OLDEST)
    if since is not None:
        start = min(start, max(since, judged_until - LATE))
    return max(judged_from, start)
