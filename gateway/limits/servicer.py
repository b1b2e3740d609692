"""LimitsService: what the limits of a workspace are, and how much of them is used."""

from collections.abc import Iterable, Iterator
from itertools import product

from shadower.common.v1.limit_class_pb2 import LimitClass
from shadower.limits.v1 import limit_pb2
from shadower.limits.v1 import limits_service_pb2 as pb
from shadower.limits.v1.limits_service_pb2_grpc import LimitsServiceServicer

from gateway.limits.asked import scope_of
from gateway.limits.limit import DEFAULTS, Budget, Limit, Scope
from gateway.limits.limiter import Limiter
from gateway.limits.overrides import Overrides
from gateway.limits.window import MICROSECONDS, Standing
from services.runtime.call import Context, current_call
from services.runtime.contract import class_name
from services.runtime.faults import ResourceExhausted, Unavailable
from services.runtime.times import to_duration, to_timestamp
from services.warehouse.database import Database
from services.warehouse.limits.changes import SetLimit
from services.warehouse.limits.setting import list_limits, set_limit, unset_limit


class LimitsServicer(LimitsServiceServicer):
    """Sets limits in the database, and looks at what the edge counts."""

    def __init__(self, database: Database, overrides: Overrides, limiter: Limiter) -> None:
        self._database = database
        self._overrides = overrides
        self._limiter = limiter

    async def ListLimits(
        self, request: pb.ListLimitsRequest, context: Context
    ) -> pb.ListLimitsResponse:
        async with self._database.reading(request.workspace_id) as session:
            known = _by_key(await list_limits(session))
        limits = [
            _limit(*key, known.get(key, DEFAULTS[key[0]]), is_default=key not in known)
            for key in product(DEFAULTS, Scope)
        ]
        return pb.ListLimitsResponse(limits=limits, as_of=to_timestamp(session.as_of))

    async def UpdateLimit(
        self, request: pb.UpdateLimitRequest, context: Context
    ) -> pb.UpdateLimitResponse:
        limit_class, scope = _asked(request)
        if not self._overrides.have_room_for(request.workspace_id, limit_class, scope):
            raise _too_many(self._overrides.most)
        limit = Limit(request.amount, request.period.seconds)
        async with self._database.writing(request.workspace_id) as session:
            await set_limit(session, limit_class, scope, limit.amount, limit.seconds)
        return pb.UpdateLimitResponse(limit=_limit(limit_class, scope, limit, is_default=False))

    async def DeleteLimit(
        self, request: pb.DeleteLimitRequest, context: Context
    ) -> pb.DeleteLimitResponse:
        limit_class, scope = _asked(request)
        async with self._database.writing(request.workspace_id) as session:
            await unset_limit(session, limit_class, scope)
        limit = _limit(limit_class, scope, DEFAULTS[limit_class], is_default=True)
        return pb.DeleteLimitResponse(limit=limit)

    async def GetUsage(self, request: pb.GetUsageRequest, context: Context) -> pb.GetUsageResponse:
        subject = request.subject or current_call().principal.subject
        workspace = self._budgets(request.workspace_id, Scope.WORKSPACE, "")
        caller = self._budgets(request.workspace_id, scope_of(subject), subject)
        return pb.GetUsageResponse(
            workspace=await self._usage(workspace),
            caller=await self._usage(caller),
            subject=subject,
        )

    def _budgets(self, workspace_id: str, scope: Scope, subject: str) -> list[Budget]:
        limit = self._overrides.limit
        return [
            Budget(workspace_id, scope, subject, one, limit(workspace_id, one, scope))
            for one in DEFAULTS
        ]

    async def _usage(self, budgets: list[Budget]) -> Iterator[limit_pb2.LimitUsage]:
        verdict = await self._limiter.look(budgets)
        if verdict is None:
            raise Unavailable("USAGE_UNAVAILABLE", "nobody can say how much of the limits is used")
        is_set = self._overrides.is_set
        return (
            _usage(budget, standing, is_default=not is_set(*_key(budget)))
            for budget, standing in zip(budgets, verdict.standings, strict=True)
        )


def _key(budget: Budget) -> tuple[str, str, Scope]:
    return budget.workspace_id, budget.limit_class, budget.scope


def _by_key(limits: Iterable[SetLimit]) -> dict[tuple[str, Scope], Limit]:
    return {
        (one.limit_class, Scope(one.scope)): Limit(one.amount, one.seconds)
        for one in limits
        if one.amount is not None and one.seconds is not None
    }


def _asked(request: pb.UpdateLimitRequest | pb.DeleteLimitRequest) -> tuple[str, Scope]:
    scope = limit_pb2.LimitScope.Name(request.scope).removeprefix("LIMIT_SCOPE_").lower()
    return class_name(request.limit_class), Scope(scope)


def _limit(limit_class: str, scope: Scope, limit: Limit, *, is_default: bool) -> limit_pb2.Limit:
    return limit_pb2.Limit(
        limit_class=LimitClass.Value(f"LIMIT_CLASS_{limit_class.upper()}"),
        scope=limit_pb2.LimitScope.Value(f"LIMIT_SCOPE_{scope.upper()}"),
        amount=limit.amount,
        period=to_duration(limit.seconds),
        is_default=is_default,
    )


def _usage(budget: Budget, standing: Standing, *, is_default: bool) -> limit_pb2.LimitUsage:
    return limit_pb2.LimitUsage(
        limit=_limit(budget.limit_class, budget.scope, budget.limit, is_default=is_default),
        used=standing.used,
        remaining=max(0, budget.limit.amount - standing.used),
        until_more=to_duration(standing.reset / MICROSECONDS) if standing.reset else None,
    )


def _too_many(most: int) -> ResourceExhausted:
    return ResourceExhausted(
        "TOO_MANY_LIMITS",
        f"{most} limits are set, and no more may be",
        metadata={"limit": str(most)},
    )
