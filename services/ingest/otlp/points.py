"""An export of metrics, judged point by point."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsPartialSuccess,
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from shadower.ingest.v1.metric_point_pb2 import MetricPoint

from services.ingest.checks import check_point
from services.ingest.otlp.metrics import DataPoint, data_points, to_points
from services.ingest.otlp.refusals import refusals_in_words
from services.runtime.faults import InvalidArgument
from services.runtime.validator import MessageValidator

# OpenTelemetry's own default; far fewer of them fit among a point's tags.
MAX_POINT_ATTRIBUTES = 128


@dataclass
class JudgedPoints:
    """The good ones, those of one of OTLP's points together, and why others are not."""

    groups: list[list[MetricPoint]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    @property
    def points(self) -> list[MetricPoint]:
        return [point for group in self.groups for point in group]

    def response(self) -> ExportMetricsServiceResponse:
        if not self.refused:
            return ExportMetricsServiceResponse()
        partial = ExportMetricsPartialSuccess(
            rejected_data_points=len(self.refused), error_message=refusals_in_words(self.refused)
        )
        return ExportMetricsServiceResponse(partial_success=partial)


def judge_points(request: ExportMetricsServiceRequest, validator: MessageValidator) -> JudgedPoints:
    judged = JudgedPoints()
    for told in data_points(request):
        if not told.is_without_value:
            _judge(told, judged, validator)
    return judged


def _judge(told: DataPoint, judged: JudgedPoints, validator: MessageValidator) -> None:
    if len(told.data.attributes) > MAX_POINT_ATTRIBUTES:
        judged.refused.append(f"a point has more than {MAX_POINT_ATTRIBUTES} attributes")
        return
    points = to_points(told)
    wrong = _what_is_wrong(points, validator)
    if wrong:
        judged.refused.append(wrong)
    else:
        judged.groups.append(points)


def _what_is_wrong(points: Sequence[MetricPoint], validator: MessageValidator) -> str:
    for point in points:
        for violation in validator.violations(point)[:1]:
            return f"{violation.field}: {violation.description}"
        try:
            check_point(point, "")
        except InvalidArgument as fault:
            return fault.message
    return "" if points else "a point has no value"
