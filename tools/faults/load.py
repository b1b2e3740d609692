"""Producers: each sends batch after batch, and again until it is answered."""

import asyncio
import itertools
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import grpc
from google.rpc.error_details_pb2 import RetryInfo
from grpc_status.rpc_status import from_call
from shadower.ingest.v1 import ingest_service_pb2 as pb
from shadower.ingest.v1.ingest_service_pb2_grpc import IngestServiceStub
from shadower.ingest.v1.record_result_pb2 import RecordOutcome, RecordResult

from tools.faults.diary import Diary
from tools.faults.items import KINDS, Item, ItemMaker, by_kind

CALL_SECONDS = 10
RETRY_SECONDS = 0.3
# Shares of batches: those over a stream, and those whose producer does not ask again.
STREAMED, IMPATIENT = 0.3, 0.1
FIELDS = {"execution": "executions", "metric_point": "metric_points", "event": "events"}
PASSING = (
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    grpc.StatusCode.ABORTED,
)
# What the library says, as INTERNAL and instead of UNAVAILABLE, when a server is gone just as a
# stream is written to: https://github.com/grpc/grpc/issues/36066
BROKEN_OFF = "Internal error from Core"
OPTIONS = (
    ("grpc.use_local_subchannel_pool", 1),
    ("grpc.initial_reconnect_backoff_ms", 200),
    ("grpc.min_reconnect_backoff_ms", 200),
    ("grpc.max_reconnect_backoff_ms", 1000),
)

Token = Callable[[], str]


@dataclass(frozen=True)
class Zeal:
    """How soon a producer sends its next batch, how large one is at most, and how far back the
    months are that some of it is of."""

    pause_seconds: float = 0.05
    most_items: int = 40
    months: int = 12


@dataclass(frozen=True)
class Batch:
    """Items of one workspace that are sent in one call."""

    workspace: str
    items: Sequence[Item]
    streamed: bool
    impatient: bool


@dataclass
class Producer:
    """Keeps the order of its batches, as the contract asks for."""

    stubs: Iterator[Any]
    token: Token
    diary: Diary
    maker: ItemMaker
    workspace: str
    zeal: Zeal
    stopped: asyncio.Event

    async def run(self) -> None:
        while not self.stopped.is_set():
            await self._deliver(self._next_batch())
            await asyncio.sleep(self.zeal.pause_seconds)

    def _next_batch(self) -> Batch:
        dice = self.maker.dice
        streamed, impatient = dice.random() < STREAMED, dice.random() < IMPATIENT
        kinds = list(KINDS.values()) if streamed else [dice.choice(list(KINDS.values()))]
        items = self.maker.items(dice.randint(1, self.zeal.most_items), kinds)
        return Batch(self.workspace, items, streamed, impatient)

    async def _deliver(self, batch: Batch) -> None:
        self.diary.send(batch.workspace, batch.items)
        while not await self._try(batch):
            if batch.impatient:
                self.diary.given_up += 1
                return
            self.diary.retries += 1

    async def _try(self, batch: Batch) -> bool:
        """Whether that was the last try; if not, it has waited as long as it was told to."""
        self.diary.count_try(batch.workspace, batch.items)
        try:
            results = await self._call(batch)
        except grpc.aio.AioRpcError as error:
            return await self._put_off(error)
        self.diary.surprises += _misjudged(batch, results)
        await self.diary.acknowledge(batch.workspace, batch.items)
        return True

    async def _call(self, batch: Batch) -> list[RecordResult]:
        stub = next(self.stubs)
        how: dict[str, Any] = {
            "metadata": (("authorization", f"Bearer {self.token()}"),),
            "timeout": CALL_SECONDS,
        }
        if not batch.streamed:
            return await _unary(stub, batch, how)
        return await _streamed(stub, batch, how)

    async def _put_off(self, error: grpc.aio.AioRpcError) -> bool:
        if error.code() not in PASSING and error.details() != BROKEN_OFF:
            self.diary.surprises.append(f"{error.code().name}: {error.details()}")
            return True
        await asyncio.sleep(_told_to_wait(error) * self.maker.dice.uniform(1, 1.5))
        return False


@dataclass
class Load:
    """Several producers over all ingest processes, until `stopped` is set."""

    addresses: Sequence[str]
    token: Token
    diary: Diary
    seed: int
    workspaces: Sequence[str]
    zeal: Zeal
    producers: int = 5
    stopped: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        async with AsyncExitStack() as stack, asyncio.TaskGroup() as group:
            for number in range(self.producers):
                stubs = [IngestServiceStub(await _channel(stack, a)) for a in self.addresses]
                group.create_task(self._producer(number, itertools.cycle(stubs)).run())

    def _producer(self, number: int, stubs: Iterator[Any]) -> Producer:
        dice = Random(f"{self.seed}/{number}")  # noqa: S311 - to be repeated, not to be secret
        now = datetime.now(UTC) - timedelta(hours=1)
        maker = ItemMaker(f"p{number}", dice, now, self.zeal.months)
        workspace = self.workspaces[number % len(self.workspaces)]
        return Producer(stubs, self.token, self.diary, maker, workspace, self.zeal, self.stopped)


async def _channel(stack: AsyncExitStack, address: str) -> grpc.aio.Channel:
    return await stack.enter_async_context(grpc.aio.insecure_channel(address, OPTIONS))


async def _unary(stub: Any, batch: Batch, how: dict[str, Any]) -> list[RecordResult]:
    [(kind, items)] = [(kind, items) for kind, items in by_kind(batch.items) if items]
    rpc = f"Record{FIELDS[kind].title().replace('_', '')}"
    messages = {FIELDS[kind]: [item.message for item in items]}
    request = getattr(pb, f"{rpc}Request")(workspace_id=batch.workspace, **messages)
    return list((await getattr(stub, rpc)(request, **how)).results)


async def _streamed(stub: Any, batch: Batch, how: dict[str, Any]) -> list[RecordResult]:
    """Results of all kinds, in the order of kinds."""
    request = pb.StreamRecordsRequest(workspace_id=batch.workspace)
    for kind, items in by_kind(batch.items):
        getattr(request, FIELDS[kind]).extend(item.message for item in items)
    answers = [answer async for answer in stub.StreamRecords(iter([request]), **how)]
    return [r for answer in answers for f in FIELDS.values() for r in getattr(answer, f)]


def _misjudged(batch: Batch, results: Sequence[RecordResult]) -> list[str]:
    """An item that was refused and is valid, or the other way about."""
    items = [item for _, alike in by_kind(batch.items) for item in alike]
    if len(results) != len(items):
        return [f"{len(results)} results for {len(items)} items"]
    return [
        f"{item.kind} {item.id} version {item.version}: {result}"
        for item, result in zip(items, results, strict=True)
        if (result.outcome == RecordOutcome.RECORD_OUTCOME_REJECTED) != (item.content is None)
    ]


def _told_to_wait(error: Any) -> float:
    """The seconds that RetryInfo asks for."""
    status = from_call(error)
    for detail in status.details if status else ():
        info = RetryInfo()
        if detail.Unpack(info):
            return float(info.retry_delay.ToTimedelta() / timedelta(seconds=1))
    return RETRY_SECONDS
