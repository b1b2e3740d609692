"""From what is kept of definitions, reports and links to the contract's messages."""

from shadower.common.v1.time_interval_pb2 import TimeInterval
from shadower.reports.v1 import report_pb2 as pb
from shadower.reports.v1.report_definition_pb2 import (
    KeptReportDefinition,
    ReportFormat,
    ReportSection,
)

from services.reports.definitions import read
from services.runtime.times import optional_timestamp, to_timestamp
from services.translation.ids import etag_of
from services.warehouse.reports.definitions import KeptDefinition
from services.warehouse.reports.links import KeptLink
from services.warehouse.reports.reports import Absent, File, KeptReport


def kept_definition(kept: KeptDefinition) -> KeptReportDefinition:
    return KeptReportDefinition(
        definition_id=kept.definition_id,
        definition=read(kept.definition),
        etag=etag_of(kept),
        create_time=to_timestamp(kept.created_at),
        update_time=to_timestamp(kept.updated_at),
        updated_by=kept.updated_by,
        due_time=optional_timestamp(kept.due_at),
    )


def report(kept: KeptReport) -> pb.Report:
    said = read(kept.definition)
    is_complete = kept.complete_until is not None and kept.complete_until >= kept.ends_at
    return pb.Report(
        report_id=kept.report_id,
        definition_id=kept.definition_id,
        title=said.title,
        state=pb.ReportState.Value(f"REPORT_STATE_{kept.state.upper()}"),
        progress=kept.progress,
        interval=TimeInterval(
            start_time=to_timestamp(kept.starts_at), end_time=to_timestamp(kept.ends_at)
        ),
        time_zone=said.time_zone,
        sections=said.sections,
        formats=said.formats,
        due_time=optional_timestamp(kept.due_at),
        missed=kept.missed,
        create_time=to_timestamp(kept.created_at),
        requested_by=kept.requested_by,
        attempts=kept.attempts,
        failure_reason=kept.failure_reason,
        failure_message=kept.failure_message,
        end_time=optional_timestamp(kept.ended_at),
        as_of=optional_timestamp(kept.as_of),
        complete_until=optional_timestamp(kept.complete_until),
        complete=is_complete,
        files=map(_file, kept.files),
        absent_sections=map(_absent, kept.absent_sections),
        expire_time=to_timestamp(kept.expires_at),
    )


def link(kept: KeptLink) -> pb.ReportLink:
    return pb.ReportLink(
        link_id=kept.link_id,
        report_id=kept.report_id,
        create_time=to_timestamp(kept.created_at),
        created_by=kept.created_by,
        expire_time=to_timestamp(kept.expires_at),
        opened=kept.opened,
    )


def _file(kept: File) -> pb.ReportFile:
    return pb.ReportFile(
        format=ReportFormat.Value(f"REPORT_FORMAT_{kept.format.upper()}"),
        content_type=kept.content_type,
        size_bytes=kept.size,
        sha256=kept.sha256,
    )


def _absent(kept: Absent) -> pb.AbsentSection:
    return pb.AbsentSection(
        section=ReportSection.Value(f"REPORT_SECTION_{kept.section.upper()}"), reason=kept.reason
    )
