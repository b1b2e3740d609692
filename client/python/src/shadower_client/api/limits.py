"""Of shadower.limits.v1.

Made from the contract by tools/client, and not to be edited.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from shadower.limits.v1 import limits_service_pb2

from shadower_client.api import (
    common,
)
from shadower_client.calling import Caller
from shadower_client.calling_async import AsyncCaller
from shadower_client.frames import Table
from shadower_client.message import Message, OpenEnum, named
from shadower_client.method import Method


@named("shadower.limits.v1.LimitScope")
class LimitScope(OpenEnum):
    """Whom a budget is for. A request is charged to its workspace, and there to the one who
    calls: a user or an API key.
    """

    UNSPECIFIED = 0
    """Not set; refused."""
    WORKSPACE = 1
    """All callers of the workspace together."""
    USER = 2
    """Each user in the workspace: a token's subject."""
    API_KEY = 3
    """Each API key in the workspace: a subject that begins with "api-key:"."""


@named("shadower.limits.v1.QuotaKind")
class QuotaKind(OpenEnum):
    """What a workspace may have."""

    UNSPECIFIED = 0
    """Not set; refused."""
    EXECUTIONS = 1
    """Executions that started in the calendar month, in UTC."""
    STORED_DAYS = 2
    """Days of which facts are stored: from the day of the first execution, metric point or
    event up to today, in UTC.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit(Message):
    """A budget: so many requests in any time of a length. What was charged counts for that
    long and up to a sixtieth of it longer, so that there are never more in any such time.
    """

    PROTO: ClassVar[str] = "shadower.limits.v1.Limit"
    limit_class: common.LimitClass = common.LimitClass.UNSPECIFIED
    """The RPCs that are charged to it."""
    scope: LimitScope = LimitScope.UNSPECIFIED
    """Whom it is for."""
    amount: int = 0
    """The most requests in a period; at least 1."""
    period: timedelta | None = None
    """The length of the period, in whole seconds."""
    is_default: bool = False
    """Whether nobody has set it for the workspace, so that the default of its class holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitUsage(Message):
    """How much of a budget is used."""

    PROTO: ClassVar[str] = "shadower.limits.v1.LimitUsage"
    limit: Limit
    """The budget."""
    used: int = 0
    """Requests that count now. Not negative; more than the limit's amount if that was lowered."""
    remaining: int = 0
    """Requests that it has room for now. Not negative."""
    until_more: timedelta | None = None
    """After which time there is more room than now, if nobody asks; absent if nothing is used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota(Message):
    """How much a workspace may have. When 80 % and when 100 % of it are reached, an event
    SYSTEM_WARNING tells it, once each in a calendar month; its data has "quota", "percent",
    "amount", "used" and "month".
    """

    PROTO: ClassVar[str] = "shadower.limits.v1.Quota"
    kind: QuotaKind = QuotaKind.UNSPECIFIED
    """What it is about."""
    amount: int = 0
    """The most of it; at least 1."""
    refuses: bool = False
    """Whether the edge refuses to record more when the amount is reached (QUOTA_EXCEEDED),
    some seconds later. Otherwise it only tells.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaUsage(Message):
    """How much of something a workspace has."""

    PROTO: ClassVar[str] = "shadower.limits.v1.QuotaUsage"
    kind: QuotaKind = QuotaKind.UNSPECIFIED
    """What it is about."""
    used: int = 0
    """How much it has. Not negative."""
    quota: Quota | None = None
    """The quota; absent if none is set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListLimitsResponse(Message, Table):
    """The limits."""

    PROTO: ClassVar[str] = "shadower.limits.v1.ListLimitsResponse"
    ITEMS: ClassVar[str] = "limits"
    limits: tuple[Limit, ...] = ()
    """One for each class and scope."""
    as_of: datetime
    """Everything set by this moment is listed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateLimitResponse(Message):
    """What was set."""

    PROTO: ClassVar[str] = "shadower.limits.v1.UpdateLimitResponse"
    limit: Limit
    """The limit, as it holds from now on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteLimitResponse(Message):
    """What holds now."""

    PROTO: ClassVar[str] = "shadower.limits.v1.DeleteLimitResponse"
    limit: Limit
    """The limit: the default."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GetUsageResponse(Message):
    """How much is used."""

    PROTO: ClassVar[str] = "shadower.limits.v1.GetUsageResponse"
    workspace: tuple[LimitUsage, ...] = ()
    """One for each class, of the workspace."""
    caller: tuple[LimitUsage, ...] = ()
    """One for each class, of the subject."""
    subject: str = ""
    """The subject that the latter is about."""
    quotas: tuple[QuotaUsage, ...] = ()
    """One for each kind of quota."""
    as_of: datetime
    """What the workspace has was counted at this moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateQuotaResponse(Message):
    """What was set."""

    PROTO: ClassVar[str] = "shadower.limits.v1.UpdateQuotaResponse"
    quota: Quota
    """The quota."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteQuotaResponse(Message):
    """The quota is not there any more."""

    PROTO: ClassVar[str] = "shadower.limits.v1.DeleteQuotaResponse"


