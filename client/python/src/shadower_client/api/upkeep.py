"""Of shadower.upkeep.v1.

Made from the contract by tools/client, and not to be edited.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from shadower.upkeep.v1 import erasure_service_pb2, health_service_pb2, retention_service_pb2

from shadower_client.calling import Caller
from shadower_client.calling_async import AsyncCaller
from shadower_client.frames import Table
from shadower_client.message import Message, OpenEnum, named
from shadower_client.method import Method
from shadower_client.pages import AsyncPages, Pages


@named("shadower.upkeep.v1.RetentionScope")
class RetentionScope(OpenEnum):
    """A part of what is kept for a time."""

    UNSPECIFIED = 0
    """Not set."""
    FACTS = 1
    """Facts and rollups."""
    ALERT_HISTORY = 2
    """Alerts that are resolved, and their history."""
    RECORDS = 3
    """The audit log, and checks of services."""


@named("shadower.upkeep.v1.ErasureScope")
class ErasureScope(OpenEnum):
    """What an erasure is about."""

    UNSPECIFIED = 0
    """Not set; never sent."""
    WORKSPACE = 1
    """All that there is of a workspace."""
    USER = 2
    """What tells of a user in a workspace."""


@named("shadower.upkeep.v1.ErasureState")
class ErasureState(OpenEnum):
    """How far an erasure is."""

    UNSPECIFIED = 0
    """Not set; never sent."""
    RUNNING = 1
    """It goes on; a later look tells more."""
    DONE = 2
    """All is erased, and this is the receipt."""


@named("shadower.upkeep.v1.ServiceState")
class ServiceState(OpenEnum):
    """What a service was found to be."""

    UNSPECIFIED = 0
    """Nobody knows: it was not looked at lately."""
    SERVING = 1
    """It said that it serves."""
    NOT_SERVING = 2
    """It said that it does not."""
    UNREACHABLE = 3
    """It did not answer in time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionPolicy(Message):
    """How long things are kept, in days from when they happened, each as a whole day in UTC.
    What is absent is as the platform has it, and what that leaves out is as said below.
    Minima are there so that nobody empties a workspace by mistake; the maximum is ten
    years.
    """

    PROTO: ClassVar[str] = "shadower.upkeep.v1.RetentionPolicy"
    executions_days: int | None = None
    """Executions and their spans; from 62 days on, 90 by default. After that, rollups answer
    for them. Summaries compare 30 days with the 30 before, both to the second, so those are
    kept at least. Of longer intervals that do not begin with a rollup, the period before
    may need what is gone.
    """
    metric_points_days: int | None = None
    """Metric points; from 7 days on, 90 by default. After that, rollups answer for them."""
    events_days: int | None = None
    """Events; from 7 days on, 90 by default. Nothing stands for them after that."""
    hour_rollups_days: int | None = None
    """Rollups of hours; at least as long as what they are made of, 180 by default. After that,
    those of days answer.
    """
    day_rollups_days: int | None = None
    """Rollups of days and weeks; at least as long as those of hours, 730 by default. After
    that, nobody knows.
    """
    alert_history_days: int | None = None
    """Alerts that are resolved, with their history; from 7 days on, 180 by default."""
    checks_days: int | None = None
    """Checks of services, of the platform only; from 90 days on, 90 by default."""
    audit_days: int | None = None
    """The audit log; from a year on, 2,555 (seven years) by default."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionHorizon(Message):
    """From when on a workspace has what. A field is absent as long as nothing is gone."""

    PROTO: ClassVar[str] = "shadower.upkeep.v1.RetentionHorizon"
    executions_from: datetime | None = None
    """Executions and spans that began before are not taken any more, and neither are changes
    of them. They are gone a day later.
    """
    metric_points_from: datetime | None = None
    """Metric points from before are gone, and not taken any more."""
    events_from: datetime | None = None
    """Events from before are gone, and not taken any more."""
    hour_rollups_from: datetime | None = None
    """Rollups of less than a day from before are gone."""
    day_rollups_from: datetime | None = None
    """All rollups from before are gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention(Message):
    """The retention of a workspace."""

    PROTO: ClassVar[str] = "shadower.upkeep.v1.Retention"
    policy: RetentionPolicy
    """What is set of the workspace."""
    effective: RetentionPolicy | None = None
    """What that comes to, nothing absent."""
    etag: str = ""
    """Changes with the policy; 1 to 20 digits."""
    update_time: datetime | None = None
    """When the policy was set; absent if it never was."""
    updated_by: str = ""
    """Who set it: the subject of a token."""
    horizon: RetentionHorizon
    """From when on there is what."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal(Message):
    """How many rows went from a table."""

    PROTO: ClassVar[str] = "shadower.upkeep.v1.Removal"
    table: str = ""
    """The table."""
    rows: int = 0
    """Rows; at least 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure(Message):
    """An erasure, and its receipt once it is done. The receipt does not name the user: whoever
    knows the id finds it by hash = SHA-256(salt + id in UTF-8).
    """

    PROTO: ClassVar[str] = "shadower.upkeep.v1.Erasure"
    erasure_id: str = ""
    """Its id: a UUID."""
    scope: ErasureScope = ErasureScope.UNSPECIFIED
    """What it is about."""
    state: ErasureState = ErasureState.UNSPECIFIED
    """How far it is."""
    requested_by: str = ""
    """Who asked for it: the subject of a token."""
    request_time: datetime | None = None
    """When that was."""
    end_time: datetime | None = None
    """When all was erased; absent before."""
    salt: bytes = b""
    """16 random bytes."""
    hash: bytes = b""
    """The salted hash of the id of the user or workspace; 32 bytes."""
    pseudonym: str = ""
    """What stands in the place of the user's id, so that totals stay what they are. It is
    random: nobody can tell from it whose it was. Empty for a workspace.
    """
    removals: tuple[Removal, ...] = ()
    """How many rows were deleted, or made to tell nothing of the user, by table. "answers"
    stands for those that were remembered in Redis.
    """
    copies_until: datetime | None = None
    """Until then, copies may lie where nobody can erase them: in topics of Kafka, which forget
    by time, and without Redis in the memory of services, which do not tell them. Absent
    while it goes on, and if there are none.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class EraseUserResponse(Message):
    """What was begun."""

    PROTO: ClassVar[str] = "shadower.upkeep.v1.EraseUserResponse"
    erasure: Erasure
    """The erasure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EraseWorkspaceResponse(Message):
    """What was begun."""

    PROTO: ClassVar[str] = "shadower.upkeep.v1.EraseWorkspaceResponse"
    erasure: Erasure
    """The erasure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GetErasureResponse(Message):
    """The erasure."""

    PROTO: ClassVar[str] = "shadower.upkeep.v1.GetErasureResponse"
    erasure: Erasure
    """The erasure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListErasuresResponse(Message, Table):
    """Erasures."""

    PROTO: ClassVar[str] = "shadower.upkeep.v1.ListErasuresResponse"
    ITEMS: ClassVar[str] = "erasures"
    erasures: tuple[Erasure, ...] = ()
    """The latest first."""
    next_page_token: str = ""
    """For the next page; empty on the last one."""
    as_of: datetime
    """Everything that happened by this moment is in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunErasuresResponse(Message):
    """What was done."""

    PROTO: ClassVar[str] = "shadower.upkeep.v1.RunErasuresResponse"
    done: int = 0
    """Erasures that are done now. Not negative."""
    remaining: bool = False
    """Whether there are others that are not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceCheck(Message):
    """A look at a service."""

    PROTO: ClassVar[str] = "shadower.upkeep.v1.ServiceCheck"
    service: str = ""
    """The service: its name in the contract, or "postgresql", "redis" or "kafka"."""
    check_time: datetime | None = None
    """When it was looked at."""
    state: ServiceState = ServiceState.UNSPECIFIED
    """What it was."""
    latency: timedelta | None = None
    """How long its answer took, or was waited for."""
    reason: str = ""
    """Why it was not serving; at most 300 characters, and only in "shadower-system"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Uptime(Message):
    """How long a service was up. A time between two looks counts as what the first found, for
    at most ten minutes; beyond that, nobody knows.
    """

    PROTO: ClassVar[str] = "shadower.upkeep.v1.Uptime"
    days: int = 0
    """Over how many days until now: 1, 7, 30 or 90."""
    ratio: float | None = None
    """The share of the time known that it served, from 0 to 1; absent if nothing is known."""
    unknown: timedelta | None = None
    """How long nobody looked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceHealth(Message):
    """A service, as far as is known."""

    PROTO: ClassVar[str] = "shadower.upkeep.v1.ServiceHealth"
    service: str = ""
    """The service, as ServiceCheck has it."""
    state: ServiceState = ServiceState.UNSPECIFIED
    """What it is, by the last look; unspecified if that is more than ten minutes ago."""
    last_check: ServiceCheck
    """The last look."""
    uptimes: tuple[Uptime, ...] = ()
    """Over 1, 7, 30 and 90 days."""
    since: datetime | None = None
    """Since when looks have found it in that state, one after the other; absent if it is
    unspecified.
    """
    dependencies: tuple[DependencyHealth, ...] = ()
    """What its processes stand on, as each finds it itself now; empty of what is no service of
    ours, and of a process that does not answer.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class DependencyHealth(Message):
    """Something that a process of a service stands on."""

    PROTO: ClassVar[str] = "shadower.upkeep.v1.DependencyHealth"
    dependency: str = ""
    """What: "postgresql", "postgresql_replica", "redis", "kafka", "objects" or "collector"."""
    replica: int = 0
    """Which of the service's processes, from 1 on, in the order in which upkeep was told of
    them.
    """
    state: ServiceState = ServiceState.UNSPECIFIED
    """Serving if it answered the process, unreachable if it did not."""
    since: datetime | None = None
    """Since when that is so, as far as the process knows."""
    check_time: datetime | None = None
    """When the process asked it last."""
    latency: timedelta | None = None
    """How long its answer took, or was waited for."""
    reason: str = ""
    """Why it is not serving; at most 300 characters, and only in "shadower-system"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GetHealthResponse(Message, Table):
    """The health."""

    PROTO: ClassVar[str] = "shadower.upkeep.v1.GetHealthResponse"
    ITEMS: ClassVar[str] = "services"
    services: tuple[ServiceHealth, ...] = ()
    """By name."""
    serving: bool | None = None
    """Whether all of them serve, by the last look; absent if nobody knows: before the first
    look, or if the last one at a service is more than ten minutes ago and no other was
    found not to serve.
    """
    as_of: datetime
    """Everything that happened by this moment is in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListChecksResponse(Message, Table):
    """Looks."""

    PROTO: ClassVar[str] = "shadower.upkeep.v1.ListChecksResponse"
    ITEMS: ClassVar[str] = "checks"
    checks: tuple[ServiceCheck, ...] = ()
    """The latest first."""
    next_page_token: str = ""
    """For the next page; empty on the last one."""
    as_of: datetime
    """Everything that happened by this moment is in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckServicesResponse(Message, Table):
    """What was found."""

    PROTO: ClassVar[str] = "shadower.upkeep.v1.CheckServicesResponse"
    ITEMS: ClassVar[str] = "checks"
    checks: tuple[ServiceCheck, ...] = ()
    """By name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GetRetentionResponse(Message):
    """The retention."""

    PROTO: ClassVar[str] = "shadower.upkeep.v1.GetRetentionResponse"
    retention: Retention
    """The retention."""
    as_of: datetime
    """Everything that happened by this moment is in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateRetentionResponse(Message):
    """What is kept from now on."""

    PROTO: ClassVar[str] = "shadower.upkeep.v1.UpdateRetentionResponse"
    retention: Retention
    """The retention."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyRetentionResponse(Message, Table):
    """What was removed."""

    PROTO: ClassVar[str] = "shadower.upkeep.v1.ApplyRetentionResponse"
    ITEMS: ClassVar[str] = "removals"
    removals: tuple[Removal, ...] = ()
    """By the names of tables."""
    dropped_partitions: tuple[str, ...] = ()
    """Months of facts that were dropped as a whole, by the names of their partitions."""
    remaining: bool = False
    """Whether there is more to do. Facts that could not be rolled up yet are waited for, too."""


ERASE_USER = Method(
    "/shadower.upkeep.v1.ErasureService/EraseUser",
    erasure_service_pb2.EraseUserRequest,
    erasure_service_pb2.EraseUserResponse,
    Erasure,
    is_idempotent=True,
    unwrap="erasure",
)

ERASE_WORKSPACE = Method(
    "/shadower.upkeep.v1.ErasureService/EraseWorkspace",
    erasure_service_pb2.EraseWorkspaceRequest,
    erasure_service_pb2.EraseWorkspaceResponse,
    Erasure,
    is_idempotent=True,
    unwrap="erasure",
)

GET_ERASURE = Method(
    "/shadower.upkeep.v1.ErasureService/GetErasure",
    erasure_service_pb2.GetErasureRequest,
    erasure_service_pb2.GetErasureResponse,
    Erasure,
    is_idempotent=True,
    unwrap="erasure",
)

LIST_ERASURES = Method(
    "/shadower.upkeep.v1.ErasureService/ListErasures",
    erasure_service_pb2.ListErasuresRequest,
    erasure_service_pb2.ListErasuresResponse,
    ListErasuresResponse,
    is_idempotent=True,
)


class ErasureApi:
    """Erases what tells of a user, or a whole workspace, everywhere, and says so. An erasure
    takes a while; it survives the end of any process. What comes after it was asked for is
    taken as new: stop who sends first. The audit log is kept, and names who did something
    as before.
    """

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def erase_user(
        self,
        user_id: str,
        confirm_user_id: str,
        *,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> Erasure:
        """Begins to erase a user: in facts, rollups and all else, a random name takes the place of
        the id, and free texts of the user's facts go. Totals, and numbers of different users,
        stay what they are. If it is asked for again before it is done, it is the same one.
        ERASURE_NOT_CONFIRMED if the second id is another.

        :param user_id: The user, as facts name it.
        :param confirm_user_id: The same again.
        """
        return self._caller.unary(
            ERASE_USER, {"user_id": user_id, "confirm_user_id": confirm_user_id}, workspace, timeout
        )

    def erase_workspace(
        self,
        confirm_workspace_id: str,
        *,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> Erasure:
        """Begins to erase all that there is of the workspace but its audit log and receipts. It
        cannot be undone. If it is asked for again before it is done, it is the same one.
        ERASURE_NOT_CONFIRMED if the second id is another.

        :param confirm_workspace_id: The same again.
        """
        return self._caller.unary(
            ERASE_WORKSPACE, {"confirm_workspace_id": confirm_workspace_id}, workspace, timeout
        )

    def get_erasure(
        self, erasure_id: str, *, workspace: str | None = None, timeout: float | None = None
    ) -> Erasure:
        """Returns an erasure, or its receipt. ERASURE_NOT_FOUND.

        :param erasure_id: The erasure's id.
        """
        return self._caller.unary(GET_ERASURE, {"erasure_id": erasure_id}, workspace, timeout)

    def list_erasures(
        self,
        *,
        page_size: int | None = None,
        page_token: str | None = None,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> Pages[ListErasuresResponse, Erasure]:
        """Lists erasures and receipts, the latest first.

        :param page_size: How many at most: up to 500, 50 by default.
        :param page_token: next_page_token of the page before; empty for the first one.
        """
        return self._caller.pages(
            LIST_ERASURES,
            {"page_size": page_size, "page_token": page_token},
            workspace,
            timeout,
            "erasures",
        )


class AsyncErasureApi:
    """Erases what tells of a user, or a whole workspace, everywhere, and says so. An erasure
    takes a while; it survives the end of any process. What comes after it was asked for is
    taken as new: stop who sends first. The audit log is kept, and names who did something
    as before.
    """

    def __init__(self, caller: AsyncCaller) -> None:
        self._caller = caller

    async def erase_user(
        self,
        user_id: str,
        confirm_user_id: str,
        *,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> Erasure:
        """Begins to erase a user: in facts, rollups and all else, a random name takes the place of
        the id, and free texts of the user's facts go. Totals, and numbers of different users,
        stay what they are. If it is asked for again before it is done, it is the same one.
        ERASURE_NOT_CONFIRMED if the second id is another.

        :param user_id: The user, as facts name it.
        :param confirm_user_id: The same again.
        """
        return await self._caller.unary(
            ERASE_USER, {"user_id": user_id, "confirm_user_id": confirm_user_id}, workspace, timeout
        )

    async def erase_workspace(
        self,
        confirm_workspace_id: str,
        *,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> Erasure:
        """Begins to erase all that there is of the workspace but its audit log and receipts. It
        cannot be undone. If it is asked for again before it is done, it is the same one.
        ERASURE_NOT_CONFIRMED if the second id is another.

        :param confirm_workspace_id: The same again.
        """
        return await self._caller.unary(
            ERASE_WORKSPACE, {"confirm_workspace_id": confirm_workspace_id}, workspace, timeout
        )

    async def get_erasure(
        self, erasure_id: str, *, workspace: str | None = None, timeout: float | None = None
    ) -> Erasure:
        """Returns an erasure, or its receipt. ERASURE_NOT_FOUND.

        :param erasure_id: The erasure's id.
        """
        return await self._caller.unary(GET_ERASURE, {"erasure_id": erasure_id}, workspace, timeout)

    def list_erasures(
        self,
        *,
        page_size: int | None = None,
        page_token: str | None = None,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> AsyncPages[ListErasuresResponse, Erasure]:
        """Lists erasures and receipts, the latest first.

        :param page_size: How many at most: up to 500, 50 by default.
        :param page_token: next_page_token of the page before; empty for the first one.
        """
        return self._caller.pages(
            LIST_ERASURES,
            {"page_size": page_size, "page_token": page_token},
            workspace,
            timeout,
            "erasures",
        )


GET_HEALTH = Method(
    "/shadower.upkeep.v1.HealthService/GetHealth",
    health_service_pb2.GetHealthRequest,
    health_service_pb2.GetHealthResponse,
    GetHealthResponse,
    is_idempotent=True,
)

LIST_CHECKS = Method(
    "/shadower.upkeep.v1.HealthService/ListChecks",
    health_service_pb2.ListChecksRequest,
    health_service_pb2.ListChecksResponse,
    ListChecksResponse,
    is_idempotent=True,
)


class HealthApi:
    """Looks at the services and what they stand on, and tells how they did."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def get(
        self, *, workspace: str | None = None, timeout: float | None = None
    ) -> GetHealthResponse:
        """Returns what each service is and how long it was up. It is the same for all workspaces,
        but reasons are told in "shadower-system" only.
        """
        return self._caller.unary(GET_HEALTH, {}, workspace, timeout)

    def list_checks(
        self,
        service: str,
        *,
        page_size: int | None = None,
        page_token: str | None = None,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> Pages[ListChecksResponse, ServiceCheck]:
        """Lists looks at a service, the latest first.

        :param service: The service, as ServiceCheck has it.
        :param page_size: How many at most: up to 500, 50 by default.
        :param page_token: next_page_token of the page before; empty for the first one.
        """
        return self._caller.pages(
            LIST_CHECKS,
            {"service": service, "page_size": page_size, "page_token": page_token},
            workspace,
            timeout,
            "checks",
        )


class AsyncHealthApi:
    """Looks at the services and what they stand on, and tells how they did."""

    def __init__(self, caller: AsyncCaller) -> None:
        self._caller = caller

    async def get(
        self, *, workspace: str | None = None, timeout: float | None = None
    ) -> GetHealthResponse:
        """Returns what each service is and how long it was up. It is the same for all workspaces,
        but reasons are told in "shadower-system" only.
        """
        return await self._caller.unary(GET_HEALTH, {}, workspace, timeout)

    def list_checks(
        self,
        service: str,
        *,
        page_size: int | None = None,
        page_token: str | None = None,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> AsyncPages[ListChecksResponse, ServiceCheck]:
        """Lists looks at a service, the latest first.

        :param service: The service, as ServiceCheck has it.
        :param page_size: How many at most: up to 500, 50 by default.
        :param page_token: next_page_token of the page before; empty for the first one.
        """
        return self._caller.pages(
            LIST_CHECKS,
            {"service": service, "page_size": page_size, "page_token": page_token},
            workspace,
            timeout,
            "checks",
        )


GET_RETENTION = Method(
    "/shadower.upkeep.v1.RetentionService/GetRetention",
    retention_service_pb2.GetRetentionRequest,
    retention_service_pb2.GetRetentionResponse,
    GetRetentionResponse,
    is_idempotent=True,
)

UPDATE_RETENTION = Method(
    "/shadower.upkeep.v1.RetentionService/UpdateRetention",
    retention_service_pb2.UpdateRetentionRequest,
    retention_service_pb2.UpdateRetentionResponse,
    Retention,
    is_idempotent=True,
    unwrap="retention",
)


class RetentionApi:
    """Sets how long things are kept, and removes what is older: facts only when rollups stand
    for them, so that what rollups answer stays the same.
    """

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def get(
        self, *, workspace: str | None = None, timeout: float | None = None
    ) -> GetRetentionResponse:
        """Returns the retention of the workspace; of "shadower-system", that of the platform."""
        return self._caller.unary(GET_RETENTION, {}, workspace, timeout)

    def update_retention(
        self,
        policy: RetentionPolicy,
        etag: str,
        *,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> Retention:
        """Sets the retention of the workspace; of "shadower-system", that of all that set nothing
        else. What is gone does not come back. RETENTION_CHANGED if the etag is not the present
        one, and the policy says something else; VALIDATION_FAILED if facts would be kept longer
        than rollups of hours, or those longer than rollups of days.

        :param policy: All that is to be set; what is absent in it is not set any more.
        :param etag: As GetRetention tells it.
        """
        return self._caller.unary(
            UPDATE_RETENTION, {"policy": policy, "etag": etag}, workspace, timeout
        )


class AsyncRetentionApi:
    """Sets how long things are kept, and removes what is older: facts only when rollups stand
    for them, so that what rollups answer stays the same.
    """

    def __init__(self, caller: AsyncCaller) -> None:
        self._caller = caller

    async def get(
        self, *, workspace: str | None = None, timeout: float | None = None
    ) -> GetRetentionResponse:
        """Returns the retention of the workspace; of "shadower-system", that of the platform."""
        return await self._caller.unary(GET_RETENTION, {}, workspace, timeout)

    async def update_retention(
        self,
        policy: RetentionPolicy,
        etag: str,
        *,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> Retention:
        """Sets the retention of the workspace; of "shadower-system", that of all that set nothing
        else. What is gone does not come back. RETENTION_CHANGED if the etag is not the present
        one, and the policy says something else; VALIDATION_FAILED if facts would be kept longer
        than rollups of hours, or those longer than rollups of days.

        :param policy: All that is to be set; what is absent in it is not set any more.
        :param etag: As GetRetention tells it.
        """
        return await self._caller.unary(
            UPDATE_RETENTION, {"policy": policy, "etag": etag}, workspace, timeout
        )
