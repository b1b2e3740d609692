"""What is told on the event bus of a report."""

from typing import Any

from shadower.reports.v1.report_definition_pb2 import ReportDefinition, ReportFormat

from services.reports.linking import Way
from services.warehouse.bus.publishing import Published
from services.warehouse.reports.reports import KeptReport


def generated(kept: KeptReport, message: ReportDefinition, way: Way | None) -> Published:
    """With a way to it, if there is one for those who are to be told."""
    more = {} if way is None else {"url": way[1], "expireTime": way[0].expires_at.isoformat()}
    return Published("report.generated", _data(kept, message, "DONE") | more)


def failed(kept: KeptReport, message: ReportDefinition, reason: str, words: str) -> Published:
    more = {"reason": reason, "message": words}
    return Published("report.failed", _data(kept, message, "FAILED") | more)


def _data(kept: KeptReport, message: ReportDefinition, state: str) -> dict[str, Any]:
    return {
        "reportId": kept.report_id,
        "definitionId": kept.definition_id,
        "title": message.title,
        "state": f"REPORT_STATE_{state}",
        "startTime": kept.starts_at.isoformat(),
        "endTime": kept.ends_at.isoformat(),
        "formats": [ReportFormat.Name(one) for one in message.formats],
        "recipients": list(message.recipients),
    }
