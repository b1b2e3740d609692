"""What is told on the event bus of a report."""

from typing import Any

from shadower.reports.v1.report_definition_pb2 import ReportDefinition, ReportFormat

from services.warehouse.bus.publishing import Published
from services.warehouse.reports.links import KeptLink
from services.warehouse.reports.reports import KeptReport


def generated(kept: KeptReport, message: ReportDefinition, link: KeptLink, url: str) -> Published:
    more = {"url": url, "expireTime": link.expires_at.isoformat()}
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
