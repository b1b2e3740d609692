"""LimitsService: what the limits and quotas of a workspace are, and how much of them is used."""

from collections.abc import Iterable
from datetime import datetime
from itertools import product

from shadower.limits.v1 import limits_service_pb2 as pb
from shadower.limits.v1.limit_pb2 import LimitUsage
from shadower.limits.v1.limits_service_pb2_grpc import LimitsServiceServicer
from shadower.limits.v1.quota_pb2 import QuotaUsage

from gateway.limits import translation
from gateway.limits.asked import scope_of
from gateway.limits.limit import DEFAULTS, Budget, Limit, Scope
from gateway.limits.limiter import Limiter
from gateway.limits.overrides import Overrides
from gateway.limits.quotas import Quotas
from services.runtime.call import Context, current_call
from services.runtime.faults import ResourceExhausted, Unavailable
from services.runtime.times import to_timestamp
from services.warehouse.database import Database
from services.warehouse.limits.changes import SetLimit
from services.warehouse.limits.quotas import KINDS, list_quotas, set_quota, unset_quota
from services.warehouse.limits.setting import list_limits, set_limit, unset_limit


class LimitsServicer(LimitsServiceServicer):
    """Sets what holds in the database, and looks at what the edge counts."""

    def __init__(
        self, database: Database, overrides: Overrides, quotas: Quotas, limiter: Limiter
    ) -> None:
        self._database = database
        self._overrides = overrides
        self._quotas = quotas
        self._limiter = limiter

    async def ListLimits(
        self, request: pb.ListLimitsRequest, context: Context
    ) -> pb.ListLimitsResponse:
        async with self._database.reading(request.workspace_id) as session:
            known = _by_key(await list_limits(session))
        limits = [
            translation.limit(*key, known.get(key, DEFAULTS[key[0]]), is_default=key not in known)
            for key in product(DEFAULTS, Scope)
        ]
        return pb.ListLimitsResponse(limits=limits, as_of=to_timestamp(session.as_of))

    async def UpdateLimit(
        self, request: pb.UpdateLimitRequest, context: Context
    ) -> pb.UpdateLimitResponse:
        key = translation.asked_limit(request)
        if not self._overrides.have_room_for(request.workspace_id, *key):
            raise _too_many(self._overrides.most)
        limit = Limit(request.amount, request.period.seconds)
        async with self._database.writing(request.workspace_id) as session:
            await set_limit(session, *key, limit.amount, limit.seconds)
        return pb.UpdateLimitResponse(limit=translation.limit(*key, limit, is_default=False))

    async def DeleteLimit(
        self, request: pb.DeleteLimitRequest, context: Context
    ) -> pb.DeleteLimitResponse:
        key = translation.asked_limit(request)
        async with self._database.writing(request.workspace_id) as session:
            await unset_limit(session, *key)
        limit = translation.limit(*key, DEFAULTS[key[0]], is_default=True)
        return pb.DeleteLimitResponse(limit=limit)

    async def UpdateQuota(
        self, request: pb.UpdateQuotaRequest, context: Context
    ) -> pb.UpdateQuotaResponse:
        kind = translation.asked_kind(request)
        if not self._quotas.have_room_for(request.workspace_id, kind):
            raise _too_many(self._quotas.most)
        async with self._database.writing(request.workspace_id) as session:
            await set_quota(session, kind, request.amount, refuses=request.refuses)
        quota = translation.quota(kind, request.amount, refuses=request.refuses)
        return pb.UpdateQuotaResponse(quota=quota)

    async def DeleteQuota(
        self, request: pb.DeleteQuotaRequest, context: Context
    ) -> pb.DeleteQuotaResponse:
        async with self._database.writing(request.workspace_id) as session:
            await unset_quota(session, translation.asked_kind(request))
        return pb.DeleteQuotaResponse()

    async def GetUsage(self, request: pb.GetUsageRequest, context: Context) -> pb.GetUsageResponse:
        subject = request.subject or current_call().principal.subject
        workspace = self._budgets(request.workspace_id, Scope.WORKSPACE, "")
        caller = self._budgets(request.workspace_id, scope_of(subject), subject)
        quotas, as_of = await self._had(request.workspace_id)
        return pb.GetUsageResponse(
            workspace=await self._used(workspace),
            caller=await self._used(caller),
            subject=subject,
            quotas=quotas,
            as_of=to_timestamp(as_of),
        )

    def _budgets(self, workspace_id: str, scope: Scope, subject: str) -> list[Budget]:
        limit = self._overrides.limit
        return [
            Budget(workspace_id, scope, subject, one, limit(workspace_id, one, scope))
            for one in DEFAULTS
        ]

    async def _used(self, budgets: list[Budget]) -> list[LimitUsage]:
        verdict = await self._limiter.look(budgets)
        if verdict is None:
            raise Unavailable("USAGE_UNAVAILABLE", "nobody can say how much of the limits is used")
        return [
            translation.limit_usage(one, standing, is_default=not self._is_set(one))
            for one, standing in zip(budgets, verdict.standings, strict=True)
        ]

    def _is_set(self, budget: Budget) -> bool:
        return self._overrides.is_set(budget.workspace_id, budget.limit_class, budget.scope)

    async def _had(self, workspace_id: str) -> tuple[list[QuotaUsage], datetime]:
        async with self._database.reading(workspace_id) as session:
            known = {quota.kind: quota for quota in await list_quotas(session)}
            used = {kind: await measure(session) for kind, measure in KINDS.items()}
        usages = [translation.quota_usage(kind, used[kind], known.get(kind)) for kind in KINDS]
        return usages, session.as_of


def _by_key(limits: Iterable[SetLimit]) -> dict[tuple[str, Scope], Limit]:
    return {
        (one.limit_class, Scope(one.scope)): Limit(one.amount, one.seconds)
        for one in limits
        if one.amount is not None and one.seconds is not None
    }


def _too_many(most: int) -> ResourceExhausted:
    return ResourceExhausted(
        "TOO_MANY_LIMITS",
        f"{most} of them are set, and no more may be",
        metadata={"limit": str(most)},
    )
