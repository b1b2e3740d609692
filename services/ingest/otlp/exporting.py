"""What is done with an export of OTLP, whichever way it came."""

from collections.abc import Iterable, Sequence

from google.protobuf.message import Message
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2 as metrics_pb
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as trace_pb
from opentelemetry.proto.resource.v1.resource_pb2 import Resource

from services.ingest.arrival import Arrival, Part
from services.ingest.intake.intake import Intake
from services.ingest.kinds import METRIC_POINTS, SPANS
from services.ingest.otlp.points import judge_points
from services.ingest.otlp.resources import workspaces
from services.ingest.otlp.traces import judge_spans
from services.ingest.prices.pricing import set_price
from services.ingest.prices.source import PriceSource
from services.runtime.call import current_call
from services.runtime.interceptors.authorisation import check_content
from services.runtime.validator import MessageValidator
from services.warehouse.facts.model import Outcome, Recorded

SPAN_CONFLICT = "trace_id: the trace has as many spans as a trace may have"
POINT_CONFLICT = "the series has another value at that time"
TOO_OLD = "it is from before what the workspace still keeps"


class Exporting:
    """Judges what came, records what is good, and says what is not."""

    def __init__(self, intake: Intake, validator: MessageValidator, prices: PriceSource) -> None:
        self._intake = intake
        self._validator = validator
        self._prices = prices

    async def traces(
        self, request: trace_pb.ExportTraceServiceRequest
    ) -> trace_pb.ExportTraceServiceResponse:
        workspace_id = _workspace(one.resource for one in request.resource_spans)
        judged = judge_spans(request, self._validator)
        table = self._prices.table()
        for item in judged.spans:
            set_price(item, table)
        part = Part(SPANS, judged.spans, len(judged.refused))
        recorded = await self._take(workspace_id, part, request)
        outcomes = [one.outcome for one in recorded or ()]
        judged.refused += [SPAN_CONFLICT] * outcomes.count(Outcome.CONFLICT)
        judged.refused += [TOO_OLD] * outcomes.count(Outcome.TOO_OLD)
        return judged.response()

    async def metrics(
        self, request: metrics_pb.ExportMetricsServiceRequest
    ) -> metrics_pb.ExportMetricsServiceResponse:
        workspace_id = _workspace(one.resource for one in request.resource_metrics)
        judged = judge_points(request, self._validator)
        part = Part(METRIC_POINTS, judged.points, len(judged.refused))
        recorded = await self._take(workspace_id, part, request)
        if recorded is not None:
            told = iter(recorded)
            outcomes = [{next(told).outcome for _ in group} for group in judged.groups]
            judged.refused += [POINT_CONFLICT for one in outcomes if Outcome.CONFLICT in one]
            judged.refused += [TOO_OLD for one in outcomes if Outcome.TOO_OLD in one]
        return judged.response()

    async def _take(
        self, workspace_id: str, part: Part, request: Message
    ) -> Sequence[Recorded] | None:
        """What became of the items; None if that is not known yet."""
        if not part.items and not part.refused:
            return ()
        recorded = await self._intake.take(Arrival(workspace_id, [part], request.ByteSize()))
        return None if recorded is None else recorded[part.kind.kind]


def _workspace(resources: Iterable[Resource]) -> str:
    """That of the call, which nothing in the export may contradict."""
    call = current_call()
    check_content(call, workspaces(resources))
    return call.workspace_id
