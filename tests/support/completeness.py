"""Services whose facts come by a log, and how complete they say that their answers are."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from aiokafka import AIOKafkaProducer
from shadower.aggregates.v1.aggregation_pb2 import Aggregation, Field, Function

from services.runtime.kafka import ensure_topic
from tests.support.kafka import SHORT_SESSION, kafka_settings
from tests.support.log import SECONDS, Log
from tests.support.oracle import by_sql
from tests.support.runs import Client, time_of
from tests.support.stack import Environment, Stubs, running_stack

AGENT = "agent-a"
COUNT = [Aggregation(function=Function.FUNCTION_COUNT, field=Field.FIELD_EXECUTION)]


@dataclass(frozen=True)
class System:
    """All services, over a log of several partitions that nobody writes yet."""

    log: Log
    stubs: Stubs
    brokers: str

    def noted(self) -> list[datetime]:
        """By when each partition is written, as the database has it."""
        query = "select complete_until from log_positions where topic = %s order by partition"
        return [one for (one,) in by_sql(self.log.environment.database_url, query, self.log.topic)]


@asynccontextmanager
async def running_system(
    environment: Environment, brokers: str, partitions: int
) -> AsyncIterator[System]:
    names = [f"{kind}-{uuid.uuid4().hex}" for kind in ("log", "bus")]
    extra = (
        ("KAFKA_BROKERS", brokers),
        ("SHADOWER_LOG_TOPIC", names[0]),
        ("SHADOWER_BUS_TOPIC", names[1]),
        SHORT_SESSION,
        # A remembered answer is as complete as when it was calculated.
        ("SHADOWER_CACHE_BYTES", "0"),
    )
    told = replace(environment, extra=extra)
    await ensure_topic(kafka_settings(brokers, topic_partitions=partitions), names[0])
    async with AsyncExitStack() as stack:
        running = await stack.enter_async_context(running_stack(told))
        producer = AIOKafkaProducer(bootstrap_servers=brokers)
        await stack.enter_async_context(producer)
        log = Log(names[0], told, running.stubs.ingest, producer)
        yield System(log, running.stubs, brokers)


@dataclass(frozen=True)
class Said:
    """What an answer says of itself, and how many runs it counts."""

    as_of: datetime
    complete_until: datetime | None
    runs: int


def _said(answer: Any, runs: int) -> Said:
    is_known = answer.HasField("complete_until")
    until = time_of(answer.complete_until) if is_known else None
    return Said(time_of(answer.as_of), until, runs)


async def _metrics(client: Client, **asked: Any) -> Said:
    answer = await client.metrics(metrics=["executions"], **asked)
    points = [point for series in answer.time_series for point in series.points]
    return _said(answer, sum(point.value.integer for point in points))


async def _aggregates(client: Client, **asked: Any) -> Said:
    answer = await client.aggregates(aggregations=COUNT, **asked)
    return _said(answer, sum(row.values[0].value.integer for row in answer.rows))


async def _summary(client: Client, **asked: Any) -> Said:
    answer = await client.summary(**asked)
    return _said(answer, answer.executions.total)


async def _agents(client: Client, **asked: Any) -> Said:
    answer = await client.agents(**asked)
    return _said(answer, sum(agent.executions.total for agent in answer.agents))


async def _performance(client: Client, **asked: Any) -> Said:
    answer = await client.performance(AGENT, **asked)
    return _said(answer, answer.executions.total)


QUESTIONS: dict[str, Callable[..., Awaitable[Said]]] = {
    "GetMetrics": _metrics,
    "CalculateAggregates": _aggregates,
    "GetWorkspaceSummary": _summary,
    "ListAgents": _agents,
    "GetAgentPerformance": _performance,
}


async def every_answer(client: Client, **asked: Any) -> dict[str, Said]:
    return {name: await ask(client, **asked) for name, ask in QUESTIONS.items()}


def is_complete(said: Said, moment: datetime) -> bool:
    return said.complete_until is not None and said.complete_until >= moment


async def complete_answer(client: Client, moment: datetime, **asked: Any) -> Said:
    """The first one that says to be complete until then."""
    async with asyncio.timeout(SECONDS):
        said = await _metrics(client, **asked)
        while not is_complete(said, moment):
            await asyncio.sleep(0.05)
            said = await _metrics(client, **asked)
    return said


def now() -> datetime:
    return datetime.now(UTC)
