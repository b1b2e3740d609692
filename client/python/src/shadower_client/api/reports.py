"""Of shadower.reports.v1.

Made from the contract by tools/client, and not to be edited.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from shadower.reports.v1 import reports_service_pb2

from shadower_client.api import (
    common,
)
from shadower_client.calling import Caller
from shadower_client.calling_async import AsyncCaller
from shadower_client.frames import Table
from shadower_client.interval import Interval
from shadower_client.message import Message, OpenEnum, named
from shadower_client.method import Method
from shadower_client.native import Chunk
from shadower_client.pages import AsyncPages, Pages


@named("shadower.reports.v1.ReportSection")
class ReportSection(OpenEnum):
    """A chapter of a report."""

    UNSPECIFIED = 0
    """Not set; refused."""
    SUMMARY = 1
    """How the workspace did, beside the period before."""
    AGENTS = 2
    """The agents that ran most."""
    USERS = 3
    """The users who ran most."""
    COST = 4
    """What it cost, by model and by agent."""
    TRENDS = 5
    """How it went over time."""
    COMPARISON = 6
    """Every metric beside the period of equal length before."""
    ANOMALIES = 7
    """What alert rules of anomalies found."""
    ALERTS = 8
    """The alerts that began in the period."""


@named("shadower.reports.v1.ReportFormat")
class ReportFormat(OpenEnum):
    """How a report is written."""

    UNSPECIFIED = 0
    """Not set; refused. In a question, the first format of the report."""
    HTML = 1
    """One file that needs nothing else, with charts, for screen and paper."""
    PDF = 2
    """PDF, with charts."""
    CSV = 3
    """Its tables as comma-separated values."""
    JSON = 4
    """All that it says as JSON."""
    XLSX = 5
    """A workbook with a sheet for each table."""
    PARQUET = 6
    """Its tables as Apache Parquet."""


@named("shadower.reports.v1.ReportPeriod")
class ReportPeriod(OpenEnum):
    """What time a report is about: whole days of its time zone, and none that is not over."""

    UNSPECIFIED = 0
    """Not set; refused."""
    LAST_DAY = 1
    """The last whole day."""
    LAST_WEEK = 2
    """The last whole week, from Monday."""
    LAST_MONTH = 3
    """The last whole month."""
    LAST_QUARTER = 4
    """The last whole quarter: from January, April, July or October."""
    LAST_DAYS = 5
    """The last whole days, as many as period_days says."""


@named("shadower.reports.v1.ReportFrequency")
class ReportFrequency(OpenEnum):
    """How often a report is made."""

    UNSPECIFIED = 0
    """Not set; refused."""
    DAILY = 1
    """Every day."""
    WEEKLY = 2
    """Once a week, on a day of the week."""
    MONTHLY = 3
    """Once a month, on a day of the month."""
    QUARTERLY = 4
    """Once a quarter, on a day of a month of the quarter."""


@named("shadower.reports.v1.ReportState")
class ReportState(OpenEnum):
    """How far a report is."""

    UNSPECIFIED = 0
    """Not set; refused."""
    PENDING = 1
    """It waits for somebody who makes it: for the first time, or again after it failed, or for
    its facts to be complete.
    """
    RUNNING = 2
    """Somebody makes it."""
    DONE = 3
    """It is there."""
    FAILED = 4
    """It could not be made, however often that was tried."""
    CANCELLED = 5
    """Somebody took the wish for it back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportSchedule(Message):
    """When a report is made: at a local time of the definition's time zone. A time that a
    change of clocks leaves out is the first instant after the gap; of one that comes twice,
    the first counts.
    """

    PROTO: ClassVar[str] = "shadower.reports.v1.ReportSchedule"
    frequency: ReportFrequency
    """How often. Required."""
    local_time: str
    """The local time, from "00:00" to "23:59". Required."""
    weekday: int = 0
    """The day of the week by ISO 8601: 1 (Monday) to 7 (Sunday)."""
    day_of_month: int = 0
    """The day of the month, 1 to 31. In a month that has fewer days, its last one."""
    month_of_quarter: int = 0
    """The month of the quarter, 1 to 3; if 0, the first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportDefinition(Message):
    """What a report tells, of what time, in which formats, when it is made, and who is told."""

    PROTO: ClassVar[str] = "shadower.reports.v1.ReportDefinition"
    title: str
    """What stands above it: 1 to 200 characters, none of which is a control character. HTML in
    it is text.
    """
    sections: Sequence[ReportSection]
    """Its chapters in their order, each once; 1 to 8."""
    filter: common.Filter | None = None
    """Which executions count; tags must be empty. Alerts are those of all rules, whatever the
    filter.
    """
    period: ReportPeriod
    """What time it is about. Required."""
    period_days: int = 0
    """How many days, 1 to 366; for REPORT_PERIOD_LAST_DAYS only."""
    time_zone: str = ""
    """Time zone of its days and of its schedule as an IANA name, such as "Europe/Berlin". If
    empty, UTC.
    """
    formats: Sequence[ReportFormat]
    """The formats in which it is written, each once; 1 to 6."""
    schedule: ReportSchedule | None = None
    """When it is made. If not set, whenever somebody asks for it."""
    recipients: Sequence[str] = ()
    """Who is told when it is there: ids of notification targets. At most 20."""
    disabled: bool = False
    """Whether its schedule rests. What came due meanwhile is not made up for."""
    retention: timedelta | None = None
    """How long its reports are kept: 1 hour to 366 days; if not set, 30 days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptReportDefinition(Message):
    """A definition as it lies in its workspace."""

    PROTO: ClassVar[str] = "shadower.reports.v1.KeptReportDefinition"
    definition_id: str = ""
    """Its id in the workspace."""
    definition: ReportDefinition
    """What it says."""
    etag: str = ""
    """Stands for what it says now; see UpdateDefinition."""
    create_time: datetime | None = None
    """When it was made."""
    update_time: datetime | None = None
    """When it was changed last."""
    updated_by: str = ""
    """The subject of who changed it last."""
    due_time: datetime | None = None
    """When its next report is due; absent without a schedule, or while that rests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report(Message):
    """A report that was asked for, or came due."""

    PROTO: ClassVar[str] = "shadower.reports.v1.Report"
    report_id: str = ""
    """Its id in the workspace."""
    definition_id: str = ""
    """The definition that it was made by; empty if it was asked for without one."""
    title: str = ""
    """What stands above it."""
    state: ReportState = ReportState.UNSPECIFIED
    """How far it is."""
    progress: int = 0
    """How much of it is made, 0 to 100 per cent."""
    interval: common.TimeInterval
    """The time that it is about."""
    time_zone: str = ""
    """Time zone of its days."""
    sections: tuple[ReportSection, ...] = ()
    """Its chapters."""
    formats: tuple[ReportFormat, ...] = ()
    """The formats that it is asked for in."""
    due_time: datetime | None = None
    """When it was due; absent if somebody asked for it."""
    missed: int = 0
    """How many due times before that one have no report, because nobody made one in time."""
    create_time: datetime | None = None
    """When it was asked for, or found due."""
    requested_by: str = ""
    """The subject of who asked for it; "schedule" if it was due."""
    attempts: int = 0
    """How often it was begun."""
    failure_reason: str = ""
    """Why it could not be made, or not yet: a code in capital letters, such as "UNAVAILABLE";
    empty if nothing failed.
    """
    failure_message: str = ""
    """The same in words."""
    end_time: datetime | None = None
    """When it was done, or had failed, or was cancelled; absent before."""
    as_of: datetime
    """Everything committed by this moment is counted in each of its numbers, and in some of
    them more: they are answers to several questions, and this is the earliest moment of
    these.
    """
    complete_until: datetime | None = None
    """Everything acknowledged by this moment is counted, or put aside as a dead letter; the
    earliest moment of its answers. Absent if that was not known.
    """
    complete: bool = False
    """Whether complete_until reaches to the end of its interval. If not, facts were missing
    after ten minutes of waiting, and the report says so.
    """
    files: tuple[ReportFile, ...] = ()
    """What there is to download."""
    absent_sections: tuple[AbsentSection, ...] = ()
    """Chapters that could not be told, and why."""
    expire_time: datetime | None = None
    """When it is deleted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFile(Message):
    """A report in one format."""

    PROTO: ClassVar[str] = "shadower.reports.v1.ReportFile"
    format: ReportFormat = ReportFormat.UNSPECIFIED
    """The format."""
    content_type: str = ""
    """Its media type."""
    size_bytes: int = 0
    """Its size in bytes."""
    sha256: str = ""
    """SHA-256 of its bytes, in hexadecimal digits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AbsentSection(Message):
    """A chapter that a service would not, or could not, give the numbers of."""

    PROTO: ClassVar[str] = "shadower.reports.v1.AbsentSection"
    section: ReportSection = ReportSection.UNSPECIFIED
    """The chapter."""
    reason: str = ""
    """Why, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportLink(Message):
    """A way to a report for whoever has no token: it lets in whoever has its URL, until it
    expires.
    """

    PROTO: ClassVar[str] = "shadower.reports.v1.ReportLink"
    link_id: str = ""
    """Its id in the workspace."""
    report_id: str = ""
    """The report that it leads to."""
    create_time: datetime | None = None
    """When it was made."""
    created_by: str = ""
    """The subject of who made it; "schedule" if it was made to tell recipients."""
    expire_time: datetime | None = None
    """When it leads nowhere any more."""
    opened: int = 0
    """How often it was opened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateDefinitionResponse(Message):
    """What is kept."""

    PROTO: ClassVar[str] = "shadower.reports.v1.CreateDefinitionResponse"
    definition: KeptReportDefinition
    """The definition, as it is kept now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GetDefinitionResponse(Message):
    """A definition."""

    PROTO: ClassVar[str] = "shadower.reports.v1.GetDefinitionResponse"
    definition: KeptReportDefinition
    """The definition, as it is kept now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListDefinitionsResponse(Message, Table):
    """A page of definitions."""

    PROTO: ClassVar[str] = "shadower.reports.v1.ListDefinitionsResponse"
    ITEMS: ClassVar[str] = "definitions"
    definitions: tuple[KeptReportDefinition, ...] = ()
    """By their ids."""
    next_page_token: str = ""
    """Where to go on; empty at the end."""
    as_of: datetime
    """Everything committed by this moment is regarded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateDefinitionResponse(Message):
    """What is kept."""

    PROTO: ClassVar[str] = "shadower.reports.v1.UpdateDefinitionResponse"
    definition: KeptReportDefinition
    """The definition, as it is kept now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteDefinitionResponse(Message):
    """The definition is not there any more."""

    PROTO: ClassVar[str] = "shadower.reports.v1.DeleteDefinitionResponse"


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewScheduleResponse(Message, Table):
    """When it is due."""

    PROTO: ClassVar[str] = "shadower.reports.v1.PreviewScheduleResponse"
    ITEMS: ClassVar[str] = "due_reports"
    due_reports: tuple[DueReport, ...] = ()
    """In order of time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DueReport(Message):
    """A report as it will be due."""

    PROTO: ClassVar[str] = "shadower.reports.v1.DueReport"
    due_time: datetime | None = None
    """When it is due."""
    interval: common.TimeInterval | None = None
    """The time that it is about; absent if the request names no period."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerateReportResponse(Message):
    """The report that was asked for."""

    PROTO: ClassVar[str] = "shadower.reports.v1.GenerateReportResponse"
    report: Report
    """Pending, if this call was the first that asked for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GetReportResponse(Message):
    """A report."""

    PROTO: ClassVar[str] = "shadower.reports.v1.GetReportResponse"
    report: Report
    """The report, as it is now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListReportsResponse(Message, Table):
    """A page of reports."""

    PROTO: ClassVar[str] = "shadower.reports.v1.ListReportsResponse"
    ITEMS: ClassVar[str] = "reports"
    reports: tuple[Report, ...] = ()
    """Those that were asked for last first."""
    next_page_token: str = ""
    """Where to go on; empty at the end."""
    as_of: datetime
    """Everything committed by this moment is regarded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelReportResponse(Message):
    """The report."""

    PROTO: ClassVar[str] = "shadower.reports.v1.CancelReportResponse"
    report: Report
    """The report, as it is now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteReportResponse(Message):
    """The report is not there any more."""

    PROTO: ClassVar[str] = "shadower.reports.v1.DeleteReportResponse"


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadReportResponse(Message):
    """A part of a report."""

    PROTO: ClassVar[str] = "shadower.reports.v1.DownloadReportResponse"
    body: Chunk
    """A part of the content, and in the first one its media type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateReportLinkResponse(Message):
    """A link."""

    PROTO: ClassVar[str] = "shadower.reports.v1.CreateReportLinkResponse"
    link: ReportLink
    """The link."""
    url: str = ""
    """Where it leads to, with its secret. It is told here, and never again. For another format
    than the first of the report, add "&format=REPORT_FORMAT_CSV" or the like.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class ListReportLinksResponse(Message, Table):
    """The links to a report."""

    PROTO: ClassVar[str] = "shadower.reports.v1.ListReportLinksResponse"
    ITEMS: ClassVar[str] = "links"
    links: tuple[ReportLink, ...] = ()
    """By their ids, without their secrets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokeReportLinkResponse(Message):
    """The link leads nowhere."""

    PROTO: ClassVar[str] = "shadower.reports.v1.RevokeReportLinkResponse"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenReportLinkResponse(Message):
    """A part of a report."""

    PROTO: ClassVar[str] = "shadower.reports.v1.OpenReportLinkResponse"
    body: Chunk
    """A part of the content, and in the first one its media type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerateDueReportsResponse(Message):
    """What was planned."""

    PROTO: ClassVar[str] = "shadower.reports.v1.GenerateDueReportsResponse"
    planned: int = 0
    """Due times that became reports."""
    missed: int = 0
    """Due times that passed without a report of their own, since a later one has passed, too."""
    remaining: int = 0
    """Definitions that are still due: call again at once if there are any."""
    waiting: int = 0
    """Reports that wait to be made, those planned by this call among them; 10,000 if there are
    more.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanUpReportsResponse(Message):
    """What was deleted."""

    PROTO: ClassVar[str] = "shadower.reports.v1.CleanUpReportsResponse"
    reports: int = 0
    """Reports that had expired."""
    links: int = 0
    """Links that had expired, beside those of these reports."""
    objects: int = 0
    """Objects of the store that belonged to these reports, or to none."""
    remaining: int = 0
    """Reports that have expired and are still there, and workspaces whose objects this round
    has not looked at yet: call again at once if there are any. A round goes on where the
    last call had no more time.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class EraseReportsResponse(Message):
    """What was deleted."""

    PROTO: ClassVar[str] = "shadower.reports.v1.EraseReportsResponse"
    definitions: int = 0
    """Definitions."""
    reports: int = 0
    """Reports."""
    links: int = 0
    """Links."""
    objects: int = 0
    """Objects of the store."""
    names: int = 0
    """Names of the user in what stays, in whose place "erased" stands now."""


CREATE_DEFINITION = Method(
    "/shadower.reports.v1.ReportsService/CreateDefinition",
    reports_service_pb2.CreateDefinitionRequest,
    reports_service_pb2.CreateDefinitionResponse,
    KeptReportDefinition,
    is_idempotent=True,
    unwrap="definition",
)

GET_DEFINITION = Method(
    "/shadower.reports.v1.ReportsService/GetDefinition",
    reports_service_pb2.GetDefinitionRequest,
    reports_service_pb2.GetDefinitionResponse,
    KeptReportDefinition,
    is_idempotent=True,
    unwrap="definition",
)

LIST_DEFINITIONS = Method(
    "/shadower.reports.v1.ReportsService/ListDefinitions",
    reports_service_pb2.ListDefinitionsRequest,
    reports_service_pb2.ListDefinitionsResponse,
    ListDefinitionsResponse,
    is_idempotent=True,
)

UPDATE_DEFINITION = Method(
    "/shadower.reports.v1.ReportsService/UpdateDefinition",
    reports_service_pb2.UpdateDefinitionRequest,
    reports_service_pb2.UpdateDefinitionResponse,
    KeptReportDefinition,
    is_idempotent=True,
    unwrap="definition",
)

DELETE_DEFINITION = Method(
    "/shadower.reports.v1.ReportsService/DeleteDefinition",
    reports_service_pb2.DeleteDefinitionRequest,
    reports_service_pb2.DeleteDefinitionResponse,
    type(None),
    is_idempotent=True,
)

PREVIEW_SCHEDULE = Method(
    "/shadower.reports.v1.ReportsService/PreviewSchedule",
    reports_service_pb2.PreviewScheduleRequest,
    reports_service_pb2.PreviewScheduleResponse,
    PreviewScheduleResponse,
    is_idempotent=True,
)

GENERATE_REPORT = Method(
    "/shadower.reports.v1.ReportsService/GenerateReport",
    reports_service_pb2.GenerateReportRequest,
    reports_service_pb2.GenerateReportResponse,
    Report,
    is_idempotent=True,
    unwrap="report",
)

GET_REPORT = Method(
    "/shadower.reports.v1.ReportsService/GetReport",
    reports_service_pb2.GetReportRequest,
    reports_service_pb2.GetReportResponse,
    Report,
    is_idempotent=True,
    unwrap="report",
)

LIST_REPORTS = Method(
    "/shadower.reports.v1.ReportsService/ListReports",
    reports_service_pb2.ListReportsRequest,
    reports_service_pb2.ListReportsResponse,
    ListReportsResponse,
    is_idempotent=True,
)

CANCEL_REPORT = Method(
    "/shadower.reports.v1.ReportsService/CancelReport",
    reports_service_pb2.CancelReportRequest,
    reports_service_pb2.CancelReportResponse,
    Report,
    is_idempotent=True,
    unwrap="report",
)

DELETE_REPORT = Method(
    "/shadower.reports.v1.ReportsService/DeleteReport",
    reports_service_pb2.DeleteReportRequest,
    reports_service_pb2.DeleteReportResponse,
    type(None),
    is_idempotent=True,
)

DOWNLOAD_REPORT = Method(
    "/shadower.reports.v1.ReportsService/DownloadReport",
    reports_service_pb2.DownloadReportRequest,
    reports_service_pb2.DownloadReportResponse,
    Chunk,
    is_idempotent=True,
    unwrap="body",
)

CREATE_REPORT_LINK = Method(
    "/shadower.reports.v1.ReportsService/CreateReportLink",
    reports_service_pb2.CreateReportLinkRequest,
    reports_service_pb2.CreateReportLinkResponse,
    CreateReportLinkResponse,
)

LIST_REPORT_LINKS = Method(
    "/shadower.reports.v1.ReportsService/ListReportLinks",
    reports_service_pb2.ListReportLinksRequest,
    reports_service_pb2.ListReportLinksResponse,
    ListReportLinksResponse,
    is_idempotent=True,
)

REVOKE_REPORT_LINK = Method(
    "/shadower.reports.v1.ReportsService/RevokeReportLink",
    reports_service_pb2.RevokeReportLinkRequest,
    reports_service_pb2.RevokeReportLinkResponse,
    type(None),
    is_idempotent=True,
)

OPEN_REPORT_LINK = Method(
    "/shadower.reports.v1.ReportsService/OpenReportLink",
    reports_service_pb2.OpenReportLinkRequest,
    reports_service_pb2.OpenReportLinkResponse,
    Chunk,
    is_idempotent=True,
    unwrap="body",
)


class ReportsApi:
    """Makes reports of what other services tell, when somebody asks and when they are due, and
    keeps them for a while to be downloaded. What it has made it tells on the event bus:
    report.generated and report.failed.
    """

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def create_definition(
        self,
        definition_id: str,
        definition: ReportDefinition,
        *,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> KeptReportDefinition:
        """Makes a definition under an id that the caller chooses. To make the same again changes
        nothing. REPORT_DEFINITION_EXISTS if the id is that of one that says something else;
        REPORTS_FULL if the workspace has 200 definitions; VALIDATION_FAILED for a time zone
        that there is not.

        :param definition_id: The definition's id: 1 to 63 small letters, digits, - and _.
        :param definition: What it says.
        """
        return self._caller.unary(
            CREATE_DEFINITION,
            {"definition_id": definition_id, "definition": definition},
            workspace,
            timeout,
        )

    def get_definition(
        self, definition_id: str, *, workspace: str | None = None, timeout: float | None = None
    ) -> KeptReportDefinition:
        """Returns a definition. REPORT_DEFINITION_NOT_FOUND if there is none.

        :param definition_id: The definition's id: 1 to 63 small letters, digits, - and _.
        """
        return self._caller.unary(
            GET_DEFINITION, {"definition_id": definition_id}, workspace, timeout
        )

    def list_definitions(
        self,
        *,
        page_size: int | None = None,
        page_token: str | None = None,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> Pages[ListDefinitionsResponse, KeptReportDefinition]:
        """Lists the definitions of the workspace by their ids.

        :param page_size: At most so many: 1 to 500; if 0, 50.
        :param page_token: next_page_token of the page before.
        """
        return self._caller.pages(
            LIST_DEFINITIONS,
            {"page_size": page_size, "page_token": page_token},
            workspace,
            timeout,
            "definitions",
        )

    def update_definition(
        self,
        definition_id: str,
        definition: ReportDefinition,
        etag: str,
        *,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> KeptReportDefinition:
        """Lets a definition say something else from now on. Reports that are there stay as they
        are. REPORT_DEFINITION_NOT_FOUND; REPORT_DEFINITION_CHANGED if somebody else was faster:
        if the etag is not that of the definition, and it does not say the same already.

        :param definition_id: The definition's id: 1 to 63 small letters, digits, - and _.
        :param definition: What it says.
        :param etag: The etag of what is to be replaced. Required.
        """
        return self._caller.unary(
            UPDATE_DEFINITION,
            {"definition_id": definition_id, "definition": definition, "etag": etag},
            workspace,
            timeout,
        )

    def delete_definition(
        self, definition_id: str, *, workspace: str | None = None, timeout: float | None = None
    ) -> None:
        """Deletes a definition, if there is one. Its reports stay until they expire.

        :param definition_id: The definition's id: 1 to 63 small letters, digits, - and _.
        """
        return self._caller.unary(
            DELETE_DEFINITION, {"definition_id": definition_id}, workspace, timeout
        )

    def preview_schedule(
        self,
        schedule: ReportSchedule,
        *,
        time_zone: str | None = None,
        period: ReportPeriod | None = None,
        period_days: int | None = None,
        after_time: datetime | None = None,
        count: int | None = None,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> PreviewScheduleResponse:
        """Tells when a schedule is due, and which time each report is about.

        :param schedule: When reports are made. Required.
        :param time_zone: Time zone of the schedule as an IANA name. If empty, UTC.
        :param period: What time each report is about; if not set, the answer does not tell.
        :param period_days: How many days, 1 to 366; for REPORT_PERIOD_LAST_DAYS only.
        :param after_time: Due times after this one; if not set, after now. From 1990 on, and
            before 2200.
        :param count: So many due times: 1 to 400; if 0, 5.
        """
        return self._caller.unary(
            PREVIEW_SCHEDULE,
            {
                "schedule": schedule,
                "time_zone": time_zone,
                "period": period,
                "period_days": period_days,
                "after_time": after_time,
                "count": count,
            },
            workspace,
            timeout,
        )

    def generate_report(
        self,
        report_id: str,
        *,
        definition_id: str | None = None,
        definition: ReportDefinition | None = None,
        interval: Interval | None = None,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> Report:
        """Asks for a report under an id that the caller chooses, and does not wait for it: see
        GetReport. To ask for the same again changes nothing. REPORT_DEFINITION_NOT_FOUND;
        REPORT_EXISTS if the id is that of another report; REPORTS_FULL if 100 reports of the
        workspace wait already.

        :param report_id: The report's id: 1 to 63 small letters, digits, - and _.
        :param definition_id: What a definition of this id says now.
        :param definition: This. Its schedule counts for nothing.
        :param interval: The time that it is about, in the past; if not set, what its period
            says. At most 366 days.
        """
        return self._caller.unary(
            GENERATE_REPORT,
            {
                "report_id": report_id,
                "definition_id": definition_id,
                "definition": definition,
                "interval": interval,
            },
            workspace,
            timeout,
        )

    def get_report(
        self, report_id: str, *, workspace: str | None = None, timeout: float | None = None
    ) -> Report:
        """Returns what is known of a report. REPORT_NOT_FOUND if there is none.

        :param report_id: The report's id: 1 to 63 small letters, digits, - and _.
        """
        return self._caller.unary(GET_REPORT, {"report_id": report_id}, workspace, timeout)

    def list_reports(
        self,
        *,
        states: Sequence[ReportState] | None = None,
        definition: str | None = None,
        page_size: int | None = None,
        page_token: str | None = None,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> Pages[ListReportsResponse, Report]:
        """Lists reports, the last first.

        :param states: In which states; if empty, in all.
        :param definition: Of which definition, by its id; if empty, of all and of none.
        :param page_size: At most so many: 1 to 500; if 0, 50.
        :param page_token: next_page_token of the page before.
        """
        return self._caller.pages(
            LIST_REPORTS,
            {
                "states": states,
                "definition": definition,
                "page_size": page_size,
                "page_token": page_token,
            },
            workspace,
            timeout,
            "reports",
        )

    def cancel_report(
        self, report_id: str, *, workspace: str | None = None, timeout: float | None = None
    ) -> Report:
        """Takes the wish for a report back that is not made yet. One that is done or has failed
        stays as it is. REPORT_NOT_FOUND if there is none.

        :param report_id: The report's id: 1 to 63 small letters, digits, - and _.
        """
        return self._caller.unary(CANCEL_REPORT, {"report_id": report_id}, workspace, timeout)

    def delete_report(
        self, report_id: str, *, workspace: str | None = None, timeout: float | None = None
    ) -> None:
        """Deletes a report, if there is one, with its links and all that there is to download.

        :param report_id: The report's id: 1 to 63 small letters, digits, - and _.
        """
        return self._caller.unary(DELETE_REPORT, {"report_id": report_id}, workspace, timeout)

    def download_report(
        self,
        report_id: str,
        *,
        format: ReportFormat | None = None,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> Iterator[Chunk]:
        """Streams a report in one of its formats: over HTTP as a file to be saved.
        REPORT_NOT_FOUND; REPORT_CONTENT_NOT_FOUND if it is not done, or has no such format;
        PERMISSION_MISSING if it may name users (see EraseReports) and the caller does not hold
        aggregates:read, by which he sees them otherwise.

        :param report_id: The report's id: 1 to 63 small letters, digits, - and _.
        :param format: The format; if not set, the first that the report has.
        """
        return self._caller.stream(
            DOWNLOAD_REPORT, {"report_id": report_id, "format": format}, workspace, timeout
        )

    def create_report_link(
        self,
        report_id: str,
        *,
        lifetime: timedelta | None = None,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> CreateReportLinkResponse:
        """Makes a link to a report, by which whoever has its URL may download it without a token.
        Each is another one, and its URL is told once. REPORT_NOT_FOUND;
        REPORT_CONTENT_NOT_FOUND if the report is not done; REPORTS_FULL if it has 20 links;
        PERMISSION_MISSING as for DownloadReport.

        :param report_id: The report's id: 1 to 63 small letters, digits, - and _.
        :param lifetime: How long it is good: 1 minute to 7 days; if not set, 1 day. Never
            longer than the report is kept.
        """
        return self._caller.unary(
            CREATE_REPORT_LINK, {"report_id": report_id, "lifetime": lifetime}, workspace, timeout
        )

    def list_report_links(
        self, report_id: str, *, workspace: str | None = None, timeout: float | None = None
    ) -> ListReportLinksResponse:
        """Lists the links to a report by their ids, also those that have expired. REPORT_NOT_FOUND
        if there is none.

        :param report_id: The report's id: 1 to 63 small letters, digits, - and _.
        """
        return self._caller.unary(LIST_REPORT_LINKS, {"report_id": report_id}, workspace, timeout)

    def revoke_report_link(
        self, link_id: str, *, workspace: str | None = None, timeout: float | None = None
    ) -> None:
        """Takes a link back, if there is one: it leads nowhere from now on.

        :param link_id: The link's id.
        """
        return self._caller.unary(REVOKE_REPORT_LINK, {"link_id": link_id}, workspace, timeout)

    def open_report_link(
        self,
        link_id: str,
        secret: str,
        *,
        format: ReportFormat | None = None,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> Iterator[Chunk]:
        """Streams the report that a link leads to, in one of its formats. Needs no token: the
        secret in the URL lets in. Each time is written to the audit log. REPORT_LINK_INVALID if
        there is no such link, or none any more, or the secret is another one;
        REPORT_CONTENT_NOT_FOUND if the report has no such format; REPORT_LINK_BUSY if it is
        opened more than 60 times a minute.

        :param link_id: The link's id.
        :param secret: Its secret. Required.
        :param format: The format; if not set, the first that the report has.
        """
        return self._caller.stream(
            OPEN_REPORT_LINK,
            {"link_id": link_id, "secret": secret, "format": format},
            workspace,
            timeout,
        )


class AsyncReportsApi:
    """Makes reports of what other services tell, when somebody asks and when they are due, and
    keeps them for a while to be downloaded. What it has made it tells on the event bus:
    report.generated and report.failed.
    """

    def __init__(self, caller: AsyncCaller) -> None:
        self._caller = caller

    async def create_definition(
        self,
        definition_id: str,
        definition: ReportDefinition,
        *,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> KeptReportDefinition:
        """Makes a definition under an id that the caller chooses. To make the same again changes
        nothing. REPORT_DEFINITION_EXISTS if the id is that of one that says something else;
        REPORTS_FULL if the workspace has 200 definitions; VALIDATION_FAILED for a time zone
        that there is not.

        :param definition_id: The definition's id: 1 to 63 small letters, digits, - and _.
        :param definition: What it says.
        """
        return await self._caller.unary(
            CREATE_DEFINITION,
            {"definition_id": definition_id, "definition": definition},
            workspace,
            timeout,
        )

    async def get_definition(
        self, definition_id: str, *, workspace: str | None = None, timeout: float | None = None
    ) -> KeptReportDefinition:
        """Returns a definition. REPORT_DEFINITION_NOT_FOUND if there is none.

        :param definition_id: The definition's id: 1 to 63 small letters, digits, - and _.
        """
        return await self._caller.unary(
            GET_DEFINITION, {"definition_id": definition_id}, workspace, timeout
        )

    def list_definitions(
        self,
        *,
        page_size: int | None = None,
        page_token: str | None = None,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> AsyncPages[ListDefinitionsResponse, KeptReportDefinition]:
        """Lists the definitions of the workspace by their ids.

        :param page_size: At most so many: 1 to 500; if 0, 50.
        :param page_token: next_page_token of the page before.
        """
        return self._caller.pages(
            LIST_DEFINITIONS,
            {"page_size": page_size, "page_token": page_token},
            workspace,
            timeout,
            "definitions",
        )

    async def update_definition(
        self,
        definition_id: str,
        definition: ReportDefinition,
        etag: str,
        *,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> KeptReportDefinition:
        """Lets a definition say something else from now on. Reports that are there stay as they
        are. REPORT_DEFINITION_NOT_FOUND; REPORT_DEFINITION_CHANGED if somebody else was faster:
        if the etag is not that of the definition, and it does not say the same already.

        :param definition_id: The definition's id: 1 to 63 small letters, digits, - and _.
        :param definition: What it says.
        :param etag: The etag of what is to be replaced. Required.
        """
        return await self._caller.unary(
            UPDATE_DEFINITION,
            {"definition_id": definition_id, "definition": definition, "etag": etag},
            workspace,
            timeout,
        )

    async def delete_definition(
        self, definition_id: str, *, workspace: str | None = None, timeout: float | None = None
    ) -> None:
        """Deletes a definition, if there is one. Its reports stay until they expire.

        :param definition_id: The definition's id: 1 to 63 small letters, digits, - and _.
        """
        return await self._caller.unary(
            DELETE_DEFINITION, {"definition_id": definition_id}, workspace, timeout
        )

    async def preview_schedule(
        self,
        schedule: ReportSchedule,
        *,
        time_zone: str | None = None,
        period: ReportPeriod | None = None,
        period_days: int | None = None,
        after_time: datetime | None = None,
        count: int | None = None,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> PreviewScheduleResponse:
        """Tells when a schedule is due, and which time each report is about.

        :param schedule: When reports are made. Required.
        :param time_zone: Time zone of the schedule as an IANA name. If empty, UTC.
        :param period: What time each report is about; if not set, the answer does not tell.
        :param period_days: How many days, 1 to 366; for REPORT_PERIOD_LAST_DAYS only.
        :param after_time: Due times after this one; if not set, after now. From 1990 on, and
            before 2200.
        :param count: So many due times: 1 to 400; if 0, 5.
        """
        return await self._caller.unary(
            PREVIEW_SCHEDULE,
            {
                "schedule": schedule,
                "time_zone": time_zone,
                "period": period,
                "period_days": period_days,
                "after_time": after_time,
                "count": count,
            },
            workspace,
            timeout,
        )

    async def generate_report(
        self,
        report_id: str,
        *,
        definition_id: str | None = None,
        definition: ReportDefinition | None = None,
        interval: Interval | None = None,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> Report:
        """Asks for a report under an id that the caller chooses, and does not wait for it: see
        GetReport. To ask for the same again changes nothing. REPORT_DEFINITION_NOT_FOUND;
        REPORT_EXISTS if the id is that of another report; REPORTS_FULL if 100 reports of the
        workspace wait already.

        :param report_id: The report's id: 1 to 63 small letters, digits, - and _.
        :param definition_id: What a definition of this id says now.
        :param definition: This. Its schedule counts for nothing.
        :param interval: The time that it is about, in the past; if not set, what its period
            says. At most 366 days.
        """
        return await self._caller.unary(
            GENERATE_REPORT,
            {
                "report_id": report_id,
                "definition_id": definition_id,
                "definition": definition,
                "interval": interval,
            },
            workspace,
            timeout,
        )

    async def get_report(
        self, report_id: str, *, workspace: str | None = None, timeout: float | None = None
    ) -> Report:
        """Returns what is known of a report. REPORT_NOT_FOUND if there is none.

        :param report_id: The report's id: 1 to 63 small letters, digits, - and _.
        """
        return await self._caller.unary(GET_REPORT, {"report_id": report_id}, workspace, timeout)

    def list_reports(
        self,
        *,
        states: Sequence[ReportState] | None = None,
        definition: str | None = None,
        page_size: int | None = None,
        page_token: str | None = None,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> AsyncPages[ListReportsResponse, Report]:
        """Lists reports, the last first.

        :param states: In which states; if empty, in all.
        :param definition: Of which definition, by its id; if empty, of all and of none.
        :param page_size: At most so many: 1 to 500; if 0, 50.
        :param page_token: next_page_token of the page before.
        """
        return self._caller.pages(
            LIST_REPORTS,
            {
                "states": states,
                "definition": definition,
                "page_size": page_size,
                "page_token": page_token,
            },
            workspace,
            timeout,
            "reports",
        )

    async def cancel_report(
        self, report_id: str, *, workspace: str | None = None, timeout: float | None = None
    ) -> Report:
        """Takes the wish for a report back that is not made yet. One that is done or has failed
        stays as it is. REPORT_NOT_FOUND if there is none.

        :param report_id: The report's id: 1 to 63 small letters, digits, - and _.
        """
        return await self._caller.unary(CANCEL_REPORT, {"report_id": report_id}, workspace, timeout)

    async def delete_report(
        self, report_id: str, *, workspace: str | None = None, timeout: float | None = None
    ) -> None:
        """Deletes a report, if there is one, with its links and all that there is to download.

        :param report_id: The report's id: 1 to 63 small letters, digits, - and _.
        """
        return await self._caller.unary(DELETE_REPORT, {"report_id": report_id}, workspace, timeout)

    def download_report(
        self,
        report_id: str,
        *,
        format: ReportFormat | None = None,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> AsyncIterator[Chunk]:
        """Streams a report in one of its formats: over HTTP as a file to be saved.
        REPORT_NOT_FOUND; REPORT_CONTENT_NOT_FOUND if it is not done, or has no such format;
        PERMISSION_MISSING if it may name users (see EraseReports) and the caller does not hold
        aggregates:read, by which he sees them otherwise.

        :param report_id: The report's id: 1 to 63 small letters, digits, - and _.
        :param format: The format; if not set, the first that the report has.
        """
        return self._caller.stream(
            DOWNLOAD_REPORT, {"report_id": report_id, "format": format}, workspace, timeout
        )

    async def create_report_link(
        self,
        report_id: str,
        *,
        lifetime: timedelta | None = None,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> CreateReportLinkResponse:
        """Makes a link to a report, by which whoever has its URL may download it without a token.
        Each is another one, and its URL is told once. REPORT_NOT_FOUND;
        REPORT_CONTENT_NOT_FOUND if the report is not done; REPORTS_FULL if it has 20 links;
        PERMISSION_MISSING as for DownloadReport.

        :param report_id: The report's id: 1 to 63 small letters, digits, - and _.
        :param lifetime: How long it is good: 1 minute to 7 days; if not set, 1 day. Never
            longer than the report is kept.
        """
        return await self._caller.unary(
            CREATE_REPORT_LINK, {"report_id": report_id, "lifetime": lifetime}, workspace, timeout
        )

    async def list_report_links(
        self, report_id: str, *, workspace: str | None = None, timeout: float | None = None
    ) -> ListReportLinksResponse:
        """Lists the links to a report by their ids, also those that have expired. REPORT_NOT_FOUND
        if there is none.

        :param report_id: The report's id: 1 to 63 small letters, digits, - and _.
        """
        return await self._caller.unary(
            LIST_REPORT_LINKS, {"report_id": report_id}, workspace, timeout
        )

    async def revoke_report_link(
        self, link_id: str, *, workspace: str | None = None, timeout: float | None = None
    ) -> None:
        """Takes a link back, if there is one: it leads nowhere from now on.

        :param link_id: The link's id.
        """
        return await self._caller.unary(
            REVOKE_REPORT_LINK, {"link_id": link_id}, workspace, timeout
        )

    def open_report_link(
        self,
        link_id: str,
        secret: str,
        *,
        format: ReportFormat | None = None,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> AsyncIterator[Chunk]:
        """Streams the report that a link leads to, in one of its formats. Needs no token: the
        secret in the URL lets in. Each time is written to the audit log. REPORT_LINK_INVALID if
        there is no such link, or none any more, or the secret is another one;
        REPORT_CONTENT_NOT_FOUND if the report has no such format; REPORT_LINK_BUSY if it is
        opened more than 60 times a minute.

        :param link_id: The link's id.
        :param secret: Its secret. Required.
        :param format: The format; if not set, the first that the report has.
        """
        return self._caller.stream(
            OPEN_REPORT_LINK,
            {"link_id": link_id, "secret": secret, "format": format},
            workspace,
            timeout,
        )
