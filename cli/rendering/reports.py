"""Reports and their definitions as people read them."""

from collections.abc import Iterable, Iterator
from zoneinfo import ZoneInfo

from rich.console import RenderableType
from shadower.reports.v1.report_definition_pb2 import KeptReportDefinition, ReportFormat
from shadower.reports.v1.report_pb2 import Report, ReportState

from cli.rendering.tables import table, zoned
from cli.rendering.values import time, time_if, word

STATE, FORMAT = "REPORT_STATE_", "REPORT_FORMAT_"


def reports_table(told: Iterable[Report], zone: ZoneInfo) -> Iterator[RenderableType]:
    rows = (
        (
            one.report_id,
            word(ReportState, one.state, STATE),
            f"{one.progress}",
            one.title,
            time_if(one.interval, "start_time", zone),
            time_if(one.interval, "end_time", zone),
            time(one.create_time, zone),
            ", ".join(word(ReportFormat, file.format, FORMAT) for file in one.files),
            one.failure_reason,
        )
        for one in told
    )
    headings = ("id", "state", ">made [%]", "title", "from", "to", "asked for", "files", "failure")
    yield table(headings, rows)
    yield zoned(zone)


def definitions_table(
    told: Iterable[KeptReportDefinition], zone: ZoneInfo
) -> Iterator[RenderableType]:
    yield table(("id", "title", "formats", "changed"), (_definition(one, zone) for one in told))
    yield zoned(zone)


def applied_table(
    told: Iterable[tuple[KeptReportDefinition, str]], zone: ZoneInfo
) -> Iterator[RenderableType]:
    rows = ((*_definition(one, zone), outcome) for one, outcome in told)
    yield table(("id", "title", "formats", "changed", "applied"), rows)
    yield zoned(zone)


def _definition(one: KeptReportDefinition, zone: ZoneInfo) -> tuple[str, ...]:
    return (
        one.definition_id,
        one.definition.title,
        ", ".join(word(ReportFormat, each, FORMAT) for each in one.definition.formats),
        time(one.update_time, zone),
    )
