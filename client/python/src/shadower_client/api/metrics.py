"""Of shadower.metrics.v1.

Made from the contract by tools/client, and not to be edited.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ClassVar

from shadower.metrics.v1 import metrics_service_pb2

from shadower_client.api import (
    common,
)
from shadower_client.calling import Caller
from shadower_client.calling_async import AsyncCaller
from shadower_client.errors import ShadowerError
from shadower_client.frames import SeriesTable, Table
from shadower_client.interval import Interval
from shadower_client.message import Message, OpenEnum, named
from shadower_client.method import Method
from shadower_client.native import Number
from shadower_client.pages import AsyncPages, Pages
from shadower_client.series import merged


@named("shadower.metrics.v1.MetricKind")
class MetricKind(OpenEnum):
    """What a metric's values are."""

    UNSPECIFIED = 0
    """Not set; never sent."""
    COUNT = 1
    """A number of things; adds up over buckets and groups."""
    SUM = 2
    """A sum of amounts; adds up over buckets and groups."""
    RATIO = 3
    """A share from 0 to 1."""
    STATISTIC = 4
    """A statistic of a distribution: an average, a deviation, a percentile, an extreme."""
    DISTINCT_COUNT = 5
    """A number of different things; does not add up over buckets and groups."""
    POINTS = 6
    """Points that producers record; the request says which statistic of them."""


@named("shadower.metrics.v1.PointStatistic")
class PointStatistic(OpenEnum):
    """A statistic of metric points."""

    UNSPECIFIED = 0
    """Stands for the average."""
    AVERAGE = 1
    """Arithmetic mean."""
    SUM = 2
    """Sum."""
    MINIMUM = 3
    """Least value."""
    MAXIMUM = 4
    """Greatest value."""
    COUNT = 5
    """Number of points."""
    LATEST = 6
    """Value of the latest point; of several at that time, the greatest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric(Message):
    """A metric of the registry."""

    PROTO: ClassVar[str] = "shadower.metrics.v1.Metric"
    name: str = ""
    """Its name, as requests use it."""
    unit: str = ""
    """The unit of its values in UCUM notation, such as "s", "1", "{token}" or "USD"; empty for
    points, whose unit only the producer knows.
    """
    kind: MetricKind = MetricKind.UNSPECIFIED
    """What its values are."""
    meaning: str = ""
    """What it means and how it is calculated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point(Message):
    """A value of a series."""

    PROTO: ClassVar[str] = "shadower.metrics.v1.Point"
    start_time: datetime
    """Start of the bucket; of a request without granularity, start of the interval."""
    value: Number | None = None
    """The value in the metric's unit. Absent in StreamMetrics where a value that was known is
    not known any more; GetMetrics leaves such points out.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeSeries(Message):
    """The values of one metric for one group over time. A bucket without a known value has no
    point.
    """

    PROTO: ClassVar[str] = "shadower.metrics.v1.TimeSeries"
    metric: str = ""
    """Name of the metric."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """The group: label → value for each dimension or tag that was asked for and is known."""
    points: tuple[Point, ...] = ()
    """The values in order of time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GetMetricsResponse(Message, SeriesTable):
    """The answer, or a page of it."""

    PROTO: ClassVar[str] = "shadower.metrics.v1.GetMetricsResponse"
    ITEMS: ClassVar[str] = "time_series"
    time_series: tuple[TimeSeries, ...] = ()
    """Series in the order of metrics, then of groups. A series may go on in the next page."""
    next_page_token: str = ""
    """Where the next page begins; empty on the last one."""
    interval: common.TimeInterval
    """The interval that was answered."""
    as_of: datetime
    """Everything committed by this moment is counted."""
    complete_until: datetime | None = None
    """Everything acknowledged by this moment is counted, or put aside as a dead letter. Equal
    to as_of unless there is a log: then about a second before it, and earlier while records
    wait to be written. Never later than is true. Not set if nobody has written the log yet.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamMetricsResponse(Message):
    """A message of the stream."""

    PROTO: ClassVar[str] = "shadower.metrics.v1.StreamMetricsResponse"
    cursor: str = ""
    """Where to go on after this message."""
    as_of: datetime
    """Everything committed by this moment is told."""
    complete_until: datetime | None = None
    """Everything acknowledged by this moment is told, or put aside as a dead letter. Equal to
    as_of unless there is a log: then about a second before it, and earlier while records
    wait to be written. Never later than is true. Not set if nobody has written the log yet.
    """
    snapshot: Snapshot | None = None
    """The whole answer, in place of all that was told before."""
    delta: Delta | None = None
    """What changed since the message before."""
    heartbeat: Heartbeat | None = None
    """Nothing changed; the stream lives."""
    status: ShadowerError | None = None
    """Why the stream ends; always the last message. Code UNAVAILABLE: reconnect with the
    cursor. UNAUTHENTICATED: reconnect with a new token.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot(Message):
    """The whole answer."""

    PROTO: ClassVar[str] = "shadower.metrics.v1.StreamMetricsResponse.Snapshot"
    time_series: tuple[TimeSeries, ...] = ()
    """Every series with every point."""
    interval: common.TimeInterval
    """The interval that the stream covers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delta(Message):
    """Changes."""

    PROTO: ClassVar[str] = "shadower.metrics.v1.StreamMetricsResponse.Delta"
    time_series: tuple[TimeSeries, ...] = ()
    """Series with the points that are new or different; each point replaces the one of its
    metric, labels and start_time.
    """
    replaced: common.TimeInterval
    """Set in the first message after a cursor, and for a reader who fell far behind: points of
    these buckets that were told before and are not in time_series are gone.
    """
    skipped_updates: int = 0
    """How many updates that others were told one by one are in this message, beside the last:
    0 for a reader who keeps up. More says that the reader, or the way to it, was slower
    than the changes. Nothing is missed by it.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat(Message):
    """A sign of life."""

    PROTO: ClassVar[str] = "shadower.metrics.v1.StreamMetricsResponse.Heartbeat"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListMetricsResponse(Message, Table):
    """The registry, or a page of it."""

    PROTO: ClassVar[str] = "shadower.metrics.v1.ListMetricsResponse"
    ITEMS: ClassVar[str] = "metrics"
    metrics: tuple[Metric, ...] = ()
    """Built-in metrics in their order, then types of points by name."""
    next_page_token: str = ""
    """Where the next page begins; empty on the last one."""


