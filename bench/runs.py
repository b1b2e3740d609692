"""Generated runs, the same for the same seed, and a way to load them through the public API."""

import math
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import grpc
from google.protobuf.timestamp_pb2 import Timestamp
from shadower.common.v1 import execution_pb2 as common
from shadower.ingest.v1.execution_pb2 import Execution
from shadower.ingest.v1.ingest_service_pb2 import RecordExecutionsRequest
from shadower.ingest.v1.ingest_service_pb2_grpc import IngestServiceStub

BATCH = 1000
DAYS = 30
STATUSES = (
    (common.EXECUTION_STATUS_SUCCEEDED, 0.86),
    (common.EXECUTION_STATUS_FAILED, 0.09),
    (common.EXECUTION_STATUS_TIMED_OUT, 0.04),
    (common.EXECUTION_STATUS_CANCELLED, 0.01),
)


def generated_runs(count: int, end: datetime, seed: int = 1) -> Iterator[Execution]:
    """Runs of 50 agents for 2,000 users over the 30 days before `end`."""
    dice = random.Random(seed)
    for number in range(count):
        started = end - timedelta(seconds=dice.uniform(1, DAYS * 86_400))
        ended = started + timedelta(seconds=min(dice.lognormvariate(math.log(8), 1), 3600))
        status = dice.choices([s for s, _ in STATUSES], [w for _, w in STATUSES])[0]
        yield Execution(
            execution_id=f"run-{number}",
            agent_id=f"agent-{dice.randrange(50)}",
            agent_name="An agent",
            user_id=f"user-{dice.randrange(2000)}",
            model=dice.choice(("model-a", "model-b", "model-c")),
            status=status,
            start_time=_timestamp(started),
            end_time=_timestamp(min(ended, datetime.now(UTC))),
            input_tokens=dice.randrange(8000),
            output_tokens=dice.randrange(1500),
            cost_usd=f"{dice.randrange(100_000) / 1_000_000:.6f}",
        )


async def load(address: str, token: str, workspace: str, runs: Iterator[Execution]) -> None:
    async with grpc.aio.insecure_channel(address) as channel:
        stub = IngestServiceStub(channel)
        while batch := [run for run, _ in zip(runs, range(BATCH), strict=False)]:
            await stub.RecordExecutions(
                RecordExecutionsRequest(workspace_id=workspace, executions=batch),
                metadata=(("authorization", f"Bearer {token}"),),
            )


def _timestamp(time: datetime) -> Timestamp:
    timestamp = Timestamp()
    timestamp.FromDatetime(time)
    return timestamp
