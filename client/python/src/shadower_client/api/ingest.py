"""Of shadower.ingest.v1.

Made from the contract by tools/client, and not to be edited.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

from shadower.ingest.v1 import ingest_service_pb2, pricing_service_pb2

from shadower_client.api import (
    common,
)
from shadower_client.calling import Caller
from shadower_client.calling_async import AsyncCaller
from shadower_client.errors import ShadowerError
from shadower_client.frames import Table
from shadower_client.interval import Interval
from shadower_client.message import Message, OpenEnum, named
from shadower_client.method import Method
from shadower_client.native import Chunk


@named("shadower.ingest.v1.EventType")
class EventType(OpenEnum):
    """What kind of thing happened."""

    UNSPECIFIED = 0
    """Not set; refused."""
    AGENT_EXECUTED = 1
    """An agent ran."""
    AGENT_FAILED = 2
    """An agent failed."""
    AGENT_CREATED = 3
    """An agent was created."""
    AGENT_UPDATED = 4
    """An agent was updated."""
    AGENT_DELETED = 5
    """An agent was deleted."""
    USER_LOGIN = 6
    """A user logged in."""
    USER_LOGOUT = 7
    """A user logged out."""
    USER_CREATED = 8
    """A user was created."""
    USER_UPDATED = 9
    """A user was updated."""
    USER_DELETED = 10
    """A user was deleted."""
    CREDIT_CONSUMED = 11
    """Credits were consumed."""
    CREDIT_PURCHASED = 12
    """Credits were purchased."""
    CREDIT_REFUNDED = 13
    """Credits were refunded."""
    CREDIT_THRESHOLD_REACHED = 14
    """Credits reached a threshold."""
    REPORT_GENERATED = 15
    """A report was generated."""
    REPORT_SCHEDULED = 16
    """A report was scheduled."""
    REPORT_FAILED = 17
    """A report failed."""
    ALERT_TRIGGERED = 18
    """An alert was triggered."""
    ALERT_RESOLVED = 19
    """An alert was resolved."""
    ALERT_ACKNOWLEDGED = 20
    """An alert was acknowledged."""
    WORKSPACE_CREATED = 21
    """A workspace was created."""
    WORKSPACE_UPDATED = 22
    """A workspace was updated."""
    WORKSPACE_DELETED = 23
    """A workspace was deleted."""
    INTEGRATION_CONNECTED = 24
    """An integration was connected."""
    INTEGRATION_DISCONNECTED = 25
    """An integration was disconnected."""
    INTEGRATION_ERROR = 26
    """An integration reported an error."""
    SYSTEM_ERROR = 27
    """The platform reported an error."""
    SYSTEM_WARNING = 28
    """The platform reported a warning."""
    SYSTEM_INFO = 29
    """The platform reported something."""


@named("shadower.ingest.v1.FactKind")
class FactKind(OpenEnum):
    """A kind of fact that ingestion takes in."""

    UNSPECIFIED = 0
    """Not set; never sent."""
    EXECUTION = 1
    """Executions."""
    METRIC_POINT = 2
    """Metric points."""
    EVENT = 3
    """Events."""
    SPAN = 4
    """Spans of traces."""
    UNREADABLE = 5
    """Entries of the log that could not be read, one each, since nobody knows what they held.
    All of them are rejected, and each is a dead letter. Only where there is a log.
    """


@named("shadower.ingest.v1.RecordOutcome")
class RecordOutcome(OpenEnum):
    """What became of an item."""

    UNSPECIFIED = 0
    """Not set; never sent."""
    STORED = 1
    """It was new and is stored."""
    UPDATED = 2
    """It changed what was stored: a run went on or finished, or something came late."""
    DUPLICATE = 3
    """It was there already; nothing changed."""
    REJECTED = 4
    """It was refused and is not stored; error says why."""
    ACCEPTED = 5
    """It is durable in the log and will be counted exactly once. Whether it is new, an update
    or a duplicate is decided when it is written, moments later. Only where a log is
    configured.
    """


@named("shadower.ingest.v1.SpanKind")
class SpanKind(OpenEnum):
    """What a span is of."""

    UNSPECIFIED = 0
    """Not set; refused."""
    AGENT = 1
    """One run of an agent."""
    WORKFLOW = 2
    """One run of a workflow of agents."""
    MODEL_CALL = 3
    """One call of a model: chat, completion, embeddings."""
    TOOL_CALL = 4
    """One call of a tool."""
    STEP = 5
    """A step of an agent that is none of these: planning, retrieval, memory."""
    OTHER = 6
    """Anything else. Of a span that has nothing to do with agents only ids and times are kept,
    so that the way from a model call to its agent has no gap.
    """


@named("shadower.ingest.v1.SpanOutcome")
class SpanOutcome(OpenEnum):
    """How a span ended."""

    UNSPECIFIED = 0
    """Nobody said; counts as no error."""
    OK = 1
    """Well."""
    ERROR = 2
    """With an error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event(Message):
    """Something that happened on the platform."""

    PROTO: ClassVar[str] = "shadower.ingest.v1.Event"
    event_id: str = ""
    """The producer's id of the event, at most 128 characters. Two events of one timestamp and
    one id are the same event, so a retry repeats both. If empty, events of one timestamp
    and equal content are the same event.
    """
    type: EventType
    """What kind of thing happened. Required."""
    timestamp: datetime
    """When it happened, kept to the microsecond: after 2000, and at most an hour in the
    future. Required.
    """
    user_id: str = ""
    """Who did it, at most 128 characters; empty if nobody."""
    correlation_id: str = ""
    """What ties it to other events and to calls, at most 128 characters; empty if nothing
    does.
    """
    data: Mapping[str, Any] | None = None
    """The event's own content: a JSON object of at most 64 members."""
    metadata: Mapping[str, str] = field(default_factory=dict)
    """Anything else worth keeping: at most 64 entries, keys of 1 to 64 and values of at most
    1,024 characters.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution(Message):
    """One run of one agent. A run may be sent while it is running and again when it is
    finished; the later record replaces the earlier one. Once finished, only what may come
    late (user_rating, cost_usd, credits) can still be set or changed; leaving it out
    changes nothing. What its fields demand of each other, and times of the clock, are
    checked beside the rules that stand here, and answered like them.
    """

    PROTO: ClassVar[str] = "shadower.ingest.v1.Execution"
    execution_id: str
    """The producer's id of the run, unique in the workspace: 1 to 128 printable characters."""
    agent_id: str
    """The agent that ran: 1 to 128 printable characters without slashes, since it stands in
    paths.
    """
    agent_name: str = ""
    """The agent's name for people, at most 256 characters. The latest one counts."""
    agent_version: str = ""
    """The agent's version, at most 64 characters; empty if not known."""
    user_id: str = ""
    """Who the run was for, at most 128 characters; empty if not known."""
    model: str = ""
    """The model that answered, such as "claude-4-sonnet", at most 128 characters; empty if not
    known.
    """
    provider: str = ""
    """The model's provider, such as "anthropic" (gen_ai.provider.name), at most 64 characters;
    empty if not known.
    """
    status: common.ExecutionStatus
    """Where the run stands. Required."""
    error_type: common.ErrorType = common.ErrorType.UNSPECIFIED
    """Why it failed or timed out."""
    error_message: str = ""
    """What the error said, at most 4,096 characters."""
    start_time: datetime
    """When the run began, kept to the microsecond: after 2000, and at most an hour in the
    future. Required.
    """
    end_time: datetime | None = None
    """When it ended, kept to the microsecond: not before start_time, and at most an hour in
    the future. A finished run without it has an unknown duration.
    """
    input_tokens: int | None = None
    """Tokens that went in, cached ones included (gen_ai.usage.input_tokens): 0 to 10^12;
    absent if nobody reported them.
    """
    output_tokens: int | None = None
    """Tokens that came out (gen_ai.usage.output_tokens): 0 to 10^12; absent if nobody reported
    them.
    """
    cached_input_tokens: int | None = None
    """The part of input_tokens read from a cache (gen_ai.usage.cache_read.input_tokens);
    absent if nobody reported it.
    """
    cost_usd: Decimal | None = None
    """What the run cost in US dollars, an exact decimal such as "0.00425": not negative, at
    most 12 digits before and 12 after the point; absent if not known. May come late.
    """
    credits: Decimal | None = None
    """Credits that the run consumed, in the form of cost_usd; absent if not known. May come
    late.
    """
    user_rating: int | None = None
    """What the user thought of it, 1 (bad) to 5 (good); absent if not rated. May come late."""
    tool_calls: int | None = None
    """Number of tool calls, 0 to 10^6; absent if not known."""
    parent_execution_id: str = ""
    """The execution that started this one, at most 128 characters; empty if none."""
    conversation_id: str = ""
    """The conversation that the run belongs to (gen_ai.conversation.id), at most 128
    characters; empty if none.
    """
    metadata: Mapping[str, str] = field(default_factory=dict)
    """Anything else worth keeping: at most 64 entries, keys of 1 to 64 and values of at most
    1,024 characters.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry(Message):
    """The account of one kind of fact in one hour: received = stored + updated + duplicate +
    rejected. It is written in the transaction that stores the facts, so it can neither lag
    nor lead. It counts items of calls that were authenticated, authorised and well formed,
    and entries of the log that could not be read.
    """

    PROTO: ClassVar[str] = "shadower.ingest.v1.LedgerEntry"
    start_time: datetime
    """The hour in which the items were written, by its beginning, in UTC."""
    kind: FactKind = FactKind.UNSPECIFIED
    """The kind of fact."""
    received: int = 0
    """Items that came, retries included."""
    stored: int = 0
    """Items that were new."""
    updated: int = 0
    """Items that changed what was stored: a run went on or finished, or something came late."""
    duplicate: int = 0
    """Items that were there already."""
    rejected: int = 0
    """Items that broke a rule of the contract, contradicted what is stored, were from before
    what is kept, or could not be read or written.
    """
    recounted: int | None = None
    """Facts first stored in this hour, counted anew from the facts; absent unless a recount
    was asked for. It equals stored - removed.
    """
    removed: int = 0
    """Facts first stored in this hour that have been removed since, by retention or by an
    erasure.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricPoint(Message):
    """One measurement of a metric that the producer chose. A series is a metric_type with its
    tags.
    """

    PROTO: ClassVar[str] = "shadower.ingest.v1.MetricPoint"
    point_id: str = ""
    """The producer's id of the point, at most 128 characters. Two points of one timestamp and
    one id are the same point, so a retry repeats both. If empty, a series has one point at
    a timestamp.
    """
    metric_type: str
    """Name of the metric, such as "queue.depth": a letter or underscore, then letters, digits
    and _ . : / -, at most 128. The names of built-in metrics are reserved.
    """
    value: float = 0.0
    """The measured value in the producer's unit: finite, and from −10^100 to 10^100, so that
    sums and deviations are finite too.
    """
    timestamp: datetime
    """When it was measured, kept to the microsecond: after 2000, and at most an hour in the
    future. Required.
    """
    tags: Mapping[str, str] = field(default_factory=dict)
    """What the series is told apart by: at most 32 tags, keys of a letter or underscore, then
    letters, digits and _ . -, at most 64; values of at most 256 characters.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordResult(Message):
    """What became of one item of a batch."""

    PROTO: ClassVar[str] = "shadower.ingest.v1.RecordResult"
    index: int = 0
    """Position of the item in the batch, from 0."""
    id: str = ""
    """The item's id: as sent, or made from its content where none was sent."""
    outcome: RecordOutcome = RecordOutcome.UNSPECIFIED
    """What became of it."""
    error: ShadowerError | None = None
    """Why it was refused; set for RECORD_OUTCOME_REJECTED only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordCounts(Message):
    """What became of a batch: received = stored + updated + duplicate + rejected + accepted."""

    PROTO: ClassVar[str] = "shadower.ingest.v1.RecordCounts"
    received: int = 0
    """Items that came."""
    stored: int = 0
    """Items that were new."""
    updated: int = 0
    """Items that changed what was stored."""
    duplicate: int = 0
    """Items that were there already."""
    rejected: int = 0
    """Items that were refused."""
    accepted: int = 0
    """Items that are durable in the log and not yet written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconcileResponse(Message, Table):
    """A workspace's account."""

    PROTO: ClassVar[str] = "shadower.ingest.v1.ReconcileResponse"
    ITEMS: ClassVar[str] = "entries"
    entries: tuple[LedgerEntry, ...] = ()
    """Entries of hours and kinds in which anything came, by hour, then kind."""
    balanced: bool | None = None
    """Whether every recounted number equals what the ledger calls stored; absent without a
    recount.
    """
    as_of: datetime
    """Everything committed by this moment is counted."""
    entries_behind: int | None = None
    """Entries of the log, from 0, that were acknowledged before the call and are not in this
    account yet: of the partition that the workspace shares with others, so an upper bound
    for the workspace. 0 says that everything acknowledged is counted. Absent without a log,
    or if the log did not answer within seconds.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordExecutionsResponse(Message, Table):
    """What became of a batch of executions."""

    PROTO: ClassVar[str] = "shadower.ingest.v1.RecordExecutionsResponse"
    ITEMS: ClassVar[str] = "results"
    results: tuple[RecordResult, ...] = ()
    """A result for each item, in the order of the request."""
    counts: RecordCounts
    """The results counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordMetricPointsResponse(Message, Table):
    """What became of a batch of metric points."""

    PROTO: ClassVar[str] = "shadower.ingest.v1.RecordMetricPointsResponse"
    ITEMS: ClassVar[str] = "results"
    results: tuple[RecordResult, ...] = ()
    """A result for each item, in the order of the request."""
    counts: RecordCounts
    """The results counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordEventsResponse(Message, Table):
    """What became of a batch of events."""

    PROTO: ClassVar[str] = "shadower.ingest.v1.RecordEventsResponse"
    ITEMS: ClassVar[str] = "results"
    results: tuple[RecordResult, ...] = ()
    """A result for each item, in the order of the request."""
    counts: RecordCounts
    """The results counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamRecordsResponse(Message):
    """The acknowledgement of one batch: what it calls stored is durable."""

    PROTO: ClassVar[str] = "shadower.ingest.v1.StreamRecordsResponse"
    sequence: int = 0
    """The number that the producer gave the batch."""
    executions: tuple[RecordResult, ...] = ()
    """What became of each execution, in the order of the batch."""
    metric_points: tuple[RecordResult, ...] = ()
    """What became of each metric point, in the order of the batch."""
    events: tuple[RecordResult, ...] = ()
    """What became of each event, in the order of the batch."""
    counts: RecordCounts
    """The results of all kinds counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span(Message):
    """A span of a trace as we keep it, whatever dialect of conventions it came in. Two spans
    of one trace and one id are the same span, of which the first counts.
    """

    PROTO: ClassVar[str] = "shadower.ingest.v1.Span"
    trace_id: str = ""
    """The trace, as 32 hexadecimal digits in small letters, not all zero."""
    span_id: str = ""
    """The span, unique in its trace, as 16 hexadecimal digits in small letters, not all zero."""
    parent_span_id: str = ""
    """The span that this one is a part of, in the form of span_id; empty for the first."""
    kind: SpanKind
    """What it is of. Required."""
    name: str = ""
    """Its name, at most 256 characters; empty if not kept."""
    start_time: datetime
    """When it began, kept to the microsecond: after 2000, and at most an hour in the future.
    Required.
    """
    end_time: datetime
    """When it ended, kept to the microsecond: not before start_time, and at most an hour in
    the future. Required.
    """
    outcome: SpanOutcome = SpanOutcome.UNSPECIFIED
    """How it ended."""
    error_type: str = ""
    """The kind of error in the emitter's words (error.type), at most 128 characters; empty if
    there was none.
    """
    error_message: str = ""
    """What the error said, at most 4,096 characters."""
    service_name: str = ""
    """The program that emitted it (service.name), at most 128 characters; empty if not known."""
    agent_id: str = ""
    """The agent's id, at most 128 characters without slashes; empty if not known."""
    agent_name: str = ""
    """The agent's name, or the workflow's, at most 256 characters; empty if not known."""
    agent_version: str = ""
    """The agent's version, at most 64 characters; empty if not known."""
    user_id: str = ""
    """Who it was for, at most 128 characters; empty if not known."""
    conversation_id: str = ""
    """The conversation that it belongs to, at most 128 characters; empty if none."""
    provider: str = ""
    """The model's provider, such as "anthropic", at most 64 characters; empty if not known."""
    request_model: str = ""
    """The model that was asked, at most 128 characters; empty if not known."""
    response_model: str = ""
    """The model that answered, at most 128 characters; empty if not known."""
    response_id: str = ""
    """The provider's id of the answer, at most 128 characters; empty if not known."""
    finish_reasons: tuple[str, ...] = ()
    """Why the model stopped, one for each choice: at most 16, of at most 64 characters."""
    input_tokens: int | None = None
    """Tokens that went in, those read from and written to a cache included: 0 to 10^12; absent
    if nobody reported them.
    """
    output_tokens: int | None = None
    """Tokens that came out, reasoning included: 0 to 10^12; absent if nobody reported them."""
    cache_read_tokens: int | None = None
    """The part of input_tokens that was read from a cache; absent if nobody reported it."""
    cache_write_tokens: int | None = None
    """The part of input_tokens that was written to a cache; absent if nobody reported it."""
    reasoning_tokens: int | None = None
    """The part of output_tokens that was reasoning; absent if nobody reported it."""
    tool_name: str = ""
    """The tool's name, at most 128 characters; empty if not known."""
    tool_type: str = ""
    """The tool's type, such as "function", at most 64 characters; empty if not known."""
    tool_call_id: str = ""
    """The model's id of the tool call, at most 128 characters; empty if not known."""
    cost_usd: Decimal | None = None
    """What its tokens cost in US dollars by the price table, an exact decimal; absent if the
    table does not say.
    """
    price_version: str = ""
    """The version of the price table that cost_usd is by, at most 64 characters; empty without
    cost_usd.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRecord(Message):
    """One entry of the log between ingestion and the writer: what one call brought into one
    workspace. The log's key is the workspace_id, so a workspace's entries keep their order.
    A reader ignores fields that it does not know, so an optional field can be added while
    readers of both kinds run. A change that an old reader must not ignore raises
    schema_version; a reader puts what is newer than itself to the dead letters.
    """

    PROTO: ClassVar[str] = "shadower.ingest.v1.LogRecord"
    schema_version: int = 0
    """The version of the schema that a reader must know: 1."""
    workspace_id: str = ""
    """The workspace that the items belong to; the same as the key."""
    receive_time: datetime | None = None
    """When the call was received. The hour of the ledger is that of the writer's commit."""
    executions: tuple[Execution, ...] = ()
    """Valid executions, in the order of the call."""
    metric_points: tuple[MetricPoint, ...] = ()
    """Valid metric points, in the order of the call."""
    events: tuple[Event, ...] = ()
    """Valid events, in the order of the call."""
    rejected: RejectedItems
    """Items of the call that were refused before the log, which the ledger counts."""
    spans: tuple[Span, ...] = ()
    """Valid spans, in the order of the call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectedItems(Message):
    """Items that broke a rule of the contract, counted by kind. None is negative."""

    PROTO: ClassVar[str] = "shadower.ingest.v1.RejectedItems"
    executions: int = 0
    """Executions."""
    metric_points: int = 0
    """Metric points."""
    events: int = 0
    """Events."""
    spans: int = 0
    """Spans."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportTracesResponse(Message):
    """What became of the spans."""

    PROTO: ClassVar[str] = "shadower.ingest.v1.ExportTracesResponse"
    body: Chunk
    """An ExportTraceServiceResponse of OTLP, in the encoding of the request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportMetricsResponse(Message):
    """What became of the points."""

    PROTO: ClassVar[str] = "shadower.ingest.v1.ExportMetricsResponse"
    body: Chunk
    """An ExportMetricsServiceResponse of OTLP, in the encoding of the request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelPrice(Message):
    """What a million tokens of some models cost in US dollars, as exact decimals."""

    PROTO: ClassVar[str] = "shadower.ingest.v1.ModelPrice"
    provider: str = ""
    """The provider, such as "anthropic"."""
    models: tuple[str, ...] = ()
    """The models' names. One that ends in "*" stands for every name that begins so; the
    longest that fits counts, and a name as it is before all of those.
    """
    input_usd: Decimal = Decimal("0")
    """Tokens that go in and have to do with no cache."""
    output_usd: Decimal | None = None
    """Tokens that come out; absent if calls of the model have none."""
    cache_read_usd: Decimal | None = None
    """Tokens read from a cache; absent if not known, which makes a call that has them unknown."""
    cache_write_usd: Decimal | None = None
    """Tokens written to a cache; absent if not known, which makes a call that has them
    unknown.
    """
    max_input_tokens: int | None = None
    """The most tokens that may go into a call at these prices; beyond that its cost is not
    known. Absent if there is no such bound.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class GetPriceTableResponse(Message, Table):
    """The table."""

    PROTO: ClassVar[str] = "shadower.ingest.v1.GetPriceTableResponse"
    ITEMS: ClassVar[str] = "prices"
    version: str = ""
    """Its version, as the table itself states it."""
    prices: tuple[ModelPrice, ...] = ()
    """Its prices, in the table's order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RepriceModelCallsResponse(Message):
    """What became of the calls in the interval: priced + unchanged + unknown are all of them
    that tell their tokens.
    """

    PROTO: ClassVar[str] = "shadower.ingest.v1.RepriceModelCallsResponse"
    price_version: str = ""
    """The version of the table."""
    priced: int = 0
    """Calls whose cost or version of it is another now."""
    unchanged: int = 0
    """Calls that have the cost and the version that they had."""
    unknown: int = 0
    """Calls whose cost the table does not say."""
    executions_updated: int = 0
    """Executions whose cost is another now."""


