"""Reports by workspace: what was asked for, how far it is, and what there is to download."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from services.warehouse.database import Session, rows_affected
from services.warehouse.reports.definitions import report_not_found, reports_full
from services.warehouse.sql import Queries

QUERIES = Queries(__file__)
MOST_WAITING = 100


@dataclass(frozen=True)
class File:
    """A report in one format, and where it lies in the object store."""

    format: str
    key: str
    content_type: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Absent:
    """A section that could not be told."""

    section: str
    reason: str


@dataclass(frozen=True)
class KeptReport:
    """A report as it lies in its workspace."""

    report_id: str
    definition_id: str
    definition: Mapping[str, Any]
    starts_at: datetime
    ends_at: datetime
    due_at: datetime | None
    missed: int
    requested_by: str
    created_at: datetime
    state: str
    progress: int
    attempts: int
    failure_reason: str
    failure_message: str
    ended_at: datetime | None
    as_of: datetime | None
    complete_until: datetime | None
    files: Sequence[File]
    absent_sections: Sequence[Absent]
    expires_at: datetime


@dataclass(frozen=True)
class NewReport:
    """What is asked for."""

    report_id: str
    definition_id: str
    definition: Mapping[str, Any]
    starts_at: datetime
    ends_at: datetime
    due_at: datetime | None
    missed: int
    requested_by: str
    may_name_users: bool
    retention: timedelta

    @property
    def values(self) -> tuple[object, ...]:
        said = (self.report_id, self.definition_id, dict(self.definition))
        times = (self.starts_at, self.ends_at, self.due_at, self.missed)
        return (*said, *times, self.requested_by, self.may_name_users, self.retention)


@dataclass(frozen=True)
class Claim:
    """A report that is ours to make, as long as nobody else has claimed it since."""

    workspace_id: str
    report_id: str
    number: int

    @property
    def values(self) -> tuple[object, ...]:
        return (self.workspace_id, self.report_id, self.number)


@dataclass(frozen=True)
class Made:
    """What has become of a report."""

    as_of: datetime | None
    complete_until: datetime | None
    files: Sequence[File]
    absent: Sequence[Absent]


@dataclass(frozen=True)
class ReportQuery:
    """Which reports are asked for."""

    states: Sequence[str]
    definition_id: str
    limit: int
    before: tuple[datetime, str] | None = None


async def create_report(session: Session, new: NewReport) -> bool:
    """Whether there is a new one: none if the due time has one."""
    made = await session.connection.fetchval(QUERIES["create"], session.workspace_id, *new.values)
    return made is not None


async def check_room(session: Session) -> None:
    """For who has taken a turn. Raises ResourceExhausted."""
    waiting = await session.connection.fetchval(QUERIES["count_waiting"], session.workspace_id)
    if waiting >= MOST_WAITING:
        raise reports_full(MOST_WAITING, "reports that wait")


async def find_report(session: Session, report_id: str) -> KeptReport | None:
    row = await session.connection.fetchrow(QUERIES["get"], session.workspace_id, report_id)
    return None if row is None else _kept(row)


async def get_report(session: Session, report_id: str) -> KeptReport:
    """Raises NotFound."""
    found = await find_report(session, report_id)
    if found is None:
        raise report_not_found(report_id)
    return found


async def list_reports(session: Session, query: ReportQuery) -> list[KeptReport]:
    place = query.before or (None, None)
    rows = await session.connection.fetch(
        QUERIES["list"],
        session.workspace_id,
        list(query.states),
        query.definition_id,
        *place,
        query.limit,
    )
    return [_kept(row) for row in rows]


async def cancel_report(session: Session, report_id: str) -> None:
    """Unless it is over."""
    await session.connection.execute(QUERIES["cancel"], session.workspace_id, report_id)


async def delete_report(session: Session, report_id: str) -> list[str]:
    """The keys of what it leaves behind; also if there is none."""
    files = await session.connection.fetchval(QUERIES["delete"], session.workspace_id, report_id)
    return [file["key"] for file in files or ()]


async def erase_reports(session: Session, user_id: str) -> tuple[int, list[str], int]:
    """All, or those that may name users: how many, the keys of what they leave behind, and how
    often a user's name stood elsewhere."""
    connection, workspace_id = session.connection, session.workspace_id
    query = QUERIES["delete_about_users" if user_id else "delete_all"]
    rows = await connection.fetch(query, workspace_id)
    names = await connection.execute(QUERIES["forget"], workspace_id, user_id) if user_id else "0"
    keys = [file["key"] for row in rows for file in row["files"]]
    return len(rows), keys, rows_affected(names)


async def keys_of(session: Session, report_ids: Sequence[str]) -> dict[str, set[str]]:
    """All that there is to download of those of these that there are."""
    rows = await session.connection.fetch(QUERIES["keys"], session.workspace_id, list(report_ids))
    keys = {row["report_id"]: set[str]() for row in rows}
    for row in rows:
        if row["key"] is not None:
            keys[row["report_id"]].add(row["key"])
    return keys


async def keys_for_sure(session: Session, report_id: str) -> set[str]:
    """The same of one, after whoever is about to write them has done so, or has not."""
    await session.connection.fetchval(QUERIES["lock"], session.workspace_id, report_id)
    return (await keys_of(session, [report_id])).get(report_id, set())


async def begin(session: Session, claim: Claim) -> KeptReport | None:
    """None if it is not ours, or nobody's wish any more."""
    attempts = await session.connection.fetchval(QUERIES["begin"], *claim.values)
    return None if attempts is None else await get_report(session, claim.report_id)


async def go_on(session: Session, claim: Claim, progress: int, lease: timedelta) -> bool:
    """Whether it is still ours."""
    found = await session.connection.fetchval(QUERIES["go_on"], *claim.values, progress, lease)
    return found is not None


async def wait(session: Session, claim: Claim, delay: timedelta) -> None:
    await session.connection.execute(QUERIES["wait"], *claim.values, delay)


async def try_again(
    session: Session, claim: Claim, delay: timedelta, reason: str, message: str
) -> None:
    await session.connection.execute(QUERIES["try_again"], *claim.values, delay, reason, message)


async def fail(session: Session, claim: Claim, reason: str, message: str) -> bool:
    """Whether it was still ours to fail."""
    done = await session.connection.fetchval(QUERIES["fail"], *claim.values, reason, message)
    return done is not None


async def finish(session: Session, claim: Claim, made: Made, retention: timedelta) -> bool:
    """Whether it was still ours to finish."""
    plain = [asdict(one) for one in made.files], [asdict(one) for one in made.absent]
    said = (made.as_of, made.complete_until, *plain, retention)
    return await session.connection.fetchval(QUERIES["finish"], *claim.values, *said) is not None


def _kept(row: Any) -> KeptReport:
    said = dict(row)
    files = [File(**{**file, "size": int(file["size"])}) for file in said.pop("files")]
    absent = [Absent(**one) for one in said.pop("absent_sections")]
    return KeptReport(**said, files=files, absent_sections=absent)
