"""What ReportsService answers about definitions."""

from shadower.reports.v1 import reports_service_pb2 as pb
from shadower.reports.v1.reports_service_pb2_grpc import ReportsServiceServicer

from services.reports import answers
from services.reports.defining import keeping
from services.reports.definitions import zone_of
from services.runtime.call import Context, current_call
from services.runtime.times import to_timestamp
from services.translation.ids import after_id, following_id
from services.translation.pages import page_size
from services.warehouse.database import Database
from services.warehouse.reports.definitions import (
    delete_definition,
    get_definition,
    list_definitions,
)

DEFAULT_PAGE, MAX_PAGE = 50, 500


class DefinitionsServicer(ReportsServiceServicer):
    """Translates between the contract and definitions as they are kept."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def CreateDefinition(
        self, request: pb.CreateDefinitionRequest, context: Context
    ) -> pb.CreateDefinitionResponse:
        zone_of(request.definition)
        asked = (request.definition_id, request.definition, caller())
        async with self._database.writing(request.workspace_id) as session:
            kept = await keeping.make_definition(session, *asked)
        return pb.CreateDefinitionResponse(definition=answers.kept_definition(kept))

    async def GetDefinition(
        self, request: pb.GetDefinitionRequest, context: Context
    ) -> pb.GetDefinitionResponse:
        async with self._database.reading(request.workspace_id) as session:
            kept = await get_definition(session, request.definition_id)
        return pb.GetDefinitionResponse(definition=answers.kept_definition(kept))

    async def ListDefinitions(
        self, request: pb.ListDefinitionsRequest, context: Context
    ) -> pb.ListDefinitionsResponse:
        limit = page_size(request.page_size, DEFAULT_PAGE, MAX_PAGE)
        async with self._database.reading(request.workspace_id) as session:
            found = await list_definitions(session, limit + 1, after_id(request))
        ids = [one.definition_id for one in found]
        return pb.ListDefinitionsResponse(
            definitions=map(answers.kept_definition, found[:limit]),
            next_page_token=following_id(request, ids, limit),
            as_of=to_timestamp(session.as_of),
        )

    async def UpdateDefinition(
        self, request: pb.UpdateDefinitionRequest, context: Context
    ) -> pb.UpdateDefinitionResponse:
        zone_of(request.definition)
        asked = (request.definition_id, request.definition, request.etag, caller())
        async with self._database.writing(request.workspace_id) as session:
            kept = await keeping.change_definition(session, *asked)
        return pb.UpdateDefinitionResponse(definition=answers.kept_definition(kept))

    async def DeleteDefinition(
        self, request: pb.DeleteDefinitionRequest, context: Context
    ) -> pb.DeleteDefinitionResponse:
        async with self._database.writing(request.workspace_id) as session:
            await delete_definition(session, request.definition_id)
        return pb.DeleteDefinitionResponse()


def caller() -> str:
    """The subject of who calls."""
    return current_call().principal.subject