RECORD_EXECUTIONS = Method(
    "/shadower.ingest.v1.IngestService/RecordExecutions",
    ingest_service_pb2.RecordExecutionsRequest,
    ingest_service_pb2.RecordExecutionsResponse,
    RecordExecutionsResponse,
    is_idempotent=True,
)

RECORD_METRIC_POINTS = Method(
    "/shadower.ingest.v1.IngestService/RecordMetricPoints",
    ingest_service_pb2.RecordMetricPointsRequest,
    ingest_service_pb2.RecordMetricPointsResponse,
    RecordMetricPointsResponse,
    is_idempotent=True,
)

RECORD_EVENTS = Method(
    "/shadower.ingest.v1.IngestService/RecordEvents",
    ingest_service_pb2.RecordEventsRequest,
    ingest_service_pb2.RecordEventsResponse,
    RecordEventsResponse,
    is_idempotent=True,
)

RECONCILE = Method(
    "/shadower.ingest.v1.IngestService/Reconcile",
    ingest_service_pb2.ReconcileRequest,
    ingest_service_pb2.ReconcileResponse,
    ReconcileResponse,
    is_idempotent=True,
)


class IngestApi:
    """Takes facts in. An answer means that what it calls stored or accepted is durable and
    will be counted exactly once, however often it is sent again. The valid items of a batch
    are stored together, in one transaction. An item that breaks a rule or contradicts what
    is stored is refused with a result of its own and does not harm the others; if every
    item breaks a rule, the call fails: with the error of the item if it is the only one,
    else with VALIDATION_FAILED, which names their fields. Items of one batch take effect in
    their order.
    """

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def record_executions(
        self,
        executions: Sequence[Execution],
        *,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> RecordExecutionsResponse:
        """Records executions.

        :param executions: 1 to 1,000 executions. Each is judged on its own.
        """
        return self._caller.unary(RECORD_EXECUTIONS, {"executions": executions}, workspace, timeout)

    def record_metric_points(
        self,
        metric_points: Sequence[MetricPoint],
        *,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> RecordMetricPointsResponse:
        """Records metric points.

        :param metric_points: 1 to 1,000 points. Each is judged on its own.
        """
        return self._caller.unary(
            RECORD_METRIC_POINTS, {"metric_points": metric_points}, workspace, timeout
        )

    def record_events(
        self, events: Sequence[Event], *, workspace: str | None = None, timeout: float | None = None
    ) -> RecordEventsResponse:
        """Records events.

        :param events: 1 to 1,000 events. Each is judged on its own.
        """
        return self._caller.unary(RECORD_EVENTS, {"events": events}, workspace, timeout)

    def reconcile(
        self,
        *,
        interval: Interval | None = None,
        recount: bool = False,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> ReconcileResponse:
        """Returns the account of what came in, hour by hour, and on demand counts the facts anew
        beside it.

        :param interval: Hours that begin in this interval, at most 31 days. Default: the last
            24 hours, this hour included.
        :param recount: Whether to count the facts anew, which reads all that were first stored
            in the interval.
        """
        return self._caller.unary(
            RECONCILE, {"interval": interval, "recount": recount}, workspace, timeout
        )


class AsyncIngestApi:
    """Takes facts in. An answer means that what it calls stored or accepted is durable and
    will be counted exactly once, however often it is sent again. The valid items of a batch
    are stored together, in one transaction. An item that breaks a rule or contradicts what
    is stored is refused with a result of its own and does not harm the others; if every
    item breaks a rule, the call fails: with the error of the item if it is the only one,
    else with VALIDATION_FAILED, which names their fields. Items of one batch take effect in
    their order.
    """

    def __init__(self, caller: AsyncCaller) -> None:
        self._caller = caller

    async def record_executions(
        self,
        executions: Sequence[Execution],
        *,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> RecordExecutionsResponse:
        """Records executions.

        :param executions: 1 to 1,000 executions. Each is judged on its own.
        """
        return await self._caller.unary(
            RECORD_EXECUTIONS, {"executions": executions}, workspace, timeout
        )

    async def record_metric_points(
        self,
        metric_points: Sequence[MetricPoint],
        *,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> RecordMetricPointsResponse:
        """Records metric points.

        :param metric_points: 1 to 1,000 points. Each is judged on its own.
        """
        return await self._caller.unary(
            RECORD_METRIC_POINTS, {"metric_points": metric_points}, workspace, timeout
        )

    async def record_events(
        self, events: Sequence[Event], *, workspace: str | None = None, timeout: float | None = None
    ) -> RecordEventsResponse:
        """Records events.

        :param events: 1 to 1,000 events. Each is judged on its own.
        """
        return await self._caller.unary(RECORD_EVENTS, {"events": events}, workspace, timeout)

    async def reconcile(
        self,
        *,
        interval: Interval | None = None,
        recount: bool = False,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> ReconcileResponse:
        """Returns the account of what came in, hour by hour, and on demand counts the facts anew
        beside it.

        :param interval: Hours that begin in this interval, at most 31 days. Default: the last
            24 hours, this hour included.
        :param recount: Whether to count the facts anew, which reads all that were first stored
            in the interval.
        """
        return await self._caller.unary(
            RECONCILE, {"interval": interval, "recount": recount}, workspace, timeout
        )


GET_PRICE_TABLE = Method(
    "/shadower.ingest.v1.PricingService/GetPriceTable",
    pricing_service_pb2.GetPriceTableRequest,
    pricing_service_pb2.GetPriceTableResponse,
    GetPriceTableResponse,
    is_idempotent=True,
)

REPRICE_MODEL_CALLS = Method(
    "/shadower.ingest.v1.PricingService/RepriceModelCalls",
    pricing_service_pb2.RepriceModelCallsRequest,
    pricing_service_pb2.RepriceModelCallsResponse,
    RepriceModelCallsResponse,
    is_idempotent=True,
)


class PricingApi:
    """What calls of models cost. The table belongs to the deployment; its prices are applied
    when a call is recorded, and its version is kept with the cost.
    """

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def get_price_table(
        self, *, workspace: str | None = None, timeout: float | None = None
    ) -> GetPriceTableResponse:
        """Returns the table that calls are priced by now."""
        return self._caller.unary(GET_PRICE_TABLE, {}, workspace, timeout)

    def reprice_model_calls(
        self, interval: Interval, *, workspace: str | None = None, timeout: float | None = None
    ) -> RepriceModelCallsResponse:
        """Prices recorded calls again by the table as it is now, and brings the cost of their
        executions up to date. Repeating it changes nothing. Calls that the table does not know
        come to have no cost. Works through the interval in transactions of at most 500 traces;
        if it ends early, what is priced stays priced.

        :param interval: Calls that began in this interval. Required.
        """
        return self._caller.unary(REPRICE_MODEL_CALLS, {"interval": interval}, workspace, timeout)


class AsyncPricingApi:
    """What calls of models cost. The table belongs to the deployment; its prices are applied
    when a call is recorded, and its version is kept with the cost.
    """

    def __init__(self, caller: AsyncCaller) -> None:
        self._caller = caller

    async def get_price_table(
        self, *, workspace: str | None = None, timeout: float | None = None
    ) -> GetPriceTableResponse:
        """Returns the table that calls are priced by now."""
        return await self._caller.unary(GET_PRICE_TABLE, {}, workspace, timeout)

    async def reprice_model_calls(
        self, interval: Interval, *, workspace: str | None = None, timeout: float | None = None
    ) -> RepriceModelCallsResponse:
        """Prices recorded calls again by the table as it is now, and brings the cost of their
        executions up to date. Repeating it changes nothing. Calls that the table does not know
        come to have no cost. Works through the interval in transactions of at most 500 traces;
        if it ends early, what is priced stays priced.

        :param interval: Calls that began in this interval. Required.
        """
        return await self._caller.unary(
            REPRICE_MODEL_CALLS, {"interval": interval}, workspace, timeout
        )
