"""What producers send: items whose every version is known, so that what is stored can be judged."""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from shadower.common.v1.execution_pb2 import EXECUTION_STATUS_RUNNING, EXECUTION_STATUS_SUCCEEDED
from shadower.ingest.v1.event_pb2 import EVENT_TYPE_USER_LOGIN, Event
from shadower.ingest.v1.execution_pb2 import Execution
from shadower.ingest.v1.metric_point_pb2 import MetricPoint

Content = Mapping[str, Any]
KINDS = {Execution: "execution", MetricPoint: "metric_point", Event: "event"}
RUNNING, FINISHED, RATED = range(3)


@dataclass(frozen=True)
class Item:
    """A message, and what is to be found in the table after it. No content: it is to be refused."""

    message: Any
    id: str
    version: int = 0
    content: Content | None = None

    @property
    def kind(self) -> str:
        return KINDS[type(self.message)]


@dataclass(frozen=True)
class Run:
    """An execution on its way from version to version."""

    id: str
    started_at: datetime
    # A producer may find out only at the end when a run began.
    really_started_at: datetime
    tokens: int

    def version(self, number: int) -> Item:
        content = self._content(number)
        return Item(_execution(self.id, content), self.id, number, content)

    def _content(self, number: int) -> Content:
        started_at = self.started_at if number == RUNNING else self.really_started_at
        ended = number > RUNNING
        return {
            "started_at": _microseconds(started_at),
            "ended_at": _microseconds(started_at + timedelta(seconds=3)) if ended else None,
            "status": "succeeded" if ended else "running",
            "agent_id": f"agent-{self.tokens % 7}",
            "input_tokens": self.tokens if ended else None,
            "cost_usd": self.tokens / 8 if ended else None,
            "user_rating": 5 if number == RATED else None,
        }


@dataclass
class ItemMaker:
    """Makes items that nobody else makes, the same for the same seed and moment."""

    name: str
    dice: Random
    now: datetime
    months: int = 12
    """So far back some of it lies. Each month is one more to be rolled up and counted."""
    _made: int = 0
    _unfinished: deque[tuple[Run, int]] = field(default_factory=deque)
    _recent: deque[Item] = field(default_factory=lambda: deque(maxlen=50))

    def items(self, count: int, kinds: Sequence[str]) -> list[Item]:
        """At least one of them is valid: a call with none fails as a whole."""
        others = [self._item(self.dice.choice(kinds)) for _ in range(count - 1)]
        return [self._new(self.dice.choice(kinds)), *others]

    def _item(self, kind: str) -> Item:
        fate = self.dice.random()
        if fate < 0.03:
            return self._invalid(kind)
        if fate < 0.06 and (again := self._again(kind)):
            return again
        return self._new(kind)

    def _new(self, kind: str) -> Item:
        makers = {"execution": self._execution, "metric_point": self._point, "event": self._event}
        item = makers[kind]()
        self._recent.append(item)
        return item

    def _again(self, kind: str) -> Item | None:
        alike = [item for item in self._recent if item.kind == kind]
        return self.dice.choice(alike) if alike else None

    def _invalid(self, kind: str) -> Item:
        message = {"execution": Execution, "metric_point": MetricPoint, "event": Event}[kind]()
        return Item(message, "")

    def _execution(self) -> Item:
        if self._unfinished and self.dice.random() < 0.5:
            run, version = self._unfinished.popleft()
        else:
            run, version = self._new_run(), self.dice.choice((RUNNING, RUNNING, FINISHED))
        if version < RATED and self.dice.random() < (0.9 if version == RUNNING else 0.3):
            self._unfinished.append((run, version + 1))
        return run.version(version)

    def _new_run(self) -> Run:
        started_at = self._time()
        moved = timedelta(days=40) if self.dice.random() < 0.1 else timedelta()
        return Run(self._new_id(), started_at, started_at - moved, self.dice.randrange(8000))

    def _point(self) -> Item:
        at, point_id, value = self._time(), self._new_id(), self.dice.randrange(10_000) / 4
        message = MetricPoint(
            point_id=point_id, metric_type="faults.value", value=value, timestamp=_timestamp(at)
        )
        content = {"occurred_at": _microseconds(at), "metric_type": "faults.value", "value": value}
        return Item(message, point_id, content=content)

    def _event(self) -> Item:
        at, event_id = self._time(), self._new_id()
        message = Event(
            event_id=event_id, type=EVENT_TYPE_USER_LOGIN, user_id="u", timestamp=_timestamp(at)
        )
        message.data.update({"number": self._made})
        data = {"number": self._made}
        content = {"occurred_at": _microseconds(at), "type": "user.login", "data": data}
        return Item(message, event_id, content=content)

    def _new_id(self) -> str:
        self._made += 1
        return f"{self.name}-{self._made}"

    def _time(self) -> datetime:
        """Mostly now, at times in a month that nobody may have written to yet."""
        months = self.dice.randrange(self.months) if self.dice.random() < 0.1 else 0
        return self.now - timedelta(days=30 * months, microseconds=self.dice.randrange(10**9))


def by_kind(items: Sequence[Item]) -> Iterator[tuple[str, list[Item]]]:
    for kind in KINDS.values():
        yield kind, [item for item in items if item.kind == kind]


def _execution(execution_id: str, content: Content) -> Message:
    message = Execution(
        execution_id=execution_id,
        agent_id=content["agent_id"],
        status=EXECUTION_STATUS_RUNNING,
        start_time=_from_microseconds(content["started_at"]),
    )
    if content["ended_at"] is not None:
        message.status = EXECUTION_STATUS_SUCCEEDED
        message.end_time.CopyFrom(_from_microseconds(content["ended_at"]))
        message.input_tokens = content["input_tokens"]
        message.cost_usd = f"{content['cost_usd']:.3f}"
    if content["user_rating"] is not None:
        message.user_rating = content["user_rating"]
    return message


def _microseconds(time: datetime) -> int:
    return _timestamp(time).ToMicroseconds()


def _timestamp(time: datetime) -> Timestamp:
    timestamp = Timestamp()
    timestamp.FromDatetime(time)
    return timestamp


def _from_microseconds(microseconds: int) -> Timestamp:
    timestamp = Timestamp()
    timestamp.FromMicroseconds(microseconds)
    return timestamp
