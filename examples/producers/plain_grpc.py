"""A producer without OpenTelemetry: records one run over gRPC, with the stubs of this repository.

SHADOWER_ADDRESS is host:port of the edge, SHADOWER_TOKEN a token for SHADOWER_WORKSPACE.
"""

import os
import uuid
from datetime import UTC, datetime, timedelta

import grpc
from shadower.common.v1.execution_pb2 import ExecutionStatus
from shadower.ingest.v1.execution_pb2 import Execution
from shadower.ingest.v1.ingest_service_pb2 import RecordExecutionsRequest
from shadower.ingest.v1.ingest_service_pb2_grpc import IngestServiceStub
from shadower.ingest.v1.record_result_pb2 import RecordOutcome


def main() -> None:
    address = os.environ.get("SHADOWER_ADDRESS", "127.0.0.1:8080")
    bearer = (("authorization", f"Bearer {os.environ['SHADOWER_TOKEN']}"),)
    request = RecordExecutionsRequest(
        workspace_id=os.environ.get("SHADOWER_WORKSPACE", "acme"), executions=[run()]
    )
    with grpc.insecure_channel(address) as channel:
        # An id of the producer's own makes a retry harmless: it is counted once.
        for _ in range(2):
            answer = IngestServiceStub(channel).RecordExecutions(request, metadata=bearer)
            print(RecordOutcome.Name(answer.results[0].outcome))  # noqa: T201


def run() -> Execution:
    end = datetime.now(UTC)
    return Execution(
        execution_id=str(uuid.uuid4()),
        agent_id="greeter",
        status=ExecutionStatus.EXECUTION_STATUS_SUCCEEDED,
        start_time=end - timedelta(seconds=2),
        end_time=end,
        input_tokens=1000,
        output_tokens=50,
    )


if __name__ == "__main__":
    main()
