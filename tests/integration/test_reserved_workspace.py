"""The workspace of letters that are nobody's: operators read there, and nobody records."""

from collections.abc import Callable
from typing import Any

import grpc
import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from shadower.bus.v1.dead_letters_service_pb2 import ListDeadLettersRequest
from shadower.ingest.v1 import ingest_service_pb2 as pb

from tests.support.errors import refused
from tests.support.keys import KeyRing
from tests.support.otlp import export, otlp_span
from tests.support.recording import event, point, run
from tests.support.stack import Stubs

RESERVED, DENIED = "shadower-system", grpc.StatusCode.PERMISSION_DENIED


def in_executions(stubs: Stubs) -> Any:
    request = pb.RecordExecutionsRequest(workspace_id=RESERVED, executions=[run()])
    return stubs.ingest.RecordExecutions, request


def in_points(stubs: Stubs) -> Any:
    request = pb.RecordMetricPointsRequest(workspace_id=RESERVED, metric_points=[point()])
    return stubs.ingest.RecordMetricPoints, request


def in_events(stubs: Stubs) -> Any:
    request = pb.RecordEventsRequest(workspace_id=RESERVED, events=[event()])
    return stubs.ingest.RecordEvents, request


def in_spans(stubs: Stubs) -> Any:
    """OTLP has no field for a workspace, which the token alone says."""
    return stubs.otlp_traces.Export, export(otlp_span(1))


def in_metrics(stubs: Stubs) -> Any:
    return stubs.otlp_metrics.Export, ExportMetricsServiceRequest()


@pytest.mark.parametrize("way", [in_executions, in_points, in_events, in_spans, in_metrics])
async def test_nobody_records_into_it(
    stubs: Stubs, keys: KeyRing, way: Callable[[Stubs], Any]
) -> None:
    rpc, request = way(stubs)
    reserved = await refused(rpc(request, metadata=keys.metadata(RESERVED)))
    assert (reserved.code, reserved.reason) == (DENIED, "WORKSPACE_RESERVED")
    assert reserved.metadata == {"workspaceId": RESERVED}


async def test_nobody_streams_into_it(stubs: Stubs, keys: KeyRing) -> None:
    batch = pb.StreamRecordsRequest(workspace_id=RESERVED, sequence=1, executions=[run()])
    stream = stubs.ingest.StreamRecords(iter([batch]), metadata=keys.metadata(RESERVED))
    reserved = await refused(stream.read())
    assert (reserved.code, reserved.reason) == (DENIED, "WORKSPACE_RESERVED")


async def test_whose_token_does_not_cover_it_hears_only_that(
    stubs: Stubs, keys: KeyRing, workspace: str
) -> None:
    rpc, request = in_executions(stubs)
    denied = await refused(rpc(request, metadata=keys.metadata(workspace)))
    assert (denied.code, denied.reason) == (DENIED, "WORKSPACE_DENIED")


async def test_operators_read_there(stubs: Stubs, keys: KeyRing) -> None:
    metadata = keys.metadata(RESERVED, role="owner")
    letters = ListDeadLettersRequest(workspace_id=RESERVED)
    assert (await stubs.bus.ListDeadLetters(letters, metadata=metadata)).HasField("as_of")
    account = pb.ReconcileRequest(workspace_id=RESERVED)
    assert (await stubs.ingest.Reconcile(account, metadata=metadata)).HasField("as_of")
