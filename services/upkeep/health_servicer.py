"""HealthService: what the services are, and how they did."""

from collections.abc import Sequence

from shadower.runtime.v1.statistics_pb2 import DependencyState
from shadower.upkeep.v1 import health_pb2
from shadower.upkeep.v1 import health_service_pb2 as pb
from shadower.upkeep.v1.health_service_pb2_grpc import HealthServiceServicer

from services.runtime.bus.dead_letter import SYSTEM_WORKSPACE
from services.runtime.call import Context, current_call
from services.runtime.times import to_duration, to_timestamp
from services.translation.pages import page_size, read_place, write_place
from services.upkeep.looking import Looker
from services.upkeep.standing import Processes
from services.warehouse.database import Database, Session
from services.warehouse.health.checks import (
    TOLD_FOR,
    Check,
    Known,
    Times,
    fetch_known,
    list_checks,
    note_checks,
)

DEFAULT_PAGE, MAX_PAGE = 50, 500


class HealthServicer(HealthServiceServicer):
    """Translates between the contract and what is known of services, which is nobody's own."""

    def __init__(self, database: Database, looker: Looker, processes: Processes) -> None:
        self._database = database
        self._looker = looker
        self._processes = processes

    async def CheckServices(
        self, request: pb.CheckServicesRequest, context: Context
    ) -> pb.CheckServicesResponse:
        checks = await self._looker.look()
        async with self._database.writing(SYSTEM_WORKSPACE) as session:
            await note_checks(session, checks)
        is_whole = current_call().workspace_id == SYSTEM_WORKSPACE
        return pb.CheckServicesResponse(checks=[_check(one, is_whole=is_whole) for one in checks])

    async def GetHealth(
        self, request: pb.GetHealthRequest, context: Context
    ) -> pb.GetHealthResponse:
        is_whole = current_call().workspace_id == SYSTEM_WORKSPACE
        standing = await self._processes.standing()
        async with self._database.reading(SYSTEM_WORKSPACE) as session:
            known = await fetch_known(session)
        looked_at = {one.last.service: _service(one, session, is_whole=is_whole) for one in known}
        # Whom nobody has looked at yet may say itself what it stands on.
        unknown = {name: health_pb2.ServiceHealth(service=name) for name in standing}
        services = [one for _, one in sorted((unknown | looked_at).items())]
        for service in services:
            found = standing.get(service.service, ())
            service.dependencies.extend(_dependency(*one, is_whole=is_whole) for one in found)
        return pb.GetHealthResponse(
            services=services, serving=_serving(services), as_of=to_timestamp(session.as_of)
        )

    async def ListChecks(
        self, request: pb.ListChecksRequest, context: Context
    ) -> pb.ListChecksResponse:
        is_whole = current_call().workspace_id == SYSTEM_WORKSPACE
        limit, place = page_size(request.page_size, DEFAULT_PAGE, MAX_PAGE), read_place(request)
        async with self._database.reading(SYSTEM_WORKSPACE) as session:
            found = await list_checks(session, request.service, limit + 1, place and place[0])
        following = ""
        if len(found) > limit:
            following = write_place(request, found[limit - 1].checked_at, request.service)
        return pb.ListChecksResponse(
            checks=[_check(one, is_whole=is_whole) for one in found[:limit]],
            next_page_token=following,
            as_of=to_timestamp(session.as_of),
        )


def _service(known: Known, session: Session, *, is_whole: bool) -> health_pb2.ServiceHealth:
    is_recent = session.as_of - known.last.checked_at <= TOLD_FOR
    return health_pb2.ServiceHealth(
        service=known.last.service,
        state=_state(known.last) if is_recent else health_pb2.SERVICE_STATE_UNSPECIFIED,
        last_check=_check(known.last, is_whole=is_whole),
        uptimes=map(_uptime, known.times),
        since=to_timestamp(known.since) if is_recent else None,
    )


def _serving(services: Sequence[health_pb2.ServiceHealth]) -> bool | None:
    """None if nobody knows."""
    states = {one.state for one in services}
    if states - {health_pb2.SERVICE_STATE_SERVING, health_pb2.SERVICE_STATE_UNSPECIFIED}:
        return False
    return True if states == {health_pb2.SERVICE_STATE_SERVING} else None


def _dependency(
    replica: int, found: DependencyState, *, is_whole: bool
) -> health_pb2.DependencyHealth:
    serving, unreachable = health_pb2.SERVICE_STATE_SERVING, health_pb2.SERVICE_STATE_UNREACHABLE
    return health_pb2.DependencyHealth(
        dependency=found.dependency,
        replica=replica,
        state=serving if found.up else unreachable,
        since=found.since,
        check_time=found.check_time,
        latency=found.latency,
        reason=found.reason if is_whole else "",
    )


def _state(check: Check) -> "health_pb2.ServiceState.ValueType":
    return health_pb2.ServiceState.Value(f"SERVICE_STATE_{check.state.upper()}")


def _check(check: Check, *, is_whole: bool) -> health_pb2.ServiceCheck:
    """Reasons name addresses, which are none of a tenant's business."""
    return health_pb2.ServiceCheck(
        service=check.service,
        check_time=to_timestamp(check.checked_at),
        state=_state(check),
        latency=to_duration(check.latency_us / 1_000_000),
        reason=check.reason if is_whole else "",
    )


def _uptime(times: Times) -> health_pb2.Uptime:
    return health_pb2.Uptime(
        days=times.days, ratio=times.ratio, unknown=to_duration(times.unknown.total_seconds())
    )
