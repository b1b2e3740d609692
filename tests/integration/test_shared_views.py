"""Streams of one question share their looks at the database, and nothing else: neither tenants, nor
how they are let in, let go, or kept waiting."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from shadower.common.v1.dimension_pb2 import DIMENSION_AGENT
from shadower.metrics.v1.metrics_service_pb2 import StreamMetricsRequest, StreamMetricsResponse

from services.metrics import live
from services.metrics.stream import MetricsStream
from services.metrics.view import Sources
from services.metrics.views import Views
from services.runtime.bus.event import BusEvent
from services.runtime.draining import Draining
from services.runtime.ending import Ending
from services.runtime.faults import ResourceExhausted
from services.warehouse.database import Database
from services.warehouse.facts.announcements import Announcements
from tests.support.access import Administrator
from tests.support.errors import refused
from tests.support.keys import KeyRing
from tests.support.live import BUILT_IN, HOURLY, NOW, WHOLE, Reader
from tests.support.runs import Client, run
from tests.support.stack import Stack, Stubs

SECONDS = 10
MANY = 20


class CountedDatabase:
    """Counts how often a workspace is read."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.looks = 0

    @asynccontextmanager
    async def reading(self, workspace_id: str) -> AsyncIterator[Any]:
        self.looks += 1
        async with self._database.reading(workspace_id) as session:
            yield session


class Follower:
    """Reads a stream of this process when the test wants it to."""

    def __init__(self, views: Views, request: StreamMetricsRequest) -> None:
        stream = MetricsStream(views, request.workspace_id, request, Ending())
        self._messages = stream.messages()
        self.encoded = b""

    async def read(self) -> StreamMetricsResponse:
        self.encoded = await asyncio.wait_for(anext(self._messages), SECONDS)
        return StreamMetricsResponse.FromString(self.encoded)

    async def close(self) -> None:
        await self._messages.aclose()


class Room:
    """Views of this process, and the changes that it hears of."""

    def __init__(self, database: Database, **limits: int) -> None:
        self.database: Any = CountedDatabase(database)
        self.announcements = Announcements()
        sources = Sources(self.database, self.announcements, Draining())
        bounds = {"most_of_workspace": 100, "most_points": 10_000} | limits
        self.views = Views(sources, **bounds)
        self.followers: list[Follower] = []

    def follow(self, client: Client, **question: Any) -> Follower:
        asked = question or BUILT_IN | {"interval": WHOLE}
        request = StreamMetricsRequest(workspace_id=client.workspace, **asked)
        self.followers.append(Follower(self.views, request))
        return self.followers[-1]

    async def change(self, client: Client, *names: str, **content: Any) -> None:
        await client.record([run(name, NOW, **content) for name in names])
        told = BusEvent(uuid.uuid4(), "workspace.updated", client.workspace, datetime.now(UTC), {})
        await self.announcements.hear(told)


@pytest.fixture
async def room(shared_database: Database) -> AsyncIterator[Room]:
    room = Room(shared_database)
    yield room
    for follower in room.followers:
        await follower.close()


async def test_many_streams_look_once_at_each_change(room: Room, client: Client) -> None:
    followers = [room.follow(client) for _ in range(MANY)]
    await asyncio.gather(*(one.read() for one in followers))
    # One that all can share who came before it began, and one for who came later.
    assert room.database.looks <= 2
    for number in range(3):
        looks = room.database.looks
        await room.change(client, f"r-{number}")
        told = await asyncio.gather(*(one.read() for one in followers))
        assert room.database.looks == looks + 1
        assert {executions(one) for one in told} == {number + 1}
        # Not only equal: they are the same bytes.
        assert len({id(one.encoded) for one in followers}) == 1


def executions(message: StreamMetricsResponse) -> int:
    payload = message.snapshot if message.HasField("snapshot") else message.delta
    [series] = [one for one in payload.time_series if one.metric == "executions"]
    return series.points[-1].value.integer


async def test_who_asks_in_other_words_shares_and_who_asks_else_does_not(
    room: Room, client: Client
) -> None:
    asked = {"metrics": ["executions"], "interval": WHOLE}
    same = [room.follow(client, **asked), room.follow(client, **asked, time_zone="UTC")]
    other = room.follow(client, **asked, time_zone="Asia/Tokyo")
    for one in (*same, other):
        await one.read()
    looks = room.database.looks
    await room.change(client, "r")
    for one in (*same, other):
        await one.read()
    assert room.database.looks == looks + 2
    assert same[0].encoded is same[1].encoded