LIST_LIMITS = Method(
    "/shadower.limits.v1.LimitsService/ListLimits",
    limits_service_pb2.ListLimitsRequest,
    limits_service_pb2.ListLimitsResponse,
    ListLimitsResponse,
    is_idempotent=True,
)

UPDATE_LIMIT = Method(
    "/shadower.limits.v1.LimitsService/UpdateLimit",
    limits_service_pb2.UpdateLimitRequest,
    limits_service_pb2.UpdateLimitResponse,
    Limit,
    is_idempotent=True,
    unwrap="limit",
)

DELETE_LIMIT = Method(
    "/shadower.limits.v1.LimitsService/DeleteLimit",
    limits_service_pb2.DeleteLimitRequest,
    limits_service_pb2.DeleteLimitResponse,
    Limit,
    is_idempotent=True,
    unwrap="limit",
)

UPDATE_QUOTA = Method(
    "/shadower.limits.v1.LimitsService/UpdateQuota",
    limits_service_pb2.UpdateQuotaRequest,
    limits_service_pb2.UpdateQuotaResponse,
    Quota,
    is_idempotent=True,
    unwrap="quota",
)

DELETE_QUOTA = Method(
    "/shadower.limits.v1.LimitsService/DeleteQuota",
    limits_service_pb2.DeleteQuotaRequest,
    limits_service_pb2.DeleteQuotaResponse,
    type(None),
    is_idempotent=True,
)

GET_USAGE = Method(
    "/shadower.limits.v1.LimitsService/GetUsage",
    limits_service_pb2.GetUsageRequest,
    limits_service_pb2.GetUsageResponse,
    GetUsageResponse,
    is_idempotent=True,
)


