"""Who fails right after it has connected, again and again, waits as one who cannot connect."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest
from structlog.testing import capture_logs

from services.notifications import dispatching
from services.notifications.dispatching import Dispatcher
from services.runtime import patience
from services.runtime.background import in_background
from services.warehouse.bus.groups import OutboxGroup
from services.warehouse.bus.subscribers import OutboxBroadcast
from services.warehouse.notifications.lanes import Lanes

TRIES = 10


class Broken:
    """A connection that is there, and a database in which nothing can be read."""

    def __init__(self) -> None:
        self.tries = 0
        self.is_enough = asyncio.Event()

    async def connect(self) -> Any:
        return self

    def add_termination_listener(self, _: object) -> None: ...

    def terminate(self) -> None: ...

    async def add_listener(self, *_: object) -> None: ...

    async def execute(self, *_: object) -> None: ...

    async def fetchrow(self, *_: object) -> dict[str, int]:
        return {"txid": 1, "id": 1}

    async def fetch(self, *_: object) -> Any:
        self.tries += 1
        if self.tries == TRIES:
            self.is_enough.set()
        raise TimeoutError

    claim = fetch


@pytest.fixture
def logs(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    for name in ("FIRST_SECONDS", "MOST_SECONDS"):
        monkeypatch.setattr(patience, name, 0.001)
    with capture_logs() as lines:
        yield lines


def told(logs: list[Any]) -> list[int]:
    return [line["tries"] for line in logs if line["log_level"] == "warning"]


async def until_enough(broken: Broken) -> None:
    async with asyncio.timeout(10):
        await broken.is_enough.wait()


def of_group(broken: Broken) -> Any:
    return OutboxGroup(broken.connect, "g").run(cast(Any, None))


def of_broadcast(broken: Broken) -> Any:
    return OutboxBroadcast(broken.connect).run(cast(Any, None), lambda: None)


@pytest.mark.parametrize("reader", [of_group, of_broadcast])
async def test_a_reader_is_not_rewarded_for_connecting(
    reader: Callable[[Broken], Any], logs: list[Any]
) -> None:
    broken = Broken()
    async with in_background(reader(broken)):
        await until_enough(broken)
    assert told(logs) == [1]


async def test_a_dispatcher_is_not_rewarded_for_connecting(
    monkeypatch: pytest.MonkeyPatch, logs: list[Any]
) -> None:
    class Line:
        awake = asyncio.Event()

    @asynccontextmanager
    async def open_line(*_: object) -> AsyncIterator[Line]:
        yield Line()

    monkeypatch.setattr(dispatching, "open_line", open_line)
    broken, nothing = Broken(), cast(Any, None)
    async with Dispatcher(nothing, cast(Lanes, broken), nothing, 4).dispatching(1):
        await until_enough(broken)
    assert told(logs) == [1]
