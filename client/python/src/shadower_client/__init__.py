"""The client of Shadower Analytics: ask, and record in the background."""

from shadower_client.api.agents import AgentOrder
from shadower_client.api.aggregates import Aggregation, Field, Function, GapFill
from shadower_client.api.common import (
    Dimension,
    ErrorType,
    ExecutionStatus,
    Filter,
    Granularity,
    TimeInterval,
)
from shadower_client.api.ingest import Event, EventType, Execution, MetricPoint, RecordOutcome
from shadower_client.api.metrics import PointStatistic
from shadower_client.client import AsyncClient, Client
from shadower_client.connection import Tls
from shadower_client.errors import (
    AlreadyExists,
    DeadlineExceeded,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    ResourceExhausted,
    ServerError,
    ShadowerError,
    Unauthenticated,
    Unavailable,
    Violation,
)
from shadower_client.interval import Interval
from shadower_client.native import Number
from shadower_client.producing.buffer import BufferFull, SpoolInUse
from shadower_client.producing.producer import Producer
from shadower_client.producing.producer_async import AsyncProducer
from shadower_client.producing.settings import ProducerCounts, ProducerSettings
from shadower_client.retrying import RetryPolicy
from shadower_client.tracking.run import Run, current_run
from shadower_client.tracking.tracker import Tracker
from shadower_client.version import VERSION

__version__ = VERSION

__all__ = [
    "AgentOrder",
    "Aggregation",
    "AlreadyExists",
    "AsyncClient",
    "AsyncProducer",
    "BufferFull",
    "Client",
    "DeadlineExceeded",
    "Dimension",
    "ErrorType",
    "Event",
    "EventType",
    "Execution",
    "ExecutionStatus",
    "Field",
    "Filter",
    "Function",
    "GapFill",
    "Granularity",
    "Interval",
    "InvalidArgument",
    "MetricPoint",
    "NotFound",
    "Number",
    "PermissionDenied",
    "PointStatistic",
    "Producer",
    "ProducerCounts",
    "ProducerSettings",
    "RecordOutcome",
    "ResourceExhausted",
    "RetryPolicy",
    "Run",
    "ServerError",
    "ShadowerError",
    "SpoolInUse",
    "TimeInterval",
    "Tls",
    "Tracker",
    "Unauthenticated",
    "Unavailable",
    "Violation",
    "current_run",
]
