"""From the contract's definitions to what is due when, and about which time."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from google.protobuf.json_format import MessageToDict, ParseDict
from shadower.reports.v1 import report_definition_pb2 as pb

from services.reports.calendar import Period, period_before
from services.reports.schedules import Frequency, Schedule
from services.runtime.times import from_duration
from services.translation import requests

USUAL_RETENTION = timedelta(days=30)
# What alerts are about may be a user, and agents' rows are of agents alone.
NAMING_USERS = frozenset(
    {pb.REPORT_SECTION_USERS, pb.REPORT_SECTION_ANOMALIES, pb.REPORT_SECTION_ALERTS}
)


class SaysPeriod(Protocol):
    """A definition, or a question that names a period like one."""

    @property
    def period(self) -> int: ...

    @property
    def period_days(self) -> int: ...


def write(message: pb.ReportDefinition) -> dict[str, Any]:
    """As it is kept."""
    return MessageToDict(message, preserving_proto_field_name=True)


def read(definition: Mapping[str, Any]) -> pb.ReportDefinition:
    """What a later version has added is passed over."""
    return ParseDict(dict(definition), pb.ReportDefinition(), ignore_unknown_fields=True)


def zone_of(message: pb.ReportDefinition) -> ZoneInfo:
    """Raises InvalidArgument if there is none."""
    return requests.zone(message.time_zone, "definition.time_zone")


def schedule_of(message: pb.ReportSchedule, zone: ZoneInfo) -> Schedule:
    return Schedule(
        frequency=Frequency(_word(pb.ReportFrequency, "REPORT_FREQUENCY_", message.frequency)),
        local_time=time.fromisoformat(message.local_time),
        zone=zone,
        weekday=message.weekday or 1,
        day_of_month=message.day_of_month or 1,
        month_of_quarter=message.month_of_quarter or 1,
    )


def next_due(message: pb.ReportDefinition, after: datetime) -> datetime | None:
    """None without a schedule, or while that rests."""
    if message.disabled or not message.HasField("schedule"):
        return None
    return schedule_of(message.schedule, zone_of(message)).next(after)


def interval_at(message: SaysPeriod, zone: ZoneInfo, moment: datetime) -> tuple[datetime, datetime]:
    """What a report is about that is due, or asked for, at a moment."""
    period = Period(_word(pb.ReportPeriod, "REPORT_PERIOD_", message.period))
    return period_before(moment, zone, period, message.period_days)


def retention_of(message: pb.ReportDefinition) -> timedelta:
    given = message.HasField("retention")
    return from_duration(message.retention) if given else USUAL_RETENTION


def may_name_users(message: pb.ReportDefinition) -> bool:
    return bool(NAMING_USERS & set(message.sections) or message.filter.user_ids)


def section_name(number: int) -> str:
    """REPORT_SECTION_COST is "cost"."""
    return _word(pb.ReportSection, "REPORT_SECTION_", number)


def format_name(number: int) -> str:
    """REPORT_FORMAT_PDF is "pdf"."""
    return _word(pb.ReportFormat, "REPORT_FORMAT_", number)


def _word(enum: Any, prefix: str, number: int) -> str:
    name: str = enum.Name(number)
    return name.removeprefix(prefix).lower()
