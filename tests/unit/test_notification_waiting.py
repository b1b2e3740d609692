"""A database that is away, or slow, is waited for, in whichever way it says so."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from services.notifications import dispatching, recording
from services.notifications.dispatching import Dispatcher
from services.notifications.lane_run import Means, run_lane
from services.notifications.recording import Recorder
from services.notifications.subscribing import ToDeliveries
from services.runtime import patience
from services.runtime.bus.event import BusEvent
from services.runtime.failpoints import Failpoints
from services.runtime.faults import DeadlineExceeded, Unavailable
from services.warehouse.database import Database
from services.warehouse.notifications.deliveries import Attempt, Done, DueDelivery, Following
from services.warehouse.notifications.lanes import Lane, Lanes
from tests.support.notifications import alert

LANE = Lane("w", "ops", uuid.uuid4())
NOW = datetime.now(UTC)
WAYS = [
    Unavailable("DATABASE_UNAVAILABLE", "away"),
    DeadlineExceeded("DEADLINE_EXCEEDED", "slow"),
    TimeoutError(),
]
DONE = Done(
    DueDelivery(uuid.uuid4(), uuid.uuid4(), "alert.triggered", NOW, {}, "s", None, (), 0),
    Attempt(NOW, timedelta(0)),
    Following("delivered"),
)
in_each_way = pytest.mark.parametrize("way", WAYS, ids=lambda way: type(way).__name__)


class Slow:
    """A database, and its lanes, that fail in that way so often, and then have nothing."""

    def __init__(self, way: Exception, times: int) -> None:
        self.way, self.left, self.asked, self.written = way, times, 0, asyncio.Event()
        self.connection = self
        self.workspace_id = "w"

    @asynccontextmanager
    async def writing(self, _: str) -> AsyncIterator["Slow"]:
        self.fail()
        yield self
        self.written.set()

    def fail(self) -> None:
        self.asked += 1
        if self.left:
            self.left -= 1
            raise self.way

    async def fetch(self, *_: object) -> list[Any]:
        return []

    async def execute(self, *_: object) -> None: ...

    async def executemany(self, *_: object) -> None: ...

    async def claim(self, *_: object) -> list[Lane]:
        self.fail()
        self.written.set()
        return []

    async def seconds_to_next(self, *_: object) -> None: ...


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "PAUSE_SECONDS", 0.001)
    for name in ("FIRST_SECONDS", "MOST_SECONDS"):
        monkeypatch.setattr(patience, name, 0.001)


@in_each_way
async def test_what_was_sent_is_written_down_as_soon_as_that_is_possible(way: Exception) -> None:
    slow = Slow(way, 3)
    await Recorder(cast(Database, slow), LANE).record(DONE, time.monotonic() + 30)
    assert (slow.asked, slow.written.is_set()) == (4, True)


@in_each_way
async def test_nobody_waits_for_it_longer_than_a_lease(way: Exception) -> None:
    with pytest.raises(type(way)):
        await Recorder(cast(Database, Slow(way, 99)), LANE).record(DONE, time.monotonic())


@in_each_way
async def test_an_event_is_not_passed_over(way: Exception) -> None:
    slow = Slow(way, 7)
    event = BusEvent(uuid.uuid4(), "alert.triggered", "w", NOW, alert())
    await ToDeliveries(cast(Database, slow), Failpoints("")).handle(event)
    assert (slow.asked, slow.written.is_set()) == (8, True)


@in_each_way
async def test_a_target_is_left_to_its_lease(way: Exception) -> None:
    slow = Slow(way, 1)
    nothing = cast(Any, None)
    seconds = timedelta(seconds=1)
    means = Means(
        cast(Database, slow), nothing, nothing, nothing, nothing, nothing, lease=seconds, at_once=1
    )
    await run_lane(means, LANE, lambda: False)
    assert slow.asked == 1


@in_each_way
async def test_the_process_goes_on_looking(way: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    class Line:
        awake = asyncio.Event()

        async def sleep(self, _: float) -> None:
            await asyncio.sleep(3600)

    @asynccontextmanager
    async def open_line(*_: object) -> AsyncIterator[Line]:
        yield Line()

    monkeypatch.setattr(dispatching, "open_line", open_line)
    slow, nothing = Slow(way, 2), cast(Any, None)
    async with Dispatcher(nothing, cast(Lanes, slow), nothing, 4).dispatching(1):
        await asyncio.wait_for(slow.written.wait(), 5)
    assert slow.asked == 3
