"""Reports that somebody asks for."""

from datetime import datetime

from shadower.reports.v1.report_definition_pb2 import ReportDefinition
from shadower.reports.v1.reports_service_pb2 import GenerateReportRequest

from services.reports.definitions import (
    interval_at,
    may_name_users,
    read,
    retention_of,
    write,
    zone_of,
)
from services.runtime.faults import AlreadyExists, invalid_field
from services.runtime.times import to_datetime
from services.warehouse.database import Session
from services.warehouse.reports.definitions import get_definition, take_turn
from services.warehouse.reports.reports import (
    KeptReport,
    NewReport,
    check_room,
    create_report,
    find_report,
    get_report,
)


async def ask(session: Session, request: GenerateReportRequest, by: str) -> KeptReport:
    """Raises NotFound, AlreadyExists, ResourceExhausted or InvalidArgument."""
    await take_turn(session)
    known = await find_report(session, request.report_id)
    if known is None:
        return await _ask_anew(session, request, by)
    if not _is_same(known, request):
        raise AlreadyExists(
            "REPORT_EXISTS",
            f"there is a report {request.report_id} that is another one",
            metadata={"reportId": request.report_id},
        )
    return known


async def _ask_anew(session: Session, request: GenerateReportRequest, by: str) -> KeptReport:
    message = await _definition(session, request)
    start, end = _interval(request, message, session.as_of)
    await check_room(session)
    new = NewReport(
        report_id=request.report_id,
        definition_id=request.definition_id,
        definition=write(message),
        starts_at=start,
        ends_at=end,
        due_at=None,
        missed=0,
        requested_by=by,
        may_name_users=may_name_users(message),
        retention=retention_of(message),
    )
    await create_report(session, new)
    return await get_report(session, request.report_id)


async def _definition(session: Session, request: GenerateReportRequest) -> ReportDefinition:
    if request.HasField("definition"):
        return request.definition
    return read((await get_definition(session, request.definition_id)).definition)


def _interval(
    request: GenerateReportRequest, message: ReportDefinition, now: datetime
) -> tuple[datetime, datetime]:
    if not request.HasField("interval"):
        return interval_at(message, zone_of(message), now)
    start, end = map(to_datetime, (request.interval.start_time, request.interval.end_time))
    if end > now:
        raise invalid_field("interval.end_time", "is not over yet")
    return start, end


def _is_same(known: KeptReport, request: GenerateReportRequest) -> bool:
    """Whether the question is the one that the known report answers."""
    given = request.HasField("definition")
    if known.due_at is not None or known.definition_id != request.definition_id:
        return False
    if given and read(known.definition) != request.definition:
        return False
    times = map(to_datetime, (request.interval.start_time, request.interval.end_time))
    return not request.HasField("interval") or tuple(times) == (known.starts_at, known.ends_at)
