"""Of shadower.aggregates.v1.

Made from the contract by tools/client, and not to be edited.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ClassVar

from shadower.aggregates.v1 import aggregates_service_pb2

from shadower_client.api import (
    common,
)
from shadower_client.calling import Caller
from shadower_client.calling_async import AsyncCaller
from shadower_client.frames import AggregateTable, Table
from shadower_client.interval import Interval
from shadower_client.message import Message, OpenEnum, named
from shadower_client.method import Method
from shadower_client.native import Number


@named("shadower.aggregates.v1.Field")
class Field(OpenEnum):
    """A field of executions that can be aggregated. Numbers take every function; ids take
    FUNCTION_COUNT and FUNCTION_DISTINCT.
    """

    UNSPECIFIED = 0
    """Not set; refused unless metric_type is."""
    DURATION = 1
    """Duration in seconds: end_time − start_time."""
    INPUT_TOKENS = 2
    """Input tokens, cached ones included."""
    OUTPUT_TOKENS = 3
    """Output tokens."""
    CACHED_INPUT_TOKENS = 4
    """Cached input tokens."""
    TOTAL_TOKENS = 5
    """Input and output tokens, of runs where both are known."""
    COST = 6
    """Cost in US dollars."""
    CREDITS = 7
    """Credits."""
    USER_RATING = 8
    """Ratings, 1 to 5."""
    TOOL_CALLS = 9
    """Numbers of tool calls."""
    EXECUTION = 101
    """Ids of executions; FUNCTION_COUNT counts the runs."""
    AGENT = 102
    """Ids of agents."""
    USER = 103
    """Ids of users."""
    MODEL = 104
    """Names of models."""
    CONVERSATION = 105
    """Ids of conversations."""


@named("shadower.aggregates.v1.Function")
class Function(OpenEnum):
    """What to calculate over the known values of a field. Over no known value, a count is zero
    and everything else is absent.
    """

    UNSPECIFIED = 0
    """Not set; refused."""
    COUNT = 1
    """Number of known values."""
    SUM = 2
    """Sum."""
    AVERAGE = 3
    """Arithmetic mean."""
    MINIMUM = 4
    """Least value."""
    MAXIMUM = 5
    """Greatest value."""
    STANDARD_DEVIATION = 6
    """Sample standard deviation (n − 1); absent for fewer than two values."""
    PERCENTILE = 7
    """The percentile that the request names, by linear interpolation between closest ranks, as
    PostgreSQL's percentile_cont. Of FIELD_DURATION, between values that are within 1 % of
    the recorded ones; of everything else, exact.
    """
    DISTINCT = 8
    """Number of different known values. Of FIELD_USER, exact up to 4,096, beyond with a
    relative standard error of 1.6 % (theta sketch); of everything else, exact.
    """


@named("shadower.aggregates.v1.RollupLevel")
class RollupLevel(OpenEnum):
    """How much time a cell is about, in UTC."""

    UNSPECIFIED = 0
    """Not set."""
    SLOT = 1
    """Five minutes."""
    HOUR = 2
    """An hour."""
    DAY = 3
    """A day."""
    WEEK = 4
    """A week, which begins on Monday."""
    QUARTER_DAY = 5
    """Six hours: a quarter of a day."""


@named("shadower.aggregates.v1.RollupCuboid")
class RollupCuboid(OpenEnum):
    """What cells tell apart."""

    UNSPECIFIED = 0
    """Not set."""
    WORKSPACE = 1
    """Nothing: a cell is about all runs of its time."""
    AGENT = 2
    """Agents."""
    MODEL = 3
    """Models."""
    AGENT_MODEL = 4
    """Agents and models."""
    FINE = 5
    """Agents, models, statuses and types of errors."""
    PROFILE = 6
    """Agents, of which these cells keep users, messages of errors, outages and the peak of
    concurrency, as GetAgentPerformance tells them.
    """
    METRIC = 7
    """Metric points by their type, whatever their tags."""


@named("shadower.aggregates.v1.GapFill")
class GapFill(OpenEnum):
    """What to do about a bucket of a group that has no facts."""

    UNSPECIFIED = 0
    """Leave it out."""
    EMPTY = 1
    """Answer it with counts of zero and everything else absent."""
    ZERO = 2
    """Answer it with zeros."""
    PREVIOUS = 3
    """Answer it with the last known value before it; absent if there is none."""
    LINEAR = 4
    """Answer it with values on the straight line between its known neighbours; absent before
    the first and after the last.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregation(Message):
    """One calculation: a function over a field."""

    PROTO: ClassVar[str] = "shadower.aggregates.v1.Aggregation"
    field: Field | None = None
    """A field of executions."""
    metric_type: str | None = None
    """A type of metric points."""
    function: Function
    """What to calculate. Required."""
    percentile: float | None = None
    """Which percentile, 0 to 100; for FUNCTION_PERCENTILE only."""
    name: str = ""
    """Name of the value in the answer, at most 64 characters, different from the others. If
    empty, made of function and field, such as "percentile_95_duration".
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class AggregateValue(Message):
    """A calculated value."""

    PROTO: ClassVar[str] = "shadower.aggregates.v1.AggregateValue"
    name: str = ""
    """Name of the aggregation."""
    value: Number | None = None
    """The value; absent where it is not known."""
    filled: bool = False
    """True if the bucket has no facts and gap_fill made the value up from its neighbours or as
    zero.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollup(Message):
    """Cells of one sort, and when they agree with the facts. Where they do not, answers are
    made of shorter or finer cells or of the facts themselves; they are the same, if slower.
    """

    PROTO: ClassVar[str] = "shadower.aggregates.v1.Rollup"
    level: RollupLevel = RollupLevel.UNSPECIFIED
    """How much time a cell is about."""
    cuboid: RollupCuboid = RollupCuboid.UNSPECIFIED
    """What its cells tell apart."""
    intervals: tuple[common.TimeInterval, ...] = ()
    """When they agree, in order and apart from each other. At most the 1,000 latest."""
    update_time: datetime | None = None
    """When this was changed last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RollupProgress(Message):
    """How far cells of one sort are."""

    PROTO: ClassVar[str] = "shadower.aggregates.v1.RollupProgress"
    level: RollupLevel = RollupLevel.UNSPECIFIED
    """How much time a cell is about."""
    cuboid: RollupCuboid = RollupCuboid.UNSPECIFIED
    """What its cells tell apart."""
    missing: timedelta | None = None
    """How much time was asked for, is over, and was not rolled up before."""
    done: timedelta | None = None
    """How much of it is done: rolled up, or found to have hardly fewer cells than runs, which
    is then read from the facts.
    """
    postponed: timedelta | None = None
    """How much of it was left for another time, because its facts changed again and again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RollupDifference(Message):
    """A cell that is not what a recount says."""

    PROTO: ClassVar[str] = "shadower.aggregates.v1.RollupDifference"
    start_time: datetime
    """The start of the cell's time."""
    agent_id: str = ""
    """The agent; empty if the cell does not tell agents apart."""
    model: str = ""
    """The model; empty if it is not known, or the cell does not tell models apart."""
    status: str = ""
    """The status in small letters; empty if the cell does not tell statuses apart."""
    error_type: str = ""
    """The type of error in small letters; empty if there is none, or the cell does not tell
    them apart.
    """
    columns: tuple[str, ...] = ()
    """What differs, such as "cost_sum". Empty if the cell is missing, or ought not to be
    there.
    """
    metric_type: str = ""
    """The type of metric; empty unless the cell is of metric points."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CalculateAggregatesResponse(Message, AggregateTable):
    """What was calculated: at most 10,000 rows; a request for more fails with
    RESULT_TOO_LARGE.
    """

    PROTO: ClassVar[str] = "shadower.aggregates.v1.CalculateAggregatesResponse"
    ITEMS: ClassVar[str] = "rows"
    rows: tuple[AggregateRow, ...] = ()
    """Rows by group, then by time; if top_groups was asked for, those with most first. A
    request without groups and granularity has one.
    """
    interval: common.TimeInterval
    """The interval that was answered."""
    as_of: datetime
    """Everything committed by this moment is counted."""
    complete_until: datetime | None = None
    """Everything acknowledged by this moment is counted, or put aside as a dead letter. Equal
    to as_of unless there is a log: then about a second before it, and earlier while records
    wait to be written. Never later than is true. Not set if nobody has written the log yet.
    """
    total_groups: int | None = None
    """How many groups there are in all. Set if top_groups was asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AggregateRow(Message):
    """The values of one group in one bucket."""

    PROTO: ClassVar[str] = "shadower.aggregates.v1.AggregateRow"
    labels: Mapping[str, str] = field(default_factory=dict)
    """The group: label → value for each dimension or tag that was asked for and is known."""
    bucket: common.TimeInterval
    """The bucket, which the request's interval may cover only in part; without granularity,
    the interval.
    """
    values: tuple[AggregateValue, ...] = ()
    """A value for each aggregation, in the order of the request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RollUpResponse(Message):
    """How far it is."""

    PROTO: ClassVar[str] = "shadower.aggregates.v1.RollUpResponse"
    progress: RollupProgress
    """The sort that it is at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyRollupsResponse(Message, Table):
    """What was found in a part."""

    PROTO: ClassVar[str] = "shadower.aggregates.v1.VerifyRollupsResponse"
    ITEMS: ClassVar[str] = "differences"
    level: RollupLevel = RollupLevel.UNSPECIFIED
    """How much time a cell is about."""
    cuboid: RollupCuboid = RollupCuboid.UNSPECIFIED
    """What its cells tell apart."""
    cells: int = 0
    """How many cells the recount has."""
    differing: int = 0
    """How many cells are not what it says."""
    repaired: bool = False
    """Whether they were put right."""
    differences: tuple[RollupDifference, ...] = ()
    """Some of them, at most 10."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRollupsResponse(Message, Table):
    """The ledger."""

    PROTO: ClassVar[str] = "shadower.aggregates.v1.ListRollupsResponse"
    ITEMS: ClassVar[str] = "rollups"
    rollups: tuple[Rollup, ...] = ()
    """Every sort of cells that there has been."""
    as_of: datetime
    """The moment at which this was so."""


CALCULATE_AGGREGATES = Method(
    "/shadower.aggregates.v1.AggregatesService/CalculateAggregates",
    aggregates_service_pb2.CalculateAggregatesRequest,
    aggregates_service_pb2.CalculateAggregatesResponse,
    CalculateAggregatesResponse,
    is_idempotent=True,
)

ROLL_UP = Method(
    "/shadower.aggregates.v1.AggregatesService/RollUp",
    aggregates_service_pb2.RollUpRequest,
    aggregates_service_pb2.RollUpResponse,
    RollupProgress,
    is_idempotent=True,
    unwrap="progress",
)

VERIFY_ROLLUPS = Method(
    "/shadower.aggregates.v1.AggregatesService/VerifyRollups",
    aggregates_service_pb2.VerifyRollupsRequest,
    aggregates_service_pb2.VerifyRollupsResponse,
    VerifyRollupsResponse,
    is_idempotent=True,
)

LIST_ROLLUPS = Method(
    "/shadower.aggregates.v1.AggregatesService/ListRollups",
    aggregates_service_pb2.ListRollupsRequest,
    aggregates_service_pb2.ListRollupsResponse,
    ListRollupsResponse,
    is_idempotent=True,
)


class AggregatesApi:
    """Calculates aggregates over the facts of a workspace."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def calculate(
        self,
        aggregations: Sequence[Aggregation],
        *,
        interval: Interval | None = None,
        group_by: Sequence[common.Dimension] | None = None,
        group_by_tags: Sequence[str] | None = None,
        filter: common.Filter | None = None,
        granularity: common.Granularity | None = None,
        time_zone: str | None = None,
        gap_fill: GapFill | None = None,
        max_staleness: timedelta | None = None,
        top_groups: int | None = None,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> CalculateAggregatesResponse:
        """Calculates aggregates of executions, or of metric points, by groups and buckets.

        :param interval: The time that counts: executions by start_time, points by timestamp. If
            not set, the seven days up to the end of the present minute.
        :param aggregations: 1 to 20 calculations, all over fields of executions or all over
            metric points.
        :param group_by: At most 4 dimensions by which executions are grouped.
        :param group_by_tags: At most 4 keys of tags by which metric points are grouped.
        :param filter: Which facts count: tags of metric points, everything else of executions.
        :param granularity: Length of the buckets. If not set, one bucket for the whole
            interval. At most 10,000 buckets.
        :param time_zone: Time zone of the buckets as an IANA name, such as "Europe/Berlin". If
            empty, UTC.
        :param gap_fill: What to do about buckets without facts, of each group that has facts in
            the interval.
        :param max_staleness: How old the answer may be: facts that were committed longer ago
            than this are in it. If not set, or longer than that, what the deployment allows, by
            default 10 s; 0 s asks for all that is committed by now. Not negative.
        :param top_groups: Only so many groups, however many there are: those with most of the
            first aggregation, of equal ones the first by their labels, those without a value
            last. At most 10,000; 0 asks for all groups. There is no order by percentiles, nor
            by distinct users. Goes with no granularity.
        """
        return self._caller.unary(
            CALCULATE_AGGREGATES,
            {
                "interval": interval,
                "aggregations": aggregations,
                "group_by": group_by,
                "group_by_tags": group_by_tags,
                "filter": filter,
                "granularity": granularity,
                "time_zone": time_zone,
                "gap_fill": gap_fill,
                "max_staleness": max_staleness,
                "top_groups": top_groups,
            },
            workspace,
            timeout,
        )

    def roll_up(
        self,
        *,
        interval: Interval | None = None,
        level: RollupLevel | None = None,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> Iterator[RollupProgress]:
        """Rolls up what is missing: of an interval, or of all that there is. Repeating it changes
        nothing; if it ends early, what is done stays done, and the next call goes on. Tells how
        far it is after each part. Nobody has to wait for it: what is not rolled up is answered
        from the facts.

        :param interval: The time, of which whole cells are rolled up. If not set, from the
            oldest fact up to now. What is not over is not rolled up, but for the hour that runs
            and the next if the last one was busy: recorded runs are then added to their cells.
        :param level: The longest cells to make; all if not set.
        """
        return self._caller.stream(
            ROLL_UP, {"interval": interval, "level": level}, workspace, timeout
        )

    def verify_rollups(
        self,
        *,
        interval: Interval | None = None,
        repair: bool = False,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> Iterator[VerifyRollupsResponse]:
        """Recounts cells that are said to agree with the facts, and repairs those that do not if
        asked to. Tells what it found after each part.

        :param interval: The time, of which whole cells are recounted. If not set, all.
        :param repair: Whether to put right what is wrong.
        """
        return self._caller.stream(
            VERIFY_ROLLUPS, {"interval": interval, "repair": repair}, workspace, timeout
        )

    def list_rollups(
        self, *, workspace: str | None = None, timeout: float | None = None
    ) -> ListRollupsResponse:
        """Returns the ledger of what is rolled up."""
        return self._caller.unary(LIST_ROLLUPS, {}, workspace, timeout)


class AsyncAggregatesApi:
    """Calculates aggregates over the facts of a workspace."""

    def __init__(self, caller: AsyncCaller) -> None:
        self._caller = caller

    async def calculate(
        self,
        aggregations: Sequence[Aggregation],
        *,
        interval: Interval | None = None,
        group_by: Sequence[common.Dimension] | None = None,
        group_by_tags: Sequence[str] | None = None,
        filter: common.Filter | None = None,
        granularity: common.Granularity | None = None,
        time_zone: str | None = None,
        gap_fill: GapFill | None = None,
        max_staleness: timedelta | None = None,
        top_groups: int | None = None,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> CalculateAggregatesResponse:
        """Calculates aggregates of executions, or of metric points, by groups and buckets.

        :param interval: The time that counts: executions by start_time, points by timestamp. If
            not set, the seven days up to the end of the present minute.
        :param aggregations: 1 to 20 calculations, all over fields of executions or all over
            metric points.
        :param group_by: At most 4 dimensions by which executions are grouped.
        :param group_by_tags: At most 4 keys of tags by which metric points are grouped.
        :param filter: Which facts count: tags of metric points, everything else of executions.
        :param granularity: Length of the buckets. If not set, one bucket for the whole
            interval. At most 10,000 buckets.
        :param time_zone: Time zone of the buckets as an IANA name, such as "Europe/Berlin". If
            empty, UTC.
        :param gap_fill: What to do about buckets without facts, of each group that has facts in
            the interval.
        :param max_staleness: How old the answer may be: facts that were committed longer ago
            than this are in it. If not set, or longer than that, what the deployment allows, by
            default 10 s; 0 s asks for all that is committed by now. Not negative.
        :param top_groups: Only so many groups, however many there are: those with most of the
            first aggregation, of equal ones the first by their labels, those without a value
            last. At most 10,000; 0 asks for all groups. There is no order by percentiles, nor
            by distinct users. Goes with no granularity.
        """
        return await self._caller.unary(
            CALCULATE_AGGREGATES,
            {
                "interval": interval,
                "aggregations": aggregations,
                "group_by": group_by,
                "group_by_tags": group_by_tags,
                "filter": filter,
                "granularity": granularity,
                "time_zone": time_zone,
                "gap_fill": gap_fill,
                "max_staleness": max_staleness,
                "top_groups": top_groups,
            },
            workspace,
            timeout,
        )

    def roll_up(
        self,
        *,
        interval: Interval | None = None,
        level: RollupLevel | None = None,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> AsyncIterator[RollupProgress]:
        """Rolls up what is missing: of an interval, or of all that there is. Repeating it changes
        nothing; if it ends early, what is done stays done, and the next call goes on. Tells how
        far it is after each part. Nobody has to wait for it: what is not rolled up is answered
        from the facts.

        :param interval: The time, of which whole cells are rolled up. If not set, from the
            oldest fact up to now. What is not over is not rolled up, but for the hour that runs
            and the next if the last one was busy: recorded runs are then added to their cells.
        :param level: The longest cells to make; all if not set.
        """
        return self._caller.stream(
            ROLL_UP, {"interval": interval, "level": level}, workspace, timeout
        )

    def verify_rollups(
        self,
        *,
        interval: Interval | None = None,
        repair: bool = False,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> AsyncIterator[VerifyRollupsResponse]:
        """Recounts cells that are said to agree with the facts, and repairs those that do not if
        asked to. Tells what it found after each part.

        :param interval: The time, of which whole cells are recounted. If not set, all.
        :param repair: Whether to put right what is wrong.
        """
        return self._caller.stream(
            VERIFY_ROLLUPS, {"interval": interval, "repair": repair}, workspace, timeout
        )

    async def list_rollups(
        self, *, workspace: str | None = None, timeout: float | None = None
    ) -> ListRollupsResponse:
        """Returns the ledger of what is rolled up."""
        return await self._caller.unary(LIST_ROLLUPS, {}, workspace, timeout)
