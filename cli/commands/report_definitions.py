"""`shadower reports definitions` and `shadower reports apply`."""

import typer
from shadower.reports.v1 import reports_service_pb2 as pb
from shadower.reports.v1.report_definition_pb2 import KeptReportDefinition
from shadower.reports.v1.reports_service_pb2_grpc import ReportsServiceStub

from cli.asking.documents import FilesOption, Kind, named_in
from cli.asking.keeping import Call, Keeper, applied
from cli.asking.pages import ALL_THAT_IS_KEPT, LimitOption, listed
from cli.asking.session import Session, asking
from cli.rendering.examples import examples
from cli.rendering.reports import applied_table, definitions_table

DEFINITION = Kind("definition", "definition_id", "title", KeptReportDefinition, "definitions")

definitions = typer.Typer(add_completion=False)


@definitions.command("definitions", epilog=examples("shadower reports definitions"))
@asking
async def list_definitions(session: Session, *, limit: LimitOption = ALL_THAT_IS_KEPT) -> None:
    """List what reports can be made of."""
    request = pb.ListDefinitionsRequest(workspace_id=session.workspace)
    rpc = session.stub(ReportsServiceStub).ListDefinitions
    answer = await listed(session, rpc, request, limit)
    session.show(answer, lambda told, zone: definitions_table(told.definitions, zone))


@definitions.command("apply", epilog=examples("shadower reports apply -f weekly.yaml"))
@asking
async def apply_definitions(session: Session, *, files: FilesOption) -> None:
    """Make the definitions that files have, or change those that are there under their ids.

    A file has a definition as the contract's JSON has it, in JSON or YAML: {"definitionId": …,
    "definition": {…}}, or the definition alone, whose id is made of its title. Several may be in
    one file, and what `definitions --json` prints is such a file. To apply the same again changes
    nothing.
    """
    stub = session.stub(ReportsServiceStub)
    keeper = Keeper(
        DEFINITION,
        Call(stub.CreateDefinition, pb.CreateDefinitionRequest),
        Call(stub.GetDefinition, pb.GetDefinitionRequest),
        Call(stub.UpdateDefinition, pb.UpdateDefinitionRequest),
    )
    done = await applied(session, keeper, named_in(files, DEFINITION))
    answer = pb.ListDefinitionsResponse(definitions=[kept for kept, _ in done])
    session.show(answer, lambda _, zone: applied_table(done, zone))