class LimitsApi:
    """Tells and sets how many requests the edge lets through (what is beyond is RATE_LIMITED),
    and how much a workspace may have.
    """

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def list(
        self, *, workspace: str | None = None, timeout: float | None = None
    ) -> ListLimitsResponse:
        """Lists the limits of a workspace: one for each class and scope, by these. They are few,
        so there are no pages.
        """
        return self._caller.unary(LIST_LIMITS, {}, workspace, timeout)

    def update_limit(
        self,
        limit_class: common.LimitClass,
        scope: LimitScope,
        period: timedelta,
        *,
        amount: int | None = None,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> Limit:
        """Sets a limit of a workspace. It holds at the whole edge about a second after the answer.
        What was charged before counts on, unless the period is another one: then the budget
        begins anew. TOO_MANY_LIMITS if there is no room for another one.

        :param limit_class: The class of RPCs. Required.
        :param scope: Whom it is for. Required.
        :param amount: The most requests in a period: 1 to 1,000,000,000.
        :param period: The length of the period: 1 second to 31 days, in whole seconds.
            Required.
        """
        return self._caller.unary(
            UPDATE_LIMIT,
            {"limit_class": limit_class, "scope": scope, "amount": amount, "period": period},
            workspace,
            timeout,
        )

    def delete_limit(
        self,
        limit_class: common.LimitClass,
        scope: LimitScope,
        *,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> Limit:
        """Lets the default of its class hold again for a limit, whether or not one was set.

        :param limit_class: The class of RPCs. Required.
        :param scope: Whom it is for. Required.
        """
        return self._caller.unary(
            DELETE_LIMIT, {"limit_class": limit_class, "scope": scope}, workspace, timeout
        )

    def update_quota(
        self,
        kind: QuotaKind,
        *,
        amount: int | None = None,
        refuses: bool = False,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> Quota:
        """Sets a quota of a workspace. TOO_MANY_LIMITS if there is no room for another one.

        :param kind: What it is about. Required.
        :param amount: The most of it: 1 to 1,000,000,000,000.
        :param refuses: Whether the edge refuses to record more when the amount is reached.
        """
        return self._caller.unary(
            UPDATE_QUOTA, {"kind": kind, "amount": amount, "refuses": refuses}, workspace, timeout
        )

    def delete_quota(
        self, kind: QuotaKind, *, workspace: str | None = None, timeout: float | None = None
    ) -> None:
        """Takes a quota back, whether or not one was set: the workspace may have any amount.

        :param kind: What it is about. Required.
        """
        return self._caller.unary(DELETE_QUOTA, {"kind": kind}, workspace, timeout)

    def get_usage(
        self,
        *,
        subject: str | None = None,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> GetUsageResponse:
        """Tells how much of the limits is used now: by the workspace, and in it by one who calls.
        And how much the workspace has of what there are quotas for. USAGE_UNAVAILABLE if nobody
        can say.

        :param subject: The subject of the tokens of a user, or of an API key, in the workspace.
            If empty, that of the caller's own token.
        """
        return self._caller.unary(GET_USAGE, {"subject": subject}, workspace, timeout)


class AsyncLimitsApi:
    """Tells and sets how many requests the edge lets through (what is beyond is RATE_LIMITED),
    and how much a workspace may have.
    """

    def __init__(self, caller: AsyncCaller) -> None:
        self._caller = caller

    async def list(
        self, *, workspace: str | None = None, timeout: float | None = None
    ) -> ListLimitsResponse:
        """Lists the limits of a workspace: one for each class and scope, by these. They are few,
        so there are no pages.
        """
        return await self._caller.unary(LIST_LIMITS, {}, workspace, timeout)

    async def update_limit(
        self,
        limit_class: common.LimitClass,
        scope: LimitScope,
        period: timedelta,
        *,
        amount: int | None = None,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> Limit:
        """Sets a limit of a workspace. It holds at the whole edge about a second after the answer.
        What was charged before counts on, unless the period is another one: then the budget
        begins anew. TOO_MANY_LIMITS if there is no room for another one.

        :param limit_class: The class of RPCs. Required.
        :param scope: Whom it is for. Required.
        :param amount: The most requests in a period: 1 to 1,000,000,000.
        :param period: The length of the period: 1 second to 31 days, in whole seconds.
            Required.
        """
        return await self._caller.unary(
            UPDATE_LIMIT,
            {"limit_class": limit_class, "scope": scope, "amount": amount, "period": period},
            workspace,
            timeout,
        )

    async def delete_limit(
        self,
        limit_class: common.LimitClass,
        scope: LimitScope,
        *,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> Limit:
        """Lets the default of its class hold again for a limit, whether or not one was set.

        :param limit_class: The class of RPCs. Required.
        :param scope: Whom it is for. Required.
        """
        return await self._caller.unary(
            DELETE_LIMIT, {"limit_class": limit_class, "scope": scope}, workspace, timeout
        )

    async def update_quota(
        self,
        kind: QuotaKind,
        *,
        amount: int | None = None,
        refuses: bool = False,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> Quota:
        """Sets a quota of a workspace. TOO_MANY_LIMITS if there is no room for another one.

        :param kind: What it is about. Required.
        :param amount: The most of it: 1 to 1,000,000,000,000.
        :param refuses: Whether the edge refuses to record more when the amount is reached.
        """
        return await self._caller.unary(
            UPDATE_QUOTA, {"kind": kind, "amount": amount, "refuses": refuses}, workspace, timeout
        )

    async def delete_quota(
        self, kind: QuotaKind, *, workspace: str | None = None, timeout: float | None = None
    ) -> None:
        """Takes a quota back, whether or not one was set: the workspace may have any amount.

        :param kind: What it is about. Required.
        """
        return await self._caller.unary(DELETE_QUOTA, {"kind": kind}, workspace, timeout)

    async def get_usage(
        self,
        *,
        subject: str | None = None,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> GetUsageResponse:
        """Tells how much of the limits is used now: by the workspace, and in it by one who calls.
        And how much the workspace has of what there are quotas for. USAGE_UNAVAILABLE if nobody
        can say.

        :param subject: The subject of the tokens of a user, or of an API key, in the workspace.
            If empty, that of the caller's own token.
        """
        return await self._caller.unary(GET_USAGE, {"subject": subject}, workspace, timeout)
