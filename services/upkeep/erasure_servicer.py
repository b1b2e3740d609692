"""ErasureService: erases a user or a workspace, and tells how far that is."""

import asyncio
from datetime import timedelta
from uuid import UUID

from shadower.upkeep.v1 import erasure_pb2
from shadower.upkeep.v1 import erasure_service_pb2 as pb
from shadower.upkeep.v1.erasure_service_pb2_grpc import ErasureServiceServicer
from shadower.upkeep.v1.retention_pb2 import Removal

from services.runtime.bus.dead_letter import SYSTEM_WORKSPACE
from services.runtime.call import Context, current_call
from services.runtime.faults import FieldViolation, InvalidArgument, invalid_field
from services.runtime.pool import Pool
from services.runtime.times import from_duration, optional_timestamp, to_timestamp
from services.translation.pages import bad_token, page_size, read_place, write_place
from services.upkeep.failures import Failures
from services.warehouse.database import Database
from services.warehouse.erasure.erasing import Eraser
from services.warehouse.erasure.erasures import (
    Erasure,
    Place,
    begin,
    fetch_erasure,
    fetch_open,
    list_erasures,
)
from services.warehouse.retention.removing import Work

DEFAULT_PAGE, MAX_PAGE = 50, 500
MOST_AT_ONCE = 1_000
USUAL_DURATION = timedelta(seconds=20)


class ErasureServicer(ErasureServiceServicer):
    """Translates between the contract and erasures as they are kept. The pool's role sees which
    are not done in any workspace."""

    def __init__(self, database: Database, everywhere: Pool, eraser: Eraser) -> None:
        self._database = database
        self._everywhere = everywhere
        self._eraser = eraser
        self._turn = asyncio.Lock()

    async def EraseUser(
        self, request: pb.EraseUserRequest, context: Context
    ) -> pb.EraseUserResponse:
        _check_confirmed("confirm_user_id", request.user_id, request.confirm_user_id)
        erasure = await self._begin(request.workspace_id, request.user_id)
        return pb.EraseUserResponse(erasure=_erasure(erasure))

    async def EraseWorkspace(
        self, request: pb.EraseWorkspaceRequest, context: Context
    ) -> pb.EraseWorkspaceResponse:
        given = request.confirm_workspace_id
        _check_confirmed("confirm_workspace_id", request.workspace_id, given)
        if request.workspace_id == SYSTEM_WORKSPACE:
            raise invalid_field("workspace_id", "is the mesh's own")
        erasure = await self._begin(request.workspace_id, None)
        return pb.EraseWorkspaceResponse(erasure=_erasure(erasure))

    async def GetErasure(
        self, request: pb.GetErasureRequest, context: Context
    ) -> pb.GetErasureResponse:
        async with self._database.reading(request.workspace_id) as session:
            erasure = await fetch_erasure(session, UUID(request.erasure_id))
        return pb.GetErasureResponse(erasure=_erasure(erasure))

    async def ListErasures(
        self, request: pb.ListErasuresRequest, context: Context
    ) -> pb.ListErasuresResponse:
        limit = page_size(request.page_size, DEFAULT_PAGE, MAX_PAGE)
        async with self._database.reading(request.workspace_id) as session:
            found = await list_erasures(session, limit + 1, _place(request))
        return pb.ListErasuresResponse(
            erasures=map(_erasure, found[:limit]),
            next_page_token=_next_token(request, found, limit),
            as_of=to_timestamp(session.as_of),
        )

    async def RunErasures(
        self, request: pb.RunErasuresRequest, context: Context
    ) -> pb.RunErasuresResponse:
        given = request.HasField("max_duration")
        most = from_duration(request.max_duration) if given else USUAL_DURATION
        workspace = None if request.workspace_id == SYSTEM_WORKSPACE else request.workspace_id
        if self._turn.locked():
            return pb.RunErasuresResponse(remaining=True)
        async with self._turn:
            return await self._run(workspace, Work.of(most.total_seconds()))

    async def _run(self, workspace: str | None, work: Work) -> pb.RunErasuresResponse:
        failures, done = Failures("erasure"), 0
        for one in await fetch_open(self._everywhere, workspace, MOST_AT_ONCE):
            if not work.has_time:
                break
            with failures.noted(one[0]):
                done += await self._eraser.go_on(work, *one)
        failures.raise_first()
        return pb.RunErasuresResponse(done=done, remaining=work.remaining)

    async def _begin(self, workspace_id: str, user_id: str | None) -> Erasure:
        async with self._database.writing(workspace_id) as session:
            return await begin(session, user_id, current_call().principal.subject)


def _check_confirmed(field: str, asked: str, confirmed: str) -> None:
    if asked != confirmed:
        raise InvalidArgument(
            "ERASURE_NOT_CONFIRMED",
            "what is to be erased has to be named twice",
            violations=[FieldViolation(field, "is not what is to be erased")],
        )


def _place(request: pb.ListErasuresRequest) -> Place | None:
    place = read_place(request)
    return place and (place[0], _uuid(place[1]))


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as malformed:
        raise bad_token("is not one of ours") from malformed


def _next_token(request: pb.ListErasuresRequest, found: list[Erasure], limit: int) -> str:
    if len(found) <= limit:
        return ""
    last = found[limit - 1]
    return write_place(request, last.requested_at, str(last.erasure_id))


def _erasure(erasure: Erasure) -> erasure_pb2.Erasure:
    is_done = erasure.ended_at is not None
    return erasure_pb2.Erasure(
        erasure_id=str(erasure.erasure_id),
        scope=erasure_pb2.ErasureScope.Value(f"ERASURE_SCOPE_{erasure.scope.upper()}"),
        state=erasure_pb2.ERASURE_STATE_DONE if is_done else erasure_pb2.ERASURE_STATE_RUNNING,
        requested_by=erasure.requested_by,
        request_time=to_timestamp(erasure.requested_at),
        end_time=optional_timestamp(erasure.ended_at),
        salt=erasure.salt,
        hash=erasure.hash,
        pseudonym=erasure.pseudonym,
        removals=[
            Removal(table=table, rows=rows) for table, rows in sorted(erasure.counts.items())
        ],
        copies_until=optional_timestamp(erasure.copies_until),
    )