GET_METRICS = Method(
    "/shadower.metrics.v1.MetricsService/GetMetrics",
    metrics_service_pb2.GetMetricsRequest,
    metrics_service_pb2.GetMetricsResponse,
    GetMetricsResponse,
    is_idempotent=True,
)

STREAM_METRICS = Method(
    "/shadower.metrics.v1.MetricsService/StreamMetrics",
    metrics_service_pb2.StreamMetricsRequest,
    metrics_service_pb2.StreamMetricsResponse,
    StreamMetricsResponse,
    is_idempotent=True,
)

LIST_METRICS = Method(
    "/shadower.metrics.v1.MetricsService/ListMetrics",
    metrics_service_pb2.ListMetricsRequest,
    metrics_service_pb2.ListMetricsResponse,
    ListMetricsResponse,
    is_idempotent=True,
)


class MetricsApi:
    """Answers with metrics of a workspace: built-in ones, derived from executions, and points
    that producers record.
    """

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def query(
        self,
        metrics: Sequence[str],
        *,
        interval: Interval | None = None,
        granularity: common.Granularity | None = None,
        time_zone: str | None = None,
        filter: common.Filter | None = None,
        group_by: Sequence[common.Dimension] | None = None,
        group_by_tags: Sequence[str] | None = None,
        point_statistic: PointStatistic | None = None,
        max_staleness: timedelta | None = None,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> GetMetricsResponse:
        """Answers with metrics over past time, in pages. The pages of one query neither repeat nor
        skip a bucket of a group that was there when the first was asked for, however much is
        recorded meanwhile.

        :param metrics: Names of 1 to 20 metrics: built-in ones, or types of metric points. A
            name that is neither has no points.
        :param interval: The time that counts: executions by start_time, points by timestamp. If
            not set, the seven days up to the end of the present minute.
        :param granularity: Length of the buckets. If not set, one bucket for the whole
            interval. At most 10,000 buckets.
        :param time_zone: Time zone of the buckets as an IANA name, such as "Europe/Berlin". If
            empty, UTC.
        :param filter: Which facts count. Its field tags needs metrics that are all points; its
            other fields need metrics that are all built in.
        :param group_by: At most 4 dimensions by which executions are grouped. Needs metrics
            that are all built in.
        :param group_by_tags: At most 4 keys of tags by which metric points are grouped. Needs
            metrics that are all points.
        :param point_statistic: The statistic of metric points. If not set, their average.
        :param max_staleness: How old the answer may be: facts that were committed longer ago
            than this are in it. If not set, or longer than that, what the deployment allows, by
            default 10 s; 0 s asks for all that is committed by now. Not negative.
        """
        return merged(
            list(
                self._caller.pages(
                    GET_METRICS,
                    {
                        "metrics": metrics,
                        "interval": interval,
                        "granularity": granularity,
                        "time_zone": time_zone,
                        "filter": filter,
                        "group_by": group_by,
                        "group_by_tags": group_by_tags,
                        "point_statistic": point_statistic,
                        "max_staleness": max_staleness,
                    },
                    workspace,
                    timeout,
                    "time_series",
                ).pages()
            )
        )

    def stream(
        self,
        metrics: Sequence[str],
        *,
        interval: Interval | None = None,
        granularity: common.Granularity | None = None,
        time_zone: str | None = None,
        filter: common.Filter | None = None,
        group_by: Sequence[common.Dimension] | None = None,
        group_by_tags: Sequence[str] | None = None,
        point_statistic: PointStatistic | None = None,
        cursor: str | None = None,
        heartbeat_interval: timedelta | None = None,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> Iterator[StreamMetricsResponse]:
        """Streams metrics as they change: first the whole answer (or, with a cursor, what changed
        since), then changes within a second of their commit, or within two where thousands
        read. Says in its last message why it ended, since clients of the JSON edge cannot see
        trailers.

        :param metrics: Names of 1 to 20 metrics: built-in ones, or types of metric points. A
            name that is neither has no points.
        :param interval: The time that counts: executions by start_time, points by timestamp. If
            not set, the hour up to now and up to ten minutes more, so that it begins with whole
            ten minutes, and all that comes; else, if the end lies ahead, what comes until then.
        :param granularity: Length of the buckets. If not set, one bucket for the whole
            interval. At most 10,000 buckets.
        :param time_zone: Time zone of the buckets as an IANA name, such as "Europe/Berlin". If
            empty, UTC.
        :param filter: Which facts count. Its field tags needs metrics that are all points; its
            other fields need metrics that are all built in.
        :param group_by: At most 4 dimensions by which executions are grouped. Needs metrics
            that are all built in.
        :param group_by_tags: At most 4 keys of tags by which metric points are grouped. Needs
            metrics that are all points.
        :param point_statistic: The statistic of metric points. If not set, their average.
        :param cursor: Where to go on: the cursor of the last message that was taken. If empty,
            or so old that the changes since are not kept any more, the stream begins with a
            snapshot.
        :param heartbeat_interval: How often to send a heartbeat while nothing changes: 1 s to
            60 s. If not set, 15 s.
        """
        return self._caller.resumed(
            STREAM_METRICS,
            {
                "metrics": metrics,
                "interval": interval,
                "granularity": granularity,
                "time_zone": time_zone,
                "filter": filter,
                "group_by": group_by,
                "group_by_tags": group_by_tags,
                "point_statistic": point_statistic,
                "cursor": cursor,
                "heartbeat_interval": heartbeat_interval,
            },
            workspace,
            timeout,
        )

    def list(
        self,
        *,
        page_size: int | None = None,
        page_token: str | None = None,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> Pages[ListMetricsResponse, Metric]:
        """Lists the metrics that a workspace has: all built-in ones, then the types of points
        recorded in it, by name.

        :param page_size: The most metrics to answer at once: 0 stands for 100, more than 1,000
            for 1,000; not negative.
        :param page_token: Where to go on: the next_page_token of the answer before. If empty,
            from the beginning.
        """
        return self._caller.pages(
            LIST_METRICS,
            {"page_size": page_size, "page_token": page_token},
            workspace,
            timeout,
            "metrics",
        )


class AsyncMetricsApi:
    """Answers with metrics of a workspace: built-in ones, derived from executions, and points
    that producers record.
    """

    def __init__(self, caller: AsyncCaller) -> None:
        self._caller = caller

    async def query(
        self,
        metrics: Sequence[str],
        *,
        interval: Interval | None = None,
        granularity: common.Granularity | None = None,
        time_zone: str | None = None,
        filter: common.Filter | None = None,
        group_by: Sequence[common.Dimension] | None = None,
        group_by_tags: Sequence[str] | None = None,
        point_statistic: PointStatistic | None = None,
        max_staleness: timedelta | None = None,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> GetMetricsResponse:
        """Answers with metrics over past time, in pages. The pages of one query neither repeat nor
        skip a bucket of a group that was there when the first was asked for, however much is
        recorded meanwhile.

        :param metrics: Names of 1 to 20 metrics: built-in ones, or types of metric points. A
            name that is neither has no points.
        :param interval: The time that counts: executions by start_time, points by timestamp. If
            not set, the seven days up to the end of the present minute.
        :param granularity: Length of the buckets. If not set, one bucket for the whole
            interval. At most 10,000 buckets.
        :param time_zone: Time zone of the buckets as an IANA name, such as "Europe/Berlin". If
            empty, UTC.
        :param filter: Which facts count. Its field tags needs metrics that are all points; its
            other fields need metrics that are all built in.
        :param group_by: At most 4 dimensions by which executions are grouped. Needs metrics
            that are all built in.
        :param group_by_tags: At most 4 keys of tags by which metric points are grouped. Needs
            metrics that are all points.
        :param point_statistic: The statistic of metric points. If not set, their average.
        :param max_staleness: How old the answer may be: facts that were committed longer ago
            than this are in it. If not set, or longer than that, what the deployment allows, by
            default 10 s; 0 s asks for all that is committed by now. Not negative.
        """
        return merged(
            [
                page
                async for page in self._caller.pages(
                    GET_METRICS,
                    {
                        "metrics": metrics,
                        "interval": interval,
                        "granularity": granularity,
                        "time_zone": time_zone,
                        "filter": filter,
                        "group_by": group_by,
                        "group_by_tags": group_by_tags,
                        "point_statistic": point_statistic,
                        "max_staleness": max_staleness,
                    },
                    workspace,
                    timeout,
                    "time_series",
                ).pages()
            ]
        )

    def stream(
        self,
        metrics: Sequence[str],
        *,
        interval: Interval | None = None,
        granularity: common.Granularity | None = None,
        time_zone: str | None = None,
        filter: common.Filter | None = None,
        group_by: Sequence[common.Dimension] | None = None,
        group_by_tags: Sequence[str] | None = None,
        point_statistic: PointStatistic | None = None,
        cursor: str | None = None,
        heartbeat_interval: timedelta | None = None,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> AsyncIterator[StreamMetricsResponse]:
        """Streams metrics as they change: first the whole answer (or, with a cursor, what changed
        since), then changes within a second of their commit, or within two where thousands
        read. Says in its last message why it ended, since clients of the JSON edge cannot see
        trailers.

        :param metrics: Names of 1 to 20 metrics: built-in ones, or types of metric points. A
            name that is neither has no points.
        :param interval: The time that counts: executions by start_time, points by timestamp. If
            not set, the hour up to now and up to ten minutes more, so that it begins with whole
            ten minutes, and all that comes; else, if the end lies ahead, what comes until then.
        :param granularity: Length of the buckets. If not set, one bucket for the whole
            interval. At most 10,000 buckets.
        :param time_zone: Time zone of the buckets as an IANA name, such as "Europe/Berlin". If
            empty, UTC.
        :param filter: Which facts count. Its field tags needs metrics that are all points; its
            other fields need metrics that are all built in.
        :param group_by: At most 4 dimensions by which executions are grouped. Needs metrics
            that are all built in.
        :param group_by_tags: At most 4 keys of tags by which metric points are grouped. Needs
            metrics that are all points.
        :param point_statistic: The statistic of metric points. If not set, their average.
        :param cursor: Where to go on: the cursor of the last message that was taken. If empty,
            or so old that the changes since are not kept any more, the stream begins with a
            snapshot.
        :param heartbeat_interval: How often to send a heartbeat while nothing changes: 1 s to
            60 s. If not set, 15 s.
        """
        return self._caller.resumed(
            STREAM_METRICS,
            {
                "metrics": metrics,
                "interval": interval,
                "granularity": granularity,
                "time_zone": time_zone,
                "filter": filter,
                "group_by": group_by,
                "group_by_tags": group_by_tags,
                "point_statistic": point_statistic,
                "cursor": cursor,
                "heartbeat_interval": heartbeat_interval,
            },
            workspace,
            timeout,
        )

    def list(
        self,
        *,
        page_size: int | None = None,
        page_token: str | None = None,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> AsyncPages[ListMetricsResponse, Metric]:
        """Lists the metrics that a workspace has: all built-in ones, then the types of points
        recorded in it, by name.

        :param page_size: The most metrics to answer at once: 0 stands for 100, more than 1,000
            for 1,000; not negative.
        :param page_token: Where to go on: the next_page_token of the answer before. If empty,
            from the beginning.
        """
        return self._caller.pages(
            LIST_METRICS,
            {"page_size": page_size, "page_token": page_token},
            workspace,
            timeout,
            "metrics",
        )
