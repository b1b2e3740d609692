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
from services.warehouse.alerts.rules import KeptRule
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


@dataclass(frozen=True)
class Course:
    """From where on a rule is judged once more, and what it is judged to know afterwards."""

    start: datetime
    revision: int


def course(
    kept: KeptRule, behind: datetime, since: datetime | None, revision: int, *, has_room: bool
) -> Course:
    """Facts of earlier times have come since it was judged last. Once it is judged anew because of
    that, that goes on until new moments are, too, whatever comes meanwhile: that is for the next
    time. So it is not begun either before there is room for all new ones."""
    if kept.late_from is not None:
        return Course(max(kept.judged_from, kept.late_from, behind - OLDEST), kept.judged_revision)
    if not has_room:
        return Course(behind, kept.judged_revision)
    start = behind if since is None else min(behind, max(since, behind - LATE))
    return Course(max(kept.judged_from, start), revision)
