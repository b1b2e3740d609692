"""What producers send about runs, queues and users."""

from collections.abc import Mapping
from datetime import datetime
from random import Random

from google.protobuf.struct_pb2 import Struct
from google.protobuf.timestamp_pb2 import Timestamp
from shadower.common.v1.execution_pb2 import ErrorType, ExecutionStatus
from shadower.ingest.v1.event_pb2 import Event, EventType
from shadower.ingest.v1.execution_pb2 import Execution
from shadower.ingest.v1.metric_point_pb2 import MetricPoint

from cli.simulate.runs import Run
from cli.simulate.world import busyness

Record = Execution | MetricPoint | Event
EventData = Mapping[str, str | float]
QUEUES = ("interactive", "background")


def as_running(run: Run) -> Execution:
    return Execution(
        execution_id=run.execution_id,
        agent_id=run.agent.agent_id,
        agent_name=run.agent.name,
        agent_version=run.agent.version,
        user_id=run.user_id,
        model=run.agent.model,
        provider=run.agent.provider,
        status=ExecutionStatus.EXECUTION_STATUS_RUNNING,
        start_time=timestamp(run.start),
    )


def as_finished(run: Run) -> Execution:
    """Without what comes late."""
    record = as_running(run)
    record.status = run.status
    record.end_time.CopyFrom(timestamp(run.end))
    record.error_type = run.error_type
    record.error_message = run.error_message
    record.tool_calls = run.tool_calls
    if run.usage is not None:
        record.input_tokens = run.usage.input_tokens
        record.cached_input_tokens = run.usage.cached_input_tokens
        record.output_tokens = run.usage.output_tokens
    return record


def as_complete(run: Run) -> Execution:
    record = as_finished(run)
    if run.usage is not None:
        record.cost_usd = run.usage.cost_usd
        record.credits = run.usage.credits
    if run.user_rating is not None:
        record.user_rating = run.user_rating
    return record


def as_cancelled(run: Run, at: datetime) -> Execution:
    record = as_running(run)
    record.status = ExecutionStatus.EXECUTION_STATUS_CANCELLED
    record.end_time.CopyFrom(timestamp(max(at, run.start)))
    return record


def has_late_news(run: Run) -> bool:
    return run.usage is not None or run.user_rating is not None


def queue_depths(random: Random, at: datetime) -> list[MetricPoint]:
    return [
        MetricPoint(
            metric_type="queue.depth",
            value=round(random.lognormvariate(0, 0.4) * (1 + 6 * busyness(at)) * number),
            timestamp=timestamp(at),
            tags={"queue": queue},
        )
        for number, queue in enumerate(QUEUES, start=1)
    ]


def login(run: Run) -> Event:
    return _event(EventType.EVENT_TYPE_USER_LOGIN, run, run.start, {})


def credit_events(run: Run) -> list[Event]:
    if run.usage is None:
        return []
    data = {"credits": float(run.usage.credits)}
    return [_event(EventType.EVENT_TYPE_CREDIT_CONSUMED, run, run.late_at, data)]


def failure(run: Run) -> Event:
    data: Mapping[str, str | float] = {
        "agent_id": run.agent.agent_id,
        "error": ErrorType.Name(run.error_type),
    }
    return _event(EventType.EVENT_TYPE_AGENT_FAILED, run, run.end, data)


def timestamp(at: datetime) -> Timestamp:
    moment = Timestamp()
    moment.FromDatetime(at)
    return moment


def _event(
    kind: EventType.ValueType, run: Run, at: datetime, data: Mapping[str, str | float]
) -> Event:
    content = Struct()
    for name, value in data.items():
        content[name] = value
    return Event(
        event_id=f"{EventType.Name(kind).lower()}-{run.execution_id}",
        type=kind,
        timestamp=timestamp(at),
        user_id=run.user_id,
        correlation_id=run.execution_id,
        data=content,
    )
