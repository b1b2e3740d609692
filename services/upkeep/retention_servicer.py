"""RetentionService: how long things are kept, and removing what is older."""

from datetime import timedelta

from shadower.upkeep.v1 import retention_pb2
from shadower.upkeep.v1 import retention_service_pb2 as pb
from shadower.upkeep.v1.retention_service_pb2_grpc import RetentionServiceServicer

from services.runtime.bus.dead_letter import SYSTEM_WORKSPACE
from services.runtime.call import Context, current_call
from services.runtime.faults import AlreadyExists
from services.runtime.times import from_duration, optional_timestamp, to_timestamp
from services.upkeep.applying import Applier, Scope
from services.upkeep.policy import check, effective, read, write
from services.warehouse.database import Database
from services.warehouse.facts.changes import fetch_horizon
from services.warehouse.facts.horizon import Horizon
from services.warehouse.retention.removing import Work
from services.warehouse.retention.settings import (
    SetRetention,
    fetch_retention,
    replace_retention,
)

USUAL_DURATION = timedelta(seconds=20)


class RetentionServicer(RetentionServiceServicer):
    """Translates between the contract and retention as it is kept."""

    def __init__(self, database: Database, applier: Applier) -> None:
        self._database = database
        self._applier = applier

    async def GetRetention(
        self, request: pb.GetRetentionRequest, context: Context
    ) -> pb.GetRetentionResponse:
        of_platform = await self._of_platform()
        async with self._database.reading(request.workspace_id) as session:
            found = await fetch_retention(session)
        return pb.GetRetentionResponse(
            retention=_retention(of_platform, found, session.horizon),
            as_of=to_timestamp(session.as_of),
        )

    async def UpdateRetention(
        self, request: pb.UpdateRetentionRequest, context: Context
    ) -> pb.UpdateRetentionResponse:
        of_platform = await self._of_platform()
        is_of_platform = request.workspace_id == SYSTEM_WORKSPACE
        check(request.policy if is_of_platform else read(of_platform.policy), request.policy)
        asked, by = write(request.policy), current_call().principal.subject
        async with self._database.writing(request.workspace_id) as session:
            known = await fetch_retention(session)
            is_same = known.version > 0 and known.policy == asked
            if not (is_same or await replace_retention(session, asked, int(request.etag), by)):
                raise _changed(known)
            kept, horizon = await fetch_retention(session), await fetch_horizon(session)
        return pb.UpdateRetentionResponse(
            retention=_retention(kept if is_of_platform else of_platform, kept, horizon)
        )

    async def ApplyRetention(
        self, request: pb.ApplyRetentionRequest, context: Context
    ) -> pb.ApplyRetentionResponse:
        given = request.HasField("max_duration")
        most = from_duration(request.max_duration) if given else USUAL_DURATION
        scopes = [Scope(number) for number in request.scopes] or list(Scope)
        work = await self._applier.apply(request.workspace_id, scopes, most.total_seconds())
        return _applied(work)

    async def _of_platform(self) -> SetRetention:
        async with self._database.reading(SYSTEM_WORKSPACE) as session:
            return await fetch_retention(session)


def _changed(known: SetRetention) -> AlreadyExists:
    return AlreadyExists(
        "RETENTION_CHANGED",
        "the retention was changed since",
        metadata={"etag": str(known.version)},
    )


def _retention(
    of_platform: SetRetention, found: SetRetention, horizon: Horizon
) -> retention_pb2.Retention:
    policy = read(found.policy)
    return retention_pb2.Retention(
        policy=policy,
        effective=effective(read(of_platform.policy), policy),
        etag=str(found.version),
        update_time=optional_timestamp(found.updated_at),
        updated_by=found.updated_by,
        horizon=_horizon(horizon),
    )


def _horizon(horizon: Horizon) -> retention_pb2.RetentionHorizon:
    return retention_pb2.RetentionHorizon(
        executions_from=optional_timestamp(horizon.runs_from),
        metric_points_from=optional_timestamp(horizon.points_from),
        events_from=optional_timestamp(horizon.events_from),
        hour_rollups_from=optional_timestamp(horizon.hours_from),
        day_rollups_from=optional_timestamp(horizon.days_from),
    )


def _applied(work: Work) -> pb.ApplyRetentionResponse:
    removals = [
        retention_pb2.Removal(table=table, rows=rows) for table, rows in sorted(work.rows.items())
    ]
    return pb.ApplyRetentionResponse(
        removals=removals, dropped_partitions=work.partitions, remaining=work.remaining
    )
