from google.protobuf.timestamp_pb2 import Timestamp
from shadower.common.v1.execution_pb2 import EXECUTION_STATUS_SUCCEEDED
from shadower.ingest.v1.execution_pb2 import Execution
from shadower.ingest.v1.ingest_service_pb2 import RecordExecutionsRequest
from shadower.workspaces.v1.workspaces_service_pb2 import GetWorkspaceSummaryRequest

from tests.support.keys import KeyRing
from tests.support.stack import Stubs


async def test_what_is_recorded_is_counted(stubs: Stubs, keys: KeyRing, workspace: str) -> None:
    now = Timestamp()
    now.GetCurrentTime()
    run = Execution(
        execution_id="run-1", agent_id="a", status=EXECUTION_STATUS_SUCCEEDED, start_time=now
    )
    metadata = keys.metadata(workspace)
    recorded = await stubs.ingest.RecordExecutions(
        RecordExecutionsRequest(workspace_id=workspace, executions=[run]), metadata=metadata
    )
    assert recorded.counts.stored == 1
    answer = await stubs.workspaces.GetWorkspaceSummary(
        GetWorkspaceSummaryRequest(workspace_id=workspace), metadata=metadata
    )
    assert answer.summary.executions.succeeded == 1
