"""ReportsService: reports, and ways to them; definitions are beside."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from shadower.common.v1.time_interval_pb2 import TimeInterval
from shadower.reports.v1 import report_pb2
from shadower.reports.v1 import reports_service_pb2 as pb

from services.reports import answers, places
from services.reports.asking import ask
from services.reports.cleaning import Cleaner
from services.reports.defining.servicer import DEFAULT_PAGE, MAX_PAGE, DefinitionsServicer, caller
from services.reports.definitions import interval_at, schedule_of, zone_of
from services.reports.downloading import check_sees, file_of, stream
from services.reports.erasing import Eraser
from services.reports.linking import USUAL_LIFETIME, Linking, follow
from services.reports.making import Maker
from services.reports.planning import Planner
from services.reports.working import Worker
from services.runtime.call import Context, current_call
from services.runtime.objects import Objects
from services.runtime.times import from_duration, to_datetime, to_timestamp
from services.translation import requests
from services.translation.pages import page_size
from services.warehouse.database import Database
from services.warehouse.reports.links import list_links, revoke_link
from services.warehouse.reports.reports import (
    KeptReport,
    ReportQuery,
    cancel_report,
    delete_report,
    get_report,
    list_reports,
)

USUAL_DUE_TIMES = 5
USUAL_REPORTS, USUAL_EXPIRED = 100, 1_000
LOOK_UP_SECONDS = 5.0
EVERYWHERE = "shadower-system"


@dataclass(frozen=True)
class Workshop:
    """Who does what is more than to look something up."""

    planner: Planner
    maker: Maker
    worker: Worker
    cleaner: Cleaner
    eraser: Eraser
    linking: Linking
    objects: Objects


class ReportsServicer(DefinitionsServicer):
    """Translates between the contract and definitions, reports and links as they are kept."""

    def __init__(self, database: Database, workshop: Workshop) -> None:
        super().__init__(database)
        self._workshop = workshop

    async def PreviewSchedule(
        self, request: pb.PreviewScheduleRequest, context: Context
    ) -> pb.PreviewScheduleResponse:
        zone = requests.zone(request.time_zone)
        given = request.HasField("after_time")
        after = to_datetime(request.after_time) if given else datetime.now(UTC)
        due = schedule_of(request.schedule, zone).after(after)
        response = pb.PreviewScheduleResponse()
        for time in islice(due, request.count or USUAL_DUE_TIMES):
            interval = interval_at(request, zone, time) if request.period else None
            response.due_reports.add(due_time=to_timestamp(time), interval=_interval(interval))
        return response

    async def GenerateReport(
        self, request: pb.GenerateReportRequest, context: Context
    ) -> pb.GenerateReportResponse:
        if request.HasField("definition"):
            zone_of(request.definition)
        async with self._database.writing(request.workspace_id) as session:
            kept = await ask(session, request, caller())
        self._workshop.worker.wake()
        return pb.GenerateReportResponse(report=answers.report(kept))

    async def GetReport(
        self, request: pb.GetReportRequest, context: Context
    ) -> pb.GetReportResponse:
        kept = await self._report(request.workspace_id, request.report_id)
        return pb.GetReportResponse(report=answers.report(kept))

    async def ListReports(
        self, request: pb.ListReportsRequest, context: Context
    ) -> pb.ListReportsResponse:
        limit = page_size(request.page_size, DEFAULT_PAGE, MAX_PAGE)
        states = [_state(number) for number in request.states]
        place = places.before_report(request)
        query = ReportQuery(states, request.definition, limit + 1, place)
        async with self._database.reading(request.workspace_id) as session:
            found = await list_reports(session, query)
        return pb.ListReportsResponse(
            reports=map(answers.report, found[:limit]),
            next_page_token=places.following_report(request, found, limit),
            as_of=to_timestamp(session.as_of),
        )

    async def CancelReport(
        self, request: pb.CancelReportRequest, context: Context
    ) -> pb.CancelReportResponse:
        async with self._database.writing(request.workspace_id) as session:
            await cancel_report(session, request.report_id)
            kept = await get_report(session, request.report_id)
        return pb.CancelReportResponse(report=answers.report(kept))

    async def DeleteReport(
        self, request: pb.DeleteReportRequest, context: Context
    ) -> pb.DeleteReportResponse:
        async with self._database.writing(request.workspace_id) as session:
            keys = await delete_report(session, request.report_id)
        await self._workshop.objects.delete(keys)
        return pb.DeleteReportResponse()

    async def DownloadReport(
        self, request: pb.DownloadReportRequest, context: Context
    ) -> AsyncIterator[pb.DownloadReportResponse]:
        async with asyncio.timeout(LOOK_UP_SECONDS):
            kept = await self._report(request.workspace_id, request.report_id)
        check_sees(kept, current_call().principal.permissions)
        async for part in self._stream(kept, request, context, pb.DownloadReportResponse):
            yield part

    async def CreateReportLink(
        self, request: pb.CreateReportLinkRequest, context: Context
    ) -> pb.CreateReportLinkResponse:
        given = request.HasField("lifetime")
        lifetime = from_duration(request.lifetime) if given else USUAL_LIFETIME
        asked = (request.report_id, caller(), lifetime)
        async with self._database.writing(request.workspace_id) as session:
            report = await get_report(session, request.report_id)
            # Whoever has the link sees what its maker does.
            check_sees(report, current_call().principal.permissions)
            file_of(report, 0)
            kept, url = await self._workshop.linking.make(session, *asked)
        return pb.CreateReportLinkResponse(link=answers.link(kept), url=url)

    async def ListReportLinks(
        self, request: pb.ListReportLinksRequest, context: Context
    ) -> pb.ListReportLinksResponse:
        async with self._database.reading(request.workspace_id) as session:
            await get_report(session, request.report_id)
            found = await list_links(session, request.report_id)
        return pb.ListReportLinksResponse(links=map(answers.link, found))

    async def RevokeReportLink(
        self, request: pb.RevokeReportLinkRequest, context: Context
    ) -> pb.RevokeReportLinkResponse:
        async with self._database.writing(request.workspace_id) as session:
            await revoke_link(session, request.link_id)
        return pb.RevokeReportLinkResponse()

    async def OpenReportLink(
        self, request: pb.OpenReportLinkRequest, context: Context
    ) -> AsyncIterator[pb.OpenReportLinkResponse]:
        kept = await self._behind(request)
        async for part in self._stream(kept, request, context, pb.OpenReportLinkResponse):
            yield part

    async def _behind(self, request: pb.OpenReportLinkRequest) -> KeptReport:
        """The report that a link leads to. Streams have no deadline, and anybody may ask."""
        async with (
            asyncio.timeout(LOOK_UP_SECONDS),
            self._database.writing(request.workspace_id) as session,
        ):
            report_id = await follow(session, request.link_id, request.secret)
            kept = await get_report(session, report_id)
        call = current_call()
        call.is_let_in = True
        call.facts["reportId"] = report_id
        return kept

    async def GenerateDueReports(
        self, request: pb.GenerateDueReportsRequest, context: Context
    ) -> pb.GenerateDueReportsResponse:
        workspace, workshop = _workspace(request), self._workshop
        planned = await workshop.planner.plan(workspace, request.max_reports or USUAL_REPORTS)
        workshop.worker.wake()
        return pb.GenerateDueReportsResponse(
            planned=planned.reports,
            missed=planned.missed,
            remaining=await workshop.planner.count(workspace),
            waiting=await workshop.maker.count(workspace),
        )

    async def CleanUpReports(
        self, request: pb.CleanUpReportsRequest, context: Context
    ) -> pb.CleanUpReportsResponse:
        workspace, cleaner = _workspace(request), self._workshop.cleaner
        cleaned = await cleaner.clean(workspace, request.max_reports or USUAL_EXPIRED)
        return pb.CleanUpReportsResponse(
            reports=cleaned.reports,
            links=cleaned.links,
            objects=cleaned.objects,
            remaining=cleaned.workspaces_left + await cleaner.count(workspace),
        )

    async def EraseReports(
        self, request: pb.EraseReportsRequest, context: Context
    ) -> pb.EraseReportsResponse:
        erased = await self._workshop.eraser.erase(request.workspace_id, request.user_id)
        return pb.EraseReportsResponse(
            definitions=erased.definitions,
            reports=erased.reports,
            links=erased.links,
            objects=erased.objects,
            names=erased.names,
        )

    async def _report(self, workspace_id: str, report_id: str) -> KeptReport:
        async with self._database.reading(workspace_id) as session:
            return await get_report(session, report_id)

    def _stream(
        self, kept: KeptReport, request: Any, context: Context, answer: Any
    ) -> AsyncIterator[Any]:
        file = file_of(kept, request.format)
        return stream(self._workshop.objects, kept, file, context, answer)


def _workspace(request: Any) -> str | None:
    """None stands for all."""
    return None if request.workspace_id == EVERYWHERE else request.workspace_id


def _interval(ends: tuple[datetime, datetime] | None) -> TimeInterval | None:
    if ends is None:
        return None
    return TimeInterval(start_time=to_timestamp(ends[0]), end_time=to_timestamp(ends[1]))


def _state(number: "report_pb2.ReportState.ValueType") -> str:
    return report_pb2.ReportState.Name(number).removeprefix("REPORT_STATE_").lower()