async def test_tenants_with_the_same_question_share_nothing(
    room: Room, stubs: Stubs, keys: KeyRing
) -> None:
    question = {"metrics": ["executions"], "interval": WHOLE, "group_by": [DIMENSION_AGENT]}
    tenants = [Client.of_new_workspace(stubs, keys) for _ in range(2)]
    followers = [room.follow(tenant, **question) for tenant in tenants]
    for one in followers:
        assert not (await one.read()).snapshot.time_series
    waiting = asyncio.create_task(followers[1].read())
    await room.change(tenants[0], "r", agent_id="of-the-first")
    told = await followers[0].read()
    assert [one.labels["agent_id"] for one in told.delta.time_series] == ["of-the-first"]
    assert not (await asyncio.wait([waiting], timeout=0.5))[0]
    await room.change(tenants[1], "r", agent_id="of-the-second")
    told = await waiting
    assert [one.labels["agent_id"] for one in told.delta.time_series] == ["of-the-second"]


async def test_a_slow_reader_is_told_so_and_others_do_not_wait(room: Room, client: Client) -> None:
    slow, quick = room.follow(client), room.follow(client)
    await asyncio.gather(slow.read(), quick.read())
    for number in range(4):
        await room.change(client, f"r-{number}")
        told = await quick.read()
        assert (executions(told), told.delta.skipped_updates) == (number + 1, 0)
    late = await slow.read()
    assert (executions(late), late.delta.skipped_updates) == (4, 3)
    # It leads to where the others are, and can be gone on from.
    assert late.cursor == told.cursor
    await room.change(client, "r-5")
    assert (await slow.read()).delta.skipped_updates == 0


async def test_who_is_far_behind_gets_all_in_place_of_what_he_knew(
    room: Room, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As bounded as what is remembered: a reader who is later than that gets every point."""
    slow, quick = (room.follow(client, **BUILT_IN, **HOURLY) for _ in range(2))
    reader = Reader(client, BUILT_IN | HOURLY)
    reader.take(await slow.read())
    await quick.read()
    monkeypatch.setattr(live, "MAX_STEP_POINTS", 1)
    for number in range(4):
        await room.change(client, f"r-{number}")
        await quick.read()
    late = await slow.read()
    assert late.delta.HasField("replaced")
    assert late.delta.skipped_updates == 3
    reader.take(late)
    await reader.check()


async def test_a_cursor_of_a_shared_view_brings_what_was_missed(room: Room, client: Client) -> None:
    await room.change(client, "r-0")
    away, there = room.follow(client), room.follow(client)
    cursor = (await away.read()).cursor
    await there.read()
    await away.close()
    await room.change(client, "r-1", "r-2")
    assert executions(await there.read()) == 3
    back = room.follow(client, **BUILT_IN, interval=WHOLE, cursor=cursor)
    told = await back.read()
    assert (told.WhichOneof("payload"), executions(told)) == ("delta", 3)
    assert told.delta.HasField("replaced")


async def test_a_workspace_has_so_many_streams(shared_database: Database, client: Client) -> None:
    room = Room(shared_database, most_of_workspace=2)
    first, second, third = (room.follow(client) for _ in range(3))
    await asyncio.gather(first.read(), second.read())
    assert (await third.read()).status.code == 8
    with pytest.raises(ResourceExhausted) as refusal:
        await third.read()
    assert (refusal.value.reason, refusal.value.metadata) == ("SERVER_BUSY", {"limit": "2"})
    await first.close()
    again = room.follow(client)
    assert (await again.read()).HasField("snapshot")
    await asyncio.gather(second.close(), again.close())


async def test_views_have_so_many_points(shared_database: Database, client: Client) -> None:
    room = Room(shared_database, most_points=1)
    await room.change(client, "r")
    first = room.follow(client)
    await first.read()
    # Who shares takes no more; who asks something else would.
    assert (await room.follow(client).read()).HasField("snapshot")
    other = room.follow(client, metrics=["cost"], interval=WHOLE)
    assert (await other.read()).status.code == 8
    for one in room.followers:
        await one.close()
    again = room.follow(client, metrics=["cost"], interval=WHOLE)
    assert (await again.read()).HasField("snapshot")
    await again.close()


async def test_a_revoked_callers_stream_ends_while_others_go_on(
    stack: Stack, keys: KeyRing, client: Client
) -> None:
    administrator = Administrator(stack.stubs, keys, client.workspace)
    token_id = uuid.uuid4().hex
    revoked, other = (Reader(client, BUILT_IN | {"interval": WHOLE}) for _ in range(2))
    revoked.connect(keys.metadata(client.workspace, jti=token_id))
    other.connect()
    for one in (revoked, other):
        await one.read()
    await administrator.do("RevokeToken", token_id=token_id, reason="lost")
    while not (last := await revoked.read()).HasField("status"):
        assert last.HasField("heartbeat")
    assert (await refused(revoked.read())).reason == "TOKEN_REVOKED"
    await client.record([run("r", NOW)])
    while not (told := await other.read()).HasField("delta"):
        assert told.HasField("heartbeat")
    assert executions(told) == 1
    other.call.cancel()
