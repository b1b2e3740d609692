"""Rolling up and verifying: requests into calls of the warehouse, what it tells into replies."""

from collections.abc import AsyncIterator

from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from shadower.aggregates.v1 import aggregates_service_pb2 as pb
from shadower.aggregates.v1 import rollup_pb2 as rollups

from services.runtime.times import to_timestamp
from services.translation import requests
from services.warehouse.database import Database
from services.warehouse.queries.interval import Interval
from services.warehouse.rollups.ledger import Entry, fetch_entries
from services.warehouse.rollups.levels import KEYS, Cuboid, Level
from services.warehouse.rollups.rolling import Progress, Roller
from services.warehouse.rollups.spans import Spans
from services.warehouse.rollups.verifying import Difference, Verified, Verifier

MAX_INTERVALS = 1_000
MAX_DIFFERENCES = 10


class Rollups:
    """What AggregatesService does about cells."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def roll_up(self, request: pb.RollUpRequest) -> AsyncIterator[pb.RollUpResponse]:
        rolling = Roller(self._database).roll(
            request.workspace_id, _interval(request), _longest(request.level)
        )
        async for progress in rolling:
            yield pb.RollUpResponse(progress=_progress(progress))

    async def verify(
        self, request: pb.VerifyRollupsRequest
    ) -> AsyncIterator[pb.VerifyRollupsResponse]:
        verifying = Verifier(self._database).verify(
            request.workspace_id, _interval(request), repair=request.repair
        )
        async for verified in verifying:
            yield _verified(verified)

    async def list(self, request: pb.ListRollupsRequest) -> pb.ListRollupsResponse:
        async with self._database.reading(request.workspace_id) as session:
            entries = await fetch_entries(session)
        return pb.ListRollupsResponse(
            rollups=[_rollup(entry) for entry in entries], as_of=to_timestamp(session.as_of)
        )


def _interval(request: Message) -> Interval | None:
    return requests.interval(request) if request.HasField("interval") else None


def _longest(level: "rollups.RollupLevel.ValueType") -> Level:
    if level == rollups.ROLLUP_LEVEL_UNSPECIFIED:
        return Level.WEEK
    return Level(rollups.RollupLevel.Name(level).removeprefix("ROLLUP_LEVEL_").lower())


def _level(level: Level) -> "rollups.RollupLevel.ValueType":
    return rollups.RollupLevel.Value(f"ROLLUP_LEVEL_{level.name}")


def _cuboid(cuboid: Cuboid) -> "rollups.RollupCuboid.ValueType":
    return rollups.RollupCuboid.Value(f"ROLLUP_CUBOID_{cuboid.name}")


def _progress(progress: Progress) -> rollups.RollupProgress:
    return rollups.RollupProgress(
        level=_level(progress.sort.level),
        cuboid=_cuboid(progress.sort.cuboid),
        missing=_duration(progress.missing),
        done=_duration(progress.done),
        postponed=_duration(progress.postponed),
    )


def _duration(microseconds: int) -> Duration:
    found = Duration()
    found.FromMicroseconds(microseconds)
    return found


def _verified(verified: Verified) -> pb.VerifyRollupsResponse:
    return pb.VerifyRollupsResponse(
        level=_level(verified.sort.level),
        cuboid=_cuboid(verified.sort.cuboid),
        cells=verified.cells,
        differing=len(verified.differences),
        repaired=verified.is_repaired,
        differences=[_difference(one) for one in verified.differences[:MAX_DIFFERENCES]],
    )


def _difference(difference: Difference) -> rollups.RollupDifference:
    place = difference.place
    keys = {key: place[key] for key in (*KEYS, "metric_type") if key in place}
    return rollups.RollupDifference(
        start_time=to_timestamp(place["start"]), columns=difference.columns, **keys
    )


def _rollup(entry: Entry) -> rollups.Rollup:
    latest = Spans(entry.spans.spans[-MAX_INTERVALS:])
    return rollups.Rollup(
        level=_level(entry.sort.level),
        cuboid=_cuboid(entry.sort.cuboid),
        intervals=[
            requests.time_interval(Interval(*span)) for span in zip(*latest.times, strict=True)
        ],
        update_time=to_timestamp(entry.updated_at),
    )
